//! What still counts after some certificates were revoked without a key.

use serde::Serialize;
use tanba_model::certificate::CertificateRecord;
use tanba_pki::Purpose;

use super::{Words, can_renew, is_staff, is_usable, purpose, together};

/// The usable certificates of a person who has just revoked others.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Remaining {
    keys: Vec<Key>,
    /// Whether a lost key leaves one in force that was issued together with it: whoever found the one has the other.
    endangered: bool,
    /// Whether she can sign in and renew with what is left.
    renews: bool,
}

#[derive(Clone, Debug, Serialize)]
struct Key {
    purpose: &'static str,
    serial: String,
    keystore: String,
    /// Whether it was issued together with a revoked one.
    together: bool,
}

impl Words<'_> {
    /// What is left of `records` beside those that are `revoked`, where that was because a key was `lost` or not.
    pub(crate) fn remaining(
        &self,
        records: &[CertificateRecord],
        revoked: &[CertificateRecord],
        lost: bool,
    ) -> Remaining {
        let usable: Vec<CertificateRecord> = records
            .iter()
            .filter(|record| is_usable(record, self.now))
            .cloned()
            .collect();
        let opens = |record: &CertificateRecord| {
            matches!(record.purpose, Purpose::Authentication | Purpose::Both) && !is_staff(record)
        };
        let renews = can_renew(&usable, self.now) && usable.iter().any(opens);
        let keys: Vec<Key> = usable
            .iter()
            .map(|record| Key {
                purpose: purpose(record.purpose),
                serial: record.serial.hex(),
                keystore: self.keystore(record),
                together: revoked.iter().any(|other| together(record, other)),
            })
            .collect();
        Remaining {
            endangered: lost && keys.iter().any(|key| key.together),
            keys,
            renews,
        }
    }
}
