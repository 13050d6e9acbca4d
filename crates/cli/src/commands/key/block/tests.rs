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
    let run = || import(house.storage.as_ref(), &path, "a test", &Actor::System, NOW).unwrap();
    let done = run();
    assert_eq!((done.keys, done.new), (4_501, 4_500));
    assert_eq!(blocked(&house), 4_500);
    let again = run();
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
        let refused = import(house.storage.as_ref(), &path, "a test", &Actor::System, NOW);
        let said = refused.unwrap_err().to_string();
        assert!(said.contains("line 3001"), "{said}");
    }
    let (_folder, path) = list("# nothing but a comment\n");
    let refused = import(house.storage.as_ref(), &path, "a test", &Actor::System, NOW);
    assert!(refused.unwrap_err().to_string().contains("names no key"));
    assert_eq!(blocked(&house), 0);
}

#[test]
fn the_second_and_the_reason_of_an_import_are_those_of_no_other() {
    let house = House::new();
    let (_folder, path) = list(&(line(1) + "\n"));
    let storage = house.storage.as_ref();
    let _ = import(storage, &path, "a test", &Actor::System, NOW).unwrap();
    assert!(is_taken(storage, "a test", NOW).unwrap());
    assert!(!is_taken(storage, "another", NOW).unwrap());
    let next = NOW.plus(Duration::from_secs(1));
    assert!(!is_taken(storage, "a test", next).unwrap());
}
