//! A chunk of RSA keys against itself and all earlier ones.

use tanba_crypto::{Gathering, ModulusTree, share_a_factor};
use tanba_model::certificate::CertificateRecord;
use tanba_model::id::CertificateId;
use tanba_model::key::KeyFinding;
use tanba_model::ports::{StorageError, UnitOfWork};
use tanba_pki::{TbsCertificate, Timestamp};

use super::PAGE;

/// Keys among which the partner of one is looked for, one by one.
const NAMED: usize = 2_000;

/// An RSA key, as far as it is compared with others.
#[derive(Clone, Debug)]
struct Key {
    certificate: CertificateId,
    serial: String,
    /// Not one of the authority's own.
    is_persons: bool,
    /// Big-endian.
    modulus: Vec<u8>,
}

/// The keys of the records after one and up to another.
#[derive(Debug)]
struct Chunk {
    keys: Vec<Key>,
    until: CertificateId,
}

/// A chunk on its way through all that came before it.
#[derive(Debug)]
pub(super) struct Comparison {
    chunk: Chunk,
    gathering: Gathering,
    /// The chunk begins after this record, and earlier ones end there.
    from: CertificateId,
    /// Up to this record earlier keys were gathered.
    against: CertificateId,
}

impl Comparison {
    /// The RSA keys that come after a record; `None` when there are none.
    pub(super) fn begin(
        unit: &mut dyn UnitOfWork,
        from: CertificateId,
        size: usize,
    ) -> Result<Option<Self>, StorageError> {
        let chunk = Chunk::read(unit, from, None, size)?;
        Ok((!chunk.keys.is_empty()).then(|| Self {
            gathering: Gathering::new(chunk.tree()),
            chunk,
            from,
            against: CertificateId(0),
        }))
    }

    /// The last record of the chunk.
    pub(super) const fn until(&self) -> CertificateId {
        self.chunk.until
    }

    /// Gathers the next earlier chunk; whether there was one.
    pub(super) fn go_on(
        &mut self,
        unit: &mut dyn UnitOfWork,
        size: usize,
    ) -> Result<bool, StorageError> {
        let earlier = Chunk::read(unit, self.against, Some(self.from), size)?;
        self.against = earlier.until;
        self.gathering.add(&earlier.tree());
        Ok(!earlier.keys.is_empty())
    }

    /// Who shares, and with whom. Only where somebody does are the earlier keys read once more.
    pub(super) fn finish(
        self,
        unit: &mut dyn UnitOfWork,
        size: usize,
        now: Timestamp,
    ) -> Result<Vec<KeyFinding>, StorageError> {
        let mut sharing = self.chunk.at(&self.gathering.sharing());
        if sharing.is_empty() {
            return Ok(Vec::new());
        }
        let suspects = tree(&sharing);
        let mut after = CertificateId(0);
        loop {
            let earlier = Chunk::read(unit, after, Some(self.from), size)?;
            if earlier.keys.is_empty() {
                break;
            }
            after = earlier.until;
            sharing.extend(earlier.at(&earlier.tree().sharing_with(&suspects)));
        }
        Ok(name(&sharing, now))
    }
}

impl Chunk {
    /// Reads records after `from` and up to `to`, until there are `size` RSA keys.
    fn read(
        unit: &mut dyn UnitOfWork,
        from: CertificateId,
        to: Option<CertificateId>,
        size: usize,
    ) -> Result<Self, StorageError> {
        let mut chunk = Self {
            keys: Vec::new(),
            until: from,
        };
        loop {
            let records = unit.certificates().after(chunk.until, PAGE)?;
            if records.is_empty() {
                return Ok(chunk);
            }
            for record in &records {
                let is_beyond = to.is_some_and(|to| record.id > to);
                if is_beyond || chunk.keys.len() >= size {
                    return Ok(chunk);
                }
                chunk.until = record.id;
                chunk.keys.extend(Key::of(record));
            }
        }
    }

    fn tree(&self) -> ModulusTree {
        tree(&self.keys)
    }

    fn at(&self, positions: &[usize]) -> Vec<Key> {
        let keys = positions.iter().filter_map(|place| self.keys.get(*place));
        keys.cloned().collect()
    }
}

impl Key {
    fn of(record: &CertificateRecord) -> Option<Self> {
        let certificate = TbsCertificate::from_der(&record.to_be_signed).ok()?;
        Some(Self {
            certificate: record.id,
            serial: record.serial.hex(),
            is_persons: record.person.is_some(),
            modulus: certificate.public_key().rsa_modulus()?.to_vec(),
        })
    }
}

fn tree(keys: &[Key]) -> ModulusTree {
    ModulusTree::new(keys.iter().map(|key| key.modulus.as_slice()))
}

/// Names who shares with whom among those that were found.
fn name(sharing: &[Key], now: Timestamp) -> Vec<KeyFinding> {
    let named = sharing.get(..NAMED).unwrap_or(sharing);
    let findings = sharing.iter().filter_map(|key| {
        let others = || {
            named
                .iter()
                .filter(|other| other.certificate != key.certificate)
        };
        let again = |other: &&Key| key.modulus == other.modulus;
        let (code, what) = if let Some(other) =
            others().find(|other| share_a_factor(&key.modulus, &other.modulus))
        {
            (
                "shared-factor",
                format!(
                    "the RSA key shares a prime factor with that of certificate {}: anybody can compute both private keys",
                    other.serial
                ),
            )
        } else if let Some(other) = others().find(again) {
            // The authority renews certificates of its own keys.
            if !key.is_persons && !other.is_persons {
                return None;
            }
            (
                "same-key",
                format!("certificate {} is of the same key", other.serial),
            )
        } else {
            (
                "shared-factor",
                "the RSA key shares a prime factor with another: anybody can compute its private key"
                    .to_owned(),
            )
        };
        Some(KeyFinding {
            certificate: key.certificate,
            code: code.to_owned(),
            what,
            found_at: now,
        })
    });
    findings.collect()
}
