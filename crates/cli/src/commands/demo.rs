//! `tanba demo`: a throw-away national authority on embedded defaults.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, Result, bail};
use clap::Args as ClapArgs;
use serde::Serialize;
use tanba_ca::{Authority, AuthorityNames, Cost, InitOptions, IssuingKey, KeyVault, Profiles};
use tanba_crypto::Secret;
use tanba_model::audit::Actor;
use tanba_model::ports::Storage;
use tanba_pki::Timestamp;
use tanba_storage::SqliteStorage;

use crate::config::{Example, FILE_NAME, Register};
use crate::context::Context;
use crate::outcome::Outcome;
use crate::wire;

mod guide;
mod mailbox;
mod people;

use mailbox::Mailbox;
use people::{CAST, Made, STAFF, Workshop};

/// A file in the folder that says that everything in it may be thrown away.
const MARK: &str = "THROW-AWAY.txt";
/// The authority is older than the oldest certificate of its people.
const AGE_DAYS: i64 = 500;

/// Run a throw-away national authority to try everything on
#[derive(Debug, ClapArgs)]
pub(crate) struct Args {
    /// Port of the cabinet on this computer; 0 takes a free one
    #[arg(long, default_value_t = 8080)]
    port: u16,
    /// Folder for database and key files; made anew each time
    #[arg(long, default_value = "tanba-demo")]
    folder: PathBuf,
    /// Port at which pages look for the agent on their readers' computers
    #[arg(long, default_value_t = 13579)]
    agent_port: u16,
    /// Register of people that is asked about applicants without keys, in place of the demo's own people: an address with
    /// {iin} in it
    #[arg(long, value_name = "URL")]
    register: Option<String>,
}

/// What the demo tells whoever started it.
#[derive(Debug, Serialize)]
struct Facts {
    /// The cabinet.
    url: String,
    /// The mailbox page.
    mailbox: String,
    /// Certificate of the root, PEM.
    root: PathBuf,
    /// Folder with the people's key files.
    keys: PathBuf,
    /// Configuration with which the command line works on the demo.
    config: PathBuf,
    /// The database.
    database: PathBuf,
    people: Vec<Made>,
    /// Those who sign in at `/kk/desk/enter`.
    staff: Vec<Made>,
}

pub(crate) fn run(args: &Args, context: &Context) -> Result<Outcome> {
    let register = args.register.as_deref().map(Register::at).transpose()?;
    let folder = prepare_folder(&args.folder)?;
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, args.port));
    let listener = TcpListener::bind(address).with_context(|| {
        format!(
            "port {} is in use; choose another one with --port",
            args.port
        )
    })?;
    let origin = format!("http://localhost:{}", listener.local_addr()?.port());
    let database = folder.join("tanba.sqlite");
    let storage: Arc<dyn Storage> = Arc::new(SqliteStorage::open(&database)?);
    let passphrase = passphrase(context);
    let config = write_config(&folder, &origin, &passphrase)?;
    let authority = Arc::new(make_authority(&storage, &origin, passphrase, context)?);
    context.progress("Making three people and their keys");
    let keys = folder.join("keys");
    let now = context.now();
    let random = context.random();
    let workshop = Workshop {
        storage: storage.as_ref(),
        authority: &authority,
        random: random.as_ref(),
        keys: &keys,
        now,
    };
    let people = CAST
        .iter()
        .map(|character| workshop.make(character))
        .collect::<Result<_>>()?;
    context.progress("Making the staff of a registration centre and their keys");
    let staff = STAFF
        .iter()
        .map(|character| workshop.make(character))
        .collect::<Result<_>>()?;
    authority.maintain(now)?;
    let _ = authority.checkpoint(now)?;
    let root = folder.join("root.pem");
    fs::write(&root, root_pem(&authority)?).context("the root certificate cannot be written")?;
    let facts = Facts {
        mailbox: format!("{origin}/demo/mailbox"),
        url: origin,
        root,
        keys,
        config,
        database,
        people,
        staff,
    };
    let mailbox = Mailbox::new(&facts.url);
    let place = wire::DemoPlace {
        origin: &facts.url,
        agent_port: args.agent_port,
        register,
    };
    let server = wire::demo(storage, authority, mailbox.carriers(), place, context)?;
    context.print(&facts, guide::text(&facts))?;
    server.serve(listener, mailbox.router())?;
    Ok(Outcome::Done)
}

/// Makes the folder; one of an earlier demo is emptied, any other that is not empty is left alone.
fn prepare_folder(folder: &Path) -> Result<PathBuf> {
    let mark = folder.join(MARK);
    let full = fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some());
    if full && !mark.exists() {
        bail!(
            "the folder {} is not empty and not of a demo; choose another one with --folder",
            folder.display()
        );
    }
    if full {
        fs::remove_dir_all(folder).context("the folder of the last demo cannot be emptied")?;
    }
    fs::create_dir_all(folder).context("the folder for the demo cannot be made")?;
    let text = "Made by `tanba demo`; everything in this folder is deleted at its next start.\n";
    fs::write(&mark, text).context("the folder for the demo cannot be written")?;
    folder
        .canonicalize()
        .context("the folder for the demo cannot be found")
}

/// What the keys of the demo's authority are under; nothing worth protecting is.
fn passphrase(context: &Context) -> String {
    let mut octets = [0; 16];
    context.random().fill(&mut octets);
    tanba_pki::hex::encode(&octets)
}

/// Writes what the command line needs to work on the demo while it runs.
fn write_config(folder: &Path, origin: &str, passphrase: &str) -> Result<PathBuf> {
    let mut options = fs::OpenOptions::new();
    let _ = options.write(true).create(true).truncate(true);
    // As `tanba doctor` wants it, which the guide of the demo names.
    #[cfg(unix)]
    let _ = std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
        .open(folder.join("passphrase"))
        .and_then(|mut file| std::io::Write::write_all(&mut file, passphrase.as_bytes()))
        .context("the passphrase of the demo cannot be written")?;
    let text = Example {
        origin,
        public_url: origin,
        passphrase: Some(("passphrase_file", "passphrase")),
        token: None,
        trusted_proxy: None,
        profiles: "kz",
    }
    .text();
    let file = folder.join(FILE_NAME);
    fs::write(&file, text).context("the configuration of the demo cannot be written")?;
    Ok(file)
}

/// An authority that exists since before its people got the keys that now expire.
fn make_authority(
    storage: &Arc<dyn Storage>,
    origin: &str,
    passphrase: String,
    context: &Context,
) -> Result<Authority> {
    let random = context.random();
    let passphrase = Secret::new(passphrase.into_bytes());
    let vault = KeyVault::create(&passphrase, Cost::THROW_AWAY, random.as_ref())?;
    let parts = tanba_ca::Parts {
        storage: Arc::clone(storage),
        chest: Arc::new(vault),
        random,
        profiles: Profiles::builtin(),
        rules: tanba_ca::Config::default().check()?,
    };
    let options = InitOptions {
        public_url: origin.to_owned(),
        names: AuthorityNames::kazakh("(RSA) DEMO"),
        issuing_name: "nca-rsa".to_owned(),
        issuing_key: IssuingKey::Rsa2048,
        shards: 4,
    };
    let long_ago = Timestamp::from_unix(context.now().unix() - AGE_DAYS * 86_400);
    let authority = tanba_ca::init(parts, &options, &Actor::System, long_ago, &mut |step| {
        context.progress(match step {
            tanba_ca::InitStep::RootKey => "Making the key of the root (RSA-4096)",
            tanba_ca::InitStep::IssuingKey => "Making the key of the issuing authority",
            tanba_ca::InitStep::Publication => "Publishing the first revocation lists",
        });
    })?;
    Ok(authority)
}

fn root_pem(authority: &Authority) -> Result<String> {
    let issuers = authority.issuers();
    let root = issuers.first().context("the demo has no root")?;
    Ok(root.certificate.to_pem())
}
