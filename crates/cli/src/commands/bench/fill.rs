//! Certificates that are there already: as large and as many as after years, made without signing.

use std::time::Duration;

use anyhow::Context as _;
use tanba_crypto::KeyAlgorithm;
use tanba_model::certificate::{Channel, NewCertificate};
use tanba_model::keystore_kind::KeystoreKind;
use tanba_model::ports::{Issuance as _, SourceRng, Storage as _};
use tanba_pki::{Purpose, SerialNumber};

use super::person;
use super::scratch::Scratch;
use crate::context::Context;

/// Rows in one commit.
const BATCH: u64 = 10_000;

/// Fills the database of a measurement. Each row has its own serial number and key, and the size of a real one.
pub(super) fn fill(scratch: &Scratch, count: u64, context: &Context) -> anyhow::Result<()> {
    if count == 0 {
        return Ok(());
    }
    let random = context.random();
    let person = person::enter(scratch)?;
    let key =
        tanba_crypto::SoftwareKey::generate(KeyAlgorithm::EcP256, &mut SourceRng(random.as_ref()))?;
    let order = person::single_order(person, &key)?;
    let issued = scratch.authority.issue(&[order], scratch.made_at)?;
    let model = issued.into_iter().next().context("nothing was issued")?;
    let der = model.der.context("nothing was issued")?;
    let mut left = count;
    while left > 0 {
        context.progress(format!("{left} certificates to be stored"));
        let batch = left.min(BATCH);
        let mut unit = scratch.storage.begin()?;
        for _ in 0..batch {
            let serial = SerialNumber::random(&mut SourceRng(random.as_ref()));
            let mut public_key_sha256 = [0; 32];
            random.fill(&mut public_key_sha256);
            let id = unit.certificates().intend(&NewCertificate {
                issuer: model.issuer,
                serial,
                person: Some(person),
                application: None,
                profile: model.profile.clone(),
                purpose: Purpose::Signature,
                keystore: Some(KeystoreKind::PersonalComputer),
                channel: Channel::Administrator,
                public_key_sha256,
                to_be_signed: model.to_be_signed.clone(),
                shard: model.shard,
                not_before: model.not_before,
                not_after: model.not_after,
                created_at: scratch.made_at,
            })?;
            unit.certificates()
                .complete(id, &der, scratch.made_at.plus(Duration::from_secs(1)))?;
        }
        unit.commit()?;
        left = left.saturating_sub(batch);
    }
    Ok(())
}
