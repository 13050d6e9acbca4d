//! `tanba-agent doctor`: what works, what does not, and how to repair it, cause by cause.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use anyhow::bail;
use tanba_model::language::Language;

use super::{Setting, install, print, start};
use crate::containers::{Containers, DriverReport, Storage, TokenStore};
use crate::doctor::port::{self, PortState};
use crate::locale::Argument;
use crate::machine::{NICKNAME, System, databases};
use crate::{Catalogue, Grants, Identity};

/// Where the service of card readers listens.
#[cfg(target_os = "linux")]
const READER_SERVICE: &str = "/run/pcscd/pcscd.comm";

struct Report<'a> {
    texts: &'a Catalogue,
    language: Language,
    broken: usize,
}

impl Report<'_> {
    fn good(&mut self, key: &str, detail: &str) -> anyhow::Result<()> {
        print(&format!(
            "✓ {} {detail}",
            self.texts.text(self.language, key)
        ))
    }

    /// What is wrong, and below it how to repair it.
    fn bad(&mut self, key: &str, detail: &str, repair: &str) -> anyhow::Result<()> {
        self.broken = self.broken.saturating_add(1);
        print(&format!(
            "✗ {} {detail}",
            self.texts.text(self.language, key)
        ))?;
        print(&format!("  → {}", self.texts.text(self.language, repair)))
    }

    /// What may be as it should, and what to do if it is not.
    fn note(&mut self, key: &str, detail: &str) -> anyhow::Result<()> {
        print(&format!(
            "• {} {detail}",
            self.texts.text(self.language, key)
        ))
    }
}

pub(super) fn run(setting: &Setting) -> anyhow::Result<()> {
    let texts = Catalogue::shipped()?;
    let mut report = Report {
        texts: &texts,
        language: setting.config.language,
        broken: 0,
    };
    let identity = match start::identity(setting) {
        Ok(identity) => {
            let file = identity.authority_file().display().to_string();
            report.good("doctor-identity", &file)?;
            Some(identity)
        }
        Err(error) => {
            let error = format!("{error:#}");
            report.bad("doctor-identity-broken", &error, "doctor-identity-repair")?;
            None
        }
    };
    check_port(&mut report, setting, identity.as_ref())?;
    if let Some(identity) = &identity {
        check_trust(&mut report, setting, identity)?;
        check_start(&mut report, setting)?;
    }
    report.note("doctor-permission", "")?;
    match Grants::at(setting.places.grants()).list() {
        Ok(grants) => report.good("doctor-grants", &grants.len().to_string())?,
        Err(error) => {
            let error = error.to_string();
            report.bad("doctor-grants-broken", &error, "doctor-grants-repair")?;
        }
    }
    let containers = Containers::new(vec![Arc::new(start::file_store(setting))]);
    let files = containers.list(Storage::Pkcs12).len();
    report.good("doctor-key-files", &files.to_string())?;
    check_tokens(&mut report, &start::token_store(setting))?;
    if report.broken > 0 {
        let count = i64::try_from(report.broken).unwrap_or(i64::MAX);
        let arguments = [("count", Argument::Number(count))];
        bail!(
            "{}",
            texts.format(report.language, "doctor-broken", &arguments)
        );
    }
    Ok(())
}

fn check_port(
    report: &mut Report<'_>,
    setting: &Setting,
    identity: Option<&Identity>,
) -> anyhow::Result<()> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, setting.config.port));
    let detail = address.to_string();
    match port::look(address, identity.map(Identity::authority)) {
        PortState::Ours => report.good("doctor-port-answers", &detail),
        PortState::Silent => report.bad("doctor-port-silent", &detail, "doctor-port-start"),
        PortState::Other => report.bad("doctor-port-other", &detail, "doctor-port-free"),
    }
}

/// Whether each browser's database of this user trusts the authority of this installation.
fn check_trust(
    report: &mut Report<'_>,
    setting: &Setting,
    identity: &Identity,
) -> anyhow::Result<()> {
    let Some(home) = setting
        .home
        .as_deref()
        .filter(|_| System::own() == System::Linux)
    else {
        return report.note("doctor-trust-elsewhere", "");
    };
    for folder in databases(home) {
        let detail = folder.display().to_string();
        match trusted(&folder) {
            Ok(Some(pem)) if is_same(&pem, identity) => report.good("doctor-trust", &detail)?,
            Ok(Some(_)) => report.bad("doctor-trust-old", &detail, "doctor-trust-repair")?,
            Ok(None) => report.bad("doctor-trust-missing", &detail, "doctor-trust-repair")?,
            Err(_) => {
                return report.bad("doctor-trust-unknown", &detail, "setup-no-certutil");
            }
        }
    }
    Ok(())
}

/// The certificate under our name in a database, if there is one.
fn trusted(folder: &Path) -> std::io::Result<Option<Vec<u8>>> {
    let output = Command::new("certutil")
        .args([
            "-d",
            &format!("sql:{}", folder.display()),
            "-L",
            "-a",
            "-n",
            NICKNAME,
        ])
        .output()?;
    Ok(output.status.success().then_some(output.stdout))
}

fn is_same(pem: &[u8], identity: &Identity) -> bool {
    tanba_pki::Certificate::from_pem_or_der(pem).is_ok_and(|found| {
        found
            .first()
            .is_some_and(|found| found.der() == identity.authority().der())
    })
}

fn check_start(report: &mut Report<'_>, setting: &Setting) -> anyhow::Result<()> {
    // Only files tell; on Windows the registry does.
    let Ok(machine) = install::own_machine(setting) else {
        return Ok(());
    };
    if machine.system == System::Windows {
        return Ok(());
    }
    if install::starts_with_session(&machine.install()) {
        report.good("doctor-start", "")
    } else {
        report.note("doctor-start-missing", "")
    }
}

fn check_tokens(report: &mut Report<'_>, store: &TokenStore) -> anyhow::Result<()> {
    let drivers = store.report();
    if drivers.is_empty() {
        report.note("doctor-no-driver", "")?;
    }
    for (path, said) in drivers {
        let path = path.display().to_string();
        match said {
            DriverReport::Broken(reason) => {
                report.bad(
                    "doctor-driver-broken",
                    &format!("{path}: {reason}"),
                    "doctor-driver-repair",
                )?;
            }
            DriverReport::Silent => {
                report.bad("doctor-driver-silent", &path, "doctor-driver-silent-repair")?;
            }
            DriverReport::Works { slots: 0, .. } => report.note("doctor-no-reader", &path)?,
            DriverReport::Works { tokens, .. } if tokens.is_empty() => {
                report.note("doctor-no-token", &path)?;
            }
            DriverReport::Works { tokens, .. } => {
                for (model, kind) in tokens {
                    match kind {
                        Some(kind) => {
                            let name = report.texts.text(report.language, kind.text_key());
                            report.good("doctor-token", &format!("{name} ({model}), {path}"))?;
                        }
                        None => report.bad(
                            "doctor-token-unknown",
                            &format!("{model}, {path}"),
                            "doctor-token-unknown-repair",
                        )?,
                    }
                }
            }
        }
    }
    #[cfg(target_os = "linux")]
    if Path::new(READER_SERVICE).exists() {
        report.good("doctor-readers", READER_SERVICE)?;
    } else {
        report.note("doctor-readers-missing", READER_SERVICE)?;
    }
    Ok(())
}
