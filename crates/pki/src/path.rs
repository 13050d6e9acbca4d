//! The way from a certificate to one that is believed (RFC 5280, 6).
//!
//! Everything of section 6 is processed: signatures, names, validity, basic constraints with path lengths, key usage,
//! name constraints, policies with mappings and inhibitions (by the graph of RFC 9618), unknown critical extensions,
//! revocation by complete, delta and indirect lists with distribution points and reasons. What certificates have to
//! look like beyond that is asked by [`Rules`].
//!
//! Start reading at [`judge`]; `search` finds the ways, `walk` judges each from the trusted certificate down.

mod basics;
mod budget;
mod constraint;
mod error;
mod general_name;
pub(crate) mod name;
mod peer_name;
mod policy;
mod revocation;
mod rules;
mod search;
mod syntax;
mod walk;

use tanba_crypto::ObjectIdentifier;

use crate::crl::Crl;
use crate::{Certificate, KeyUsage, Timestamp};

pub use budget::{Budget, Resource};
pub use error::{PathError, Refusal};
pub use peer_name::{PeerName, PeerNameError};
pub use policy::PolicyOptions;

/// With what a certificate is judged.
#[derive(Clone, Copy, Debug)]
pub struct PathOptions<'a> {
    /// Certificates that are believed as they are, self-signed or not; their own constraints count.
    pub trusted: &'a [Certificate],
    /// Certificates that may lie between, or may have signed a list.
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
    /// Whether the purposes of an authority bound those below it: where both name some, one must be common to both. RFC 5280
    /// knows no such rule; without it nothing keeps whoever was cross-certified from making a seal or a server's certificate.
    pub nested_purposes: bool,
    /// Names that the certificate must all have.
    pub names: &'a [PeerName],
    /// What is asked of policies.
    pub policies: PolicyOptions<'a>,
    /// What certificates and lists have to look like.
    pub rules: Rules,
    /// What a hostile set of certificates may cost.
    pub budget: Budget,
}

impl<'a> PathOptions<'a> {
    /// Modern algorithms, no revocation, no demands on key usage, names and policies.
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
            nested_purposes: false,
            names: &[],
            policies: PolicyOptions {
                acceptable: &[],
                explicit: false,
                inhibit_mapping: false,
                inhibit_any: false,
            },
            rules: Rules::Paths,
            budget: Budget::DEFAULT,
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
    /// There must be current lists about each certificate, for all reasons.
    Required,
}

/// What certificates and lists have to look like; each asks what the one before asks, and more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rules {
    /// What validation itself needs (RFC 5280, 6).
    Paths,
    /// What those who issue must keep (RFC 5280, 4 and 5).
    Certificates,
    /// What web servers' certificates must keep (Baseline Requirements of the CA/Browser Forum, 7.1 and 7.2). Where the
    /// two contradict each other, the stricter one counts.
    WebServers,
}

/// A way that holds, from the certificate asked about to the trusted one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Path {
    certificates: Vec<Certificate>,
    policies: Vec<ObjectIdentifier>,
}

impl Path {
    /// The certificates in order; never empty.
    #[must_use]
    pub fn certificates(&self) -> &[Certificate] {
        &self.certificates
    }

    /// The certificates in order.
    #[must_use]
    pub fn into_certificates(self) -> Vec<Certificate> {
        self.certificates
    }

    /// The acceptable policies for which the way is valid, in the words of the trusted authority; anyPolicy when it is
    /// valid for each. Empty is none.
    #[must_use]
    pub fn policies(&self) -> &[ObjectIdentifier] {
        &self.policies
    }
}

/// Finds a way from `leaf` to a trusted certificate and checks everything along it.
///
/// # Errors
/// [`PathError`] of the way that came farthest.
pub fn validate(leaf: &Certificate, options: &PathOptions<'_>) -> Result<Path, PathError> {
    judge(leaf, options).map_err(|refusal| refusal.error)
}

/// As [`validate`], and says which certificate an error is about.
///
/// # Errors
/// [`Refusal`] of the way that came farthest.
pub fn judge(leaf: &Certificate, options: &PathOptions<'_>) -> Result<Path, Refusal> {
    basics::check_leaf(leaf, options).map_err(|error| Refusal::new(error, leaf))?;
    search::Search::new(options).run(leaf)
}
