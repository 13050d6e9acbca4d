//! Work with things that may never answer: network drives, drivers of tokens.

use std::sync::mpsc;
use std::time::Duration;

use super::store::OpenFault;

/// Does something on a thread of its own, so that what never answers holds up nobody.
///
/// # Errors
/// [`OpenFault::Slow`] after the time, and what the work says.
pub(super) fn patiently<T: Send + 'static>(
    patience: Duration,
    work: impl FnOnce() -> Result<T, OpenFault> + Send + 'static,
) -> Result<T, OpenFault> {
    let (send, receive) = mpsc::channel();
    std::thread::Builder::new()
        .name("drive".to_owned())
        .spawn(move || send.send(work()))
        .map_err(|_| OpenFault::Forbidden)?;
    receive
        .recv_timeout(patience)
        .map_err(|_| OpenFault::Slow)?
}
