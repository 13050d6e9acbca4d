use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use tanba_crypto::Secret;
use tanba_model::language::Language;

use super::console::Console;
use super::{Answer, Dialog, KeyCard, KeyQuestion, Keys, Question, Terminal, Withdrawal};
use crate::Catalogue;
use crate::consent::{
    ContainerCard, Document, FileQuestion, Form, Purpose, SiteQuestion, Unusable,
};
use crate::containers::{ContainerId, OpenFault, Storage};
use crate::origin::Use;

/// A person who types these lines, and what she saw.
struct Typist {
    lines: VecDeque<&'static str>,
    seen: Arc<Mutex<String>>,
}

impl Console for Typist {
    fn is_there(&self) -> bool {
        true
    }

    fn say(&mut self, text: &str) {
        let mut seen = self.seen.lock().unwrap();
        seen.push_str(text);
        seen.push('\n');
    }

    fn line(&mut self, prompt: &str, withdrawal: &Withdrawal) -> Option<String> {
        self.say(prompt);
        let line = self.lines.pop_front()?;
        if line == "<gone>" {
            withdrawal.withdraw();
            return None;
        }
        Some(format!("{line}\n"))
    }

    fn secret(&mut self, prompt: &str, withdrawal: &Withdrawal) -> Option<Secret> {
        let line = self.line(prompt, withdrawal)?;
        Some(Secret::from(line.trim_end().to_owned()))
    }
}

/// One file with two keys behind the password `right`.
struct TwoKeys;

impl Keys for TwoKeys {
    fn containers(&mut self, storage: Storage) -> Vec<ContainerCard> {
        vec![ContainerCard {
            id: ContainerId {
                storage,
                place: "/keys/a.p12".to_owned(),
            },
            name: "a.p12".to_owned(),
            tries_left: None,
            pin_was_wrong: false,
        }]
    }

    fn open(
        &mut self,
        container: &ContainerId,
        secret: &Secret,
    ) -> Result<Vec<KeyCard>, OpenFault> {
        if container.place != "/keys/a.p12" {
            return Err(OpenFault::Absent);
        }
        if secret.expose() != b"right" {
            return Err(OpenFault::WrongSecret { tries_left: None });
        }
        let card = |number, owner: &str, unusable| KeyCard {
            number,
            owner: owner.to_owned(),
            owner_name: format!("CN={owner}"),
            not_before: 1_800_000_000,
            not_after: 1_830_000_000,
            serial: "0a".to_owned(),
            issuer: "ҰКО".to_owned(),
            algorithm: "RSA-2048".to_owned(),
            unusable,
        };
        Ok(vec![
            card(1, "ТЕСТОВА АЙГҮЛ", None),
            card(0, "OLD\u{1b}[2J", Some(Unusable::Expired)),
        ])
    }
}

fn question(language: Language) -> KeyQuestion {
    KeyQuestion {
        language,
        origin: "https://egov.example".to_owned(),
        first_use: Some(Use::Signature),
        purpose: Purpose::Signature,
        documents: vec![Document {
            form: Form::Text,
            file: None,
            size_octets: 8,
            sha256: "ab".repeat(32),
            text: Some("Шарт\u{1b}[2J №1".to_owned()),
            is_cut: false,
            summary: vec![("summary-kind".to_owned(), "reissue".to_owned())],
        }],
        document_count: 3,
        storages: vec![Storage::Pkcs12, Storage::Kaztoken],
        clock_is_wrong: true,
    }
}

fn ask(question: &Question, lines: &[&'static str]) -> (Answer, String) {
    let seen = Arc::new(Mutex::new(String::new()));
    let typist = Typist {
        lines: lines.iter().copied().collect(),
        seen: Arc::clone(&seen),
    };
    let texts = Arc::new(Catalogue::shipped().unwrap());
    let terminal = Terminal::over(texts, Box::new(typist));
    let answer = terminal.ask(question, &mut TwoKeys, &Withdrawal::default());
    let seen = seen.lock().unwrap().clone();
    (answer, seen)
}

fn key(language: Language, lines: &[&'static str]) -> (Answer, String) {
    ask(&Question::Key(Box::new(question(language))), lines)
}

#[test]
fn a_key_is_used_after_every_yes_in_each_language() {
    for (language, yes, words) in [
        (Language::Kk, "иә", "Деректерге қол қою"),
        (Language::Ru, "да", "Подпись данных"),
        (Language::En, "yes", "Sign data"),
    ] {
        let (answer, seen) = key(language, &[yes, "1", "1", "right", "1", yes]);
        assert_eq!(answer, Answer::Key(1), "{seen}");
        for expected in [
            words,
            "https://egov.example",
            "№1",
            &"ab".repeat(32),
            "ТЕСТОВА АЙГҮЛ",
            "15.01.2027",
            "RSA-2048",
        ] {
            assert!(seen.contains(expected), "{expected} in {seen}");
        }
        assert!(
            !seen.contains('\u{1b}'),
            "a terminal acts on what a site sent"
        );
        assert!(
            !seen.contains("ask-") && !seen.contains("summary-"),
            "{seen}"
        );
    }
}

#[test]
fn no_silence_and_nonsense_sign_nothing() {
    for lines in [
        &["no"][..],
        &[""],
        &[],
        &["yes", "1", "1", "right", "1", "no"],
        &["yes", "1", "1", "right", "1", ""],
        &["yes", "1", "1", "right", "2", "cancel"],
        &["yes", "1", "1", "wrong", "cancel"],
        &["yes", "9", "cancel"],
        &["maybe", "perhaps"],
        &["yes", "1", "1", "right", "<gone>"],
    ] {
        let (answer, seen) = key(Language::En, lines);
        assert_eq!(answer, Answer::Cancelled, "{lines:?} {seen}");
        assert!(seen.contains("Nothing was signed"), "{seen}");
    }
}

/// Nobody types a password or PIN for a site that she has not allowed to ask.
#[test]
fn a_new_site_is_decided_about_before_anything_is_opened() {
    for storage in [Storage::Pkcs12, Storage::Kaztoken] {
        let mut asked = question(Language::En);
        asked.storages = vec![storage];
        let (answer, seen) = ask(&Question::Key(Box::new(asked)), &["no"]);
        assert_eq!(answer, Answer::Cancelled);
        for later in ["/keys", "a.p12", "Password", "PIN"] {
            assert!(!seen.contains(later), "{seen}");
        }
    }
    let site = Question::Site(SiteQuestion {
        language: Language::En,
        origin: "https://egov.example".to_owned(),
        usage: Use::Signature,
        file: "/home/a/x\u{1b}[2J".to_owned(),
    });
    let (answer, seen) = ask(&site, &["yes"]);
    assert_eq!(answer, Answer::Allowed);
    assert!(seen.contains("/home/a/x\u{fffd}[2J"), "{seen}");
    assert_eq!(ask(&site, &[""]).0, Answer::Cancelled);
}

#[test]
fn a_wrong_password_is_asked_again_and_a_path_can_be_typed() {
    let lines = [
        "yes",
        "1",
        "/no/such.p12",
        "right",
        "1",
        "wrong",
        "/keys/a.p12",
        "right",
        "",
        "yes",
    ];
    let (answer, seen) = key(Language::En, &lines);
    assert_eq!(answer, Answer::Key(1), "{seen}");
    assert!(seen.contains("The password is wrong. Your keys are as they were"));
    assert!(seen.contains("not there any more"));
}

#[test]
fn a_file_is_named_only_when_it_is_there() {
    let folder = tempfile::tempdir().unwrap();
    let path: &'static str = folder.path().to_str().unwrap().to_owned().leak();
    let question = Question::File(FileQuestion {
        language: Language::En,
        origin: "https://egov.example".to_owned(),
        ending: Some("P12".to_owned()),
        folder: None,
    });
    let (answer, _) = ask(&question, &["relative", "/no/such", path]);
    assert_eq!(answer, Answer::File(PathBuf::from(path)));
    assert_eq!(ask(&question, &["cancel"]).0, Answer::Cancelled);
}
