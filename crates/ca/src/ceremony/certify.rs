//! From a plan to a certificate.

use std::sync::Arc;

use tanba_crypto::{PublicKey, Signer};
use tanba_model::audit::Actor;
use tanba_model::certificate::{CertificateRecord, Status};
use tanba_model::ports::{IssuerKind, StorageError};
use tanba_pki::profile::IssuerUrls;
use tanba_pki::{DistinguishedName, Timestamp, assemble_certificate};

use super::plan::{Act, CertificatePlan, NewAuthority, Plan, Service, SignedBy};
use super::{Artefact, ArtefactKind, CeremonyError, Custody, Materials, Room};
use crate::desk::audit;
use crate::draft::{Contents, Draft, Holder, refusal, urls};
use crate::error::AuthorityError;
use crate::fitness::must_be_fit;
use crate::init::{Founding, contents, self_issued};
use crate::issuer::Issuer;
use crate::key_vault::{KeyChest as _, KeyPurpose};
use crate::urls::Urls;

pub(super) const ROOT_PROFILE: &str = "root-ca";
pub(super) const ISSUING_PROFILE: &str = "issuing-ca";
pub(super) const CROSS_PROFILE: &str = "cross-ca";

/// Whose certificate: what the plan says of it, under which name and profile, and by whom.
pub(super) struct Order<'a> {
    profile: &'static str,
    name: DistinguishedName,
    signed_by: &'a SignedBy,
    pub(super) certificate: &'a CertificatePlan,
}

impl Order<'_> {
    /// The name of the certificate.
    pub(super) const fn name(&self) -> &DistinguishedName {
        &self.name
    }
}

impl Room {
    pub(super) fn rehearse_root(
        &self,
        authority: &NewAuthority,
        certificate: &CertificatePlan,
    ) -> Result<Artefact, CeremonyError> {
        self.is_free(authority)?;
        let key = self.understudy(authority.key)?;
        let profile = self.desk.profile(ROOT_PROFILE)?;
        let name = self.name(ROOT_PROFILE, certificate)?;
        self.has_own_name(&name, &authority.name, None)?;
        let times = (certificate.not_before, certificate.not_after);
        let contents = contents(profile, &name, key.public_key(), times);
        let tbs = self_issued(&contents, certificate.serial)?;
        self.desk.lint(ROOT_PROFILE, &tbs, None)?;
        let signature = key.sign(&tbs).map_err(AuthorityError::Signer)?;
        Ok(Artefact {
            name: authority.name.clone(),
            kind: ArtefactKind::Certificate,
            der: assemble_certificate(&tbs, key.algorithm(), &signature),
        })
    }

    /// Makes the root; `custody` is there when its key goes under shares.
    pub(super) fn hold_root(
        &self,
        authority: &NewAuthority,
        custody: Option<Option<&Custody>>,
        certificate: &CertificatePlan,
        actor: &Actor,
        now: Timestamp,
    ) -> Result<Artefact, CeremonyError> {
        let random = self.desk.random.as_ref();
        let made = match custody {
            None => {
                let purpose = KeyPurpose::Issuer(&authority.name);
                self.desk.chest.make_key_for(purpose, authority.key, random)
            }
            Some(Some(custody)) => custody.make_key(authority.key, random),
            Some(None) => {
                return Err(CeremonyError::Material(
                    "the plan puts the key under shares, and none were made".to_owned(),
                ));
            }
        };
        let (stored_key, key) = made.map_err(|source| AuthorityError::Key {
            issuer: authority.name.clone(),
            source,
        })?;
        let profile = self.desk.profile(ROOT_PROFILE)?;
        let name = self.name(ROOT_PROFILE, certificate)?;
        let times = (certificate.not_before, certificate.not_after);
        let founding = Founding {
            name: &authority.name,
            stored_key,
            key: Arc::clone(&key),
            contents: contents(profile, &name, key.public_key(), times),
            serial: certificate.serial,
        };
        let record = self.desk.found(founding, actor, now)?;
        Ok(Artefact {
            name: authority.name.clone(),
            kind: ArtefactKind::Certificate,
            der: record.issuer.certificate,
        })
    }

    pub(super) fn rehearse_certificate(
        &self,
        act: &Act,
        materials: &Materials,
        now: Timestamp,
    ) -> Result<Artefact, CeremonyError> {
        if let Act::Issuing { authority, .. } = act {
            self.is_free(authority)?;
        }
        let order = self.order(act, materials)?;
        if let Act::Issuing { authority, .. } = act {
            // With a request the authority is one of another machine.
            match &materials.request {
                Some(request) => {
                    let key = Some(request.public_key());
                    self.has_own_name(order.name(), &authority.name, key)?;
                }
                None => self.check_place(act)?,
            }
        }
        let issuer = self.issuer(&order.signed_by.issuer)?;
        let key = match self.brought(act, materials, &order)? {
            Some(key) => key,
            None => match self.awaited_key(act)? {
                Some(key) => key,
                None => self.understudy(made_here(act)?)?.public_key().clone(),
            },
        };
        let draft = self.draft(&issuer, &order, &key, now)?;
        drop(self.earlier(&issuer, &draft)?);
        // In place of a signature: as long as none is, so that nobody takes it for one.
        let algorithm = issuer.algorithm()?;
        Ok(Artefact {
            name: act.artefact_name(),
            kind: ArtefactKind::Certificate,
            der: assemble_certificate(&draft.new.to_be_signed, algorithm, &[0; 8]),
        })
    }

    pub(super) fn hold_certificate(
        &self,
        plan: &Plan,
        materials: &Materials,
        actor: &Actor,
        now: Timestamp,
    ) -> Result<Artefact, CeremonyError> {
        let act = &plan.act;
        let order = self.order(act, materials)?;
        let issuer = self.issuer(&order.signed_by.issuer)?;
        let brought = self.brought(act, materials, &order)?;
        let certified = |key: &PublicKey| -> Result<Vec<u8>, CeremonyError> {
            let draft = self.draft(&issuer, &order, key, now)?;
            self.certify(&issuer, draft, actor, now)
        };
        let der = match (act, brought) {
            (Act::Issuing { authority, .. }, None) => {
                let (request, _) = self.expect(plan, authority, actor, now)?;
                let der = certified(request.public_key())?;
                self.take_in(plan, &der, None, actor, now)?;
                der
            }
            (Act::Signer { .. }, None) => {
                let purpose = KeyPurpose::Helper {
                    issuer: &issuer.name,
                    profile: Service::Ocsp.profile(),
                };
                let (stored, key) = self
                    .desk
                    .chest
                    .make_key_for(purpose, made_here(act)?, self.desk.random.as_ref())
                    .map_err(|source| AuthorityError::Key {
                        issuer: issuer.name.clone(),
                        source,
                    })?;
                let der = certified(key.public_key())?;
                self.employ(&issuer, &der, &stored, actor, now)?;
                der
            }
            (_, Some(key)) => certified(&key)?,
            (Act::Root { .. } | Act::Cross { .. } | Act::List { .. }, None) => {
                return Err(CeremonyError::Material("no key was brought".to_owned()));
            }
        };
        Ok(Artefact {
            name: act.artefact_name(),
            kind: ArtefactKind::Certificate,
            der,
        })
    }

    /// A responder whose key was made here answers from the next start of the server on.
    fn employ(
        &self,
        issuer: &Issuer,
        certificate: &[u8],
        key: &[u8],
        actor: &Actor,
        now: Timestamp,
    ) -> Result<(), CeremonyError> {
        let mut unit = self.desk.storage.begin()?;
        unit.issuers().set_responder(issuer.id, certificate, key)?;
        let object = format!("issuer:{}", issuer.id);
        let detail = crate::desk::fingerprint(certificate);
        audit(
            unit.as_mut(),
            actor,
            "issuer.responder",
            object,
            detail,
            now,
        )?;
        unit.commit()?;
        Ok(())
    }

    /// What a plan orders.
    pub(super) fn order<'a>(
        &self,
        act: &'a Act,
        materials: &Materials,
    ) -> Result<Order<'a>, CeremonyError> {
        let (profile, signed_by, certificate) = match act {
            Act::Issuing {
                signed_by,
                certificate,
                ..
            } => (ISSUING_PROFILE, signed_by, certificate),
            Act::Cross {
                signed_by,
                certificate,
                ..
            } => (CROSS_PROFILE, signed_by, certificate),
            Act::Signer {
                service,
                signed_by,
                certificate,
                ..
            } => (service.profile(), signed_by, certificate),
            Act::Root { .. } | Act::List { .. } => {
                return Err(CeremonyError::Plan(
                    "the plan orders no certificate".to_owned(),
                ));
            }
        };
        let name = match (act, &materials.subject) {
            (Act::Cross { .. }, Some(subject)) => subject.subject().clone(),
            (Act::Cross { .. }, None) => {
                return Err(CeremonyError::Material(
                    "bring the certificate of the authority that is cross-certified".to_owned(),
                ));
            }
            _ => self.name(profile, certificate)?,
        };
        Ok(Order {
            profile,
            name,
            signed_by,
            certificate,
        })
    }

    fn name(
        &self,
        profile: &str,
        certificate: &CertificatePlan,
    ) -> Result<DistinguishedName, CeremonyError> {
        let profile = self.desk.profile(profile)?;
        Ok(profile
            .subject_name(&certificate.subject)
            .map_err(|error| refusal(&error))?)
    }

    /// The bytes of a planned certificate, linted.
    pub(super) fn draft(
        &self,
        issuer: &Arc<Issuer>,
        order: &Order<'_>,
        key: &PublicKey,
        now: Timestamp,
    ) -> Result<Draft, CeremonyError> {
        if key.is_same_key(issuer.certificate.public_key()) {
            return Err(CeremonyError::Material(
                "the key is the very one that signs".to_owned(),
            ));
        }
        must_be_fit(
            self.desk.storage.snapshot()?.as_mut(),
            issuer,
            order.profile,
            now,
        )?;
        let contents = Contents {
            profile: self.desk.profile(order.profile)?,
            name: &order.name,
            public_key: key,
            email: None,
            keystore: None,
            not_before: order.certificate.not_before,
            not_after: order.certificate.not_after,
        };
        let urls = addresses(issuer, order)?;
        let serial = (order.certificate.serial, &urls);
        let holder = &Holder::AUTHORITY;
        Ok(self
            .desk
            .compose_as(issuer, &contents, holder, serial, now)?)
    }

    /// Through the whole cycle; what an earlier try recorded is taken up again.
    pub(super) fn certify(
        &self,
        issuer: &Arc<Issuer>,
        draft: Draft,
        actor: &Actor,
        now: Timestamp,
    ) -> Result<Vec<u8>, CeremonyError> {
        let prepared = match self.earlier(issuer, &draft)? {
            Some(record) => self
                .desk
                .prepared(vec![(Arc::clone(issuer), record)], actor),
            None => self.desk.record(&[draft], actor, now)?,
        };
        let record = prepared.issue(now)?.into_iter().next();
        Ok(record
            .and_then(|record| record.der)
            .ok_or(StorageError::Conflict)?)
    }

    fn earlier(
        &self,
        issuer: &Issuer,
        draft: &Draft,
    ) -> Result<Option<CertificateRecord>, CeremonyError> {
        let mut unit = self.desk.storage.snapshot()?;
        let found = unit
            .certificates()
            .find_by_serial(issuer.id, &draft.new.serial)?;
        let Some(record) = found else { return Ok(None) };
        let refuse = |text: &str| {
            Err(CeremonyError::Plan(format!(
                "the serial number {} {text}; let a plan with a new one be reviewed",
                record.serial
            )))
        };
        if record.to_be_signed != draft.new.to_be_signed {
            return refuse("was used for another certificate");
        }
        match record.status {
            Status::Intended | Status::Valid => Ok(Some(record)),
            Status::Void => refuse("was given up after an interruption"),
            Status::Revoked { .. } => refuse("is of a certificate that was revoked"),
        }
    }
}

/// The kind of key that the ceremony makes.
fn made_here(act: &Act) -> Result<tanba_crypto::KeyAlgorithm, CeremonyError> {
    match act {
        Act::Issuing { authority, .. } | Act::Root { authority, .. } => Ok(authority.key),
        Act::Signer { key: Some(key), .. } => Ok(*key),
        Act::Signer { key: None, .. } | Act::Cross { .. } | Act::List { .. } => Err(
            CeremonyError::Material("the key of this ceremony has to be brought".to_owned()),
        ),
    }
}

/// Where verifiers look: a root's addresses stand in the plan, an issuing authority's in its own certificate.
fn addresses(issuer: &Issuer, order: &Order<'_>) -> Result<IssuerUrls, CeremonyError> {
    let refuse = |text: &str| Err(CeremonyError::Plan(text.to_owned()));
    let planned = order.signed_by.public_url.as_deref();
    match issuer.kind {
        IssuerKind::Root => {
            let Some(public_url) = planned else {
                return refuse(
                    "public-url is needed in [signed-by]: a root says it in what it signs",
                );
            };
            let urls = Urls::new(public_url, &issuer.name).map_err(AuthorityError::from)?;
            Ok(IssuerUrls {
                ca_issuers: Some(urls.certificate()),
                crl: Some(urls.crl(tanba_model::ports::CrlKind::Full)),
                ocsp: None,
                freshest_crl: None,
            })
        }
        IssuerKind::Issuing => {
            let own = issuer.urls.as_ref().map(Urls::public_url);
            if planned.is_some() && planned != own {
                return refuse(
                    "public-url in [signed-by] is not the one in the certificate of that authority",
                );
            }
            Ok(urls(issuer, issuer.shard_of(&order.certificate.serial)))
        }
    }
}
