//! What time it is.

use std::fmt::Debug;

use tanba_pki::Timestamp;

/// A clock for the edges that are called by the network; everything inside takes `now` as an argument. The real one is
/// made in `cli`.
pub trait Clock: Debug + Send + Sync {
    /// The time now.
    fn now(&self) -> Timestamp;
}
