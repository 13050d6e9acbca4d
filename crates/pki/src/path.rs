//! The way from a certificate to one that is believed (RFC 5280, 6).
//!
//! Checked: signatures, names, validity, basic constraints with path lengths, key usage, unknown critical extensions,
//! revocation by complete and delta lists. Not processed yet: policies and name constraints; a critical constraint
//! of these kinds is refused like any other extension that is not understood.

mod name;
mod revocation;

use name::same_name;
use tanba_crypto::{DigestAlgorithm, ObjectIdentifier, UnsupportedAlgorithm, VerifyError};

use crate::crl::{Crl, Reason};
use crate::{Certificate, KeyUsage, Timestamp, oid};

/// With what a certificate is judged.
#[derive(Clone, Copy, Debug)]
pub struct PathOptions<'a> {
    /// Certificates that are believed as they are.
    pub trusted: &'a [Certificate],
    /// Certificates that may lie between.
    pub intermediates: &'a [Certificate],
    /// Revocation lists.
    pub crls: &'a [Crl],
    /// Time at which everything must be valid.
    pub at: Timestamp,
    /// What to do about revocation.
    pub revocation: Revocation,
    /// Whether certificates and lists signed with SHA-1 are accepted.
    pub legacy_algorithms: bool,
    /// If the certificate restricts its key's usage, one of these must be allowed; [`KeyUsage::NONE`] asks nothing.
    pub key_usage: KeyUsage,
    /// If the certificate restricts its purposes, this one must be among them.
    pub extended_key_usage: Option<ObjectIdentifier>,
    /// What a hostile set of certificates may cost.
    pub budget: Budget,
}

impl<'a> PathOptions<'a> {
    /// Modern algorithms, no revocation, no demands on the key's usage.
    #[must_use]
    pub const fn new(trusted: &'a [Certificate], at: Timestamp) -> Self {
        Self {
            trusted,
            intermediates: &[],
            crls: &[],
            at,
            revocation: Revocation::Ignored,
            legacy_algorithms: false,
            key_usage: KeyUsage::NONE,
            extended_key_usage: None,
            budget: Budget {
                signatures: 64,
                certificates: 10,
            },
        }
    }
}

/// What to do about revocation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Revocation {
    /// Nothing.
    Ignored,
    /// A certificate that a current list names is refused; one that no list is about is not.
    IfListed,
    /// There must be a current list about each certificate.
    Required,
}

/// How much work a judgement may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    /// Signatures verified.
    pub signatures: u32,
    /// Certificates from the first to the trusted one, both counted.
    pub certificates: usize,
}

/// Why a certificate is not believed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PathError {
    /// No trusted certificate is at the end of any way.
    #[error("no way leads to a trusted certificate")]
    NoIssuer,
    /// A certificate is no longer valid.
    #[error("a certificate expired at {0}")]
    Expired(Timestamp),
    /// A certificate is not valid yet.
    #[error("a certificate is valid only from {0}")]
    NotYetValid(Timestamp),
    /// The key may not be used for this.
    #[error("the certificate does not allow this use of its key")]
    KeyUsage,
    /// The issuer may not issue certificates.
    #[error("a certificate was issued by somebody who is not a certification authority")]
    NotAuthority,
    /// An issuer may not have so many authorities below.
    #[error("more authorities lie between than an issuer allows")]
    PathLength,
    /// A certificate says something critical that is not understood.
    #[error("a certificate has a critical extension that is not understood: {0}")]
    UnknownCritical(ObjectIdentifier),
    /// A certificate was not signed by its issuer.
    #[error("a certificate's signature does not match its issuer")]
    Signature,
    /// A signature algorithm cannot be used.
    #[error("a certificate's signature cannot be checked")]
    Unsupported(#[from] UnsupportedAlgorithm),
    /// SHA-1 was excluded.
    #[error("a certificate is signed with an algorithm that is too weak")]
    TooWeak,
    /// A certificate was revoked or suspended.
    #[error("a certificate was revoked at {at}")]
    Revoked {
        /// Since when.
        at: Timestamp,
        /// Why.
        reason: Reason,
    },
    /// No current list is about a certificate.
    #[error("whether a certificate is revoked is not known")]
    RevocationUnknown,
    /// The budget is used up.
    #[error("finding a way takes too long")]
    TooCostly,
}

/// A way that holds, from the certificate asked about to the trusted one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Path(Vec<Certificate>);

impl Path {
    /// The certificates in order; never empty.
    #[must_use]
    pub fn certificates(&self) -> &[Certificate] {
        &self.0
    }

    /// The certificates in order.
    #[must_use]
    pub fn into_certificates(self) -> Vec<Certificate> {
        self.0
    }
}

/// Finds a way from `leaf` to a trusted certificate and checks everything along it.
///
/// # Errors
/// [`PathError`] of the way that came farthest.
pub fn validate(leaf: &Certificate, options: &PathOptions<'_>) -> Result<Path, PathError> {
    check_leaf(leaf, options)?;
    let mut search = Search {
        options,
        signatures_left: options.budget.signatures,
        path: vec![leaf.clone()],
        farthest: None,
    };
    search.extend()?;
    Ok(Path(search.path))
}

fn check_leaf(leaf: &Certificate, options: &PathOptions<'_>) -> Result<(), PathError> {
    check_certificate(leaf, options)?;
    let usage_fits = options.key_usage == KeyUsage::NONE
        || leaf
            .key_usage()
            .is_none_or(|usage| usage.intersects(options.key_usage));
    let restricted = leaf.extension(oid::EXTENDED_KEY_USAGE).is_some();
    let purposes = leaf.extended_key_usage();
    let purpose_fits = options.extended_key_usage.is_none_or(|wanted| {
        !restricted || purposes.contains(&wanted) || purposes.contains(&oid::ANY_EXTENDED_KEY_USAGE)
    });
    if usage_fits && purpose_fits {
        Ok(())
    } else {
        Err(PathError::KeyUsage)
    }
}

/// What every certificate of a way has to be.
fn check_certificate(
    certificate: &Certificate,
    options: &PathOptions<'_>,
) -> Result<(), PathError> {
    if options.at < certificate.not_before() {
        return Err(PathError::NotYetValid(certificate.not_before()));
    }
    if options.at > certificate.not_after() {
        return Err(PathError::Expired(certificate.not_after()));
    }
    let unknown = certificate
        .extensions()
        .find(|extension| extension.critical && !UNDERSTOOD.contains(&extension.oid));
    unknown.map_or(Ok(()), |extension| {
        Err(PathError::UnknownCritical(extension.oid))
    })
}

/// Extensions that are processed here or change nothing about a way.
const UNDERSTOOD: [ObjectIdentifier; 10] = [
    oid::SUBJECT_KEY_IDENTIFIER,
    oid::KEY_USAGE,
    oid::SUBJECT_ALT_NAME,
    oid::BASIC_CONSTRAINTS,
    oid::CRL_DISTRIBUTION_POINTS,
    oid::CERTIFICATE_POLICIES,
    oid::AUTHORITY_KEY_IDENTIFIER,
    oid::EXTENDED_KEY_USAGE,
    oid::FRESHEST_CRL,
    oid::AUTHORITY_INFO_ACCESS,
];

struct Search<'a> {
    options: &'a PathOptions<'a>,
    signatures_left: u32,
    path: Vec<Certificate>,
    /// Length of the way that came farthest, and what ended it.
    farthest: Option<(usize, PathError)>,
}

impl Search<'_> {
    /// Lengthens the path until a trusted certificate ends it.
    fn extend(&mut self) -> Result<(), PathError> {
        let Some(last) = self.path.last().cloned() else {
            return Err(PathError::NoIssuer);
        };
        if self.options.trusted.contains(&last) {
            return self.check_revocation();
        }
        if self.path.len() >= self.options.budget.certificates {
            return Err(PathError::TooCostly);
        }
        for issuer in self.issuers(&last) {
            match self.step(&last, &issuer) {
                Ok(()) => return Ok(()),
                Err(PathError::TooCostly) => return Err(PathError::TooCostly),
                Err(error) => self.remember(error),
            }
        }
        Err(self
            .farthest
            .as_ref()
            .map_or(PathError::NoIssuer, |(_, error)| error.clone()))
    }

    fn step(&mut self, certificate: &Certificate, issuer: &Certificate) -> Result<(), PathError> {
        check_certificate(issuer, self.options)?;
        self.check_authority(issuer)?;
        self.check_signature(certificate, issuer)?;
        self.path.push(issuer.clone());
        let result = self.extend();
        if result.is_err() {
            self.path.pop();
        }
        result
    }

    /// Certificates that may have issued this one: trusted ones first, then those with the key that it names.
    fn issuers(&self, certificate: &Certificate) -> Vec<Certificate> {
        let named = |issuer: &Certificate| {
            certificate
                .authority_key_id()
                .is_some_and(|id| issuer.subject_key_id() == Some(id))
        };
        let mut found: Vec<Certificate> = Vec::new();
        for issuer in self
            .options
            .trusted
            .iter()
            .chain(self.options.intermediates)
        {
            let fits = same_name(issuer.subject(), certificate.issuer());
            if fits && !self.path.contains(issuer) && !found.contains(issuer) {
                found.push(issuer.clone());
            }
        }
        found.sort_by_key(|issuer| (!self.options.trusted.contains(issuer), !named(issuer)));
        found
    }

    /// Whether the issuer may have issued the last certificate of the path (RFC 5280, 6.1.4 k to n).
    fn check_authority(&self, issuer: &Certificate) -> Result<(), PathError> {
        if issuer
            .key_usage()
            .is_some_and(|usage| !usage.contains(KeyUsage::KEY_CERT_SIGN))
        {
            return Err(PathError::NotAuthority);
        }
        let Some(constraints) = issuer.basic_constraints() else {
            // Certificates of version 1 have no extensions; such a one is an authority only if somebody trusts it.
            let old_root = issuer.version() < 3 && self.options.trusted.contains(issuer);
            return if old_root {
                Ok(())
            } else {
                Err(PathError::NotAuthority)
            };
        };
        if !constraints.ca {
            return Err(PathError::NotAuthority);
        }
        let between = self
            .path
            .iter()
            .skip(1)
            .filter(|certificate| !certificate.is_self_issued())
            .count();
        let allowed = constraints
            .path_length
            .is_none_or(|length| usize::try_from(length).is_ok_and(|length| between <= length));
        if allowed {
            Ok(())
        } else {
            Err(PathError::PathLength)
        }
    }

    fn check_signature(
        &mut self,
        certificate: &Certificate,
        issuer: &Certificate,
    ) -> Result<(), PathError> {
        let algorithm = certificate.signature_algorithm()?;
        if algorithm.digest() == DigestAlgorithm::Sha1 && !self.options.legacy_algorithms {
            return Err(PathError::TooWeak);
        }
        self.spend()?;
        certificate
            .verify_signed_by(issuer.public_key())
            .map_err(|error| match error {
                VerifyError::Unsupported(unsupported) => PathError::Unsupported(unsupported),
                VerifyError::WrongKey | VerifyError::Invalid | _ => PathError::Signature,
            })
    }

    fn spend(&mut self) -> Result<(), PathError> {
        self.signatures_left = self
            .signatures_left
            .checked_sub(1)
            .ok_or(PathError::TooCostly)?;
        Ok(())
    }

    fn remember(&mut self, error: PathError) {
        let length = self.path.len();
        if self
            .farthest
            .as_ref()
            .is_none_or(|(farthest, _)| *farthest < length)
        {
            self.farthest = Some((length, error));
        }
    }
}
