use tanba_model::id::{MessageId, PersonId};
use tanba_model::person::EmailAddress;
use tanba_pki::Timestamp;

use super::*;
use samples::{SERIALS, bodies};

mod samples;

#[test]
fn what_an_administrator_did_is_told_with_serials_reason_and_whom_to_call() {
    let letters: Vec<Letter> = bodies()
        .into_iter()
        .filter(|body| body.kind() == "by_administrator")
        .map(|body| letter(body, Language::Ru))
        .collect();
    let [
        revoked,
        held,
        released,
        person,
        nothing,
        email,
        names,
        compromised,
    ] = letters.as_slice()
    else {
        panic!("eight acts")
    };
    // Where nothing is on hold any more, nothing is said to stay so.
    assert!(person.text.contains("остаются приостановленными"));
    assert!(!nothing.text.contains("остаются приостановленными"));
    assert!(nothing.text.contains("https://cabinet.example/ru/obtain"));
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
    for told in [released, person, nothing] {
        assert!(told.text.contains("снова всё приостановите"));
        assert!(told.html.contains("https://cabinet.example/ru/not-me/abc"));
    }
    for told in [revoked, held, released, person, nothing] {
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
fn certificates_are_named_as_on_the_pages_in_groups_of_four() {
    let grouped = SERIALS.map(grouped_serial);
    assert_eq!(
        grouped[1],
        "5d08 e7b1 426f 9c3a 0b95 c8d2 7e61 f4a3 907b 11ee"
    );
    let mut naming = 0;
    for language in Language::ALL {
        for body in bodies() {
            let facts = serde_json::to_string(&body).unwrap();
            let kind = body.kind();
            let letter = letter(body, language);
            for (serial, grouped) in SERIALS.iter().zip(&grouped) {
                let named = facts.contains(serial);
                for words in [&letter.text, &letter.html] {
                    assert_eq!(words.contains(grouped), named, "{kind}: {words}");
                    assert!(!words.contains(serial), "{kind}: {words}");
                }
                naming += u32::from(named);
            }
        }
    }
    assert!(naming > 60, "{naming}");
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

/// The link in a mail withdraws it too, and whoever opens the mailbox opens the link.
#[test]
fn a_withdrawal_is_not_ascribed_to_its_reader_who_hears_what_to_do_if_it_was_another() {
    let body = MessageBody::FirstCancelled {
        number: "123456789012".to_owned(),
    };
    for (language, claimed, otherwise) in [
        (Language::Kk, "сіздің сұрауыңызбен", "сіз кері алмасаңыз"),
        (Language::Ru, "по вашей просьбе", "отозвали её не вы"),
        (Language::En, "at your request", "not you who withdrew it"),
    ] {
        let text = letter(body.clone(), language).text;
        assert!(
            !text.contains(claimed) && text.contains(otherwise),
            "{text}"
        );
        let again = format!("https://cabinet.example/{}/obtain", language.tag());
        assert!(text.contains(&again), "{text}");
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
