//! From an order to a certificate that may be signed: everything is checked, recorded, linted and logged first.

use std::sync::Arc;

use tanba_model::audit::Actor;
use tanba_model::certificate::{CertificateRecord, Status};
use tanba_model::ports::{
    IssuanceError, IssuanceOrder, RequestFault, SourceRng, StorageError, UnitOfWork,
    certificate_object,
};
use tanba_pki::{CertificateRequest, SerialNumber, Timestamp};

use crate::desk::{Desk, audit, fingerprint};
use crate::draft::{About, Contents, Draft, Holder, keystore_oid, refusal};
use crate::fitness::must_be_fit;
use crate::issuer::Issuer;
use crate::switch::is_stopped;

/// Certificates whose serial numbers and to-be-signed bytes are durable, linted and logged, and which may now be
/// signed: [`Prepared::issue`] uses them up. There is no other way to a signature.
#[derive(Debug)]
#[must_use = "an intent that is not issued stays open until the next start"]
pub struct Prepared {
    pub(crate) desk: Desk,
    pub(crate) items: Vec<Item>,
    pub(crate) actor: Actor,
}

impl Prepared {
    /// Their serial numbers, in the order of the orders.
    pub fn serials(&self) -> impl Iterator<Item = SerialNumber> + '_ {
        self.items.iter().map(|(_, record)| record.serial)
    }
}

/// An intent, or what became of it, and who signs it.
pub(crate) type Item = (Arc<Issuer>, CertificateRecord);

/// What else is recorded in the unit of work of intents or of a change of status, given the serial numbers.
pub type Announce<'a> =
    &'a mut dyn FnMut(&mut dyn UnitOfWork, &[SerialNumber]) -> Result<(), StorageError>;

/// The same for intents: it owns what it needs, because intents of many callers are recorded by one of them.
pub type AnnounceIntents =
    Box<dyn FnMut(&mut dyn UnitOfWork, &[SerialNumber]) -> Result<(), StorageError> + Send>;

impl Desk {
    /// Checks the orders of one application and records an intent for each, all in one commit.
    ///
    /// What an earlier call for the same application recorded is taken up again instead.
    #[tracing::instrument(name = "ca.prepare", skip_all)]
    pub(crate) fn prepare(
        &self,
        issuer: &Arc<Issuer>,
        known: &[Arc<Issuer>],
        orders: &[IssuanceOrder],
        now: Timestamp,
        mut announce: AnnounceIntents,
    ) -> Result<Prepared, IssuanceError> {
        let Some(first) = orders.first() else {
            return Err(IssuanceError::Unknown("order"));
        };
        if orders
            .iter()
            .any(|order| order.application != first.application || order.person != first.person)
        {
            return Err(IssuanceError::Unknown("application"));
        }
        if issuer.is_clock_behind(now) {
            return Err(IssuanceError::ClockBehind);
        }
        // Beyond its dates a draft would only be told faulty.
        if issuer.path.is_outside(now) {
            self.admit(issuer, first, now)?;
        }
        let drafts = match self.drafts(issuer, orders, now) {
            Ok(drafts) => drafts,
            Err((order, error)) => {
                // What was recorded before comes out again, whatever would be wrong with it today.
                if matches!(error, IssuanceError::Lint(_))
                    && let Some(items) = self.recorded_before(orders, known)?
                {
                    return Ok(self.prepared(items, &first.actor));
                }
                self.note_refusal(issuer, &About::Order(order), &order.actor, &error, now);
                return Err(error);
            }
        };
        let (desk, known, actor) = (self.clone(), known.to_vec(), first.actor.clone());
        let (application, mut again) = (first.application, false);
        let prepared = self.storage.durably_together(move |unit| {
            if std::mem::replace(&mut again, true)
                && let Some(items) = recorded(unit, &drafts)?
            {
                return Ok(desk.prepared(items, &actor));
            }
            if let Some(application) = application {
                let earlier = unit.certificates().of_application(application)?;
                if earlier.iter().any(|record| record.status != Status::Void) {
                    let keys = drafts
                        .iter()
                        .map(|draft| (draft.new.profile.as_str(), draft.new.public_key_sha256));
                    return Ok(desk.prepared(resume(keys, earlier, &known)?, &actor));
                }
            }
            desk.record_in(unit, &drafts, &actor, now, announce.as_mut())
        });
        if matches!(prepared, Err(IssuanceError::Unfit(_))) {
            self.admit(issuer, first, now)?;
        }
        prepared
    }

    /// The draft of each order, or the first that cannot be written and why.
    fn drafts<'a>(
        &self,
        issuer: &Arc<Issuer>,
        orders: &'a [IssuanceOrder],
        now: Timestamp,
    ) -> Result<Vec<Draft>, (&'a IssuanceOrder, IssuanceError)> {
        orders
            .iter()
            .map(|order| {
                self.draft(issuer, order, now)
                    .map_err(|error| (order, error))
            })
            .collect()
    }

    /// What an earlier call recorded for the application of these orders.
    fn recorded_before(
        &self,
        orders: &[IssuanceOrder],
        known: &[Arc<Issuer>],
    ) -> Result<Option<Vec<Item>>, IssuanceError> {
        let Some(application) = orders.first().and_then(|order| order.application) else {
            return Ok(None);
        };
        let mut unit = self.storage.snapshot()?;
        let earlier = unit.certificates().of_application(application)?;
        if earlier.iter().all(|record| record.status == Status::Void) {
            return Ok(None);
        }
        let mut keys = Vec::with_capacity(orders.len());
        for order in orders {
            let request = CertificateRequest::from_der(&order.request)
                .map_err(|_| fault(RequestFault::Form))?;
            keys.push((order.profile.as_str(), request.public_key().sha256()));
        }
        resume(keys.into_iter(), earlier, known).map(Some)
    }

    /// Records intents in one commit: serial and bytes, evidence.
    pub(crate) fn record(
        &self,
        drafts: &[Draft],
        actor: &Actor,
        now: Timestamp,
    ) -> Result<Prepared, IssuanceError> {
        let mut again = false;
        self.storage.durably(&mut |unit| {
            if std::mem::replace(&mut again, true)
                && let Some(items) = recorded(unit, drafts)?
            {
                return Ok(self.prepared(items, actor));
            }
            self.record_in(unit, drafts, actor, now, &mut |_, _| Ok(()))
        })
    }

    fn record_in(
        &self,
        unit: &mut dyn UnitOfWork,
        drafts: &[Draft],
        actor: &Actor,
        now: Timestamp,
        announce: Announce<'_>,
    ) -> Result<Prepared, IssuanceError> {
        let mut items = Vec::with_capacity(drafts.len());
        for draft in drafts {
            items.push((Arc::clone(&draft.issuer), intend(unit, draft, actor, now)?));
        }
        let serials: Vec<SerialNumber> = items.iter().map(|(_, record)| record.serial).collect();
        announce(unit, &serials)?;
        Ok(self.prepared(items, actor))
    }

    pub(crate) fn prepared(&self, items: Vec<Item>, actor: &Actor) -> Prepared {
        Prepared {
            desk: self.clone(),
            items,
            actor: actor.clone(),
        }
    }

    /// Checks an order and makes the bytes to be signed.
    fn draft(
        &self,
        issuer: &Arc<Issuer>,
        order: &IssuanceOrder,
        now: Timestamp,
    ) -> Result<Draft, IssuanceError> {
        let profile = self.profile(&order.profile)?;
        if !profile.is_for_persons() {
            return Err(IssuanceError::Unknown("profile"));
        }
        let request =
            CertificateRequest::from_der(&order.request).map_err(|_| fault(RequestFault::Form))?;
        if request.is_signed_with_sha1() {
            return Err(fault(RequestFault::Sha1));
        }
        request
            .verify_possession()
            .map_err(|_| fault(RequestFault::Possession))?;
        if request
            .public_key()
            .is_same_key(issuer.certificate.public_key())
        {
            return Err(fault(RequestFault::ReusedKey));
        }
        let name = profile
            .subject_name(&order.subject)
            .map_err(|error| refusal(&error))?;
        if !request.subject().is_empty() && request.subject() != &name {
            return Err(fault(RequestFault::Subject));
        }
        let contents = Contents {
            profile,
            name: &name,
            public_key: request.public_key(),
            email: order.email.as_deref(),
            keystore: Some(order.keystore),
            not_before: now,
            not_after: profile.not_after(now, keystore_oid(order.keystore)),
        };
        let holder = Holder {
            person: order.person,
            application: order.application,
            channel: order.channel,
        };
        // The profile looks at the strength of the key.
        self.compose(issuer, &contents, &holder, now)
    }

    /// A serial number that was never used: 126 random bits behind the time, and storage refuses a second one.
    pub(crate) fn new_serial(&self, now: Timestamp) -> SerialNumber {
        SerialNumber::at(now, &mut SourceRng(self.random.as_ref()))
    }
}

/// Finds these very drafts in storage: a commit that was said to have failed can have happened. Serial numbers are made
/// for one draft each, so what has this one is this one.
fn recorded(
    unit: &mut dyn UnitOfWork,
    drafts: &[Draft],
) -> Result<Option<Vec<Item>>, StorageError> {
    let mut items = Vec::with_capacity(drafts.len());
    for Draft { issuer, new, .. } in drafts {
        let record = unit
            .certificates()
            .find_by_serial(new.issuer, &new.serial)?
            .filter(|record| {
                record.to_be_signed == new.to_be_signed && record.status == Status::Intended
            });
        match record {
            Some(record) => items.push((Arc::clone(issuer), record)),
            None => return Ok(None),
        }
    }
    Ok(Some(items))
}

/// Records one intent with its evidence.
fn intend(
    unit: &mut dyn UnitOfWork,
    Draft { issuer, new, .. }: &Draft,
    actor: &Actor,
    now: Timestamp,
) -> Result<CertificateRecord, IssuanceError> {
    must_be_fit(unit, issuer, &new.profile, now)?;
    if let Some(person) = new.person
        && unit.persons().is_frozen(person)?
    {
        return Err(IssuanceError::Frozen);
    }
    // Before the question whether it was used: a blocked key mostly was, and its owner has to know which of the two it is.
    if unit.keys().is_blocked(&new.public_key_sha256)? {
        return Err(fault(RequestFault::BlockedKey));
    }
    if new.person.is_some() && unit.certificates().is_key_known(&new.public_key_sha256)? {
        return Err(fault(RequestFault::ReusedKey));
    }
    if is_stopped(unit, new.person, new.issuer, &new.profile)? {
        return Err(IssuanceError::Stopped);
    }
    let id = unit.certificates().intend(new)?;
    let object = certificate_object(new.issuer, &new.serial);
    let detail = format!(
        "profile={} tbs {}",
        new.profile,
        fingerprint(&new.to_be_signed)
    );
    audit(unit, actor, "certificate.intend", object, detail, now)?;
    Ok(new.intended(id))
}

/// Finds what an earlier call recorded for the same keys.
fn resume<'a>(
    keys: impl ExactSizeIterator<Item = (&'a str, [u8; 32])>,
    earlier: Vec<CertificateRecord>,
    known: &[Arc<Issuer>],
) -> Result<Vec<Item>, IssuanceError> {
    let mut earlier: Vec<_> = earlier
        .into_iter()
        .filter(|record| record.status != Status::Void)
        .collect();
    let mut items = Vec::with_capacity(keys.len());
    for (profile, key) in keys {
        let same = |record: &CertificateRecord| {
            record.public_key_sha256 == key && record.profile == profile
        };
        // Another key for an application that is answered already is another application's business.
        let position = earlier
            .iter()
            .position(same)
            .ok_or(fault(RequestFault::ReusedKey))?;
        let record = earlier.swap_remove(position);
        let issuer = known
            .iter()
            .find(|issuer| issuer.id == record.issuer)
            .ok_or(IssuanceError::Unknown("issuer"))?;
        items.push((Arc::clone(issuer), record));
    }
    if earlier.is_empty() {
        Ok(items)
    } else {
        Err(fault(RequestFault::ReusedKey))
    }
}

pub(crate) const fn fault(fault: RequestFault) -> IssuanceError {
    IssuanceError::Request(fault)
}
