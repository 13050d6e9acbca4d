//! `tanba keystore export`.

use std::path::PathBuf;

use anyhow::Context as _;
use serde::Serialize;
use tanba_keystore::{Computing, Container, Password, Profile};
use tanba_pki::{Certificate, hex, pem};

use super::passwd::NewPasswordArgs;
use super::{file, open, plan, write};
use crate::context::Context;
use crate::outcome::Outcome;
use crate::password::PasswordArgs;

/// Arguments of `tanba keystore export`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The key file
    file: PathBuf,
    #[command(flatten)]
    password: PasswordArgs,
    /// The form to write
    #[arg(long = "to", value_enum)]
    form: Form,
    /// Where to write
    #[arg(long, short, value_name = "FILE")]
    output: PathBuf,
    /// Replace the output if it is there
    #[arg(long)]
    force: bool,
    /// Only the entry with this key identifier (hexadecimal, as `show` prints it)
    #[arg(long, value_name = "HEX")]
    key_id: Option<String>,
    /// Install this certificate first (PEM or DER, the chain may follow it)
    #[arg(long, value_name = "FILE")]
    certificate: Option<PathBuf>,
    #[command(flatten)]
    new_password: NewPasswordArgs,
}

/// What `export` can write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Form {
    /// PKCS#12 with AES-256 and 600 000 iterations
    Modern,
    /// PKCS#12 as the national CA's programs write and read it; weak
    Nca,
    /// Text: the keys encrypted under the password, and the certificates
    Pem,
    /// Text: the certificates alone, which are no secret
    Certificates,
}

/// Sent: what `--json` prints.
#[derive(Debug, Serialize)]
struct Exported {
    file: String,
    keys: usize,
    certificates: usize,
}

/// Runs the command.
pub(super) fn run(args: &Args, context: &Context) -> anyhow::Result<Outcome> {
    let old = Password::from_secret(args.password.read("Password of the key file")?)?;
    let mut container = open(&args.file, &old)?;
    if let Some(path) = &args.certificate {
        install(&mut container, path)?;
    }
    if let Some(wanted) = &args.key_id {
        let wanted = wanted.to_ascii_lowercase();
        container.retain(|entry| entry.key_id().is_some_and(|id| hex::encode(&id) == wanted));
        if container.entries().is_empty() {
            return Ok(Outcome::Refused(format!(
                "there is no entry with the key identifier {wanted}"
            )));
        }
    }
    let password = if args.new_password.is_named() {
        match args.new_password.read()? {
            Ok(new) => new,
            Err(refusal) => return Ok(Outcome::Refused(refusal)),
        }
    } else {
        old
    };
    let octets = match args.form {
        Form::Modern => write(&container, Profile::Modern, &password, context)?,
        Form::Nca => write(&container, Profile::Nca, &password, context)?,
        Form::Pem => text(&container, Some(&password), context)?,
        Form::Certificates => text(&container, None, context)?,
    };
    file::write(&args.output, &octets, args.force)?;
    report(&container, args, context)
}

fn install(container: &mut Container, path: &std::path::Path) -> anyhow::Result<()> {
    let name = || path.display().to_string();
    let certificates = Certificate::from_pem_or_der(&file::read(path)?).with_context(name)?;
    let (certificate, chain) = certificates.split_first().with_context(name)?;
    container.install(certificate, chain).with_context(name)
}

/// Keys, when there is a password to encrypt them, then each certificate once.
fn text(
    container: &Container,
    password: Option<&Password>,
    context: &Context,
) -> anyhow::Result<Vec<u8>> {
    let mut text = String::new();
    if let Some(password) = password {
        let plan = plan(container, Profile::Modern, context);
        for key in container.encrypted_keys(&plan, password, &mut Computing)? {
            text.push_str(&pem::encode("ENCRYPTED PRIVATE KEY", &key));
        }
    }
    for certificate in certificates(container) {
        text.push_str(&certificate.to_pem());
    }
    Ok(text.into_bytes())
}

fn certificates(container: &Container) -> Vec<&Certificate> {
    let mut all: Vec<&Certificate> = Vec::new();
    for certificate in container
        .entries()
        .iter()
        .flat_map(|entry| entry.certificates())
    {
        if !all.contains(&certificate) {
            all.push(certificate);
        }
    }
    all
}

fn report(container: &Container, args: &Args, context: &Context) -> anyhow::Result<Outcome> {
    let exported = Exported {
        file: args.output.display().to_string(),
        keys: match args.form {
            Form::Certificates => 0,
            Form::Modern | Form::Nca | Form::Pem => container.keys().map_or(0, |keys| keys.len()),
        },
        certificates: match args.form {
            Form::Nca => container
                .entries()
                .iter()
                .filter(|entry| entry.certificate().is_some())
                .count(),
            Form::Modern | Form::Pem | Form::Certificates => certificates(container).len(),
        },
    };
    let text = format!(
        "{}: {} key(s), {} certificate(s)",
        exported.file, exported.keys, exported.certificates
    );
    context.print(&exported, text)?;
    Ok(Outcome::Done)
}
