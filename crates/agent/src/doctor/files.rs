//! Whether what the agent keeps is for its owner alone.

use std::path::Path;

use super::{Cause, Finding};

/// Folders inside folders: the agent's own has one level, and a few more are looked at.
const DEPTH: usize = 4;
/// The folder is small; more than this is somebody else's.
const MOST: usize = 1_000;

/// Looks at the folder and everything inside. Where a system has no modes, its folders of users are private.
pub(super) fn look(folder: &Path) -> Finding {
    let detail = folder.display().to_string();
    match open_to_others(folder) {
        None => Finding::good(Cause::Files, "doctor-files", detail),
        Some(found) => Finding::bad(
            Cause::Files,
            "doctor-files-open",
            found,
            "doctor-files-repair",
        ),
    }
}

#[cfg(unix)]
fn open_to_others(folder: &Path) -> Option<String> {
    use std::os::unix::fs::PermissionsExt as _;

    let is_open = |path: &Path| {
        std::fs::symlink_metadata(path)
            .is_ok_and(|facts| !facts.is_symlink() && facts.permissions().mode() & 0o077 != 0)
    };
    // Nobody gets past a folder that is closed.
    if !is_open(folder) {
        return None;
    }
    let mut waiting = vec![(folder.to_owned(), 0)];
    let mut seen = 0_usize;
    while let Some((folder, depth)) = waiting.pop() {
        for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
            seen = seen.saturating_add(1);
            let path = entry.path();
            let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
            // What a person writes by hand is no secret.
            let is_secret = path.extension().is_none_or(|ending| ending != "toml")
                || path.ends_with("grants.toml");
            if !is_folder && is_secret && is_open(&path) {
                return Some(path.display().to_string());
            }
            if is_folder && is_open(&path) && depth < DEPTH && seen < MOST {
                waiting.push((path, depth.saturating_add(1)));
            }
        }
    }
    None
}

#[cfg(not(unix))]
fn open_to_others(_: &Path) -> Option<String> {
    None
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::look;
    use crate::doctor::State;

    #[test]
    fn a_key_that_others_may_read_is_named_and_a_closed_folder_protects_it() {
        let folder = tempfile::tempdir().unwrap();
        let inner = folder.path().join("identity");
        std::fs::create_dir(&inner).unwrap();
        let (key, settings) = (
            inner.join("authority.key"),
            folder.path().join("agent.toml"),
        );
        let set = |path: &std::path::Path, mode| {
            std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
        };
        for path in [&key, &settings] {
            std::fs::write(path, "").unwrap();
            set(path, 0o644);
        }
        set(folder.path(), 0o755);
        set(&inner, 0o755);
        let found = look(folder.path());
        assert_eq!(found.state, State::Bad);
        assert_eq!(found.detail, key.display().to_string());
        for (path, mode) in [(&inner, 0o700), (&key, 0o600)] {
            set(path, mode);
            assert_eq!(look(folder.path()).state, State::Good);
            set(path, if mode == 0o700 { 0o755 } else { 0o644 });
            assert_eq!(look(folder.path()).state, State::Bad);
        }
        set(folder.path(), 0o700);
        assert_eq!(look(folder.path()).state, State::Good);
        assert_eq!(look(&folder.path().join("absent")).state, State::Good);
    }
}
