use tanba_model::audit::Actor;

use super::*;
use crate::commands::testing::{House, NOW};

fn list(text: &str) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("list.txt");
    std::fs::write(&path, text).unwrap();
    (folder, path)
}

fn blocked(house: &House) -> usize {
    let mut unit = house.storage.snapshot().unwrap();
    unit.keys().blocked_after(None, 1_000_000).unwrap().len()
}

fn line(number: u32) -> String {
    format!("{number:064x}")
}

#[test]
fn a_published_list_is_imported_whole_and_once() {
    let house = House::new();
    let mut text = String::from("# published by somebody\n\n");
    for number in 1..=4_500 {
        text.push_str(&format!("{}, a note\r\n", line(number)));
    }
    text.push_str(&format!("sha256:{}\n", line(7).to_uppercase()));
    let (_folder, path) = list(&text);
    let run = |seconds: u64| {
        let clock = || NOW.plus(Duration::from_secs(seconds));
        let storage = house.storage.as_ref();
        import(storage, &path, "a test", &Actor::System, &clock).unwrap()
    };
    let done = run(0);
    assert_eq!((done.keys, done.new), (4_501, 4_500));
    assert_eq!(blocked(&house), 4_500);
    let again = run(1);
    assert_eq!((again.keys, again.new), (4_501, 0));
    assert_eq!(blocked(&house), 4_500);
}

#[test]
fn a_list_with_a_line_that_is_no_digest_blocks_nothing() {
    let house = House::new();
    for bad in [
        "deadbeef\n",
        "; nothing\n",
        "hello world\n",
        &"0".repeat(5_000),
    ] {
        let mut text: String = (1..=3_000).map(|number| line(number) + "\n").collect();
        text.push_str(bad);
        let (_folder, path) = list(&text);
        let refused = import(
            house.storage.as_ref(),
            &path,
            "a test",
            &Actor::System,
            &|| NOW,
        );
        let said = refused.unwrap_err().to_string();
        assert!(said.contains("line 3001"), "{said}");
    }
    let (_folder, path) = list("# nothing but a comment\n");
    let refused = import(
        house.storage.as_ref(),
        &path,
        "a test",
        &Actor::System,
        &|| NOW,
    );
    assert!(refused.unwrap_err().to_string().contains("names no key"));
    assert_eq!(blocked(&house), 0);
}

#[test]
fn the_second_and_the_reason_of_an_import_are_those_of_no_other() {
    let house = House::new();
    let (_folder, path) = list(&(line(1) + "\n"));
    let storage = house.storage.as_ref();
    let _ = import(storage, &path, "a test", &Actor::System, &|| NOW).unwrap();
    let is_taken = |reason: &str, now: Timestamp| {
        is_taken(storage.snapshot().unwrap().as_mut(), reason, now).unwrap()
    };
    assert!(is_taken("a test", NOW));
    assert!(!is_taken("another", NOW));
    let next = NOW.plus(Duration::from_secs(1));
    assert!(!is_taken("a test", next));
    let refused = import(storage, &path, "a test", &Actor::System, &|| NOW);
    assert!(refused.unwrap_err().to_string().contains("in this second"));
}

#[test]
fn imports_that_run_at_the_same_time_for_one_reason_share_no_second() {
    let house = House::new();
    let both = std::sync::Barrier::new(2);
    std::thread::scope(|scope| {
        for from in [1, 3_001] {
            let (house, both) = (&house, &both);
            let _ = scope.spawn(move || {
                let lines = (from..from + 3_000).map(|number| line(number) + "\n");
                let (_folder, path) = list(&lines.collect::<String>());
                let _ = both.wait();
                let storage = house.storage.as_ref();
                let context = Context::new(true).unwrap();
                let clock = || context.now();
                let done = import(storage, &path, "a test", &Actor::System, &clock).unwrap();
                assert_eq!(done.new, 3_000);
            });
        }
    });
    let rows = house
        .storage
        .snapshot()
        .unwrap()
        .keys()
        .blocked_after(None, 10_000)
        .unwrap();
    let of = |numbers: std::ops::Range<u32>| -> std::collections::BTreeSet<Timestamp> {
        let lines: Vec<String> = numbers.map(line).collect();
        let rows = rows
            .iter()
            .filter(|row| lines.contains(&hex::encode(&row.public_key_sha256)));
        rows.map(|row| row.at).collect()
    };
    let (one, other) = (of(1..3_001), of(3_001..6_001));
    assert_eq!((one.len(), other.len()), (1, 1));
    assert_ne!(one, other);
}
