//! The operator's own profiles: a folder of TOML files that the configuration names.

use std::path::Path;

use tanba_ca::Profiles;

use super::{Finding, Findings};

/// The profiles that ship and those of the folder; each file that is none is a finding of its own.
pub(super) fn read(folder: Option<&Path>) -> Result<Profiles, Findings> {
    let mut profiles = Profiles::builtin();
    let Some(folder) = folder else {
        return Ok(profiles);
    };
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
    let mut findings = Findings::default();
    for path in files {
        let stem = path
            .file_stem()
            .map(|stem| stem.to_string_lossy().into_owned())
            .unwrap_or_default();
        let outcome = std::fs::read_to_string(&path)
            .map_err(|error| format!("cannot be read: {error}"))
            .and_then(|text| {
                profiles
                    .add_own(&stem, &text)
                    .map_err(|error| format!("cannot be used: {error}"))
            });
        if let Err(why) = outcome {
            findings.push(Finding::error(
                "profile-unusable",
                format!("the profile {} {why}", path.display()),
                "correct it (`tanba profile lint FILE` says the rest), or take it out of the folder",
            ));
        }
    }
    if findings.as_slice().is_empty() {
        Ok(profiles)
    } else {
        Err(findings)
    }
}
