//! Where messages go, and which of them first.

use crate::person::EmailAddress;
use crate::phone::PhoneNumber;

/// A way for messages to go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MessageChannel {
    /// E-mail.
    Mail,
    /// Text messages of telephones.
    Sms,
}

impl MessageChannel {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Mail, Self::Sms];

    /// The word for it, also in storage.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Mail => "mail",
            Self::Sms => "sms",
        }
    }
}

/// Where a message goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Recipient {
    /// By mail.
    Mail(EmailAddress),
    /// As a text message.
    Sms(PhoneNumber),
}

impl Recipient {
    /// The way.
    #[must_use]
    pub const fn channel(&self) -> MessageChannel {
        match self {
            Self::Mail(_) => MessageChannel::Mail,
            Self::Sms(_) => MessageChannel::Sms,
        }
    }

    /// Address or number.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Mail(address) => address.as_str(),
            Self::Sms(phone) => phone.as_str(),
        }
    }

    /// Address or number with most of it hidden.
    #[must_use]
    pub fn masked(&self) -> String {
        match self {
            Self::Mail(address) => address.masked(),
            Self::Sms(phone) => phone.masked(),
        }
    }
}

impl From<EmailAddress> for Recipient {
    fn from(address: EmailAddress) -> Self {
        Self::Mail(address)
    }
}

impl From<PhoneNumber> for Recipient {
    fn from(phone: PhoneNumber) -> Self {
        Self::Sms(phone)
    }
}

/// Which messages of a channel go first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Priority {
    /// Somebody waits for it.
    Awaited,
    /// A notice about something that happened.
    Notice,
    /// One of very many.
    Bulk,
}

impl Priority {
    /// The first one first.
    pub const ALL: [Self; 3] = [Self::Awaited, Self::Notice, Self::Bulk];

    /// Its number in storage.
    #[must_use]
    pub const fn rank(self) -> u8 {
        match self {
            Self::Awaited => 0,
            Self::Notice => 1,
            Self::Bulk => 2,
        }
    }
}
