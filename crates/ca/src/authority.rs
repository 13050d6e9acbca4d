//! The certification authority: its issuers and what may be asked of them.

use std::sync::{Arc, Mutex};

use tanba_model::audit::Actor;
use tanba_model::certificate::{CertificateRecord, RevocationReason};
use tanba_model::id::{CertificateId, IssuerId};
use tanba_model::ports::{
    CrlKind, DocumentSeal, DocumentSeals, Issuance, IssuanceError, IssuanceOrder, IssuerKind,
    OcspSigner, OcspSigners, RandomSource, Storage,
};
use tanba_pki::{Certificate, SerialNumber, Timestamp};

use crate::desk::{Desk, Profiles};
use crate::error::AuthorityError;
use crate::issue::result;
use crate::issuer::Issuer;
use crate::key_place::KeyPlace;
use crate::key_vault::KeyChest;
use crate::prepare::{Announce, AnnounceIntents, Prepared};
use crate::publish::{Published, Urgency};
use crate::rules::Rules;
use crate::seal::Seal;
use crate::signing::Signing;

/// What an authority is given from outside.
#[derive(Clone, Debug)]
pub struct Parts {
    /// Where everything is recorded.
    pub storage: Arc<dyn Storage>,
    /// Where the keys are.
    pub chest: Arc<dyn KeyChest>,
    /// Where serial numbers and nonces come from.
    pub random: Arc<dyn RandomSource>,
    /// By which rules certificates are made.
    pub profiles: Profiles,
    /// How often lists are renewed.
    pub rules: Rules,
}

/// The certification authority of this installation: a root, its issuing authorities, and their OCSP responders.
///
/// Everything blocks. [`Authority::recover`] comes first after a start, then [`Authority::maintain`] every few seconds.
#[derive(Debug)]
pub struct Authority {
    pub(crate) desk: Desk,
    rules: Rules,
    issuers: Vec<Arc<Issuer>>,
    pub(crate) issuing: Arc<Issuer>,
    /// Behind which open intent the next look goes on.
    pub(crate) recovered_to: Mutex<Option<CertificateId>>,
}

/// What pages and the command line say of an issuer.
#[derive(Clone, Debug)]
pub struct IssuerSummary {
    /// The record.
    pub id: IssuerId,
    /// Short name, as in URLs.
    pub name: String,
    /// What its key does.
    pub kind: IssuerKind,
    /// Its certificate.
    pub certificate: Certificate,
    /// Where its key is.
    pub key: KeyPlace,
    /// Number of CRL shards.
    pub shards: u16,
    /// End of the certificate of its OCSP responder, where it has one.
    pub responder_not_after: Option<Timestamp>,
}

/// What [`Authority::maintain`] did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Maintained {
    /// Lists that were published.
    pub lists: Vec<Published>,
    /// Responder certificates that were renewed.
    pub responders: Vec<SerialNumber>,
    /// Seals that were renewed.
    pub seals: Vec<SerialNumber>,
}

impl Authority {
    /// Opens the authority that is recorded in storage, with its keys.
    ///
    /// # Errors
    /// [`AuthorityError::Absent`] before `init`, [`AuthorityError::Key`] with a wrong passphrase.
    pub fn open(parts: Parts) -> Result<Self, AuthorityError> {
        let Parts {
            storage,
            chest,
            random,
            profiles,
            rules,
        } = parts;
        let mut unit = storage.snapshot()?;
        let mut issuers = Vec::new();
        let records = unit.issuers().all()?;
        for record in &records {
            let issuer = Issuer::open(record.clone(), &records, chest.as_ref())?;
            if let Some(list) = unit.crls().latest(issuer.id, CrlKind::Full)? {
                issuer.listed(list.this_update);
            }
            issuers.push(Arc::new(issuer));
        }
        drop(unit);
        let newest = issuers
            .iter()
            .rfind(|issuer| issuer.kind == IssuerKind::Issuing);
        let issuing = Arc::clone(newest.ok_or(AuthorityError::Absent)?);
        Ok(Self {
            desk: Desk {
                storage,
                chest,
                random,
                profiles,
                signing: Signing::new(rules.signing_patience),
            },
            rules,
            issuers,
            issuing,
            recovered_to: Mutex::default(),
        })
    }

    /// Checks the orders of one application and records an intent for each of them in one commit.
    ///
    /// # Errors
    /// [`IssuanceError::Request`] with what is wrong; then nothing was recorded.
    pub fn prepare(
        &self,
        orders: &[IssuanceOrder],
        now: Timestamp,
    ) -> Result<Prepared, IssuanceError> {
        self.prepare_announced(orders, now, Box::new(|_, _| Ok(())))
    }

    /// The same, and `announce` writes into the commit of the intents what else must not be missing: the notice to a
    /// person who did not apply herself.
    ///
    /// # Errors
    /// [`IssuanceError::Request`] with what is wrong; then nothing was recorded.
    pub fn prepare_announced(
        &self,
        orders: &[IssuanceOrder],
        now: Timestamp,
        announce: AnnounceIntents,
    ) -> Result<Prepared, IssuanceError> {
        self.desk
            .prepare(&self.issuing, &self.issuers, orders, now, announce)
            .inspect_err(|error| {
                for order in orders {
                    self.desk.count(&order.profile, result(error));
                }
            })
    }

    /// [`Issuance::revoke`], and `announce` writes into the same commit what else must not be missing: the notice to the
    /// owner. Nothing is announced when nothing changes.
    ///
    /// # Errors
    /// As there.
    pub fn revoke_announced(
        &self,
        certificate: CertificateId,
        reason: RevocationReason,
        actor: &Actor,
        now: Timestamp,
        announce: Announce<'_>,
    ) -> Result<(), IssuanceError> {
        self.revoke_because(certificate, (reason, ""), actor, now, announce)
    }

    /// [`Issuance::release`], announced in the same commit; `reason` says why, for the evidence.
    ///
    /// # Errors
    /// As there.
    pub fn release_announced(
        &self,
        certificate: CertificateId,
        reason: &str,
        actor: &Actor,
        now: Timestamp,
        announce: Announce<'_>,
    ) -> Result<(), IssuanceError> {
        self.desk.release(certificate, reason, actor, now, announce)
    }

    /// Publishes the lists that are due: bases in their rhythm, deltas also after each revocation.
    ///
    /// # Errors
    /// [`AuthorityError`]; trying again later is fine.
    pub fn publish_due(&self, now: Timestamp) -> Result<Vec<Published>, AuthorityError> {
        self.publish(Urgency::Due, now)
    }

    /// Publishes all lists, due or not.
    ///
    /// # Errors
    /// [`AuthorityError`]; trying again later is fine.
    pub fn publish_all(&self, now: Timestamp) -> Result<Vec<Published>, AuthorityError> {
        self.publish(Urgency::All, now)
    }

    /// The same, and what fails for one issuer keeps no other's from being told: what was published, and why the rest was not.
    pub fn publish_what_can_be(&self, now: Timestamp) -> (Vec<Published>, Vec<AuthorityError>) {
        let (mut published, mut faults) = (Vec::new(), Vec::new());
        for issuer in &self.issuers {
            match self.desk.publish(issuer, &self.rules, Urgency::All, now) {
                Ok(lists) => published.extend(lists),
                Err(fault) => faults.push(fault),
            }
        }
        (published, faults)
    }

    fn publish(&self, urgency: Urgency, now: Timestamp) -> Result<Vec<Published>, AuthorityError> {
        let lists = self
            .issuers
            .iter()
            .map(|issuer| self.desk.publish(issuer, &self.rules, urgency, now));
        Ok(all_done(lists)?.into_iter().flatten().collect())
    }

    /// Does what is due: responder certificates, then lists. To be called every few seconds; costs little when nothing
    /// is due.
    ///
    /// What fails for one issuer, a root whose key is away, does not keep the others from being served.
    ///
    /// # Errors
    /// The first [`AuthorityError`]; trying again later is fine.
    pub fn maintain(&self, now: Timestamp) -> Result<Maintained, AuthorityError> {
        let issuing = || {
            self.issuers
                .iter()
                .filter(|issuer| issuer.kind == IssuerKind::Issuing)
        };
        let responders =
            all_done(issuing().map(|issuer| self.desk.renew_responder(issuer, &self.rules, now)));
        let seals = all_done(issuing().map(|issuer| self.desk.renew_seal(issuer, now)));
        let lists = self.publish_due(now)?;
        Ok(Maintained {
            responders: responders?.into_iter().flatten().collect(),
            seals: seals?.into_iter().flatten().collect(),
            lists,
        })
    }

    /// Whether the keys that issue could sign now: a token may be away.
    ///
    /// # Errors
    /// [`AuthorityError::Key`] of the first that could not.
    pub fn check_keys(&self) -> Result<(), AuthorityError> {
        self.issuers
            .iter()
            .filter(|issuer| issuer.kind == IssuerKind::Issuing)
            .try_for_each(|issuer| issuer.check_key(&self.desk.chest))
    }

    pub(crate) const fn desk(&self) -> &Desk {
        &self.desk
    }

    pub(crate) fn parts(&self) -> impl Iterator<Item = &Issuer> {
        self.issuers.iter().map(Arc::as_ref)
    }

    pub(crate) fn known(&self) -> &[Arc<Issuer>] {
        &self.issuers
    }

    pub(crate) const fn rules(&self) -> &Rules {
        &self.rules
    }

    /// The issuers, in the order in which they were made.
    #[must_use]
    pub fn issuers(&self) -> Vec<IssuerSummary> {
        self.issuers.iter().map(|issuer| summary(issuer)).collect()
    }

    /// The public URL that was baked into the issuing authority's certificate.
    #[must_use]
    pub fn public_url(&self) -> Option<&str> {
        self.issuing
            .urls
            .as_ref()
            .map(crate::urls::Urls::public_url)
    }

    /// The seal of the authority that issues now; `None` before the first [`Authority::maintain`].
    #[must_use]
    pub fn seal(&self) -> Option<Seal> {
        let helper = self.issuing.seal()?;
        let chain = self
            .above()
            .iter()
            .filter(|issuer| !issuer.certificate.is_self_issued())
            .map(|issuer| issuer.certificate.clone())
            .collect();
        Some(Seal {
            certificate: Certificate::from_der(&helper.certificate).ok()?,
            chain,
            signer: helper.signer,
        })
    }

    /// The authority that issues now and those above it, up to the root.
    fn above(&self) -> Vec<Arc<Issuer>> {
        let mut chain = vec![Arc::clone(&self.issuing)];
        while let Some(last) = chain.last()
            && !last.certificate.is_self_issued()
            && let Some(above) = self.issuer_of(&last.certificate)
            && chain.len() < self.issuers.len()
        {
            chain.push(Arc::clone(above));
        }
        chain
    }

    fn issuer_of(&self, certificate: &Certificate) -> Option<&Arc<Issuer>> {
        self.issuers.iter().find(|issuer| {
            issuer.certificate.subject() == certificate.issuer()
                && certificate
                    .authority_key_id()
                    .is_none_or(|id| id == issuer.key_id)
        })
    }
}

/// Does everything, then tells of the first thing that failed.
fn all_done<T>(
    outcomes: impl Iterator<Item = Result<T, AuthorityError>>,
) -> Result<Vec<T>, AuthorityError> {
    let outcomes: Vec<_> = outcomes.collect();
    outcomes.into_iter().collect()
}

fn summary(issuer: &Issuer) -> IssuerSummary {
    IssuerSummary {
        id: issuer.id,
        name: issuer.name.clone(),
        kind: issuer.kind,
        certificate: issuer.certificate.clone(),
        key: issuer.key_place(),
        shards: issuer.shards,
        responder_not_after: issuer.responder().map(|responder| responder.not_after),
    }
}

impl Issuance for Authority {
    fn issue(
        &self,
        orders: &[IssuanceOrder],
        now: Timestamp,
    ) -> Result<Vec<CertificateRecord>, IssuanceError> {
        self.prepare(orders, now)?.issue(now)
    }

    fn revoke(
        &self,
        certificate: CertificateId,
        reason: RevocationReason,
        actor: Actor,
        now: Timestamp,
    ) -> Result<(), IssuanceError> {
        self.revoke_announced(certificate, reason, &actor, now, &mut |_, _| Ok(()))
    }

    fn release(
        &self,
        certificate: CertificateId,
        actor: Actor,
        now: Timestamp,
    ) -> Result<(), IssuanceError> {
        self.release_announced(certificate, "", &actor, now, &mut |_, _| Ok(()))
    }

    fn find_certificate(&self, der: &[u8]) -> Result<Option<CertificateRecord>, IssuanceError> {
        let Ok(certificate) = Certificate::from_der(der) else {
            return Ok(None);
        };
        let Some(issuer) = self.issuer_of(&certificate) else {
            return Ok(None);
        };
        let Ok(serial) = SerialNumber::from_bytes(certificate.serial_bytes()) else {
            return Ok(None);
        };
        let mut unit = self.desk.storage.snapshot()?;
        let record = unit.certificates().find_by_serial(issuer.id, &serial)?;
        // A certificate that only looks like ours is not ours: every octet counts.
        Ok(record.filter(|record| record.der.as_deref() == Some(der)))
    }

    fn chain(&self) -> Vec<Vec<u8>> {
        self.above()
            .iter()
            .map(|issuer| issuer.certificate.der().to_vec())
            .collect()
    }
}

impl OcspSigners for Authority {
    fn of(&self, issuer: IssuerId) -> Option<OcspSigner> {
        let issuer = self
            .issuers
            .iter()
            .find(|candidate| candidate.id == issuer)?;
        issuer.responder().map(|responder| OcspSigner {
            certificate: responder.certificate,
            signer: responder.signer,
        })
    }

    fn available(&self) -> Vec<(IssuerId, bool)> {
        let issuing = self
            .issuers
            .iter()
            .filter(|issuer| issuer.kind == IssuerKind::Issuing);
        issuing
            .map(|issuer| (issuer.id, issuer.check_key(&self.desk.chest).is_ok()))
            .collect()
    }

    fn problem(&self) -> Option<String> {
        let error = self.check_keys().err()?;
        let first: &(dyn std::error::Error + 'static) = &error;
        tracing::warn!(error = first, "a key cannot sign");
        let causes = std::iter::successors(Some(first), |cause| cause.source());
        let sentences: Vec<String> = causes.map(ToString::to_string).collect();
        Some(sentences.join(": "))
    }
}

impl DocumentSeals for Authority {
    fn current(&self) -> Option<DocumentSeal> {
        let seal = self.seal()?;
        Some(DocumentSeal {
            certificate: Arc::from(seal.certificate.der()),
            chain: seal
                .chain
                .iter()
                .map(|certificate| certificate.der().to_vec())
                .collect(),
            signer: seal.signer,
        })
    }
}
