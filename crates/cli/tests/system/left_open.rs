//! What a server finds when it starts, and beside it: intents that somebody left; and memory that it may lock.

use std::time::Duration;

use crate::server::{Installation, pause};

/// As a program leaves it that ends between intent and signature.
fn leave_open(house: &Installation, serial: &str, seconds_ago: u32) {
    let changed = house.sql(&format!(
        "UPDATE certificate SET status = 'intended', der = NULL, created_at = unixepoch() - {seconds_ago}
         WHERE hex(serial) = upper('{serial}')"
    ));
    assert_eq!(changed, 1);
}

fn status(house: &Installation, serial: &str) -> String {
    let shown = house.facts(&["certificate", "show", serial]);
    shown["status"].as_str().expect("a status").to_owned()
}

#[test]
fn what_was_left_open_is_completed_at_the_start_and_beside_a_running_server_and_the_log_says_so() {
    let mut house = Installation::start();
    let citizen = house.citizen("Serikova", "serikova@example.kz");
    let serial = citizen.signature.certificate.serial_hex();
    house.kill();
    leave_open(&house, &serial, 0);
    house.serve();
    assert_eq!(status(&house, &serial), "valid");
    let log = house.log();
    let line = log
        .lines()
        .find(|line| line.contains("recovered what was open"))
        .expect("a line about it");
    assert!(line.contains("completed=1"), "{line}");

    // Another program, while this one runs: nobody else completes it.
    leave_open(&house, &serial, 61);
    for _ in 0..600 {
        if status(&house, &serial) == "valid" {
            break;
        }
        pause(Duration::from_millis(100));
    }
    assert_eq!(status(&house, &serial), "valid");
    let log = house.log();
    assert!(log.contains("recovered what was left open"), "{log}");
}

/// What the kernel says of the server's memory, in KiB.
fn locked(house: &Installation) -> u64 {
    let status = house.status();
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmLck:"))
        .expect("a line about locked memory");
    let number = line.trim().trim_end_matches(" kB");
    number.parse().expect("kilobytes")
}

#[test]
fn keys_stay_out_of_swap_or_the_log_says_that_they_may_not() {
    let house = Installation::start();
    let is_locked = locked(&house) > 0;
    assert_ne!(is_locked, house.log().contains("may be written to swap"));
    assert_eq!(is_locked, may_lock(), "{}", house.log());
}

/// Whether the account of the tests may lock as much as it likes: as the server, which is its child.
fn may_lock() -> bool {
    let read = |name: &str| std::fs::read_to_string(format!("/proc/self/{name}")).expect("a file");
    let unlimited = read("limits")
        .lines()
        .any(|line| line.starts_with("Max locked memory         unlimited"));
    let capabilities = read("status");
    let capabilities = capabilities
        .lines()
        .find_map(|line| line.strip_prefix("CapEff:"))
        .and_then(|digits| u64::from_str_radix(digits.trim(), 16).ok())
        .expect("capabilities");
    unlimited || capabilities & (1 << 14) != 0
}
