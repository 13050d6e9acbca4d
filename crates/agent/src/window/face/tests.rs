mod excerpts;
mod files;
mod haste;
mod passwords;
mod sites;

use std::sync::Arc;

use eframe::egui::accesskit::Role;
use eframe::egui::{Event, Key, Modifiers, Vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use tanba_crypto::Secret;
use tanba_model::language::Language;

use super::{Face, Sent};
use crate::Catalogue;
use crate::consent::{
    Answer, ConfirmQuestion, ContainerCard, Document, Form, KeyCard, KeyQuestion, OpenFault,
    Purpose, Question, SecretFault, SecretPurpose, SecretQuestion, SiteQuestion, Unusable,
};
use crate::containers::{ContainerId, Storage};
use crate::origin::Use;
use crate::window::wire::{Opened, ToWindow};
use crate::window::{fonts, style};

/// The face, and an agent that has one key file behind the password `right`.
struct Talk {
    face: Face,
    answer: Option<Answer>,
    typed: Vec<Secret>,
    tries_left: Option<u32>,
}

impl Talk {
    fn turn(&mut self) {
        for sent in self.face.take_sent() {
            match sent {
                Sent::List(storage) => {
                    let containers = vec![container(storage)];
                    self.face.hear(ToWindow::Containers(storage, containers));
                }
                Sent::Open(id, secret) => {
                    let opened = if secret.expose() == b"right" {
                        Ok(Opened {
                            cards: cards(),
                            factory_secret: id.storage.is_token(),
                        })
                    } else {
                        Err(OpenFault::WrongSecret {
                            tries_left: self.tries_left,
                        })
                    };
                    self.typed.push(secret);
                    self.face.hear(ToWindow::Opened(opened));
                }
                Sent::Take(secret) => {
                    let taken = if secret.expose() == b"weak" {
                        Err(SecretFault::Rules(vec!["password-lacks-digit".to_owned()]))
                    } else {
                        Ok(())
                    };
                    self.typed.push(secret);
                    self.face.hear(ToWindow::Taken(taken));
                }
                Sent::Answer(answer) => self.answer = Some(answer),
            }
        }
    }
}

fn container(storage: Storage) -> ContainerCard {
    ContainerCard {
        id: ContainerId {
            storage,
            place: "/keys/aigul.p12".to_owned(),
        },
        name: "aigul.p12".to_owned(),
        tries_left: storage.is_token().then_some(2),
        pin_was_wrong: storage.is_token(),
    }
}

/// A key that fits, and one whose certificate ended.
fn cards() -> Vec<KeyCard> {
    let card = |number, owner: &str, unusable| KeyCard {
        number,
        owner: owner.to_owned(),
        owner_name: format!("CN={owner},C=KZ"),
        not_before: 1_800_000_000,
        not_after: 1_830_000_000,
        serial: format!("0a{number}"),
        issuer: "ҰЛТТЫҚ КУӘЛАНДЫРУШЫ ОРТАЛЫҚ".to_owned(),
        algorithm: "RSA-2048".to_owned(),
        unusable,
    };
    vec![
        card(1, "ТЕСТОВА АЙГҮЛ", None),
        card(0, "ӘҒҚҢӨҰҮҺІ ӘҒҚҢ", Some(Unusable::Expired)),
    ]
}

fn signing(first_use: Option<Use>, language: Language) -> KeyQuestion {
    KeyQuestion {
        language,
        origin: "https://egov.example".to_owned(),
        first_use,
        purpose: Purpose::Signature,
        documents: vec![Document {
            form: Form::Text,
            file: Some("/home/a/шарт.txt".to_owned()),
            size_octets: 17,
            sha256: "0123456789abcdef".repeat(4),
            text: Some("Шартқа қол қоямын\u{202e}".to_owned()),
            is_cut: true,
            summary: vec![("summary-number".to_owned(), "42".to_owned())],
        }],
        document_count: 3,
        storages: vec![Storage::Pkcs12, Storage::Kaztoken],
        clock_is_wrong: false,
    }
}

fn shown(question: Question, language: Language, step: f32) -> Harness<'static, Talk> {
    let texts = Arc::new(Catalogue::shipped().unwrap());
    let talk = Talk {
        face: Face::new(texts, question, language),
        answer: None,
        typed: Vec::new(),
        tries_left: None,
    };
    let mut harness = Harness::builder()
        .with_size(Vec2::new(600.0, 2000.0))
        .with_step_dt(step)
        .with_context_setup(|context| {
            fonts::install(context).unwrap();
            style::install(context);
        })
        .build_ui_state(
            |ui, talk: &mut Talk| {
                talk.face.show(ui);
                talk.turn();
            },
            talk,
        );
    harness.run_steps(1);
    harness
}

/// A window that has been looked at.
fn seen(question: Question) -> Harness<'static, Talk> {
    let language = question.language();
    let mut harness = shown(question, language, 0.25);
    harness.run_steps(5);
    harness
}

fn key(first_use: Option<Use>, language: Language) -> Question {
    Question::Key(Box::new(signing(first_use, language)))
}

fn text(language: Language, key: &str) -> String {
    Catalogue::shipped().unwrap().text(language, key)
}

fn has(harness: &Harness<'_, Talk>, words: &str) -> bool {
    harness.query_all_by_label_contains(words).next().is_some()
}

fn type_password(harness: &mut Harness<'_, Talk>, password: &str) {
    let field = harness.get_by_role(Role::PasswordInput);
    field.focus();
    field.type_text(password);
    harness.run_steps(2);
}

fn press(harness: &mut Harness<'_, Talk>, key: Key) {
    harness.key_press(key);
    harness.run_steps(5);
}

fn click(harness: &mut Harness<'_, Talk>, label: &str) {
    harness.get_by_label(label).click();
    harness.run_steps(5);
}

/// Whoever types into a page when a window comes in between has typed no PIN, however long she goes on.
#[test]
fn in_each_language_the_site_the_document_and_the_keys_are_named_and_the_right_key_signs() {
    for language in Language::ALL {
        let mut window = seen(key(None, language));
        let documents = Catalogue::shipped().unwrap().format(
            language,
            "ask-documents",
            &[("count", 3_u32.into())],
        );
        for words in [
            "https://egov.example",
            &text(language, "ask-title-signature"),
            &documents,
            "Шартқа қол қоямын\u{fffd}",
            "/home/a/шарт.txt",
            "01234567 89abcdef",
            "42",
            "aigul.p12",
            &text(language, "window-refresh"),
        ] {
            assert!(has(&window, words), "{words} in {}", language.tag());
        }
        type_password(&mut window, "right");
        press(&mut window, Key::Enter);
        for words in [
            "ТЕСТОВА АЙГҮЛ",
            "CN=ТЕСТОВА АЙГҮЛ,C=KZ",
            "0a1",
            "RSA-2048",
            "ҰЛТТЫҚ КУӘЛАНДЫРУШЫ ОРТАЛЫҚ",
            &text(language, "unusable-expired"),
        ] {
            assert!(has(&window, words), "{words} in {}", language.tag());
        }
        assert_eq!(window.state().answer, None);
        let sign = text(language, "window-sign");
        assert!(window.get_by_label(&sign).is_focused());
        press(&mut window, Key::Enter);
        assert_eq!(window.state().answer, Some(Answer::Key(1)));
    }
}

#[test]
fn without_a_password_enter_does_nothing_and_escape_refuses() {
    let mut window = seen(key(None, Language::Ru));
    press(&mut window, Key::Enter);
    assert_eq!(window.state().answer, None);
    assert!(window.state().typed.is_empty());
    press(&mut window, Key::Escape);
    assert_eq!(window.state().answer, Some(Answer::Cancelled));
}

#[test]
fn a_wrong_password_says_so_and_is_not_kept_in_the_field() {
    let mut window = seen(key(None, Language::En));
    window.state_mut().tries_left = Some(1);
    type_password(&mut window, "wrong");
    press(&mut window, Key::Enter);
    assert!(has(&window, "1 try left, then the token locks itself"));
    let field = window.get_by_role(Role::PasswordInput);
    assert_eq!(field.value().unwrap_or_default(), "");
    assert!(field.is_focused());
    type_password(&mut window, "right");
    press(&mut window, Key::Enter);
    assert!(has(&window, "ТЕСТОВА АЙГҮЛ"));
}

#[test]
fn what_is_typed_is_hidden_until_it_is_asked_for() {
    let mut window = seen(key(None, Language::En));
    type_password(&mut window, "right");
    let hidden = window.get_by_role(Role::PasswordInput).value().unwrap();
    assert!(
        !hidden.contains("right") && hidden.chars().count() == 5,
        "{hidden}"
    );
    click(&mut window, "Show");
    assert!(window.query_by_role(Role::PasswordInput).is_none());
    assert_eq!(
        window.get_by_role(Role::TextInput).value().as_deref(),
        Some("right")
    );
    click(&mut window, "Hide");
    assert!(window.query_by_role(Role::PasswordInput).is_some());
}

#[test]
fn the_keyboard_is_told_of() {
    let mut window = seen(key(None, Language::En));
    type_password(&mut window, "a");
    let (caps, layout) = ("Caps Lock is on.", "not set to Latin");
    assert!(!has(&window, caps) && !has(&window, layout));
    type_password(&mut window, "B");
    assert!(has(&window, caps));
    type_password(&mut window, "b");
    assert!(!has(&window, caps));
    // With Shift a capital letter is nothing to tell of, and a small one is.
    window.event_modifiers(Event::Text("B".to_owned()), Modifiers::SHIFT);
    window.run_steps(2);
    assert!(!has(&window, caps));
    type_password(&mut window, "ұ");
    assert!(has(&window, layout));
}

#[test]
fn a_key_that_cannot_be_used_cannot_be_chosen() {
    let mut window = seen(key(None, Language::En));
    type_password(&mut window, "right");
    press(&mut window, Key::Enter);
    let expired = window.get_by_label("ӘҒҚҢӨҰҮҺІ ӘҒҚҢ");
    assert!(expired.accesskit_node().is_disabled());
    expired.click();
    window.run_steps(5);
    click(&mut window, "Sign");
    assert_eq!(window.state().answer, Some(Answer::Key(1)));
}

#[test]
fn another_language_changes_the_window_and_its_title() {
    let mut window = seen(key(None, Language::En));
    click(&mut window, "Қазақша");
    assert!(has(&window, "Деректерге қол қою"));
    assert!(!has(&window, "Sign data"));
    let face = &window.state().face;
    assert_eq!(face.title(), "Деректерге қол қою — https://egov.example");
    assert_eq!(face.language(), Language::Kk);
}

#[test]
fn another_kind_of_keystore_is_listed_anew_with_what_its_token_tells() {
    let mut window = seen(key(None, Language::En));
    window.get_by_role(Role::ComboBox).click();
    window.run_steps(3);
    click(&mut window, "Kaztoken");
    assert!(has(&window, "2 tries left"));
    assert!(has(&window, "A wrong PIN was typed before"));
    assert!(has(&window, "PIN of the token"));
}

#[test]
fn a_key_that_the_page_opened_is_refused_by_enter() {
    let confirm = || {
        let question = signing(None, Language::En);
        let [card, _] = <[KeyCard; 2]>::try_from(cards()).unwrap();
        Question::Confirm(Box::new(ConfirmQuestion {
            question,
            key: card,
            pin_was_wrong: true,
        }))
    };
    let mut window = seen(confirm());
    assert!(has(&window, "A wrong PIN was typed before"));
    assert!(has(
        &window,
        "The site handles the password of this key by itself"
    ));
    assert!(has(&window, "ТЕСТОВА АЙГҮЛ"));
    press(&mut window, Key::Enter);
    assert_eq!(window.state().answer, Some(Answer::Cancelled));
    let mut window = seen(confirm());
    click(&mut window, "Sign");
    assert_eq!(window.state().answer, Some(Answer::Allowed));
}

fn secret(purpose: SecretPurpose, storage: Storage) -> Question {
    Question::Secret(SecretQuestion {
        language: Language::En,
        origin: "https://cabinet.example".to_owned(),
        first_use: None,
        purpose,
        storage,
        items: vec!["RSA-2048".to_owned()],
    })
}

#[test]
fn everything_that_can_be_used_has_a_name_for_screen_readers() {
    for question in [
        key(None, Language::Kk),
        key(Some(Use::Login), Language::Kk),
        secret(SecretPurpose::Change, Storage::Pkcs12),
    ] {
        let window = seen(question);
        let roles = [
            Role::Button,
            Role::RadioButton,
            Role::ComboBox,
            Role::TextInput,
            Role::PasswordInput,
        ];
        for role in roles {
            for node in window.query_all_by_role(role) {
                let name = node.accesskit_node().label();
                assert!(name.is_some_and(|name| !name.is_empty()), "{role:?}");
            }
        }
    }
}
