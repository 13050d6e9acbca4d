//! An authority as the program holds it: a certificate, the key that fits it, its OCSP responder and its seal.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use tanba_crypto::{SignatureAlgorithm, Signer, Verifier};
use tanba_model::fitness::AuthorityPath;
use tanba_model::id::{ApplicationId, IssuerId};
use tanba_model::ports::{IssuanceError, IssuerKind, IssuerRecord};
use tanba_pki::{Certificate, Timestamp};

use crate::error::AuthorityError;
use crate::helper::Helper;
use crate::key_place::KeyPlace;
use crate::key_vault::{KeyChest, KeyVault, KeyVaultError};
use crate::probe::Probe;
use crate::urls::Urls;

/// What a clock may be set back by, as it is when it is kept right.
pub(crate) const CLOCK_SLACK: Duration = Duration::from_secs(300);

/// Applications of which is remembered that they were refused.
const REMEMBERED: usize = 100_000;

/// Why an application was refused that may be asked for again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Refused {
    /// The authority may not issue.
    Unfit,
    /// The certificate would not have been right.
    Faulty,
}

/// One authority.
pub(crate) struct Issuer {
    pub(crate) id: IssuerId,
    pub(crate) name: String,
    pub(crate) kind: IssuerKind,
    pub(crate) certificate: Certificate,
    pub(crate) key_id: Vec<u8>,
    /// Of its public key: each signature of its own is verified before it leaves.
    pub(crate) verifier: Verifier,
    pub(crate) shards: u16,
    /// `None` where the URLs are not known: a root has them in the certificates that it signs.
    pub(crate) urls: Option<Urls>,
    /// The way up to its root: what it is worth now.
    pub(crate) path: AuthorityPath,
    stored_key: Vec<u8>,
    signer: Option<Arc<dyn Signer>>,
    responder: RwLock<Option<Helper>>,
    seal: RwLock<Option<Helper>>,
    /// When the newest list was made, in seconds since 1970.
    newest_list: AtomicI64,
    /// Applications that were refused since the start, and why, so that each leaves evidence once.
    refused: Mutex<BTreeSet<(ApplicationId, Refused)>>,
    /// What was last said of the authority's own certificates that were refused, by profile.
    refused_own: Mutex<BTreeMap<String, String>>,
    probe: Probe,
}

impl Issuer {
    /// Opens an authority and its keys. The key of a root stays closed until it is needed.
    pub(crate) fn open(
        record: IssuerRecord,
        known: &[IssuerRecord],
        chest: &dyn KeyChest,
    ) -> Result<Self, AuthorityError> {
        let responder = (
            record.responder_certificate.clone(),
            record.responder_key.clone(),
        );
        let seal = (record.seal_certificate.clone(), record.seal_key.clone());
        let mut opened = Self::closed(record, known)?;
        if opened.kind == IssuerKind::Issuing {
            opened.signer = Some(opened.open_key(chest)?);
        }
        opened.responder = RwLock::new(opened.open_helper("ocsp", responder.0, responder.1, chest));
        opened.seal = RwLock::new(opened.open_helper("seal", seal.0, seal.1, chest));
        Ok(opened)
    }

    /// An authority with all keys closed: each is opened when it signs. `known` are all of the installation.
    pub(crate) fn closed(
        record: IssuerRecord,
        known: &[IssuerRecord],
    ) -> Result<Self, AuthorityError> {
        let path = AuthorityPath::of(&record, known);
        let IssuerRecord { id, issuer, .. } = record;
        let damaged = || AuthorityError::DamagedIssuer {
            name: issuer.name.clone(),
        };
        let certificate = Certificate::from_der(&issuer.certificate).map_err(|_| damaged())?;
        let key_id = certificate.subject_key_id().ok_or_else(damaged)?.to_vec();
        Ok(Self {
            id,
            urls: Urls::of_certificate(&certificate, &issuer.name),
            name: issuer.name,
            kind: issuer.kind,
            verifier: Verifier::new(certificate.public_key().clone()),
            certificate,
            key_id,
            shards: issuer.shards.max(1),
            path,
            stored_key: issuer.key,
            signer: None,
            responder: RwLock::new(None),
            seal: RwLock::new(None),
            newest_list: AtomicI64::new(i64::MIN),
            refused: Mutex::default(),
            refused_own: Mutex::default(),
            probe: Probe::default(),
        })
    }

    /// A helper that cannot be used is replaced soon; it must not keep the authority from starting.
    fn open_helper(
        &self,
        what: &'static str,
        certificate: Option<Vec<u8>>,
        key: Option<Vec<u8>>,
        chest: &dyn KeyChest,
    ) -> Option<Helper> {
        Helper::open(what, &certificate?, &key?, chest)
            .inspect_err(|error| {
                tracing::warn!(issuer = %self.id, what, error = %error, "a stored helper cannot be used");
            })
            .ok()
    }

    /// How it signs: what its kind of key does by default.
    pub(crate) fn algorithm(&self) -> Result<SignatureAlgorithm, IssuanceError> {
        if let Some(signer) = &self.signer {
            return Ok(signer.algorithm());
        }
        let algorithm = self
            .certificate
            .public_key()
            .algorithm()
            .map_err(|_| IssuanceError::Unknown("algorithm"))?;
        Ok(algorithm.default_signature())
    }

    /// The signing key.
    pub(crate) fn key(&self, chest: &dyn KeyChest) -> Result<Arc<dyn Signer>, AuthorityError> {
        self.signer.clone().map_or_else(|| self.open_key(chest), Ok)
    }

    /// Where its key is.
    pub(crate) fn key_place(&self) -> KeyPlace {
        KeyPlace::of(&self.stored_key)
    }

    fn open_key(&self, chest: &dyn KeyChest) -> Result<Arc<dyn Signer>, AuthorityError> {
        let opened = match self.key_place() {
            KeyPlace::Elsewhere => Err(KeyVaultError::Away),
            KeyPlace::Here | KeyPlace::Shares(_) => chest.open_key(&self.stored_key),
        };
        let signer = opened.map_err(|source| AuthorityError::Key {
            issuer: self.name.clone(),
            source,
        })?;
        if signer
            .public_key()
            .is_same_key(self.certificate.public_key())
        {
            Ok(signer)
        } else {
            Err(AuthorityError::ForeignKey {
                name: self.name.clone(),
            })
        }
    }

    /// The key as storage has it: sealed, or a reference.
    pub(crate) fn stored_key(&self) -> &[u8] {
        &self.stored_key
    }

    /// Whether this application was not refused before, as far as this program remembers.
    pub(crate) fn refuses_first(&self, application: ApplicationId, why: Refused) -> bool {
        let mut refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        if refused.len() >= REMEMBERED {
            refused.clear();
        }
        refused.insert((application, why))
    }

    /// Whether something else was said last of the authority's own certificate of this profile.
    pub(crate) fn refuses_anew(&self, profile: &str, said: &str) -> bool {
        let mut refused = self
            .refused_own
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        refused
            .insert(profile.to_owned(), said.to_owned())
            .is_none_or(|last| last != said)
    }

    /// Remembers when the newest list was made.
    pub(crate) fn listed(&self, at: Timestamp) {
        self.newest_list.store(at.unix(), Ordering::SeqCst);
    }

    /// Whether the clock is so far behind the newest list that either of them is wrong.
    pub(crate) fn is_clock_behind(&self, now: Timestamp) -> bool {
        now.plus(CLOCK_SLACK).unix() < self.newest_list.load(Ordering::SeqCst)
    }

    /// The responder now.
    pub(crate) fn responder(&self) -> Option<Helper> {
        read(&self.responder)
    }

    /// Gives the one before.
    pub(crate) fn replace_responder(&self, responder: Helper) -> Option<Helper> {
        replace(&self.responder, responder)
    }

    /// Whether its key could sign now. Nobody waits for ever for a device that hangs.
    pub(crate) fn check_key(&self, chest: &Arc<dyn KeyChest>) -> Result<(), AuthorityError> {
        let checked = if KeyVault::is_sealed(&self.stored_key) {
            chest.check_key(&self.stored_key)
        } else {
            let (chest, key) = (Arc::clone(chest), self.stored_key.clone());
            self.probe.ask(move || chest.check_key(&key))
        };
        checked.map_err(|source| AuthorityError::Key {
            issuer: self.name.clone(),
            source,
        })
    }

    /// The seal now.
    pub(crate) fn seal(&self) -> Option<Helper> {
        read(&self.seal)
    }

    /// Gives the one before.
    pub(crate) fn replace_seal(&self, seal: Helper) -> Option<Helper> {
        replace(&self.seal, seal)
    }

    /// The shard of a certificate: the last octets of its serial number are random, so they spread evenly.
    pub(crate) fn shard_of(&self, serial: &tanba_pki::SerialNumber) -> u16 {
        let octets = serial.as_bytes();
        let (Some(high), Some(low)) = (octets.get(18), octets.get(19)) else {
            return 0;
        };
        u16::from_be_bytes([*high, *low])
            .checked_rem(self.shards)
            .unwrap_or(0)
    }
}

fn read(helper: &RwLock<Option<Helper>>) -> Option<Helper> {
    helper
        .read()
        .unwrap_or_else(PoisonError::into_inner)
        .clone()
}

fn replace(helper: &RwLock<Option<Helper>>, new: Helper) -> Option<Helper> {
    helper
        .write()
        .unwrap_or_else(PoisonError::into_inner)
        .replace(new)
}

impl fmt::Debug for Issuer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Issuer")
            .field("id", &self.id)
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}
