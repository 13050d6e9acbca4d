//! Judges one way from the trusted certificate down (RFC 5280, 6.1).

use tanba_crypto::ObjectIdentifier;

use super::constraint::Constraints;
use super::policy::{Policies, is_self_issued};
use super::search::{Goal, Search};
use super::{PathError, PolicyOptions, Refusal, Revocation, rules};
use crate::Certificate;

impl Search<'_> {
    /// Checks what depends on the whole way; signatures, validity and authority were checked on the way up.
    pub(super) fn walk(
        &mut self,
        path: &[Certificate],
        goal: Goal<'_>,
    ) -> Result<Vec<ObjectIdentifier>, Refusal> {
        let policies = self.walk_down(path, goal)?;
        if goal.depth == 0 {
            rules::check(path, self.options.rules)?;
        }
        if self.options.revocation != Revocation::Ignored {
            self.check_revocation(path, goal)?;
        }
        Ok(policies)
    }

    fn walk_down(
        &mut self,
        path: &[Certificate],
        goal: Goal<'_>,
    ) -> Result<Vec<ObjectIdentifier>, Refusal> {
        let Some((anchor, below)) = path.split_last() else {
            return Ok(Vec::new());
        };
        let asked = if goal.depth == 0 {
            self.options.policies
        } else {
            PolicyOptions::default()
        };
        let mut constraints = Constraints::default();
        let mut policies = Policies::new(&asked, below.len());
        constraints
            .add(anchor)
            .and_then(|()| policies.start(anchor))
            .map_err(|error| Refusal::new(error, anchor))?;
        for (position, certificate) in below.iter().enumerate().rev() {
            let last = position == 0;
            self.take(certificate, last, &mut constraints, &mut policies)
                .map_err(|error| Refusal::new(error, certificate))?;
        }
        let leaf = path.first().unwrap_or(anchor);
        policies
            .finish(leaf)
            .map_err(|error| Refusal::new(error, leaf))
    }

    fn take(
        &mut self,
        certificate: &Certificate,
        last: bool,
        constraints: &mut Constraints,
        policies: &mut Policies<'_>,
    ) -> Result<(), PathError> {
        if last || !is_self_issued(certificate) {
            constraints.check(certificate, &mut self.spent)?;
        }
        policies.take(certificate, last, &mut self.spent)?;
        if !last {
            constraints.add(certificate)?;
            policies.prepare(certificate, &mut self.spent)?;
        }
        Ok(())
    }
}
