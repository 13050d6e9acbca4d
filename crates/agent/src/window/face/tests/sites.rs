//! What a person is asked about a site.

use super::*;

#[test]
fn a_new_site_is_refused_by_enter_and_allowed_by_choice() {
    let mut window = seen(key(Some(Use::Signature), Language::Kk));
    assert!(has(&window, &text(Language::Kk, "window-new-site")));
    assert!(window.query_by_role(Role::PasswordInput).is_none());
    press(&mut window, Key::Enter);
    assert_eq!(window.state().answer, Some(Answer::Cancelled));
    let mut window = seen(key(Some(Use::Signature), Language::Kk));
    click(&mut window, &text(Language::Kk, "window-allow"));
    assert_eq!(window.state().answer, None);
    assert!(window.query_by_role(Role::PasswordInput).is_some());
}

/// Where nothing is signed, no button says so.
#[test]
fn the_button_says_what_is_done() {
    for (purpose, own) in [
        (Purpose::KeyInformation, "window-tell"),
        (Purpose::Login, "window-login"),
        (Purpose::TimeStamp, "window-stamp"),
    ] {
        for language in Language::ALL {
            let mut question = signing(None, language);
            question.purpose = purpose;
            question.documents.clear();
            question.document_count = 0;
            let mut window = seen(Question::Key(Box::new(question)));
            type_password(&mut window, "right");
            press(&mut window, Key::Enter);
            let sign = text(language, "window-sign");
            assert!(window.query_by_label(&sign).is_none(), "{purpose:?}");
            let own = text(language, own);
            let button = window.get_by_role_and_label(Role::Button, &own);
            assert!(button.is_focused());
            press(&mut window, Key::Enter);
            assert_eq!(window.state().answer, Some(Answer::Key(1)));
        }
    }
}

#[test]
fn a_new_site_that_names_a_file_is_decided_about_alone() {
    for language in Language::ALL {
        let site = || {
            Question::Site(SiteQuestion {
                language,
                origin: "https://egov.example".to_owned(),
                usage: Use::Signature,
                file: "/home/a/шарт\u{202e}.txt".to_owned(),
            })
        };
        let mut window = seen(site());
        assert!(has(&window, "/home/a/шарт\u{fffd}.txt"));
        assert!(window.query_by_role(Role::PasswordInput).is_none());
        press(&mut window, Key::Enter);
        assert_eq!(window.state().answer, Some(Answer::Cancelled));
        let mut window = seen(site());
        click(&mut window, &text(language, "window-allow"));
        assert_eq!(window.state().answer, Some(Answer::Allowed));
    }
}
