//! Whether a key that speaks for an authority was revoked, as lists say that somebody brought along. They are of today and
//! what the key signed is of long ago, so that it is not asked what a verifier of that day would have seen.

use std::path::PathBuf;

use anyhow::Context as _;
use tanba_pki::Certificate;
use tanba_pki::Timestamp;
use tanba_pki::crl::{Crl, Reason};

/// Lists that were given.
#[derive(Debug, Default)]
pub(crate) struct Lists(Vec<Crl>);

/// What lists say of a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// No list tells of it.
    Uncovered,
    /// It was not revoked as long as it lived, or is not yet.
    Counts,
    /// It was revoked.
    Revoked {
        /// Since when.
        at: Timestamp,
        /// Whether somebody else may have the key: then nothing proves when it signed.
        is_compromised: bool,
    },
}

/// What lists say of a key and of the authorities above it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Worth {
    /// Since when it counts no more.
    pub(crate) until: Option<Timestamp>,
    pub(crate) is_compromised: bool,
}

impl Lists {
    /// Reads lists from files (PEM or DER).
    ///
    /// # Errors
    /// When one of them is none.
    pub(crate) fn read(paths: &[PathBuf]) -> anyhow::Result<Self> {
        let read = |path: &PathBuf| -> anyhow::Result<Crl> {
            let octets = std::fs::read(path)
                .with_context(|| format!("the file {} cannot be read", path.display()))?;
            Crl::from_der_or_pem(&octets)
                .with_context(|| format!("{} is not a revocation list", path.display()))
        };
        let mut lists = paths.iter().map(read).collect::<anyhow::Result<Vec<_>>>()?;
        lists.sort_by_cached_key(|list| {
            let number = list.number().map(<[u8]>::to_vec);
            (
                list.this_update(),
                number.map(|octets| (octets.len(), octets)),
            )
        });
        Ok(Self(lists))
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// When the oldest of them was made.
    pub(crate) fn since(&self) -> Option<Timestamp> {
        self.0.first().map(Crl::this_update)
    }

    /// What they say of a way from a key to what is trusted, which itself stands in no list.
    ///
    /// # Errors
    /// A sentence, when no list tells of one of the certificates.
    pub(crate) fn of_way(&self, way: &[Certificate]) -> Result<Worth, String> {
        let mut worth = Worth::default();
        for pair in way.windows(2) {
            let [certificate, issuer] = pair else {
                continue;
            };
            match self.of(certificate, issuer) {
                Standing::Counts => {}
                Standing::Uncovered => {
                    return Err(format!(
                        "no list that was given tells whether {} (serial number {}) was revoked: give one of {} that was made \
                         while it was valid or later",
                        certificate.subject().rfc4514(),
                        certificate.serial_hex(),
                        issuer.subject().rfc4514()
                    ));
                }
                Standing::Revoked { at, is_compromised } => {
                    worth.until = Some(worth.until.map_or(at, |until| until.min(at)));
                    worth.is_compromised |= is_compromised;
                }
            }
        }
        Ok(worth)
    }

    fn of(&self, certificate: &Certificate, issuer: &Certificate) -> Standing {
        let mut standing = Standing::Uncovered;
        for list in self
            .0
            .iter()
            .filter(|list| is_of(list, certificate, issuer))
        {
            match list.find(certificate.serial_bytes()) {
                Some(entry) if entry.reason == Reason::RemoveFromCrl => standing = Standing::Counts,
                Some(entry) => {
                    standing = Standing::Revoked {
                        at: entry.at,
                        is_compromised: matches!(
                            entry.reason,
                            Reason::KeyCompromise | Reason::CaCompromise | Reason::AaCompromise
                        ),
                    };
                }
                // A delta names what changed; what has ended is left out of lists that are made later.
                None if list.is_delta() || list.this_update() > certificate.not_after() => {
                    if standing == Standing::Uncovered && !list.is_delta() {
                        standing = Standing::Counts;
                    }
                }
                None => standing = Standing::Counts,
            }
        }
        standing
    }
}

/// Whether a list is the authority's, and one in which this certificate would stand.
fn is_of(list: &Crl, certificate: &Certificate, issuer: &Certificate) -> bool {
    let points = certificate.crl_distribution_points();
    let is_in_scope = list.scope().is_none_or(|scope| {
        let is_kind = if certificate.is_ca() {
            !scope.only_user_certificates
        } else {
            !scope.only_authority_certificates
        };
        let is_here = (scope.urls.is_empty() && !scope.other_name)
            || scope.urls.iter().any(|url| points.contains(url));
        is_kind && is_here && !scope.only_attribute_certificates && !scope.only_some_reasons
    });
    is_in_scope && list.issuer() == issuer.subject() && list.verify(issuer.public_key()).is_ok()
}
