//! A new authority has its place, and takes nobody's else: neither the one that issues nor its name.

use super::{Plan, list, words};
use crate::installation::{Installation, text};
use crate::partner;

/// The certificate of an authority of the installation.
fn certificate(site: &Installation, place: i64) -> Vec<u8> {
    let database = rusqlite::Connection::open(site.path("tanba.sqlite")).expect("a database");
    let sql = "SELECT certificate FROM issuer ORDER BY id LIMIT 1 OFFSET ?1";
    database
        .query_row(sql, [place], |row| row.get(0))
        .expect("an authority")
}

/// The subject of one, as a plan has it.
fn common_name(site: &Installation, place: i64) -> String {
    let der = certificate(site, place);
    let certificate = tanba_pki::Certificate::from_der(&der).expect("a certificate");
    certificate.subject().common_name().expect("a common name")
}

#[test]
fn an_authority_that_would_take_over_says_so_in_its_plan() {
    let site = Installation::new(&["--issuing-key", "ec-p384"]);
    let before = list(&site);
    let issuing = Plan::new(&site, "issuing")
        .named("Another Issuing CA")
        .with("name = \"nca-rsa\"", "name = \"nca-two\"");
    let path = issuing.at(&site, "issuing.toml");
    for line in [
        format!("ceremony run {path} --dry-run"),
        format!("ceremony run {path} --output made"),
        format!("ceremony request {path} -o two.csr"),
    ] {
        let said = site.refusal(&words(&line));
        assert!(said.contains("that is a rollover"), "{said}");
    }
    // Certified for another machine it takes nobody's place.
    site.openssl(&words("req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj / -keyout far.key -out far.csr"));
    site.facts(&words(&format!(
        "ceremony run {path} --request far.csr --dry-run"
    )));
    assert_eq!(list(&site), before);
}

#[test]
fn a_new_authority_has_the_name_of_no_authority_that_is_here() {
    let site = Installation::new(&["--issuing-key", "ec-p384"]);
    let before = list(&site);
    for place in [0, 1] {
        let name = common_name(&site, place);
        for (kind, from, to) in [
            ("root", "name = \"root\"", "name = \"root-two\""),
            ("rollover", "name = \"nca-ec-2\"", "name = \"nca-ec-3\""),
        ] {
            // As verifiers compare names, too.
            for name in [name.clone(), name.to_lowercase()] {
                let plan = Plan::new(&site, kind)
                    .with(from, to)
                    .with(", organization = \"Example Authority\"", "")
                    .named(&name);
                let path = plan.at(&site, "plan.toml");
                let said = site.refusal(&words(&format!("ceremony run {path} --dry-run")));
                assert!(
                    said.contains("another name in its certificate"),
                    "{name}: {said}"
                );
            }
        }
    }
    assert_eq!(list(&site), before);
}

/// Lists are looked up by name: those of a partner would answer for certificates of ours, and those of one partner for another.
#[test]
fn a_name_is_no_partners_and_no_two_partners_have_one() {
    let site = Installation::new(&["--issuing-key", "ec-p384"]);
    let certify =
        |name: &str| partner::certify(&site, name, "/CN=NCA_2/C=KZ", partner::AUTHORITY, None);
    certify("partner");
    let cross = partner::plan(&site, "partner");
    let run = format!("ceremony run {cross} --subject partner.pem --output cross");
    site.facts(&words(&run));
    // Again with the same key.
    site.facts(&words(&format!("{run}-again")));
    let before = list(&site);
    certify("namesake");
    let other = partner::plan(&site, "namesake");
    for more in ["--dry-run", "--output other"] {
        let line = format!("ceremony run {other} --subject namesake.pem {more}");
        let said = site.refusal(&words(&line));
        assert!(said.contains("has the same name"), "{said}");
    }
    let rollover = |short: &str, common_name: &str| {
        Plan::new(&site, "rollover")
            .with("name = \"nca-ec-2\"", &format!("name = \"{short}\""))
            .with(", organization = \"Example Authority\"", "")
            .named(common_name)
            .at(&site, &format!("{short}.toml"))
    };
    let partners = rollover("nca-ec-2", "nca_2");
    for line in [
        format!("ceremony run {partners} --dry-run"),
        format!("ceremony run {partners} --output made"),
        format!("ceremony request {partners} -o two.csr"),
    ] {
        let said = site.refusal(&words(&line));
        assert!(said.contains("another name in its certificate"), "{said}");
    }
    assert_eq!(list(&site), before);

    // One that waits for its certificate has its name already, against others.
    let waits = rollover("nca-ec-3", "NCA_3");
    let asked = format!("ceremony request {waits} -o three.csr");
    site.facts(&words(&asked));
    site.facts(&words(&asked));
    let same = rollover("nca-ec-4", "NCA_3");
    let said = site.refusal(&words(&format!("ceremony request {same} -o four.csr")));
    assert!(said.contains("waits for its certificate"), "{said}");
    partner::certify(&site, "third", "/CN=nca_3/C=KZ", partner::AUTHORITY, None);
    let third = partner::plan(&site, "third");
    let said = site.refusal(&words(&format!(
        "ceremony run {third} --subject third.pem --dry-run"
    )));
    assert!(said.contains("has the same name"), "{said}");
}

/// What is frozen counts again once it is released.
#[test]
fn a_frozen_partner_has_its_name_and_one_that_is_revoked_for_good_comes_back_with_another_key() {
    let site = Installation::new(&["--issuing-key", "ec-p384"]);
    let line = |name: &str| {
        partner::certify(&site, name, "/CN=PARTNER/C=KZ", partner::AUTHORITY, None);
        let plan = partner::plan(&site, name);
        format!("ceremony run {plan} --subject {name}.pem")
    };
    let (first, namesake) = (line("first"), line("namesake"));
    site.facts(&words(&format!("{first} --output first")));
    let serial = site.openssl(&words("x509 -in first/cross-by-root.pem -noout -serial"));
    let serial = serial.trim().trim_start_matches("serial=").to_owned();
    let change = |verb: &str, reason: &str| {
        let line = format!("certificate {verb} {serial} --authority --reason {reason}");
        site.facts(&words(&line));
    };
    change("hold", "a-doubt");
    for more in ["--dry-run", "--output other"] {
        let said = site.refusal(&words(&format!("{namesake} {more}")));
        assert!(said.contains("has the same name"), "{said}");
    }
    change("release", "it-was-none");
    change("revoke", "cessationOfOperation");
    site.facts(&words(&format!("{namesake} --output other")));
}

#[test]
fn what_is_stopped_of_an_authority_is_stopped_of_the_one_that_replaces_it_and_the_transcript_says_so()
 {
    let site = Installation::new(&["--issuing-key", "ec-p384"]);
    let [iin, _] = site.import_people();
    let old = list(&site)[1]["name"].as_str().expect("a name").to_owned();
    let stop = |more: &[&str], reason: &str| {
        let all = [&["issuer", "stop", &old, "--reason", reason], more].concat();
        site.facts(&all);
    };
    stop(&[], "a rumour");
    stop(&["--profile", "kz-individual-signature-rsa"], "an old form");
    let plan = Plan::new(&site, "rollover")
        .with("replaces = \"nca-ec\"", &format!("replaces = \"{old}\""))
        .named("Example Issuing CA 2")
        .at(&site, "rollover.toml");
    let expected = serde_json::json!([
        { "object": "issuer/nca-ec-2", "reason": "a rumour" },
        { "object": "issuer/nca-ec-2/kz-individual-signature-rsa", "reason": "an old form" },
    ]);
    let rehearsed = site.facts(&words(&format!("ceremony run {plan} --dry-run")));
    assert_eq!(rehearsed["stopped"], expected, "{rehearsed}");
    let said = site.tanba(&words(&format!("ceremony run {plan} --dry-run")));
    assert!(text(&said.stdout).contains("STOPPED would be issuer/nca-ec-2: a rumour"));
    let held = site.facts(&words(&format!("ceremony run {plan} --output made")));
    assert_eq!(held["stopped"], expected, "{held}");
    let transcript = std::fs::read_to_string(site.path("made/nca-ec-2-rollover-transcript.txt"));
    let transcript = transcript.expect("a transcript");
    assert!(
        transcript.contains("STOPPED    issuer/nca-ec-2: a rumour"),
        "{transcript}"
    );
    // Nobody misses lists of an authority that no server knows yet.
    let checked = site.facts(&words("certificate check --all"));
    assert_eq!(
        (&checked["faults"], &checked["idle"]),
        (&serde_json::json!(0), &serde_json::json!(["nca-ec-2"]))
    );
    std::fs::write(site.path("root.der"), certificate(&site, 0)).expect("written");
    site.facts(&words(
        "ceremony verify made/nca-ec-2-rollover-transcript.json --trusted root.der",
    ));

    // It issues nothing until somebody starts it knowingly, and the log says why.
    site.openssl(&words(
        "req -new -newkey rsa:2048 -nodes -subj / -keyout her.key -out her.csr",
    ));
    let issue = format!(
        "certificate issue --profile kz-individual-authentication-rsa --person {iin} --request her.csr -o her.pem"
    );
    let refused = site.refusal(&words(&issue));
    assert!(refused.contains("stopped"), "{refused}");
    site.facts(&["crl", "publish"]);
    site.facts(&["certificate", "check", "--all"]);
    site.facts(&["issuer", "start", "nca-ec-2", "--reason", "it was one"]);
    site.facts(&words(&issue));
    site.facts(&["certificate", "check", "--all"]);
}

/// An older plan certifies below an authority that is on its way out; whoever rehearses it reads so, and it may be meant.
#[test]
fn a_signer_below_an_authority_that_was_replaced_is_told_of() {
    let site = Installation::new(&["--issuing-key", "ec-p384"]);
    site.openssl(&words("req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj / -keyout tsa.key -out tsa.csr"));
    let stamps = Plan::new(&site, "tsa-signer").named("TSA");
    let answers = Plan::new(&site, "ocsp-signer").named("OCSP");
    let lines = [
        format!(
            "ceremony run {} --request tsa.csr",
            stamps.at(&site, "tsa.toml")
        ),
        format!("ceremony run {}", answers.at(&site, "ocsp.toml")),
    ];
    let said = |line: &str| {
        let output = site.tanba(&words(line));
        let said = text(&output.stderr);
        assert!(output.status.success(), "{said}");
        said
    };
    for line in &lines {
        assert!(!said(&format!("{line} --dry-run")).contains("replaced"));
    }
    let rollover = Plan::new(&site, "rollover");
    // The plan goes on with the kind of key that is there.
    assert!(
        rollover.text.contains("\nkey = \"ec-p384\"\n"),
        "{}",
        rollover.text
    );
    let rollover = rollover
        .named("Example Issuing CA 2")
        .at(&site, "rollover.toml");
    site.facts(&words(&format!("ceremony run {rollover} --output made")));
    for (line, what) in lines
        .iter()
        .zip(["time stamps below", "this OCSP responder"])
    {
        for more in ["--dry-run", "--output signer"] {
            let said = said(&format!("{line} {more}"));
            assert!(
                said.contains("\"nca-ec\" was replaced by \"nca-ec-2\"") && said.contains(what),
                "{line} {more}: {said}"
            );
        }
    }
    let now = Plan::new(&site, "tsa-signer")
        .named("TSA")
        .at(&site, "now.toml");
    let line = format!("ceremony run {now} --request tsa.csr --dry-run");
    assert!(!said(&line).contains("replaced"));
}

/// A plan is written beside a database of any state, and leaves it in that.
#[test]
fn a_plan_changes_nothing_and_comes_from_a_database_that_cannot_be_asked_too() {
    let site = Installation::new(&["--issuing-key", "ec-p384", "--issuing-name", "bank-ca"]);
    let path = |name: &str| site.path(name);
    let witness = std::fs::read_dir(path("."))
        .expect("a folder")
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .find(|name| name.contains("witness"))
        .expect("a witness");
    let before = std::fs::read(path(&witness)).expect("a file");
    site.import_people();
    // As after a crash between the database and its witness.
    std::fs::write(path(&witness), &before).expect("written");
    let database = std::fs::read(path("tanba.sqlite")).expect("a file");
    let plan = || {
        let output = site.tanba(&["ceremony", "plan", "rollover"]);
        assert!(output.status.success(), "{}", text(&output.stderr));
        (text(&output.stdout), text(&output.stderr))
    };
    let (printed, said) = plan();
    assert!(printed.contains("replaces = \"bank-ca\""), "{printed}");
    assert_eq!(said, "");
    assert!(std::fs::read(path(&witness)).expect("a file") == before);
    assert!(std::fs::read(path("tanba.sqlite")).expect("a file") == database);
    let sql = "PRAGMA user_version = 20";
    rusqlite::Connection::open(path("tanba.sqlite"))
        .and_then(|database| database.execute_batch(sql))
        .expect("it is done");
    let (printed, said) = plan();
    assert!(printed.contains("replaces = \"nca-rsa\""), "{printed}");
    assert!(
        said.contains("the database cannot be asked") && said.contains("schema 20"),
        "{said}"
    );
}
