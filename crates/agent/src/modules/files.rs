//! Files that sites name.
//!
//! A file is read on a thread of its own, piece by piece: a drive that stalls holds up whoever named the file and nobody
//! else, and whoever leaves ends the reading with the next piece.

use std::collections::HashMap;
use std::fs::File;
use std::io::Read as _;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

use crate::origin::{Origin, Site};

/// Larger files are not signed.
const LARGEST: u64 = 256 * 1024 * 1024;
/// Octets of all files that are read or wait for their signature.
const ALL: u64 = 2 * LARGEST;
/// Octets that are read at once.
const PIECE: u64 = 1024 * 1024;
/// Files that are read for one site at once, those on drives that never answer among them.
const EACH: usize = 4;

/// The files that are held now.
#[derive(Debug, Default)]
pub(crate) struct Files {
    reading: Mutex<HashMap<Site, usize>>,
    octets: AtomicU64,
}

/// What was in a file, and its share of the memory for files.
#[derive(Debug)]
pub(crate) struct FileContent {
    octets: Vec<u8>,
    share: Share,
}

/// A share of the memory for files; given back when dropped.
#[derive(Debug)]
pub(crate) struct Share {
    files: Arc<Files>,
    octets: u64,
}

/// Why there is no content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoContent {
    /// There is no such file, or it cannot be read or is too large.
    Absent,
    /// Too much is read already.
    TooMuch,
}

/// A file that is being read; dropped, it is read no further.
#[derive(Debug)]
pub(crate) struct Reading {
    stopped: Arc<AtomicBool>,
    done: oneshot::Receiver<Result<FileContent, NoContent>>,
}

/// One of the reads of a site.
struct Place {
    files: Arc<Files>,
    site: Site,
}

impl Files {
    /// Begins to read a file for a site.
    pub(crate) fn read(
        self: &Arc<Self>,
        origin: &Origin,
        path: &Path,
    ) -> Result<Reading, NoContent> {
        let place = self.place(origin).ok_or(NoContent::TooMuch)?;
        let stopped = Arc::new(AtomicBool::new(false));
        let (send, done) = oneshot::channel();
        let share = Share {
            files: Arc::clone(self),
            octets: 0,
        };
        let (path, is_stopped) = (path.to_owned(), Arc::clone(&stopped));
        let read = move || {
            let content = content(&path, share, &is_stopped);
            drop(place);
            let _ = send.send(content);
        };
        std::thread::Builder::new()
            .name("drive".to_owned())
            .spawn(read)
            .map_err(|_| NoContent::TooMuch)?;
        Ok(Reading { stopped, done })
    }

    fn place(self: &Arc<Self>, origin: &Origin) -> Option<Place> {
        let mut sites = self.reading();
        let site = origin.site();
        let reads = sites.get(&site).copied().unwrap_or_default();
        if reads >= EACH {
            return None;
        }
        sites.insert(site.clone(), reads.saturating_add(1));
        Some(Place {
            files: Arc::clone(self),
            site,
        })
    }

    fn reading(&self) -> MutexGuard<'_, HashMap<Site, usize>> {
        self.reading.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut sites = self.files.reading();
        let left = sites.get(&self.site).copied().unwrap_or_default();
        if left > 1 {
            sites.insert(self.site.clone(), left.saturating_sub(1));
        } else {
            sites.remove(&self.site);
        }
    }
}

impl Reading {
    /// Waits for the content. May be asked again when the waiting was given up.
    pub(crate) async fn content(&mut self) -> Result<FileContent, NoContent> {
        (&mut self.done).await.unwrap_or(Err(NoContent::Absent))
    }
}

impl Drop for Reading {
    fn drop(&mut self) {
        self.stopped.store(true, Ordering::Relaxed);
    }
}

impl FileContent {
    /// The octets, and what has to be kept as long as they are.
    pub(crate) fn into_parts(self) -> (Vec<u8>, Share) {
        (self.octets, self.share)
    }
}

impl Share {
    fn grow(&mut self, octets: u64) -> Result<(), NoContent> {
        let more = |held: u64| held.checked_add(octets).filter(|held| *held <= ALL);
        self.files
            .octets
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, more)
            .map_err(|_| NoContent::TooMuch)?;
        self.octets = self.octets.saturating_add(octets);
        Ok(())
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.files.octets.fetch_sub(self.octets, Ordering::Relaxed);
    }
}

/// Reads what is a file, never more than may be held, and ends when it is told to.
fn content(
    path: &Path,
    mut share: Share,
    is_stopped: &AtomicBool,
) -> Result<FileContent, NoContent> {
    let absent = |_| NoContent::Absent;
    // A pipe or a device would be opened for ever.
    let facts = std::fs::metadata(path).map_err(absent)?;
    if !facts.is_file() || facts.len() > LARGEST {
        return Err(NoContent::Absent);
    }
    let mut file = File::open(path).map_err(absent)?;
    let (mut octets, mut length) = (Vec::new(), 0_u64);
    // What grows while it is read is bounded all the same.
    while length <= LARGEST {
        if is_stopped.load(Ordering::Relaxed) {
            return Err(NoContent::Absent);
        }
        share.grow(PIECE)?;
        let read = (&mut file)
            .take(PIECE)
            .read_to_end(&mut octets)
            .map_err(absent)?;
        let read = u64::try_from(read).unwrap_or(PIECE);
        length = length.saturating_add(read);
        if read < PIECE {
            return Ok(FileContent { octets, share });
        }
    }
    Err(NoContent::Absent)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::{ALL, EACH, Files, LARGEST, NoContent, PIECE, Share, content};
    use crate::origin::Origin;

    fn share(files: &Arc<Files>) -> Share {
        Share {
            files: Arc::clone(files),
            octets: 0,
        }
    }

    #[test]
    fn what_is_no_file_or_too_large_is_absent_and_what_is_read_is_counted() {
        let folder = tempfile::tempdir().unwrap();
        let files = Arc::new(Files::default());
        let goes_on = AtomicBool::new(false);
        let path = folder.path().join("file");
        let read = || content(&path, share(&files), &goes_on);
        assert_eq!(read().err(), Some(NoContent::Absent));
        let octets = vec![0x5a; usize::try_from(PIECE).unwrap() + 5];
        std::fs::write(&path, &octets).unwrap();
        let (found, held) = read().unwrap().into_parts();
        assert!(found == octets);
        assert_eq!(files.octets.load(Ordering::Relaxed), 2 * PIECE);
        drop(held);
        assert_eq!(files.octets.load(Ordering::Relaxed), 0);
        // Nobody waits for it any more.
        goes_on.store(true, Ordering::Relaxed);
        assert_eq!(read().err(), Some(NoContent::Absent));
        goes_on.store(false, Ordering::Relaxed);
        // A file with nothing in it takes no room on the drive.
        let file = std::fs::File::create(&path).unwrap();
        file.set_len(LARGEST + 1).unwrap();
        assert_eq!(read().err(), Some(NoContent::Absent));
        file.set_len(LARGEST).unwrap();
        let mut others = share(&files);
        others.grow(ALL - PIECE).unwrap();
        assert_eq!(read().err(), Some(NoContent::TooMuch));
        drop(others);
        assert_eq!(
            content(folder.path(), share(&files), &goes_on).err(),
            Some(NoContent::Absent)
        );
        assert_eq!(files.octets.load(Ordering::Relaxed), 0);
    }

    #[test]
    fn drives_that_never_answer_take_the_places_of_one_site_alone() {
        let files = Arc::new(Files::default());
        let site = |name: &str| Origin::Site(format!("https://{name}.example"));
        let mut places: Vec<_> = (0..EACH)
            .map(|_| files.place(&site("a")).unwrap())
            .collect();
        assert!(files.place(&site("a")).is_none());
        assert!(files.place(&site("www.a")).is_none());
        assert!(files.place(&site("b")).is_some());
        places.pop();
        assert!(files.place(&site("a")).is_some());
        drop(places);
        assert!(files.reading().is_empty());
    }
}
