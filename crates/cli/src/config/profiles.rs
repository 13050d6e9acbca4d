//! The operator's own profiles: a folder of TOML files that the configuration names.
//!
//! What cannot be used is set aside and told: nothing is issued by it and the server does not start, but whoever has to revoke
//! a certificate or to stop an authority this minute is not kept from it by a file that somebody is writing.

use std::path::{Path, PathBuf};

use tanba_ca::Profiles;

use super::{Finding, Findings};

/// The profiles that ship and those of the folder; each file that is none is a finding of its own.
pub(super) fn read(folder: Option<&Path>) -> (Profiles, Findings) {
    let mut profiles = Profiles::builtin();
    let findings = match folder.map(files) {
        None => Findings::default(),
        Some(Ok(files)) => add(&mut profiles, files),
        Some(Err(finding)) => finding.into(),
    };
    (profiles, findings)
}

/// The files of the folder, by name.
fn files(folder: &Path) -> Result<Vec<PathBuf>, Finding> {
    let fault = |error: &std::io::Error| {
        Finding::error(
            "profiles-folder",
            format!(
                "the folder of profiles {} cannot be read: {error}",
                folder.display()
            ),
            "name a folder that this account may read as ca.profiles, or leave it out",
        )
    };
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(|error| fault(&error))? {
        let path = entry.map_err(|error| fault(&error))?.path();
        if path
            .extension()
            .is_some_and(|extension| extension == "toml")
        {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

fn add(profiles: &mut Profiles, files: Vec<PathBuf>) -> Findings {
    let mut findings = Findings::default();
    for path in files {
        let stem = path
            .file_stem()
            .map(|stem| stem.to_string_lossy().into_owned())
            .unwrap_or_default();
        let outcome = text(&path)
            .map_err(|error| format!("cannot be read: {error}"))
            .and_then(|text| {
                profiles
                    .add_own(&stem, &text)
                    .map_err(|error| format!("cannot be used: {error}"))
            });
        if let Err(why) = outcome {
            profiles.set_aside(&stem);
            findings.push(Finding::error(
                "profile-unusable",
                format!("the profile {} {why}", path.display()),
                "correct it (`tanba profile lint FILE` says the rest), or take it out of the folder",
            ));
        }
    }
    findings
}

/// What a file says; whoever reads a pipe waits for ever.
fn text(path: &Path) -> std::io::Result<String> {
    if path.is_dir() || path.is_file() {
        return std::fs::read_to_string(path);
    }
    Err(std::io::Error::other("it is no file"))
}
