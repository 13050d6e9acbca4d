use std::time::Duration;

use rand::SeedableRng as _;
use rand::rngs::StdRng;
use tanba_model::ports::SharedRandom;
use tanba_pki::path::{self, PathOptions, PeerName};
use tanba_pki::{Timestamp, oid};

use super::{Identity, TrustError};

fn now() -> Timestamp {
    Timestamp::parse_rfc3339("2026-11-01T00:00:00Z").unwrap()
}

fn days(count: u64) -> Duration {
    Duration::from_secs(count * 86_400)
}

fn random() -> SharedRandom<StdRng> {
    SharedRandom::new(StdRng::seed_from_u64(1))
}

#[test]
fn an_installation_keeps_its_authority_and_renews_its_certificate() {
    let folder = tempfile::tempdir().unwrap();
    let random = random();
    let first = Identity::open(folder.path(), now(), &random).unwrap();
    let again = Identity::open(folder.path(), now(), &random).unwrap();
    assert_eq!(first.authority().der(), again.authority().der());
    assert_eq!(first.server().der(), again.server().der());
    assert!(!again.renew(now().plus(days(100)), &random).unwrap());
    assert!(again.renew(now().plus(days(130)), &random).unwrap());
    assert_ne!(first.server().der(), again.server().der());
    let later = Identity::open(folder.path(), now().plus(days(500)), &random).unwrap();
    assert_eq!(first.authority().der(), later.authority().der());
    assert!(later.server().is_valid_at(now().plus(days(500))));
}

#[test]
fn the_certificate_is_for_loopback_and_the_authority_for_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let identity = Identity::open(folder.path(), now(), &random()).unwrap();
    let trusted = [identity.authority().clone()];
    for (name, fits) in [
        ("localhost", true),
        ("127.0.0.1", true),
        ("::1", true),
        ("egov.example", false),
        ("127.0.0.2", false),
    ] {
        let names = [match name.parse() {
            Ok(address) => PeerName::Ip(address),
            Err(_) => PeerName::Dns(name.to_owned()),
        }];
        let options = PathOptions {
            extended_key_usage: Some(oid::SERVER_AUTH),
            names: &names,
            ..PathOptions::new(&trusted, now())
        };
        let judged = path::validate(&identity.server(), &options);
        assert_eq!(judged.is_ok(), fits, "{name}: {judged:?}");
    }
    let constraints = identity.authority().extension(oid::NAME_CONSTRAINTS);
    assert!(constraints.unwrap().critical);
}

#[test]
fn a_damaged_certificate_is_made_anew_and_a_lost_authority_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let random = random();
    Identity::open(folder.path(), now(), &random).unwrap();
    std::fs::write(folder.path().join("server.pem"), "x").unwrap();
    Identity::open(folder.path(), now(), &random).unwrap();
    std::fs::write(folder.path().join("authority.key"), "x").unwrap();
    std::fs::remove_file(folder.path().join("server.key")).unwrap();
    assert!(matches!(
        Identity::open(folder.path(), now(), &random),
        Err(TrustError::Damaged { .. })
    ));
}

#[test]
fn a_clock_before_the_installation_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let random = random();
    Identity::open(folder.path(), now(), &random).unwrap();
    let before = now().minus(days(3000));
    assert!(matches!(
        Identity::open(folder.path(), before, &random),
        Err(TrustError::ClockBehind { .. })
    ));
}
