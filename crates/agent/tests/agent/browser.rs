//! A site in Chromium that uses an unmodified client, with the agent's authority in the browser's own store.

use std::path::Path;
use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tanba_agent::consent::Question;
use tanba_agent::sign::xml::verify_xml;

use crate::harness::{Decision, Running, openssl_accepts};

#[test]
fn a_site_in_chromium_signs_in_and_signs() {
    let agent = Running::start();
    agent.owner.will([
        Decision::Choose,
        Decision::Choose,
        Decision::Choose,
        Decision::Cancel,
    ]);
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/clients/chromium.mjs");
    let output = Command::new("node")
        .arg(script)
        .env("AGENT_PORT", agent.port.to_string())
        .env("AUTHORITY", agent.authority())
        .env("FOLDER", agent.path(""))
        .output()
        .unwrap();
    let words = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{words}");
    let told: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(told["check"], "«Таңба» агенті: өзін-өзі тексеру");
    assert_eq!(told["version"], "1.4");
    assert_eq!(told["owner"], "ТЕСТОВА АЙГҮЛ");
    assert!(
        told["refused"]
            .as_str()
            .unwrap()
            .contains("action.canceled")
    );
    assert!(verify_xml(told["xml"][0].as_str().unwrap()).unwrap());
    let message = agent.path("message");
    std::fs::write(
        &message,
        STANDARD.decode(told["cms"].as_str().unwrap()).unwrap(),
    )
    .unwrap();
    let root = agent.root.pem(agent.folder.path());
    let (valid, words) = openssl_accepts(&root, &message, &[]);
    assert!(valid && words.contains("Шарт №1"), "{words}");
    let origin = told["origin"].as_str().unwrap();
    for question in agent.owner.seen() {
        let Question::Key(question) = question else {
            panic!("{question:?}")
        };
        assert_eq!(question.origin, origin);
    }
}
