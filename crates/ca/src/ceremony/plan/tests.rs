use super::*;

const ROOT: &str = r#"
schema = "tanba.ceremony/1"
ceremony = "root"
title = "Root 2026"

[[present]]
name = "Айгүл Сейтқали"
role = "key custodian"

[authority]
name = "root-2026"
key = "rsa-4096"

[shares]
needed = 2
of = 3

[certificate]
serial = "4f0a1b2c3d4e5f60718293a4b5c6d7e8f9012345"
not-before = "2026-12-01T06:00:00Z"
not-after = "2046-12-01T06:00:00Z"
subject = { common-name = "Example Root CA", organization = "Example", country = "KZ" }
"#;

fn faults(text: &str) -> String {
    Plan::parse(text).unwrap_err().to_string()
}

#[test]
fn a_plan_says_what_is_done_and_is_known_by_its_digest() {
    let plan = Plan::parse(ROOT).unwrap();
    assert_eq!(plan.sha256, tanba_crypto::sha256(ROOT.as_bytes()));
    assert_eq!(
        (plan.title.as_str(), plan.act.name()),
        ("Root 2026", "root")
    );
    assert_eq!(plan.act.issuer(), "root-2026");
    let Act::Root {
        shares,
        certificate,
        authority,
    } = plan.act
    else {
        panic!("another act");
    };
    assert_eq!(shares, Some(Quorum { needed: 2, of: 3 }));
    assert_eq!(authority.key, KeyAlgorithm::Rsa { bits: 4096 });
    assert_eq!(
        certificate.serial.hex(),
        "4f0a1b2c3d4e5f60718293a4b5c6d7e8f9012345"
    );
}

#[test]
fn an_unknown_key_is_refused_by_name() {
    let said = faults(&ROOT.replace("needed = 2", "needed = 2\nthreshold = 2"));
    assert!(said.contains("threshold"), "{said}");
    let said = faults(&ROOT.replace("title =", "titel ="));
    assert!(said.contains("titel"), "{said}");
    let said = faults(&ROOT.replace("rsa-4096", "rsa-1024"));
    assert!(said.contains("rsa-1024"), "{said}");
    let said = faults(&ROOT.replace("4f0a", "ff0a"));
    assert!(said.contains("serial number"), "{said}");
}

#[test]
fn each_fault_has_a_sentence() {
    let wrong = ROOT
        .replace("ceremony/1", "ceremony/9")
        .replace("needed = 2", "needed = 4")
        .replace("root-2026", "Root 2026")
        .replace("2046-12-01", "2026-11-01")
        .replace("\"KZ\"", "\"kz\"")
        .replace("key custodian", "");
    let Err(PlanError(faults)) = Plan::parse(&wrong) else {
        panic!("usable");
    };
    for word in [
        "schema",
        "needed",
        "lower-case",
        "not-after",
        "country",
        "role",
    ] {
        assert_eq!(
            faults.iter().filter(|fault| fault.contains(word)).count(),
            1,
            "{word}: {faults:?}"
        );
    }
    assert_eq!(faults.len(), 6, "{faults:?}");
}

#[test]
fn sections_of_other_ceremonies_are_refused_and_missing_ones_named() {
    let said = faults(&ROOT.replace("\"root\"", "\"issuing\""));
    for words in ["has no [shares]", "needs [signed-by]"] {
        assert!(said.contains(words), "{said}");
    }
    let said = faults(&ROOT.replace("\"root\"", "\"crl\""));
    for words in ["has no [authority]", "needs [list]", "has no [certificate]"] {
        assert!(said.contains(words), "{said}");
    }
    assert!(faults(&ROOT.replace("\"root\"", "\"party\"")).contains("ceremony must be"));
}

#[test]
fn a_rollover_names_another_authority_that_it_replaces() {
    let rollover = ROOT.replace("\"root\"", "\"rollover\"").replace(
        "[shares]\nneeded = 2\nof = 3\n",
        "[signed-by]\nissuer = \"root\"\npublic-url = \"http://pki.example.kz\"\n",
    );
    assert!(faults(&rollover).contains("replaces in [authority]"));
    let named = |name: &str| {
        rollover.replace(
            "key = \"rsa-4096\"",
            &format!("key = \"rsa-4096\"\nshards = 4\nreplaces = \"{name}\""),
        )
    };
    assert_eq!(
        Plan::parse(&named("rsa-2025")).unwrap().act.name(),
        "rollover"
    );
    assert!(faults(&named("root-2026")).contains("another short name"));
    assert!(faults(&named("x").replace("http:", "https:")).contains("public URL"));
}

#[test]
fn a_revocation_by_ceremony_is_for_ever() {
    let list = |reason: &str| {
        format!(
            r#"
schema = "tanba.ceremony/1"
ceremony = "crl"
title = "List"
present = [{{ name = "A", role = "custodian" }}]
signed-by = {{ issuer = "root" }}
[list]
number = 2
this-update = "2026-12-01T06:00:00Z"
next-update = "2027-06-01T06:00:00Z"
revoke = [{{ serial = "4f0a1b2c3d4e5f60718293a4b5c6d7e8f9012345", reason = "{reason}" }}]
"#
        )
    };
    let plan = Plan::parse(&list("keyCompromise")).unwrap();
    assert_eq!(plan.act.issuer(), "root");
    assert!(faults(&list("certificateHold")).contains("for ever"));
    assert!(faults(&list("because")).contains("for ever"));
}
