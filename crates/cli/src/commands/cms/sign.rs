//! `tanba cms sign`.

use std::ffi::OsString;
use std::path::PathBuf;

use anyhow::{Context as _, bail};
use base64::Engine as _;
use serde::Serialize;
use tanba_keystore::{Computing, Container, Entry, Password};
use tanba_pki::cms::{SignOptions, sign};
use tanba_pki::{Certificate, Purpose, Timestamp, hex};

use super::{CertificateFacts, read, write};
use crate::context::Context;
use crate::outcome::Outcome;
use crate::password::PasswordArgs;

/// Arguments of `tanba cms sign`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// File to sign
    file: PathBuf,
    /// Key store (PKCS#12) with the key
    #[arg(long, value_name = "FILE")]
    keystore: PathBuf,
    #[command(flatten)]
    password: PasswordArgs,
    /// Which key, by its identifier, where the key store has several for signing
    #[arg(long, value_name = "HEX")]
    key_id: Option<String>,
    /// Leave the content out of the message
    #[arg(long)]
    detached: bool,
    /// Time of signing to claim instead of now
    #[arg(long, value_name = "RFC3339", conflicts_with = "no_time")]
    time: Option<Timestamp>,
    /// Claim no time of signing
    #[arg(long)]
    no_time: bool,
    /// Write PEM instead of DER
    #[arg(long)]
    pem: bool,
    /// Where to write the message; the file's name with `.cms` by default
    #[arg(long, short, alias = "out", value_name = "FILE")]
    output: Option<PathBuf>,
}

#[derive(Debug, Serialize)]
struct Facts {
    out: String,
    detached: bool,
    signing_time: Option<Timestamp>,
    signer: CertificateFacts,
}

/// Signs the file.
pub(crate) fn run(args: &Args, context: &Context) -> anyhow::Result<Outcome> {
    let content = read(&args.file)?;
    let store = read(&args.keystore)?;
    let password = args.password.read("Password of the key store")?;
    let container = Container::open(&store, &Password::from_secret(password)?, &mut Computing)
        .context("the key store cannot be opened")?;
    let entry = choose(&container, args.key_id.as_deref())?;
    let (key, certificate) = entry.signer()?;
    if let Some(doubt) = doubt(entry, certificate, context.now()) {
        context.warn(doubt);
    }
    let chain: Vec<Certificate> = entry
        .certificates()
        .skip(1)
        .filter(|issuer| !issuer.is_self_issued())
        .cloned()
        .collect();
    let signing_time = (!args.no_time).then(|| args.time.unwrap_or_else(|| context.now()));
    let options = SignOptions {
        signing_time,
        chain: &chain,
        detached: args.detached,
        ..SignOptions::new(certificate)
    };
    let mut message = sign(&content, key, &options)?;
    if args.pem {
        message = pem(&message).into_bytes();
    }
    let out = args.output.clone().unwrap_or_else(|| {
        let mut name: OsString = args.file.clone().into();
        name.push(".cms");
        name.into()
    });
    write(&out, &message)?;
    let facts = Facts {
        out: out.display().to_string(),
        detached: args.detached,
        signing_time,
        signer: CertificateFacts::of(certificate),
    };
    context.print(
        &facts,
        format_args!("Signed as {} to {}", facts.signer.subject, facts.out),
    )?;
    Ok(Outcome::Done)
}

/// Why a signature with this key may not count: it is made, because whoever receives it decides that.
fn doubt(entry: &Entry, certificate: &Certificate, now: Timestamp) -> Option<&'static str> {
    if entry.purpose() == Some(Purpose::Authentication) {
        return Some("this key is for signing in; most readers do not accept it under a document");
    }
    if now > certificate.not_after() {
        return Some("the certificate of this key has ended");
    }
    (now < certificate.not_before()).then_some("the certificate of this key is not valid yet")
}

/// The key that was asked for, else the only one, else the only one that is for signing.
fn choose<'a>(container: &'a Container, key_id: Option<&str>) -> anyhow::Result<&'a Entry> {
    let keys = container.keys()?;
    let id = |entry: &Entry| {
        entry
            .key_id()
            .as_deref()
            .map(hex::encode)
            .unwrap_or_default()
    };
    if let Some(wanted) = key_id {
        return keys
            .into_iter()
            .find(|entry| id(entry).eq_ignore_ascii_case(wanted))
            .with_context(|| format!("the key store has no key {wanted}"));
    }
    if let [only] = keys.as_slice() {
        return Ok(only);
    }
    let signs =
        |entry: &&&Entry| matches!(entry.purpose(), Some(Purpose::Signature | Purpose::Both));
    let mut signing = keys.iter().filter(signs);
    match (signing.next(), signing.next()) {
        (Some(only), None) => Ok(only),
        _ => bail!(
            "the key store has several keys, choose one with --key-id: {}",
            keys.iter()
                .map(|entry| id(entry))
                .collect::<Vec<_>>()
                .join(", ")
        ),
    }
}

/// PEM of RFC 7468, 9.
fn pem(message: &[u8]) -> String {
    let text = base64::engine::general_purpose::STANDARD.encode(message);
    let mut out = String::from("-----BEGIN CMS-----\n");
    let mut rest = text.as_str();
    while !rest.is_empty() {
        let (line, after) = rest.split_at_checked(64).unwrap_or((rest, ""));
        out.push_str(line);
        out.push('\n');
        rest = after;
    }
    out.push_str("-----END CMS-----\n");
    out
}
