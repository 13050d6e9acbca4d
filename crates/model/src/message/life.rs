//! For how long a message is of use, and what of it.

use std::time::Duration;

use super::MessageBody;

/// How long the link "it was not me" of a notice works.
pub const LINK_LIFE: Duration = Duration::from_secs(7 * 24 * 60 * 60);

impl MessageBody {
    /// For how long after it was put in anybody can use it; `None`: for ever. A code that is too old is not sent.
    #[must_use]
    pub fn useful_for(&self) -> Option<Duration> {
        match self {
            Self::EntryCode { not_me_path, .. } if !not_me_path.is_empty() => Some(LINK_LIFE),
            Self::ConfirmationCode { minutes, .. }
            | Self::AddressCode { minutes, .. }
            | Self::EntryCode { minutes, .. }
            | Self::EmailChangeCode { minutes, .. }
            | Self::PhoneChangeCode { minutes, .. } => {
                Some(Duration::from_secs(u64::from(*minutes) * 60))
            }
            Self::FirstSubmitted { .. }
            | Self::FirstKept { .. }
            | Self::FirstNotConfirmed { .. }
            | Self::FirstExpired { .. }
            | Self::FirstApproved { .. }
            | Self::FirstIssued { .. }
            | Self::FirstCancelled { .. }
            | Self::AddressChanged { .. }
            | Self::PhoneChanged { .. }
            | Self::NewDevice { .. }
            | Self::ApplicationRejected { .. }
            | Self::NotIssued { .. }
            | Self::ApplicationAccepted { .. }
            | Self::CertificatesIssued { .. }
            | Self::Installed { .. }
            | Self::Reminder { .. }
            | Self::Revoked { .. }
            | Self::ByAdministrator { .. }
            | Self::Frozen { .. } => None,
        }
    }

    /// The message as it is sent so long after it was put in: a code that is over is left out where the link beside it counts.
    #[must_use]
    pub fn sent_after(mut self, age: Duration) -> Self {
        if let Self::EntryCode { code, minutes, .. } = &mut self
            && age >= Duration::from_secs(u64::from(*minutes) * 60)
        {
            code.clear();
        }
        self
    }
}
