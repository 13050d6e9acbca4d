//! Revocation by lists (RFC 5280, 6.3).

use tanba_crypto::DigestAlgorithm;

use super::name::same_name;
use super::{PathError, Revocation, Search};
use crate::crl::{Crl, IssuingDistributionPoint, Reason};
use crate::{Certificate, KeyUsage};

impl<'a> Search<'a> {
    /// Looks up each certificate of the path but the trusted one.
    pub(super) fn check_revocation(&mut self) -> Result<(), PathError> {
        if self.options.revocation == Revocation::Ignored {
            return Ok(());
        }
        let path = self.path.clone();
        let (_, above) = path.split_at_checked(1).unwrap_or_default();
        for (certificate, issuer) in path.iter().zip(above) {
            // The issuer's key may have been renewed: its other keys on this path sign lists as well.
            let others = above
                .iter()
                .filter(|other| *other != issuer && same_name(other.subject(), issuer.subject()));
            let signers: Vec<&Certificate> = std::iter::once(issuer)
                .chain(others)
                .filter(|signer| may_sign_lists(signer))
                .collect();
            self.look_up(certificate, &signers)?;
        }
        Ok(())
    }

    fn look_up(
        &mut self,
        certificate: &Certificate,
        signers: &[&Certificate],
    ) -> Result<(), PathError> {
        let complete = self.newest(certificate, signers, |list| !list.is_delta())?;
        let Some(complete) = complete else {
            return match self.options.revocation {
                Revocation::Required => Err(PathError::RevocationUnknown),
                Revocation::Ignored | Revocation::IfListed => Ok(()),
            };
        };
        let delta = self.newest(certificate, signers, |list| builds_on(list, complete))?;
        let serial = certificate.serial_bytes();
        let entry = delta
            .and_then(|delta| delta.find(serial))
            .or_else(|| complete.find(serial));
        match entry {
            Some(entry) if entry.reason != Reason::RemoveFromCrl => Err(PathError::Revoked {
                at: entry.at,
                reason: entry.reason,
            }),
            _ => Ok(()),
        }
    }

    /// The newest current list about the certificate that one of these signed.
    fn newest(
        &mut self,
        certificate: &Certificate,
        signers: &[&Certificate],
        wanted: impl Fn(&Crl) -> bool,
    ) -> Result<Option<&'a Crl>, PathError> {
        let mut lists: Vec<&Crl> = self
            .options
            .crls
            .iter()
            .filter(|list| wanted(list) && self.is_usable(list))
            .filter(|list| same_name(list.issuer(), certificate.issuer()))
            .filter(|list| is_about(list.scope(), certificate))
            .collect();
        lists.sort_by_key(|list| std::cmp::Reverse(list.this_update()));
        for list in lists {
            for signer in signers {
                self.spend()?;
                if list.verify(signer.public_key()).is_ok() {
                    return Ok(Some(list));
                }
            }
        }
        Ok(None)
    }

    fn is_usable(&self, list: &Crl) -> bool {
        let at = self.options.at;
        let current = list.this_update() <= at && list.next_update().is_none_or(|next| at <= next);
        let strong = self.options.legacy_algorithms
            || list
                .signature_algorithm()
                .is_ok_and(|algorithm| algorithm.digest() != DigestAlgorithm::Sha1);
        current && strong
    }
}

fn may_sign_lists(certificate: &Certificate) -> bool {
    certificate
        .key_usage()
        .is_none_or(|usage| usage.contains(KeyUsage::CRL_SIGN))
}

/// Whether a list with this scope answers for the certificate for all reasons (RFC 5280, 6.3.3 b 2).
fn is_about(scope: Option<&IssuingDistributionPoint>, certificate: &Certificate) -> bool {
    let Some(scope) = scope else { return true };
    let authority = certificate.is_ca();
    if scope.indirect
        || scope.only_some_reasons
        || scope.only_attribute_certificates
        || (scope.only_user_certificates && authority)
        || (scope.only_authority_certificates && !authority)
    {
        return false;
    }
    let anywhere = scope.urls.is_empty() && !scope.other_name;
    let points = certificate.crl_distribution_points();
    anywhere || scope.urls.iter().any(|url| points.contains(url))
}

/// Whether a delta brings this complete list up to date (RFC 5280, 5.2.4).
fn builds_on(list: &Crl, complete: &Crl) -> bool {
    let (Some(base), Some(number), Some(delta)) =
        (list.base_number(), complete.number(), list.number())
    else {
        return false;
    };
    at_most(base, number) && at_most(number, delta) && list.scope() == complete.scope()
}

/// Compares numbers without leading zeros.
fn at_most(small: &[u8], large: &[u8]) -> bool {
    (small.len(), small) <= (large.len(), large)
}
