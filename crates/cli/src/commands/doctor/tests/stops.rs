//! What an administrator stopped.

use super::*;

#[test]
fn what_is_stopped_is_told_until_it_is_started() {
    let installation = Installation::new();
    let run = |arguments: &[&str]| {
        let config = installation.path("tanba.toml");
        let fixed = ["tanba", "issuer"].into_iter();
        let arguments = fixed.chain(arguments.iter().copied());
        let arguments = arguments.chain(["--json", "--config", config.to_str().unwrap()]);
        Tanba::try_parse_from(arguments).unwrap().run().unwrap()
    };
    let config = Config::load(&installation.path("tanba.toml")).unwrap();
    let storage = tanba_storage::SqliteStorage::open_existing(&config.database).unwrap();
    let mut unit = tanba_model::ports::Storage::snapshot(&storage).unwrap();
    let name = unit.issuers().all().unwrap().remove(1).issuer.name;
    drop(unit);
    drop(storage);
    let profile = ["--profile", "kz-individual-signature-rsa"];
    let reason = ["--reason", "a rumour"];
    let stop = |rest: &[&str]| run(&[&["stop", &name], rest, &reason].concat());
    assert_eq!(stop(&[]), Outcome::Done);
    assert_eq!(stop(&profile), Outcome::Done);
    assert_eq!(installation.codes(), ["issuance-stopped"; 2]);
    let told: Vec<String> = installation
        .findings(0)
        .iter()
        .map(|finding| {
            assert_eq!(finding.severity, Severity::Warning);
            finding.what.clone()
        })
        .collect();
    assert!(told[0].starts_with(&format!("the authority {name} issues nothing since 2")));
    assert!(told[0].ends_with("Z: a rumour"), "{told:?}");
    assert!(told[1].contains("by the profile kz-individual-signature-rsa since 2"));
    // A token or passphrase that is away hides nothing of it.
    std::fs::remove_file(installation.path("passphrase")).unwrap();
    assert!(installation.codes().contains(&"issuance-stopped"));
    assert_eq!(run(&["start", &name, "--reason", "done"]), Outcome::Done);
    assert_eq!(
        run(&[&["start", &name], &profile[..], &reason].concat()),
        Outcome::Done
    );
    assert_eq!(installation.codes(), ["passphrase-absent"]);
}
