//! Rows of certificates that are there already, as large as real ones, made without signing.

use std::time::Duration;

use anyhow::Context as _;
use tanba_crypto::SoftwareKey;
use tanba_model::certificate::{CertificateRecord, Channel, NewCertificate};
use tanba_model::keystore_kind::KeystoreKind;
use tanba_model::ports::{Issuance as _, SourceRng, Storage as _};
use tanba_pki::{Purpose, SerialNumber};

use super::person;
use super::scratch::Scratch;
use crate::context::Context;

/// Rows in one commit.
const BATCH: u64 = 10_000;

/// A certificate for this key, after which others are made.
pub(super) fn model(scratch: &Scratch, key: &SoftwareKey) -> anyhow::Result<CertificateRecord> {
    let person = person::enter(scratch)?;
    let order = person::single_order(person, key)?;
    let issued = scratch.authority.issue(&[order], scratch.made_at)?;
    issued.into_iter().next().context("nothing was issued")
}

/// Rows that are like another, each with a serial number and a digest of a key of its own.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rows<'a> {
    pub(super) count: u64,
    pub(super) model: &'a CertificateRecord,
}

impl Rows<'_> {
    /// Writes them; `change` may put something else into the recorded bytes of each.
    pub(super) fn write(
        &self,
        scratch: &Scratch,
        context: &Context,
        change: &mut dyn FnMut(&mut [u8]),
    ) -> anyhow::Result<()> {
        let random = context.random();
        let model = self.model;
        let der = model.der.as_deref().context("nothing was issued")?;
        let completed_at = scratch.made_at.plus(Duration::from_secs(1));
        let mut left = self.count;
        while left > 0 {
            context.progress(format!("{left} certificates to be stored"));
            let batch = left.min(BATCH);
            let mut unit = scratch.storage.begin()?;
            for _ in 0..batch {
                let serial = SerialNumber::random(&mut SourceRng(random.as_ref()));
                let mut public_key_sha256 = [0; 32];
                random.fill(&mut public_key_sha256);
                let mut to_be_signed = model.to_be_signed.clone();
                change(&mut to_be_signed);
                let id = unit.certificates().intend(&NewCertificate {
                    issuer: model.issuer,
                    serial,
                    person: model.person,
                    application: None,
                    profile: model.profile.clone(),
                    purpose: Purpose::Signature,
                    keystore: Some(KeystoreKind::PersonalComputer),
                    channel: Channel::Administrator,
                    public_key_sha256,
                    to_be_signed,
                    shard: model.shard,
                    not_before: model.not_before,
                    not_after: model.not_after,
                    created_at: scratch.made_at,
                })?;
                unit.certificates().complete(id, der, completed_at)?;
            }
            unit.commit()?;
            left = left.saturating_sub(batch);
        }
        Ok(())
    }
}
