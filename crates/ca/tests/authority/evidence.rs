//! The seal of the authority, and the checkpoints that it signs.

use tanba_ca::{Authority, CheckpointError};
use tanba_model::audit::kept::{KeptTree, recompute};
use tanba_model::audit::tree::prove_consistency;
use tanba_model::audit::{Checkpoint, SignedCheckpoint};
use tanba_model::certificate::RevocationReason;
use tanba_model::ports::Issuance as _;
use tanba_pki::cms::{self, VerifyOptions};
use tanba_pki::{Certificate, Timestamp};

use crate::harness::{House, URL, administrator, later};

const DAY: u64 = 24 * 60 * 60;

/// Whether the signature leads to the root of the authority.
fn is_sealed(authority: &Authority, content: &[u8], signature: &[u8], at: Timestamp) -> bool {
    let root = authority.issuers()[0].certificate.clone();
    let options = VerifyOptions {
        content: Some(content),
        trusted: &[root],
        intermediates: &[],
        crls: &[],
        at,
        check_chain: true,
        legacy_algorithms: false,
    };
    cms::verify(signature, &options).unwrap().is_valid()
}

fn checkpoint(authority: &Authority, at: Timestamp) -> SignedCheckpoint {
    authority.checkpoint(at).unwrap().unwrap()
}

#[test]
fn a_checkpoint_states_the_tree_of_all_records_under_the_seal() {
    let (house, authority) = House::with_authority(1);
    let first = checkpoint(&authority, later(61));
    let statement = Checkpoint::from_bytes(&first.document).unwrap();
    assert_eq!(statement.log, URL);
    assert_eq!(statement.at, later(61));
    let mut unit = house.storage.snapshot().unwrap();
    let size = unit.audit_log().size().unwrap();
    assert_eq!(first.size, size);
    let tree = recompute(unit.audit_log(), size).unwrap().head();
    assert_eq!(statement.head().unwrap(), tree);
    drop(unit);
    assert!(is_sealed(
        &authority,
        &first.document,
        &first.signature,
        later(61)
    ));
    let mut forged = first.document.clone();
    forged[20] ^= 1;
    assert!(!is_sealed(&authority, &forged, &first.signature, later(61)));

    // Nothing new: nothing to say. Then the log grows, and the next statement continues the first.
    assert_eq!(authority.checkpoint(later(62)).unwrap(), None);
    authority.publish_all(later(63)).unwrap();
    let person = house.person("90010130001");
    let _ = house.application(person, 1);
    let seal = authority.seal().unwrap().certificate;
    let record = authority.find_certificate(seal.der()).unwrap().unwrap();
    authority
        .revoke(
            record.id,
            RevocationReason::KeyCompromise,
            administrator(),
            later(64),
        )
        .unwrap();
    let revoked = authority.checkpoint(later(64)).unwrap_err();
    assert!(matches!(revoked, CheckpointError::Unsealed(_)));
    authority.maintain(later(65)).unwrap();
    let second = checkpoint(&authority, later(65));
    let mut unit = house.storage.snapshot().unwrap();
    let proof = prove_consistency(&mut KeptTree(unit.audit_log()), first.size, second.size)
        .unwrap()
        .unwrap();
    let after = Checkpoint::from_bytes(&second.document)
        .unwrap()
        .head()
        .unwrap();
    assert!(after.continues(&tree, &proof));
    assert_eq!(
        unit.audit_log().checkpoints(0, 10).unwrap(),
        [first, second]
    );
}

#[test]
fn no_checkpoint_is_made_that_nobody_would_believe() {
    let (house, authority) = House::with_authority(1);
    let seal = authority.seal().unwrap().certificate;
    let before = seal.not_before().minus(std::time::Duration::from_secs(1));
    let after = seal.not_after().plus(std::time::Duration::from_secs(1));
    for outside in [before, after] {
        let refused = authority.checkpoint(outside).unwrap_err();
        assert!(
            matches!(refused, CheckpointError::Unsealed(at) if at == outside),
            "{refused}"
        );
    }
    drop(checkpoint(&authority, later(61)));
    let _ = house.application(house.person("90010130001"), 1);
    authority.publish_all(later(62)).unwrap();
    let refused = authority.checkpoint(later(60)).unwrap_err();
    assert!(matches!(refused, CheckpointError::ClockBehind(at) if at == later(61)));
    drop(checkpoint(&authority, later(62)));
}

#[test]
fn checkpoints_come_in_their_rhythm_while_the_log_grows() {
    let (_house, authority) = House::with_authority(1);
    assert!(authority.checkpoint_due(later(1)).unwrap().is_some());
    authority.maintain(later(7 * DAY)).unwrap();
    assert!(authority.checkpoint_due(later(2)).unwrap().is_none());
    assert!(authority.checkpoint_due(later(600)).unwrap().is_none());
    assert!(authority.checkpoint_due(later(601)).unwrap().is_some());
    assert!(authority.checkpoint_due(later(6001)).unwrap().is_none());
}

#[test]
fn a_seal_is_renewed_at_half_its_life_or_when_it_was_revoked() {
    let (mut house, authority) = House::with_authority(1);
    assert_eq!(authority.maintain(later(DAY)).unwrap().seals, []);
    let first: Certificate = authority.seal().unwrap().certificate;
    let record = authority.find_certificate(first.der()).unwrap().unwrap();
    authority
        .revoke(
            record.id,
            RevocationReason::KeyCompromise,
            administrator(),
            later(DAY),
        )
        .unwrap();
    assert_eq!(authority.maintain(later(2 * DAY)).unwrap().seals.len(), 1);
    let second = authority.seal().unwrap().certificate;
    assert_ne!(first.der(), second.der());
    assert_eq!(authority.maintain(later(366 * DAY)).unwrap().seals, []);
    assert_eq!(authority.maintain(later(368 * DAY)).unwrap().seals.len(), 1);
    let third = authority.seal().unwrap().certificate;
    let reopened = house.reopen();
    assert_eq!(reopened.seal().unwrap().certificate.der(), third.der());
    house.audit();
}
