//! What is done at the desk, how far it goes, and how somebody was identified for it.

/// What a decision does. Stored and sent: [`Act::name`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Act {
    /// Deciding an application.
    Application,
    /// Freezing a person: her certificates are held and nothing is issued to her.
    Freeze,
    /// Releasing a frozen person and what is on hold.
    Release,
    /// Revoking certificates on a paper application.
    Revoke,
    /// Changing the confirmed address of a person.
    Email,
    /// Correcting the names of a person.
    Names,
}

impl Act {
    /// All of them, in the order in which pages offer them.
    pub const ALL: [Self; 6] = [
        Self::Application,
        Self::Freeze,
        Self::Release,
        Self::Revoke,
        Self::Email,
        Self::Names,
    ];

    /// The name that is stored and sent.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Application => "application",
            Self::Freeze => "freeze",
            Self::Release => "release",
            Self::Revoke => "revoke",
            Self::Email => "email",
            Self::Names => "names",
        }
    }

    /// Whether the person has to stand before the clerk: whoever calls could be anybody, and what is given back or moved
    /// here opens everything else.
    #[must_use]
    pub const fn needs_presence(self) -> bool {
        match self {
            Self::Release | Self::Email | Self::Names => true,
            Self::Application | Self::Freeze | Self::Revoke => false,
        }
    }

    /// The act of a name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|act| act.name() == name)
    }
}

/// How far a decision goes. Stored and sent: [`Step::name`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// It is approved, or done.
    Approve,
    /// It is refused; also what somebody else proposed.
    Reject,
    /// It is asked for; a second member of staff has to agree.
    Propose,
    /// The second one agrees.
    Confirm,
    /// The one who asked for it takes it back. Until somebody else refused it by a name of its own, that was this, too.
    Withdraw,
}

impl Step {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Approve,
        Self::Reject,
        Self::Propose,
        Self::Confirm,
        Self::Withdraw,
    ];

    /// The name that is stored and sent.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Approve => "approve",
            Self::Reject => "reject",
            Self::Propose => "propose",
            Self::Confirm => "confirm",
            Self::Withdraw => "withdraw",
        }
    }

    /// The step of a name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|step| step.name() == name)
    }
}

/// How a person was identified (national register of object identifiers, 1.2.398.3.3.4.3). Stored and sent:
/// [`Identification::oid`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Identification {
    /// By an operator of a public service centre, with a document.
    Operator,
    /// Remotely.
    Remote,
    /// Remotely, by Digital-ID.
    DigitalId,
    /// Remotely, by the "AI Platform".
    AiPlatform,
}

impl Identification {
    /// All of them, in the order in which pages offer them.
    pub const ALL: [Self; 4] = [
        Self::Operator,
        Self::Remote,
        Self::DigitalId,
        Self::AiPlatform,
    ];

    /// The object identifier, dotted.
    #[must_use]
    pub const fn oid(self) -> &'static str {
        match self {
            Self::Operator => "1.2.398.3.3.4.3.1",
            Self::Remote => "1.2.398.3.3.4.3.2",
            Self::DigitalId => "1.2.398.3.3.4.3.2.1",
            Self::AiPlatform => "1.2.398.3.3.4.3.2.2",
        }
    }

    /// Whether the person stood before the clerk, with a document.
    #[must_use]
    pub const fn is_in_person(self) -> bool {
        matches!(self, Self::Operator)
    }

    /// The way of an object identifier.
    #[must_use]
    pub fn from_oid(oid: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|way| way.oid() == oid)
    }

    /// The word that texts and forms know it by.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Operator => "operator",
            Self::Remote => "remote",
            Self::DigitalId => "digital-id",
            Self::AiPlatform => "ai-platform",
        }
    }

    /// The way of a word.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|way| way.name() == name)
    }
}
