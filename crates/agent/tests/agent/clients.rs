//! Unmodified clients of NCALayer, live.

use std::path::PathBuf;
use std::process::Command;

use crate::harness::{Decision, Running, fixtures, text};
use crate::tsa::Authority;

/// Moves the suite's own emulator from its fixed port to a free one, in the process and not in the files.
const MOVE: &str = r#"
const Module = require('module'); const load = Module._load; const port = +process.env.SUITE_PORT;
Module._load = function (name, ...rest) {
  const ws = load.call(this, name, ...rest);
  if (name !== 'ws' || ws.__moved) return ws;
  class Server extends ws.Server { constructor(options, ...more) { super({ ...options, port }, ...more); } }
  class Client extends ws {
    constructor(url, ...more) { super(String(url).replace('127.0.0.1:8080', `127.0.0.1:${port}`), ...more); }
  }
  return new Proxy(Client, { get: (target, key) => key === 'Server' || key === 'WebSocketServer' ? Server
    : key === '__moved' ? true : target[key] });
};
"#;

/// The folder with the clients; `scripts/setup.sh test` fills it.
fn packages() -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/clients/node_modules");
    assert!(
        folder.is_dir(),
        "scripts/setup.sh test installs the clients"
    );
    folder.canonicalize().unwrap()
}

fn node(agent: &Running, arguments: &[&str]) -> (bool, String) {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let free = listener.local_addr().unwrap().port();
    drop(listener);
    let output = Command::new("node")
        .args(arguments)
        .env("NODE_EXTRA_CA_CERTS", agent.authority())
        .env("NODE_PATH", packages())
        .env("AGENT", format!("wss://127.0.0.1:{}", agent.port))
        .env("MAP_STORE", "PKCS12")
        .env("STEP_TIMEOUT", "120000")
        .env("SUITE_PORT", free.to_string())
        .current_dir(packages())
        .output()
        .unwrap();
    let words = [output.stdout, output.stderr].concat();
    (
        output.status.success(),
        String::from_utf8_lossy(&words).into_owned(),
    )
}

/// The client runs its own suite; each of the recorded steps is answered by the agent in the recorded shape.
#[test]
fn the_suite_of_ncalayer_js_client_meets_the_recorded_answers() {
    let Some(fixtures) = fixtures() else { return };
    let folder = tempfile::tempdir().unwrap();
    let authority = Authority::start(folder.path());
    let agent = Running::with(|config| {
        config.origins.programs = true;
        config.time_stamp_url = Some(authority.url.clone());
    });
    let steps = std::fs::read(fixtures.join("clients/steps.json")).unwrap();
    let steps: serde_json::Value = serde_json::from_slice(&steps).unwrap();
    let steps = steps.as_array().unwrap();
    agent.owner.will(
        steps
            .iter()
            .filter_map(|step| match step["decision"].as_str().unwrap() {
                "choose" => Some(Decision::Choose),
                "cancel" => Some(Decision::Cancel),
                _ => None,
            }),
    );
    let moved = agent.path("move.js");
    std::fs::write(&moved, MOVE).unwrap();
    let shim = fixtures
        .join("clients/njc-live-shim.js")
        .canonicalize()
        .unwrap();
    let suite = packages().join("ncalayer-js-client/test/index.js");
    let (passed, words) = node(
        &agent,
        &["-r", text(&moved), "-r", text(&shim), text(&suite)],
    );
    assert!(passed, "{words}");
    assert!(
        words.contains(&format!("steps {}, mismatches 0", steps.len() + 1)),
        "{words}"
    );
    assert!(!words.contains("AssertionError"), "{words}");
}

/// Each call of the client once, with what the agent really answers.
#[test]
fn ncalayer_js_client_works() {
    let Some(fixtures) = fixtures() else { return };
    let folder = tempfile::tempdir().unwrap();
    let authority = Authority::start(folder.path());
    let agent = Running::with(|config| {
        config.origins.programs = true;
        config.time_stamp_url = Some(authority.url.clone());
    });
    let driver = fixtures
        .join("clients/drive-njc.js")
        .canonicalize()
        .unwrap();
    let url = format!("wss://127.0.0.1:{}", agent.port);
    let (passed, words) = node(&agent, &[text(&driver), &url]);
    assert!(passed, "{words}");
    assert!(!words.contains("\"err\""), "{words}");
    assert_eq!(words.matches("\"ok\"").count() + 1, 12, "{words}");
}

/// With the old interface switched off the client gets a clean error to each call, and hangs at none.
#[test]
fn seithq_ncalayer_is_refused_cleanly() {
    let Some(fixtures) = fixtures() else { return };
    let agent = Running::with(|config| config.origins.programs = true);
    let driver = fixtures
        .join("clients/drive-seithq.js")
        .canonicalize()
        .unwrap();
    let file = agent.path("aigul.p12");
    let (passed, words) = node(
        &agent,
        &[text(&driver), text(&file), crate::maker::PASSWORD],
    );
    assert!(passed, "{words}");
    assert!(
        words.contains("version 1.4") && !words.contains("timeout"),
        "{words}"
    );
    assert!(agent.owner.seen().is_empty());
}

/// With the old interface on, the client works, and each signature was confirmed.
#[test]
fn seithq_ncalayer_works_where_its_owner_wants_it() {
    let Some(fixtures) = fixtures() else { return };
    let agent = Running::with(|config| {
        config.origins.programs = true;
        config.legacy_applet = true;
    });
    let driver = fixtures
        .join("clients/drive-seithq.js")
        .canonicalize()
        .unwrap();
    let file = agent.path("aigul.p12");
    let (passed, words) = node(
        &agent,
        &[text(&driver), text(&file), crate::maker::PASSWORD],
    );
    assert!(passed && !words.contains("timeout"), "{words}");
    assert_eq!(words.matches("\"ok\":true").count(), 9, "{words}");
    assert!(words.contains("PNOKZ-900101400017"), "{words}");
    // The first look at a key, and three signatures.
    assert_eq!(agent.owner.seen().len(), 4);
    let (_, words) = node(&agent, &[text(&driver), text(&file), "wrong"]);
    assert!(words.contains("WRONG_PASSWORD"), "{words}");
    assert_eq!(agent.owner.seen().len(), 4);
}
