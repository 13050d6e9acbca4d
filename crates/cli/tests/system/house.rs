//! Rules of the house that no compiler checks: arrows point inward, lints are inherited, the tree stays small.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Who may stand on whom; what is not listed is refused.
const ARROWS: [(&str, &[&str]); 14] = [
    ("crypto", &[]),
    ("pki", &["crypto"]),
    ("token", &["crypto"]),
    ("keystore", &["crypto", "pki"]),
    ("print", &["crypto", "pki"]),
    ("model", &["crypto", "pki"]),
    ("keystore-wasm", &["crypto", "pki", "keystore", "model"]),
    ("agent", &["crypto", "pki", "keystore", "model", "token"]),
    ("storage", &["model", "pki", "crypto"]),
    ("ca", &["model", "pki", "crypto"]),
    ("ra", &["model", "pki", "crypto"]),
    ("responder", &["model", "pki", "crypto"]),
    ("cabinet", &["ra", "model", "print", "pki"]),
    (
        "cli",
        &[
            "storage",
            "token",
            "ca",
            "ra",
            "responder",
            "cabinet",
            "keystore",
            "pki",
            "crypto",
            "model",
        ],
    ),
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .canonicalize()
        .expect("the workspace is there")
}

fn manifests() -> BTreeMap<String, toml::Table> {
    std::fs::read_dir(root().join("crates"))
        .expect("crates are there")
        .map(|entry| {
            let path = entry.expect("a crate").path();
            let name = path
                .file_name()
                .expect("a name")
                .to_string_lossy()
                .into_owned();
            let text = std::fs::read_to_string(path.join("Cargo.toml")).expect("a manifest");
            (name, text.parse().expect("TOML"))
        })
        .collect()
}

#[test]
fn arrows_point_inward() {
    let allowed: BTreeMap<&str, &[&str]> = ARROWS.into_iter().collect();
    for (name, manifest) in manifests() {
        let allowed = allowed
            .get(name.as_str())
            .unwrap_or_else(|| panic!("the crate {name} has no place in the house"));
        let dependencies = manifest
            .get("dependencies")
            .and_then(toml::Value::as_table)
            .cloned()
            .unwrap_or_default();
        for dependency in dependencies
            .keys()
            .filter_map(|key| key.strip_prefix("tanba-"))
        {
            assert!(
                allowed.contains(&dependency),
                "{name} must not depend on {dependency}"
            );
        }
    }
}

#[test]
fn every_crate_inherits_the_lints_and_the_licence() {
    for (name, manifest) in manifests() {
        let inherits = |table: &str, key: &str| {
            manifest
                .get(table)
                .and_then(|table| table.get(key))
                .is_some_and(|value| {
                    value.as_bool() == Some(true)
                        || value.get("workspace").and_then(toml::Value::as_bool) == Some(true)
                })
        };
        assert!(
            inherits("lints", "workspace"),
            "{name} does not inherit the lints"
        );
        assert!(
            inherits("package", "license"),
            "{name} does not inherit the licence"
        );
    }
}

#[test]
fn the_server_stands_on_fewer_than_450_packages() {
    let output = Command::new(env!("CARGO"))
        .args([
            "tree",
            "--offline",
            "-p",
            "tanba-cli",
            "-e",
            "normal,build",
            "--prefix",
            "none",
            "-f",
            "{p}",
        ])
        .current_dir(root())
        .output()
        .expect("cargo runs");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let text = String::from_utf8_lossy(&output.stdout);
    let packages: BTreeSet<&str> = text
        .lines()
        .map(|line| line.trim_end_matches(" (*)"))
        .filter(|line| !line.is_empty())
        .collect();
    assert!(packages.len() < 450, "{} packages", packages.len());
}

/// The queue of the storage, duties, handlers and the agent's connections each survive a panic of one piece of work.
#[test]
fn a_panic_in_a_release_ends_one_piece_of_work_and_not_the_program() {
    let text = std::fs::read_to_string(root().join("Cargo.toml")).expect("a manifest");
    let manifest: toml::Table = text.parse().expect("TOML");
    assert_eq!(
        manifest["profile"]["release"]["panic"].as_str(),
        Some("unwind")
    );
    // The agent's package takes it over.
    let packaged = &manifest["profile"]["packaged"];
    assert_eq!(packaged["inherits"].as_str(), Some("release"));
    assert!(packaged.get("panic").is_none());
}

#[test]
fn no_file_is_a_drawer() {
    // A file that nobody can read in one sitting has a second noun in it.
    let mut long = Vec::new();
    for folder in ["crates", "scripts", "tests"] {
        walk(&root().join(folder), &mut long);
    }
    assert!(long.is_empty(), "past 450 lines: {long:?}");
}

fn walk(folder: &Path, long: &mut Vec<String>) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        let name = path
            .file_name()
            .expect("a name")
            .to_string_lossy()
            .into_owned();
        if path.is_dir() {
            if !["node_modules", "target", "tests", "fixtures", "dist"].contains(&name.as_str()) {
                walk(&path, long);
            }
            continue;
        }
        let source = [
            ".rs", ".ts", ".mjs", ".css", ".scss", ".html", ".sql", ".sh",
        ]
        .iter()
        .any(|ending| name.ends_with(ending));
        let lines = if source {
            std::fs::read_to_string(&path)
                .expect("text")
                .lines()
                .count()
        } else {
            0
        };
        if lines > 450 {
            long.push(format!("{} ({lines})", path.display()));
        }
    }
}
