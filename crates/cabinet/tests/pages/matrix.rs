//! Who may pass which door: every door of the table with everybody who may stand before it.
//!
//! The doors come from the router's own table. A new rule has to say here who may pass.

use std::collections::BTreeSet;

use axum::body::Body;
use axum::http::{Request, StatusCode};
use tanba_cabinet::{CabinetSection, Door, LimitsSection, Rule, Verb, doors};
use tanba_model::staff::Role;

use crate::browser::{Answer, Browser};
use crate::world::{Citizen, World};

/// Everybody who may stand before a door.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Who {
    Nobody,
    Citizen,
    Staff(Role),
}

const ALL: [Who; 6] = [
    Who::Nobody,
    Who::Citizen,
    Who::Staff(Role::Operator),
    Who::Staff(Role::SeniorOperator),
    Who::Staff(Role::Administrator),
    Who::Staff(Role::Auditor),
];

fn may_pass(who: Who, rule: Rule) -> bool {
    match rule {
        Rule::Anybody => true,
        Rule::Citizen | Rule::Applicant => who == Who::Citizen,
        // A session by code is tried where such sessions are.
        Rule::LimitedCitizen => false,
        Rule::Staff(right) => matches!(who, Who::Staff(role) if role.may(right)),
        other => panic!("say who may pass {other:?}"),
    }
}

fn world() -> World {
    let limits = LimitsSection {
        sign_ins_per_minute: 60_000,
        codes_per_minute: 60_000,
        codes_per_application_per_minute: 60_000,
        steps_per_person_per_minute: 60_000,
        look_ups_per_minute: 60_000,
        look_ups_per_number_per_minute: 60_000,
        attestations_per_minute: 60_000,
        entries_per_minute: 60_000,
        entries_per_iin_per_minute: 60_000,
    };
    World::with(CabinetSection {
        limits,
        ..CabinetSection::default()
    })
}

/// The doors in one language, and those without.
fn knocked() -> Vec<Door> {
    doors()
        .into_iter()
        .filter(|door| !["/ru", "/en"].iter().any(|tag| in_language(door, tag)))
        .collect()
}

fn in_language(door: &Door, tag: &str) -> bool {
    door.path == tag || door.path.starts_with(&format!("{tag}/"))
}

/// The path with something in place of each name.
fn filled(door: &Door, number: &str) -> String {
    let parts: Vec<&str> = door
        .path
        .split('/')
        .map(|part| match part {
            "{number}" => number,
            "{iin}" => "850101300121",
            "{act}" => "1",
            "{file}" => "00ff.pem",
            part if part.starts_with('{') => "nothing",
            part => part,
        })
        .collect();
    parts.join("/")
}

fn is_api(door: &Door) -> bool {
    door.path.starts_with("/api/")
}

async fn knock(browser: &mut Browser<'_>, door: &Door, number: &str, csrf: &str) -> Answer {
    let path = filled(door, number);
    if door.verb == Verb::Get {
        return browser.get(&path).await;
    }
    let request = Request::post(path).header("sec-fetch-site", "same-origin");
    let request = if is_api(door) {
        request
            .header("content-type", "application/json")
            .header("x-csrf-token", csrf)
            .body(Body::from("{}"))
    } else {
        request
            .header("content-type", "application/x-www-form-urlencoded")
            .body(Body::from(format!("csrf={csrf}")))
    };
    browser.send(request.unwrap()).await
}

/// Whether an answer sends away whoever asks, and not merely what was asked for.
fn is_sent_away(door: &Door, answer: &Answer) -> bool {
    if is_api(door) {
        let refused = [StatusCode::UNAUTHORIZED, StatusCode::FORBIDDEN].contains(&answer.status);
        return refused
            && [
                "session-required",
                "code-required",
                "desk-session-required",
                "desk-forbidden",
                "csrf",
            ]
            .contains(&answer.code().as_str());
    }
    // Open pages lead on by themselves; those behind a rule lead to where one enters.
    let entrance = if door.rule == Rule::LimitedCitizen {
        "/revoke"
    } else {
        "/enter?next="
    };
    let to_a_door =
        answer.status == StatusCode::SEE_OTHER && answer.header("location").contains(entrance);
    to_a_door || answer.status == StatusCode::FORBIDDEN
}

/// A browser of somebody, signed in anew.
async fn browser<'a>(world: &'a World, who: Who, people: &People) -> Browser<'a> {
    let mut browser = Browser::new(world);
    match who {
        Who::Nobody => {}
        Who::Citizen => browser.sign_in(&people.citizen).await,
        Who::Staff(role) => {
            let at = Role::ALL.iter().position(|other| *other == role).unwrap();
            browser.sit_down(&people.staff[at]).await;
        }
    }
    browser
}

struct People {
    citizen: Citizen,
    staff: Vec<crate::world::Key>,
}

fn people(world: &World) -> People {
    People {
        citizen: world.citizen("Aigerim", Some("aigerim@example.kz")),
        staff: Role::ALL
            .map(|role| world.staff(&format!("Staff {}", role.name()), role))
            .into(),
    }
}

#[tokio::test]
async fn every_door_lets_in_those_whom_its_rule_names_and_nobody_else() {
    let world = world();
    let people = people(&world);
    let mut knocks = 0;
    for who in ALL {
        let mut somebody = browser(&world, who, &people).await;
        for door in knocked() {
            let csrf = somebody.csrf.clone();
            let answer = knock(&mut somebody, &door, "123456789012", &csrf).await;
            assert_ne!(
                is_sent_away(&door, &answer),
                may_pass(who, door.rule),
                "{who:?} before {door:?}: {} {}",
                answer.status,
                answer.body
            );
            // This world has neither seal nor typeface, and says so.
            let unsealed =
                door.path.contains("/report.") && [501, 503].contains(&answer.status.as_u16());
            assert!(
                unsealed || !answer.status.is_server_error(),
                "{who:?} before {door:?}: {}",
                answer.status
            );
            knocks += 1;
            // Behind these doors the session ends, so somebody comes in anew.
            if ["/logout", "/sessions/end"]
                .iter()
                .any(|end| door.path.ends_with(end))
            {
                somebody = browser(&world, who, &people).await;
            }
        }
    }
    assert!(knocks > 6 * 60, "only {knocks} knocks");
}

#[tokio::test]
async fn a_stale_or_missing_token_changes_nothing_at_any_door() {
    let world = world();
    let people = people(&world);
    for who in ALL {
        let mut somebody = browser(&world, who, &people).await;
        for door in knocked()
            .into_iter()
            .filter(|door| door.verb == Verb::Post && door.rule != Rule::Anybody)
            .filter(|door| may_pass(who, door.rule))
        {
            for token in ["0".repeat(64), String::new()] {
                let answer = knock(&mut somebody, &door, "123456789012", &token).await;
                assert_eq!(answer.status, StatusCode::FORBIDDEN, "{who:?} {door:?}");
                assert!(
                    !is_api(&door) || answer.code() == "csrf",
                    "{who:?} {door:?}: {}",
                    answer.body
                );
            }
        }
    }
}

#[tokio::test]
async fn another_persons_session_finds_nothing_behind_a_number_and_changes_nothing() {
    let world = world();
    let people = people(&world);
    let stranger = world.citizen("Stranger", Some("stranger@example.kz"));
    let mut owner = browser(&world, Who::Citizen, &people).await;
    let number = owner.begin().await;
    let mut other = Browser::new(&world);
    other.sign_in(&stranger).await;
    for door in knocked()
        .into_iter()
        .filter(|door| door.path.contains("{number}") && door.rule == Rule::Citizen)
    {
        let csrf = other.csrf.clone();
        let answer = knock(&mut other, &door, &number, &csrf).await;
        // A body without what the call needs is refused before anything is looked up.
        let nothing = answer.status == StatusCode::NOT_FOUND
            || (door.verb == Verb::Post && answer.status.is_client_error());
        assert!(nothing, "{door:?}: {} {}", answer.status, answer.body);
    }
    let shown = owner.get(&format!("/api/v1/applications/{number}")).await;
    assert_eq!(shown.json()["state"], "DRAFT");
}

#[test]
fn each_language_has_the_same_doors_with_the_same_rules() {
    let doors = doors();
    let of = |tag: &str| -> BTreeSet<String> {
        let here = doors.iter().filter(|door| in_language(door, tag));
        here.map(|door| {
            format!(
                "{:?} {} {:?}",
                door.verb,
                &door.path[tag.len()..],
                door.rule
            )
        })
        .collect()
    };
    let kk = of("/kk");
    assert!(kk.len() > 20);
    assert!(kk == of("/ru") && kk == of("/en"));
    let all: BTreeSet<String> = doors
        .iter()
        .map(|door| format!("{:?} {}", door.verb, door.path))
        .collect();
    assert_eq!(all.len(), doors.len(), "a door stands twice");
}
