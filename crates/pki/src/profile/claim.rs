//! What a profile says about standards for certificates of natural persons.

use serde::Deserialize;

use crate::lint::{RULES, Rule};

/// A standard that a profile can claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub enum Standard {
    /// ETSI EN 319 412-1: how a person's identifier is written.
    #[serde(rename = "etsi-en-319-412-1")]
    PersonIdentifier,
    /// ETSI EN 319 412-2: certificates of natural persons.
    #[serde(rename = "etsi-en-319-412-2")]
    NaturalPerson,
}

impl Standard {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::PersonIdentifier, Self::NaturalPerson];

    /// Its name, as [`Rule::standard`] has it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::PersonIdentifier => "ETSI EN 319 412-1",
            Self::NaturalPerson => "ETSI EN 319 412-2",
        }
    }
}

/// That certificates by a profile follow a standard.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Claim {
    /// Which one.
    pub standard: Standard,
    /// Clauses that are not claimed, such as `4.3.3`.
    #[serde(default)]
    pub except: Vec<String>,
}

impl Claim {
    /// Whether certificates have to keep the rule because of this claim.
    #[must_use]
    pub fn includes(&self, rule: &Rule) -> bool {
        let excepted = || self.except.iter().any(|clause| clause == rule.clause());
        rule.standard == self.standard.name() && !excepted()
    }

    /// An exception from a clause that no rule comes from: a slip of the pen.
    pub(super) fn unknown_exception(&self) -> Option<&str> {
        let known = |clause: &str| {
            RULES
                .iter()
                .any(|rule| rule.standard == self.standard.name() && rule.clause() == clause)
        };
        let mut unknown = self.except.iter().filter(|clause| !known(clause));
        unknown.next().map(String::as_str)
    }
}
