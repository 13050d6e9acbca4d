//! Keys that nobody may have certified any more, and what the look over all keys found.

use tanba_pki::Timestamp;

use crate::id::CertificateId;

/// How a key came onto the block list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BlockSource {
    /// An administrator named it.
    Administrator,
    /// It stood in a published list that an administrator imported.
    List,
    /// Somebody proved to hold it, and said that it is compromised.
    Attestation,
}

impl BlockSource {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Administrator, Self::List, Self::Attestation];

    /// The name in storage and for scripts. Stored.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Administrator => "administrator",
            Self::List => "list",
            Self::Attestation => "attestation",
        }
    }

    /// The source of a name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|source| source.name() == name)
    }
}

/// A key on the block list. It is never taken off: whoever made a mistake makes a new key, which costs nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlockedKey {
    /// SHA-256 of its `SubjectPublicKeyInfo` in DER.
    pub public_key_sha256: [u8; 32],
    /// Since when.
    pub at: Timestamp,
    /// By what.
    pub source: BlockSource,
    /// Why, in one line without personal data; never empty.
    pub reason: String,
    /// What was signed with the key itself, DER: the evidence of [`BlockSource::Attestation`], and of nothing else.
    pub attestation: Option<Vec<u8>>,
}

impl BlockedKey {
    /// What the event says by which it was blocked. Stored.
    #[must_use]
    pub fn evidence(&self) -> String {
        format!("{}: {}", self.source.name(), self.reason)
    }
}

/// What is new on the block list of a published list that was imported, a commit of it: how many keys, and SHA-256 of their
/// digests one after the other, the lowest first. Keys of an import come in this order. Stored: [`ListedKeys::evidence`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedKeys {
    /// How many were looked at.
    pub read: u64,
    /// How many came onto the block list.
    pub new: u64,
    /// SHA-256 of their digests; `None` of events that were written before it was recorded.
    pub sha256: Option<[u8; 32]>,
    /// Why, as the entries say it.
    pub reason: String,
}

impl ListedKeys {
    /// What the event says.
    #[must_use]
    pub fn evidence(&self) -> String {
        let sha256 = self
            .sha256
            .as_ref()
            .map(|digest| tanba_pki::hex::encode(digest));
        let sha256 = sha256.map(|digits| format!(" sha256={digits}"));
        let (read, new, reason) = (self.read, self.new, &self.reason);
        format!(
            "{read} read, {new} new{}: {reason}",
            sha256.unwrap_or_default()
        )
    }

    /// What the detail of an event says.
    #[must_use]
    pub fn said(detail: &str) -> Option<Self> {
        let (numbers, reason) = detail.split_once(": ")?;
        let (read, new) = numbers.split_once(" read, ")?;
        let (new, rest) = new.split_once(" new")?;
        let sha256 = match rest.strip_prefix(" sha256=") {
            Some(digits) => Some(tanba_pki::hex::decode(digits)?.try_into().ok()?),
            None if rest.is_empty() => None,
            None => return None,
        };
        Some(Self {
            read: read.parse().ok()?,
            new: new.parse().ok()?,
            sha256,
            reason: reason.to_owned(),
        })
    }
}

/// The name of a key in evidence and messages.
#[must_use]
pub fn key_object(public_key_sha256: &[u8; 32]) -> String {
    format!("key:{}", tanba_pki::hex::encode(public_key_sha256))
}

/// What is wrong with the key of a certificate, as the look over all keys found it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyFinding {
    /// The certificate, or the intent.
    pub certificate: CertificateId,
    /// A name for scripts: `weak`, `malformed`, `blocked`, `shared-factor`, `same-key`. Stored.
    pub code: String,
    /// The same as a sentence without personal data.
    pub what: String,
    /// When it was found first.
    pub found_at: Timestamp,
}

/// How far the look over all keys has come. It goes on there after a stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyCheck {
    /// When this round was begun.
    pub begun_at: Timestamp,
    /// When it was finished; `None` while it goes on.
    pub finished_at: Option<Timestamp>,
    /// Keys that were looked at alone in this round.
    pub keys: u64,
    /// RSA keys among them.
    pub rsa: u64,
    /// Up to this record each key was looked at alone in this round.
    pub looked: CertificateId,
    /// Up to this record all RSA keys were compared with each other, in whatever round: two keys that share no factor today
    /// share none tomorrow.
    pub compared: CertificateId,
}

impl KeyCheck {
    /// A round from the beginning. RSA keys up to `compared` were compared with each other before.
    #[must_use]
    pub const fn begin(compared: CertificateId, now: Timestamp) -> Self {
        Self {
            begun_at: now,
            finished_at: None,
            keys: 0,
            rsa: 0,
            looked: CertificateId(0),
            compared,
        }
    }
}
