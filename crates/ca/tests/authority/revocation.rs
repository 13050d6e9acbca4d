//! Revoking, freezing, releasing.

use tanba_model::certificate::{RevocationReason, Status};
use tanba_model::ports::{Issuance, IssuanceError, StorageError};

use crate::harness::{House, NOW, administrator, later, pair};

#[test]
fn a_certificate_is_frozen_released_frozen_again_and_revoked_for_good() {
    let (house, authority) = House::with_authority(2);
    let person = house.person("80010130012");
    let id = authority.issue(&pair(person, None, 1), NOW).unwrap()[0].id;
    let status = || {
        house
            .storage
            .snapshot()
            .unwrap()
            .certificates()
            .find(id)
            .unwrap()
            .unwrap()
            .status
    };
    let hold = RevocationReason::CertificateHold;
    authority
        .revoke(id, hold, administrator(), later(1))
        .unwrap();
    authority
        .revoke(id, hold, administrator(), later(2))
        .unwrap();
    assert_eq!(
        status(),
        Status::Revoked {
            at: later(1),
            reason: hold
        }
    );
    authority.release(id, administrator(), later(3)).unwrap();
    authority.release(id, administrator(), later(4)).unwrap();
    assert_eq!(status(), Status::Valid);
    authority
        .revoke(id, hold, administrator(), later(5))
        .unwrap();
    let reason = RevocationReason::KeyCompromise;
    authority
        .revoke(id, reason, administrator(), later(6))
        .unwrap();
    assert_eq!(
        status(),
        Status::Revoked {
            at: later(5),
            reason
        },
        "it ended when it was frozen"
    );
    authority
        .revoke(id, reason, administrator(), later(7))
        .unwrap();
    for refused in [
        authority.release(id, administrator(), later(8)),
        authority.revoke(id, hold, administrator(), later(8)),
        authority.revoke(id, RevocationReason::Superseded, administrator(), later(8)),
    ] {
        assert!(
            matches!(refused, Err(IssuanceError::AlreadyRevoked)),
            "{refused:?}"
        );
    }
    let audit = house.audit();
    assert_eq!(
        (
            audit["certificate.hold"],
            audit["certificate.release"],
            audit["certificate.revoke"]
        ),
        (2, 1, 1)
    );
}

#[test]
fn an_intent_cannot_be_revoked() {
    let (house, authority) = House::with_authority(2);
    let person = house.person("80010130012");
    let prepared = authority.prepare(&pair(person, None, 1), NOW).unwrap();
    let id = house
        .certificates()
        .into_iter()
        .find(|record| record.status == Status::Intended)
        .unwrap()
        .id;
    let refused = authority.revoke(id, RevocationReason::Superseded, administrator(), NOW);
    assert!(matches!(
        refused,
        Err(IssuanceError::Unknown("certificate"))
    ));
    prepared.issue(NOW).unwrap();
    authority
        .revoke(id, RevocationReason::Superseded, administrator(), NOW)
        .unwrap();
}

#[test]
fn a_change_is_announced_in_its_own_commit_or_does_not_happen() {
    let (house, authority) = House::with_authority(2);
    let person = house.person("80010130012");
    let record = authority
        .issue(&pair(person, None, 1), NOW)
        .unwrap()
        .remove(0);
    let status = || {
        let mut unit = house.storage.snapshot().unwrap();
        unit.certificates().find(record.id).unwrap().unwrap().status
    };
    let hold = RevocationReason::CertificateHold;
    let by = administrator();
    authority
        .revoke_announced(record.id, hold, &by, later(1), &mut |_, _| {
            Err(StorageError::Conflict)
        })
        .unwrap_err();
    assert_eq!(status(), Status::Valid);
    let mut told = Vec::new();
    for _ in 0..2 {
        authority
            .revoke_announced(record.id, hold, &by, later(2), &mut |_, serials| {
                told.extend_from_slice(serials);
                Ok(())
            })
            .unwrap();
    }
    assert_eq!(told, [record.serial], "told once");
    authority
        .release_announced(record.id, "a false alarm", &by, later(3), &mut |_, _| {
            Err(StorageError::Conflict)
        })
        .unwrap_err();
    assert!(matches!(status(), Status::Revoked { .. }));
    authority
        .release_announced(
            record.id,
            "a false alarm",
            &by,
            later(4),
            &mut |_, serials| {
                told.extend_from_slice(serials);
                Ok(())
            },
        )
        .unwrap();
    assert_eq!(status(), Status::Valid);
    assert_eq!(told.len(), 2);
}
