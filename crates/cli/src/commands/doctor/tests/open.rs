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
