//! `tanba ceremony request` and `import`: between a machine that serves and one that has no network.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context as _, bail};
use serde::Serialize;
use tanba_ca::ceremony::{Plan, Room, StopNote};
use tanba_ca::{Authority, KeyPlace, Parts, Profiles};
use tanba_model::ports::{CrlKind, Storage};
use tanba_pki::crl::Crl;
use tanba_pki::{Certificate, hex, pem};

use super::hold::{certificate, read, stopped, write};
use crate::chest::Chest;
use crate::commands::config_args::ConfigArgs;
use crate::commands::init::sign_log;
use crate::config::Config;
use crate::context::Context;
use crate::outcome::{Outcome, sentence, usage};

/// Arguments of `tanba ceremony request`.
#[derive(Debug, clap::Args)]
pub(crate) struct RequestArgs {
    /// The reviewed plan of the ceremony "issuing" or "rollover"
    plan: PathBuf,
    /// File for the request (PKCS#10, PEM)
    #[arg(long, short, value_name = "FILE")]
    output: PathBuf,
}

/// Arguments of `tanba ceremony import`.
#[derive(Debug, clap::Args)]
pub(crate) struct ImportArgs {
    /// The plan by which the certificate was made
    #[arg(long, value_name = "FILE", requires = "certificate")]
    plan: Option<PathBuf>,
    /// The certificate (PEM or DER) of the awaited authority
    #[arg(long, value_name = "FILE", requires = "plan")]
    certificate: Option<PathBuf>,
    /// The certificate (PEM or DER) of the root, where this installation does not know it
    #[arg(long, value_name = "FILE", requires_all = ["plan", "root_sha256"])]
    root: Option<PathBuf>,
    /// Its fingerprint (SHA-256), from the transcript that the witnesses signed
    #[arg(long, value_name = "DIGITS", requires = "root")]
    root_sha256: Option<String>,
    /// The revocation list (PEM or DER) of the root
    #[arg(long, value_name = "FILE")]
    crl: Option<PathBuf>,
    /// Short name of the root, for a list alone
    #[arg(long, value_name = "NAME", conflicts_with = "plan")]
    issuer: Option<String>,
}

#[derive(Debug, Serialize)]
struct Requested {
    file: PathBuf,
    /// SHA-256 of the request's DER, for the plan.
    request_sha256: String,
}

#[derive(Debug, Default, Serialize)]
struct Imported {
    /// Short name of the authority that issues from the next start of the server on.
    authority: Option<String>,
    /// The root whose list was published.
    list_of: Option<String>,
    /// The root that signs elsewhere and whose list is not here yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    list_missing: Option<String>,
    /// What is stopped of the new authority, because it is of the one that it replaces.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    stopped: Vec<StopNote>,
}

/// Makes the key and the request.
pub(crate) fn request(
    args: &RequestArgs,
    config: &ConfigArgs,
    context: &Context,
) -> anyhow::Result<Outcome> {
    let plan = super::plan(&args.plan)?;
    let storage = config.sound_storage()?;
    let room = room(&config.load()?, &storage, context)?.0;
    let der = room
        .request(&plan, &context.administrator(), context.now())
        .map_err(super::refused)?;
    let text = pem::encode("CERTIFICATE REQUEST", &der);
    write(&args.output, text.as_bytes())?;
    let facts = Requested {
        file: args.output.clone(),
        request_sha256: hex::encode(&tanba_crypto::sha256(&der)),
    };
    let text = format!(
        "The key is made and stays here; the request is in {}.\n  SHA-256 (DER)  {}\nTake it with the plan to the machine of the root. What comes back is taken in with `tanba ceremony import`; until then `tanba doctor` and `tanba issuer list` say that it is awaited.",
        facts.file.display(),
        facts.request_sha256
    );
    context.print(&facts, text)?;
    Ok(Outcome::Done)
}

/// Takes in what was brought.
pub(crate) fn import(
    args: &ImportArgs,
    config: &ConfigArgs,
    context: &Context,
) -> anyhow::Result<Outcome> {
    let storage = config.sound_storage()?;
    let (room, parts) = room(&config.load()?, &storage, context)?;
    let mut facts = Imported::default();
    let plan = args.plan.as_deref().map(super::plan).transpose()?;
    if let (Some(plan), Some(path)) = (&plan, &args.certificate) {
        let (der, root) = (certificate(path)?, root(args)?);
        room.take_in(
            plan,
            der.der(),
            root.as_ref(),
            &context.administrator(),
            context.now(),
        )
        .map_err(super::refused)?;
        let name = plan.act.artefact_name();
        facts.stopped = stopped(&room, &name, &name)?;
        facts.authority = Some(name);
    }
    if let Some(path) = &args.crl {
        let name = list_of(plan.as_ref(), args)?;
        let list = Crl::from_der_or_pem(&read(path)?)
            .with_context(|| format!("{} is not a revocation list", path.display()))?;
        room.take_in_list(&name, &list, &context.administrator(), context.now())
            .map_err(super::refused)?;
        facts.list_of = Some(name);
    }
    if facts.authority.is_none() && facts.list_of.is_none() {
        return Err(usage(
            "name what is to be taken in: --plan with --certificate, --crl, or all of them",
        ));
    }
    if facts.authority.is_some() {
        // Responder, seal and first lists of the new authority.
        let authority = Authority::open(parts)?;
        match authority.maintain(context.now()) {
            Ok(_) => sign_log(&authority, context),
            Err(error) => context.warn(format_args!(
                "the authority is taken in, but its responder, its seal and its first lists are not made yet: {}. The server makes them \
                 when the key answers; do not repeat this command",
                sentence(&error.into())
            )),
        }
    }
    facts.list_missing = missing(storage.as_ref(), plan.as_ref())?;
    context.print(&facts, text(&facts))?;
    Ok(Outcome::Done)
}

/// The root of a plan, where its list has to be brought and was not yet.
fn missing(storage: &dyn Storage, plan: Option<&Plan>) -> anyhow::Result<Option<String>> {
    let Some(plan) = plan else {
        return Ok(None);
    };
    let mut unit = storage.snapshot()?;
    let issuers = unit.issuers().all()?;
    let root = issuers.into_iter().find(|record| {
        record.issuer.name == plan.act.issuer()
            && KeyPlace::of(&record.issuer.key) != KeyPlace::Here
    });
    let Some(root) = root else {
        return Ok(None);
    };
    let list = unit.crls().latest(root.id, CrlKind::Full)?;
    Ok(list.is_none().then_some(root.issuer.name))
}

fn text(facts: &Imported) -> String {
    let mut lines = Vec::new();
    if let Some(name) = &facts.authority {
        lines.push(format!(
            "The authority {name} is taken in; it issues from the next start of the server on: restart it now."
        ));
    }
    lines.extend(facts.stopped.iter().map(|stop| {
        format!(
            "STOPPED: {} ({}). It was of the authority that is replaced; `tanba issuer start` ends it when the cause is gone.",
            stop.object, stop.reason
        )
    }));
    if let Some(name) = &facts.list_of {
        lines.push(format!("The list of {name} is published."));
    }
    if let Some(name) = &facts.list_missing {
        lines.push(format!(
            "The list of {name} is not here: without it verifiers that ask for one accept nothing. Hold its ceremony (`tanba ceremony plan crl`), and take it in with `tanba ceremony import --crl FILE --issuer {name}`."
        ));
    }
    lines.join("\n")
}

fn list_of(plan: Option<&Plan>, args: &ImportArgs) -> anyhow::Result<String> {
    match (plan, &args.issuer) {
        (Some(plan), _) => Ok(plan.act.issuer().to_owned()),
        (None, Some(name)) => Ok(name.clone()),
        (None, None) => Err(usage("name the root whose list it is with --issuer")),
    }
}

/// The root that was brought, if it is the one that the witnesses saw.
fn root(args: &ImportArgs) -> anyhow::Result<Option<Certificate>> {
    let (Some(path), Some(digits)) = (&args.root, &args.root_sha256) else {
        return Ok(None);
    };
    let root = certificate(path)?;
    let digits: String = digits.chars().filter(|c| !matches!(c, ':' | ' ')).collect();
    if hex::decode(&digits).as_deref() != Some(root.sha256().as_slice()) {
        bail!(
            "the root in {} has another fingerprint than --root-sha256 says; compare it with the transcript that the witnesses signed",
            path.display()
        );
    }
    Ok(Some(root))
}

fn room(
    config: &Config,
    storage: &Arc<dyn Storage>,
    context: &Context,
) -> anyhow::Result<(Room, Parts)> {
    let random = context.random();
    let chest = Chest::open(&config.keys, storage.as_ref(), random.as_ref())?;
    let parts = Parts {
        storage: Arc::clone(storage),
        chest: Arc::new(chest),
        random,
        profiles: Profiles::builtin(),
        rules: config.ca,
    };
    Ok((Room::open(parts.clone()), parts))
}
