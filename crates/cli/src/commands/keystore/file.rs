//! Key files on the disk.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};

/// Octets that are read of a file; what is larger is refused without being read.
const MAXIMUM: u64 = 8 * 1024 * 1024;

/// Reads a file that is not larger than any key file.
pub(super) fn read(path: &Path) -> anyhow::Result<Vec<u8>> {
    let name = path.display();
    let file = File::open(path).with_context(|| format!("{name} cannot be read"))?;
    let mut octets = Vec::new();
    file.take(MAXIMUM + 1)
        .read_to_end(&mut octets)
        .with_context(|| format!("{name} cannot be read"))?;
    if u64::try_from(octets.len()).unwrap_or(u64::MAX) > MAXIMUM {
        bail!("{name} is larger than any key file");
    }
    Ok(octets)
}

/// Writes a file that only its owner may read, whole or not at all.
///
/// What is there already is replaced only when `replace` says so.
pub(super) fn write(path: &Path, octets: &[u8], replace: bool) -> anyhow::Result<()> {
    let name = path.display();
    if !replace && path.exists() {
        bail!("{name} is there already; choose another name or say --force");
    }
    let new = beside(path);
    let result = write_new(&new, octets).and_then(|()| fs::rename(&new, path));
    if result.is_err() {
        // The half-written file holds nothing that the error does not tell about.
        let _: io::Result<()> = fs::remove_file(&new);
    }
    result.with_context(|| format!("{name} cannot be written"))
}

fn write_new(path: &Path, octets: &[u8]) -> io::Result<()> {
    // Left behind by a run that was interrupted.
    if path.exists() {
        fs::remove_file(path)?;
    }
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    let mut file = options.open(path)?;
    file.write_all(octets)?;
    file.sync_all()
}

/// A name in the same folder, so that the file can be moved in one step.
fn beside(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.new", std::process::id()));
    path.with_file_name(name)
}

#[cfg(test)]
mod tests {
    use super::{read, write};

    #[test]
    fn files_are_private_whole_and_not_replaced_by_accident() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key.p12");
        write(&path, b"first", false).unwrap();
        assert!(
            write(&path, b"second", false)
                .unwrap_err()
                .to_string()
                .contains("--force")
        );
        write(&path, b"second", true).unwrap();
        assert_eq!(read(&path).unwrap(), b"second");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(
                std::fs::metadata(&path).unwrap().permissions().mode() & 0o777,
                0o600
            );
        }
        assert!(write(&folder.path().join("absent/key.p12"), b"", false).is_err());
    }
}
