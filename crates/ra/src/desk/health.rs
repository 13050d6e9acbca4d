//! Whether everything that people and verifiers depend on is as it should be, check by check.

use std::time::Duration;

use tanba_model::audit::Checkpoint;
use tanba_model::message::MessageChannel;
use tanba_model::ports::{IssuerKind, UnitOfWork};
use tanba_pki::{Certificate, Timestamp};

use super::console::{IssuerView, inspects};
use super::{Clerk, DeskError};
use crate::RegistrationAuthority;

/// From this long before its end on, an authority's certificate is spoken of: what it issues cannot outlive it.
const SOON: Duration = Duration::from_secs(400 * 24 * 60 * 60);
/// So long before an authority is too short for what it issues, it is spoken of: the next one is a ceremony.
const ROLLOVER_NOTICE: Duration = Duration::from_secs(180 * 24 * 60 * 60);
/// A clock that is behind the last evidence by more than this was set back.
const CLOCK_SLACK: Duration = Duration::from_secs(60);
/// A comparison that is older than this says that it does not get through.
const COMPARED_WITHIN: Duration = Duration::from_secs(2 * 24 * 60 * 60);
/// A message that waits for longer than this is spoken of.
const MESSAGE_PATIENCE: Duration = Duration::from_secs(60 * 60);

/// How something stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// As it should.
    Good,
    /// Somebody should look.
    Warning,
    /// Somebody has to act.
    Bad,
}

impl Standing {
    /// The word that texts know it by.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Warning => "warning",
            Self::Bad => "bad",
        }
    }
}

/// What is looked at. The word of each is [`Check::name`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Check {
    /// The certificate of an authority counts, and for long enough.
    Certificate,
    /// Neither the authority nor one above it was revoked or frozen, and no key of theirs is blocked.
    Standing,
    /// The key of an authority could sign.
    Key,
    /// The OCSP responder of an authority has a certificate that counts.
    Responder,
    /// The revocation lists of an authority are there and fresh.
    Lists,
    /// Nobody stopped an authority or a profile of it.
    Issuance,
    /// The clock is not behind the evidence.
    Clock,
    /// The audit log is signed in its rhythm.
    Checkpoint,
    /// The database says what the audit log says.
    Evidence,
    /// Messages leave.
    Outbox,
    /// No message was given up.
    DeadLetters,
}

impl Check {
    /// All of them, in the order in which pages show them.
    pub const ALL: [Self; 11] = [
        Self::Certificate,
        Self::Standing,
        Self::Key,
        Self::Responder,
        Self::Lists,
        Self::Issuance,
        Self::Clock,
        Self::Checkpoint,
        Self::Evidence,
        Self::Outbox,
        Self::DeadLetters,
    ];

    /// The word that texts know it by.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Certificate => "certificate",
            Self::Standing => "standing",
            Self::Key => "key",
            Self::Responder => "responder",
            Self::Lists => "lists",
            Self::Issuance => "issuance",
            Self::Clock => "clock",
            Self::Checkpoint => "checkpoint",
            Self::Evidence => "evidence",
            Self::Outbox => "outbox",
            Self::DeadLetters => "dead-letters",
        }
    }
}

/// What was found of one check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What was looked at.
    pub check: Check,
    /// Of which authority; `None` where it is of the whole installation.
    pub issuer: Option<String>,
    /// How it stands.
    pub standing: Standing,
    /// The end of a validity, or since when.
    pub at: Option<Timestamp>,
    /// How many, where something is counted.
    pub count: u64,
}

impl RegistrationAuthority {
    /// Looks at everything that the program can see of itself.
    ///
    /// # Errors
    /// [`DeskError::Forbidden`] for roles that may not.
    pub fn console_health(&self, clerk: &Clerk, now: Timestamp) -> Result<Vec<Finding>, DeskError> {
        inspects(clerk)?;
        let issuers = self.console_issuers(clerk, now)?;
        let mut work = self.storage.snapshot()?;
        let mut findings = Vec::new();
        let newest = issuers
            .iter()
            .rfind(|issuer| issuer.kind == IssuerKind::Issuing)
            .map(|issuer| issuer.id);
        for issuer in &issuers {
            let longest = self.longest(now).filter(|_| newest == Some(issuer.id));
            findings.push(certificate(issuer, longest, now));
            findings.push(standing(issuer));
            findings.push(key(issuer));
            if issuer.kind == IssuerKind::Issuing {
                findings.push(responder(issuer, now));
                findings.push(issuance(issuer));
            }
            findings.push(lists(work.as_mut(), issuer, now)?);
        }
        findings.push(clock(work.as_mut(), now)?);
        findings.push(self.checkpoint(work.as_mut(), now)?);
        findings.push(self.evidence(now));
        findings.push(outbox(work.as_mut(), now)?);
        let dead = work.outbox().count_dead()?;
        findings.push(Finding {
            count: dead,
            ..finding(Check::DeadLetters, None, warned(dead > 0))
        });
        Ok(findings)
    }

    /// The latest end of what would be issued to people after half a year: a certificate never ends after its issuer's.
    fn longest(&self, now: Timestamp) -> Option<Timestamp> {
        let console = self.console.as_deref()?;
        let people = console
            .profiles()
            .into_iter()
            .filter(|profile| profile.is_for_persons());
        people
            .map(|profile| profile.ends(now.plus(ROLLOVER_NOTICE)).1)
            .max()
    }

    /// What the server's own comparison of the database with the log found, which is made after its start and each night.
    fn evidence(&self, now: Timestamp) -> Finding {
        let last = (self.meters.as_ref()).and_then(|meters| meters.evidence.last());
        let standing = match last {
            Some((_, faults)) if faults > 0 => Standing::Bad,
            Some((at, _)) => warned(now > at.plus(COMPARED_WITHIN)),
            None => Standing::Warning,
        };
        Finding {
            at: last.map(|(at, _)| at),
            count: last.map_or(0, |(_, faults)| faults),
            ..finding(Check::Evidence, None, standing)
        }
    }

    fn checkpoint(&self, work: &mut dyn UnitOfWork, now: Timestamp) -> Result<Finding, DeskError> {
        let records = work.audit_log().size()?;
        let last = work.audit_log().last_checkpoint()?;
        let at = last
            .as_ref()
            .and_then(|last| Checkpoint::from_bytes(&last.document).ok())
            .map(|stated| stated.at);
        // The log is signed while it grows; one round may be missed before anybody is told.
        let open = records.saturating_sub(last.map_or(0, |last| last.size));
        let late = at.is_none_or(|at| now > at.plus(self.checkpoints_every.saturating_mul(3)));
        Ok(Finding {
            at,
            count: open,
            ..finding(Check::Checkpoint, None, warned(open > 0 && late))
        })
    }
}

const fn finding(check: Check, issuer: Option<String>, standing: Standing) -> Finding {
    Finding {
        check,
        issuer,
        standing,
        at: None,
        count: 0,
    }
}

const fn warned(so: bool) -> Standing {
    if so {
        Standing::Warning
    } else {
        Standing::Good
    }
}

const fn bad(so: bool) -> Standing {
    if so { Standing::Bad } else { Standing::Good }
}

fn certificate(issuer: &IssuerView, longest: Option<Timestamp>, now: Timestamp) -> Finding {
    let end = issuer.certificate.not_after();
    let is_too_short = longest.is_some_and(|longest| longest > end);
    let standing = if !issuer.certificate.is_valid_at(now) {
        Standing::Bad
    } else {
        warned(is_too_short || now.plus(SOON) > end)
    };
    Finding {
        at: Some(end),
        ..finding(Check::Certificate, Some(issuer.name.clone()), standing)
    }
}

fn standing(issuer: &IssuerView) -> Finding {
    finding(
        Check::Standing,
        Some(issuer.name.clone()),
        bad(issuer.unfit.is_some()),
    )
}

fn key(issuer: &IssuerView) -> Finding {
    finding(
        Check::Key,
        Some(issuer.name.clone()),
        bad(!issuer.key_available),
    )
}

fn responder(issuer: &IssuerView, now: Timestamp) -> Finding {
    let counts = |certificate: &Certificate| certificate.is_valid_at(now);
    Finding {
        at: issuer
            .responder
            .as_ref()
            .map(|certificate| certificate.not_after()),
        ..finding(
            Check::Responder,
            Some(issuer.name.clone()),
            bad(!issuer.responder.as_ref().is_some_and(counts)),
        )
    }
}

fn issuance(issuer: &IssuerView) -> Finding {
    let stops = issuer.stop.iter().chain(&issuer.profile_stops);
    let count = u64::try_from(stops.clone().count()).unwrap_or(u64::MAX);
    Finding {
        at: stops.map(|stop| stop.since).min(),
        count,
        ..finding(
            Check::Issuance,
            Some(issuer.name.clone()),
            warned(count > 0),
        )
    }
}

fn lists(
    work: &mut dyn UnitOfWork,
    issuer: &IssuerView,
    now: Timestamp,
) -> Result<Finding, DeskError> {
    let lists = work.crls().facts(issuer.id)?;
    let expected = match issuer.kind {
        IssuerKind::Root => 1,
        // The full one, and a base and a delta for each shard.
        IssuerKind::Issuing => 1 + 2 * usize::from(issuer.shards.max(1)),
    };
    let fresh = lists.iter().filter(|list| now <= list.next_update).count();
    let missing = expected.saturating_sub(fresh);
    Ok(Finding {
        at: lists.iter().map(|list| list.next_update).min(),
        count: u64::try_from(missing).unwrap_or(u64::MAX),
        ..finding(Check::Lists, Some(issuer.name.clone()), bad(missing > 0))
    })
}

fn clock(work: &mut dyn UnitOfWork, now: Timestamp) -> Result<Finding, DeskError> {
    let last = work.audit_log().before(None, 1)?;
    let at = last
        .first()
        .and_then(|record| record.read())
        .map(|event| event.at);
    Ok(Finding {
        at,
        ..finding(
            Check::Clock,
            None,
            bad(at.is_some_and(|at| at > now.plus(CLOCK_SLACK))),
        )
    })
}

fn outbox(work: &mut dyn UnitOfWork, now: Timestamp) -> Result<Finding, DeskError> {
    let (mut waiting, mut oldest) = (0_u64, None);
    for channel in [MessageChannel::Mail, MessageChannel::Sms] {
        let backlog = work.outbox().backlog(channel)?;
        waiting = waiting.saturating_add(backlog.waiting);
        oldest = oldest.into_iter().chain(backlog.oldest).min();
    }
    Ok(Finding {
        at: oldest,
        count: waiting,
        ..finding(
            Check::Outbox,
            None,
            warned(oldest.is_some_and(|at| now > at.plus(MESSAGE_PATIENCE))),
        )
    })
}
