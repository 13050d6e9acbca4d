//! `tanba init`: makes an installation: folder, database, authority, documented configuration.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, bail};
use clap::ValueEnum;
use serde::Serialize;
use tanba_ca::{
    Authority, AuthorityNames, InitOptions, InitStep, IssuingKey, Parts, Profiles, Rules,
};
use tanba_model::audit::{AuditEvent, origin};
use tanba_model::ports::{RandomSource, Storage};
use tanba_storage::SqliteStorage;

use crate::chest::Chest;
use crate::config::{Config, Example, ExampleToken, FILE_NAME};
use crate::context::Context;
use crate::key_store::{KeyStore, TokenUri};
use crate::outcome::{Outcome, sentence, usage};
use crate::{password, wire};

mod earlier;
#[cfg(test)]
mod tests;

/// Arguments of `tanba init`. What is decided here stands for the life of the authority.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Folder of the installation; made where it is not
    #[arg(long, value_name = "FOLDER", default_value = ".")]
    folder: PathBuf,
    /// What stands before /ocsp, /crl and /ca in certificates, plain http: http://pki.example.kz
    #[arg(long, value_name = "URL")]
    public_url: String,
    /// The cabinet as browsers see it: https://cabinet.example.kz
    #[arg(long, value_name = "URL")]
    origin: String,
    /// File with the passphrase of the authority's keys; made, with a random one, where it is not
    #[arg(long, value_name = "FILE", conflicts_with = "passphrase_env")]
    passphrase_file: Option<PathBuf>,
    /// Environment variable with the passphrase of the authority's keys
    #[arg(long, value_name = "NAME")]
    passphrase_env: Option<String>,
    /// Where the keys are made: "software" (in the database, under the passphrase), or a token by its PKCS#11 URI:
    /// "pkcs11:token=LABEL?module-path=FILE&pin-source=FILE". With a token and a passphrase, the keys of OCSP responders
    /// alone are under the passphrase
    #[arg(long, value_name = "STORE", default_value = "software")]
    key_store: KeyStore,
    /// Address of the proxy that ends TLS in front of the cabinet; without one the server speaks TLS itself
    #[arg(long, value_name = "ADDRESS")]
    trusted_proxy: Option<std::net::IpAddr>,
    /// Certificates as the national authority of Kazakhstan issues them, or for other organisations
    #[arg(long, value_enum, default_value_t = ProfileChoice::Kz)]
    profiles: ProfileChoice,
    /// Name of the organisation, for --profiles neutral
    #[arg(long, value_name = "NAME", required_if_eq("profiles", "neutral"))]
    organization: Option<String>,
    /// Country of the organisation, for --profiles neutral
    #[arg(long, value_name = "CODE", default_value = "KZ")]
    country: String,
    /// What tells the names of this authority from others', for --profiles kz. By default the kind of key of each:
    /// "(RSA)", "(EC)", "(Ed25519)" or "(ML-DSA)"
    #[arg(long, value_name = "TEXT")]
    remark: Option<String>,
    /// Short name of the issuing authority, in URLs. By default after --issuing-key: nca-rsa, nca-ec, nca-ed25519 or nca-ml-dsa
    #[arg(long, value_name = "NAME")]
    issuing_name: Option<String>,
    /// Key of the issuing authority; the root has RSA-4096 above RSA and P-256, ML-DSA-65 above ML-DSA, else the same
    #[arg(long, value_enum, default_value_t = KeyChoice::Rsa2048)]
    issuing_key: KeyChoice,
    /// Number of parts that the revocation list is published in
    #[arg(long, value_name = "NUMBER", default_value_t = 16)]
    shards: u16,
    /// Make folder, configuration and database alone: the authority comes by ceremony (`tanba ceremony`)
    #[arg(long)]
    without_authority: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum ProfileChoice {
    Kz,
    Neutral,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum KeyChoice {
    #[value(name = "rsa-2048")]
    Rsa2048,
    #[value(name = "ec-p256")]
    EcP256,
    #[value(name = "ec-p384")]
    EcP384,
    Ed25519,
    #[value(name = "ml-dsa-44")]
    MlDsa44,
    #[value(name = "ml-dsa-65")]
    MlDsa65,
}

impl KeyChoice {
    /// What an authority with such a key is called for ever where nobody says: its remark, and its short name.
    const fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::Rsa2048 => ("(RSA)", "nca-rsa"),
            Self::EcP256 | Self::EcP384 => ("(EC)", "nca-ec"),
            Self::Ed25519 => ("(Ed25519)", "nca-ed25519"),
            Self::MlDsa44 | Self::MlDsa65 => ("(ML-DSA)", "nca-ml-dsa"),
        }
    }

    /// The remark of the root above it, whose key may be of another kind.
    const fn remark_of_root(self) -> &'static str {
        match self {
            Self::EcP256 => Self::Rsa2048.names().0,
            Self::Rsa2048 | Self::EcP384 | Self::Ed25519 | Self::MlDsa44 | Self::MlDsa65 => {
                self.names().0
            }
        }
    }
}

#[derive(Debug, Serialize)]
struct Facts {
    config: PathBuf,
    database: PathBuf,
    /// None before the ceremony.
    root_certificate: Option<PathBuf>,
    /// Where a passphrase was made, if one was.
    passphrase_made: Option<PathBuf>,
}

/// Writes the first record, so that a log without any is one that somebody emptied. With an authority, its root is the first.
fn begin_log(storage: &dyn Storage, context: &Context) -> anyhow::Result<()> {
    let mut unit = storage.begin()?;
    if unit.audit_log().size()? > 0 {
        return Ok(());
    }
    let event = AuditEvent {
        at: context.now(),
        actor: context.administrator(),
        action: "installation.create".to_owned(),
        object: "installation".to_owned(),
        detail: String::new(),
        origin: origin::here(),
    };
    let _ = unit.audit_log().append(&event)?;
    Ok(unit.commit()?)
}

/// Makes an installation; after an interruption, the same command goes on.
pub(crate) fn run(args: &Args, context: &Context) -> anyhow::Result<Outcome> {
    if args.key_store == KeyStore::Software
        && args.passphrase_file.is_none()
        && args.passphrase_env.is_none()
    {
        return Ok(Outcome::Usage(
            "name the passphrase of the keys with --passphrase-file or --passphrase-env".to_owned(),
        ));
    }
    make_folder(&args.folder)?;
    let folder = args
        .folder
        .canonicalize()
        .context("the folder cannot be found")?;
    let config_path = folder.join(FILE_NAME);
    let (source, passphrase_made) = passphrase(args, context.random().as_ref())?;
    let token = token(args)?;
    let config = write_config(args, &config_path, source.as_ref(), token.as_ref())?;
    let storage = SqliteStorage::open(&config.database)
        .with_context(|| format!("the database {} cannot be made", config.database.display()))?
        .witnessed_by(&config.witness)
        .map_err(|error| wire::witness_finding(&config, &error).into_error())?;
    let storage: Arc<dyn Storage> = Arc::new(storage);
    if args.without_authority {
        begin_log(storage.as_ref(), context)?;
        let facts = Facts {
            config: config_path,
            database: config.database,
            root_certificate: None,
            passphrase_made,
        };
        context.print(&facts, text(&facts))?;
        return Ok(Outcome::Done);
    }
    let chest = Chest::open(&config.keys, storage.as_ref(), context.random().as_ref())?;
    let parts = Parts {
        chest: Arc::new(chest),
        storage,
        random: context.random(),
        profiles: Profiles::builtin(),
        rules: Rules::default(),
    };
    let authority = tanba_ca::init(
        parts,
        &options(args)?,
        &context.administrator(),
        context.now(),
        &mut |step| {
            context.progress(match step {
                InitStep::RootKey => "Making the key of the root",
                InitStep::IssuingKey => "Making the key of the issuing authority",
                InitStep::Publication => "Publishing the first revocation lists",
            });
        },
    )?;
    sign_log(&authority, context);
    let root_certificate = folder.join("root.pem");
    let issuers = authority.issuers();
    let root = issuers.first().context("the authority has no root")?;
    fs::write(&root_certificate, root.certificate.to_pem())
        .context("the root certificate cannot be written")?;
    let facts = Facts {
        config: config_path,
        database: config.database,
        root_certificate: Some(root_certificate),
        passphrase_made,
    };
    context.print(&facts, text(&facts))?;
    Ok(Outcome::Done)
}

/// Signs the log of a new authority, from the beginning on: whoever finds a log without a checkpoint then knows that somebody
/// took it away.
pub(super) fn sign_log(authority: &Authority, context: &Context) {
    if let Err(error) = authority.checkpoint(context.now()) {
        context.warn(format_args!(
            "the log is not signed yet ({}); the server signs it when it starts",
            sentence(&error.into())
        ));
    }
}

fn text(facts: &Facts) -> String {
    let made = if facts.root_certificate.is_some() {
        "The authority is made."
    } else {
        "The installation is made; it has no authority yet."
    };
    let mut text = format!(
        "{made}\n  configuration     {}\n  database          {}\n",
        facts.config.display(),
        facts.database.display(),
    );
    if let Some(root) = &facts.root_certificate {
        text.push_str(&format!("  root certificate  {}\n", root.display()));
    }
    if let Some(path) = &facts.passphrase_made {
        text.push_str(&format!(
            "  passphrase        {} (made now: keep a copy apart from backups of the database)\n",
            path.display()
        ));
    }
    let next = if facts.root_certificate.is_some() {
        "look through the configuration, then `tanba doctor"
    } else {
        "its ceremony, as docs/ceremonies.md tells: `tanba ceremony plan root` where a root is made, and where an authority will serve \
         below one `tanba ceremony plan issuing"
    };
    text.push_str(&format!(
        "Next: {next} --config {}`.",
        facts.config.display()
    ));
    text
}

/// The installation's folder, for its owner alone; an existing one stays as it is.
fn make_folder(folder: &Path) -> anyhow::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    let mut builder = fs::DirBuilder::new();
    let _ = builder.recursive(true);
    #[cfg(unix)]
    let _ = std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder
        .create(folder)
        .with_context(|| format!("the folder {} cannot be made", folder.display()))
}

type PassphraseSource = (&'static str, String);

/// Where the passphrase is, if there is one, and the file when it was made just now.
fn passphrase(
    args: &Args,
    random: &dyn RandomSource,
) -> anyhow::Result<(Option<PassphraseSource>, Option<PathBuf>)> {
    let (source, secret, made) = match (&args.passphrase_file, &args.passphrase_env) {
        (Some(path), _) => {
            let made = make_passphrase(path, random)?;
            let path = path
                .canonicalize()
                .context("the passphrase file cannot be found")?;
            let name = path
                .to_str()
                .context("the path of the passphrase file is not text")?
                .to_owned();
            let secret = password::from_file(&path)?;
            (("passphrase_file", name), secret, made.then_some(path))
        }
        (None, Some(name)) => (
            ("passphrase_env", name.clone()),
            password::from_environment(name)?,
            None,
        ),
        (None, None) => return Ok((None, None)),
    };
    if secret.len() < 12 {
        bail!("the passphrase of the authority's keys is too short; take at least 12 characters");
    }
    Ok((Some(source), made))
}

/// Makes a file with a random passphrase (256 bits) for its owner alone; whether it was not there.
fn make_passphrase(path: &Path, random: &dyn RandomSource) -> anyhow::Result<bool> {
    if path.exists() {
        return Ok(false);
    }
    if let Some(folder) = path.parent() {
        make_folder(folder)?;
    }
    let mut octets = [0; 32];
    random.fill(&mut octets);
    let mut options = OpenOptions::new();
    let _ = options.write(true).create_new(true);
    #[cfg(unix)]
    let _ = std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options
        .open(path)
        .with_context(|| format!("the file {} cannot be made", path.display()))?;
    writeln!(file, "{}", tanba_pki::hex::encode(&octets))
        .context("the passphrase cannot be written")?;
    file.sync_all()
        .context("the passphrase cannot be written")?;
    Ok(true)
}

/// Writes the documented configuration, unless there is one already, and reads it back.
fn write_config(
    args: &Args,
    path: &Path,
    passphrase: Option<&PassphraseSource>,
    token: Option<&TokenFiles<'_>>,
) -> anyhow::Result<Config> {
    let proxy = args.trusted_proxy.map(|address| address.to_string());
    let example = Example {
        origin: &args.origin,
        public_url: &args.public_url,
        passphrase: passphrase.map(|(key, value)| (*key, value.as_str())),
        token: token.map(|token| ExampleToken {
            module: &token.module,
            label: token.uri.label.as_deref(),
            serial: token.uri.serial.as_deref(),
            pin_file: &token.pin_file,
        }),
        trusted_proxy: proxy.as_deref(),
        profiles: match args.profiles {
            ProfileChoice::Kz => "kz",
            ProfileChoice::Neutral => "neutral",
        },
    };
    let text = example.text();
    let config = Config::parse(&text, path.parent().unwrap_or(Path::new("")))?;
    if path.exists() {
        let found = Config::load(path)?;
        earlier::compare(args, path, &found, &config)?;
        return Ok(found);
    }
    fs::write(path, text)
        .with_context(|| format!("the file {} cannot be written", path.display()))?;
    Ok(config)
}

/// A token that was named, with the files as the configuration will name them.
struct TokenFiles<'a> {
    uri: &'a TokenUri,
    module: String,
    pin_file: String,
}

fn token(args: &Args) -> anyhow::Result<Option<TokenFiles<'_>>> {
    let KeyStore::Token(uri) = &args.key_store else {
        return Ok(None);
    };
    // Wherever the command was given, the configuration is read elsewhere.
    let absolute = |path: &Path, what: &str| -> anyhow::Result<String> {
        let path = path
            .canonicalize()
            .with_context(|| format!("{what} {} cannot be found", path.display()))?;
        let text = path
            .to_str()
            .with_context(|| format!("the path of {what} is not text"))?;
        Ok(text.to_owned())
    };
    Ok(Some(TokenFiles {
        uri,
        module: absolute(&uri.module, "the PKCS#11 module")?,
        pin_file: absolute(&uri.pin_file, "the PIN file")?,
    }))
}

fn options(args: &Args) -> anyhow::Result<InitOptions> {
    let (remark, issuing_name) = args.issuing_key.names();
    let names = match (args.profiles, &args.organization) {
        (ProfileChoice::Neutral, Some(organization)) => {
            AuthorityNames::neutral(organization, &args.country)
        }
        (ProfileChoice::Neutral, None) => bail!("name the organisation with --organization"),
        (ProfileChoice::Kz, _) if args.country != "KZ" => {
            return Err(usage(
                "--country is for --profiles neutral: the names of --profiles kz say Kazakhstan",
            ));
        }
        (ProfileChoice::Kz, _) => {
            let named =
                |by_default| AuthorityNames::kazakh(args.remark.as_deref().unwrap_or(by_default));
            AuthorityNames {
                root: named(args.issuing_key.remark_of_root()).root,
                issuing: named(remark).issuing,
            }
        }
    };
    Ok(InitOptions {
        public_url: args.public_url.clone(),
        names,
        issuing_name: args
            .issuing_name
            .as_deref()
            .unwrap_or(issuing_name)
            .to_owned(),
        issuing_key: match args.issuing_key {
            KeyChoice::Rsa2048 => IssuingKey::Rsa2048,
            KeyChoice::EcP256 => IssuingKey::EcP256,
            KeyChoice::EcP384 => IssuingKey::EcP384,
            KeyChoice::Ed25519 => IssuingKey::Ed25519,
            KeyChoice::MlDsa44 => IssuingKey::MlDsa44,
            KeyChoice::MlDsa65 => IssuingKey::MlDsa65,
        },
        shards: args.shards,
    })
}
