//! `tanba key attest-compromise`: the statement that a key is compromised, signed with that key.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use serde::Serialize;
use tanba_crypto::{Signer, SoftwareKey};
use tanba_keystore::{Computing, Container, Password};
use tanba_pki::{Certificate, CompromiseAttestation, hex, pem};

use super::named;
use crate::context::Context;
use crate::outcome::{Outcome, usage};
use crate::password::PasswordArgs;

/// Arguments of `tanba key attest-compromise`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The key that is compromised: a key store (PKCS#12), or a private key in PEM (PKCS#8)
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    #[command(flatten)]
    password: PasswordArgs,
    /// Which key, by its identifier, where the key store has several
    #[arg(long, value_name = "HEX")]
    key_id: Option<String>,
    /// A certificate of the authority that shall revoke: root or issuing, PEM or DER
    #[arg(long, value_name = "FILE")]
    authority: PathBuf,
    /// Where to write the statement, PEM
    #[arg(long, short, value_name = "FILE")]
    output: PathBuf,
}

#[derive(Debug, Serialize)]
struct Made {
    output: String,
    public_key_sha256: String,
}

/// Runs the command.
pub(super) fn run(args: &Args, context: &Context) -> anyhow::Result<Outcome> {
    let authority = certificate(&args.authority)?;
    let octets = named::read(&args.key)?;
    let statement = if octets.starts_with(b"\x30") {
        let password = Password::from_secret(args.password.read("Password of the key store")?)?;
        let container = Container::open(&octets, &password, &mut Computing)
            .context("the key store cannot be opened")?;
        let keys = container.keys()?;
        let chosen = match (&args.key_id, keys.as_slice()) {
            (None, [only]) => only,
            (None, _) => {
                return Err(usage(
                    "the key store has several keys; say which with --key-id, as `tanba keystore show` names them",
                ));
            }
            (Some(wanted), all) => all
                .iter()
                .find(|entry| {
                    let id = entry.key_id();
                    id.is_some_and(|id| hex::encode(&id).eq_ignore_ascii_case(wanted))
                })
                .with_context(|| format!("the key store has no key {wanted}"))?,
        };
        let (key, _) = chosen.signer()?;
        make(key, &authority)?
    } else {
        make(&private_key(&octets, &args.key)?, &authority)?
    };
    let text = pem::encode("CERTIFICATE REQUEST", &statement.der);
    std::fs::write(&args.output, text)
        .with_context(|| format!("the file {} cannot be written", args.output.display()))?;
    let made = Made {
        output: args.output.display().to_string(),
        public_key_sha256: statement.public_key_sha256,
    };
    context.print(
        &made,
        format_args!(
            "The statement is in {}. Whoever has it can have the certificates of this key revoked, and nothing else: send it \
             to the authority, by its web address /api/v1/compromised-keys or in a mail.",
            made.output
        ),
    )?;
    Ok(Outcome::Done)
}

struct Statement {
    der: Vec<u8>,
    public_key_sha256: String,
}

fn make(key: &dyn Signer, authority: &Certificate) -> anyhow::Result<Statement> {
    Ok(Statement {
        der: CompromiseAttestation::make(key, authority)?,
        public_key_sha256: hex::encode(&key.public_key().sha256()),
    })
}

fn certificate(path: &Path) -> anyhow::Result<Certificate> {
    let octets = named::read(path)?;
    let certificate = if octets.starts_with(b"\x30") {
        Certificate::from_der(&octets)
    } else {
        Certificate::from_pem(&octets)
    };
    certificate.with_context(|| format!("{} holds no certificate", path.display()))
}

fn private_key(octets: &[u8], path: &Path) -> anyhow::Result<SoftwareKey> {
    let name = path.display();
    let blocks = pem::decode_all(octets).with_context(|| name.to_string())?;
    let [block] = blocks.as_slice() else {
        bail!("{name} holds no private key, or several objects");
    };
    if block.label != "PRIVATE KEY" {
        bail!(
            "{name} holds {}; turn it into PKCS#8 without a password with `openssl pkcs8 -topk8 -nocrypt -in {name}`",
            block.label
        );
    }
    SoftwareKey::from_pkcs8_der(&block.der)
        .with_context(|| format!("the private key in {name} cannot be used"))
}
