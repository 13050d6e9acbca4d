//! People who work for the authority: roles, and what each may do.

use std::fmt;

use serde::{Deserialize, Serialize};
use tanba_pki::{Certificate, Timestamp};

use crate::id::{PersonId, StaffId};

/// What somebody is at the authority. Stored and sent: [`Role::name`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Compares people with their documents at a registration centre, and decides.
    Operator,
    /// An operator who may be asked for as the second one.
    SeniorOperator,
    /// Looks after the authority; reads everything, decides about nobody.
    Administrator,
    /// Reads everything, changes nothing.
    Auditor,
}

/// Something that is done at the desk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Right {
    /// Reading applications, people and certificates.
    Read,
    /// Deciding applications and acting for people of the own centre.
    Decide,
    /// Searching the audit log.
    Audit,
    /// Reading what the authority itself is made of: issuers, profiles, lists, queues.
    Inspect,
    /// Stopping and starting what the authority issues.
    Administer,
    /// Seeing which messages nobody took, without a word of what they say; an operator sees those about applications of
    /// the own centre.
    Messages,
    /// Sending such messages again, or laying them to rest; also seeing those of all centres.
    Settle,
}

impl Role {
    /// All roles.
    pub const ALL: [Self; 4] = [
        Self::Operator,
        Self::SeniorOperator,
        Self::Administrator,
        Self::Auditor,
    ];

    /// The name that is stored and sent.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Operator => "operator",
            Self::SeniorOperator => "senior-operator",
            Self::Administrator => "administrator",
            Self::Auditor => "auditor",
        }
    }

    /// The role of a name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name() == name)
    }

    /// Whether somebody in this role may do that.
    #[must_use]
    pub const fn may(self, right: Right) -> bool {
        match right {
            Right::Read | Right::Messages => true,
            Right::Decide => matches!(self, Self::Operator | Self::SeniorOperator),
            Right::Audit | Right::Inspect => matches!(self, Self::Administrator | Self::Auditor),
            Right::Administer => matches!(self, Self::Administrator),
            Right::Settle => matches!(self, Self::SeniorOperator | Self::Administrator),
        }
    }

    /// Whether somebody in this role belongs to a registration centre and sees nothing of the others.
    #[must_use]
    pub const fn has_centre(self) -> bool {
        matches!(self, Self::Operator | Self::SeniorOperator)
    }

    /// The role of a person whom the table calls `self` and whose certificate says `certificate`: the lower of the two;
    /// `None` where neither is lower, because one decides and the other administers. An auditor's role needs no more than
    /// any certificate of staff.
    #[must_use]
    pub const fn limited_by(self, certificate: Self) -> Option<Self> {
        match (self, certificate) {
            (Self::SeniorOperator, Self::SeniorOperator) => Some(Self::SeniorOperator),
            (Self::Operator, Self::Operator | Self::SeniorOperator)
            | (Self::SeniorOperator, Self::Operator) => Some(Self::Operator),
            (Self::Administrator, Self::Administrator) => Some(Self::Administrator),
            (Self::Auditor, _) | (Self::Administrator, Self::Auditor) => Some(Self::Auditor),
            (Self::Operator | Self::SeniorOperator, Self::Administrator | Self::Auditor)
            | (Self::Administrator, Self::Operator | Self::SeniorOperator) => None,
        }
    }

    /// The role that a certificate speaks of by its extended key usage; `None` for everybody else's certificates. Of
    /// several the first one of [`Role::ALL`] counts.
    #[must_use]
    pub fn of_certificate(certificate: &Certificate) -> Option<Self> {
        let usages = certificate.extended_key_usage();
        Self::ALL.into_iter().find(|role| {
            usages
                .iter()
                .any(|usage| role.oids().contains(&usage.to_string().as_str()))
        })
    }

    /// The extended key usages of the role, dotted: the national one where there is one, and that of the neutral profiles,
    /// under the number for documentation of RFC 5612.
    #[must_use]
    pub const fn oids(self) -> &'static [&'static str] {
        match self {
            Self::Operator => &["1.2.398.3.3.4.2.3", "1.3.6.1.4.1.32473.4.3"],
            Self::SeniorOperator => &["1.2.398.3.3.4.2.2", "1.3.6.1.4.1.32473.4.2"],
            Self::Administrator => &["1.2.398.3.3.4.2.1", "1.3.6.1.4.1.32473.4.1"],
            Self::Auditor => &["1.3.6.1.4.1.32473.4.4"],
        }
    }
}

/// A person's work in a role, from a day on and perhaps until another. Rows are never removed: evidence names them.
#[derive(Clone, PartialEq, Eq)]
pub struct StaffMember {
    /// The record.
    pub id: StaffId,
    /// Who.
    pub person: PersonId,
    /// As what.
    pub role: Role,
    /// Code of the registration centre, see [`crate::centre`]; `None` for those who belong to none.
    pub centre: Option<String>,
    /// From when on.
    pub since: Timestamp,
    /// Until when; `None` where no end is known.
    pub until: Option<Timestamp>,
}

impl StaffMember {
    /// Whether she works at this moment.
    #[must_use]
    pub fn works(&self, now: Timestamp) -> bool {
        self.since <= now && self.until.is_none_or(|until| now < until)
    }

    /// What the events say by which the work was entered and ended: the role, then the rest; those of before say the role alone.
    /// Stored.
    #[must_use]
    pub fn evidence(&self) -> String {
        let until = self.until.map(|until| format!(" until={until}"));
        format!(
            "{} person:{} centre={} since={}{}",
            self.role.name(),
            self.person,
            self.centre.as_deref().unwrap_or("-"),
            self.since,
            until.unwrap_or_default()
        )
    }
}

impl fmt::Debug for StaffMember {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("StaffMember")
            .field("id", &self.id)
            .field("role", &self.role)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_certificate_gives_more_than_the_table_and_none_decides_without_saying_so() {
        let rights = [
            Right::Read,
            Right::Decide,
            Right::Audit,
            Right::Inspect,
            Right::Administer,
            Right::Messages,
            Right::Settle,
        ];
        for table in Role::ALL {
            for certificate in Role::ALL {
                let Some(role) = table.limited_by(certificate) else {
                    continue;
                };
                for right in rights.into_iter().filter(|right| role.may(*right)) {
                    assert!(
                        table.may(right),
                        "{table:?} with {certificate:?}: {right:?}"
                    );
                }
                assert!(!role.may(Right::Decide) || certificate.may(Right::Decide));
                assert!(!role.may(Right::Administer) || certificate.may(Right::Administer));
            }
            assert_eq!(table.limited_by(table), Some(table));
            assert_eq!(Role::from_name(table.name()), Some(table));
        }
    }

    #[test]
    fn nobody_who_decides_administers_and_only_those_with_a_centre_decide() {
        for role in Role::ALL {
            assert!(!(role.may(Right::Decide) && role.may(Right::Administer)));
            assert_eq!(role.may(Right::Decide), role.has_centre());
        }
    }
}
