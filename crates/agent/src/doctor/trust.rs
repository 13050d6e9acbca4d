//! Whether the browsers of this user trust the authority of this installation.

use std::io::{self, Read as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use tanba_pki::Certificate;

use super::{Cause, Finding};
use crate::Identity;
use crate::machine::{Machine, NICKNAME, System, databases};

/// One finding for each database of certificates. Whatever is trusted where there is no identity is an earlier one's.
pub(super) fn look(machine: &Machine, identity: Option<&Identity>) -> Vec<Finding> {
    if machine.system != System::Linux {
        return vec![Finding::note(Cause::Trust, "doctor-trust-elsewhere", "")];
    }
    let mut findings = Vec::new();
    for folder in databases(&machine.home) {
        let detail = folder.display().to_string();
        let bad = |text| Finding::bad(Cause::Trust, text, detail.as_str(), "doctor-trust-repair");
        findings.push(match trusted(&folder) {
            Ok(Some(pem)) if identity.is_some_and(|identity| is_same(&pem, identity)) => {
                Finding::good(Cause::Trust, "doctor-trust", detail)
            }
            Ok(Some(_)) => bad("doctor-trust-old"),
            Ok(None) => bad("doctor-trust-missing"),
            Err(error) if error.kind() == io::ErrorKind::TimedOut => bad("doctor-trust-slow"),
            Err(_) => {
                let text = "doctor-trust-unknown";
                findings.push(Finding::bad(
                    Cause::Trust,
                    text,
                    detail,
                    "setup-no-certutil",
                ));
                break;
            }
        });
    }
    findings
}

/// How long one database may take: the folder may lie on a drive that does not answer, and others wait for this look.
const PATIENCE: Duration = Duration::from_secs(5);

/// The certificate under our name in a database, if there is one.
fn trusted(folder: &Path) -> io::Result<Option<Vec<u8>>> {
    let database = format!("sql:{}", folder.display());
    let mut child = Command::new("certutil")
        .args(["-d", &database, "-L", "-a", "-n", NICKNAME])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()?;
    let Some(mut output) = child.stdout.take() else {
        return Err(io::ErrorKind::BrokenPipe.into());
    };
    let (sender, read) = mpsc::channel();
    std::thread::Builder::new()
        .name("certutil".to_owned())
        .spawn(move || {
            let mut pem = Vec::new();
            let _ = sender.send(output.read_to_end(&mut pem).map(|_| pem));
        })?;
    let Ok(pem) = read.recv_timeout(PATIENCE) else {
        child.kill()?;
        child.wait()?;
        return Err(io::ErrorKind::TimedOut.into());
    };
    let pem = pem?;
    Ok(child.wait()?.success().then_some(pem))
}

fn is_same(pem: &[u8], identity: &Identity) -> bool {
    Certificate::from_pem_or_der(pem).is_ok_and(|found| {
        found
            .first()
            .is_some_and(|found| found.der() == identity.authority().der())
    })
}
