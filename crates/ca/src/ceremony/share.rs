//! Shares of a root: so many of its custodians have to meet before it signs.
//!
//! Not the key is shared but a random secret under which it lies (Shamir over GF(256)). A share is one line that can be
//! typed; its checksum tells a slip of the hand from a wrong share, and the name of its set tells old shares from new ones.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use tanba_crypto::{KeyAlgorithm, Secret, Signer};
use tanba_model::ports::{RandomSource, SourceRng};
use tanba_pki::hex;
use vsss_rs::Gf256;

use super::plan::Quorum;
use crate::key_vault::{Cost, KeyChest, KeyVault, KeyVaultError};

const SECRET_LENGTH: usize = 32;
const SET_LENGTH: usize = 8;
const CHECK_LENGTH: usize = 4;
const WORD: &str = "tanba-share-1";
/// Before a key that lies under shares: `"tanba-shares" version 1 needed of set[8]`, then the sealed key. Stored.
const MAGIC: &[u8] = b"tanba-shares\x01";

/// Shares that belong together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShareSet {
    /// Random name of the set.
    pub id: [u8; SET_LENGTH],
    /// How many of how many.
    pub quorum: Quorum,
}

/// One share. Wiped when dropped; nothing of it is in `Debug` but what is no secret.
pub struct Share {
    set: ShareSet,
    number: u8,
    points: Secret,
}

/// Why shares do not open a key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ShareError {
    /// The line is not a share.
    #[error("this is not a share: a line that begins with \"{WORD}\" is needed")]
    Form,
    /// The checksum does not fit the line.
    #[error(
        "the share was mistyped or is damaged: its checksum does not fit; compare it with the original, sign by sign"
    )]
    Checksum,
    /// The same share came twice.
    #[error("share {0} was given twice; each custodian brings her own")]
    Twice(u8),
    /// Shares of two sets.
    #[error(
        "share {number} belongs to the set {found}, and the others to {expected}: shares of different sets do not fit together"
    )]
    Mixed {
        /// Number of the share.
        number: u8,
        /// Set of the first share.
        expected: String,
        /// Its own set.
        found: String,
    },
    /// Not enough shares.
    #[error("{given} of the {needed} needed shares were given")]
    TooFew {
        /// Shares that came.
        given: usize,
        /// Shares that are needed.
        needed: u8,
    },
    /// The key lies under other shares.
    #[error("the shares are of the set {found}, but the key lies under the set {expected}")]
    OtherSet {
        /// Set of the key.
        expected: String,
        /// Set of the shares.
        found: String,
    },
    /// A secret came out that opens nothing.
    #[error(
        "the shares give a secret that does not open the key: one of them was forged or comes from elsewhere"
    )]
    WrongSecret,
    /// The library for shares refused.
    #[error("the secret could not be divided")]
    Library,
    /// The key itself could not be opened or made.
    #[error("{0}")]
    Key(String),
}

impl ShareSet {
    /// The set under which a stored key lies; `None` when it lies elsewhere.
    pub(crate) fn of_key(stored: &[u8]) -> Option<Self> {
        Self::split(stored).map(|(set, _)| set)
    }

    fn split(stored: &[u8]) -> Option<(Self, &[u8])> {
        let rest = stored.strip_prefix(MAGIC)?;
        let (&[needed, of], rest) = rest.split_first_chunk()?;
        let (&id, sealed) = rest.split_first_chunk()?;
        let quorum = Quorum { needed, of };
        Some((Self { id, quorum }, sealed))
    }

    /// Sixteen hexadecimal digits.
    #[must_use]
    pub fn name(&self) -> String {
        hex::encode(&self.id)
    }

    fn header(&self) -> Vec<u8> {
        let Quorum { needed, of } = self.quorum;
        [MAGIC, &[needed, of], &self.id].concat()
    }
}

impl Share {
    /// Its set.
    #[must_use]
    pub const fn set(&self) -> ShareSet {
        self.set
    }

    /// Its number, from 1.
    #[must_use]
    pub const fn number(&self) -> u8 {
        self.number
    }

    /// The line that its custodian keeps:
    /// `tanba-share-1 SET NUMBER/OF NEEDED xxxx-xxxx-… CHECKSUM`.
    #[must_use]
    pub fn line(&self) -> Secret {
        let Quorum { needed, of } = self.set.quorum;
        let digits = Secret::from(hex::encode(self.points.expose()));
        let mut line = format!("{WORD} {} {}/{of} {needed} ", self.set.name(), self.number);
        line.reserve(SECRET_LENGTH * 3 + CHECK_LENGTH * 3);
        for (place, group) in digits.expose().chunks(4).enumerate() {
            if place > 0 {
                line.push('-');
            }
            line.extend(group.iter().map(|octet| char::from(*octet)));
        }
        let check = checksum(line.as_bytes());
        line.push(' ');
        line.push_str(&check);
        Secret::from(line)
    }

    /// Reads a line; case and further spaces do not matter.
    ///
    /// # Errors
    /// [`ShareError::Form`], [`ShareError::Checksum`].
    pub fn parse(line: &Secret) -> Result<Self, ShareError> {
        let text = std::str::from_utf8(line.expose()).map_err(|_| ShareError::Form)?;
        let mut words = text.split_whitespace();
        let mut word = || words.next().ok_or(ShareError::Form);
        let (kind, set, place, needed, points, check) =
            (word()?, word()?, word()?, word()?, word()?, word()?);
        if !kind.eq_ignore_ascii_case(WORD) || words.next().is_some() {
            return Err(ShareError::Form);
        }
        let mut plain = Secret::from(
            [kind, set, place, needed, points]
                .join(" ")
                .to_ascii_lowercase(),
        );
        if !check.eq_ignore_ascii_case(&checksum(plain.expose())) {
            return Err(ShareError::Checksum);
        }
        plain = Secret::from(points.replace('-', ""));
        let points = std::str::from_utf8(plain.expose())
            .ok()
            .and_then(hex::decode)
            .map(Secret::new)
            .filter(|points| points.len() == SECRET_LENGTH)
            .ok_or(ShareError::Form)?;
        let (number, of) = place.split_once('/').ok_or(ShareError::Form)?;
        let small = |text: &str| text.parse::<u8>().map_err(|_| ShareError::Form);
        let id = hex::decode(set).and_then(|id| id.try_into().ok());
        let (number, quorum) = (
            small(number)?,
            Quorum {
                needed: small(needed)?,
                of: small(of)?,
            },
        );
        if !(1..=quorum.of).contains(&number) || !(2..=quorum.of).contains(&quorum.needed) {
            return Err(ShareError::Form);
        }
        Ok(Self {
            set: ShareSet {
                id: id.ok_or(ShareError::Form)?,
                quorum,
            },
            number,
            points,
        })
    }
}

impl fmt::Debug for Share {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Share")
            .field("set", &self.set)
            .field("number", &self.number)
            .finish_non_exhaustive()
    }
}

/// The beginning of the SHA-256 of what stands before it.
fn checksum(text: &[u8]) -> String {
    let digest = tanba_crypto::sha256(text);
    hex::encode(digest.get(..CHECK_LENGTH).unwrap_or_default())
}

/// A vault that shares open: what is sealed in it lies under them.
#[derive(Debug)]
pub struct Custody {
    set: ShareSet,
    vault: KeyVault,
}

impl Custody {
    /// Divides a new random secret.
    ///
    /// # Errors
    /// [`ShareError::Library`], [`ShareError::Key`].
    pub fn divide(
        quorum: Quorum,
        cost: Cost,
        random: &dyn RandomSource,
    ) -> Result<(Self, Vec<Share>), ShareError> {
        let mut id = [0; SET_LENGTH];
        random.fill(&mut id);
        let set = ShareSet { id, quorum };
        let mut octets = vec![0; SECRET_LENGTH];
        random.fill(&mut octets);
        let secret = Secret::new(octets);
        let (needed, of) = (usize::from(quorum.needed), usize::from(quorum.of));
        let divided = Gf256::split_array(needed, of, secret.expose(), SourceRng(random))
            .map_err(|_| ShareError::Library)?;
        let mut shares = Vec::with_capacity(divided.len());
        for octets in divided.into_iter().map(Secret::new) {
            let (&number, points) = octets.expose().split_first().ok_or(ShareError::Library)?;
            let points = Secret::new(points.to_vec());
            shares.push(Share {
                set,
                number,
                points,
            });
        }
        let vault = KeyVault::create(&secret, cost, random)
            .map_err(|error| ShareError::Key(error.to_string()))?;
        Ok((Self { set, vault }, shares))
    }

    /// Opens what lies under shares; they may be more than are needed.
    ///
    /// # Errors
    /// [`ShareError`]: which share does not fit.
    pub fn gather(shares: &[Share], stored: &[u8]) -> Result<Self, ShareError> {
        let (set, sealed) = ShareSet::split(stored)
            .ok_or_else(|| ShareError::Key("the key does not lie under shares".to_owned()))?;
        let secret = combine(shares)?;
        let found = shares.first().map_or(set, Share::set);
        if found != set {
            return Err(ShareError::OtherSet {
                expected: set.name(),
                found: found.name(),
            });
        }
        match KeyVault::open(&secret, sealed) {
            Ok(vault) => Ok(Self { set, vault }),
            Err(KeyVaultError::WrongPassphrase) => Err(ShareError::WrongSecret),
            Err(error) => Err(ShareError::Key(error.to_string())),
        }
    }

    /// Its set.
    #[must_use]
    pub const fn set(&self) -> ShareSet {
        self.set
    }
}

/// The secret of a set.
fn combine(shares: &[Share]) -> Result<Secret, ShareError> {
    let Some(first) = shares.first() else {
        return Err(ShareError::TooFew {
            given: 0,
            needed: 2,
        });
    };
    let mut distinct = BTreeMap::new();
    for share in shares {
        if share.set != first.set {
            return Err(ShareError::Mixed {
                number: share.number,
                expected: first.set.name(),
                found: share.set.name(),
            });
        }
        if distinct.insert(share.number, share).is_some() {
            return Err(ShareError::Twice(share.number));
        }
    }
    let needed = first.set.quorum.needed;
    if distinct.len() < usize::from(needed) {
        return Err(ShareError::TooFew {
            given: distinct.len(),
            needed,
        });
    }
    let mut points: Vec<Vec<u8>> = distinct
        .values()
        .map(|share| {
            let mut point = Vec::with_capacity(SECRET_LENGTH + 1);
            point.push(share.number);
            point.extend_from_slice(share.points.expose());
            point
        })
        .collect();
    let secret = Gf256::combine_array(&points).map(Secret::new);
    // The library takes plain vectors: they are wiped here.
    for point in points.drain(..) {
        drop(Secret::new(point));
    }
    secret.map_err(|_| ShareError::Library)
}

impl KeyChest for Custody {
    fn open_key(&self, stored: &[u8]) -> Result<Arc<dyn Signer>, KeyVaultError> {
        match ShareSet::split(stored) {
            Some((set, sealed)) if set == self.set => self.vault.open_key(sealed),
            Some(_) => Err(KeyVaultError::WrongPassphrase),
            None => Err(KeyVaultError::Damaged),
        }
    }

    fn make_key(
        &self,
        algorithm: KeyAlgorithm,
        random: &dyn RandomSource,
    ) -> Result<(Vec<u8>, Arc<dyn Signer>), KeyVaultError> {
        let (sealed, key) = self.vault.make_key(algorithm, random)?;
        Ok(([self.set.header(), sealed].concat(), key))
    }
}

#[cfg(test)]
mod tests;
