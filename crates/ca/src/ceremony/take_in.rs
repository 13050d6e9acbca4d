//! An issuing authority whose certificate comes from elsewhere: it asks, waits, and takes in what it asked for.

use std::sync::Arc;

use tanba_crypto::{PublicKey, Signer};
use tanba_model::administration::IssuanceScope;
use tanba_model::audit::Actor;
use tanba_model::id::IssuerId;
use tanba_model::ports::{
    AwaitedIssuer, CrlKind, CrlRecord, IssuanceStop, IssuerKind, IssuerRecord, NewIssuer,
    StorageError, UnitOfWork,
};
use tanba_pki::crl::Crl;
use tanba_pki::{Certificate, CertificateRequest, RequestAttributes, Timestamp};

use super::list::ends_in_time;
use super::plan::{Act, NewAuthority, Plan};
use super::{CeremonyError, Materials, Room, must_be_root};
use crate::desk::{audit, fingerprint};
use crate::error::AuthorityError;
use crate::init::made;
use crate::issuer::{CLOCK_SLACK, Issuer};
use crate::key_place::ELSEWHERE;
use crate::key_vault::KeyPurpose;

impl Room {
    /// Makes the key of a planned issuing authority and the request for its certificate (PKCS#10). A second call gives the
    /// same request.
    ///
    /// # Errors
    /// [`CeremonyError`].
    #[tracing::instrument(name = "ca.ceremony_request", skip_all)]
    pub fn request(
        &self,
        plan: &Plan,
        actor: &Actor,
        now: Timestamp,
    ) -> Result<Vec<u8>, CeremonyError> {
        let Act::Issuing { authority, .. } = &plan.act else {
            return Err(CeremonyError::Plan(
                "only an issuing authority asks for its certificate: the ceremony must be \"issuing\" or \"rollover\"".to_owned(),
            ));
        };
        self.is_free(authority)?;
        self.check_kind(&plan.act)?;
        let (request, _) = self.expect(plan, authority, actor, now)?;
        Ok(request.der().to_vec())
    }

    /// The request of an awaited authority; its key is made where it is not awaited yet.
    pub(super) fn expect(
        &self,
        plan: &Plan,
        authority: &NewAuthority,
        actor: &Actor,
        now: Timestamp,
    ) -> Result<(CertificateRequest, AwaitedIssuer), CeremonyError> {
        self.check_place(&plan.act)?;
        if let Some(awaited) = self.awaited(&authority.name)? {
            let request = as_planned(&awaited, authority)?;
            return Ok((request, awaited));
        }
        let order = self.order(&plan.act, &Materials::default())?;
        let (key, signer) = self
            .desk
            .chest
            .make_key_for(
                KeyPurpose::Issuer(&authority.name),
                authority.key,
                self.desk.random.as_ref(),
            )
            .map_err(|source| AuthorityError::Key {
                issuer: authority.name.clone(),
                source,
            })?;
        let signer: &dyn Signer = signer.as_ref();
        let attributes = RequestAttributes::default();
        let request = CertificateRequest::build(order.name(), signer, &attributes)
            .map_err(|_| AuthorityError::Signer(tanba_crypto::SignError::Failed))?;
        let awaited = AwaitedIssuer {
            name: authority.name.clone(),
            shards: authority.shards,
            request,
            key,
        };
        let mut unit = self.desk.storage.begin()?;
        unit.issuers().expect(&awaited, now)?;
        let object = format!("awaited:{}", authority.name);
        let detail = format!("request {}", fingerprint(&awaited.request));
        audit(unit.as_mut(), actor, "issuer.request", object, detail, now)?;
        unit.commit()?;
        Ok((read(&awaited)?, awaited))
    }

    /// The key that an earlier try made for this authority.
    pub(super) fn awaited_key(&self, act: &Act) -> Result<Option<PublicKey>, CeremonyError> {
        let Act::Issuing { authority, .. } = act else {
            return Ok(None);
        };
        let awaited = self.awaited(&authority.name)?;
        let request = awaited.map(|awaited| as_planned(&awaited, authority));
        Ok(request
            .transpose()?
            .map(|request| request.public_key().clone()))
    }

    fn awaited(&self, name: &str) -> Result<Option<AwaitedIssuer>, CeremonyError> {
        let awaited = self.desk.storage.snapshot()?.issuers().awaited()?;
        Ok(awaited.into_iter().find(|awaited| awaited.name == name))
    }

    /// Whether a new issuing authority has its place here. It issues instead of the one that does, so a plan that does not
    /// say so is not carried out: who reviewed it would not know that the other one stops.
    pub(super) fn check_place(&self, act: &Act) -> Result<(), CeremonyError> {
        let Act::Issuing {
            authority,
            replaces,
            ..
        } = act
        else {
            return Ok(());
        };
        let order = self.order(act, &Materials::default())?;
        let key = self.awaited_key(act)?;
        self.has_own_name(order.name(), &authority.name, key.as_ref())?;
        match replaces {
            Some(replaced) => {
                let replaced = self.issuer(replaced)?;
                if replaced.kind != IssuerKind::Issuing {
                    return Err(CeremonyError::Plan(format!(
                        "\"{}\" is a root: a rollover replaces an issuing authority",
                        replaced.name
                    )));
                }
            }
            None => {
                let issuers = self.desk.storage.snapshot()?.issuers().all()?;
                let issuing = (issuers.iter())
                    .find(|record| record.issuer.kind == IssuerKind::Issuing)
                    .map(|record| &record.issuer.name);
                if let Some(issuing) = issuing {
                    return Err(CeremonyError::Plan(format!(
                        "this installation has the issuing authority \"{issuing}\", which \"{}\" would replace: that is a rollover, whose plan says so (`tanba ceremony plan rollover`)",
                        authority.name
                    )));
                }
            }
        }
        Ok(())
    }

    /// Takes in the certificate of an awaited authority, and the root above it where this installation does not know it.
    /// From the next start on the new authority issues, and the earlier ones go on to serve lists and OCSP.
    ///
    /// The certificate has to be octet by octet what the plan gives with the awaited key, pass the lints, and be signed by
    /// the root. That the root is the right one is for the caller to have compared.
    ///
    /// # Errors
    /// [`CeremonyError::Material`] with what does not fit.
    #[tracing::instrument(name = "ca.ceremony_take_in", skip_all)]
    pub fn take_in(
        &self,
        plan: &Plan,
        certificate: &[u8],
        root: Option<&Certificate>,
        actor: &Actor,
        now: Timestamp,
    ) -> Result<(), CeremonyError> {
        let refuse = |text: &str| Err(CeremonyError::Material(text.to_owned()));
        let Act::Issuing {
            authority,
            signed_by,
            ..
        } = &plan.act
        else {
            return Err(CeremonyError::Plan(
                "the plan is not that of an issuing authority".to_owned(),
            ));
        };
        self.is_free(authority)?;
        self.check_place(&plan.act)?;
        let Some(awaited) = self.awaited(&authority.name)? else {
            return refuse(
                "no certificate of that authority is awaited here: `tanba ceremony request` comes first",
            );
        };
        let request = as_planned(&awaited, authority)?;
        let known = self.find(&signed_by.issuer)?;
        let above = match (&known, root) {
            (Some(known), None) => Arc::clone(known),
            (Some(known), Some(root)) if known.certificate.der() == root.der() => Arc::clone(known),
            (Some(_), Some(_)) => {
                return refuse(
                    "the root that was brought is not the one that this installation has under that name",
                );
            }
            (None, Some(root)) => Arc::new(self.foreign_root(&signed_by.issuer, root)?),
            (None, None) => {
                return refuse(
                    "bring the certificate of the root, which this installation does not know",
                );
            }
        };
        let order = self.order(&plan.act, &Materials::default())?;
        let draft = self.draft(&above, &order, request.public_key(), now)?;
        let Ok(parsed) = Certificate::from_der(certificate) else {
            return refuse("what was brought is not a certificate");
        };
        if !parsed.public_key().is_same_key(request.public_key()) {
            return refuse("the certificate is for another key than the one that was made here");
        }
        if parsed.tbs_der() != draft.new.to_be_signed {
            return refuse(
                "the certificate is not octet by octet what this plan gives: another plan was carried out, or the profiles differ",
            );
        }
        if parsed
            .verify_signed_by(above.certificate.public_key())
            .is_err()
        {
            return refuse("the certificate is not signed by that root");
        }
        let mut unit = self.desk.storage.begin()?;
        if known.is_none() {
            enter_root(unit.as_mut(), &above, actor, now)?;
        }
        let new = NewIssuer {
            name: awaited.name.clone(),
            kind: IssuerKind::Issuing,
            certificate: certificate.to_vec(),
            key: awaited.key,
            shards: awaited.shards,
        };
        let id = unit.issuers().insert(&new, now)?;
        unit.issuers().arrived(&awaited.name)?;
        let (object, detail) = (format!("issuer:{id}"), made(&new));
        audit(unit.as_mut(), actor, "issuer.create", object, detail, now)?;
        if let Some(replaced) = plan.act.replaces() {
            carry_stops(unit.as_mut(), replaced, (id, &new.name), actor, now)?;
        }
        unit.commit()?;
        Ok(())
    }

    /// What is stopped of an authority of this installation; nothing where there is none of that name.
    ///
    /// # Errors
    /// [`CeremonyError::Storage`].
    pub fn stops(&self, name: &str) -> Result<Vec<IssuanceStop>, CeremonyError> {
        Ok(stops_of(self.desk.storage.snapshot()?.as_mut(), name)?)
    }

    /// A root whose key is elsewhere, linted as its profile asks.
    fn foreign_root(&self, name: &str, root: &Certificate) -> Result<Issuer, CeremonyError> {
        let right = root.is_self_issued() && root.verify_signed_by(root.public_key()).is_ok();
        if !right {
            return Err(CeremonyError::Material(
                "the certificate of the root is not signed with its own key".to_owned(),
            ));
        }
        self.desk.lint("root-ca", root.tbs_der(), None)?;
        let record = IssuerRecord {
            id: IssuerId(0),
            issuer: NewIssuer {
                name: name.to_owned(),
                kind: IssuerKind::Root,
                certificate: root.der().to_vec(),
                key: ELSEWHERE.to_vec(),
                shards: 1,
            },
            responder_certificate: None,
            responder_key: None,
            seal_certificate: None,
            seal_key: None,
        };
        Ok(Issuer::closed(record.clone(), &[record])?)
    }

    /// Publishes a list that a root made elsewhere.
    ///
    /// # Errors
    /// [`CeremonyError::Material`] with what does not fit.
    #[tracing::instrument(name = "ca.ceremony_take_in_list", skip_all)]
    pub fn take_in_list(
        &self,
        issuer: &str,
        list: &Crl,
        actor: &Actor,
        now: Timestamp,
    ) -> Result<(), CeremonyError> {
        let refuse = |text: &str| Err(CeremonyError::Material(text.to_owned()));
        let issuer = self.issuer(issuer)?;
        must_be_root(&issuer)?;
        if list.issuer() != issuer.certificate.subject()
            || list.verify(issuer.certificate.public_key()).is_err()
        {
            return refuse("the list is not signed by that root");
        }
        if list.is_delta() || list.scope().is_some() {
            return refuse("the list is not a complete one");
        }
        let number = list.number().and_then(number);
        let (Some(number), Some(next_update)) = (number, list.next_update()) else {
            return refuse("the list has no number, or does not say when the next one comes");
        };
        if list.this_update() > now.plus(CLOCK_SLACK) || next_update <= now {
            return refuse("the list is not of this time: look at the clocks of both computers");
        }
        ends_in_time(&issuer, list.this_update(), next_update).map_err(CeremonyError::Material)?;
        let record = CrlRecord {
            issuer: issuer.id,
            kind: CrlKind::Full,
            number,
            this_update: list.this_update(),
            next_update,
            covers_until: list.this_update().minus(CLOCK_SLACK),
            entries: u32::try_from(list.len()).ok(),
            der: list.der().to_vec(),
        };
        let mut unit = self.desk.storage.begin()?;
        let latest = unit.crls().latest(issuer.id, CrlKind::Full)?;
        match latest {
            Some(latest) if latest.der == record.der => return Ok(()),
            Some(latest) if latest.number >= number || latest.this_update > record.this_update => {
                return refuse(
                    "a list with the same or a higher number, or of a later time, is published already",
                );
            }
            Some(_) | None => {}
        }
        match unit.crls().publish(&record) {
            Ok(()) => {}
            Err(StorageError::Conflict) => {
                return refuse("a list with the same or a higher number is published already");
            }
            Err(error) => return Err(error.into()),
        }
        let object = format!("issuer:{}", issuer.id);
        let detail = format!("number {number} {}", fingerprint(&record.der));
        audit(unit.as_mut(), actor, "crl.import", object, detail, now)?;
        unit.commit()?;
        Ok(())
    }
}

/// Enters a root whose key is elsewhere.
fn enter_root(
    unit: &mut dyn UnitOfWork,
    root: &Issuer,
    actor: &Actor,
    now: Timestamp,
) -> Result<(), StorageError> {
    let new = NewIssuer {
        name: root.name.clone(),
        kind: IssuerKind::Root,
        certificate: root.certificate.der().to_vec(),
        key: ELSEWHERE.to_vec(),
        shards: 1,
    };
    let id = unit.issuers().insert(&new, now)?;
    let (object, detail) = (format!("issuer:{id}"), made(&new));
    audit(unit, actor, "issuer.import", object, detail, now)
}

/// Lets what is stopped of an authority be stopped of the one that replaces it: whoever stopped it doubted what is issued, and
/// a new key does not answer that. It is started knowingly, as any stop is.
fn carry_stops(
    unit: &mut dyn UnitOfWork,
    replaced: &str,
    (id, name): (IssuerId, &str),
    actor: &Actor,
    now: Timestamp,
) -> Result<(), StorageError> {
    for stop in stops_of(unit, replaced)? {
        let scope = IssuanceScope {
            issuer: name.to_owned(),
            profile: stop.profile.clone(),
        };
        let detail = stop.reason.clone();
        unit.issuers().stop(&IssuanceStop {
            issuer: id,
            since: now,
            ..stop
        })?;
        audit(unit, actor, "issuer.stop", scope.object(), detail, now)?;
    }
    Ok(())
}

fn stops_of(unit: &mut dyn UnitOfWork, name: &str) -> Result<Vec<IssuanceStop>, StorageError> {
    let records = unit.issuers().all()?;
    let mut stops = unit.issuers().stops()?;
    stops.retain(|stop| {
        (records.iter()).any(|record| record.id == stop.issuer && record.issuer.name == name)
    });
    Ok(stops)
}

/// The request of an awaited authority, if it is awaited as the plan has it.
fn as_planned(
    awaited: &AwaitedIssuer,
    authority: &NewAuthority,
) -> Result<CertificateRequest, CeremonyError> {
    let request = read(awaited)?;
    let same_key = request.public_key().algorithm() == Ok(authority.key);
    if same_key && awaited.shards == authority.shards {
        return Ok(request);
    }
    Err(CeremonyError::Plan(format!(
        "the authority \"{}\" is awaited with another key or other shards than the plan has; take another short name",
        authority.name
    )))
}

pub(super) fn read(awaited: &AwaitedIssuer) -> Result<CertificateRequest, CeremonyError> {
    CertificateRequest::from_der(&awaited.request).map_err(|_| {
        CeremonyError::Authority(AuthorityError::DamagedIssuer {
            name: awaited.name.clone(),
        })
    })
}

/// A CRLNumber as storage counts.
fn number(octets: &[u8]) -> Option<u64> {
    octets.iter().try_fold(0_u64, |number, octet| {
        number.checked_mul(256)?.checked_add(u64::from(*octet))
    })
}
