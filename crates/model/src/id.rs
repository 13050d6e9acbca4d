//! Keys of records.

use serde::{Deserialize, Serialize};

macro_rules! record_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub i64);

        impl std::fmt::Display for $name {
            fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(formatter)
            }
        }
    };
}

record_id!(
    /// A person in the register. Only staff see it, in addresses and in the audit log; the IIN names a person to people.
    PersonId
);
record_id!(
    /// An application, from draft to its end.
    ApplicationId
);
record_id!(
    /// What somebody without keys filled in, before it is an application.
    IntakeId
);
record_id!(
    /// A certificate that was issued or is being issued.
    CertificateId
);
record_id!(
    /// An issuing authority: one key and one certificate.
    IssuerId
);
record_id!(
    /// A message waiting in the outbox or sent from it.
    MessageId
);
record_id!(
    /// Somebody's work for the authority in a role.
    StaffId
);
record_id!(
    /// A document that a member of staff signed.
    DecisionId
);
record_id!(
    /// A document that an administrator signed.
    AdministrationId
);
record_id!(
    /// An act that waits for a second member of staff.
    ActId
);
record_id!(
    /// A code that was sent to a person.
    EntryId
);
