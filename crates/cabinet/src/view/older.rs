//! Of two valid keys for one thing in one keystore, the older one: its owner has replaced it and may revoke it.

use tanba_model::application::Application;
use tanba_model::certificate::CertificateRecord;
use tanba_model::keystore_kind::KeystoreKind;
use tanba_pki::{Purpose, Timestamp};

use super::{certificates_to_install, is_staff, is_usable};

/// The newest usable key of a person for each purpose and keystore. Keys that wait for installation do not count: until
/// they lie beside their certificates, the older ones are what she works with; nor do keys for the desk, which replace none.
#[derive(Clone, Debug, Default)]
pub(crate) struct Newest(Vec<(Purpose, KeystoreKind, Timestamp)>);

impl Newest {
    /// Of all that a person has that is valid, and her applications.
    pub(crate) fn of(
        valid: &[CertificateRecord],
        applications: &[Application],
        now: Timestamp,
    ) -> Self {
        let waiting = certificates_to_install(applications);
        let works = |record: &&CertificateRecord| {
            is_usable(record, now) && !is_staff(record) && !waiting.contains(&record.id)
        };
        let mut newest: Vec<(Purpose, KeystoreKind, Timestamp)> = Vec::new();
        for record in valid.iter().filter(works) {
            let Some(keystore) = record.keystore else {
                continue;
            };
            let known = newest
                .iter_mut()
                .find(|(purpose, kind, _)| *purpose == record.purpose && *kind == keystore);
            match known {
                Some((_, _, at)) => *at = (*at).max(record.created_at),
                None => newest.push((record.purpose, keystore, record.created_at)),
            }
        }
        Self(newest)
    }

    /// When the key was issued that replaces this one; `None` of the newest, and of one that is of no use any more.
    pub(crate) fn replaces(&self, record: &CertificateRecord, now: Timestamp) -> Option<Timestamp> {
        if !is_usable(record, now) || is_staff(record) {
            return None;
        }
        let (_, _, at) = self.0.iter().find(|(purpose, keystore, _)| {
            *purpose == record.purpose && Some(*keystore) == record.keystore
        })?;
        (*at > record.created_at).then_some(*at)
    }
}
