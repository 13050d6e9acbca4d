//! What work leaves that several callers brought, when one of them gives up, fills the disk or panics.

use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use tanba_model::id::IssuerId;
use tanba_model::key::{BlockSource, BlockedKey};
use tanba_model::ports::{AwaitedIssuer, IssuanceStop, IssuerKind, NewIssuer, UnitOfWork};
use tanba_pki::Timestamp;
use tempfile::TempDir;

use super::*;
use crate::open::SqliteStorage;

const NOW: Timestamp = Timestamp::from_unix(1_795_500_000);

struct Scene {
    _folder: TempDir,
    queue: Queue,
    writer: Writer,
    damage: Damage,
}

/// What a caller does.
type Deed = fn(&mut dyn UnitOfWork) -> bool;

impl Scene {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tanba.sqlite");
        drop(SqliteStorage::open(&path).unwrap());
        Self {
            queue: Queue::default(),
            writer: Writer::new(&path),
            damage: Damage::default(),
            _folder: folder,
        }
    }

    fn submit(&self, work: Work) -> Result<(), StorageError> {
        self.queue.submit(work, &self.writer, &self.damage)
    }

    /// Does all of this in one round: the first one waits until the others are there.
    fn together(&'static self, deeds: &[Deed]) -> Vec<Result<(), StorageError>> {
        let begun = Arc::new(Barrier::new(2));
        std::thread::scope(|scope| {
            let theirs = Arc::clone(&begun);
            let holder = scope.spawn(move || {
                let mut was_held = false;
                self.submit(Box::new(move |_| {
                    if !std::mem::replace(&mut was_held, true) {
                        let _ = (theirs.wait(), theirs.wait());
                    }
                    true
                }))
            });
            let _ = begun.wait();
            let mut callers = Vec::new();
            for (number, deed) in deeds.iter().copied().enumerate() {
                callers.push(scope.spawn(move || self.submit(Box::new(deed))));
                // They are done in the order in which they came.
                while self.queue.waiting() <= number {
                    std::thread::yield_now();
                }
            }
            let _ = begun.wait();
            let _ = holder.join();
            let told = |caller: std::thread::ScopedJoinHandle<'_, _>| {
                caller.join().unwrap_or_else(|_| Err(aborted()))
            };
            callers.into_iter().map(told).collect()
        })
    }

    /// How many messages there are that could be sent.
    fn count(&self) -> usize {
        let mut unit = SqliteUnit::write(&self.writer, Company::Welcome, &self.damage).unwrap();
        let unit: &mut dyn UnitOfWork = &mut unit;
        unit.audit_log().page(0, 1000).unwrap().len()
    }

    fn bound(&self, pages: u32) {
        let unit = SqliteUnit::write(&self.writer, Company::Alone, &self.damage).unwrap();
        let sql = format!("PRAGMA max_page_count = {pages}");
        let _ = unit.one(&sql, [], |_| Ok(())).unwrap();
    }
}

/// Scenes that threads may outlive; there are a few.
fn scene() -> &'static Scene {
    Box::leak(Box::new(Scene::new()))
}

fn write(unit: &mut dyn UnitOfWork, octets: usize) -> bool {
    let event = tanba_model::audit::AuditEvent {
        at: NOW,
        actor: tanba_model::audit::Actor::System,
        action: "test".to_owned(),
        object: String::new(),
        detail: "x".repeat(octets),
        origin: String::new(),
    };
    unit.audit_log().append(&event).is_ok()
}

#[test]
fn callers_that_meet_share_a_commit_and_one_that_gives_up_takes_only_its_own_back() {
    let scene = scene();
    let before = scene.count();
    let commits = scene.writer.commits();
    let gives_up: Deed = |unit| {
        assert!(write(unit, 1));
        false
    };
    let sound: Deed = |unit| write(unit, 1);
    for result in scene.together(&[sound, gives_up, sound]) {
        result.unwrap();
    }
    assert_eq!(scene.count(), before + 2);
    assert_eq!(scene.writer.commits(), commits + 1);
    // The next round has a leader again.
    scene.submit(Box::new(sound)).unwrap();
    assert_eq!(scene.count(), before + 3);
}

#[test]
fn a_round_begins_anew_only_for_a_piece_that_wrote_before_it_gave_up() {
    static CLEAN: AtomicU32 = AtomicU32::new(0);
    static DIRTY: AtomicU32 = AtomicU32::new(0);
    let before_clean: Deed = |unit| {
        CLEAN.fetch_add(1, Ordering::SeqCst);
        write(unit, 1)
    };
    let before_dirty: Deed = |unit| {
        DIRTY.fetch_add(1, Ordering::SeqCst);
        write(unit, 1)
    };
    let only_reads: Deed = |unit| unit.audit_log().size().is_err();
    let wrote: Deed = |unit| !write(unit, 1);
    let sound: Deed = |unit| write(unit, 1);
    let scene = scene();
    let before = scene.count();
    for result in scene.together(&[before_clean, only_reads, sound]) {
        result.unwrap();
    }
    assert_eq!(CLEAN.load(Ordering::SeqCst), 1);
    assert_eq!(scene.count(), before + 2);
    for result in scene.together(&[before_dirty, wrote, sound, wrote, sound]) {
        result.unwrap();
    }
    // Once more for the first that gave up; from then on each has a savepoint of its own.
    assert_eq!(DIRTY.load(Ordering::SeqCst), 2);
    assert_eq!(scene.count(), before + 5);
}

/// The name by which the tests of the switch find their authority.
const ISSUER: &str = "tested";

fn issuer(unit: &mut dyn UnitOfWork) -> IssuerId {
    let known = unit.issuers().all().unwrap();
    known
        .iter()
        .find(|one| one.issuer.name == ISSUER)
        .unwrap()
        .id
}

fn is_stopped(unit: &mut dyn UnitOfWork) -> bool {
    let id = issuer(unit);
    unit.issuers().is_stopped(id, "profile").unwrap()
}

fn stop(unit: &mut dyn UnitOfWork) {
    let stop = IssuanceStop {
        issuer: issuer(unit),
        profile: None,
        since: NOW,
        reason: "tested".to_owned(),
    };
    unit.issuers().stop(&stop).unwrap();
}

#[test]
fn what_was_asked_is_asked_anew_once_it_is_changed_and_once_that_is_taken_back() {
    static SEEN: Mutex<Vec<bool>> = Mutex::new(Vec::new());
    let scene = scene();
    let made = scene.submit(Box::new(|unit| {
        let issuer = NewIssuer {
            name: ISSUER.to_owned(),
            kind: IssuerKind::Issuing,
            shards: 1,
            certificate: vec![1],
            key: vec![1],
        };
        unit.issuers().insert(&issuer, NOW).is_ok()
    }));
    made.unwrap();
    let looks: Deed = |unit| {
        SEEN.lock().unwrap().push(is_stopped(unit));
        true
    };
    let stops_and_gives_up: Deed = |unit| {
        stop(unit);
        assert!(is_stopped(unit));
        false
    };
    let stops: Deed = |unit| {
        stop(unit);
        write(unit, 1)
    };
    for result in scene.together(&[looks, stops_and_gives_up, looks, stops, looks]) {
        result.unwrap();
    }
    // The first one looked again when the round began anew.
    assert_eq!(*SEEN.lock().unwrap(), [false, false, false, true]);
}

#[test]
fn the_worth_of_a_key_that_is_blocked_meanwhile_is_not_what_it_was() {
    let scene = scene();
    let blocked = scene.submit(Box::new(|unit| {
        let key = [7; 32];
        assert!(!unit.issuers().worth(None, None, &key).unwrap().is_blocked);
        let block = BlockedKey {
            public_key_sha256: key,
            at: NOW,
            source: BlockSource::Administrator,
            reason: "tested".to_owned(),
            attestation: None,
        };
        assert!(unit.keys().block(&block).unwrap());
        unit.issuers().worth(None, None, &key).unwrap().is_blocked
    }));
    blocked.unwrap();
    let mut unit = SqliteUnit::write(&scene.writer, Company::Alone, &scene.damage).unwrap();
    let unit: &mut dyn UnitOfWork = &mut unit;
    assert!(unit.keys().is_blocked(&[7; 32]).unwrap());
}

#[test]
fn who_fills_the_disk_fails_those_before_it_and_those_after_it_go_on() {
    let scene = scene();
    let before = scene.count();
    scene.bound(120);
    let sound: Deed = |unit| write(unit, 1);
    // Not evidence: where a trigger may refuse, SQLite takes back the statement alone.
    let fills: Deed = |unit| {
        let large = AwaitedIssuer {
            name: "large".to_owned(),
            shards: 1,
            request: vec![1; 2_000_000],
            key: vec![1],
        };
        unit.issuers().expect(&large, NOW).is_ok()
    };
    let results = scene.together(&[sound, fills, sound]);
    assert!(results[0].is_err(), "{results:?}");
    // Its own work knew that it failed, and gave up.
    assert!(results[1].is_ok() && results[2].is_ok(), "{results:?}");
    scene.bound(1_000_000);
    assert_eq!(scene.count(), before + 1);
}

#[test]
fn nobody_waits_for_ever_for_work_that_panicked() {
    static PANICS: AtomicBool = AtomicBool::new(false);
    let scene = scene();
    let before = scene.count();
    let sound: Deed = |unit| write(unit, 1);
    let panics: Deed = |unit| {
        PANICS.store(write(unit, 1), Ordering::SeqCst);
        panic!("as told");
    };
    let results = scene.together(&[sound, panics, sound]);
    assert!(PANICS.load(Ordering::SeqCst));
    assert!(results.iter().all(Result::is_err), "{results:?}");
    assert_eq!(scene.count(), before);
    scene.submit(Box::new(sound)).unwrap();
    assert_eq!(scene.count(), before + 1);
}

#[test]
fn a_page_that_cannot_be_takes_back_what_was_written_beside_it() {
    let scene = scene();
    let before = scene.count();
    let met = scene.submit(Box::new(move |unit| {
        let is_written = write(unit, 1);
        let corrupt = rusqlite::Error::SqliteFailure(ffi::Error::new(ffi::SQLITE_CORRUPT), None);
        let _ = scene.damage.note::<()>(Err(corrupt));
        is_written
    }));
    assert!(matches!(met, Err(StorageError::Damaged(_))), "{met:?}");
    assert_eq!(scene.count(), before);
}
