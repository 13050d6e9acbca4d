use eframe::egui::accesskit::Role;
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use tanba_model::language::Language;

use super::{Talk, click, has, seen};
use crate::consent::{Answer, FileQuestion, Question};

#[test]
fn a_file_is_chosen_from_its_folder_and_one_that_is_absent_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("aigul.p12");
    std::fs::write(&file, b"x").unwrap();
    std::fs::write(folder.path().join("шарт.txt"), b"x").unwrap();
    let mut window = seen(Question::File(FileQuestion {
        language: Language::En,
        origin: "https://egov.example".to_owned(),
        ending: Some("P12".to_owned()),
        folder: folder.path().to_str().map(str::to_owned),
    }));
    let choose = |window: &Harness<'_, Talk>| {
        let button = window.get_by_label("Choose");
        button.accesskit_node().is_disabled()
    };
    while !has(&window, "aigul.p12") {
        window.run_steps(1);
    }
    assert!(choose(&window) && !has(&window, "шарт.txt"));
    window.get_by_role(Role::TextInput).focus();
    window
        .get_by_role(Role::TextInput)
        .type_text("/no/such/file");
    // The folder is asked by a thread of its own.
    while !has(&window, "There is no file or folder") {
        window.run_steps(1);
    }
    assert!(choose(&window));
    click(&mut window, "aigul.p12");
    click(&mut window, "Choose");
    assert_eq!(window.state().answer, Some(Answer::File(file)));
}
