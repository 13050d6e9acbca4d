//! Which file a path leads to: somebody may put another one in its place.

use std::io;
use std::path::Path;

use tanba_model::ports::StorageError;

/// A file, whatever its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Identity {
    device: u64,
    number: u64,
}

impl Identity {
    /// The file that the path leads to now.
    pub(crate) fn of(path: &Path) -> Result<Self, StorageError> {
        let unavailable = |error: io::Error| StorageError::Unavailable(Box::new(error));
        let metadata = std::fs::metadata(path).map_err(unavailable)?;
        #[cfg(unix)]
        let identity = {
            use std::os::unix::fs::MetadataExt as _;
            Self {
                device: metadata.dev(),
                number: metadata.ino(),
            }
        };
        // Elsewhere a file that is open cannot be replaced.
        #[cfg(not(unix))]
        let identity = {
            let _ = metadata;
            Self {
                device: 0,
                number: 0,
            }
        };
        Ok(identity)
    }

    /// Refuses to go on where the file was replaced while it was open: what is written would be lost, and numbers would
    /// be used twice.
    pub(crate) fn must_be(self, opened: Option<Self>) -> Result<(), StorageError> {
        match opened {
            Some(opened) if opened != self => Err(StorageError::Damaged(
                "the database file was replaced while it was open; stop the server, and follow \"A restored backup\" in docs/operator.md".to_owned(),
            )),
            _ => Ok(()),
        }
    }
}
