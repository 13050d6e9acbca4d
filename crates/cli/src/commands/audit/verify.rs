//! `tanba audit verify`.

use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use tanba_model::audit::AuditRecord;
use tanba_model::audit::kept::KeptTree;
use tanba_model::audit::tree::{Frontier, TreeHead, leaf, root};
use tanba_model::ports::{IssuerKind, Storage};
use tanba_pki::Certificate;

use super::export::Checkpoints;
use super::late;
use super::line::{self, Line};
use super::proof;
use super::statement::{Judge, Stated};
use crate::commands::config_args::ConfigArgs;
use crate::commands::revocation::Lists;
use crate::context::Context;
use crate::outcome::{Outcome, sentence, usage};

mod report;

/// Records that are read at once.
const PAGE: u32 = 1000;

/// Arguments of `tanba audit verify`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// An exported file instead of the database; nothing else is needed then
    file: Option<PathBuf>,
    /// Hash of the last record as it was noted earlier: it must still be in the chain
    #[arg(long, value_name = "HEX")]
    expect: Option<String>,
    /// A checkpoint as it was kept earlier: the log must still begin with the records that it states
    #[arg(long, value_name = "FILE")]
    checkpoint: Option<PathBuf>,
    /// Certificate of the root (PEM or DER): the seal under each checkpoint must lead to it. The database brings its own
    #[arg(long, value_name = "FILE")]
    trusted: Vec<PathBuf>,
    /// With --trusted: certificate (PEM or DER) of the issuing authority whose seal it must be; else any directly below the
    /// root counts. May be given again, for an authority and its successor
    #[arg(long, value_name = "FILE", requires = "trusted")]
    authority: Vec<PathBuf>,
    /// A revocation list (PEM or DER) in which to look up whether a seal was revoked, or the authority above it; may be given
    /// again: the newest of the issuing authority and of the root
    #[arg(long, value_name = "FILE")]
    crl: Vec<PathBuf>,
    /// A proof instead of a log: of `audit prove`, or from the list of keys in the cabinet
    #[arg(long, value_name = "FILE", requires = "trusted", conflicts_with_all = ["file", "expect", "checkpoint"])]
    proof: Option<PathBuf>,
    /// With --proof: the certificate (PEM or DER) whose issue it must prove
    #[arg(long, value_name = "FILE", requires = "proof")]
    certificate: Option<PathBuf>,
}

/// Runs the command.
pub(super) fn run(args: &Args, config: &ConfigArgs, context: &Context) -> anyhow::Result<Outcome> {
    // Here 1 is a verdict about a log, and a file that is not there says nothing about one.
    let mut judge =
        Judge::of_files(&args.trusted, &args.authority).map_err(|error| unjudged(&error))?;
    let is_file = args.file.is_some() || args.proof.is_some();
    if is_file && !args.crl.is_empty() && !judge.believes() {
        return Err(usage(
            "--crl needs --trusted: lists are believed below a root",
        ));
    }
    judge = judge.looking_up(Lists::read(&args.crl).map_err(|error| unjudged(&error))?);
    if let Some(path) = &args.proof {
        return proof::verify(path, args.certificate.as_deref(), &judge, context);
    }
    let storage = match args.file {
        Some(_) => None,
        None => Some(config.storage()?),
    };
    if let (Some(storage), false) = (&storage, judge.believes()) {
        judge = judge.trusting(roots(storage.as_ref())?);
    }
    let (earlier, refused) = match args.checkpoint.as_deref().map(|path| kept(path, &judge)) {
        None => (None, None),
        Some(kept) => match kept? {
            Ok(earlier) => (Some(earlier), None),
            Err(refused) => (None, Some(refused)),
        },
    };
    let mut log = Log::new(args, &judge, earlier)?;
    let fault = match (refused, &args.file, &storage) {
        (Some(refused), ..) => Some(refused),
        (None, Some(path), _) => log.check_file(path)?,
        (None, None, Some(storage)) => log.check_storage(storage.as_ref())?,
        (None, None, None) => None,
    };
    let fault = fault
        .or_else(|| log.missing())
        .or_else(|| log.unconfirmed())
        .or_else(|| log.is_empty())
        .or_else(|| {
            // A server goes on writing between two checkpoints; whoever hands over a file has had the time to sign it.
            let is_judged = args.file.is_some() && judge.believes();
            is_judged.then(|| log.unproven()).flatten()
        })
        .or_else(|| (storage.as_ref()).and_then(|_| log.late()));
    log.report(args, fault, context)
}

/// What keeps a log from being judged.
fn unjudged(error: &anyhow::Error) -> anyhow::Error {
    usage(sentence(error))
}

fn roots(storage: &dyn Storage) -> anyhow::Result<Vec<Certificate>> {
    let issuers = storage.snapshot()?.issuers().all()?;
    let roots = issuers
        .iter()
        .filter(|issuer| issuer.issuer.kind == IssuerKind::Root);
    roots
        .map(|root| {
            Certificate::from_der(&root.issuer.certificate)
                .context("the certificate of the root is damaged")
        })
        .collect()
}

/// The log as far as it was followed.
#[derive(Debug)]
struct Log<'a> {
    judge: &'a Judge,
    /// Records that the file leaves out.
    since: u64,
    last: Option<AuditRecord>,
    frontier: Frontier,
    checkpoints: u64,
    signed: Option<(u64, Stated)>,
    /// A hash that must come, and whether it did.
    expect: Option<[u8; 32]>,
    met: bool,
    /// A tree that must come, and whether it did.
    earlier: Option<TreeHead>,
    continued: bool,
    /// Whether the file said that it ends here.
    ended: bool,
    /// Whether a seal was made.
    has_seal: bool,
    /// Records under a seal whose key somebody else may have, until a later seal confirms them.
    doubtful: Option<u64>,
    /// The first record after the last checkpoint.
    next: Option<AuditRecord>,
    /// Whether a checkpoint came that does not count.
    was_refused: bool,
}

impl<'a> Log<'a> {
    fn new(args: &Args, judge: &'a Judge, earlier: Option<TreeHead>) -> anyhow::Result<Self> {
        Ok(Self {
            judge,
            since: 0,
            last: None,
            frontier: Frontier::default(),
            checkpoints: 0,
            signed: None,
            expect: args
                .expect
                .as_deref()
                .map(line::hash)
                .transpose()
                .map_err(usage)?,
            met: false,
            continued: earlier.is_some_and(|head| head == Frontier::default().head()),
            earlier,
            ended: false,
            has_seal: false,
            next: None,
            doubtful: None,
            was_refused: false,
        })
    }

    fn follow(&mut self, record: AuditRecord) -> Option<String> {
        if let Err(fault) = record.verify(self.last.as_ref()) {
            return Some(fault.to_string());
        }
        // What a file says of a record that it leaves out counts once the next one was made of it.
        self.met |= self
            .expect
            .is_some_and(|expected| [record.hash, record.previous_hash].contains(&expected));
        self.frontier.push(leaf(&record.hash));
        self.has_seal |= record.event.starts_with(late::SEAL);
        if self.next.is_none() {
            self.next = Some(record.clone());
        }
        self.last = Some(record);
        self.meet()
    }

    /// Compares with the checkpoint that was kept elsewhere, where the log is as long.
    fn meet(&mut self) -> Option<String> {
        let earlier = self.earlier?;
        let now = self.frontier.head();
        if now.size != earlier.size {
            return None;
        }
        self.continued = now == earlier;
        (!self.continued).then(|| {
            format!(
                "the first {} records are not those of the checkpoint that was kept",
                earlier.size
            )
        })
    }

    fn state(&mut self, checkpoint: &line::Checkpoint) -> anyhow::Result<Option<String>> {
        let stated = match self.judge.judge(checkpoint)? {
            Ok(stated) => stated,
            Err(fault) => {
                self.was_refused = true;
                return Ok(Some(fault));
            }
        };
        let size = stated.head.size;
        if self.frontier.head() != stated.head {
            return Ok(Some(format!(
                "the checkpoint of {size} records states other records than there are"
            )));
        }
        if self.signed.as_ref().is_some_and(|(last, ..)| size <= *last) {
            return Ok(Some(format!(
                "the checkpoint of {size} records comes twice"
            )));
        }
        self.doubtful = stated.is_compromised.then_some(size);
        self.checkpoints += 1;
        self.next = None;
        self.signed = Some((size, stated));
        Ok(None)
    }

    fn check_storage(&mut self, storage: &dyn Storage) -> anyhow::Result<Option<String>> {
        let mut unit = storage.snapshot()?;
        let mut signed = Checkpoints::after(0);
        let mut after = 0;
        loop {
            let page = unit.audit_log().page(after, PAGE)?;
            if page.is_empty() {
                break;
            }
            for record in page {
                after = record.sequence;
                if let Some(fault) = self.follow(record) {
                    return Ok(Some(fault));
                }
                if let Some(checkpoint) = signed.of(unit.as_mut(), after)?
                    && let Some(fault) = self.state(&line::Checkpoint::of(checkpoint)?)?
                {
                    return Ok(Some(fault));
                }
            }
        }
        // Proofs are made of what is kept of the tree, so that must be the tree.
        let last = unit.audit_log().last_checkpoint()?;
        if let Some(last) = last {
            if self.signed.as_ref().map(|(size, ..)| *size) != Some(last.size) {
                return Ok(Some(format!(
                    "records are missing at the end: {} were signed",
                    last.size
                )));
            }
            let kept = root(&mut KeptTree(unit.audit_log()), last.size)?;
            let stated = tanba_model::audit::Checkpoint::from_bytes(&last.document)?.head()?;
            if kept != stated.root {
                return Ok(Some("the kept tree is not that of the records".to_owned()));
            }
        }
        Ok(None)
    }

    fn check_file(&mut self, path: &Path) -> anyhow::Result<Option<String>> {
        let unreadable = || format!("the file {} cannot be read", path.display());
        let file = File::open(path)
            .with_context(unreadable)
            .map_err(|error| unjudged(&error))?;
        for (number, text) in (1_u64..).zip(BufReader::new(file).lines()) {
            let text = text
                .with_context(unreadable)
                .map_err(|error| unjudged(&error))?;
            let fault = self.read(&text, number).unwrap_or_else(|error| {
                let why = sentence(&error);
                Some(format!(
                    "line {number} is not a line of an audit log: {why}"
                ))
            });
            if fault.is_some() {
                return Ok(fault);
            }
        }
        Ok(None)
    }

    fn read(&mut self, text: &str, number: u64) -> anyhow::Result<Option<String>> {
        if self.ended {
            bail!("nothing comes after the end");
        }
        match serde_json::from_str(text)? {
            Line::End(end) => {
                self.ended = true;
                let fits = end.fits(self.last.as_ref())?;
                Ok((!fits).then(|| "the log ends with another record than it says".to_owned()))
            }
            Line::Record(record) => Ok(self.follow(record.read()?)),
            Line::Checkpoint(checkpoint) => self.state(&checkpoint),
            Line::Start(start) if number == 1 => {
                let (record, frontier) = start.read()?;
                self.since = record.sequence;
                self.last = Some(record);
                self.frontier = frontier;
                Ok(self.meet())
            }
            Line::Start(_) => bail!("a log begins only once"),
        }
    }

    /// What should have come and did not.
    fn missing(&self) -> Option<String> {
        if self.expect.is_some() && !self.met {
            return Some(
                "the expected hash is not in the audit chain: its end was cut off or rewritten"
                    .to_owned(),
            );
        }
        let earlier = self.earlier.filter(|_| !self.continued)?;
        Some(format!(
            "the checkpoint that was kept states {} records, which this log does not have: its end was cut off, or it \
             begins later",
            earlier.size
        ))
    }

    /// Whoever has the key of a seal signs whatever log he pleases, and dates it as he pleases.
    fn unconfirmed(&self) -> Option<String> {
        let size = self.doubtful?;
        Some(format!(
            "the checkpoint of {size} records is under a seal whose key may be in other hands, and no later seal confirms it"
        ))
    }

    /// Whether checkpoints are not there that should be.
    fn late(&self) -> Option<String> {
        let last = self.signed.as_ref().map(|(_, stated)| stated.at);
        late::fault(self.has_seal, last, self.next.as_ref(), self.last.as_ref())
    }

    /// Nothing is whole that has no record: an installation writes the first one when it is made.
    fn is_empty(&self) -> Option<String> {
        (self.records() == 0).then(|| {
            "there is no record in it, and each installation writes one when it is made: somebody emptied it, or it was made by an \
             older program without an authority (`tanba init --without-authority` once more writes the first one)"
                .to_owned()
        })
    }

    /// Number of all records so far.
    fn records(&self) -> u64 {
        self.last.as_ref().map_or(0, |record| record.sequence)
    }

    /// Records after the last checkpoint.
    fn unsigned(&self) -> u64 {
        let signed = self.signed.as_ref().map_or(0, |(size, ..)| *size);
        self.records().saturating_sub(signed)
    }

    /// Why whoever wants to be sure can not be: who has the records and no seal makes such a file.
    fn unproven(&self) -> Option<String> {
        const REMEDY: &str = "export the log again where its seal can be used (`tanba audit export` ends with a checkpoint)";
        match (&self.signed, self.unsigned()) {
            (None, _) => Some(format!(
                "there is no checkpoint, so nothing proves these records; {REMEDY}"
            )),
            (Some(_), 0) => None,
            (Some((size, ..)), more) => Some(format!(
                "{more} records after the last checkpoint, of {size}, are not proved by anything; {REMEDY}"
            )),
        }
    }
}

/// The tree of a checkpoint that was kept elsewhere; or why it does not count.
fn kept(path: &Path, judge: &Judge) -> anyhow::Result<Result<TreeHead, String>> {
    let text = std::fs::read_to_string(path)
        .with_context(|| format!("the file {} cannot be read", path.display()))
        .map_err(|error| unjudged(&error))?;
    let Ok(Line::Checkpoint(checkpoint)) = serde_json::from_str(text.trim()) else {
        return Err(usage(format_args!(
            "{} is not a checkpoint",
            path.display()
        )));
    };
    Ok(match judge.judge(&checkpoint)? {
        Ok(stated) => Ok(stated.head),
        Err(fault) => Err(format!("{}: {fault}", path.display())),
    })
}
