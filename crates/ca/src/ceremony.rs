//! Ceremonies: the rare acts of an authority, each by one reviewed plan and before witnesses.
//!
//! A [`Plan`] decides every octet of what is signed but the key that is made and the signature, so a rehearsal shows what
//! the ceremony will make. The root may be kept on a machine without a network: that machine has an installation of its
//! own, the issuing authority sends a request there, and takes in what comes back only if it is octet by octet what the
//! plan, written down here once more, gives. Serial number, intent, lint and evidence are those of every certificate.
//!
//! Start reading at [`Room`].

mod certify;
mod list;
mod material;
mod names;
mod plan;
mod record;
mod share;
mod sheet;
mod take_in;
mod transcript;
mod written;

use std::sync::Arc;
use std::time::Duration;

use tanba_crypto::{KeyAlgorithm, Signer, SoftwareKey};
use tanba_model::audit::Actor;
use tanba_model::ports::{
    IssuanceError, IssuerKind, RandomSource, SourceRng, Storage, StorageError,
};
use tanba_pki::{Certificate, CertificateRequest, Timestamp, hex};

pub use plan::{
    Act, CertificatePlan, ListPlan, NewAuthority, PLAN_SCHEMA, Plan, PlanError, PlannedRevocation,
    Quorum, Service, SignedBy, Witness,
};
pub use share::{Custody, Share, ShareError, ShareSet};
pub use sheet::sheet;
pub use transcript::{
    ArtefactNote, Attendance, Circumstances, SharesNote, StopNote, TRANSCRIPT_SCHEMA, Transcript,
};

use crate::authority::Parts;
use crate::desk::{Desk, audit};
use crate::error::AuthorityError;
use crate::issuer::Issuer;
use crate::key_vault::{KeyChest, KeyVaultError};
use crate::signing::Signing;

/// How long after its begin a plan may be carried out: later the clock is wrong, or this is not the day.
const CLOCK_TOLERANCE: Duration = Duration::from_secs(2 * 24 * 60 * 60);

/// Why a ceremony did not take place, or stopped.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CeremonyError {
    /// Plan and installation do not fit; the plan has to be corrected, or is for another machine.
    #[error("{0}")]
    Plan(String),
    /// What was brought does not fit the plan.
    #[error("{0}")]
    Material(String),
    /// The authority cannot do it.
    #[error(transparent)]
    Authority(#[from] AuthorityError),
    /// It was not certified.
    #[error("it was not certified")]
    Issuance(#[from] IssuanceError),
    /// Storage did not answer.
    #[error("storage did not answer")]
    Storage(#[from] StorageError),
}

/// What is brought to a ceremony beside the plan.
#[derive(Debug, Default)]
pub struct Materials {
    /// A request (PKCS#10), where a key was made elsewhere.
    pub request: Option<CertificateRequest>,
    /// The certificate of the authority that is cross-certified.
    pub subject: Option<Certificate>,
    /// Where a new root's key goes, when it goes under shares.
    pub custody: Option<Arc<Custody>>,
}

/// What comes out of a ceremony.
#[derive(Clone, Debug)]
pub struct Artefact {
    /// Its name, without ending.
    pub name: String,
    /// What it is.
    pub kind: ArtefactKind,
    /// DER.
    pub der: Vec<u8>,
}

/// What an artefact is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ArtefactKind {
    /// A certificate.
    Certificate,
    /// A revocation list.
    List,
}

/// Where ceremonies are held: storage, keys and profiles of an installation, which may have no authority yet.
#[derive(Debug)]
pub struct Room {
    desk: Desk,
}

/// The chest of a rehearsal, which needs no key.
#[derive(Debug)]
struct NoKeys;

impl KeyChest for NoKeys {
    fn open_key(&self, _stored: &[u8]) -> Result<Arc<dyn Signer>, KeyVaultError> {
        Err(KeyVaultError::Elsewhere("a chest that stays closed"))
    }

    fn make_key(
        &self,
        _algorithm: KeyAlgorithm,
        _random: &dyn RandomSource,
    ) -> Result<(Vec<u8>, Arc<dyn Signer>), KeyVaultError> {
        Err(KeyVaultError::Elsewhere("a chest that stays closed"))
    }
}

impl Room {
    /// A room with everything in it.
    #[must_use]
    pub fn open(parts: Parts) -> Self {
        Self {
            desk: Desk {
                storage: parts.storage,
                chest: parts.chest,
                random: parts.random,
                signing: Signing::new(parts.rules.signing_patience),
                profiles: parts.profiles,
            },
        }
    }

    /// A room for rehearsals: nothing can be signed in it, and no passphrase is needed.
    #[must_use]
    pub fn for_rehearsal(
        storage: Arc<dyn Storage>,
        random: Arc<dyn RandomSource>,
        profiles: crate::Profiles,
    ) -> Self {
        Self {
            desk: Desk {
                storage,
                chest: Arc::new(NoKeys),
                random,
                signing: Signing::new(crate::Rules::default().signing_patience),
                profiles,
            },
        }
    }

    /// What the ceremony would make: the same octets but for signatures, and for keys that the ceremony makes. Nothing is
    /// recorded, and no key is opened.
    ///
    /// # Errors
    /// [`CeremonyError`], as the ceremony itself would give.
    pub fn rehearse(
        &self,
        plan: &Plan,
        materials: &Materials,
        now: Timestamp,
    ) -> Result<Artefact, CeremonyError> {
        self.check_kind(&plan.act)?;
        match &plan.act {
            Act::Root {
                authority,
                certificate,
                ..
            } => self.rehearse_root(authority, certificate),
            Act::List { issuer, list } => self.rehearse_list(issuer, list),
            Act::Issuing { .. } | Act::Cross { .. } | Act::Signer { .. } => {
                self.rehearse_certificate(&plan.act, materials, now)
            }
        }
    }

    /// Refuses before any key is opened or made what the ceremony refuses: a plan on another day than its own, and whatever
    /// a rehearsal does. So nobody brings or gets a share for nothing. What was made already may come out once more.
    ///
    /// # Errors
    /// [`CeremonyError`], as the ceremony itself would give.
    pub fn admit(
        &self,
        plan: &Plan,
        materials: &Materials,
        now: Timestamp,
    ) -> Result<(), CeremonyError> {
        if self.held_already(plan)?.is_some() {
            return Ok(());
        }
        check_clock(plan, now)?;
        drop(self.rehearse(plan, materials, now)?);
        Ok(())
    }

    /// Refuses a kind of key that the profile of what is made does not have.
    pub(super) fn check_kind(&self, act: &Act) -> Result<(), CeremonyError> {
        let (profile, key) = match act {
            Act::Root { authority, .. } => (certify::ROOT_PROFILE, authority.key),
            Act::Issuing { authority, .. } => (certify::ISSUING_PROFILE, authority.key),
            Act::Signer {
                service,
                key: Some(key),
                ..
            } => (service.profile(), *key),
            Act::Signer { key: None, .. } | Act::Cross { .. } | Act::List { .. } => return Ok(()),
        };
        let profile = self.desk.profile(profile)?;
        if profile.allows(key) {
            return Ok(());
        }
        Err(CeremonyError::Plan(format!(
            "the plan has a key of the kind {key}; by the profile {} it is one of {}",
            profile.name(),
            profile.names_of_keys()
        )))
    }

    /// Holds the ceremony.
    ///
    /// After an interruption the same plan may be tried again: what was recorded is completed, and what was certified
    /// already comes out once more.
    ///
    /// # Errors
    /// [`CeremonyError`].
    #[tracing::instrument(name = "ca.ceremony", skip_all, fields(ceremony = plan.act.name()))]
    pub fn hold(
        &self,
        plan: &Plan,
        materials: &Materials,
        actor: &Actor,
        now: Timestamp,
    ) -> Result<Artefact, CeremonyError> {
        if let Some(artefact) = self.held_already(plan)? {
            return Ok(artefact);
        }
        check_clock(plan, now)?;
        // What a rehearsal refuses is refused before anything is recorded.
        drop(self.rehearse(plan, materials, now)?);
        self.note(
            plan,
            "ceremony.begin",
            plan.act.name().to_owned(),
            actor,
            now,
        )?;
        match &plan.act {
            Act::Root {
                authority,
                shares,
                certificate,
            } => {
                let custody = shares.as_ref().map(|_| materials.custody.as_deref());
                self.hold_root(authority, custody, certificate, actor, now)
            }
            Act::List { issuer, list } => self.hold_list(issuer, list, actor, now),
            Act::Issuing { .. } | Act::Cross { .. } | Act::Signer { .. } => {
                self.hold_certificate(plan, materials, actor, now)
            }
        }
    }

    /// What this very plan made already, when only its transcript is missing.
    fn held_already(&self, plan: &Plan) -> Result<Option<Artefact>, CeremonyError> {
        let (name, serial) = match &plan.act {
            Act::Root {
                authority,
                certificate,
                ..
            }
            | Act::Issuing {
                authority,
                certificate,
                ..
            } => (&authority.name, certificate.serial),
            Act::List { issuer, list } => return self.listed_already(issuer, list),
            Act::Cross { .. } | Act::Signer { .. } => return Ok(None),
        };
        // Nobody draws the same 158 bits twice.
        let found = self
            .find(name)?
            .filter(|issuer| issuer.certificate.serial_bytes() == serial.as_bytes());
        Ok(found.map(|issuer| Artefact {
            name: plan.act.artefact_name(),
            kind: ArtefactKind::Certificate,
            der: issuer.certificate.der().to_vec(),
        }))
    }

    /// Writes evidence of a step.
    fn note(
        &self,
        plan: &Plan,
        action: &str,
        detail: String,
        actor: &Actor,
        now: Timestamp,
    ) -> Result<(), CeremonyError> {
        let mut unit = self.desk.storage.begin()?;
        let object = format!("ceremony:{}", hex::encode(&plan.sha256));
        audit(unit.as_mut(), actor, action, object, detail, now)?;
        unit.commit()?;
        Ok(())
    }

    /// An authority of this installation, all its keys closed.
    fn issuer(&self, name: &str) -> Result<Arc<Issuer>, CeremonyError> {
        let found = self.find(name)?;
        found.ok_or_else(|| {
            CeremonyError::Plan(format!(
                "the plan names the authority \"{name}\", which this installation does not have"
            ))
        })
    }

    fn find(&self, name: &str) -> Result<Option<Arc<Issuer>>, CeremonyError> {
        let records = self.desk.storage.snapshot()?.issuers().all()?;
        let found = records.iter().find(|record| record.issuer.name == name);
        let closed = found.map(|record| Issuer::closed(record.clone(), &records));
        Ok(closed.transpose()?.map(Arc::new))
    }

    /// Refuses the name of an authority that there is.
    fn is_free(&self, authority: &NewAuthority) -> Result<(), CeremonyError> {
        if self.find(&authority.name)?.is_some() {
            return Err(CeremonyError::Plan(format!(
                "this installation has an authority \"{}\" already",
                authority.name
            )));
        }
        Ok(())
    }

    /// A key that stands for one that the ceremony will make.
    fn understudy(&self, algorithm: KeyAlgorithm) -> Result<SoftwareKey, CeremonyError> {
        SoftwareKey::generate(algorithm, &mut SourceRng(self.desk.random.as_ref())).map_err(
            |source| {
                CeremonyError::Authority(AuthorityError::Key {
                    issuer: "the rehearsal".to_owned(),
                    source: KeyVaultError::Key(source),
                })
            },
        )
    }
}

impl Plan {
    /// Whether its days are over: it cannot be carried out any more.
    #[must_use]
    pub fn is_over(&self, now: Timestamp) -> bool {
        now > self.act.begins().plus(CLOCK_TOLERANCE)
    }
}

fn check_clock(plan: &Plan, now: Timestamp) -> Result<(), CeremonyError> {
    let begins = plan.act.begins();
    let fault = if now < begins {
        "what it makes would begin in the future"
    } else if plan.is_over(now) {
        "more than two days ago"
    } else {
        return Ok(());
    };
    Err(CeremonyError::Plan(format!(
        "the clock of this computer says {}, and the plan begins at {}: {fault}; set the clock, or let a plan for today be reviewed",
        now.rfc3339(),
        begins.rfc3339()
    )))
}

/// Only a root's list comes by ceremony: others publish theirs by themselves.
fn must_be_root(issuer: &Issuer) -> Result<(), CeremonyError> {
    match issuer.kind {
        IssuerKind::Root => Ok(()),
        IssuerKind::Issuing => Err(CeremonyError::Plan(format!(
            "the authority \"{}\" publishes its lists by itself; a ceremony makes those of a root",
            issuer.name
        ))),
    }
}
