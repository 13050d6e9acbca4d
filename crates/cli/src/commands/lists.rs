//! The lists after a change that is recorded: a key that does not answer keeps nobody from making it, and does not undo it.

use serde::Serialize;
use tanba_ca::Authority;
use tanba_pki::Timestamp;

use crate::context::Context;
use crate::outcome::sentence;

/// Whether the lists say what was changed.
#[derive(Debug, Serialize)]
pub(super) struct Lists {
    /// Whether they were made, where they were due.
    lists_published: bool,
    /// Why not; the server makes them once that is over.
    lists_fault: Option<String>,
}

impl Lists {
    /// Makes those that are due, for they do not wait for a server that may not be running; whoever waits is told when they
    /// cannot be made.
    pub(super) fn publish(authority: &Authority, now: Timestamp, context: &Context) -> Self {
        let fault = authority.publish_due(now).err();
        let fault = fault.map(|error| sentence(&error.into()));
        if let Some(why) = &fault {
            context.warn(format_args!(
                "it is recorded and holds, but no revocation list says so yet: {why}. OCSP says so at once where its key is not the \
                 one that is away, else with the lists; the running server publishes them when the key answers, and where none runs, \
                 say `tanba crl publish` then. Do not repeat this command"
            ));
        }
        Self {
            lists_published: fault.is_none(),
            lists_fault: fault,
        }
    }

    /// Whether they say so.
    pub(super) const fn are_published(&self) -> bool {
        self.lists_published
    }
}
