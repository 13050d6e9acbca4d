use eframe::egui::Key;
use eframe::egui::accesskit::Role;
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;

use super::{Talk, click, has, press, secret, seen, type_password};
use crate::consent::{Answer, SecretPurpose};
use crate::containers::Storage;

/// Types into the two fields for a new password.
fn type_twice(window: &mut Harness<'_, Talk>, [once, again]: [&str; 2]) {
    for (place, words) in [once, again].into_iter().enumerate() {
        let field = window.get_all_by_role(Role::PasswordInput).nth(place);
        let field = field.unwrap();
        field.focus();
        field.type_text(words);
        window.run_steps(2);
    }
    press(window, Key::Enter);
}

#[test]
fn a_new_password_is_typed_twice_and_keeps_the_rules() {
    let mut window = seen(secret(SecretPurpose::NewKeys, Storage::Pkcs12));
    type_twice(&mut window, ["Qwerty34", "Qwerty35"]);
    assert!(has(&window, "The two passwords differ"));
    assert!(window.state().typed.is_empty());
    type_twice(&mut window, ["weak", "weak"]);
    assert!(has(&window, "The password needs a digit"));
    assert_eq!(window.state().answer, None);
    type_twice(&mut window, ["Qwerty34", "Qwerty34"]);
    assert_eq!(window.state().answer, Some(Answer::Allowed));
    assert_eq!(window.state().typed.last().unwrap().expose(), b"Qwerty34");
}

#[test]
fn a_token_is_opened_before_its_pin_is_changed_and_a_known_pin_is_warned_of() {
    let mut window = seen(secret(SecretPurpose::Change, Storage::Kaztoken));
    type_password(&mut window, "right");
    press(&mut window, Key::Enter);
    assert!(has(&window, "everybody knows it"));
    type_twice(&mut window, ["87654321", "87654321"]);
    assert_eq!(window.state().answer, Some(Answer::Allowed));
}

#[test]
fn keys_are_made_in_a_token_after_it_was_opened_and_agreed_to() {
    let mut window = seen(secret(SecretPurpose::NewKeys, Storage::Kaztoken));
    type_password(&mut window, "right");
    press(&mut window, Key::Enter);
    assert_eq!(window.state().answer, None);
    click(&mut window, "Make keys");
    assert_eq!(window.state().answer, Some(Answer::Allowed));
}
