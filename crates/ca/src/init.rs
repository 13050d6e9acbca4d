//! Making an authority: the root, the issuing authority, its OCSP responder and the first lists.

use std::sync::Arc;

use tanba_crypto::{KeyAlgorithm, PublicKey, Signer};
use tanba_model::audit::Actor;
use tanba_model::certificate::RevocationReason;
use tanba_model::ports::{IssuanceError, IssuerKind, IssuerRecord, NewIssuer, StorageError};
use tanba_pki::profile::{IssuerUrls, Profile};
use tanba_pki::{Certificate, DistinguishedName, SerialNumber, Timestamp, assemble_certificate};

use crate::authority::{Authority, Parts};
use crate::desk::{Desk, audit, fingerprint};
use crate::draft::{self, Contents, Holder, refusal};
use crate::error::AuthorityError;
use crate::issuer::Issuer;
use crate::key_vault::KeyPurpose;
use crate::names::AuthorityNames;
use crate::signing::Signing;
use crate::urls::Urls;

/// The key of the issuing authority.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum IssuingKey {
    /// RSA-2048: whatever checks signatures today can check these.
    #[default]
    Rsa2048,
    /// EC P-256: smaller and quicker, where all verifiers are known.
    EcP256,
    /// EC P-384.
    EcP384,
    /// Ed25519 (RFC 8410).
    Ed25519,
    /// ML-DSA-44 (RFC 9881).
    MlDsa44,
    /// ML-DSA-65 (RFC 9881).
    MlDsa65,
}

impl IssuingKey {
    /// The kind of key.
    #[must_use]
    pub const fn algorithm(self) -> KeyAlgorithm {
        match self {
            Self::Rsa2048 => KeyAlgorithm::Rsa { bits: 2048 },
            Self::EcP256 => KeyAlgorithm::EcP256,
            Self::EcP384 => KeyAlgorithm::EcP384,
            Self::Ed25519 => KeyAlgorithm::Ed25519,
            Self::MlDsa44 => KeyAlgorithm::MlDsa44,
            Self::MlDsa65 => KeyAlgorithm::MlDsa65,
        }
    }

    /// The kind of key of the root above it: one that those who verify the one can verify too.
    #[must_use]
    pub const fn root(self) -> KeyAlgorithm {
        match self {
            Self::Rsa2048 | Self::EcP256 => KeyAlgorithm::Rsa { bits: 4096 },
            Self::EcP384 => KeyAlgorithm::EcP384,
            Self::Ed25519 => KeyAlgorithm::Ed25519,
            Self::MlDsa44 | Self::MlDsa65 => KeyAlgorithm::MlDsa65,
        }
    }
}

/// Decisions that stand for the life of an authority.
#[derive(Clone, Debug)]
pub struct InitOptions {
    /// What is baked into certificates before `/ca/…`, `/crl/…` and `/ocsp`: plain http.
    pub public_url: String,
    /// Names of root and issuing authority.
    pub names: AuthorityNames,
    /// Short name of the issuing authority, in URLs: lower-case letters, digits and hyphens.
    pub issuing_name: String,
    /// Key of the issuing authority; the root's follows from it.
    pub issuing_key: IssuingKey,
    /// Number of CRL shards, 1 to 4096.
    pub shards: u16,
}

/// What [`init`] is doing; making an RSA-4096 key takes seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InitStep {
    /// The key of the root is being made.
    RootKey,
    /// The key of the issuing authority is being made.
    IssuingKey,
    /// The responder and the first lists are being made.
    Publication,
}

const ROOT: &str = "root";
const ROOT_PROFILE: &str = "root-ca";
const ISSUING_PROFILE: &str = "issuing-ca";
/// Certificates of a root that is being set up: more tries than anybody has patience for.
const ORPHANS: u32 = 1000;
const ROOT_YEARS: u16 = 20;
const ISSUING_YEARS: u16 = 10;
const MAXIMUM_SHARDS: u16 = 4096;

/// Makes the authority of an installation. After a crash in the middle, calling it again with the same passphrase goes
/// on where it stopped.
///
/// # Errors
/// [`AuthorityError::Exists`] when there is one, [`AuthorityError::Options`] for options that cannot be.
pub fn init(
    parts: Parts,
    options: &InitOptions,
    actor: &Actor,
    now: Timestamp,
    progress: &mut dyn FnMut(InitStep),
) -> Result<Authority, AuthorityError> {
    check(options)?;
    let desk = Desk {
        storage: Arc::clone(&parts.storage),
        chest: Arc::clone(&parts.chest),
        random: Arc::clone(&parts.random),
        profiles: parts.profiles.clone(),
        signing: Signing::new(parts.rules.signing_patience),
    };
    let existing = desk.storage.snapshot()?.issuers().all()?;
    if existing
        .iter()
        .any(|record| record.issuer.kind == IssuerKind::Issuing)
    {
        return Err(AuthorityError::Exists);
    }
    let root = match existing.into_iter().next() {
        Some(record) => record,
        None => {
            progress(InitStep::RootKey);
            desk.make_root(options, actor, now)?
        }
    };
    let mut root = Issuer::open(root.clone(), &[root], desk.chest.as_ref())?;
    root.urls = Some(Urls::new(&options.public_url, ROOT)?);
    let root = Arc::new(root);
    desk.recover(std::slice::from_ref(&root), now)?;
    desk.retire_orphans(&root, actor, now)?;
    progress(InitStep::IssuingKey);
    desk.make_issuing(&root, options, actor, now)?;
    progress(InitStep::Publication);
    let authority = Authority::open(parts)?;
    authority.maintain(now)?;
    Ok(authority)
}

fn check(options: &InitOptions) -> Result<(), AuthorityError> {
    let refuse = |text: &str| Err(AuthorityError::Options(text.to_owned()));
    Urls::new(&options.public_url, ROOT)?;
    let name = &options.issuing_name;
    if !is_short_name(name) || name == ROOT {
        return refuse(
            "the short name must be 1 to 32 lower-case letters, digits and hyphens, and not \"root\"",
        );
    }
    if !(1..=MAXIMUM_SHARDS).contains(&options.shards) {
        return refuse("the number of CRL shards must be between 1 and 4096");
    }
    if options.names.root == options.names.issuing {
        return refuse("root and issuing authority must have different names");
    }
    Ok(())
}

/// Whether an authority may be called so in URLs: 1 to 32 lower-case letters, digits and hyphens.
pub(crate) fn is_short_name(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    (1..=32).contains(&name.len()) && name.chars().all(plain)
}

/// A root that is about to sign itself.
pub(crate) struct Founding<'a> {
    /// Its short name.
    pub(crate) name: &'a str,
    /// Its key, as it is stored.
    pub(crate) stored_key: Vec<u8>,
    /// The same key.
    pub(crate) key: Arc<dyn Signer>,
    /// What its certificate says.
    pub(crate) contents: Contents<'a>,
    /// With which serial number.
    pub(crate) serial: SerialNumber,
}

impl Desk {
    fn make_root(
        &self,
        options: &InitOptions,
        actor: &Actor,
        now: Timestamp,
    ) -> Result<IssuerRecord, AuthorityError> {
        let key_fault = |source| AuthorityError::Key {
            issuer: ROOT.to_owned(),
            source,
        };
        let (stored_key, key) = self
            .chest
            .make_key_for(
                KeyPurpose::Issuer(ROOT),
                options.issuing_key.root(),
                self.random.as_ref(),
            )
            .map_err(key_fault)?;
        let profile = self.profile(ROOT_PROFILE)?;
        let name = profile
            .subject_name(&options.names.root)
            .map_err(|error| refusal(&error))?;
        let contents = contents(
            profile,
            &name,
            key.public_key(),
            (now, now.plus_years(ROOT_YEARS)),
        );
        let founding = Founding {
            name: ROOT,
            stored_key,
            key: Arc::clone(&key),
            contents,
            serial: self.new_serial(now),
        };
        self.found(founding, actor, now)
    }

    /// The root signs itself, so there is no record to hang an intent on: its bytes are linted and their digest is
    /// logged before the signature, and everything is stored after it.
    pub(crate) fn found(
        &self,
        founding: Founding<'_>,
        actor: &Actor,
        now: Timestamp,
    ) -> Result<IssuerRecord, AuthorityError> {
        let Founding {
            name,
            stored_key,
            key,
            contents,
            serial,
        } = founding;
        let tbs = self_issued(&contents, serial)?;
        self.lint(contents.profile.name(), &tbs, None)?;
        let mut unit = self.storage.begin()?;
        let detail = format!("tbs {}", fingerprint(&tbs));
        audit(
            unit.as_mut(),
            actor,
            "issuer.intend",
            format!("issuer:{name}"),
            detail,
            now,
        )?;
        unit.commit()?;
        let signature = self
            .signing
            .sign(&key, &tbs)
            .map_err(AuthorityError::Signer)?;
        let der = assemble(key.as_ref(), &tbs, &signature)?;

        let new = NewIssuer {
            name: name.to_owned(),
            kind: IssuerKind::Root,
            certificate: der.clone(),
            key: stored_key,
            shards: 1,
        };
        let mut unit = self.storage.begin()?;
        let id = unit.issuers().insert(&new, now)?;
        let record = draft::new(id, 0, &contents, &Holder::AUTHORITY, serial, tbs, now);
        let certificate = unit.certificates().intend(&record)?;
        unit.certificates().complete(certificate, &der, now)?;
        audit(
            unit.as_mut(),
            actor,
            "issuer.create",
            format!("issuer:{id}"),
            made(&new),
            now,
        )?;
        unit.commit()?;
        Ok(IssuerRecord {
            id,
            issuer: new,
            responder_certificate: None,
            responder_key: None,
            seal_certificate: None,
            seal_key: None,
        })
    }

    /// A crash between certifying an issuing authority and recording its key leaves a certificate whose key nobody
    /// has; it is revoked before another one is made.
    fn retire_orphans(
        &self,
        root: &Issuer,
        actor: &Actor,
        now: Timestamp,
    ) -> Result<(), AuthorityError> {
        let records = self
            .storage
            .snapshot()?
            .certificates()
            .page(root.id, None, ORPHANS)?;
        for record in records {
            if record.profile == ISSUING_PROFILE && record.status.is_valid() {
                self.revoke(
                    record.id,
                    (RevocationReason::CessationOfOperation, ""),
                    actor,
                    now,
                    &mut |_, _| Ok(()),
                )?;
            }
        }
        Ok(())
    }

    fn make_issuing(
        &self,
        root: &Arc<Issuer>,
        options: &InitOptions,
        actor: &Actor,
        now: Timestamp,
    ) -> Result<(), AuthorityError> {
        let key_fault = |source| AuthorityError::Key {
            issuer: options.issuing_name.clone(),
            source,
        };
        let (stored_key, key) = self
            .chest
            .make_key_for(
                KeyPurpose::Issuer(&options.issuing_name),
                options.issuing_key.algorithm(),
                self.random.as_ref(),
            )
            .map_err(key_fault)?;
        let profile = self.profile(ISSUING_PROFILE)?;
        let name = profile
            .subject_name(&options.names.issuing)
            .map_err(|error| refusal(&error))?;
        let contents = contents(
            profile,
            &name,
            key.public_key(),
            (now, now.plus_years(ISSUING_YEARS)),
        );
        let draft = self.compose(root, &contents, &Holder::AUTHORITY, now)?;
        let prepared = self.record(&[draft], actor, now)?;
        let record = prepared
            .issue(now)?
            .into_iter()
            .next()
            .ok_or(StorageError::Conflict)?;
        let certificate = record.der.ok_or(StorageError::Conflict)?;
        let mut unit = self.storage.begin()?;
        let new = NewIssuer {
            name: options.issuing_name.clone(),
            kind: IssuerKind::Issuing,
            certificate,
            key: stored_key,
            shards: options.shards,
        };
        let id = unit.issuers().insert(&new, now)?;
        audit(
            unit.as_mut(),
            actor,
            "issuer.create",
            format!("issuer:{id}"),
            made(&new),
            now,
        )?;
        unit.commit()?;
        Ok(())
    }
}

/// What is said of an authority when it is made.
pub(crate) fn made(new: &NewIssuer) -> String {
    format!("{} {}", fingerprint(&new.certificate), new.evidence())
}

/// The bytes of a certificate whose subject is its own issuer.
pub(crate) fn self_issued(
    contents: &Contents<'_>,
    serial: SerialNumber,
) -> Result<Vec<u8>, AuthorityError> {
    let key_id = contents.public_key.key_id();
    let algorithm = contents
        .public_key
        .algorithm()
        .map_err(|_| AuthorityError::Issuance(IssuanceError::Unknown("algorithm")))?;
    Ok(draft::write(
        contents,
        serial,
        (contents.name, &key_id),
        algorithm.default_signature(),
        &IssuerUrls::default(),
    )?)
}

pub(crate) fn contents<'a>(
    profile: &'a Profile,
    name: &'a DistinguishedName,
    public_key: &'a PublicKey,
    (not_before, not_after): (Timestamp, Timestamp),
) -> Contents<'a> {
    Contents {
        profile,
        name,
        public_key,
        email: None,
        keystore: None,
        not_before,
        not_after,
    }
}

/// The root, if the signature is over what was asked.
fn assemble(key: &dyn Signer, tbs: &[u8], signature: &[u8]) -> Result<Vec<u8>, AuthorityError> {
    let der = assemble_certificate(tbs, key.algorithm(), signature);
    let failed = || AuthorityError::Signer(tanba_crypto::SignError::Failed);
    let certificate = Certificate::from_der(&der).map_err(|_| failed())?;
    if certificate.tbs_der() != tbs || certificate.verify_signed_by(key.public_key()).is_err() {
        return Err(failed());
    }
    Ok(der)
}
