//! The desk's page of messages that nobody took.

use axum::http::StatusCode;
use tanba_model::staff::Role;

use crate::browser::Browser;
use crate::world::{Key, World};

const PAGE: &str = "/kk/desk/messages";
const ADDRESS: &str = "aigerim.secret@example.kz";

/// A citizen applied, and her server refused the notice and the code.
async fn dead_letters(world: &World) {
    let citizen = world.citizen("Aigerim", Some(ADDRESS));
    let mut browser = Browser::new(world);
    browser.sign_in(&citizen).await;
    world.mail();
    browser.apply(&citizen).await;
    world.refuse_mail();
}

async fn at_desk<'a>(world: &'a World, key: &Key) -> Browser<'a> {
    let mut browser = Browser::new(world);
    browser.sit_down(key).await;
    world.mail();
    browser
}

/// Records of the letters on a page, from top to bottom.
fn letters(page: &str) -> Vec<String> {
    let cards = page.split("id=\"message-").skip(1);
    cards
        .map(|rest| rest.split('"').next().unwrap().to_owned())
        .collect()
}

/// The record of the letter of a kind, by its heading.
fn letter(page: &str, heading: &str) -> String {
    let cards = page.split("id=\"message-").skip(1);
    let found = cards.into_iter().find(|card| card.contains(heading));
    let found = found.unwrap_or_else(|| panic!("no {heading} in {page}"));
    found.split('"').next().unwrap().to_owned()
}

const NOTICE: &str = "Өтінімнің қабылданғаны туралы хабар";

#[tokio::test]
async fn the_page_tells_neither_what_a_message_says_nor_the_whole_address() {
    let world = World::new();
    dead_letters(&world).await;
    for role in [Role::SeniorOperator, Role::Administrator, Role::Auditor] {
        let mut reader = at_desk(&world, &world.staff(role.name(), role)).await;
        let page = reader.get(PAGE).await;
        assert_eq!(page.status, StatusCode::OK, "{}", page.body);
        assert_eq!(letters(&page.body).len(), 2, "{}", page.body);
        assert!(page.body.contains("a•••@example.kz") && page.body.contains(NOTICE));
        for secret in [ADDRESS, "aigerim.secret", "AIGERIM", "not-me", "850101"] {
            assert!(!page.body.contains(secret), "{secret}: {}", page.body);
        }
        let buttons = page.body.matches("name=\"act\"").count();
        let expected = if role == Role::Auditor { 0 } else { 4 };
        assert_eq!(buttons, expected, "{role:?}");
    }
}

#[tokio::test]
async fn a_message_is_sent_again_once() {
    let world = World::new();
    dead_letters(&world).await;
    let mut first = at_desk(&world, &world.staff("Dana", Role::SeniorOperator)).await;
    let mut second = at_desk(&world, &world.staff("Serik", Role::Administrator)).await;
    let page = first.get(PAGE).await;
    let id = letter(&page.body, NOTICE);
    let fields = [("message", id.as_str()), ("act", "retry")];
    let right = std::mem::replace(&mut first.csrf, "0".repeat(64));
    let stale = first.submit(PAGE, &fields).await;
    assert_eq!(stale.status, StatusCode::FORBIDDEN);
    first.csrf = right;
    let done = first.submit(PAGE, &fields).await;
    assert_eq!(done.location(), "/kk/desk/messages?done=retried");
    let late = second.submit(PAGE, &fields).await;
    assert_eq!(late.location(), "/kk/desk/messages?done=gone");
    let sent = world.mail();
    assert_eq!(sent.len(), 1);
    assert_eq!(sent[0].to.as_str(), ADDRESS);
    let page = second.get(late.location()).await;
    assert!(page.body.contains("id=\"desk-done\""), "{}", page.body);
    assert_eq!(letters(&page.body).len(), 1);
}

#[tokio::test]
async fn a_message_that_was_laid_to_rest_cannot_be_sent_any_more() {
    let world = World::new();
    dead_letters(&world).await;
    let mut clerk = at_desk(&world, &world.staff("Dana", Role::Administrator)).await;
    let page = clerk.get(PAGE).await;
    let id = letter(&page.body, NOTICE);
    let wish = |act| {
        [
            ("message", id.as_str()),
            ("act", act),
            ("why", "nobody is there"),
        ]
    };
    let unknown = clerk.submit(PAGE, &wish("burn")).await;
    assert_eq!(unknown.status, StatusCode::BAD_REQUEST);
    let done = clerk.submit(PAGE, &wish("discard")).await;
    assert_eq!(done.location(), "/kk/desk/messages?done=discarded");
    let again = clerk.submit(PAGE, &wish("retry")).await;
    assert_eq!(again.location(), "/kk/desk/messages?done=gone");
    assert!(world.mail().is_empty());
    let page = clerk.get(PAGE).await;
    assert!(!letters(&page.body).contains(&id), "{}", page.body);
}

#[tokio::test]
async fn an_operator_sees_none_of_other_affairs_and_an_auditor_settles_none() {
    let world = World::new();
    dead_letters(&world).await;
    let mut operator = at_desk(&world, &world.staff("Bolat", Role::Operator)).await;
    let page = operator.get(PAGE).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.body);
    assert!(letters(&page.body).is_empty(), "{}", page.body);
    assert!(page.body.contains("id=\"own-centre\"") && !page.body.contains("id=\"total\""));
    let settled = operator
        .submit(PAGE, &[("message", "1"), ("act", "retry")])
        .await;
    assert_eq!(settled.status, StatusCode::FORBIDDEN);
    let mut auditor = at_desk(&world, &world.staff("Dana", Role::Auditor)).await;
    let id = letter(&auditor.get(PAGE).await.body, NOTICE);
    for act in ["retry", "discard"] {
        let refused = auditor
            .submit(PAGE, &[("message", &id), ("act", act)])
            .await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN);
    }
    assert!(world.mail().is_empty());
    assert_eq!(letters(&auditor.get(PAGE).await.body).len(), 2);
}
