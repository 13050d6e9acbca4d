//! When and how certificates were issued, as far as it tells them apart.

use std::cmp::Reverse;

use tanba_model::certificate::CertificateRecord;
use tanba_pki::Purpose;

use super::Words;
use crate::dates;

/// Seconds within which certificates count as issued together.
const TOGETHER: i64 = 3600;

/// Newest first; of a pair that was issued together the authentication key.
pub(super) fn newest_first(records: &[CertificateRecord]) -> Vec<&CertificateRecord> {
    let mut ordered: Vec<&CertificateRecord> = records.iter().collect();
    ordered.sort_by_key(|record| {
        let issued = record.created_at.unix() / TOGETHER;
        (Reverse(issued), record.purpose != Purpose::Authentication)
    });
    ordered
}

/// Whether two certificates were issued together: for keys of one keystore, that were mostly kept in one place.
pub(super) fn together(one: &CertificateRecord, other: &CertificateRecord) -> bool {
    let between = one.created_at.unix().abs_diff(other.created_at.unix());
    one.keystore == other.keystore && between <= TOGETHER.unsigned_abs()
}

impl Words<'_> {
    /// When and through what a certificate was issued; by the clock where another one of `all` for the same use is of the same day.
    pub(super) fn issued(&self, record: &CertificateRecord, all: &[CertificateRecord]) -> String {
        let has_twin = all.iter().any(|other| {
            other.id != record.id
                && other.purpose == record.purpose
                && dates::days_between(other.created_at, record.created_at) == 0
        });
        let at = if has_twin {
            self.date_time(record.created_at)
        } else {
            self.date(record.created_at)
        };
        let key = format!("key-issued-{}", record.channel.name());
        self.catalogue
            .format(self.language, &key, &[("date", at.into())])
    }
}
