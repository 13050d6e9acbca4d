//! How often things may be tried from one address, as the configuration says.

use serde_json::json;

use crate::citizen::Answer;
use crate::renewal::{applied, refused};
use crate::server::{Choice, Installation};

fn low(limit: &str) -> (&'static str, String) {
    let line: &'static str = format!("{limit} = 100000").leak();
    (line, format!("{limit} = 4"))
}

/// Repeats until it is told to wait; how often it was answered before.
fn until_told(house: &Installation, issued: i64, ask: impl Fn() -> Answer) -> usize {
    let mut answered = 0;
    loop {
        let answer = ask();
        if answer.status != 429 {
            answered += 1;
            assert!(answered <= 20, "there is no limit");
            continue;
        }
        refused(house, &answer, 429, "too-many-requests", issued);
        let wait = answer.body["wait_seconds"].as_u64().unwrap_or_default();
        assert!((1..=60).contains(&wait), "{}", answer.body);
        return answered;
    }
}

#[test]
fn sign_ins_codes_and_look_ups_are_limited_and_say_how_long_to_wait() {
    let mut house = Installation::make(&Choice {
        edits: [
            "sign_ins_per_minute",
            "codes_per_minute",
            "steps_per_person_per_minute",
            "look_ups_per_minute",
        ]
        .map(low)
        .to_vec(),
        ..Choice::default()
    });
    house.serve();
    let citizen = house.citizen("Serikova", "serikova@example.kz");
    let (client, number, _, code) = applied(&house, &citizen);
    let wrong = if code == "000000" { "000001" } else { "000000" };
    let guess = || {
        let body = json!({ "code": wrong });
        client.step(&number, "code", &body).expect("a server")
    };
    // What the limit refuses takes no try away.
    assert_eq!(until_told(&house, 2, guess), 4);
    let standing = client
        .get(&format!("/api/v1/applications/{number}"))
        .expect("a server");
    assert_eq!(standing.body["tries_left"], 1, "{}", standing.body);

    let other = house.client();
    let look = || {
        let asked = json!({ "number": number, "iin": citizen.iin });
        other.post("/api/v1/status", &asked).expect("a server")
    };
    assert_eq!(until_told(&house, 2, look), 4);
    let sign_in = || {
        let body = json!({ "signature": "AAAA" });
        house.client().open(&body).expect("a server")
    };
    let answered = until_told(&house, 2, sign_in);
    assert!(answered <= 4, "{answered} sign-ins");
    // Whoever is signed in goes on, but not without end.
    let step = || {
        let body = json!({ "signature": "AAAA" });
        client.step(&number, "signature", &body).expect("a server")
    };
    let answered = until_told(&house, 2, step);
    assert!(answered <= 4, "{answered} steps");
    let path = "/api/v1/applications";
    assert_eq!(client.get(path).expect("a server").status, 200);
}
