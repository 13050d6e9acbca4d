//! Where an application stands, and which steps it may take.

use tanba_pki::Timestamp;

/// The state of an application.
///
/// A reissue goes `Draft → Awaiting2fa → Issued → Installed`, or straight to `Issued` where the policy asks for no
/// second factor. A first issuance goes through `Submitted` and `Confirmed`.
/// Stored and sent: [`State::name`], with the time of the last step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// Being filled in; nothing is signed.
    Draft,
    /// Signed; an operator has to confirm it.
    Submitted {
        /// When it was signed.
        at: Timestamp,
    },
    /// Signed; the second factor is awaited.
    Awaiting2fa {
        /// When it was signed.
        at: Timestamp,
    },
    /// Confirmed; certificates are being issued.
    Confirmed {
        /// When it was confirmed.
        at: Timestamp,
    },
    /// Refused.
    Rejected {
        /// When it was refused.
        at: Timestamp,
        /// Why, as a message code or an operator's words.
        reason: String,
    },
    /// Nobody took the next step in time.
    Expired {
        /// When it expired.
        at: Timestamp,
    },
    /// Certificates are ready to be installed.
    Issued {
        /// When they were issued.
        at: Timestamp,
    },
    /// The new keys proved that they work.
    Installed {
        /// When they did.
        at: Timestamp,
    },
    /// Withdrawn by the applicant.
    Cancelled {
        /// When it was withdrawn.
        at: Timestamp,
    },
}

/// A step that the state does not allow.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("cannot {step} an application that is {from}")]
pub struct TransitionError {
    /// The verb of the step.
    pub step: &'static str,
    /// [`State::name`] of the state it was tried from.
    pub from: &'static str,
}

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "a step names the states that it starts from; every other one, also one that comes later, refuses it"
)]
impl State {
    /// The name that is stored and sent.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Draft => "DRAFT",
            Self::Submitted { .. } => "SUBMITTED",
            Self::Awaiting2fa { .. } => "AWAITING_2FA",
            Self::Confirmed { .. } => "CONFIRMED",
            Self::Rejected { .. } => "REJECTED",
            Self::Expired { .. } => "EXPIRED",
            Self::Issued { .. } => "ISSUED",
            Self::Installed { .. } => "INSTALLED",
            Self::Cancelled { .. } => "CANCELLED",
        }
    }

    /// When the state was entered; `None` for a draft.
    #[must_use]
    pub const fn since(&self) -> Option<Timestamp> {
        match self {
            Self::Draft => None,
            Self::Submitted { at }
            | Self::Awaiting2fa { at }
            | Self::Confirmed { at }
            | Self::Rejected { at, .. }
            | Self::Expired { at }
            | Self::Issued { at }
            | Self::Installed { at }
            | Self::Cancelled { at } => Some(*at),
        }
    }

    /// Reads a stored state.
    #[must_use]
    pub fn from_parts(name: &str, at: Timestamp, reason: Option<String>) -> Option<Self> {
        Some(match name {
            "DRAFT" => Self::Draft,
            "SUBMITTED" => Self::Submitted { at },
            "AWAITING_2FA" => Self::Awaiting2fa { at },
            "CONFIRMED" => Self::Confirmed { at },
            "REJECTED" => Self::Rejected {
                at,
                reason: reason.unwrap_or_default(),
            },
            "EXPIRED" => Self::Expired { at },
            "ISSUED" => Self::Issued { at },
            "INSTALLED" => Self::Installed { at },
            "CANCELLED" => Self::Cancelled { at },
            _ => return None,
        })
    }

    /// The signature over a reissue was accepted; the second factor is next.
    ///
    /// # Errors
    /// [`TransitionError`] unless the application is a draft.
    pub fn await_second_factor(&self, now: Timestamp) -> Result<Self, TransitionError> {
        match self {
            Self::Draft => Ok(Self::Awaiting2fa { at: now }),
            other => Err(other.refuse("submit")),
        }
    }

    /// The signature over a first application was accepted; an operator is next.
    ///
    /// # Errors
    /// [`TransitionError`] unless the application is a draft.
    pub fn submit(&self, now: Timestamp) -> Result<Self, TransitionError> {
        match self {
            Self::Draft => Ok(Self::Submitted { at: now }),
            other => Err(other.refuse("submit")),
        }
    }

    /// The second factor or an operator agreed, or the policy asks for none.
    ///
    /// # Errors
    /// [`TransitionError`] unless the application waits for that.
    pub fn confirm(&self, now: Timestamp) -> Result<Self, TransitionError> {
        match self {
            Self::Draft | Self::Submitted { .. } | Self::Awaiting2fa { .. } => {
                Ok(Self::Confirmed { at: now })
            }
            other => Err(other.refuse("confirm")),
        }
    }

    /// All certificates of the application were issued.
    ///
    /// # Errors
    /// [`TransitionError`] unless the application is confirmed.
    pub fn issue(&self, now: Timestamp) -> Result<Self, TransitionError> {
        match self {
            Self::Confirmed { .. } => Ok(Self::Issued { at: now }),
            other => Err(other.refuse("issue")),
        }
    }

    /// The new keys proved that they work.
    ///
    /// # Errors
    /// [`TransitionError`] unless certificates were issued.
    pub fn install(&self, now: Timestamp) -> Result<Self, TransitionError> {
        match self {
            Self::Issued { .. } => Ok(Self::Installed { at: now }),
            other => Err(other.refuse("install")),
        }
    }

    /// Refused, for a reason that the applicant is told.
    ///
    /// # Errors
    /// [`TransitionError`] once it is decided.
    pub fn reject(&self, now: Timestamp, reason: String) -> Result<Self, TransitionError> {
        match self {
            Self::Submitted { .. } | Self::Awaiting2fa { .. } | Self::Confirmed { .. } => {
                Ok(Self::Rejected { at: now, reason })
            }
            other => Err(other.refuse("reject")),
        }
    }

    /// Withdrawn by the applicant before anything was issued.
    ///
    /// # Errors
    /// [`TransitionError`] once it is decided.
    pub fn cancel(&self, now: Timestamp) -> Result<Self, TransitionError> {
        match self {
            Self::Draft | Self::Submitted { .. } | Self::Awaiting2fa { .. } => {
                Ok(Self::Cancelled { at: now })
            }
            other => Err(other.refuse("cancel")),
        }
    }

    /// Nobody took the next step in time.
    ///
    /// # Errors
    /// [`TransitionError`] once it is decided.
    pub fn expire(&self, now: Timestamp) -> Result<Self, TransitionError> {
        match self {
            Self::Draft | Self::Submitted { .. } | Self::Awaiting2fa { .. } => {
                Ok(Self::Expired { at: now })
            }
            other => Err(other.refuse("expire")),
        }
    }

    fn refuse(&self, step: &'static str) -> TransitionError {
        TransitionError {
            step,
            from: self.name(),
        }
    }
}
