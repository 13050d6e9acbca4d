//! `tanba keystore new`.

use std::path::PathBuf;

use anyhow::Context as _;
use serde::Serialize;
use tanba_crypto::{KeyAlgorithm, SoftwareKey};
use tanba_keystore::{Container, Profile};
use tanba_model::ports::SourceRng;
use tanba_pki::{
    CertificateRequest, DistinguishedName, DistinguishedNameBuilder, Purpose, RequestAttributes,
    StringKind, hex, oid, pem,
};

use super::passwd::read_new;
use super::{ProfileName, file, write};
use crate::context::Context;
use crate::outcome::Outcome;
use crate::password::PasswordArgs;

/// Arguments of `tanba keystore new`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The folder to write to, made where it is not; the files get the names that the national CA's programs give
    #[arg(long, short, value_name = "FOLDER", default_value = ".")]
    output: PathBuf,
    #[command(flatten)]
    password: PasswordArgs,
    /// The kind of key
    #[arg(long, value_enum, default_value = "rsa-2048")]
    algorithm: Algorithm,
    /// What the key will be for
    #[arg(long, value_enum, default_value = "signing")]
    purpose: For,
    /// Protection of the key file
    #[arg(long, value_enum, default_value = "modern")]
    profile: ProfileName,
    /// Common name for the request: surname and given name in capitals
    #[arg(long, value_name = "NAME")]
    common_name: Option<String>,
    /// Surname for the request
    #[arg(long, value_name = "NAME")]
    surname: Option<String>,
    /// Individual identification number for the request, 12 digits
    #[arg(long, value_name = "NUMBER")]
    iin: Option<String>,
    /// Country for the request, two letters
    #[arg(long, value_name = "CODE")]
    country: Option<String>,
    /// Patronymic for the request
    #[arg(long, value_name = "NAME")]
    patronymic: Option<String>,
    /// E-mail address for the request
    #[arg(long, value_name = "ADDRESS")]
    email: Option<String>,
}

/// The kinds of keys that can be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Algorithm {
    #[value(name = "rsa-2048")]
    Rsa2048,
    #[value(name = "rsa-3072")]
    Rsa3072,
    #[value(name = "rsa-4096")]
    Rsa4096,
    #[value(name = "ec-p256", alias = "p-256")]
    P256,
    #[value(name = "ec-p384", alias = "p-384")]
    P384,
    Ed25519,
    #[value(name = "ml-dsa-44")]
    MlDsa44,
    #[value(name = "ml-dsa-65")]
    MlDsa65,
}

/// What a key will be for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum For {
    /// Signing in
    Authentication,
    /// Signing documents
    Signing,
}

impl From<Algorithm> for KeyAlgorithm {
    fn from(algorithm: Algorithm) -> Self {
        match algorithm {
            Algorithm::Rsa2048 => Self::Rsa { bits: 2048 },
            Algorithm::Rsa3072 => Self::Rsa { bits: 3072 },
            Algorithm::Rsa4096 => Self::Rsa { bits: 4096 },
            Algorithm::P256 => Self::EcP256,
            Algorithm::P384 => Self::EcP384,
            Algorithm::Ed25519 => Self::Ed25519,
            Algorithm::MlDsa44 => Self::MlDsa44,
            Algorithm::MlDsa65 => Self::MlDsa65,
        }
    }
}

/// Sent: what `--json` prints.
#[derive(Debug, Serialize)]
struct Made {
    /// The key file without certificate.
    file: String,
    /// The PKCS#10 request as PEM.
    request: String,
    key_id: String,
    algorithm: String,
}

/// Runs the command.
pub(super) fn run(args: &Args, context: &Context) -> anyhow::Result<Outcome> {
    let named = args.password.password_file.is_some() || args.password.password_env.is_some();
    let password = match read_new(
        || args.password.read("Password for the new key file"),
        named,
    )? {
        Ok(password) => password,
        Err(refusal) => return Ok(Outcome::Refused(refusal)),
    };
    let subject = subject(args)?;
    context.progress("Making the key");
    let algorithm = KeyAlgorithm::from(args.algorithm);
    let key = SoftwareKey::generate(algorithm, &mut SourceRng(&*context.random()))?;
    let attributes = RequestAttributes {
        email: args.email.as_deref(),
        ..RequestAttributes::default()
    };
    let request = CertificateRequest::build(&subject, &key, &attributes)?;
    let mut container = Container::new();
    container.add_key(key);
    let bytes = write(&container, Profile::from(args.profile), &password, context)?;
    let purpose = match args.purpose {
        For::Authentication => Purpose::Authentication,
        For::Signing => Purpose::Signature,
    };
    let entry = container.entries().first().context("the key is gone")?;
    let name = entry
        .file_name(Some(purpose))
        .context("the key has no file name")?;
    let key_id = entry
        .key_id()
        .map(|id| hex::encode(&id))
        .unwrap_or_default();
    std::fs::create_dir_all(&args.output)
        .with_context(|| format!("the folder {} cannot be made", args.output.display()))?;
    let path = args.output.join(&name);
    let request_path = path.with_extension("csr");
    file::write(&path, &bytes, false)?;
    file::write(
        &request_path,
        pem::encode("CERTIFICATE REQUEST", &request).as_bytes(),
        false,
    )?;
    let made = Made {
        file: path.display().to_string(),
        request: request_path.display().to_string(),
        key_id,
        algorithm: algorithm.label(),
    };
    let text = format!(
        "{}\n  the new {} key, waiting for its certificate\n{}\n  the request for it",
        made.file, made.algorithm, made.request
    );
    context.print(&made, text)?;
    Ok(Outcome::Done)
}

/// The name in the order and string types of the national profile; empty when nothing was said.
fn subject(args: &Args) -> anyhow::Result<DistinguishedName> {
    let iin = args.iin.as_ref().map(|iin| format!("IIN{iin}"));
    let parts = [
        (oid::COMMON_NAME, StringKind::Utf8, &args.common_name),
        (oid::SURNAME, StringKind::Utf8, &args.surname),
        (oid::SERIAL_NUMBER, StringKind::Printable, &iin),
        (oid::COUNTRY, StringKind::Printable, &args.country),
        (oid::GIVEN_NAME, StringKind::Utf8, &args.patronymic),
    ];
    let mut builder = DistinguishedNameBuilder::new();
    for (attribute, kind, value) in parts {
        if let Some(value) = value {
            builder = builder.push(attribute, kind, value);
        }
    }
    builder.build().context("the name for the request")
}
