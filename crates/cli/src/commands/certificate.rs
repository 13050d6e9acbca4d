//! `tanba certificate …`: certificates of people.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::{Context as _, bail};
use serde::Serialize;
use tanba_model::certificate::{CertificateRecord, RevocationReason, Status};
use tanba_model::id::IssuerId;
use tanba_model::message::AdministratorAct;
use tanba_model::ports::{SourceRng, Storage, StorageError, UnitOfWork};
use tanba_model::reason_line::ReasonLine;
use tanba_pki::{SerialNumber, Timestamp};
use tanba_ra::{announce_act, announce_release};

use super::config_args::ConfigArgs;
use super::lists::Lists;
use super::person;
use crate::context::Context;
use crate::count::count;
use crate::outcome::{Outcome, usage};

mod check;
mod facts;
mod issue;
mod own;
mod refused;

pub(super) use facts::CertificateFacts;
pub(super) use own::advice;
use own::{Act, Own, Word};

/// Commands of `tanba certificate`.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Issue a certificate to a person of the register, for a request that was made where her key is
    Issue(issue::Args),
    /// List certificates, newest first of a person, oldest first otherwise
    List {
        /// Only those of a person
        #[arg(long, value_name = "IIN")]
        person: Option<String>,
        /// At most so many
        #[arg(long, value_name = "NUMBER", default_value_t = 100)]
        limit: u32,
    },
    /// Show one certificate
    Show {
        /// Serial number, hexadecimal
        serial: String,
        /// Write the certificate to a file, PEM
        #[arg(long, short, value_name = "FILE")]
        output: Option<PathBuf>,
    },
    /// Read everything that was ever issued again and judge it: signature, record, profile, key, evidence, lists, OCSP
    Check(check::Args),
    /// Revoke a certificate for good
    Revoke {
        /// Serial number, hexadecimal
        serial: String,
        #[command(flatten)]
        whose: Whose,
        /// unspecified, keyCompromise, affiliationChanged, superseded or cessationOfOperation
        #[arg(long, value_name = "REASON", required_unless_present = "why")]
        reason: Option<String>,
        /// Why, in your own words; it stands in the audit log. No names and no addresses
        #[arg(long, value_name = "TEXT")]
        why: Option<String>,
    },
    /// Freeze a certificate; it can be released again
    Hold {
        /// Serial number, hexadecimal
        serial: String,
        #[command(flatten)]
        whose: Whose,
        /// Why; it stands in the audit log. No names and no addresses
        #[arg(long, value_name = "TEXT", alias = "why")]
        reason: String,
    },
    /// Release a frozen certificate
    Release {
        /// Serial number, hexadecimal
        serial: String,
        #[command(flatten)]
        whose: Whose,
        /// Why, for the evidence; no names
        #[arg(long, value_name = "WORDS")]
        reason: String,
    },
}

/// Whose certificate is meant, where it is not a person's.
#[derive(Clone, Copy, Debug, clap::Args)]
pub(crate) struct Whose {
    /// It is an authority's: everything that the authority issued hangs on it
    #[arg(long)]
    authority: bool,
    /// It is of a service of an authority: an OCSP responder, a seal, time stamps
    #[arg(long, conflicts_with = "authority")]
    service: bool,
}

impl Whose {
    const fn word(self) -> Word {
        match (self.authority, self.service) {
            (true, _) => Word::Authority,
            (false, true) => Word::Service,
            (false, false) => Word::None,
        }
    }
}

/// Arguments of `tanba certificate`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    config: ConfigArgs,
    #[command(subcommand)]
    command: Command,
}

/// Runs the command.
pub(crate) fn run(args: &Args, context: &Context) -> anyhow::Result<Outcome> {
    match &args.command {
        Command::Issue(issue) => issue::run(issue, &args.config, context),
        Command::List { person, limit } => list(&args.config, person.as_deref(), *limit, context),
        Command::Check(check) => check::run(check, &args.config, context),
        Command::Show { serial, output } => show(&args.config, serial, output.as_deref(), context),
        Command::Revoke {
            serial,
            whose,
            reason,
            why,
        } => {
            let reason = reason.as_deref().unwrap_or("unspecified");
            let words = why.as_deref().map(self::why).transpose()?;
            let reason = RevocationReason::from_name(reason)
                .filter(|reason| *reason != RevocationReason::CertificateHold)
                .ok_or_else(|| {
                    usage(format!(
                        "the reason {reason:?} is not one to revoke for; see --help"
                    ))
                })?;
            let change_to = Change::Revoke(reason, words.unwrap_or_default());
            change(&args.config, serial, (*whose, change_to), context)
        }
        Command::Hold {
            serial,
            whose,
            reason,
        } => {
            let change_to = Change::Revoke(RevocationReason::CertificateHold, why(reason)?);
            change(&args.config, serial, (*whose, change_to), context)
        }
        Command::Release {
            serial,
            whose,
            reason,
        } => {
            let release = Change::Release(why(reason)?);
            change(&args.config, serial, (*whose, release), context)
        }
    }
}

/// The short names of the issuers.
pub(super) fn issuer_names(
    unit: &mut dyn UnitOfWork,
) -> anyhow::Result<BTreeMap<IssuerId, String>> {
    Ok(unit
        .issuers()
        .all()?
        .into_iter()
        .map(|record| (record.id, record.issuer.name))
        .collect())
}

fn list(
    config: &ConfigArgs,
    iin: Option<&str>,
    limit: u32,
    context: &Context,
) -> anyhow::Result<Outcome> {
    let storage = config.storage()?;
    let mut unit = storage.snapshot()?;
    let issuers = issuer_names(unit.as_mut())?;
    let records = match iin {
        Some(iin) => {
            let person = person::find(unit.as_mut(), iin)?;
            unit.certificates().of_person(person.id, limit)?
        }
        None => {
            let mut all = Vec::new();
            for issuer in issuers.keys() {
                all.extend(unit.certificates().page(*issuer, None, limit)?);
            }
            all.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
            all
        }
    };
    let facts: Vec<CertificateFacts> = records
        .iter()
        .map(|record| CertificateFacts::of(record, &issuers))
        .collect();
    let lines: Vec<String> = facts.iter().map(ToString::to_string).collect();
    let text = if lines.is_empty() {
        "No certificates.".to_owned()
    } else {
        lines.join("\n")
    };
    context.print(&facts, text)?;
    Ok(Outcome::Done)
}

fn show(
    config: &ConfigArgs,
    serial: &str,
    output: Option<&std::path::Path>,
    context: &Context,
) -> anyhow::Result<Outcome> {
    let storage = config.storage()?;
    let mut unit = storage.snapshot()?;
    let record = find(unit.as_mut(), serial)?;
    let issuers = issuer_names(unit.as_mut())?;
    let facts = CertificateFacts::of(&record, &issuers);
    if let Some(path) = output {
        let der = record
            .der
            .as_deref()
            .context("the certificate was not issued")?;
        std::fs::write(path, tanba_pki::pem::encode("CERTIFICATE", der))
            .with_context(|| format!("the file {} cannot be written", path.display()))?;
    }
    context.print(&facts, facts.details())?;
    Ok(Outcome::Done)
}

/// Reads a serial number as other programs show it: some leave zeros out in front, some put two more there.
fn serial_number(text: &str) -> anyhow::Result<SerialNumber> {
    let digits: String = text
        .chars()
        .filter(|c| !c.is_whitespace() && *c != ':')
        .collect();
    let digits = digits.to_lowercase();
    let significant = digits.trim_start_matches('0');
    if significant.is_empty() && !digits.is_empty() {
        return Err(usage(
            "zero is no serial number: those of certificates have 40 hexadecimal digits, from 01… to 7f…",
        ));
    }
    let is_hex = significant.bytes().all(|digit| digit.is_ascii_hexdigit());
    // A first octet of 0x is written as one digit by some.
    let whole = if significant.len() == 2 * SerialNumber::LENGTH - 1 {
        format!("0{significant}")
    } else {
        significant.to_owned()
    };
    SerialNumber::parse_hex(&whole).map_err(|error| {
        if is_hex && significant.len() < 2 * SerialNumber::LENGTH - 1 {
            let zeros = digits.len() - significant.len();
            usage(format_args!(
                "no serial number of this installation is that small: those have 40 hexadecimal digits, from 01… to 7f…, and this one \
                 has {} behind {}; look whether digits are missing",
                significant.len(),
                count(zeros, "zero")
            ))
        } else {
            usage(error)
        }
    })
}

/// The certificate of a serial number, whoever issued it.
fn find(unit: &mut dyn UnitOfWork, serial: &str) -> anyhow::Result<CertificateRecord> {
    let serial = serial_number(serial)?;
    for issuer in unit.issuers().all()? {
        if let Some(record) = unit.certificates().find_by_serial(issuer.id, &serial)? {
            return Ok(record);
        }
    }
    // An authority whose root signs elsewhere has no record here.
    for issuer in unit.issuers().all()? {
        let certificate = tanba_pki::Certificate::from_der(&issuer.issuer.certificate);
        if certificate.is_ok_and(|one| one.serial_bytes() == serial.as_bytes()) {
            bail!(
                "{serial} is the certificate of the authority {}, which was signed elsewhere; nothing was changed. It is revoked \
                 where its root is: hold the ceremony of the root's list (`tanba ceremony plan crl`, with `revoke`) there, and \
                 bring the list with `tanba ceremony import --crl`. Until then `tanba issuer stop {}` stops issuance here",
                issuer.issuer.name,
                issuer.issuer.name
            );
        }
    }
    bail!("there is no certificate with this serial number")
}

#[derive(Clone, Copy, Debug)]
enum Change<'a> {
    Revoke(RevocationReason, &'a str),
    /// Why.
    Release(&'a str),
}

impl Change<'_> {
    const fn act(self) -> Act {
        match self {
            Self::Revoke(RevocationReason::CertificateHold, _) => Act::Hold,
            Self::Revoke(..) => Act::Revoke,
            Self::Release(_) => Act::Release,
        }
    }
}

/// Why something is frozen, revoked or given back, as it is kept for evidence.
pub(super) fn why(reason: &str) -> anyhow::Result<&str> {
    let line = ReasonLine::parse(reason).map_err(|error| usage(format!("--reason: {error}")))?;
    Ok(line.as_str())
}

fn change(
    config: &ConfigArgs,
    serial: &str,
    (whose, change): (Whose, Change<'_>),
    context: &Context,
) -> anyhow::Result<Outcome> {
    let storage = config.storage()?;
    let (record, own) = {
        let mut unit = storage.snapshot()?;
        let record = find(unit.as_mut(), serial)?;
        let own = Own::of(unit.as_mut(), &record)?;
        (record, own)
    };
    let act = change.act();
    match &own {
        Some(own) => {
            if let Some(refusal) = own.refusal(&record.serial, whose.word(), act) {
                return Ok(Outcome::Refused(refusal));
            }
        }
        None if whose.word() != Word::None => {
            return Err(usage(
                "this certificate is a person's: neither --authority nor --service is for it",
            ));
        }
        None => {}
    }
    if matches!(change, Change::Release(_)) && record.status == Status::Valid {
        return Ok(Outcome::Refused(format!(
            "the certificate {} is not frozen, so nothing was changed",
            record.serial
        )));
    }
    drop(storage);
    let (storage, authority) = config.installation(context)?;
    let (actor, now) = (context.administrator(), context.now());
    match change {
        Change::Revoke(reason, why) => {
            let (act, said) = if reason == RevocationReason::CertificateHold {
                (AdministratorAct::Held, None)
            } else {
                (AdministratorAct::Revoked, Some(reason))
            };
            let mut told = |work: &mut dyn UnitOfWork, serials: &[SerialNumber]| {
                if let Some(own) = &own {
                    own.record(work, change.act(), reason.name(), &actor, now)?;
                }
                announce(work, &record, act, serials, said, now)
            };
            authority.revoke_because(record.id, (reason, why), &actor, now, &mut told)?;
        }
        Change::Release(why) => {
            let random = context.random();
            authority.release_announced(record.id, why, &actor, now, &mut |work, serials| {
                if let Some(own) = &own {
                    own.record(work, change.act(), why, &actor, now)?;
                }
                let random = &mut SourceRng(&*random);
                record.person.map_or(Ok(()), |person| {
                    announce_release(work, random, person, serials, now)
                })
            })?;
        }
    }
    let lists = Lists::publish(&authority, now, context);
    let above = authority.issuers().into_iter();
    let mut above = above.filter(|issuer| issuer.id == record.issuer);
    let is_here = above.any(|issuer| issuer.key == tanba_ca::KeyPlace::Here);
    let publishes = is_here.then_some(lists.are_published());
    let next = own.and_then(|own| own.next_step(act, publishes));
    told(storage.as_ref(), serial, (next.as_deref(), lists), context)
}

/// Sent: what became of a certificate, as `--json` prints it.
#[derive(Debug, Serialize)]
struct Changed {
    #[serde(flatten)]
    facts: CertificateFacts,
    #[serde(flatten)]
    lists: Lists,
}

/// Tells the owner, if the certificate has one.
fn announce(
    work: &mut dyn UnitOfWork,
    record: &CertificateRecord,
    act: AdministratorAct,
    serials: &[SerialNumber],
    reason: Option<RevocationReason>,
    now: Timestamp,
) -> Result<(), StorageError> {
    record.person.map_or(Ok(()), |person| {
        announce_act(work, person, act, serials, reason, now)
    })
}

fn told(
    storage: &dyn Storage,
    serial: &str,
    (next, lists): (Option<&str>, Lists),
    context: &Context,
) -> anyhow::Result<Outcome> {
    let mut unit = storage.snapshot()?;
    let record = find(unit.as_mut(), serial)?;
    let facts = CertificateFacts::of(&record, &issuer_names(unit.as_mut())?);
    let text = match record.status {
        Status::Revoked {
            reason: RevocationReason::CertificateHold,
            ..
        } => "Frozen.",
        Status::Revoked { .. } => "Revoked.",
        Status::Valid | Status::Intended | Status::Void => "Released.",
    };
    let text = next.map_or_else(|| text.to_owned(), |next| format!("{text} {next}"));
    context.print(&Changed { facts, lists }, text)?;
    Ok(Outcome::Done)
}
