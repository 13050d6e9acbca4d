//! The parts of the program and how they are joined. The only file that knows which storage and which keys there are.

use std::net::TcpListener;
use std::sync::Arc;

use anyhow::bail;
use axum::Router;
use tanba_ca::{Authority, Parts, Profiles, Rules};
use tanba_cabinet::{CabinetConfig, CabinetSection, CabinetState};
use tanba_model::keystore_kind::KeystoreKind;
use tanba_model::message::MessageChannel;
use tanba_model::ports::{Carrier, DocumentSeals, Issuance, OcspSigners, Storage};
use tanba_ra::{RaConfig, RaSection, RegistrationAuthority};
use tanba_storage::{OpenError, SqliteStorage, WitnessError};

use crate::chest::Chest;
use crate::config::{Config, Finding, Keys, Register};
use crate::context::Context;
use crate::hosts;
use crate::listen::{self, Listener};
use crate::register::HttpRegister;
use crate::worker::{Duties, Worker};

/// Opens the database of an installation.
pub(crate) fn storage(config: &Config) -> anyhow::Result<SqliteStorage> {
    SqliteStorage::open_existing(&config.database)
        .map_err(|error| storage_finding(config, &error).into_error())?
        .witnessed_by(&config.witness)
        .map_err(|error| witness_finding(config, &error).into_error())
}

/// The same for whoever signs or records what stands for ever: looks for damaged pages before, where that is quick.
pub(crate) fn sound_storage(config: &Config) -> anyhow::Result<SqliteStorage> {
    let storage = storage(config)?;
    glance(config)?;
    Ok(storage)
}

/// Looks for damaged pages, where that is quick, before anything is signed or changed.
pub(crate) fn glance(config: &Config) -> anyhow::Result<()> {
    SqliteStorage::glance_at(&config.database).map_err(|error| {
        let what = format!(
            "the database {} cannot be used, and nothing was signed or changed: {}",
            config.database.display(),
            crate::outcome::chain(&error)
        );
        damaged(what).into_error()
    })
}

/// What a damaged database means to an operator.
pub(crate) fn damaged(what: String) -> Finding {
    Finding::error(
        "database-unusable",
        what,
        "look at disk and permissions, then follow \"A damaged database\" in docs/operator.md",
    )
}

/// What an error of the witness means to an operator.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "whatever storage adds, it is unusable"
)]
pub(crate) fn witness_finding(config: &Config, error: &WitnessError) -> Finding {
    let (database, witness) = (config.database.display(), config.witness.display());
    let accept = "put the newest copy of the database there; if there is none, follow \"A restored backup\" in docs/operator.md, which ends with `tanba restore accept`";
    match error {
        WitnessError::Backwards { missing, .. } => Finding::error(
            "database-backwards",
            format!(
                "the database {database} is older than {witness} remembers: {missing}; nothing was changed and nothing is signed, because numbers would be used twice"
            ),
            accept,
        ),
        WitnessError::Absent => Finding::error(
            "witness-absent",
            format!(
                "the file {witness}, which remembers how far the database has come, is not there"
            ),
            "put it back, or correct database.witness; if it is lost, `tanba restore accept` makes a new one",
        ),
        WitnessError::Unreadable => Finding::error(
            "witness-unreadable",
            format!("the file {witness} is not what remembers how far the database has come"),
            "put it back, or correct database.witness; if it is lost, `tanba restore accept` makes a new one",
        ),
        other => Finding::error(
            "witness-unusable",
            format!(
                "the file {witness} cannot be used ({})",
                crate::outcome::chain(other)
            ),
            "give file and folder to the server's account, and look for room on the disk",
        ),
    }
}

/// What an error of opening means to an operator.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "whatever storage adds, it is unusable"
)]
pub(crate) fn storage_finding(config: &Config, error: &OpenError) -> Finding {
    let path = config.database.display();
    let (code, what, remedy) = match error {
        OpenError::Absent => (
            "database-absent",
            "does not exist".to_owned(),
            "make it with `tanba init`, or correct database.path",
        ),
        OpenError::Unmigrated { found, needed } => (
            "database-unmigrated",
            format!("has schema {found}, and this program needs {needed}"),
            "make a backup and run `tanba migrate`",
        ),
        OpenError::Foreign => (
            "database-foreign",
            "is not a Tanba database".to_owned(),
            "correct database.path",
        ),
        OpenError::File(cause) => (
            "database-unusable",
            format!("cannot be read and written ({cause})"),
            "give file and folder to the server's account",
        ),
        other => (
            "database-unusable",
            format!("cannot be used ({})", crate::outcome::chain(other)),
            "look at disk and permissions, or restore a backup",
        ),
    };
    Finding::error(code, format!("the database {path} {what}"), remedy)
}

/// Opens the authority that is recorded in the database, with its keys.
pub(crate) fn authority(
    storage: &Arc<dyn Storage>,
    keys: &Keys,
    (rules, profiles): (Rules, &Profiles),
    context: &Context,
) -> anyhow::Result<Authority> {
    let issuers = storage.snapshot()?.issuers().all()?;
    if issuers.is_empty() {
        bail!(
            "there is no certification authority yet; run `tanba init`, or hold its ceremony (`tanba ceremony`)"
        );
    }
    let chest = Chest::open(keys, storage.as_ref(), context.random().as_ref())?;
    let parts = Parts {
        storage: Arc::clone(storage),
        chest: Arc::new(chest),
        random: context.random(),
        profiles: profiles.clone(),
        rules,
    };
    Ok(Authority::open(parts)?)
}

/// What a configuration leads to: storage without damaged pages, and the authority over it.
pub(crate) fn installation(
    config: &Config,
    context: &Context,
) -> anyhow::Result<(Arc<dyn Storage>, Authority)> {
    let storage: Arc<dyn Storage> = Arc::new(sound_storage(config)?);
    let authority = authority(
        &storage,
        &config.keys,
        (config.ca, &config.profiles),
        context,
    )?;
    Ok((storage, authority))
}

/// The same registration authority with the register that the configuration names: whoever decides, at the desk or at the
/// command line, believes the same one.
pub(crate) fn registered(
    ra: RegistrationAuthority,
    register: Option<&Register>,
) -> anyhow::Result<RegistrationAuthority> {
    Ok(match register {
        Some(register) => ra.with_register(Arc::new(HttpRegister::new(register)?)),
        None => ra,
    })
}

/// How the services decide and answer.
pub(crate) struct Policies {
    /// The register of people, where it is not the table of persons.
    pub(crate) register: Option<Register>,
    /// How applications are decided.
    pub(crate) ra: RaConfig,
    /// How the cabinet is run.
    pub(crate) cabinet: CabinetConfig,
    /// How long answers to machines may be kept.
    pub(crate) responder: tanba_responder::Rules,
}

/// Everything that answers and works by itself.
#[derive(Debug)]
pub(crate) struct Services {
    /// Pages and API for people.
    pub(crate) cabinet: Router,
    /// OCSP, lists and certificates for machines.
    pub(crate) responder: Router,
    /// What happens by itself.
    pub(crate) duties: Duties,
}

impl Services {
    /// Joins the parts.
    pub(crate) fn new(
        storage: Arc<dyn Storage>,
        authority: Arc<Authority>,
        policies: Policies,
        carriers: Vec<Arc<dyn Carrier>>,
        context: &Context,
    ) -> anyhow::Result<Self> {
        let issuance: Arc<dyn Issuance> = authority.clone();
        let signers: Arc<dyn OcspSigners> = authority.clone();
        let ra = RegistrationAuthority::new(
            Arc::clone(&storage),
            issuance,
            policies.ra,
            context.random(),
        )?;
        let ra = registered(ra, policies.register.as_ref())?;
        let texts = carriers
            .iter()
            .any(|carrier| carrier.channel() == MessageChannel::Sms);
        let seals: Arc<dyn DocumentSeals> = authority.clone();
        let ra = Arc::new(
            ra.with_seals(seals)
                .with_session_key(authority.session_key())
                .with_text_messages(texts)
                .with_console(authority.clone())
                .with_meters(authority.meters())
                .with_checkpoints_every(authority.checkpoints_every()),
        );
        let state = CabinetState::new(
            Arc::clone(&ra),
            policies.cabinet,
            context.clock(),
            context.random(),
        )?
        .with_meters(authority.meters());
        let keeper = Arc::clone(&storage);
        let parts = tanba_responder::Parts {
            storage,
            signers,
            clock: context.clock(),
            rules: policies.responder,
        };
        let responder = tanba_responder::metered_router(parts, authority.meters())?;
        let duties = Duties {
            storage: keeper,
            authority,
            ra,
            carriers,
            clock: context.clock(),
            recovered: Arc::default(),
            recovering: Arc::default(),
            resuming: Arc::default(),
        };
        Ok(Self {
            cabinet: tanba_cabinet::router(state),
            responder,
            duties,
        })
    }
}

/// The demo: everything on one socket.
#[derive(Debug)]
pub(crate) struct Demo {
    services: Services,
    origin: String,
}

/// What a demo has around it.
pub(crate) struct DemoPlace<'a> {
    /// Both the cabinet's address and the one in certificates.
    pub(crate) origin: &'a str,
    /// Port of the agent on the readers' computers.
    pub(crate) agent_port: u16,
    /// The register of people, where it is not the table of persons.
    pub(crate) register: Option<Register>,
}

/// Joins the parts of a demo.
pub(crate) fn demo(
    storage: Arc<dyn Storage>,
    authority: Arc<Authority>,
    carriers: Vec<Arc<dyn Carrier>>,
    place: DemoPlace<'_>,
    context: &Context,
) -> anyhow::Result<Demo> {
    // A demo shows everything; who runs an authority says which keystores are taken.
    let ra = RaSection {
        keystores: KeystoreKind::ALL.to_vec(),
        ..RaSection::default()
    };
    let cabinet = CabinetSection {
        agent_port: Some(place.agent_port),
        ..CabinetSection::default()
    };
    let policies = Policies {
        register: place.register,
        ra: ra.check(place.origin)?,
        cabinet: cabinet.check(place.origin, true)?,
        responder: tanba_responder::Rules::default(),
    };
    Ok(Demo {
        services: Services::new(storage, authority, policies, carriers, context)?,
        origin: place.origin.to_owned(),
    })
}

impl Demo {
    /// Answers on the socket until the program is ended; `extra` are the routes that only a demo has.
    pub(crate) fn serve(self, socket: TcpListener, extra: Router) -> anyhow::Result<()> {
        let Services {
            cabinet,
            responder,
            duties,
        } = self.services;
        duties.recover()?;
        // The mailbox shows codes: both are for people of this computer alone.
        let [cabinet, extra] =
            [cabinet, extra].map(|router| hosts::only(&self.origin, &[], router));
        // The responder answers what it knows; its own last word gives way to the pages.
        let router = responder.fallback_service(cabinet).merge(extra);
        let worker = Worker::start(&duties)?;
        listen::serve(vec![Listener {
            socket,
            router,
            tls: None,
        }])?;
        drop(worker);
        Ok(())
    }
}
