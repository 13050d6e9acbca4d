//! Revocation by lists (RFC 5280, 6.3).

mod point;

use point::{ALL_REASONS, Point};
use tanba_crypto::DigestAlgorithm;

use super::basics::check_certificate;
use super::budget::Resource;
use super::name::{FoldedName, same_name};
use super::search::{Goal, Search};
use super::{PathError, Refusal, Revocation, Rules};
use crate::crl::{Crl, Reason, RevokedCertificate};
use crate::{Certificate, KeyUsage};

/// How many signers of lists may have to be judged by lists of other signers, one after the other.
const DEEPEST: u8 = 2;

/// A certificate, those above it, and how deep in judging signers we are.
#[derive(Clone, Copy)]
struct Subject<'s> {
    certificate: &'s Certificate,
    above: &'s [Certificate],
    depth: u8,
}

impl<'a> Search<'a> {
    /// Looks up each certificate of the path but the trusted one.
    pub(super) fn check_revocation(
        &mut self,
        path: &[Certificate],
        goal: Goal<'_>,
    ) -> Result<(), Refusal> {
        let mut rest = path;
        while let Some((certificate, above)) = rest.split_first() {
            if !above.is_empty() {
                let subject = Subject {
                    certificate,
                    above,
                    depth: goal.depth,
                };
                self.look_up(subject)
                    .map_err(|error| Refusal::new(error, certificate))?;
            }
            rest = above;
        }
        Ok(())
    }

    /// Goes through the points of the certificate, and at last through the lists of its issuer, until every reason is
    /// covered.
    fn look_up(&mut self, subject: Subject<'_>) -> Result<(), PathError> {
        let mut points = Point::of(subject.certificate)?;
        points.push(Point::implied(subject.certificate));
        let mut covered = 0;
        // What the issuer said since is not known where its list cannot be checked: an older one does not stand in for it.
        let mut unread = false;
        for point in &points {
            for list in self.lists(|list| !list.is_delta()) {
                let reasons = point.reasons_of(list);
                if reasons & !covered == 0 || !point.is_served_by(list, subject.certificate)? {
                    continue;
                }
                if !self.can_be_checked(list) {
                    unread = true;
                    continue;
                }
                let Some(signer) = self.signer(list, subject)? else {
                    continue;
                };
                unread |= self.check_entry(list, &signer, subject.certificate)?;
                covered |= reasons;
                if covered == ALL_REASONS && !unread {
                    return Ok(());
                }
            }
        }
        if unread {
            return Err(PathError::RevocationUnknown);
        }
        match self.options.revocation {
            Revocation::Required => Err(PathError::RevocationUnknown),
            Revocation::Ignored | Revocation::IfListed => Ok(()),
        }
    }

    /// Current lists, the newest first; of those of one second the one with the higher number, then what can be checked.
    fn lists(&self, wanted: impl Fn(&Crl) -> bool) -> Vec<&'a Crl> {
        let mut lists: Vec<&Crl> = self
            .options
            .crls
            .iter()
            .filter(|list| wanted(list) && self.is_usable(list))
            .collect();
        lists.sort_by_key(|list| {
            // Numbers have no leading zeros.
            let number = list.number().map(|octets| (octets.len(), octets));
            std::cmp::Reverse((list.this_update(), number, self.can_be_checked(list)))
        });
        lists
    }

    fn is_usable(&self, list: &Crl) -> bool {
        let at = self.options.at;
        // A list that does not say when the next one comes could be of any age (RFC 5280, 5.1.2.5).
        let current = list.this_update() <= at && list.next_update().is_some_and(|next| at <= next);
        let by_the_rules = match self.options.rules {
            Rules::Paths => true,
            Rules::Certificates => list.departure().is_none(),
            Rules::WebServers => list.departure().is_none() && is_for_web_servers(list),
        };
        current && by_the_rules
    }

    /// Whether the signature is of a kind that is known and believed.
    fn can_be_checked(&self, list: &Crl) -> bool {
        list.signature_algorithm().is_ok_and(|algorithm| {
            self.options.legacy_algorithms || algorithm.digest() != DigestAlgorithm::Sha1
        })
    }

    /// Refuses a certificate that the list, brought up to date by the newest delta, names. Whether there is a newer delta that
    /// cannot be checked.
    fn check_entry(
        &mut self,
        list: &Crl,
        signer: &Certificate,
        certificate: &Certificate,
    ) -> Result<bool, PathError> {
        let mut entry = find(list, certificate);
        let mut unread = false;
        for delta in self.lists(|delta| builds_on(delta, list)) {
            if !self.can_be_checked(delta) {
                unread = true;
            } else if self.is_signed(delta, signer)? {
                entry = find(delta, certificate).or(entry);
                break;
            }
        }
        match entry {
            Some(entry) if entry.reason != Reason::RemoveFromCrl => Err(PathError::Revoked {
                at: entry.at,
                reason: entry.reason,
            }),
            _ => Ok(unread),
        }
    }

    /// Who signed the list and may do so for this certificate (RFC 5280, 6.3.3, f and g).
    fn signer(
        &mut self,
        list: &Crl,
        subject: Subject<'_>,
    ) -> Result<Option<Certificate>, PathError> {
        let name = FoldedName::of(list.issuer());
        // The issuer's key may have been renewed: its other keys on this path sign lists as well.
        for candidate in subject.above {
            let fits = same_name(candidate.subject(), list.issuer()) && may_sign_lists(candidate);
            if fits && self.is_signed(list, candidate)? {
                return Ok(Some(candidate.clone()));
            }
        }
        let others: Vec<&Certificate> = self
            .pool
            .iter()
            .filter(|candidate| candidate.name == name)
            .map(|candidate| candidate.certificate)
            .filter(|candidate| !subject.above.contains(candidate) && may_sign_lists(candidate))
            .collect();
        for candidate in others {
            // The status of a list's signer may stand in its own list, if its certificate points there: the way to it is
            // being judged right now.
            let itself = subject.depth > 0 && candidate == subject.certificate;
            if self.is_signed(list, candidate)?
                && (itself || self.is_believed(candidate, subject)?)
            {
                return Ok(Some(candidate.clone()));
            }
        }
        Ok(None)
    }

    /// Whether a way leads from the signer of a list to the end of the way that is judged.
    fn is_believed(
        &mut self,
        signer: &Certificate,
        subject: Subject<'_>,
    ) -> Result<bool, PathError> {
        if subject.depth >= DEEPEST || check_certificate(signer, self.options).is_err() {
            return Ok(false);
        }
        let goal = Goal {
            anchor: subject.above.last(),
            depth: subject.depth.saturating_add(1),
        };
        match self.find(signer, goal) {
            Ok(_) => Ok(true),
            Err(Refusal {
                error: error @ PathError::TooCostly(resource),
                ..
            }) if resource != Resource::Depth => Err(error),
            Err(_) => Ok(false),
        }
    }

    fn is_signed(&mut self, list: &Crl, signer: &Certificate) -> Result<bool, PathError> {
        self.spent.spend(Resource::Signatures, 1)?;
        Ok(list.verify(signer.public_key()).is_ok())
    }
}

/// Baseline Requirements, 7.2.2.1: no indirect lists, and points that are named by URI alone.
fn is_for_web_servers(list: &Crl) -> bool {
    list.scope()
        .is_none_or(|scope| !scope.indirect && !scope.other_name)
}

fn may_sign_lists(certificate: &Certificate) -> bool {
    certificate
        .key_usage()
        .is_none_or(|usage| usage.contains(KeyUsage::CRL_SIGN))
}

/// The entry about the certificate: its serial under the name of its issuer.
fn find<'l>(list: &'l Crl, certificate: &Certificate) -> Option<RevokedCertificate<'l>> {
    let serial = certificate.serial_bytes();
    let own = || {
        same_name(list.issuer(), certificate.issuer())
            .then(|| list.find(serial))
            .flatten()
    };
    let mut foreign = list.find_foreign(serial);
    foreign
        .find(|(issuer, _)| same_name(issuer, certificate.issuer()))
        .map(|(_, entry)| entry)
        .or_else(own)
}

/// Whether a delta brings this complete list up to date (RFC 5280, 5.2.4).
fn builds_on(list: &Crl, complete: &Crl) -> bool {
    let (Some(base), Some(number), Some(delta)) =
        (list.base_number(), complete.number(), list.number())
    else {
        return false;
    };
    at_most(base, number)
        && at_most(number, delta)
        && list.scope() == complete.scope()
        && same_name(list.issuer(), complete.issuer())
}

/// Compares numbers without leading zeros.
fn at_most(small: &[u8], large: &[u8]) -> bool {
    (small.len(), small) <= (large.len(), large)
}
