use std::path::PathBuf;
use std::sync::Arc;

use tanba_ca::{Authority, AuthorityNames, Cost, InitOptions, IssuingKey, KeyVault, Parts, Rules};
use tanba_crypto::Secret;
use tanba_model::audit::Actor;
use tanba_model::certificate::RevocationReason;
use tanba_model::ports::Issuance as _;
use tanba_storage::SqliteStorage;
use tempfile::TempDir;

use super::*;

const NOW: Timestamp = Timestamp::from_unix(1_795_500_000);

struct House {
    _folder: TempDir,
    path: PathBuf,
    storage: Arc<dyn Storage>,
    authority: Authority,
}

impl House {
    /// An authority with its own certificates: issuing authority, responder and what else it needs.
    fn new() -> Self {
        let context = Context::new(true).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tanba.sqlite");
        let storage: Arc<dyn Storage> = Arc::new(SqliteStorage::open(&path).unwrap());
        let passphrase = Secret::from("throw-away".to_owned());
        let random = context.random();
        let vault = KeyVault::create(&passphrase, Cost::THROW_AWAY, random.as_ref()).unwrap();
        let parts = Parts {
            storage: Arc::clone(&storage),
            chest: Arc::new(vault),
            random,
            profiles: Profiles::builtin(),
            rules: Rules::default(),
        };
        let options = InitOptions {
            public_url: "http://pki.example.kz".to_owned(),
            names: AuthorityNames::kazakh("(EC) TEST"),
            issuing_name: "test".to_owned(),
            issuing_key: IssuingKey::EcP256,
            shards: 2,
        };
        let authority = tanba_ca::init(parts, &options, &Actor::System, NOW, &mut |_| {}).unwrap();
        Self {
            _folder: folder,
            path,
            storage,
            authority,
        }
    }

    fn sql(&self, statement: &str) {
        let connection = rusqlite::Connection::open(&self.path).unwrap();
        assert!(
            connection.execute(statement, []).unwrap() > 0,
            "{statement}"
        );
    }

    fn codes(&self) -> Vec<&'static str> {
        let report = check(self.storage.as_ref()).unwrap();
        report.findings.iter().map(|finding| finding.code).collect()
    }
}

fn later(seconds: u64) -> Timestamp {
    NOW.plus(std::time::Duration::from_secs(seconds))
}

#[test]
fn what_was_issued_is_as_it_should_be_until_somebody_changes_it() {
    let house = House::new();
    let report = check(house.storage.as_ref()).unwrap();
    assert_eq!(report.findings, []);
    assert!(report.certificates >= 3 && report.lists == 2, "{report:?}");
    let responder = "profile = 'ocsp-responder'";
    for (change, back, codes) in [
        (
            "UPDATE certificate SET not_after = not_after + 1 WHERE ",
            "UPDATE certificate SET not_after = not_after - 1 WHERE ",
            &["record"][..],
        ),
        (
            "UPDATE certificate SET profile = 'nobody-knows' WHERE ",
            "UPDATE certificate SET profile = 'ocsp-responder' WHERE profile = 'nobody-knows' OR ",
            &["profile"],
        ),
    ] {
        house.sql(&format!("{change}{responder}"));
        assert_eq!(house.codes(), codes, "{change}");
        house.sql(&format!("{back}{responder}"));
        assert_eq!(house.codes(), [""; 0]);
    }
    // The last octets are in the signature.
    house.sql(&format!(
        "UPDATE certificate SET der = CAST(substr(der, 1, length(der) - 4) || x'01020304' AS BLOB) WHERE {responder}"
    ));
    let codes = house.codes();
    assert!(
        codes == ["signature"] || codes == ["malformed"],
        "{codes:?}"
    );
    house.sql(&format!(
        "UPDATE certificate SET der = x'3000' WHERE {responder}"
    ));
    assert_eq!(house.codes(), ["malformed"]);
}

#[test]
fn a_list_that_does_not_say_what_the_records_say_is_found() {
    let house = House::new();
    let issuing = house.authority.issuers()[1].id;
    let mut unit = house.storage.snapshot().unwrap();
    let records = unit.certificates().page(issuing, None, 100).unwrap();
    drop(unit);
    let first = records.first().unwrap();
    let reason = RevocationReason::Superseded;
    house
        .authority
        .revoke(first.id, reason, Actor::System, later(10))
        .unwrap();
    assert_eq!(house.codes(), [""; 0], "the next list is not made yet");
    house.authority.publish_all(later(1000)).unwrap();
    assert_eq!(house.codes(), [""; 0]);
    house.sql("UPDATE certificate SET revoked_at = revoked_at + 1 WHERE status = 'revoked'");
    assert_eq!(house.codes(), ["list-time"]);
    house.sql("UPDATE crl SET number = number + 1 WHERE kind = 'full'");
    let codes = house.codes();
    assert!(codes.contains(&"list-number"), "{codes:?}");
}
