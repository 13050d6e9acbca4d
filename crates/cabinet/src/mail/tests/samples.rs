//! A sample of every kind of message, and more than one where the words differ.

use tanba_model::message::{AdministratorAct, MessageBody};
use tanba_pki::Timestamp;

/// Numbers of certificates, as long as they are.
pub(super) const SERIALS: [&str; 2] = [
    "3f1c9a0e5b7d2c4886a1f00d92e4b7c35a6800ff",
    "5d08e7b1426f9c3a0b95c8d27e61f4a3907b11ee",
];

pub(super) fn bodies() -> Vec<MessageBody> {
    let number = "123456789012".to_owned();
    let serials = SERIALS.map(str::to_owned).to_vec();
    let not_me_path = "/not-me/abc".to_owned();
    let mut bodies = vec![
        MessageBody::ConfirmationCode {
            number: number.clone(),
            code: "042042".to_owned(),
            minutes: 10,
        },
        MessageBody::ApplicationAccepted {
            number: number.clone(),
            not_me_path: not_me_path.clone(),
        },
        MessageBody::CertificatesIssued {
            number: number.clone(),
            serials: serials.clone(),
            not_me_path: not_me_path.clone(),
        },
        MessageBody::CertificatesIssued {
            number: String::new(),
            serials: serials.clone(),
            not_me_path: not_me_path.clone(),
        },
        MessageBody::Installed {
            number: number.clone(),
            superseded: serials.clone(),
            first: false,
            not_me_path: not_me_path.clone(),
        },
        MessageBody::Installed {
            number: number.clone(),
            superseded: Vec::new(),
            first: false,
            // As an earlier program wrote it.
            not_me_path: String::new(),
        },
        MessageBody::Installed {
            number,
            superseded: Vec::new(),
            first: true,
            not_me_path,
        },
        MessageBody::Reminder {
            serials: serials.clone(),
            ends: Timestamp::from_unix(1_796_364_000),
            unsubscribe_path: "/unsubscribe/token".to_owned(),
        },
        MessageBody::AddressCode {
            code: "042042".to_owned(),
            minutes: 10,
        },
    ];
    bodies.extend(by_administrator(&serials));
    bodies.extend(bodies_of_safety(&serials));
    bodies.extend(first_issuance(serials));
    bodies
}

/// Each act of staff, with the link where something was released.
fn by_administrator(serials: &[String]) -> [MessageBody; 8] {
    AdministratorAct::ALL.map(|act| MessageBody::ByAdministrator {
        act,
        serials: match act {
            AdministratorAct::PersonReleased
            | AdministratorAct::NothingHeld
            | AdministratorAct::EmailChanged
            | AdministratorAct::NamesChanged => Vec::new(),
            AdministratorAct::Revoked
            | AdministratorAct::Held
            | AdministratorAct::Released
            | AdministratorAct::KeyCompromised => serials.to_vec(),
        },
        reason: match act {
            AdministratorAct::Revoked | AdministratorAct::KeyCompromised => {
                "keyCompromise".to_owned()
            }
            AdministratorAct::Held
            | AdministratorAct::Released
            | AdministratorAct::PersonReleased
            | AdministratorAct::NothingHeld
            | AdministratorAct::EmailChanged
            | AdministratorAct::NamesChanged => String::new(),
        },
        not_me_path: match act {
            AdministratorAct::Released
            | AdministratorAct::PersonReleased
            | AdministratorAct::NothingHeld => "/not-me/abc".to_owned(),
            AdministratorAct::Revoked
            | AdministratorAct::Held
            | AdministratorAct::EmailChanged
            | AdministratorAct::NamesChanged
            | AdministratorAct::KeyCompromised => String::new(),
        },
    })
}

/// The kinds that there are, and the kind of a message: the compiler refuses a list that misses one.
macro_rules! kinds {
    ($($kind:ident),+) => {
        const KINDS: &[&str] = &[$(stringify!($kind)),+];
        const fn kind_of(body: &MessageBody) -> &'static str {
            match body {
                $(MessageBody::$kind { .. } => stringify!($kind)),+
            }
        }
    };
}

kinds!(
    ConfirmationCode,
    ApplicationAccepted,
    CertificatesIssued,
    Installed,
    Reminder,
    Revoked,
    ApplicationRejected,
    NotIssued,
    ByAdministrator,
    AddressCode,
    FirstSubmitted,
    FirstKept,
    FirstNotConfirmed,
    FirstExpired,
    FirstApproved,
    FirstIssued,
    FirstCancelled,
    Frozen,
    EntryCode,
    EmailChangeCode,
    AddressChanged,
    PhoneChangeCode,
    PhoneChanged,
    NewDevice
);

#[test]
fn every_kind_of_message_is_among_those_that_are_looked_at() {
    let bodies = bodies();
    for kind in KINDS {
        let looked_at = bodies.iter().any(|body| kind_of(body) == *kind);
        assert!(looked_at, "{kind} has no sample");
    }
}

fn first_issuance(serials: Vec<String>) -> [MessageBody; 9] {
    let number = "123456789012".to_owned();
    let link_path = "/status/123456789012/secret".to_owned();
    [
        MessageBody::FirstSubmitted {
            number: number.clone(),
            link_path: link_path.clone(),
            centre: "Алматы, Абай даңғылы, 1".to_owned(),
            appear_by: Timestamp::from_unix(1_796_364_000),
        },
        MessageBody::FirstKept {
            number: number.clone(),
            link_path: link_path.clone(),
        },
        MessageBody::FirstNotConfirmed {
            number: number.clone(),
        },
        MessageBody::FirstExpired {
            number: number.clone(),
        },
        MessageBody::FirstCancelled {
            number: number.clone(),
        },
        // The operator's words are hers: they have to stay words.
        MessageBody::ApplicationRejected {
            number: number.clone(),
            reason: "desk-data-differs: Туған күні <img> басқа".to_owned(),
        },
        MessageBody::ApplicationRejected {
            number: number.clone(),
            reason: "desk-not-the-same-person".to_owned(),
        },
        MessageBody::FirstApproved {
            number: number.clone(),
            link_path: link_path.clone(),
        },
        MessageBody::FirstIssued {
            number,
            serials,
            link_path,
            not_me_path: "/not-me/abc".to_owned(),
        },
    ]
}

/// What tells of an act that its owner may have to stop, and the codes before it.
fn bodies_of_safety(serials: &[String]) -> Vec<MessageBody> {
    vec![
        MessageBody::Revoked {
            serials: serials.to_vec(),
            reason: "keyCompromise".to_owned(),
            by_code: false,
            not_me_path: "/not-me/abc".to_owned(),
        },
        MessageBody::Revoked {
            serials: serials.to_vec(),
            reason: "superseded".to_owned(),
            by_code: true,
            not_me_path: "/not-me/abc".to_owned(),
        },
        MessageBody::NotIssued {
            number: "123456789012".to_owned(),
            reason: "request-blocked-key".to_owned(),
            serials: serials.to_vec(),
            not_me_path: "/not-me/abc".to_owned(),
        },
        MessageBody::NotIssued {
            number: "123456789012".to_owned(),
            reason: "key-revoked".to_owned(),
            serials: Vec::new(),
            not_me_path: String::new(),
        },
        MessageBody::Frozen {
            serials: serials.to_vec(),
            by_code: false,
        },
        MessageBody::Frozen {
            serials: serials.to_vec(),
            by_code: true,
        },
        MessageBody::EntryCode {
            code: "042042".to_owned(),
            minutes: 10,
            not_me_path: "/not-me/abc".to_owned(),
            takes_back: false,
        },
        MessageBody::EntryCode {
            code: String::new(),
            minutes: 10,
            not_me_path: "/not-me/abc".to_owned(),
            takes_back: true,
        },
        MessageBody::EmailChangeCode {
            code: "042042".to_owned(),
            minutes: 10,
        },
        MessageBody::AddressChanged {
            hint: "a•••@example.kz".to_owned(),
            until: Timestamp::from_unix(1_796_364_000),
            not_me_path: "/not-me/abc".to_owned(),
            at_desk: false,
        },
        MessageBody::AddressChanged {
            hint: "a•••@example.kz".to_owned(),
            until: Timestamp::from_unix(1_796_364_000),
            not_me_path: "/not-me/abc".to_owned(),
            at_desk: true,
        },
        MessageBody::PhoneChangeCode {
            code: "042042".to_owned(),
            minutes: 10,
        },
        MessageBody::PhoneChanged {
            hint: "+7•••67".to_owned(),
            not_me_path: "/not-me/abc".to_owned(),
        },
        MessageBody::PhoneChanged {
            hint: String::new(),
            not_me_path: "/not-me/abc".to_owned(),
        },
        MessageBody::NewDevice {
            at: Timestamp::from_unix(1_795_500_000),
            device: "firefox-linux".to_owned(),
            not_me_path: "/not-me/abc".to_owned(),
        },
    ]
}
