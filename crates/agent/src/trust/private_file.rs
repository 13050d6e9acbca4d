//! Files that only their owner reads.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

/// Makes a folder, and those above it, for its owner alone.
pub(crate) fn make_folder(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// Writes a file for its owner alone. It is whole or not there: written beside its place, then moved to it.
pub(crate) fn write_private(path: &Path, content: &[u8]) -> io::Result<()> {
    let beside = written_beside(path, content)?;
    fs::rename(beside, path)
}

/// As [`write_private`], where nothing else may have the name: what has it stays, and the error is
/// [`AlreadyExists`](io::ErrorKind::AlreadyExists).
pub(crate) fn write_new(path: &Path, content: &[u8]) -> io::Result<()> {
    let beside = written_beside(path, content)?;
    let written = match fs::hard_link(&beside, path) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(error),
        // Drives of a simple make give a file one name.
        Err(_) => written(path, content),
    };
    let _ = fs::remove_file(&beside);
    written
}

fn written_beside(path: &Path, content: &[u8]) -> io::Result<PathBuf> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".new");
    let beside = PathBuf::from(beside);
    // What a crash left behind may have other permissions.
    match fs::remove_file(&beside) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    written(&beside, content)?;
    Ok(beside)
}

/// Writes a file that was not there; one that is not whole is taken away again.
fn written(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    let whole = file.write_all(content).and_then(|()| file.sync_all());
    if whole.is_err() {
        drop(file);
        let _ = fs::remove_file(path);
    }
    whole
}

#[cfg(test)]
mod tests {
    use super::{make_folder, write_new, write_private};

    #[cfg(unix)]
    #[test]
    fn nobody_else_reads_what_is_written() {
        use std::os::unix::fs::PermissionsExt as _;

        let folder = tempfile::tempdir().unwrap();
        let inner = folder.path().join("a/b");
        make_folder(&inner).unwrap();
        let file = inner.join("key");
        std::fs::write(inner.join("key.new"), "left behind").unwrap();
        write_private(&file, b"1").unwrap();
        write_private(&file, b"2").unwrap();
        let mode = |path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&file), 0o600);
        assert_eq!(mode(&inner), 0o700);
        assert_eq!(std::fs::read(&file).unwrap(), b"2");
        assert_eq!(std::fs::read_dir(&inner).unwrap().count(), 1);
    }

    #[test]
    fn what_has_a_name_keeps_it() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("key");
        write_new(&file, b"1").unwrap();
        let again = write_new(&file, b"2").unwrap_err();
        assert_eq!(again.kind(), std::io::ErrorKind::AlreadyExists);
        assert_eq!(std::fs::read(&file).unwrap(), b"1");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
