//! What the audit log says when an application is submitted.

use tanba_pki::{Timestamp, hex};

use super::State;

/// The very octets that were signed, by their digest, and where the application stands since then: whether somebody has to
/// confirm it must not be for whoever writes to the database to say. Stored: never change the form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Submission {
    /// SHA-256 of the signed document.
    pub document_sha256: [u8; 32],
    /// Where it stands; programs of before did not say it.
    pub state: Option<State>,
}

impl Submission {
    /// The detail of the event.
    #[must_use]
    pub fn evidence(&self) -> String {
        let digest = hex::encode(&self.document_sha256);
        match &self.state {
            Some(state) => format!("{digest} {}", state.name()),
            None => digest,
        }
    }

    /// What the detail of an event of that instant says; `None` where there is no digest in it.
    #[must_use]
    pub fn said(detail: &str, at: Timestamp) -> Option<Self> {
        let mut words = detail.split(' ');
        let digest = hex::decode(words.next()?)?;
        Some(Self {
            document_sha256: digest.try_into().ok()?,
            state: words
                .next()
                .and_then(|name| State::from_parts(name, at, None)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_said_is_read_and_of_before_that_the_digest_alone() {
        let at = Timestamp::from_unix(1_800_000_000);
        for state in [
            Some(State::Awaiting2fa { at }),
            Some(State::Confirmed { at }),
            Some(State::Submitted { at }),
            None,
        ] {
            let submission = Submission {
                document_sha256: [7; 32],
                state,
            };
            let said = Submission::said(&submission.evidence(), at);
            assert_eq!(said, Some(submission));
        }
        for detail in ["", "07", "ISSUED"] {
            assert_eq!(Submission::said(detail, at), None);
        }
    }
}
