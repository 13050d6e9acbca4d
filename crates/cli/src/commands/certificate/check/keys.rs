//! One public key is one person's for ever.

use tanba_model::certificate::CertificateRecord;
use tanba_model::id::CertificateId;
use tanba_model::ports::UnitOfWork;
use tanba_pki::Certificate;

use super::Report;

/// Keys as they stand in the certificates themselves, 32 octets for each.
#[derive(Debug, Default)]
pub(super) struct Keys(Vec<Key>);

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    /// The first half of the digest: by chance two agree in 2^64 keys.
    digest: [u8; 16],
    certificate: CertificateId,
    is_persons: bool,
}

impl Keys {
    pub(super) fn add(&mut self, record: &CertificateRecord, certificate: &Certificate) {
        if let Some(digest) = certificate.public_key().sha256().first_chunk() {
            self.0.push(Key {
                digest: *digest,
                certificate: record.id,
                is_persons: record.person.is_some(),
            });
        }
    }

    pub(super) fn judge(
        mut self,
        unit: &mut dyn UnitOfWork,
        report: &mut Report,
    ) -> anyhow::Result<()> {
        self.0.sort_unstable();
        for pair in self.0.windows(2) {
            let [first, second] = pair else { continue };
            // The authority renews certificates of its own keys.
            if first.digest != second.digest || !(first.is_persons || second.is_persons) {
                continue;
            }
            let mut find = |key: &Key| unit.certificates().find(key.certificate);
            if let (Some(first), Some(second)) = (find(first)?, find(second)?) {
                let what = format!("the certificate {} is of the same key", first.serial.hex());
                report.fault(&second.serial, "key-twice", what);
            }
        }
        Ok(())
    }
}
