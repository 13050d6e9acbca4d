//! Records that tests start from.

use tanba_model::application::{
    Application, ApplicationKind, ApplicationNumber, FirstIssuance, KeyRequest,
};
use tanba_model::audit::{Actor, AuditEvent};
use tanba_model::certificate::{Channel, NewCertificate};
use tanba_model::id::{ApplicationId, CertificateId, IssuerId, PersonId};
use tanba_model::iin::Iin;
use tanba_model::keystore_kind::KeystoreKind;
use tanba_model::language::Language;
use tanba_model::person::{EmailAddress, NewPerson};
use tanba_model::ports::{IssuerKind, NewApplication, NewIssuer, UnitOfWork};
use tanba_pki::{Purpose, SerialNumber, Timestamp};

/// A fixed instant, and others so many seconds later.
pub(crate) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_unix(1_790_000_000 + seconds)
}

pub(crate) fn iin(number: u32) -> Iin {
    (0..10)
        .find_map(|skip| Iin::complete(&format!("8501013{:04}", number * 10 + skip)))
        .unwrap()
}

pub(crate) fn address() -> EmailAddress {
    EmailAddress::parse("aigerim@example.kz").unwrap()
}

pub(crate) fn new_person(number: u32) -> NewPerson {
    NewPerson {
        iin: iin(number),
        surname: "СЕРІКҚЫЗЫ".to_owned(),
        given_name: "ӘЙГЕРІМ".to_owned(),
        patronymic: None,
        email: Some(address()),
        language: Language::Kk,
        phone: None,
    }
}

pub(crate) fn person(unit: &mut dyn UnitOfWork, number: u32) -> PersonId {
    unit.persons().insert(&new_person(number), at(0)).unwrap()
}

pub(crate) fn new_issuer(name: &str) -> NewIssuer {
    NewIssuer {
        name: name.to_owned(),
        kind: IssuerKind::Issuing,
        certificate: vec![0x30, 1],
        key: vec![0x30, 2],
        shards: 4,
    }
}

pub(crate) fn issuer(unit: &mut dyn UnitOfWork, name: &str) -> IssuerId {
    unit.issuers().insert(&new_issuer(name), at(0)).unwrap()
}

pub(crate) fn number(eleven: &str) -> ApplicationNumber {
    (0..10)
        .find_map(|digit| ApplicationNumber::parse(&format!("{eleven}{digit}")).ok())
        .unwrap()
}

pub(crate) fn new_application(person: PersonId, eleven: &str) -> NewApplication {
    NewApplication {
        number: number(eleven),
        person,
        kind: ApplicationKind::Reissue,
        email: Some(address()),
        region: "KZ-75".to_owned(),
        settlement: "almaty".to_owned(),
        keystore: KeystoreKind::PersonalComputer,
        login_certificate: None,
    }
}

pub(crate) fn application(
    unit: &mut dyn UnitOfWork,
    person: PersonId,
    eleven: &str,
) -> Application {
    unit.applications()
        .insert(&new_application(person, eleven), at(0))
        .unwrap()
}

/// The number of an application, one for first keys where there is a registration centre.
pub(crate) fn application_at(
    unit: &mut dyn UnitOfWork,
    person: PersonId,
    seconds: i64,
    centre: Option<&str>,
) -> ApplicationNumber {
    let mut new = new_application(person, &format!("1234567890{seconds}"));
    if centre.is_some() {
        new.kind = ApplicationKind::First;
    }
    let mut application = unit.applications().insert(&new, at(seconds)).unwrap();
    if let Some(centre) = centre {
        let first = FirstIssuance {
            centre: centre.to_owned(),
            email: address(),
            language: Language::Kk,
            appear_by: at(99),
            agreement: "2026-11".to_owned(),
            agreed_at: at(seconds),
            document: b"{}".to_vec(),
            signature: vec![1],
        };
        unit.applications()
            .submit_first(&mut application, first)
            .unwrap();
    }
    application.number
}

pub(crate) fn request(key: u8) -> KeyRequest {
    KeyRequest {
        profile: "kz-individual-signature-rsa".to_owned(),
        request: vec![0x30, 0x03, key],
        public_key_sha256: [key; 32],
        certificate: None,
    }
}

pub(crate) fn serial(number: u8) -> SerialNumber {
    let mut octets = [0x11; SerialNumber::LENGTH];
    octets[19] = number;
    SerialNumber::from_bytes(&octets).unwrap()
}

pub(crate) fn new_certificate(
    issuer: IssuerId,
    person: Option<PersonId>,
    key: u8,
) -> NewCertificate {
    NewCertificate {
        issuer,
        serial: serial(key),
        person,
        application: None,
        profile: "kz-individual-signature-rsa".to_owned(),
        purpose: Purpose::Signature,
        keystore: Some(KeystoreKind::PersonalComputer),
        channel: Channel::Cabinet,
        public_key_sha256: [key; 32],
        to_be_signed: vec![0x30, 0x02, key],
        shard: u16::from(key % 4),
        not_before: at(0),
        not_after: at(1_000_000),
        created_at: at(0),
    }
}

pub(crate) fn intent_of(
    unit: &mut dyn UnitOfWork,
    certificate: &NewCertificate,
    application: ApplicationId,
) -> CertificateId {
    let certificate = NewCertificate {
        application: Some(application),
        ..certificate.clone()
    };
    unit.certificates().intend(&certificate).unwrap()
}

/// A valid certificate.
pub(crate) fn certificate(
    unit: &mut dyn UnitOfWork,
    certificate: &NewCertificate,
) -> CertificateId {
    let id = unit.certificates().intend(certificate).unwrap();
    unit.certificates()
        .complete(id, &[0x30, 0x00], at(1))
        .unwrap();
    id
}

pub(crate) fn event(action: &str) -> AuditEvent {
    AuditEvent {
        at: at(0),
        actor: Actor::System,
        action: action.to_owned(),
        object: "certificate:1".to_owned(),
        detail: String::new(),
        origin: String::new(),
    }
}
