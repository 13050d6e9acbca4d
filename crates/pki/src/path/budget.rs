//! What a judgement may cost.

use super::PathError;

/// How much work a judgement may be; whoever sends certificates decides how hard they are to judge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    /// Signatures verified.
    pub signatures: u32,
    /// Certificates from the first to the trusted one, both counted.
    pub certificates: usize,
    /// Names compared with constraints.
    pub names: usize,
    /// Policies and mappings of policies handled.
    pub policies: usize,
}

impl Budget {
    /// Far more than honest certificates need, and milliseconds for us.
    pub const DEFAULT: Self = Self {
        signatures: 200,
        certificates: 16,
        names: 100_000,
        policies: 10_000,
    };
}

/// What was used up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resource {
    /// Verified signatures.
    Signatures,
    /// Certificates on one way.
    Depth,
    /// Names compared with constraints.
    Names,
    /// Policies.
    Policies,
}

impl std::fmt::Display for Resource {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let most = Budget::DEFAULT;
        let (what, most) = match self {
            Self::Signatures => ("signatures", most.signatures.to_string()),
            Self::Depth => ("certificates on one way", most.certificates.to_string()),
            Self::Names => ("names", most.names.to_string()),
            Self::Policies => ("policies", most.policies.to_string()),
        };
        write!(formatter, "{what} (by default {most} at most)")
    }
}

/// What is left of a budget.
#[derive(Debug)]
pub(super) struct Spent(Budget);

impl Spent {
    pub(super) const fn new(budget: Budget) -> Self {
        Self(budget)
    }

    pub(super) fn spend(&mut self, resource: Resource, amount: usize) -> Result<(), PathError> {
        let error = PathError::TooCostly(resource);
        let left = match resource {
            Resource::Signatures => {
                let left = u32::try_from(amount)
                    .ok()
                    .and_then(|amount| self.0.signatures.checked_sub(amount));
                self.0.signatures = left.ok_or(error)?;
                return Ok(());
            }
            Resource::Depth => return Ok(()),
            Resource::Names => &mut self.0.names,
            Resource::Policies => &mut self.0.policies,
        };
        *left = left.checked_sub(amount).ok_or(error)?;
        Ok(())
    }
}
