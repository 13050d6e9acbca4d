//! Messages to people: what is said, not how it is worded or carried.

use serde::{Deserialize, Serialize};
use tanba_pki::Timestamp;

use crate::id::{MessageId, PersonId};
use crate::language::Language;

mod life;
mod recipient;

pub use life::LINK_LIFE;
pub use recipient::{MessageChannel, Priority, Recipient};

/// What was done to a person's certificates or records without her.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AdministratorAct {
    /// Certificates were revoked for good.
    Revoked,
    /// Certificates were frozen.
    Held,
    /// Frozen certificates count again.
    Released,
    /// The person may have new certificates again.
    PersonReleased,
    /// The same, where none of her certificates is on hold.
    NothingHeld,
    /// Another address is the confirmed one; told at both.
    EmailChanged,
    /// The names in the records were corrected.
    NamesChanged,
    /// A key is known to others, as whoever holds it proved or somebody published: its certificates were revoked for good and
    /// her sessions ended.
    KeyCompromised,
}

impl AdministratorAct {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Revoked,
        Self::Held,
        Self::Released,
        Self::PersonReleased,
        Self::NothingHeld,
        Self::EmailChanged,
        Self::NamesChanged,
        Self::KeyCompromised,
    ];
}

/// What a message says. Stored as JSON in the outbox until it is sent; never rename a field.
///
/// Secrets in it (code, link tokens) are wiped from the outbox once the message has been handed over.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum MessageBody {
    /// The second factor of an application.
    ConfirmationCode {
        /// Number of the application.
        number: String,
        /// Six digits.
        code: String,
        /// Minutes for which the code is accepted.
        minutes: u32,
    },
    /// An application was signed and accepted.
    ApplicationAccepted {
        /// Number of the application.
        number: String,
        /// Path of the "it was not me" page, `/not-me/{token}`, without language.
        not_me_path: String,
    },
    /// Certificates were issued.
    CertificatesIssued {
        /// Number of the application; empty where nobody applied, because an administrator issued them.
        number: String,
        /// Serial numbers, hexadecimal.
        serials: Vec<String>,
        /// Path of the "it was not me" page, without language.
        not_me_path: String,
    },
    /// New keys work; old certificates were revoked, or kept by their owner's wish.
    Installed {
        /// Number of the application.
        number: String,
        /// Serial numbers of certificates that were superseded, hexadecimal.
        superseded: Vec<String>,
        /// Whether these are first keys, at which nobody is asked about old ones; not in messages of old.
        #[serde(default)]
        first: bool,
        /// Path of the "it was not me" page, without language; empty in messages of earlier programs.
        #[serde(default)]
        not_me_path: String,
    },
    /// Certificates are about to end.
    Reminder {
        /// Serial numbers, hexadecimal.
        serials: Vec<String>,
        /// When the first of them ends.
        ends: Timestamp,
        /// Path of the page that stops reminders, `/unsubscribe/{token}`, without language; empty in messages of old.
        #[serde(default)]
        unsubscribe_path: String,
    },
    /// Certificates were revoked by their owner.
    Revoked {
        /// Serial numbers, hexadecimal.
        serials: Vec<String>,
        /// [`crate::certificate::RevocationReason::name`].
        reason: String,
        /// Whether a code did it and not a signature.
        #[serde(default)]
        by_code: bool,
        /// Path of the "it was not me" page, without language; empty in messages of earlier programs.
        #[serde(default)]
        not_me_path: String,
    },
    /// An application was refused at a registration centre.
    ApplicationRejected {
        /// Number of the application.
        number: String,
        /// Why, as the application's state says it: a code, and the operator's words.
        reason: String,
    },
    /// A confirmed application was refused at the last moment: what had been issued for it was revoked.
    NotIssued {
        /// Number of the application.
        number: String,
        /// Why, as the application's state says it: a code of the registration authority.
        reason: String,
        /// Serial numbers of certificates that were revoked with it, hexadecimal.
        serials: Vec<String>,
        /// Path of the "it was not me" page, without language; empty where there is none.
        not_me_path: String,
    },
    /// An administrator, or what became known of a key, changed what counts.
    ByAdministrator {
        /// What was done.
        act: AdministratorAct,
        /// Serial numbers, hexadecimal; none when the person was released.
        serials: Vec<String>,
        /// [`crate::certificate::RevocationReason::name`]; empty unless certificates were revoked.
        reason: String,
        /// Path of the "it was not me" page, without language, where something was released; else empty.
        #[serde(default)]
        not_me_path: String,
    },
    /// The code that confirms the address of somebody who applies for first keys.
    AddressCode {
        /// Six digits.
        code: String,
        /// Minutes for which the code is accepted.
        minutes: u32,
    },
    /// A first application waits for a visit to a registration centre.
    FirstSubmitted {
        /// Number of the application.
        number: String,
        /// Path of the application's page, with a secret, without language.
        link_path: String,
        /// Name and address of the registration centre, in the language of the message.
        centre: String,
        /// The last day of the visit ends just before this.
        appear_by: Timestamp,
    },
    /// A first application is kept because the register of people does not answer.
    FirstKept {
        /// Number of the application.
        number: String,
        /// Path of the application's page, with a secret, without language.
        link_path: String,
    },
    /// The register of people answered at last, and did not confirm what was typed.
    FirstNotConfirmed {
        /// Number of the application.
        number: String,
    },
    /// Nobody came to the registration centre in time.
    FirstExpired {
        /// Number of the application.
        number: String,
    },
    /// A first application is approved, but the authority issues nothing at the moment; another message tells when it did.
    FirstApproved {
        /// Number of the application.
        number: String,
        /// Path of the application's page, with a secret, without language.
        link_path: String,
    },
    /// Certificates of a first application are ready to be installed.
    FirstIssued {
        /// Number of the application.
        number: String,
        /// Serial numbers, hexadecimal.
        serials: Vec<String>,
        /// Path of the application's page, with a secret, without language.
        link_path: String,
        /// Path of the "it was not me" page, without language.
        not_me_path: String,
    },
    /// A first application was withdrawn by the applicant.
    FirstCancelled {
        /// Number of the application.
        number: String,
    },
    /// Certificates were frozen because somebody said "it was not me", or entered with a code and froze them.
    Frozen {
        /// Serial numbers, hexadecimal.
        serials: Vec<String>,
        /// Whether a code did it and not the link of a notice.
        #[serde(default)]
        by_code: bool,
    },
    /// The code for revoking or freezing without a key.
    EntryCode {
        /// Six digits; empty where they are over, see [`MessageBody::sent_after`].
        code: String,
        /// Minutes for which the code is accepted.
        minutes: u32,
        /// Path of the "it was not me" page, without language; empty in messages of an earlier program.
        #[serde(default)]
        not_me_path: String,
        /// Whether that page takes changes of address or telephone back, too.
        #[serde(default)]
        takes_back: bool,
    },
    /// The code that confirms a new e-mail address; the only message that goes to an address that is not confirmed.
    EmailChangeCode {
        /// Six digits.
        code: String,
        /// Minutes for which the code is accepted.
        minutes: u32,
    },
    /// The confirmed address was changed, by its owner or for her at a registration centre; goes to the new one and to the
    /// one of before.
    AddressChanged {
        /// The new address, mostly hidden.
        hint: String,
        /// Until when the address of before goes on counting.
        until: Timestamp,
        /// Path of the "it was not me" page, without language.
        not_me_path: String,
        /// Whether it was done at a registration centre.
        #[serde(default)]
        at_desk: bool,
    },
    /// The code that confirms a telephone number; goes there as a text message.
    PhoneChangeCode {
        /// Six digits.
        code: String,
        /// Minutes for which the code is accepted.
        minutes: u32,
    },
    /// The telephone number was changed or removed by its owner; goes to the confirmed address and to the number of before.
    PhoneChanged {
        /// The new number, mostly hidden; empty where it was removed.
        hint: String,
        /// Path of the "it was not me" page, without language.
        not_me_path: String,
    },
    /// Somebody signed in from a device that was not seen before.
    NewDevice {
        /// When.
        at: Timestamp,
        /// [`crate::ports::Session::device`].
        device: String,
        /// Path of the "it was not me" page, without language.
        not_me_path: String,
    },
}

impl std::fmt::Debug for MessageBody {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.kind())
    }
}

impl MessageBody {
    /// The kind of message, also the name of its template.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::ConfirmationCode { .. } => "confirmation_code",
            Self::ApplicationAccepted { .. } => "application_accepted",
            Self::CertificatesIssued { .. } => "certificates_issued",
            Self::Installed { .. } => "installed",
            Self::Reminder { .. } => "reminder",
            Self::Revoked { .. } => "revoked",
            Self::ApplicationRejected { .. } => "application_rejected",
            Self::NotIssued { .. } => "not_issued",
            Self::ByAdministrator { .. } => "by_administrator",
            Self::AddressCode { .. } => "address_code",
            Self::FirstSubmitted { .. } => "first_submitted",
            Self::FirstKept { .. } => "first_kept",
            Self::FirstNotConfirmed { .. } => "first_not_confirmed",
            Self::FirstExpired { .. } => "first_expired",
            Self::FirstApproved { .. } => "first_approved",
            Self::FirstIssued { .. } => "first_issued",
            Self::FirstCancelled { .. } => "first_cancelled",
            Self::Frozen { .. } => "frozen",
            Self::EntryCode { .. } => "entry_code",
            Self::EmailChangeCode { .. } => "email_change_code",
            Self::AddressChanged { .. } => "address_changed",
            Self::PhoneChangeCode { .. } => "phone_change_code",
            Self::PhoneChanged { .. } => "phone_changed",
            Self::NewDevice { .. } => "new_device",
        }
    }

    /// What goes first when there is much to send. What goes with an application that was just signed goes with its code.
    #[must_use]
    pub const fn priority(&self) -> Priority {
        match self {
            Self::ConfirmationCode { .. }
            | Self::AddressCode { .. }
            | Self::EntryCode { .. }
            | Self::EmailChangeCode { .. }
            | Self::PhoneChangeCode { .. }
            | Self::ApplicationAccepted { .. } => Priority::Awaited,
            Self::AddressChanged { .. }
            | Self::PhoneChanged { .. }
            | Self::NewDevice { .. }
            | Self::ApplicationRejected { .. }
            | Self::NotIssued { .. } => Priority::Notice,
            Self::FirstSubmitted { .. }
            | Self::FirstKept { .. }
            | Self::FirstNotConfirmed { .. }
            | Self::FirstExpired { .. }
            | Self::FirstApproved { .. }
            | Self::FirstIssued { .. }
            | Self::FirstCancelled { .. }
            | Self::CertificatesIssued { .. }
            | Self::Installed { .. }
            | Self::Revoked { .. }
            | Self::ByAdministrator { .. }
            | Self::Frozen { .. } => Priority::Notice,
            Self::Reminder { .. } => Priority::Bulk,
        }
    }

    /// Whether a notice goes to the person's telephone too: whatever she may have to stop at once. A code goes to one place
    /// only, and reminders choose their channel by the day.
    #[must_use]
    pub const fn goes_to_every_channel(&self) -> bool {
        match self {
            Self::ApplicationAccepted { .. }
            | Self::CertificatesIssued { .. }
            | Self::FirstIssued { .. }
            | Self::AddressChanged { .. }
            | Self::NewDevice { .. }
            | Self::NotIssued { .. }
            | Self::Revoked { .. }
            | Self::ByAdministrator { .. }
            | Self::Frozen { .. } => true,
            Self::ConfirmationCode { .. }
            | Self::AddressCode { .. }
            | Self::EntryCode { .. }
            | Self::EmailChangeCode { .. }
            | Self::PhoneChangeCode { .. }
            | Self::PhoneChanged { .. }
            | Self::FirstSubmitted { .. }
            | Self::FirstKept { .. }
            | Self::FirstNotConfirmed { .. }
            | Self::FirstExpired { .. }
            | Self::FirstApproved { .. }
            | Self::FirstCancelled { .. }
            | Self::ApplicationRejected { .. }
            | Self::Installed { .. }
            | Self::Reminder { .. } => false,
        }
    }
}

/// A message in the outbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutboxMessage {
    /// The record; also the idempotency key of the carrier.
    pub id: MessageId,
    /// To whom; `None` for somebody who is not in the records yet.
    pub person: Option<PersonId>,
    /// The address or number at the time of writing.
    pub to: Recipient,
    /// In which language.
    pub language: Language,
    /// What.
    pub body: MessageBody,
    /// When it was put in.
    pub created_at: Timestamp,
    /// Tries so far.
    pub tries: u32,
}

/// A message that was given up: nobody took it, or nobody could be reached for days. It stays until somebody decides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeadMessage {
    /// The record.
    pub id: MessageId,
    /// To whom; `None` for somebody who is not in the records yet.
    pub person: Option<PersonId>,
    /// The address or number at the time of writing.
    pub to: Recipient,
    /// In which language.
    pub language: Language,
    /// [`MessageBody::kind`].
    pub kind: String,
    /// When it was put in.
    pub created_at: Timestamp,
    /// When it was given up.
    pub dead_at: Timestamp,
    /// Tries so far.
    pub tries: u32,
    /// Why, in a few words of ours without personal data.
    pub cause: String,
}
