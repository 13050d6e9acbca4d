//! The block list.

use tanba_model::key::{BlockSource, BlockedKey};
use tanba_pki::Timestamp;

use crate::contract;

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
}
