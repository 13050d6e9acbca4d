//! Reading the keys of all certificates in pieces of bounded size.

use tanba_model::certificate::{CertificateRecord, Status};
use tanba_model::id::{CertificateId, IssuerId};
use tanba_model::ports::UnitOfWork;
use tanba_pki::{TbsCertificate, Timestamp};

/// Records that are read at once.
const PAGE: u32 = 512;

/// The key of a certificate or intent, as far as it is compared with others.
#[derive(Clone, Debug)]
pub(super) struct Key {
    pub(super) certificate: CertificateId,
    pub(super) serial: String,
    pub(super) status: Status,
    pub(super) not_after: Timestamp,
    /// Not one of the authority's own.
    pub(super) is_persons: bool,
    /// Big-endian.
    pub(super) modulus: Vec<u8>,
}

impl Key {
    pub(super) fn of(record: &CertificateRecord, modulus: Vec<u8>) -> Self {
        Self {
            certificate: record.id,
            serial: record.serial.hex(),
            status: record.status,
            not_after: record.not_after,
            is_persons: record.person.is_some(),
            modulus,
        }
    }
}

/// How far the reading has come. In one snapshot two walks give the same chunks.
#[derive(Debug)]
pub(super) struct Walk {
    /// Those that are not read to their end, the next one last.
    issuers: Vec<IssuerId>,
    after: Option<CertificateId>,
}

impl Walk {
    pub(super) fn start(unit: &mut dyn UnitOfWork) -> anyhow::Result<Self> {
        let mut issuers: Vec<IssuerId> = unit
            .issuers()
            .all()?
            .into_iter()
            .map(|record| record.id)
            .collect();
        issuers.reverse();
        Ok(Self {
            issuers,
            after: None,
        })
    }

    /// Shows all records up to where there are `least` RSA keys or a page more, and returns these keys: none at the end.
    pub(super) fn chunk(
        &mut self,
        unit: &mut dyn UnitOfWork,
        least: usize,
        show: &mut dyn FnMut(&CertificateRecord),
    ) -> anyhow::Result<Vec<Key>> {
        let mut keys = Vec::new();
        while keys.len() < least
            && let Some(issuer) = self.issuers.last()
        {
            let records = unit.certificates().page(*issuer, self.after, PAGE)?;
            self.after = records.last().map(|record| record.id);
            if self.after.is_none() {
                self.issuers.pop();
            }
            for record in &records {
                show(record);
                if let Ok(certificate) = TbsCertificate::from_der(&record.to_be_signed)
                    && let Some(modulus) = certificate.public_key().rsa_modulus()
                {
                    keys.push(Key::of(record, modulus.to_vec()));
                }
            }
        }
        Ok(keys)
    }
}
