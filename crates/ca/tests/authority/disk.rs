//! Disks that are full or may not be written. Small ones are made of memory, which only root may do; elsewhere these tests
//! say so and do nothing (a bounded database file is tested with the storage). Under CI, with the right to mount, they must run.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use tanba_model::ports::Storage as _;
use tanba_storage::{OpenError, SqliteStorage};
use tempfile::TempDir;

use crate::faults::{Scenario, Template, act, restart_and_ask_again};
use crate::harness::{Chest, House};
use crate::ports::Plan;

/// A disk of so many KiB; gone when dropped.
struct SmallDisk(TempDir);

impl SmallDisk {
    fn mount(size_kib: u64) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        mount(
            folder.path(),
            &["-t", "tmpfs", "-o", &format!("size={size_kib}k"), "tmpfs"],
        )
        .then_some(Self(folder))
    }

    fn path(&self) -> &Path {
        self.0.path()
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(self.0.path()).status();
    }
}

fn mount(at: &Path, arguments: &[&str]) -> bool {
    let output = Command::new("mount").args(arguments).arg(at).output();
    output.is_ok_and(|output| output.status.success())
}

#[expect(
    clippy::disallowed_methods,
    reason = "whoever runs the tests says by the environment that none may be left out"
)]
fn skipped() {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    assert!(
        !(may_mount(&status) && std::env::var("CI").is_ok_and(|ci| ci == "true")),
        "no small disk can be made here, though this account may mount and it is CI"
    );
    let _ = writeln!(std::io::stderr(), "SKIPPED: no small disk can be made here");
}

/// Whether `/proc/self/status` has CAP_SYS_ADMIN, bit 21 of the effective capabilities: root of most containers has not.
fn may_mount(status: &str) -> bool {
    let line = status.lines().find_map(|line| line.strip_prefix("CapEff:"));
    line.and_then(|digits| u64::from_str_radix(digits.trim(), 16).ok())
        .is_some_and(|capabilities| (capabilities >> 21) & 1 == 1)
}

/// Files of a database as a power cut leaves them.
fn copy_files(from: &Path, to: &Path) {
    for name in ["tanba.sqlite", "tanba.sqlite-wal"] {
        if from.join(name).exists() {
            fs::copy(from.join(name), to.join(name)).unwrap();
        }
    }
}

fn house_on(disk: &SmallDisk) -> Option<House> {
    let storage = SqliteStorage::open_existing(disk.path().join("tanba.sqlite")).ok()?;
    drop(storage.snapshot().ok()?);
    Some(House {
        folder: tempfile::tempdir().unwrap(),
        storage: Arc::new(storage),
        chest: Arc::new(Chest::new()),
        seed: 4,
    })
}

#[test]
fn a_disk_that_fills_up_at_any_place_leaves_everything_whole_and_asking_again_works() {
    let scenario = Scenario::Application;
    let template = Template::make(scenario);
    let size = fs::metadata(template.folder.path().join("tanba.sqlite"))
        .unwrap()
        .len()
        / 1024;
    let ids = (template.person, template.application);
    let (mut refused, mut done) = (0, 0);
    // The index of the write-ahead log takes 32 KiB; then page by page.
    for room in (32..).step_by(8) {
        let Some(disk) = SmallDisk::mount(size + room) else {
            return skipped();
        };
        copy_files(template.folder.path(), disk.path());
        let Some(house) = house_on(&disk) else {
            continue;
        };
        let result = act(scenario, &house, ids, &Plan::clean());
        drop(house);
        let rescued = tempfile::tempdir().unwrap();
        copy_files(disk.path(), rescued.path());
        let context = format!("{room} KiB of room, {result:?}");
        restart_and_ask_again(scenario, &template, rescued, &context);
        match result {
            Ok(()) => done += 1,
            Err(_) => refused += 1,
        }
        if done > 2 {
            break;
        }
    }
    assert!(refused > 3, "{refused}");
}

#[test]
fn a_database_that_may_not_be_written_refuses_and_loses_nothing() {
    let scenario = Scenario::Application;
    let template = Template::make(scenario);
    let Some(disk) = SmallDisk::mount(8 * 1024) else {
        return skipped();
    };
    copy_files(template.folder.path(), disk.path());
    if !mount(disk.path(), &["-o", "remount,ro"]) {
        return skipped();
    }
    match SqliteStorage::open_existing(disk.path().join("tanba.sqlite")) {
        // Who only reads may look.
        Ok(storage) => {
            let house = House {
                folder: tempfile::tempdir().unwrap(),
                storage: Arc::new(storage),
                chest: Arc::new(Chest::new()),
                seed: 4,
            };
            let ids = (template.person, template.application);
            act(scenario, &house, ids, &Plan::clean()).unwrap_err();
        }
        Err(OpenError::File(error)) => {
            assert_eq!(error.kind(), std::io::ErrorKind::ReadOnlyFilesystem);
        }
        Err(other) => panic!("refused for another reason: {other}"),
    }
    let rescued = tempfile::tempdir().unwrap();
    copy_files(disk.path(), rescued.path());
    restart_and_ask_again(scenario, &template, rescued, "read-only");
}
