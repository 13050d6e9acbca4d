//! Where browsers of one user keep what they trust on Linux: databases of NSS, which moved in 2025 and 2026.

use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use super::{Machine, NICKNAME};

/// How long one program may take to tell: the folder may lie on a drive that does not answer, and others wait for this look.
const PATIENCE: Duration = Duration::from_secs(5);
/// The first Chromium that keeps its database among the data of its user, unless one is at the old place already.
const MOVED_IN: u32 = 146;
/// What tells which Chromium is here.
const CHROMIUM: [&str; 4] = [
    "chromium",
    "google-chrome",
    "google-chrome-stable",
    "chromium-browser",
];
const OLD_PLACE: &str = ".pki/nssdb";
const PLACE: &str = "pki/nssdb";

/// Chromium and its kin that live in a home of their own, when that is there: the home, and the data in it.
const CHROMIUM_APART: [(&str, &str); 3] = [
    ("snap/chromium/current", ".local/share"),
    (".var/app/org.chromium.Chromium", "data"),
    (".var/app/com.google.Chrome", "data"),
];
/// Folders below the home folder whose subfolders are profiles of Firefox, besides those of its own packages.
const FIREFOX_APART: [&str; 5] = [
    "snap/firefox/common/.mozilla/firefox",
    "snap/firefox/common/.config/mozilla/firefox",
    "snap/firefox/current/.config/mozilla/firefox",
    ".var/app/org.mozilla.firefox/.mozilla/firefox",
    ".var/app/org.mozilla.firefox/config/mozilla/firefox",
];

/// The databases of certificates that browsers of this user have, or would look for.
pub(crate) fn databases(machine: &Machine) -> Vec<PathBuf> {
    found(machine, || false)
}

/// As [`databases`]; where there is none yet, the place that the Chromium of this computer would look at.
pub(super) fn databases_to_be(machine: &Machine) -> Vec<PathBuf> {
    found(machine, || {
        CHROMIUM
            .iter()
            .filter_map(|program| version(&hear(program, &["--version"]).ok()??))
            .any(|version| version < MOVED_IN)
    })
}

fn found(machine: &Machine, is_old: impl FnOnce() -> bool) -> Vec<PathBuf> {
    let home = &machine.home;
    let mut found = chromium(home, &machine.data_home, is_old);
    for (apart, data) in CHROMIUM_APART {
        let apart = home.join(apart);
        if apart.is_dir() {
            // Such packages are kept new by their stores.
            found.extend(chromium(&apart, &apart.join(data), || false));
        }
    }
    let own = [
        home.join(".mozilla/firefox"),
        machine.config_home.join("mozilla/firefox"),
    ];
    let apart = FIREFOX_APART.iter().map(|place| home.join(place));
    for place in own.into_iter().chain(apart) {
        let profiles = std::fs::read_dir(place).into_iter().flatten();
        let mut profiles: Vec<PathBuf> = profiles
            .filter_map(|entry| Some(entry.ok()?.path()))
            .filter(|path| has_database(path))
            .collect();
        profiles.sort();
        found.extend(profiles);
    }
    found
}

/// Chromium's databases below a home. A folder at the old place, even an empty one, hides the new one from every Chromium,
/// with all that its owner has there: none is made but for a Chromium that knows no other place.
fn chromium(home: &Path, data: &Path, is_old: impl FnOnce() -> bool) -> Vec<PathBuf> {
    let (old, new) = (home.join(OLD_PLACE), data.join(PLACE));
    match (old.is_dir(), has_database(&new)) {
        (true, true) => vec![old, new],
        (true, false) => vec![old],
        (false, true) => vec![new],
        (false, false) if is_old() => vec![old],
        (false, false) => vec![new],
    }
}

pub(super) fn has_database(folder: &Path) -> bool {
    folder.join("cert9.db").is_file()
}

/// A database as certutil is told of it.
pub(super) fn database(folder: &Path) -> String {
    format!("sql:{}", folder.display())
}

/// The certificate under our name in a database, if there is one, and whether it is trusted to name servers.
pub(crate) fn trusted(folder: &Path) -> io::Result<Option<(Vec<u8>, bool)>> {
    let database = database(folder);
    let Some(pem) = hear("certutil", &["-d", &database, "-L", "-a", "-n", NICKNAME])? else {
        return Ok(None);
    };
    // A certificate alone says nothing: without the primary password it is there and counts for nothing.
    let listed = hear("certutil", &["-d", &database, "-L"])?.unwrap_or_default();
    let flags = String::from_utf8_lossy(&listed)
        .lines()
        .find_map(|line| Some(line.strip_prefix(NICKNAME)?.trim().to_owned()));
    let servers = flags.as_deref().and_then(|flags| flags.split(',').next());
    Ok(Some((
        pem,
        servers.is_some_and(|flags| flags.contains('C')),
    )))
}

/// What a program says, in its time; `None` when it fails.
pub(super) fn hear(program: &str, arguments: &[&str]) -> io::Result<Option<Vec<u8>>> {
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()?;
    let Some(mut output) = child.stdout.take() else {
        return Err(io::ErrorKind::BrokenPipe.into());
    };
    let (sender, heard) = mpsc::channel();
    std::thread::Builder::new()
        .name(program.to_owned())
        .spawn(move || {
            let mut said = Vec::new();
            let _ = sender.send(output.read_to_end(&mut said).map(|_| said));
        })?;
    let Ok(said) = heard.recv_timeout(PATIENCE) else {
        child.kill()?;
        child.wait()?;
        return Err(io::ErrorKind::TimedOut.into());
    };
    let said = said?;
    Ok(child.wait()?.success().then_some(said))
}

/// The first number of what a browser says of its version: `Google Chrome 145.0.7632.45`.
fn version(said: &[u8]) -> Option<u32> {
    String::from_utf8_lossy(said)
        .split_whitespace()
        .find_map(|word| word.split_once('.')?.0.parse().ok())
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{chromium, version};

    #[test]
    fn a_browser_says_which_one_it_is() {
        let said = |words: &str| version(words.as_bytes());
        assert_eq!(said("Google Chrome 145.0.7632.45 \n"), Some(145));
        assert_eq!(
            said("Chromium 156.0.8078.108 built on Debian GNU/Linux 12 (bookworm)"),
            Some(156)
        );
        assert_eq!(said("Command requires the chromium snap"), None);
    }

    #[test]
    fn the_old_place_is_made_for_an_old_chromium_alone_and_never_where_it_would_hide_another() {
        let folder = tempfile::tempdir().unwrap();
        let (home, data) = (folder.path(), folder.path().join("data"));
        let places = |is_old| -> Vec<String> {
            chromium(home, &data, || is_old)
                .iter()
                .map(|path| path.strip_prefix(home).unwrap().display().to_string())
                .collect()
        };
        let make = |path: &Path| {
            std::fs::create_dir_all(path).unwrap();
            std::fs::write(path.join("cert9.db"), "").unwrap();
        };
        assert_eq!(places(false), ["data/pki/nssdb"]);
        assert_eq!(places(true), [".pki/nssdb"]);
        make(&data.join("pki/nssdb"));
        assert_eq!(places(true), ["data/pki/nssdb"]);
        make(&home.join(".pki/nssdb"));
        assert_eq!(places(false), [".pki/nssdb", "data/pki/nssdb"]);
        std::fs::remove_dir_all(&data).unwrap();
        assert_eq!(places(false), [".pki/nssdb"]);
    }
}
