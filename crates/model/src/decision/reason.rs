//! Why something is refused or done, as a list that texts exist for.

use super::Act;
use crate::certificate::RevocationReason;

/// Why. Stored and sent: [`DecisionReason::name`]; the applicant is told its text in her language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DecisionReason {
    /// Names or number on the document are not those of the application.
    DataDiffers,
    /// The document is not valid, or damaged.
    DocumentInvalid,
    /// Whoever came is not the person of the document.
    NotTheSamePerson,
    /// The register does not know the person, or not as the application does.
    RegisterDiffers,
    /// The person asked for it.
    OwnWish,
    /// A key or its password is lost, or somebody else may know it.
    KeyLost,
    /// The person's data changed.
    DataChanged,
    /// The keys are not needed any more.
    NotNeeded,
    /// The person died.
    Death,
    /// A court or another authority decided so.
    Authority,
    /// The person proved who she is and that the alarm is over.
    AlarmOver,
    /// The certificates of the keys that others may have are revoked: the others may count again.
    EndangeredRevoked,
    /// Something else, which the operator's words tell.
    Other,
}

impl DecisionReason {
    /// All of them.
    pub const ALL: [Self; 13] = [
        Self::DataDiffers,
        Self::DocumentInvalid,
        Self::NotTheSamePerson,
        Self::RegisterDiffers,
        Self::OwnWish,
        Self::KeyLost,
        Self::DataChanged,
        Self::NotNeeded,
        Self::Death,
        Self::Authority,
        Self::AlarmOver,
        Self::EndangeredRevoked,
        Self::Other,
    ];

    /// The name that is stored and sent.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::DataDiffers => "data-differs",
            Self::DocumentInvalid => "document-invalid",
            Self::NotTheSamePerson => "not-the-same-person",
            Self::RegisterDiffers => "register-differs",
            Self::OwnWish => "own-wish",
            Self::KeyLost => "key-lost",
            Self::DataChanged => "data-changed",
            Self::NotNeeded => "not-needed",
            Self::Death => "death",
            Self::Authority => "authority",
            Self::AlarmOver => "alarm-over",
            Self::EndangeredRevoked => "endangered-revoked",
            Self::Other => "other",
        }
    }

    /// The reason of a name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.name() == name)
    }

    /// The reasons that pages offer for an act; for an application those of a refusal.
    #[must_use]
    pub const fn of(act: Act) -> &'static [Self] {
        match act {
            Act::Application => &[
                Self::DataDiffers,
                Self::DocumentInvalid,
                Self::NotTheSamePerson,
                Self::RegisterDiffers,
                Self::OwnWish,
                Self::Other,
            ],
            Act::Freeze => &[Self::OwnWish, Self::KeyLost, Self::Authority, Self::Other],
            Act::Release => &[
                Self::AlarmOver,
                Self::EndangeredRevoked,
                Self::Authority,
                Self::Other,
            ],
            Act::Revoke => &[
                Self::KeyLost,
                Self::DataChanged,
                Self::NotNeeded,
                Self::Death,
                Self::Authority,
                Self::Other,
            ],
            Act::Email => &[Self::OwnWish, Self::Other],
            Act::Names => &[Self::DataChanged, Self::RegisterDiffers, Self::Other],
        }
    }

    /// What verifiers are told when certificates are revoked for it (RFC 5280, 5.3.1).
    #[must_use]
    pub const fn revocation(self) -> RevocationReason {
        match self {
            Self::KeyLost | Self::NotTheSamePerson => RevocationReason::KeyCompromise,
            Self::DataChanged | Self::DataDiffers | Self::RegisterDiffers => {
                RevocationReason::AffiliationChanged
            }
            Self::NotNeeded | Self::Death | Self::OwnWish => RevocationReason::CessationOfOperation,
            Self::DocumentInvalid
            | Self::Authority
            | Self::AlarmOver
            | Self::EndangeredRevoked
            | Self::Other => RevocationReason::Unspecified,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_act_offers_something_else_and_every_reason_is_offered_somewhere() {
        for act in Act::ALL {
            assert!(DecisionReason::of(act).contains(&DecisionReason::Other));
        }
        for reason in DecisionReason::ALL {
            let offered = Act::ALL
                .into_iter()
                .any(|act| DecisionReason::of(act).contains(&reason));
            assert!(offered, "{reason:?}");
            assert_eq!(DecisionReason::from_name(reason.name()), Some(reason));
        }
    }
}
