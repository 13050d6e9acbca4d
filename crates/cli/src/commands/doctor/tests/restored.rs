//! Backups that were put back.

use super::*;

#[test]
fn a_restored_backup_is_told_until_it_is_accepted() {
    let installation = Installation::new();
    let (path, witness) = (
        installation.path("tanba.sqlite"),
        installation.path("aside/tanba.witness"),
    );
    let backup = std::fs::read(&path).unwrap();
    let run = |line: &str| {
        let config = installation.path("tanba.toml");
        let config = config.to_str().unwrap();
        let arguments = line.split(' ').chain(["--json", "--config", config]);
        Tanba::try_parse_from(arguments).unwrap().run()
    };
    let numbers = || {
        let config = Config::load(&installation.path("tanba.toml")).unwrap();
        let storage = tanba_storage::SqliteStorage::open_existing(&config.database).unwrap();
        let mut unit = tanba_model::ports::Storage::snapshot(&storage).unwrap();
        let issuers = unit.issuers().all().unwrap();
        let numbers: Vec<u64> = issuers
            .iter()
            .map(|issuer| {
                let list = unit.crls().latest(issuer.id, CrlKind::Full).unwrap();
                list.unwrap().number
            })
            .collect();
        numbers
    };
    for _ in 0..3 {
        let _ = run("tanba crl publish").unwrap();
    }
    assert_eq!(installation.codes(), [""; 0]);
    let published = numbers();
    std::fs::write(&path, &backup).unwrap();
    assert_eq!(installation.codes(), ["database-backwards"]);
    let refused = run("tanba crl publish").unwrap_err().to_string();
    assert!(refused.contains("restore accept"), "{refused}");
    let remembered = std::fs::read(&witness).unwrap();
    std::fs::remove_file(&witness).unwrap();
    assert_eq!(installation.codes(), ["witness-absent"]);
    std::fs::write(&witness, "{}").unwrap();
    assert_eq!(installation.codes(), ["witness-unreadable"]);
    std::fs::write(&witness, &remembered).unwrap();
    let accepted = run("tanba restore accept --reason disk").unwrap();
    assert_eq!(accepted, Outcome::Done);
    assert_eq!(installation.codes(), [""; 0]);
    for (after, before) in numbers().iter().zip(&published) {
        assert!(after > before, "{after} {before}");
    }
    assert_eq!(run("tanba audit verify").unwrap(), Outcome::Done);
    // What was restored and went on elsewhere is another database, even with more in it.
    std::fs::write(&path, &backup).unwrap();
    std::fs::rename(&witness, installation.path("kept")).unwrap();
    let _ = run("tanba restore accept --reason elsewhere").unwrap();
    for _ in 0..3 {
        let _ = run("tanba crl publish").unwrap();
    }
    std::fs::rename(installation.path("kept"), &witness).unwrap();
    assert_eq!(installation.codes(), ["database-backwards"]);
}
