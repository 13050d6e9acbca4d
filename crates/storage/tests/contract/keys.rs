//! The block list.

use tanba_model::certificate::{RevocationReason, Status};
use tanba_model::id::CertificateId;
use tanba_model::key::{BlockSource, BlockedKey, KeyCheck, KeyFinding};
use tanba_pki::Timestamp;

use crate::{contract, given};

fn blocked(first: u8, source: BlockSource) -> BlockedKey {
    BlockedKey {
        public_key_sha256: [first; 32],
        at: Timestamp::from_unix(1_800_000_000 + i64::from(first)),
        source,
        reason: format!("reason {first}"),
        attestation: (source == BlockSource::Attestation).then(|| vec![first; 3]),
    }
}

contract! {
    fn a_blocked_key_stays_as_it_was_blocked_first(storage) {
        let mut unit = storage.begin().unwrap();
        let first = blocked(1, BlockSource::Attestation);
        assert!(!unit.keys().is_blocked(&[1; 32]).unwrap());
        assert_eq!(unit.keys().blocked(&[1; 32]).unwrap(), None);
        assert!(unit.keys().block(&first).unwrap());
        let second = BlockedKey { reason: "another".to_owned(), ..first.clone() };
        assert!(!unit.keys().block(&second).unwrap());
        unit.commit().unwrap();
        let mut unit = storage.snapshot().unwrap();
        assert!(unit.keys().is_blocked(&[1; 32]).unwrap());
        assert!(!unit.keys().is_blocked(&[2; 32]).unwrap());
        assert_eq!(unit.keys().blocked(&[1; 32]).unwrap(), Some(first));
    }

    fn blocked_keys_are_listed_by_digest_page_by_page(storage) {
        let mut unit = storage.begin().unwrap();
        let all: Vec<BlockedKey> = [0, 1, 9, 200, 255]
            .into_iter()
            .zip(BlockSource::ALL.into_iter().cycle())
            .map(|(first, source)| blocked(first, source))
            .collect();
        for key in all.iter().rev() {
            unit.keys().block(key).unwrap();
        }
        assert_eq!(unit.keys().blocked_after(None, 9).unwrap(), all);
        assert_eq!(unit.keys().blocked_after(None, 2).unwrap(), all[..2]);
        assert_eq!(unit.keys().blocked_after(Some(&[1; 32]), 2).unwrap(), all[2..4]);
        assert_eq!(unit.keys().blocked_after(Some(&[255; 32]), 2).unwrap(), []);
    }

    fn how_far_the_look_over_all_keys_has_come_is_remembered(storage) {
        let mut unit = storage.begin().unwrap();
        assert_eq!(unit.keys().check().unwrap(), None);
        let first = KeyCheck::begin(CertificateId(0), given::at(1));
        unit.keys().set_check(&first).unwrap();
        assert_eq!(unit.keys().check().unwrap(), Some(first));
        let later = KeyCheck {
            finished_at: Some(given::at(9)),
            keys: 12,
            rsa: 5,
            looked: CertificateId(40),
            compared: CertificateId(30),
            ..first
        };
        unit.keys().set_check(&later).unwrap();
        unit.commit().unwrap();
        assert_eq!(storage.snapshot().unwrap().keys().check().unwrap(), Some(later));
    }

    fn a_finding_is_kept_once_and_is_open_while_its_certificate_is_valid(storage) {
        let mut unit = storage.begin().unwrap();
        let issuer = given::issuer(&mut *unit, "one");
        let person = given::person(&mut *unit, 1);
        let id = given::certificate(&mut *unit, &given::new_certificate(issuer, Some(person), 1));
        let finding = |code: &str| KeyFinding {
            certificate: id,
            code: code.to_owned(),
            what: format!("{code} it is"),
            found_at: given::at(5),
        };
        for code in ["weak", "blocked"] {
            assert!(unit.keys().find(&finding(code)).unwrap());
            assert!(!unit.keys().find(&KeyFinding { what: "x".to_owned(), ..finding(code) }).unwrap());
        }
        let all = [finding("blocked"), finding("weak")];
        assert_eq!(unit.keys().findings(9).unwrap(), all);
        assert_eq!(unit.keys().findings(1).unwrap(), all[..1]);
        let end = unit.certificates().find(id).unwrap().unwrap().not_after;
        let soon = Timestamp::from_unix(end.unix() - 1);
        assert_eq!(unit.keys().count_open(soon).unwrap(), 1);
        assert_eq!(unit.keys().count_open(end).unwrap(), 0);
        let revoked = Status::Revoked { at: given::at(7), reason: RevocationReason::KeyCompromise };
        unit.certificates().set_status(id, Status::Valid, revoked, given::at(7)).unwrap();
        assert_eq!(unit.keys().count_open(soon).unwrap(), 0);
    }

    fn everything_is_read_by_record_whoever_issued_it(storage) {
        let mut unit = storage.begin().unwrap();
        let issuers = [given::issuer(&mut *unit, "one"), given::issuer(&mut *unit, "two")];
        let person = given::person(&mut *unit, 1);
        let ids: Vec<CertificateId> = (1..6)
            .map(|number| given::certificate(&mut *unit, &given::new_certificate(issuers[usize::from(number % 2)], Some(person), number)))
            .collect();
        let read = |unit: &mut dyn tanba_model::ports::UnitOfWork, after, limit| -> Vec<CertificateId> {
            let records = unit.certificates().after(CertificateId(after), limit).unwrap();
            records.into_iter().map(|record| record.id).collect()
        };
        assert_eq!(read(&mut *unit, 0, 9), ids);
        assert_eq!(read(&mut *unit, ids[1].0, 2), ids[2..4]);
        assert_eq!(read(&mut *unit, ids[4].0, 2), []);
    }
}
