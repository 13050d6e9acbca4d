//! `tanba application …`: applications for keys.

use std::fmt;
use std::sync::Arc;

use anyhow::anyhow;
use serde::Serialize;
use tanba_model::application::{Application, ApplicationNumber, State};
use tanba_model::ports::UnitOfWork;
use tanba_pki::Timestamp;
use tanba_ra::{DeskError, RegistrationAuthority, StepError};

use super::config_args::ConfigArgs;
use super::person;
use crate::context::Context;
use crate::outcome::{Outcome, usage};
use crate::wire;

/// What is told when `[register]` is configured and does not answer.
const REGISTER_SILENT: &str = "the register of people does not answer, so nothing was approved and nothing was issued; \
     the application is kept and waits as before: try again in a few minutes";

/// All states, as they are stored and shown.
const STATES: [&str; 9] = [
    "DRAFT",
    "SUBMITTED",
    "AWAITING_2FA",
    "CONFIRMED",
    "REJECTED",
    "EXPIRED",
    "ISSUED",
    "INSTALLED",
    "CANCELLED",
];

/// Commands of `tanba application`.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// List applications, oldest first
    List {
        /// Only those of a person
        #[arg(long, value_name = "IIN")]
        person: Option<String>,
        /// Only those in a state, such as AWAITING_2FA
        #[arg(long, value_name = "STATE")]
        state: Option<String>,
        /// At most so many of each state
        #[arg(long, value_name = "NUMBER", default_value_t = 100)]
        limit: u32,
    },
    /// Show one application
    Show {
        /// Its number of twelve digits
        number: String,
    },
    /// Approve an application that waits for an operator, when none can work; the certificates are issued
    Approve {
        /// Its number of twelve digits
        number: String,
        /// Why it is done here, for the evidence; no names
        #[arg(long, value_name = "WORDS")]
        reason: String,
    },
    /// Refuse an application that is not decided yet; the applicant is told why
    Reject {
        /// Its number of twelve digits
        number: String,
        /// data-differs, document-invalid, not-the-same-person, register-differs, own-wish or other
        #[arg(long, value_name = "NAME")]
        reason: String,
        /// What the applicant is told besides
        #[arg(long, value_name = "WORDS", default_value = "")]
        remark: String,
    },
}

/// Arguments of `tanba application`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    config: ConfigArgs,
    #[command(subcommand)]
    command: Command,
}

/// What is told of an application; names and addresses are in `tanba person show`.
#[derive(Debug, Serialize)]
struct Facts {
    number: String,
    kind: &'static str,
    state: &'static str,
    since: Timestamp,
    reason: Option<String>,
    created_at: Timestamp,
    region: String,
    settlement: String,
    keystore: &'static str,
    signed: bool,
    keys: Vec<KeyFacts>,
}

#[derive(Debug, Serialize)]
struct KeyFacts {
    profile: String,
    public_key_sha256: String,
    serial: Option<String>,
}

/// Runs the command.
pub(crate) fn run(args: &Args, context: &Context) -> anyhow::Result<Outcome> {
    if matches!(
        args.command,
        Command::Approve { .. } | Command::Reject { .. }
    ) {
        return decide(args, context);
    }
    let storage = args.config.storage()?;
    let mut unit = storage.snapshot()?;
    match &args.command {
        Command::Approve { .. } | Command::Reject { .. } => {}
        Command::List {
            person,
            state,
            limit,
        } => {
            let mut facts = list(
                unit.as_mut(),
                person.as_deref(),
                state.as_deref(),
                *limit,
                context.now(),
            )?;
            facts.sort_by_key(|facts| facts.created_at);
            let lines: Vec<String> = facts.iter().map(ToString::to_string).collect();
            let text = if lines.is_empty() {
                "No applications.".to_owned()
            } else {
                lines.join("\n")
            };
            context.print(&facts, text)?;
        }
        Command::Show { number } => {
            let number = ApplicationNumber::parse(number).map_err(usage)?;
            let found = unit.applications().find_by_number(&number)?;
            let application =
                found.ok_or_else(|| anyhow!("there is no application with this number"))?;
            let facts = Facts::of(unit.as_mut(), &application)?;
            context.print(&facts, facts.details())?;
        }
    }
    Ok(Outcome::Done)
}

fn decide(args: &Args, context: &Context) -> anyhow::Result<Outcome> {
    let config = args.config.load()?;
    let (storage, authority) = args.config.installation(context)?;
    let ra = RegistrationAuthority::new(
        Arc::clone(&storage),
        Arc::new(authority),
        config.ra,
        context.random(),
    )?;
    let ra = wire::registered(ra, config.register.as_ref())?;
    let (actor, now) = (context.administrator(), context.now());
    let (number, decided) = match &args.command {
        Command::Approve { number, reason } => {
            let number = ApplicationNumber::parse(number).map_err(usage)?;
            let decided = ra.approve_without_desk(&number, reason, &actor, now);
            (number, decided)
        }
        Command::Reject {
            number,
            reason,
            remark,
        } => {
            let number = ApplicationNumber::parse(number).map_err(usage)?;
            let decided = ra.reject_without_desk(&number, reason, remark, &actor, now);
            (number, decided)
        }
        Command::List { .. } | Command::Show { .. } => return Ok(Outcome::Done),
    };
    match decided {
        Ok(_) => {}
        Err(DeskError::Step(StepError::Storage(error))) => return Err(error.into()),
        Err(DeskError::RegisterUnavailable) => {
            return Ok(Outcome::Refused(REGISTER_SILENT.to_owned()));
        }
        Err(refused) => {
            let cause: &dyn std::error::Error = &refused;
            return Ok(Outcome::Refused(crate::outcome::chain(cause)));
        }
    }
    let mut unit = storage.snapshot()?;
    let found = unit.applications().find_by_number(&number)?;
    let application = found.ok_or_else(|| anyhow!("there is no application with this number"))?;
    let facts = Facts::of(unit.as_mut(), &application)?;
    context.print(&facts, facts.details())?;
    Ok(Outcome::Done)
}

fn list(
    unit: &mut dyn UnitOfWork,
    iin: Option<&str>,
    state: Option<&str>,
    limit: u32,
    now: Timestamp,
) -> anyhow::Result<Vec<Facts>> {
    if let Some(state) = state
        && !STATES.contains(&state)
    {
        return Err(usage(format!(
            "there is no state {state:?}; there are {}",
            STATES.join(", ")
        )));
    }
    let applications = match iin {
        Some(iin) => {
            let person = person::find(unit, iin)?;
            let all = unit.applications().of_person(person.id, limit)?;
            all.into_iter()
                .filter(|application| state.is_none_or(|state| application.state.name() == state))
                .collect()
        }
        None => {
            let later = now.plus(std::time::Duration::from_secs(1));
            let mut all = Vec::new();
            for name in STATES
                .into_iter()
                .filter(|name| state.is_none_or(|state| state == *name))
            {
                all.extend(unit.applications().in_state(name, later, limit)?);
            }
            all
        }
    };
    applications
        .iter()
        .map(|application| Facts::of(unit, application))
        .collect()
}

impl Facts {
    fn of(unit: &mut dyn UnitOfWork, application: &Application) -> anyhow::Result<Self> {
        let mut keys = Vec::new();
        for request in &application.requests {
            let record = match request.certificate {
                Some(id) => unit.certificates().find(id)?,
                None => None,
            };
            keys.push(KeyFacts {
                profile: request.profile.clone(),
                public_key_sha256: tanba_pki::hex::encode(&request.public_key_sha256),
                serial: record.map(|record| record.serial.hex()),
            });
        }
        let reason = if let State::Rejected { reason, .. } = &application.state {
            Some(reason.clone())
        } else {
            None
        };
        Ok(Self {
            number: application.number.as_str().to_owned(),
            kind: application.kind.name(),
            state: application.state.name(),
            since: application.state.since().unwrap_or(application.created_at),
            reason,
            created_at: application.created_at,
            region: application.region.clone(),
            settlement: application.settlement.clone(),
            keystore: application.keystore.identifier(),
            signed: application.signed.is_some(),
            keys,
        })
    }

    fn details(&self) -> String {
        let mut text = format!(
            "{self}\n  begun      {}\n  place      {} {}\n  keystore   {}\n  signed     {}\n",
            self.created_at.rfc3339(),
            self.region,
            self.settlement,
            self.keystore,
            if self.signed { "yes" } else { "no" }
        );
        if let Some(reason) = &self.reason {
            text.push_str(&format!("  reason     {reason}\n"));
        }
        for key in &self.keys {
            let serial = key.serial.as_deref().unwrap_or("no certificate yet");
            text.push_str(&format!("  {}  {serial}\n", key.profile));
        }
        text
    }
}

impl fmt::Display for Facts {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{}  {:<12}  since {}  {}",
            self.number,
            self.state,
            self.since.rfc3339(),
            self.kind
        )
    }
}
