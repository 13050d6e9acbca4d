//! Whether the browsers of this user trust the authority of this installation.

use std::io;

use tanba_pki::Certificate;

use super::{Cause, Finding};
use crate::Identity;
use crate::machine::{Machine, System, databases, trusted};

/// One finding for each database of certificates. Whatever is trusted where there is no identity is an earlier one's.
pub(super) fn look(machine: &Machine, identity: Option<&Identity>) -> Vec<Finding> {
    if machine.system != System::Linux {
        return vec![Finding::note(Cause::Trust, "doctor-trust-elsewhere", "")];
    }
    let mut findings = Vec::new();
    for folder in databases(machine) {
        let detail = folder.display().to_string();
        let bad = |text| Finding::bad(Cause::Trust, text, detail.as_str(), "doctor-trust-repair");
        findings.push(match trusted(&folder) {
            Ok(Some((pem, is_trusted)))
                if identity.is_some_and(|identity| is_same(&pem, identity)) =>
            {
                if is_trusted {
                    Finding::good(Cause::Trust, "doctor-trust", detail)
                } else {
                    bad("doctor-trust-untrusted")
                }
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

fn is_same(pem: &[u8], identity: &Identity) -> bool {
    Certificate::from_pem_or_der(pem).is_ok_and(|found| {
        found
            .first()
            .is_some_and(|found| found.der() == identity.authority().der())
    })
}
