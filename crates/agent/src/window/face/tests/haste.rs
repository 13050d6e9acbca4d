//! What comes before there was time to look.

use super::*;

#[test]
fn what_is_typed_while_the_window_appears_is_no_password() {
    let enter = |pressed| Event::Key {
        key: Key::Enter,
        physical_key: None,
        pressed,
        repeat: false,
        modifiers: Modifiers::NONE,
    };
    // On a fast computer and on a very slow one.
    for step in [0.02, 0.6] {
        let mut window = shown(key(None, Language::En), Language::En, step);
        window.event(Event::WindowFocused(true));
        for _ in 0..20 {
            window.event(Event::Text("right".to_owned()));
            window.run_steps(1);
            window.event(enter(true));
            window.run_steps(1);
        }
        window.event(enter(false));
        assert!(window.state().typed.is_empty());
        window.run_steps(40);
        let field = window.get_by_role(Role::PasswordInput);
        assert_eq!(field.value().unwrap_or_default(), "");
        // The keyboard is at the field by itself now, also after the window came to the front once more.
        window.event(Event::Text("ri".to_owned()));
        window.run_steps(1);
        window.event(Event::WindowFocused(true));
        window.run_steps(1);
        window.event(Event::Text("wrong".to_owned()));
        window.run_steps(40);
        window.event(Event::Text("ght".to_owned()));
        press(&mut window, Key::Enter);
        let typed: Vec<&[u8]> = window.state().typed.iter().map(Secret::expose).collect();
        assert_eq!(typed, [b"right"]);
    }
}

/// Nothing new is agreed to after a wrong password: it is typed again at once, and whole.
#[test]
fn after_a_wrong_password_the_next_one_counts_from_its_first_letter() {
    let mut window = shown(key(None, Language::En), Language::En, 0.02);
    window.run_steps(40);
    for password in ["wrong", "right"] {
        window.event(Event::Text(password.to_owned()));
        window.run_steps(1);
        window.key_press(Key::Enter);
        window.run_steps(2);
    }
    let typed: Vec<&[u8]> = window.state().typed.iter().map(Secret::expose).collect();
    assert_eq!(typed, [b"wrong", b"right"]);
}

#[test]
fn nothing_counts_before_there_was_time_to_look() {
    let question = key(Some(Use::Signature), Language::En);
    let mut window = shown(question, Language::En, 0.05);
    for label in ["Allow", "Do not allow"] {
        window.get_by_label(label).click();
        window.run_steps(2);
        assert!(has(&window, "This site asks for the first time"));
        assert_eq!(window.state().answer, None);
    }
    window.run_steps(12);
    window.get_by_label("Allow").click();
    window.run_steps(2);
    assert!(has(&window, "Sign data"));
    // Each new page is looked at anew, and so is a window that was brought to the front under somebody's hand.
    window.run_steps(12);
    type_password(&mut window, "right");
    window.run_steps(12);
    window.key_press(Key::Enter);
    window.run_steps(2);
    window.get_by_label("Sign").click();
    window.run_steps(2);
    assert_eq!(window.state().answer, None);
    window.run_steps(12);
    window.event(Event::WindowFocused(true));
    window.run_steps(1);
    window.get_by_label("Sign").click();
    window.run_steps(2);
    assert_eq!(window.state().answer, None);
    window.run_steps(12);
    window.get_by_label("Sign").click();
    window.run_steps(2);
    assert_eq!(window.state().answer, Some(Answer::Key(1)));
}
