//! `tanba issuer …`: which authorities issue, and the switch that stops them.

use serde::Serialize;
use tanba_ca::{KeyPlace, Switch, SwitchError};
use tanba_model::fitness::{Unfitness, judge_all};
use tanba_model::id::IssuerId;
use tanba_model::ports::{IssuanceStop, IssuerKind, IssuerRecord, Storage};
use tanba_pki::{Certificate, Timestamp};

use super::config_args::ConfigArgs;
use crate::context::Context;
use crate::outcome::{Outcome, usage};
use crate::wire;

/// Commands of `tanba issuer`.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// List the authorities and what is stopped
    List,
    /// Issue nothing more, from now on and until it is started again
    ///
    /// A running server obeys at its next certificate, and no key or passphrase is needed. Revocation lists, OCSP answers
    /// and revocations go on. Confirmed applications wait.
    Stop {
        #[command(flatten)]
        what: What,
    },
    /// Issue again what was stopped; applications that waited are issued by themselves
    Start {
        #[command(flatten)]
        what: What,
    },
}

/// What is switched, and why.
#[derive(Debug, clap::Args)]
pub(crate) struct What {
    /// Short name of the authority; see `tanba issuer list`
    issuer: String,
    /// Only this profile; see `tanba profile list`
    #[arg(long, value_name = "NAME")]
    profile: Option<String>,
    /// Why, for the audit log
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

/// Arguments of `tanba issuer`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    config: ConfigArgs,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Serialize)]
struct Facts {
    id: i64,
    name: String,
    kind: &'static str,
    /// Whether new certificates of people come from it: the newest issuing authority does, the others serve what they
    /// issued.
    issues: bool,
    /// Where its key is: `here`, `shares` or `elsewhere`.
    key: &'static str,
    /// End of its certificate; `null` where that is damaged.
    not_after: Option<Timestamp>,
    /// What keeps it from issuing, whoever starts it: `key-blocked`, `revoked`, `held`, `ended`, `not-begun`; `null` where
    /// nothing does.
    unfit: Option<&'static str>,
    /// The authority whose certificate or key that is: its own or one above it.
    unfit_authority: Option<String>,
    #[serde(skip)]
    unfit_sentence: Option<String>,
    /// Whether all that it issues to people is stopped.
    stopped: bool,
    stops: Vec<StopFacts>,
}

#[derive(Debug, Serialize)]
struct StopFacts {
    /// `null` where it is everything.
    profile: Option<String>,
    since: Timestamp,
    reason: String,
}

/// Runs the command.
pub(crate) fn run(args: &Args, context: &Context) -> anyhow::Result<Outcome> {
    let config = args.config.load()?;
    let storage = wire::storage(&config)?;
    let now = context.now();
    let actor = context.administrator();
    let switched = match &args.command {
        Command::List => Ok(()),
        Command::Stop { what } => what
            .switch()
            .stop(&storage, &config.profiles, &what.reason, &actor, now)
            .map(drop),
        Command::Start { what } => what.switch().start(&storage, &what.reason, &actor, now),
    };
    match switched {
        Ok(()) => {}
        Err(SwitchError::Storage(error)) => return Err(error.into()),
        Err(reason @ SwitchError::NoReason) => return Err(usage(reason)),
        Err(SwitchError::NoProfile(name)) => {
            let why = config.why_no_profile(&name);
            let why = why.unwrap_or_else(|| SwitchError::NoProfile(name).to_string());
            return Ok(Outcome::Refused(why));
        }
        Err(refused) => return Ok(Outcome::Refused(refused.to_string())),
    }
    let facts = facts(&storage, now)?;
    let awaited = storage.snapshot()?.issuers().awaited()?;
    let awaited = awaited.iter().map(|awaited| {
        format!(
            "{:<24}  awaited: its key is here, its certificate comes with `tanba ceremony import`",
            awaited.name
        )
    });
    let said = match &args.command {
        Command::List => None,
        Command::Stop { what } => Some(format!("Stopped: {}.", what.named())),
        Command::Start { what } => Some(format!("Started: {}.", what.named())),
    };
    let text: Vec<String> = (said.into_iter())
        .chain(facts.iter().map(Facts::text))
        .chain(awaited)
        .collect();
    context.print(&facts, text.join("\n"))?;
    Ok(Outcome::Done)
}

impl What {
    /// What is switched, in words.
    fn named(&self) -> String {
        match &self.profile {
            Some(profile) => format!("what {} issues by the profile {profile}", self.issuer),
            None => format!("all that {} issues to people", self.issuer),
        }
    }

    fn switch(&self) -> Switch<'_> {
        Switch {
            issuer: &self.issuer,
            profile: self.profile.as_deref(),
        }
    }
}

fn facts(storage: &dyn Storage, now: Timestamp) -> anyhow::Result<Vec<Facts>> {
    let mut unit = storage.snapshot()?;
    let stops = unit.issuers().stops()?;
    let issuers = judge_all(unit.as_mut(), now)?;
    let newest = issuers
        .iter()
        .rfind(|(record, _)| record.issuer.kind == IssuerKind::Issuing)
        .map(|(record, _)| record.id);
    Ok(issuers
        .iter()
        .map(|(record, unfit)| Facts::of(record, unfit.as_ref(), &stops, newest))
        .collect())
}

impl Facts {
    fn of(
        record: &IssuerRecord,
        unfit: Option<&Unfitness>,
        stops: &[IssuanceStop],
        newest: Option<IssuerId>,
    ) -> Self {
        let stops: Vec<StopFacts> = stops
            .iter()
            .filter(|stop| stop.issuer == record.id)
            .map(|stop| StopFacts {
                profile: stop.profile.clone(),
                since: stop.since,
                reason: stop.reason.clone(),
            })
            .collect();
        Self {
            id: record.id.0,
            name: record.issuer.name.clone(),
            kind: record.issuer.kind.name(),
            issues: newest == Some(record.id) && unfit.is_none(),
            key: match KeyPlace::of(&record.issuer.key) {
                KeyPlace::Here => "here",
                KeyPlace::Shares(_) => "shares",
                KeyPlace::Elsewhere => "elsewhere",
            },
            not_after: Certificate::from_der(&record.issuer.certificate)
                .ok()
                .map(|certificate| certificate.not_after()),
            unfit: unfit.map(|unfit| unfit.why.name()),
            unfit_authority: unfit.map(|unfit| unfit.authority.clone()),
            unfit_sentence: unfit.map(ToString::to_string),
            stopped: stops.iter().any(|stop| stop.profile.is_none()),
            stops,
        }
    }

    fn text(&self) -> String {
        let state = match (self.unfit, self.stopped, self.issues, self.kind) {
            (Some(_), _, _, _) => "may not issue",
            (None, true, _, _) => "stopped",
            (None, false, true, _) => "issues",
            (None, false, false, "root") => "signs authorities",
            (None, false, false, _) => "serves lists and OCSP of what it issued",
        };
        let end = self.not_after.map(Timestamp::rfc3339).unwrap_or_default();
        let mut text = format!(
            "{:<24}  {:<8}  {state}; key {}; until {end}",
            self.name, self.kind, self.key
        );
        if let Some(why) = &self.unfit_sentence {
            text.push_str(&format!(
                "\n    it may not issue, whoever starts it ({why}); lists and OCSP go on"
            ));
        }
        for stop in &self.stops {
            let what = stop.profile.as_deref().unwrap_or("everything");
            let since = stop.since.rfc3339();
            text.push_str(&format!(
                "\n    {what} is stopped since {since}: {}",
                stop.reason
            ));
        }
        text
    }
}
