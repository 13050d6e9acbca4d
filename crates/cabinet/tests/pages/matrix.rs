//! Who may pass which door: every door of the table with everybody who may stand before it.
//!
//! The doors come from the router's own table. A new rule has to say here who may pass.

use std::collections::BTreeSet;

use axum::body::Body;
use axum::http::{Request, StatusCode};
use tanba_cabinet::{CabinetSection, Door, LimitsSection, Rule, Verb, doors};
use tanba_model::staff::Role;

use crate::browser::{Answer, Browser};
use crate::keyless::enter;
use crate::world::{Citizen, World};

/// Everybody who may stand before a door.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Who {
    Nobody,
    Citizen,
    /// Without a key: entered with a code to her address.
    ByCode,
    /// Without a key: proved the number of her application.
    ByProof,
    Staff(Role),
}

const ALL: [Who; 8] = [
    Who::Nobody,
    Who::Citizen,
    Who::ByCode,
    Who::ByProof,
    Who::Staff(Role::Operator),
    Who::Staff(Role::SeniorOperator),
    Who::Staff(Role::Administrator),
    Who::Staff(Role::Auditor),
];

fn may_pass(who: Who, rule: Rule) -> bool {
    match rule {
        Rule::Anybody => true,
        Rule::Citizen => who == Who::Citizen,
        Rule::Applicant => matches!(who, Who::Citizen | Who::ByProof),
        Rule::LimitedCitizen => who == Who::ByCode,
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
        persons_per_staff_per_minute: 60_000,
        persons_per_staff_per_day: 60_000,
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
            "{id}" => "1",
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
        Who::ByCode => {
            // Codes are sent once a minute.
            world.clock.forward(61);
            let page = enter(&mut browser, &people.limited).await;
            browser.csrf = page.attribute("name=\"csrf\" value=\"");
        }
        Who::ByProof => prove(&mut browser, people).await,
        Who::Staff(role) => {
            let at = Role::ALL.iter().position(|other| *other == role).unwrap();
            browser.sit_down(&people.staff[at]).await;
        }
    }
    browser
}

/// Proves the number of her application, as the status page asks for it.
async fn prove(browser: &mut Browser<'_>, people: &People) {
    let iin = people.limited.iin();
    let fields = [("number", people.number.as_str()), ("iin", &iin)];
    let proved = browser.submit("/kk/status", &fields).await;
    let page = browser.get(proved.location()).await;
    browser.csrf = page.attribute("name=\"csrf\" content=\"");
}

struct People {
    citizen: Citizen,
    /// Who comes without a key; she has two all the same.
    limited: Citizen,
    /// The number of her application.
    number: String,
    staff: Vec<crate::world::Key>,
}

async fn people(world: &World) -> People {
    let limited = world.citizen("Limited", Some("limited@example.kz"));
    let mut browser = Browser::new(world);
    browser.sign_in(&limited).await;
    let number = browser.begin().await;
    People {
        citizen: world.citizen("Aigerim", Some("aigerim@example.kz")),
        limited,
        number,
        staff: Role::ALL
            .map(|role| world.staff(&format!("Staff {}", role.name()), role))
            .into(),
    }
}

#[tokio::test]
async fn every_door_lets_in_those_whom_its_rule_names_and_nobody_else() {
    let world = world();
    let people = people(&world).await;
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
            if ["/logout", "/sessions/end", "/revoke/leave"]
                .iter()
                .any(|end| door.path.ends_with(end))
            {
                somebody = browser(&world, who, &people).await;
            }
        }
    }
    assert!(knocks > 8 * 60, "only {knocks} knocks");
}

#[tokio::test]
async fn a_stale_or_missing_token_changes_nothing_at_any_door() {
    let world = world();
    let people = people(&world).await;
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

/// What belongs to somebody, as it stands in addresses.
struct Belongings {
    number: String,
    serial: String,
    session: String,
}

impl Belongings {
    fn path(&self, door: &Door) -> String {
        let filled = door
            .path
            .replace("{number}", &self.number)
            .replace("{file}", &format!("{}.pem", self.serial))
            .replace("/sessions/{name}", &format!("/sessions/{}", self.session));
        assert!(!filled.contains('{'), "say whose {filled} is");
        filled
    }
}

#[tokio::test]
async fn another_persons_session_finds_nothing_of_hers_and_changes_nothing() {
    let world = world();
    let people = people(&world).await;
    let mut owner = browser(&world, Who::Citizen, &people).await;
    let page = owner.get("/kk/cabinet/profile").await;
    let hers = Belongings {
        number: owner.begin().await,
        serial: people.citizen.signature.certificate.serial_hex(),
        session: page.attribute("/cabinet/profile/sessions/"),
    };
    let hers = Belongings {
        session: hers.session.split('/').next().unwrap().to_owned(),
        ..hers
    };
    let before = owner.get("/kk/cabinet/applications").await.body;
    let stranger = world.citizen("Stranger", Some("stranger@example.kz"));
    let mut knocks = 0;
    for who in [Who::Citizen, Who::ByCode, Who::ByProof] {
        let mut other = if who == Who::Citizen {
            let mut other = Browser::new(&world);
            other.sign_in(&stranger).await;
            other
        } else {
            browser(&world, who, &people).await
        };
        for door in knocked().into_iter().filter(|door| {
            door.path.contains('{')
                && [Rule::Citizen, Rule::Applicant].contains(&door.rule)
                && may_pass(who, door.rule)
        }) {
            let path = hers.path(&door);
            let there = Door {
                path: path.clone(),
                ..door.clone()
            };
            let csrf = other.csrf.clone();
            let answer = knock(&mut other, &there, "", &csrf).await;
            // A body without what the call needs is refused before anything is looked up; and whoever ends a session that
            // is none of hers is sent back to her own.
            let nothing = answer.status == StatusCode::NOT_FOUND
                || (door.verb == Verb::Post && answer.status.is_client_error())
                || (path.ends_with("/end") && answer.location().ends_with("#sessions"));
            assert!(nothing, "{who:?} {path}: {} {}", answer.status, answer.body);
            assert!(!answer.body.contains("AIGERIM"), "{path}: {}", answer.body);
            knocks += 1;
        }
    }
    assert!(knocks > 15, "only {knocks} knocks");
    assert_eq!(owner.get("/kk/cabinet/applications").await.body, before);
    let path = format!("/api/v1/applications/{}", hers.number);
    assert_eq!(owner.get(&path).await.json()["state"], "DRAFT");
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
