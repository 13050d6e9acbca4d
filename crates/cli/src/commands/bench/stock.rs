//! Certificates that are there already: as many as after years.
//!
//! Each has a serial number of its own, of its time in the last years, stands in its signed octets, is signed by the issuing
//! key, and belongs to one of many people by chance; what else issuing leaves is there too: the row, its indexes, two records
//! of the audit log and where the second stands. Only the public key in the octets is the same in all of them (its digest in the table is not),
//! nothing is linted, and no notices are left. All goes through the ports of storage, in a file that nothing is durable in
//! until it is complete.

use std::sync::Arc;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::time::Duration;

use anyhow::Context as _;
use tanba_crypto::{KeyAlgorithm, Signer, SoftwareKey, sha256};
use tanba_model::audit::{Actor, AuditEvent};
use tanba_model::certificate::{CertificateRecord, Channel, NewCertificate};
use tanba_model::id::PersonId;
use tanba_model::ports::{
    IssuerKind, RandomSource, SourceRng, Storage as _, UnitOfWork, certificate_object,
};
use tanba_pki::{SerialNumber, assemble_certificate, hex};

use super::report::processors;
use super::scratch::Scratch;
use super::{fill, person};
use crate::context::Context;

/// Certificates of one commit, and of one message between threads.
const BATCH: u64 = 2_000;
/// Certificates that a person has, over the years.
const OF_A_PERSON: u64 = 10;
/// People at least.
const PEOPLE: u64 = 500;
/// Over which they were issued, evenly.
const YEARS: Duration = Duration::from_secs(5 * 365 * 24 * 3600);

/// A certificate that is not in the database yet.
struct Ready {
    serial: SerialNumber,
    public_key_sha256: [u8; 32],
    to_be_signed: Vec<u8>,
    der: Vec<u8>,
}

/// What certificates are made of.
struct Press {
    model: CertificateRecord,
    key: Arc<dyn Signer>,
    random: Arc<dyn RandomSource>,
}

/// Enters people for so many certificates, and the certificates; the people.
pub(super) fn lay_in(
    scratch: &Scratch,
    count: u64,
    context: &Context,
) -> anyhow::Result<Vec<PersonId>> {
    context.progress("entering people");
    let people = person::many(scratch, count.div_ceil(OF_A_PERSON).max(PEOPLE))?;
    if count == 0 {
        return Ok(people);
    }
    let random = context.random();
    let key = SoftwareKey::generate(KeyAlgorithm::EcP256, &mut SourceRng(random.as_ref()))?;
    let issuers = scratch.storage.snapshot()?.issuers().all()?;
    let issuing = issuers
        .iter()
        .find(|record| record.issuer.kind == IssuerKind::Issuing)
        .context("there is no issuing authority")?;
    let press = Press {
        model: fill::model(scratch, &key)?,
        key: scratch.chest.open_key(&issuing.issuer.key)?,
        random,
    };
    std::thread::scope(|scope| {
        let (sender, receiver) = sync_channel(8);
        // One thread writes; the others sign.
        let signers = u64::try_from(processors().saturating_sub(1).max(1))?;
        let mut workers = Vec::new();
        for number in 0..signers {
            let (sender, press) = (sender.clone(), &press);
            let first = u64::from(number < count.checked_rem(signers).unwrap_or_default());
            let share = count.checked_div(signers).unwrap_or_default();
            workers.push(scope.spawn(move || press.run(share.saturating_add(first), &sender)));
        }
        drop(sender);
        let mut written = 0_u64;
        while let Ok(ready) = receiver.recv() {
            context.progress(format_args!("{written} of {count} certificates are stored"));
            written = written.saturating_add(u64::try_from(ready.len())?);
            write(scratch, &press, &people, ready)?;
        }
        drop(receiver);
        for worker in workers {
            worker
                .join()
                .map_err(|_| anyhow::anyhow!("a thread ended"))??;
        }
        anyhow::ensure!(
            written == count,
            "{written} of {count} certificates were made"
        );
        Ok(people)
    })
}

impl Press {
    /// Makes so many and sends them.
    fn run(&self, count: u64, sender: &SyncSender<Vec<Ready>>) -> anyhow::Result<()> {
        let der = self.model.der.as_deref().context("nothing was issued")?;
        let algorithm = tanba_pki::Certificate::from_der(der)?.signature_algorithm()?;
        let serial = self.model.serial.as_bytes();
        let place = self
            .model
            .to_be_signed
            .windows(serial.len())
            .position(|octets| octets == serial)
            .context("the certificate does not have its serial number")?;
        let mut left = count;
        while left > 0 {
            let batch = left.min(BATCH);
            let at = self.model.created_at.minus(age(left, count));
            let ready = (0..batch)
                .map(|_| {
                    let serial = SerialNumber::at(at, &mut SourceRng(self.random.as_ref()));
                    let mut to_be_signed = self.model.to_be_signed.clone();
                    let octets = to_be_signed.iter_mut().skip(place);
                    for (to, from) in octets.zip(serial.as_bytes()) {
                        *to = *from;
                    }
                    let signature = self.key.sign(&to_be_signed)?;
                    Ok(Ready {
                        serial,
                        public_key_sha256: sha256(serial.as_bytes()),
                        der: assemble_certificate(&to_be_signed, algorithm, &signature),
                        to_be_signed,
                    })
                })
                .collect::<anyhow::Result<Vec<_>>>()?;
            if sender.send(ready).is_err() {
                // Whoever writes has given up, and says why.
                break;
            }
            left = left.saturating_sub(batch);
        }
        Ok(())
    }
}

/// How long ago a certificate was issued after which so many of all came.
fn age(later: u64, all: u64) -> Duration {
    let seconds = u128::from(YEARS.as_secs()).saturating_mul(u128::from(later));
    let seconds = seconds.checked_div(u128::from(all)).unwrap_or_default();
    Duration::from_secs(u64::try_from(seconds).unwrap_or_default())
}

fn write(
    scratch: &Scratch,
    press: &Press,
    people: &[PersonId],
    ready: Vec<Ready>,
) -> anyhow::Result<()> {
    let model = &press.model;
    let completed_at = scratch.made_at.plus(Duration::from_secs(1));
    let mut unit = scratch.storage.begin()?;
    for one in ready {
        let whose = u64::from_be_bytes(
            *one.public_key_sha256
                .first_chunk()
                .context("a digest is longer")?,
        );
        let whose = whose.checked_rem(u64::try_from(people.len())?);
        let person = people.get(usize::try_from(whose.unwrap_or_default())?);
        let new = NewCertificate {
            issuer: model.issuer,
            serial: one.serial,
            person: person.copied(),
            application: None,
            profile: model.profile.clone(),
            purpose: model.purpose,
            keystore: model.keystore,
            channel: Channel::Administrator,
            public_key_sha256: one.public_key_sha256,
            to_be_signed: one.to_be_signed,
            shard: model.shard,
            not_before: model.not_before,
            not_after: model.not_after,
            created_at: scratch.made_at,
        };
        let id = unit.certificates().intend(&new)?;
        let digest = |octets: &[u8]| format!("sha256={}", hex::encode(&sha256(octets)));
        let tbs = digest(&new.to_be_signed);
        let detail = format!("profile={} tbs {tbs}", new.profile);
        audit(unit.as_mut(), &new, "certificate.intend", detail)?;
        unit.certificates().complete(id, &one.der, completed_at)?;
        audit(unit.as_mut(), &new, "certificate.issue", digest(&one.der))?;
    }
    unit.commit()?;
    Ok(())
}

fn audit(
    unit: &mut dyn UnitOfWork,
    new: &NewCertificate,
    action: &str,
    detail: String,
) -> anyhow::Result<()> {
    let event = AuditEvent {
        at: new.created_at,
        actor: Actor::System,
        action: action.to_owned(),
        object: certificate_object(new.issuer, &new.serial),
        detail,
        origin: String::new(),
    };
    unit.audit_log().append(&event)?;
    Ok(())
}
