//! Keys that are put together from a beginning and a name: each name has its texts.

use std::path::{Path, PathBuf};

use tanba_model::administration::AdministrativeAct;
use tanba_model::application::{ApplicationKind, State};
use tanba_model::capability;
use tanba_model::certificate::{Channel, RevocationReason};
use tanba_model::decision::{Act, DecisionReason, Identification, Step};
use tanba_model::fitness::Unfit;
use tanba_model::key::BlockSource;
use tanba_model::keystore_kind::KeystoreKind;
use tanba_model::message::MessageChannel;
use tanba_model::ports::{IssuerKind, KeyPlace};
use tanba_model::revocation::LifeEvent;
use tanba_model::staff::Role;
use tanba_pki::Purpose;
use tanba_ra::{Check, Standing};

use super::*;
use crate::view;

/// All variants of an enum without data; the compiler refuses a list that misses one.
macro_rules! every {
    ($kind:ident: $($variant:ident),+) => {{
        const fn whole(one: $kind) -> $kind {
            match one {
                $($kind::$variant)|+ => one,
            }
        }
        [$($kind::$variant),+].map(whole)
    }};
}

/// All that an application can be, likewise.
const fn state_name(state: &State) -> &'static str {
    match state {
        State::Draft
        | State::Submitted { .. }
        | State::Awaiting2fa { .. }
        | State::Confirmed { .. }
        | State::Rejected { .. }
        | State::Expired { .. }
        | State::Issued { .. }
        | State::Installed { .. }
        | State::Cancelled { .. } => state.name(),
    }
}

fn states() -> Vec<&'static str> {
    let at = tanba_pki::Timestamp::from_unix(0);
    let reason = String::new();
    let states = [
        State::Draft,
        State::Submitted { at },
        State::Awaiting2fa { at },
        State::Confirmed { at },
        State::Rejected { at, reason },
        State::Expired { at },
        State::Issued { at },
        State::Installed { at },
        State::Cancelled { at },
    ];
    states.iter().map(state_name).collect()
}

/// The beginnings of keys that names are put behind, with all these names: `(beginning, names, end)`.
#[expect(clippy::too_many_lines, reason = "one line for each kind of name")]
fn computed() -> Vec<(&'static str, Vec<&'static str>, &'static str)> {
    let channels = every!(Channel: Cabinet, Centre, Administrator, Authority).map(Channel::name);
    let purposes = every!(Purpose: Authentication, Signature, Both, CertificationAuthority, Other);
    let kinds = every!(ApplicationKind: Reissue, First).map(ApplicationKind::name);
    let standings = every!(Standing: Good, Warning, Bad).map(Standing::name);
    let issuers = every!(IssuerKind: Root, Issuing).map(IssuerKind::name);
    let places = every!(KeyPlace: Database, Token).map(KeyPlace::name);
    let keystores = KeystoreKind::ALL.map(KeystoreKind::identifier).to_vec();
    let acts = Act::ALL.map(Act::name).to_vec();
    // Applications are decided on a page of their own.
    let offered: Vec<_> = acts
        .iter()
        .copied()
        .filter(|act| *act != Act::Application.name())
        .collect();
    let orders = AdministrativeAct::ALL.map(AdministrativeAct::name).to_vec();
    let events = LifeEvent::ALL.map(LifeEvent::name).to_vec();
    vec![
        ("channel-", channels.to_vec(), ""),
        ("key-issued-", channels.to_vec(), ""),
        ("purpose-", purposes.map(view::purpose).to_vec(), ""),
        ("profile-purpose-", purposes.map(view::purpose).to_vec(), ""),
        (
            "reason-",
            RevocationReason::ALL.map(RevocationReason::name).to_vec(),
            "",
        ),
        ("keystore-", keystores.clone(), ""),
        ("keystore-", keystores, "-hint"),
        ("state-", states(), ""),
        ("summary-kind-", kinds.to_vec(), ""),
        (
            "decision-reason-",
            DecisionReason::ALL.map(DecisionReason::name).to_vec(),
            "",
        ),
        ("decision-step-", Step::ALL.map(Step::name).to_vec(), ""),
        (
            "identification-",
            Identification::ALL.map(Identification::name).to_vec(),
            "",
        ),
        ("role-", Role::ALL.map(Role::name).to_vec(), ""),
        ("act-", acts, ""),
        ("act-", offered.clone(), "-hint"),
        ("act-", offered, "-go"),
        ("act-", orders.clone(), ""),
        ("act-", orders.clone(), "-go"),
        ("order-done-", orders.clone(), ""),
        ("order-done-", orders, "-profile"),
        ("event-", events.clone(), ""),
        ("event-", events, "-hint"),
        ("unfit-", Unfit::ALL.map(Unfit::name).to_vec(), ""),
        (
            "blocked-source-",
            BlockSource::ALL.map(BlockSource::name).to_vec(),
            "",
        ),
        (
            "message-channel-",
            MessageChannel::ALL.map(MessageChannel::name).to_vec(),
            "",
        ),
        ("standing-", standings.to_vec(), ""),
        ("health-whole-", standings.to_vec(), ""),
        ("health-", Check::ALL.map(Check::name).to_vec(), ""),
        ("language-", Language::ALL.map(Language::tag).to_vec(), ""),
        // What pages themselves name; those that the templates list are looked at by the samples of the templates.
        (
            "issuer-standing-",
            vec!["issues", "stopped", "part", "root", "unfit"],
            "",
        ),
        ("issuer-kind-", issuers.to_vec(), ""),
        ("issuer-key-", places.to_vec(), ""),
        ("list-kind-", vec!["full", "shard", "delta"], ""),
        (
            "guide-group-",
            vec![
                "start",
                "cabinet",
                "trouble",
                "devices",
                "staff",
                "integrators",
            ],
            "",
        ),
        (
            "desk-act-",
            vec!["done", "waits", "withdrawn", "rejected"],
            "",
        ),
        ("desk-done-", vec!["issued", "approved", "rejected"], ""),
        (
            "desk-message-",
            crate::pages::desk::messages::OUTCOMES.to_vec(),
            "",
        ),
        (
            "desk-change-",
            vec!["email", "surname", "given_name", "patronymic"],
            "",
        ),
        (
            "desk-register-",
            vec!["unknown", "dead", "ambiguous", "unavailable"],
            "",
        ),
        (
            "profile-saved-",
            vec![
                "address",
                "phone",
                "phone-removed",
                "language",
                "reminders",
                "session",
            ],
            "",
        ),
        (
            "cabinet-waiting-",
            vec!["DRAFT", "AWAITING_2FA", "SUBMITTED", "CONFIRMED", "ISSUED"],
            "",
        ),
    ]
}

#[test]
fn every_name_that_is_put_into_a_key_has_its_texts() {
    let catalogue = Catalogue::shipped().unwrap();
    for (beginning, names, end) in computed() {
        for name in names {
            let key = format!("{beginning}{name}{end}");
            for language in Language::ALL {
                assert!(catalogue.has(language, &key), "{key} in {}", language.tag());
            }
        }
    }
    for month in 1..=12 {
        let key = format!("month-{month}");
        assert!(catalogue.has(Language::Kk, &key), "{key}");
    }
    for row in capability::MATRIX {
        let rule = serde_json::to_value(row.secret).unwrap();
        let key = format!("compare-secret-{}", rule.as_str().unwrap());
        assert!(catalogue.has(Language::Kk, &key), "{key}");
    }
}

/// Beginnings whose names stand in the template beside them, or are the parts of one page.
const LISTED: [&str; 9] = [
    "console-",
    "menu-keys-",
    "desc-",
    "obtain-",
    "agreement-",
    "guide-",
    "keyless-",
    "key-status-",
    "compare-secret-",
];

/// Every file under folders of this crate or beside it, with its text.
fn files(folders: &[&str]) -> Vec<(PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut folders: Vec<PathBuf> = folders.iter().map(|folder| root.join(folder)).collect();
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let text = std::fs::read_to_string(&path).unwrap();
                files.push((path, text));
            }
        }
    }
    files
}

/// A template that puts names behind a beginning which no test knows would show bare keys one day.
#[test]
fn every_key_that_a_template_computes_is_known_here() {
    let known: Vec<&str> = computed()
        .iter()
        .map(|(beginning, ..)| *beginning)
        .collect();
    let mut found = 0;
    for (path, template) in files(&["templates"]) {
        for call in template.split("t('").skip(1) {
            let Some((beginning, rest)) = call.split_once('\'') else {
                continue;
            };
            if rest.starts_with(" ~ ") && beginning.ends_with('-') {
                found += 1;
                let is_known = known.contains(&beginning) || LISTED.contains(&beginning);
                assert!(is_known, "{beginning} in {}", path.display());
            }
        }
    }
    assert!(found > 80, "{found}");
}

/// The log of an auditor would show a bare identifier: whatever the sources call an action has words in each language.
#[test]
fn every_action_of_the_audit_log_has_words() {
    let catalogue = Catalogue::shipped().unwrap();
    let subjects = [
        "administration",
        "application",
        "audit",
        "certificate",
        "crl",
        "decision",
        "desk",
        "first",
        "issuer",
        "key",
        "message",
        "person",
        "revocation",
        "staff",
    ];
    let of_other_things = [
        "issuer.ca",
        "issuer.name",
        "issuer.self",
        "message.recipient",
    ];
    let mut found = BTreeSet::new();
    for (_, source) in files(&["../ra/src", "../ca/src", "../cli/src"]) {
        for literal in source.split('"') {
            let is_action = literal.split_once('.').is_some_and(|(subject, verb)| {
                let is_word = |letter: char| letter.is_ascii_lowercase() || letter == '-';
                subjects.contains(&subject) && !verb.is_empty() && verb.chars().all(is_word)
            });
            if is_action && !of_other_things.contains(&literal) {
                found.insert(literal.to_owned());
            }
        }
    }
    assert!(found.len() > 60, "{found:?}");
    // What storage records by itself; else a word with a dot is a column there.
    for (path, source) in files(&["../storage/src"]) {
        if path.ends_with("tests.rs") {
            continue;
        }
        let actions = source.split("action: \"").skip(1);
        found.extend(actions.filter_map(|rest| rest.split('"').next().map(str::to_owned)));
    }
    assert!(found.contains("database.mend"));
    for action in found {
        let key = format!("act-{}", action.replace('.', "-"));
        for language in Language::ALL {
            assert!(catalogue.has(language, &key), "{key} in {}", language.tag());
        }
    }
}
