//! The page at the agent's own address: each cause with its repair, for the person at this computer alone.

use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::UnixListener;
use std::path::Path;

use tanba_agent::containers::TokenStore;
use tanba_agent::machine::{Machine, System};
use tanba_agent::{Doctor, Parts};
use tanba_pki::Timestamp;

use crate::harness::{Running, Standing, run, text};

/// What a computer has that is examined.
fn examined(replace: impl FnOnce(&mut Parts, &Path)) -> Running {
    Running::made_of(Vec::new(), |_| {}, replace)
}

fn get(agent: &Running, path: &str, more: &str) -> String {
    agent.http(&format!(
        "GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\n{more}\r\n",
        agent.port
    ))
}

/// The items of a cause, apart from those that only a browser finds.
fn items(page: &str, cause: &str) -> Vec<String> {
    page.split("<li ")
        .skip(1)
        .filter(|item| item.starts_with(&format!("data-cause=\"{cause}\"")))
        .filter(|item| !item.contains("data-browser"))
        .map(|item| item.split("</li>").next().unwrap().to_owned())
        .collect()
}

/// The only item of a cause in each language, and whether it is good, a note or bad. What is bad has a repair, in words of
/// its own in each language.
fn state(agent: &Running, cause: &str) -> String {
    let mut states = Vec::new();
    let mut sentences = Vec::new();
    for language in ["kk", "ru", "en"] {
        let page = get(agent, &format!("/?lang={language}"), "");
        let mut found = items(&page, cause);
        assert_eq!(found.len(), 1, "{cause} in {language}: {page}");
        let item = found.remove(0);
        let state = item.split('"').nth(3).unwrap().to_owned();
        let repair = item.split("class=\"repair\">").nth(1);
        assert_eq!(repair.is_some(), state == "bad", "{item}");
        assert!(
            !item.contains("doctor-") && !item.contains("check-"),
            "{item}"
        );
        let verdict = "class=\"verdict\" data-state=\"bad\" hidden";
        assert!(state != "bad" || !page.contains(verdict), "{page}");
        sentences.push(item.split("<p>").nth(1).unwrap().to_owned());
        states.push(state);
    }
    sentences.sort();
    sentences.dedup();
    assert_eq!(sentences.len(), 3, "{sentences:?}");
    states.dedup();
    assert_eq!(states.len(), 1, "{states:?}");
    states.remove(0)
}

#[test]
fn a_computer_on_which_nothing_is_wrong_gets_a_good_verdict() {
    let agent = Running::start();
    for cause in ["port", "clock", "grants", "keys"] {
        assert_eq!(state(&agent, cause), "good", "{cause}");
    }
    let page = get(&agent, "/?lang=kk", "");
    assert!(
        page.contains("class=\"verdict\" data-state=\"bad\" hidden"),
        "{page}"
    );
    assert!(page.contains("<html lang=\"kk\""), "{page}");
    // What only the browser knows is there in words, and shown by the script.
    for name in [
        "trust-good",
        "trust-hand",
        "trust-socket",
        "permission-denied",
        "permission-none",
    ] {
        assert!(
            page.contains(&format!("data-browser=\"{name}\" hidden")),
            "{name}"
        );
    }
}

#[test]
fn a_broken_driver_is_named() {
    let agent = examined(|parts, folder| {
        let driver = folder.join("driver.so");
        std::fs::write(&driver, "no library").unwrap();
        parts.doctor.tokens = Some(TokenStore::new(&[driver], Vec::new()));
    });
    assert_eq!(state(&agent, "driver"), "bad");
    let page = get(&agent, "/?lang=en", "");
    assert!(items(&page, "driver")[0].contains("/driver.so"), "{page}");
    let none = examined(|parts, _| parts.doctor.tokens = Some(TokenStore::new(&[], Vec::new())));
    assert_eq!(state(&none, "driver"), "note");
}

#[test]
fn readers_whose_service_is_gone_or_silent_are_told_apart() {
    let with = |serve: bool, leave: bool| {
        examined(|parts, folder| {
            let service = folder.join("pcscd.comm");
            if leave {
                drop(UnixListener::bind(&service).unwrap());
            }
            if serve {
                std::mem::forget(UnixListener::bind(&service).unwrap());
            }
            parts.doctor.reader_service = Some(service);
        })
    };
    assert_eq!(state(&with(false, false), "reader"), "note");
    assert_eq!(state(&with(false, true), "reader"), "bad");
    assert_eq!(state(&with(true, false), "reader"), "good");
}

#[test]
fn a_clock_wrong_by_years_is_told() {
    for (time, wanted) in [
        ("2000-01-01T00:00:00Z", "bad"),
        ("2027-01-01T00:00:00Z", "good"),
        ("2040-01-01T00:00:00Z", "bad"),
    ] {
        let time = Timestamp::parse_rfc3339(time).unwrap();
        let agent = examined(|parts, _| parts.clock = std::sync::Arc::new(Standing(time)));
        assert_eq!(state(&agent, "clock"), wanted);
    }
}

#[test]
fn files_that_others_may_read_and_damaged_grants_are_told() {
    let agent = examined(|parts, folder| {
        std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o755)).unwrap();
        let inner = folder.join("identity");
        std::fs::set_permissions(&inner, std::fs::Permissions::from_mode(0o755)).unwrap();
        let key = inner.join("authority.key");
        std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o644)).unwrap();
        std::fs::write(folder.join("grants.toml"), "grant = 1").unwrap();
        parts.doctor.folder = Some(inner);
    });
    assert_eq!(state(&agent, "files"), "bad");
    assert_eq!(state(&agent, "grants"), "bad");
}

#[test]
fn a_browser_that_does_not_trust_the_agent_and_a_session_that_does_not_start_it_are_told() {
    let home = tempfile::tempdir().unwrap();
    let machine = |parts: &Parts| Machine {
        system: System::Linux,
        home: home.path().to_owned(),
        data_home: home.path().join(".local/share"),
        config_home: home.path().join(".config"),
        program: "/usr/bin/tanba-agent".into(),
        options: Vec::new(),
        authority: parts.identity.authority_file(),
        thumbprint: String::new(),
        systemd: false,
        elevate: None,
        system_store: false,
    };
    let untrusted = examined(|parts, _| parts.doctor.machine = Some(machine(parts)));
    assert_eq!(state(&untrusted, "trust"), "bad");
    assert_eq!(state(&untrusted, "start"), "note");
    let trusted = examined(|parts, _| {
        let machine = machine(parts);
        for step in machine.install() {
            step.take().unwrap();
        }
        parts.doctor.machine = Some(machine);
    });
    assert_eq!(state(&trusted, "trust"), "good");
    assert_eq!(state(&trusted, "start"), "good");
    // The database now trusts another installation.
    let earlier = examined(|parts, _| parts.doctor.machine = Some(machine(parts)));
    assert_eq!(state(&earlier, "trust"), "bad");
}

#[test]
fn other_sites_see_nothing_of_it_and_make_nothing_happen() {
    let agent = examined(|parts, _| {
        parts.doctor = Doctor::default();
    });
    let page = get(
        &agent,
        "/",
        "Sec-Fetch-Site: none\r\nSec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: document\r\n",
    );
    assert!(page.starts_with("HTTP/1.1 200 OK\r\n"), "{page}");
    let (head, body) = page.split_once("\r\n\r\n").unwrap();
    for line in [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "frame-ancestors 'none'",
        "Cross-Origin-Resource-Policy: same-origin",
        "Cross-Origin-Opener-Policy: same-origin",
        "Cache-Control: no-store",
    ] {
        assert!(head.contains(line), "{line}: {head}");
    }
    assert!(
        !head.contains("unsafe-inline") && !head.contains("Access-Control"),
        "{head}"
    );
    assert!(
        !body.contains("<style") && !body.contains(" style=") && !body.contains("onload="),
        "{body}"
    );
    for script in body.split("<script").skip(1) {
        assert!(
            script.starts_with(" src=\"/check.js\" defer></script>"),
            "{script}"
        );
    }
    for path in ["/check.js", "/check.css"] {
        assert!(get(&agent, path, "Sec-Fetch-Site: same-origin\r\n").starts_with("HTTP/1.1 200 "));
    }
    // A link may lead here; a frame, a picture, a script or a fetch may not.
    let led =
        "Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: document\r\n";
    assert!(get(&agent, "/", led).starts_with("HTTP/1.1 200 "));
    for (mode, kind) in [
        ("navigate", "iframe"),
        ("no-cors", "image"),
        ("no-cors", "script"),
        ("cors", "empty"),
    ] {
        for site in ["cross-site", "same-site"] {
            let more = format!(
                "Sec-Fetch-Site: {site}\r\nSec-Fetch-Mode: {mode}\r\nSec-Fetch-Dest: {kind}\r\n"
            );
            for path in ["/", "/check.js"] {
                let refused = get(&agent, path, &more);
                assert!(refused.starts_with("HTTP/1.1 403 "), "{kind}: {refused}");
            }
        }
    }
    let old = get(&agent, "/", "Origin: https://evil.example\r\n");
    assert!(
        old.starts_with("HTTP/1.1 403 ") && !old.contains("Access-Control"),
        "{old}"
    );
}

/// The script is what the browser is given; a slip in it would leave the page without its last answers.
#[test]
fn the_script_of_the_page_can_be_read() {
    let agent = Running::start();
    let script = get(&agent, "/check.js", "");
    let (_, script) = script.split_once("\r\n\r\n").unwrap();
    let path = agent.path("check.js");
    std::fs::write(&path, script).unwrap();
    let (readable, words) = run("node", &["--check", text(&path)]);
    assert!(readable, "{words}");
}
