use tanba_model::id::{MessageId, PersonId};
use tanba_model::person::EmailAddress;
use tanba_pki::Timestamp;

use tanba_model::message::AdministratorAct;

use super::*;

fn bodies() -> Vec<MessageBody> {
    let number = "123456789012".to_owned();
    let serials = vec!["00ff".to_owned(), "11ee".to_owned()];
    let not_me_path = "/not-me/abc".to_owned();
    let by_administrator = AdministratorAct::ALL.map(|act| MessageBody::ByAdministrator {
        act,
        serials: match act {
            AdministratorAct::PersonReleased
            | AdministratorAct::EmailChanged
            | AdministratorAct::NamesChanged => Vec::new(),
            AdministratorAct::Revoked
            | AdministratorAct::Held
            | AdministratorAct::Released
            | AdministratorAct::KeyCompromised => serials.clone(),
        },
        reason: match act {
            AdministratorAct::Revoked | AdministratorAct::KeyCompromised => {
                "keyCompromise".to_owned()
            }
            AdministratorAct::Held
            | AdministratorAct::Released
            | AdministratorAct::PersonReleased
            | AdministratorAct::EmailChanged
            | AdministratorAct::NamesChanged => String::new(),
        },
    });
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
            not_me_path,
        },
        MessageBody::Installed {
            number: number.clone(),
            superseded: serials.clone(),
        },
        MessageBody::Installed {
            number,
            superseded: Vec::new(),
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
    bodies.extend(by_administrator);
    bodies.extend(bodies_of_safety(&serials));
    bodies.extend(first_issuance(serials));
    bodies
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

#[test]
fn what_an_administrator_did_is_told_with_serials_reason_and_whom_to_call() {
    let letters: Vec<Letter> = bodies()
        .into_iter()
        .filter(|body| body.kind() == "by_administrator")
        .map(|body| letter(body, Language::Ru))
        .collect();
    let [revoked, held, released, person, email, names, compromised] = letters.as_slice() else {
        panic!("seven acts")
    };
    // Nobody of the staff did it, and whoever reads it has to get new keys.
    assert!(!compromised.text.contains("администратор"));
    for told in ["посторонних", "11ee", "https://cabinet.example/ru/obtain"] {
        assert!(compromised.text.contains(told), "{}", compromised.text);
    }

    assert!(
        revoked.text.contains("компрометация ключа"),
        "{}",
        revoked.text
    );
    assert!(revoked.subject.contains("отозваны"));
    assert!(held.subject.contains("приостановлены"));
    assert!(released.subject.contains("снова"), "{}", released.subject);
    for told in [revoked, held, released] {
        assert!(told.text.contains("11ee"), "{}", told.text);
    }
    for told in [email, names] {
        assert!(told.text.contains("центре регистрации"));
    }
    for told in [revoked, held, released, person] {
        assert!(told.text.contains("администратор") || told.text.contains("Администратор"));
        assert!(told.text.contains("1414"), "{}", told.text);
    }
}

fn letter(body: MessageBody, language: Language) -> Letter {
    render(&message(body, language), "https://cabinet.example").unwrap()
}

fn message(body: MessageBody, language: Language) -> OutboxMessage {
    OutboxMessage {
        id: MessageId(1),
        person: Some(PersonId(1)),
        to: EmailAddress::parse("a@example.kz").unwrap().into(),
        language,
        body,
        created_at: Timestamp::from_unix(1_795_500_000),
        tries: 0,
    }
}

#[test]
fn every_message_is_worded_in_every_language() {
    for language in Language::ALL {
        for body in bodies() {
            let kind = body.kind();
            let title = format!("message-kind-{kind}");
            assert!(
                Catalogue::shipped().unwrap().has(language, &title),
                "{title} for the list of undelivered messages"
            );
            let letter = letter(body, language);
            assert!(
                !letter.subject.is_empty() && !letter.subject.starts_with("mail-"),
                "{kind}"
            );
            assert!(
                !letter.text.contains("mail-") && !letter.text.contains("{$"),
                "{kind}: {}",
                letter.text
            );
            assert!(
                letter
                    .html
                    .contains(&format!("<html lang=\"{}\">", language.tag()))
            );
            for forbidden in ["<img", "<script", "http://", "<link"] {
                assert!(!letter.html.contains(forbidden), "{kind} has {forbidden}");
            }
        }
    }
}

#[test]
fn a_code_is_in_the_subject_and_links_lead_to_the_readers_language() {
    let code = letter(bodies().remove(0), Language::Ru);
    assert!(
        code.subject.contains("042042")
            && code.text.contains("042042")
            && code.html.contains("042042")
    );
    let issued = letter(bodies().remove(2), Language::Kk);
    assert!(
        issued
            .text
            .contains("https://cabinet.example/kk/not-me/abc")
    );
    assert!(
        issued
            .text
            .contains("https://cabinet.example/kk/status?number=123456789012")
    );
    assert!(issued.text.contains("11ee"));
    let by_administrator = letter(bodies().remove(3), Language::Kk).text;
    assert!(by_administrator.contains("11ee") && by_administrator.contains("/kk/not-me/abc"));
    assert!(!by_administrator.contains("/status"));
}

#[test]
fn a_reminder_names_the_day_and_brings_a_calendar() {
    let reminder = bodies()
        .into_iter()
        .find(|body| body.kind() == "reminder")
        .unwrap();
    let plain = |body| letter(body, Language::En);
    let letter = letter(reminder, Language::Kk);
    assert!(
        letter.subject.contains("2026 жылғы 4 желтоқсан"),
        "{}",
        letter.subject
    );
    assert!(
        letter
            .text
            .contains("https://cabinet.example/kk/cabinet/reissue")
    );
    let calendar = letter.calendar.unwrap();
    assert!(
        calendar.contains("DTSTART;VALUE=DATE:20261201\r\n"),
        "{calendar}"
    );
    let unfolded = calendar.replace("\r\n ", "");
    assert!(unfolded.contains("https://cabinet.example/kk/cabinet/reissue"));
    let others = bodies()
        .into_iter()
        .filter(|body| body.kind() != "reminder");
    for body in others {
        assert!(plain(body).calendar.is_none());
    }
}

/// Everything that is ever mailed or texted, in one language.
fn all_words(language: Language) -> String {
    let mut all = String::new();
    for body in bodies() {
        let kind = body.kind();
        let message = message(body, language);
        let letter = render(&message, "https://cabinet.example").unwrap();
        let text = crate::sms::render(&message, "https://cabinet.example").unwrap();
        let calendar = letter.calendar.unwrap_or_default().replace("\r\n", "\n");
        all.push_str(&format!(
            "=== {kind}\n--- subject\n{}\n--- unsubscribe\n{}\n--- text\n{}--- html\n{}\n--- calendar\n{calendar}--- sms\n{text}\n",
            letter.subject,
            letter.unsubscribe.unwrap_or_default(),
            letter.text,
            letter.html,
        ));
    }
    all
}

/// What people are told changes on purpose alone: after a change look at the difference, and write the files anew with
/// `TANBA_WRITE_LETTERS=1 cargo test -p tanba-cabinet letters_are`.
#[test]
fn letters_are_what_was_looked_at() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/letters");
    let write = std::env::var_os("TANBA_WRITE_LETTERS").is_some();
    for language in Language::ALL {
        let path = folder.join(format!("{}.txt", language.tag()));
        let now = all_words(language);
        if write {
            std::fs::create_dir_all(&folder).unwrap();
            std::fs::write(&path, &now).unwrap();
        }
        let looked_at = std::fs::read_to_string(&path).unwrap();
        for (line, (is, was)) in now.lines().zip(looked_at.lines()).enumerate() {
            assert_eq!(is, was, "{} line {}", path.display(), line + 1);
        }
        assert_eq!(now.len(), looked_at.len(), "{}", path.display());
    }
}

/// Whoever has keys already is told of a first application as of a renewal: the words have to be true of both.
#[test]
fn the_notice_of_an_application_says_what_was_applied_for_of_either_kind() {
    let body = MessageBody::ApplicationAccepted {
        number: "123456789012".to_owned(),
        not_me_path: "/not-me/abc".to_owned(),
    };
    for (language, said, renewal) in [
        (Language::Kk, "ЭЦҚ кілттеріне өтінім берілді", "қайта шығар"),
        (Language::Ru, "подана заявка на ключи ЭЦП", "перевыпуск"),
        (
            Language::En,
            "application for digital signature keys was submitted",
            "renew",
        ),
    ] {
        let mail = letter(body.clone(), language);
        for text in [&mail.text, &mail.html] {
            assert!(text.contains(said), "{text}");
            assert!(!text.contains(renewal), "{text}");
            assert!(text.contains("/not-me/abc"), "{text}");
        }
    }
}

/// With links as long as they get: an origin of 30 letters.
#[test]
fn text_messages_take_two_of_the_network_at_most() {
    for language in Language::ALL {
        for mut body in bodies() {
            if let MessageBody::ApplicationAccepted { not_me_path, .. }
            | MessageBody::CertificatesIssued { not_me_path, .. }
            | MessageBody::FirstIssued { not_me_path, .. }
            | MessageBody::AddressChanged { not_me_path, .. }
            | MessageBody::PhoneChanged { not_me_path, .. }
            | MessageBody::NewDevice { not_me_path, .. } = &mut body
            {
                *not_me_path = format!("/not-me/{}", "a".repeat(22));
            }
            if let MessageBody::Reminder { ends, .. } = &mut body {
                // 30 September: the longest date.
                *ends = Timestamp::parse_rfc3339("2026-09-30T06:00:00Z").unwrap();
            }
            let kind = body.kind();
            let message = message(body, language);
            let origin = "https://cabinet.pki.example.kz";
            let text = crate::sms::render(&message, origin).unwrap();
            assert!(
                !text.contains("sms-") && !text.contains("{$"),
                "{kind}: {text}"
            );
            assert!(
                !text.contains("11ee"),
                "a serial on a locked screen: {text}"
            );
            let segments = crate::sms::segments(&text);
            assert!(segments <= 2, "{kind} in {language:?}: {segments}: {text}");
        }
    }
}

#[test]
fn only_reminders_can_be_stopped_by_one_click() {
    for body in bodies() {
        let (kind, is_reminder) = (body.kind(), matches!(body, MessageBody::Reminder { .. }));
        let letter = letter(body, Language::En);
        assert_eq!(letter.unsubscribe.is_some(), is_reminder, "{kind}");
        if let Some(url) = letter.unsubscribe {
            assert_eq!(url, "https://cabinet.example/en/unsubscribe/token");
            assert!(letter.text.contains(&url) && letter.html.contains(&url));
        }
    }
}
