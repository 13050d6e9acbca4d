//! The only bridge from async handlers to code that blocks.

use std::sync::Arc;

/// A service whose methods block: databases, signatures. Handlers reach it only on the blocking pool.
#[derive(Debug)]
pub(crate) struct Blocking<T>(Arc<T>);

/// The work was cut off: it panicked, or the program stops.
#[derive(Debug, thiserror::Error)]
#[error("the work was cut off")]
pub(crate) struct CutOff;

impl<T: Send + Sync + 'static> Blocking<T> {
    pub(crate) fn new(service: T) -> Self {
        Self(Arc::new(service))
    }

    pub(crate) async fn run<R: Send + 'static>(
        &self,
        work: impl FnOnce(&T) -> R + Send + 'static,
    ) -> Result<R, CutOff> {
        let service = Arc::clone(&self.0);
        tokio::task::spawn_blocking(move || work(&service))
            .await
            .map_err(|_| CutOff)
    }
}

impl<T> Clone for Blocking<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}
