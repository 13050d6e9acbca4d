//! Finds ways among certificates that anybody may have sent.

use tanba_crypto::{DigestAlgorithm, ObjectIdentifier, VerifyError};

use super::basics::{check_authority, check_certificate};
use super::budget::{Resource, Spent};
use super::name::FoldedName;
use super::{Path, PathError, PathOptions, Refusal};
use crate::Certificate;

/// Depth first, trusted certificates before others, and those with the key that is named before the rest.
pub(super) struct Search<'a> {
    pub(super) options: &'a PathOptions<'a>,
    pub(super) pool: Vec<Candidate<'a>>,
    pub(super) spent: Spent,
}

/// A certificate that may lie on a way, with its subject prepared for comparison.
pub(super) struct Candidate<'a> {
    pub(super) certificate: &'a Certificate,
    pub(super) name: FoldedName,
    trusted: bool,
}

/// Where a way has to lead.
#[derive(Clone, Copy)]
pub(super) struct Goal<'g> {
    /// For the signer of a list: the end of the way that the list is about (RFC 5280, 6.3.3, f).
    pub(super) anchor: Option<&'g Certificate>,
    /// How many lists are being judged on the way to this one.
    pub(super) depth: u8,
}

/// The error of the way that came farthest, with the length of that way.
#[derive(Default)]
struct Farthest(Option<(usize, Refusal)>);

impl Farthest {
    fn remember(&mut self, length: usize, refusal: Refusal) {
        if self
            .0
            .as_ref()
            .is_none_or(|(farthest, _)| *farthest < length)
        {
            self.0 = Some((length, refusal));
        }
    }
}

impl<'a> Search<'a> {
    pub(super) fn new(options: &'a PathOptions<'a>) -> Self {
        let mut pool: Vec<Candidate<'a>> = Vec::new();
        for certificate in options.trusted.iter().chain(options.intermediates) {
            if !pool.iter().any(|known| known.certificate == certificate) {
                pool.push(Candidate {
                    certificate,
                    name: FoldedName::of(certificate.subject()),
                    trusted: options.trusted.contains(certificate),
                });
            }
        }
        Self {
            options,
            pool,
            spent: Spent::new(options.budget),
        }
    }

    pub(super) fn run(mut self, leaf: &Certificate) -> Result<Path, Refusal> {
        let goal = Goal {
            anchor: None,
            depth: 0,
        };
        self.find(leaf, goal)
    }

    /// A way from the certificate to the goal.
    pub(super) fn find(&mut self, leaf: &Certificate, goal: Goal<'_>) -> Result<Path, Refusal> {
        let mut path = vec![leaf.clone()];
        let mut farthest = Farthest::default();
        match self.extend(&mut path, goal, &mut farthest)? {
            Some(policies) => Ok(Path {
                certificates: path,
                policies,
            }),
            None => Err(farthest.0.map_or_else(
                || Refusal::new(PathError::NoIssuer, leaf),
                |(_, refusal)| refusal,
            )),
        }
    }

    /// Lengthens the path until a trusted certificate ends it; gives the policies of a way that holds, `None` when there
    /// is no such way, and an error when nothing may be tried any more.
    fn extend(
        &mut self,
        path: &mut Vec<Certificate>,
        goal: Goal<'_>,
        farthest: &mut Farthest,
    ) -> Result<Option<Vec<ObjectIdentifier>>, Refusal> {
        let Some(last) = path.last().cloned() else {
            return Ok(None);
        };
        if self.options.trusted.contains(&last) {
            if goal.anchor.is_some_and(|anchor| *anchor != last) {
                return Ok(None);
            }
            return match self.walk(path, goal) {
                Ok(policies) => Ok(Some(policies)),
                Err(refusal) => note(refusal, path.len(), farthest).map(|()| None),
            };
        }
        if path.len() >= self.options.budget.certificates {
            let error = PathError::TooCostly(Resource::Depth);
            farthest.remember(path.len(), Refusal::new(error, &last));
            return Ok(None);
        }
        for issuer in self.issuers(&last, path) {
            if let Err(refusal) = self.check_step(&last, issuer, path) {
                note(refusal, path.len(), farthest)?;
                continue;
            }
            path.push(issuer.clone());
            if let Some(policies) = self.extend(path, goal, farthest)? {
                return Ok(Some(policies));
            }
            path.pop();
        }
        Ok(None)
    }

    /// Whether the issuer may have issued the last certificate, and did.
    fn check_step(
        &mut self,
        last: &Certificate,
        issuer: &Certificate,
        path: &[Certificate],
    ) -> Result<(), Refusal> {
        check_certificate(issuer, self.options)
            .and_then(|()| check_authority(issuer, path, self.options))
            .map_err(|error| Refusal::new(error, issuer))?;
        self.check_signature(last, issuer)
            .map_err(|error| Refusal::new(error, last))
    }

    /// Certificates that may have issued this one. No way leads through the same key of the same authority twice.
    fn issuers(&self, certificate: &Certificate, path: &[Certificate]) -> Vec<&'a Certificate> {
        let wanted = FoldedName::of(certificate.issuer());
        let on_path = |candidate: &Certificate| {
            path.iter().any(|passed| {
                passed.public_key() == candidate.public_key()
                    && passed.subject() == candidate.subject()
            })
        };
        let named = |issuer: &Certificate| {
            certificate
                .authority_key_id()
                .is_some_and(|id| issuer.subject_key_id() == Some(id))
        };
        let mut found: Vec<&Candidate<'a>> = self
            .pool
            .iter()
            .filter(|candidate| candidate.name == wanted && !on_path(candidate.certificate))
            .collect();
        found.sort_by_key(|candidate| (!candidate.trusted, !named(candidate.certificate)));
        found
            .into_iter()
            .map(|candidate| candidate.certificate)
            .collect()
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
        self.spent.spend(Resource::Signatures, 1)?;
        certificate
            .verify_signed_by(issuer.public_key())
            .map_err(|error| match error {
                VerifyError::Unsupported(unsupported) => PathError::Unsupported(unsupported),
                VerifyError::WrongKey | VerifyError::Invalid | _ => PathError::Signature,
            })
    }
}

/// Keeps the error of one way; what ends every way is given back.
fn note(refusal: Refusal, length: usize, farthest: &mut Farthest) -> Result<(), Refusal> {
    if matches!(refusal.error, PathError::TooCostly(_)) {
        return Err(refusal);
    }
    farthest.remember(length, refusal);
    Ok(())
}
