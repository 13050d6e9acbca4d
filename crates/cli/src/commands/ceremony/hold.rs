//! `tanba ceremony run`.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, bail};
use serde::Serialize;
use tanba_ca::ceremony::{
    Act, Artefact, ArtefactKind, ArtefactNote, Circumstances, Materials, Plan, Room, SharesNote,
    StopNote, Transcript, sheet,
};
use tanba_ca::{KeyPlace, Parts, Profiles};
use tanba_model::administration::IssuanceScope;
use tanba_model::audit::Actor;
use tanba_model::ports::{IssuanceStop, IssuerRecord, Storage};
use tanba_pki::{Certificate, CertificateRequest, Timestamp, hex, pem};

use super::shares;
use crate::chest::Chest;
use crate::commands::config_args::ConfigArgs;
use crate::context::Context;
use crate::outcome::Outcome;

/// Arguments of `tanba ceremony run`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The reviewed plan; see `tanba ceremony plan`
    plan: PathBuf,
    /// Show what would be made, octet by octet but for signatures and new keys; nothing is recorded, no key is opened
    #[arg(long)]
    dry_run: bool,
    /// Request (PKCS#10, PEM or DER) of a key that was made elsewhere
    #[arg(long, value_name = "FILE")]
    request: Option<PathBuf>,
    /// Certificate (PEM or DER) of the authority that is cross-certified
    #[arg(long, value_name = "FILE")]
    subject: Option<PathBuf>,
    /// File with a share of the signing key, once for each custodian; without any, shares are typed
    #[arg(long, value_name = "FILE")]
    share: Vec<PathBuf>,
    /// File for a share of the new root, once for each custodian, on a medium of her own
    #[arg(long, value_name = "FILE")]
    share_to: Vec<PathBuf>,
    /// Folder for what comes out, and for the transcript
    #[arg(long, short, value_name = "FOLDER", default_value = ".")]
    output: PathBuf,
}

#[derive(Debug, Serialize)]
struct Facts {
    ceremony: &'static str,
    dry_run: bool,
    plan_sha256: String,
    /// What was made, or would be.
    file: PathBuf,
    /// SHA-256 of its DER.
    fingerprint: String,
    /// SHA-256 of the signed part alone, which a rehearsal knows where no key is made.
    signed_part_sha256: String,
    /// From when on the plan may be carried out, for two days.
    begins: Timestamp,
    /// Whether those two days are over: a ceremony by this plan would be refused.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    is_over: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    transcript: Option<PathBuf>,
    /// A certificate in PEM, a list in hexadecimal digits.
    content: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    shares: Option<SharesNote>,
    /// What is stopped of the new authority, because it is of the one that it replaces.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    stopped: Vec<StopNote>,
}

/// Rehearses or holds the ceremony.
pub(crate) fn run(args: &Args, config: &ConfigArgs, context: &Context) -> anyhow::Result<Outcome> {
    let plan = super::plan(&args.plan)?;
    let storage = config.sound_storage()?;
    let materials = materials(args)?;
    super::replaced::warn(&plan, storage.as_ref(), context)?;
    if args.dry_run {
        return rehearse(args, &plan, &materials, storage, context);
    }
    // Before a custodian types, and before a share is on her medium.
    Room::for_rehearsal(Arc::clone(&storage), context.random(), Profiles::builtin())
        .admit(&plan, &materials, context.now())
        .map_err(super::not_begun)?;
    let files = Files::of(args, &plan)?;
    let started = context.now();
    let actor = context.administrator();
    let Prepared {
        room,
        materials,
        shares,
    } = prepare(args, &plan, materials, config, &storage, context)?;
    if matches!(plan.act, Act::Root { .. }) {
        context.progress("Making the key of the root");
    }
    let artefact = room
        .hold(&plan, &materials, &actor, context.now())
        .map_err(super::refused)?;
    let content = content(&artefact);
    write(&files.artefact, &content)?;
    let signed = issuer(storage.as_ref(), plan.act.issuer())?
        .context("the authority of the ceremony is not in the database")?;
    let stopped = match plan.act.replaces() {
        Some(_) => stopped(&room, &artefact.name, &artefact.name)?,
        None => Vec::new(),
    };
    let circumstances = Circumstances {
        issuer_sha256: hex::encode(&tanba_crypto::sha256(&signed.issuer.certificate)),
        account: account(&actor),
        program: format!("tanba {}", env!("CARGO_PKG_VERSION")),
        started,
        ended: context.now(),
        shares: shares.clone(),
        artefacts: vec![ArtefactNote {
            file: name(&files.artefact),
            kind: kind(&artefact).to_owned(),
            sha256: hex::encode(&tanba_crypto::sha256(&content)),
            fingerprint: hex::encode(&tanba_crypto::sha256(&artefact.der)),
        }],
        stopped: stopped.clone(),
    };
    let transcript = Transcript::of(&plan, circumstances);
    let document = transcript.to_bytes()?;
    // The key of this signature begins with the end that is signed: a verifier asks for a key of these minutes.
    let signature = room
        .sign_transcript(&plan, &document, &actor, transcript.ended)
        .map_err(super::refused)?;
    write(&files.transcript.with_extension("p7s"), &signature)?;
    let text = transcript.text(&document);
    write(&files.transcript.with_extension("txt"), text.as_bytes())?;
    write(&files.transcript, &document)?;
    let facts = Facts {
        transcript: Some(files.transcript.clone()),
        shares,
        stopped,
        ..facts(&plan, &artefact, files.artefact)?
    };
    let mut lines = format!(
        "{text}\nThe transcript is in {}, .p7s (its signature) and .txt (this text).",
        files.transcript.display()
    );
    if issuer(storage.as_ref(), &artefact.name)?
        .is_some_and(|known| known.issuer.certificate == artefact.der)
    {
        lines.push_str("\nA server that runs on this database does not know the new authority yet: restart it now.");
    }
    if matches!(&plan.act, Act::Signer { key: Some(_), .. }) {
        lines.push_str("\nA server that runs on this database answers with its earlier responder until its next start: restart it to take this one.");
    }
    context.print(&facts, lines)?;
    Ok(Outcome::Done)
}

fn rehearse(
    args: &Args,
    plan: &Plan,
    materials: &Materials,
    storage: Arc<dyn Storage>,
    context: &Context,
) -> anyhow::Result<Outcome> {
    let room = Room::for_rehearsal(storage, context.random(), Profiles::builtin());
    let artefact = room
        .rehearse(plan, materials, context.now())
        .map_err(super::not_rehearsed)?;
    let stopped = match plan.act.replaces() {
        Some(replaced) => stopped(&room, replaced, &artefact.name)?,
        None => Vec::new(),
    };
    let facts = Facts {
        dry_run: true,
        is_over: plan.is_over(context.now()),
        stopped,
        ..facts(plan, &artefact, args.output.join(file_name(&plan.act)))?
    };
    let mut text = format!(
        "REHEARSAL of {} ({}), plan SHA-256 {}\nNothing was recorded or signed. What would be made, but for the signature and for a key that is made in the ceremony:\n\n{}\nNot before {}, nor more than two days later.\n\n{}",
        plan.title,
        plan.act.name(),
        facts.plan_sha256,
        sheet(&artefact),
        facts.begins.rfc3339(),
        facts.content,
    );
    if facts.is_over {
        text.push_str(&format!(
            "\nOVER: this computer says {}, and the two days of the plan are past: the ceremony would be refused. Let a plan for the day of the ceremony be reviewed, or set the clock.",
            context.now().rfc3339()
        ));
    }
    for stop in &facts.stopped {
        text.push_str(&format!(
            "\nSTOPPED would be {}: {}. It is of the authority that is replaced, and goes over to the new one until somebody starts it.",
            stop.object, stop.reason
        ));
    }
    context.print(&facts, text)?;
    Ok(Outcome::Done)
}

/// What is stopped of an authority, as the audit log will name it of that which replaces it.
pub(super) fn stopped(room: &Room, of: &str, new: &str) -> anyhow::Result<Vec<StopNote>> {
    let note = |stop: IssuanceStop| {
        let scope = IssuanceScope {
            issuer: new.to_owned(),
            profile: stop.profile,
        };
        StopNote {
            object: scope.object(),
            reason: stop.reason,
        }
    };
    Ok(room.stops(of)?.into_iter().map(note).collect())
}

/// Everything that a ceremony needs, with open keys.
struct Prepared {
    room: Room,
    materials: Materials,
    shares: Option<SharesNote>,
}

fn prepare(
    args: &Args,
    plan: &Plan,
    mut materials: Materials,
    config: &ConfigArgs,
    storage: &Arc<dyn Storage>,
    context: &Context,
) -> anyhow::Result<Prepared> {
    let config = config.load()?;
    let random = context.random();
    let mut chest = Chest::open(&config.keys, storage.as_ref(), random.as_ref())?;
    let signing = issuer(storage.as_ref(), plan.act.issuer())?;
    let quorum = if let (Act::Root { shares, .. }, None) = (&plan.act, &signing) {
        *shares
    } else {
        None
    };
    if quorum.is_none() && !args.share_to.is_empty() {
        bail!("--share-to is for a new root whose plan has [shares]");
    }
    let mut note = None;
    match (&signing, quorum) {
        (Some(record), _) => {
            if let KeyPlace::Shares(set) = KeyPlace::of(&record.issuer.key) {
                let (custody, used) =
                    shares::gather(&args.share, set, &record.issuer.key, context)?;
                chest = chest.with_custody(Arc::new(custody));
                note = Some(used);
            } else if !args.share.is_empty() {
                bail!(
                    "the key of {} does not lie under shares",
                    record.issuer.name
                );
            }
        }
        (None, Some(quorum)) => {
            let (custody, made) = shares::divide(&args.share_to, quorum, random.as_ref())?;
            let custody = Arc::new(custody);
            chest = chest.with_custody(Arc::clone(&custody));
            materials.custody = Some(custody);
            note = Some(made);
        }
        (None, None) => {}
    }
    let room = Room::open(Parts {
        storage: Arc::clone(storage),
        chest: Arc::new(chest),
        random,
        profiles: Profiles::builtin(),
        rules: config.ca,
    });
    Ok(Prepared {
        room,
        materials,
        shares: note,
    })
}

fn issuer(storage: &dyn Storage, name: &str) -> anyhow::Result<Option<IssuerRecord>> {
    let issuers = storage.snapshot()?.issuers().all()?;
    Ok(issuers
        .into_iter()
        .find(|record| record.issuer.name == name))
}

fn materials(args: &Args) -> anyhow::Result<Materials> {
    Ok(Materials {
        request: args.request.as_deref().map(request).transpose()?,
        subject: args.subject.as_deref().map(certificate).transpose()?,
        custody: None,
    })
}

/// A request in PEM or DER.
fn request(path: &Path) -> anyhow::Result<CertificateRequest> {
    let content = read(path)?;
    let block = pem::decode_all(&content)
        .ok()
        .and_then(|blocks| blocks.into_iter().next());
    let der = block.map_or(content, |block| block.der);
    CertificateRequest::from_der(&der)
        .with_context(|| format!("{} is not a certificate request (PKCS#10)", path.display()))
}

/// One certificate in PEM or DER.
pub(super) fn certificate(path: &Path) -> anyhow::Result<Certificate> {
    let wrong = || format!("{} is not one certificate", path.display());
    let certificates = Certificate::from_pem_or_der(&read(path)?).with_context(wrong)?;
    match <[Certificate; 1]>::try_from(certificates) {
        Ok([certificate]) => Ok(certificate),
        Err(_) => bail!(wrong()),
    }
}

pub(super) fn read(path: &Path) -> anyhow::Result<Vec<u8>> {
    fs::read(path).with_context(|| format!("the file {} cannot be read", path.display()))
}

pub(super) fn write(path: &Path, content: &[u8]) -> anyhow::Result<()> {
    fs::write(path, content)
        .with_context(|| format!("the file {} cannot be written", path.display()))
}

/// Where everything goes.
struct Files {
    artefact: PathBuf,
    transcript: PathBuf,
}

impl Files {
    fn of(args: &Args, plan: &Plan) -> anyhow::Result<Self> {
        let files = Self {
            artefact: args.output.join(file_name(&plan.act)),
            transcript: args.output.join(format!(
                "{}-{}-transcript.json",
                plan.act.artefact_name(),
                plan.act.name()
            )),
        };
        fs::create_dir_all(&args.output)
            .with_context(|| format!("the folder {} cannot be made", args.output.display()))?;
        if files.transcript.exists() {
            bail!(
                "{} is there already; name another folder with --output",
                files.transcript.display()
            );
        }
        Ok(files)
    }
}

fn file_name(act: &Act) -> String {
    let ending = match act {
        Act::List { .. } => "crl",
        Act::Root { .. } | Act::Issuing { .. } | Act::Cross { .. } | Act::Signer { .. } => "pem",
    };
    format!("{}.{ending}", act.artefact_name())
}

fn name(path: &Path) -> String {
    path.file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default()
}

fn content(artefact: &Artefact) -> Vec<u8> {
    match artefact.kind {
        ArtefactKind::Certificate => pem::encode("CERTIFICATE", &artefact.der).into_bytes(),
        ArtefactKind::List => artefact.der.clone(),
    }
}

const fn kind(artefact: &Artefact) -> &'static str {
    match artefact.kind {
        ArtefactKind::Certificate => "certificate",
        ArtefactKind::List => "revocation-list",
    }
}

fn facts(plan: &Plan, artefact: &Artefact, file: PathBuf) -> anyhow::Result<Facts> {
    let (signed_part, content) = match artefact.kind {
        ArtefactKind::Certificate => (
            Certificate::from_der(&artefact.der)?.tbs_der().to_vec(),
            pem::encode("CERTIFICATE", &artefact.der),
        ),
        ArtefactKind::List => (
            tanba_pki::crl::Crl::from_der(&artefact.der)?
                .tbs_der()
                .to_vec(),
            hex::encode(&artefact.der),
        ),
    };
    Ok(Facts {
        ceremony: plan.act.name(),
        dry_run: false,
        plan_sha256: hex::encode(&plan.sha256),
        file,
        fingerprint: hex::encode(&tanba_crypto::sha256(&artefact.der)),
        signed_part_sha256: hex::encode(&tanba_crypto::sha256(&signed_part)),
        begins: plan.act.begins(),
        is_over: false,
        transcript: None,
        content,
        shares: None,
        stopped: Vec::new(),
    })
}

fn account(actor: &Actor) -> String {
    if let Actor::Administrator(name) = actor {
        name.clone()
    } else {
        "unknown".to_owned()
    }
}
