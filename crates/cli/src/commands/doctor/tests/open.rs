//! What a command left open.

use super::*;

#[test]
fn intents_that_nobody_signed_are_told_after_a_minute() {
    let installation = Installation::new();
    let sql = |statement: &str| {
        let connection = rusqlite::Connection::open(installation.path("tanba.sqlite")).unwrap();
        assert_eq!(connection.execute(statement, []).unwrap(), 1);
    };
    sql(
        "UPDATE certificate SET status = 'intended', der = NULL, created_at = unixepoch() + 30
         WHERE profile = 'document-seal'",
    );
    assert_eq!(installation.codes(), [""; 0], "somebody may be at it");
    sql("UPDATE certificate SET created_at = unixepoch() - 61 WHERE profile = 'document-seal'");
    assert_eq!(installation.codes(), ["intents-open"]);
    let told = installation.findings(0).remove(0);
    assert_eq!(told.severity, Severity::Warning);
    assert!(
        told.what.starts_with("1 certificates were begun"),
        "{}",
        told.what
    );
}

#[test]
fn a_witness_that_any_copy_of_the_folder_takes_along_is_told() {
    let installation = Installation::new();
    assert_eq!(installation.codes(), [""; 0]);
    installation.edit(
        "witness = \"aside/tanba.witness\"",
        "witness = \"tanba.witness\"",
    );
    std::fs::rename(
        installation.path("aside/tanba.witness"),
        installation.path("tanba.witness"),
    )
    .unwrap();
    assert_eq!(installation.codes(), ["witness-beside"]);
    assert_eq!(
        installation.findings(0).remove(0).severity,
        Severity::Warning
    );
}

/// A page that neither doctor nor what signs reads by itself.
#[test]
fn a_damaged_page_is_told_by_every_look_and_keeps_everybody_from_signing() {
    let installation = Installation::new();
    let path = installation.path("tanba.sqlite");
    let connection = rusqlite::Connection::open(&path).unwrap();
    let number = |sql: &str| {
        let number = connection.query_row(sql, [], |row| row.get::<_, i64>(0));
        usize::try_from(number.unwrap()).unwrap()
    };
    let size = number("PRAGMA page_size");
    let page = number("SELECT rootpage FROM sqlite_schema WHERE name = 'certificate_public_key'");
    drop(connection);
    let mut octets = std::fs::read(&path).unwrap();
    for octet in &mut octets[(page - 1) * size..page * size] {
        *octet ^= 0xA5;
    }
    std::fs::write(&path, octets).unwrap();
    let config = installation.path("tanba.toml");
    let extent = Extent {
        network: false,
        thorough: false,
        now: Context::new(true).unwrap().now(),
    };
    let findings = examine(
        &Config::load(&config).unwrap(),
        extent,
        &Context::new(true).unwrap(),
    );
    let codes: Vec<_> = findings.as_slice().iter().map(|one| one.code).collect();
    assert_eq!(codes, ["database-unusable"]);
    let plan = installation.path("plan.toml");
    let context = Context::new(true).unwrap();
    let begin = context.now();
    let text = format!(
        "schema = \"tanba.ceremony/1\"\nceremony = \"crl\"\ntitle = \"A list\"\n[[present]]\nname = \"A\"\nrole = \"B\"\n\
         [signed-by]\nissuer = \"root\"\n[list]\nnumber = 2\nthis-update = \"{}\"\nnext-update = \"{}\"\n",
        begin.rfc3339(),
        begin.plus(std::time::Duration::from_secs(DAY)).rfc3339()
    );
    std::fs::write(&plan, text).unwrap();
    let hold = format!(
        "ceremony run {} --output {}",
        plan.display(),
        installation.path("made").display()
    );
    let request = installation.path("request.csr");
    let key = "req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj / -keyout key.pem -out request.csr";
    let made = Command::new("openssl")
        .args(key.split(' '))
        .current_dir(installation.folder.path())
        .stderr(std::process::Stdio::null())
        .status();
    assert!(made.unwrap().success());
    let issue = format!(
        "certificate issue --profile neutral-individual-signature --person 850101300017 --request {}",
        request.display()
    );
    for line in ["crl publish", "audit checkpoint", &issue, &hold] {
        let words = ["tanba"].into_iter().chain(line.split(' '));
        let words = words.chain(["--json", "--config", config.to_str().unwrap()]);
        let said = Tanba::try_parse_from(words).unwrap().run().unwrap_err();
        let said = format!("{said:#}");
        assert!(said.contains("integrity check"), "{line}: {said}");
    }
}
