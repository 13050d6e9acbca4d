//! The service of card readers (PC/SC): whether it runs and answers.

use std::path::Path;

use super::{Cause, Finding};

/// Where it listens.
#[cfg(target_os = "linux")]
pub(crate) const SERVICE: Option<&str> = Some("/run/pcscd/pcscd.comm");
/// Windows and macOS have it built in.
#[cfg(not(target_os = "linux"))]
pub(crate) const SERVICE: Option<&str> = None;

/// Tokens that are no cards need no readers, so its absence may be as it should.
pub(super) fn look(service: &Path) -> Finding {
    let detail = service.display().to_string();
    match connect(service) {
        Ok(()) => Finding::good(Cause::Reader, "doctor-readers", detail),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            Finding::note(Cause::Reader, "doctor-readers-missing", detail)
        }
        Err(error) => Finding::bad(
            Cause::Reader,
            "doctor-readers-silent",
            format!("{detail}: {error}"),
            "doctor-readers-repair",
        ),
    }
}

#[cfg(unix)]
fn connect(service: &Path) -> std::io::Result<()> {
    std::os::unix::net::UnixStream::connect(service).map(drop)
}

#[cfg(not(unix))]
fn connect(_: &Path) -> std::io::Result<()> {
    Ok(())
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::net::UnixListener;

    use super::look;
    use crate::doctor::State;

    #[test]
    fn a_service_that_is_not_there_is_told_from_one_that_does_not_answer() {
        let folder = tempfile::tempdir().unwrap();
        let service = folder.path().join("pcscd.comm");
        assert_eq!(look(&service).state, State::Note);
        let listener = UnixListener::bind(&service).unwrap();
        assert_eq!(look(&service).state, State::Good);
        // What a service leaves behind that was killed.
        drop(listener);
        let silent = look(&service);
        assert_eq!(
            (silent.state, silent.text),
            (State::Bad, "doctor-readers-silent")
        );
    }
}
