//! Delegated OCSP responders: a key and a short-lived certificate, renewed before it ends.

use std::sync::Arc;

use tanba_crypto::KeyAlgorithm;
use tanba_model::audit::Actor;
use tanba_model::ports::StorageError;
use tanba_pki::{SerialNumber, Timestamp};

use crate::desk::{Desk, audit};
use crate::draft::{Contents, Holder, refusal};
use crate::error::AuthorityError;
use crate::issuer::{Issuer, Responder};
use crate::names;
use crate::rules::Rules;

/// The profile of responder certificates.
const PROFILE: &str = "ocsp-responder";

impl Desk {
    /// Gives an issuer a new responder when it has none, or one whose certificate is past half its life.
    ///
    /// The certificate carries id-pkix-ocsp-nocheck (RFC 6960, 4.2.2.2.1): nobody can ask whether it was revoked, so it
    /// lives shortly, and each has a key of its own.
    #[tracing::instrument(name = "ca.renew_responder", skip_all)]
    pub(crate) fn renew_responder(
        &self,
        issuer: &Arc<Issuer>,
        rules: &Rules,
        now: Timestamp,
    ) -> Result<Option<SerialNumber>, AuthorityError> {
        if issuer
            .responder()
            .is_some_and(|responder| !is_due(&responder, now))
        {
            return Ok(None);
        }
        let algorithm = match issuer.certificate.public_key().algorithm() {
            Ok(KeyAlgorithm::EcP256 | KeyAlgorithm::EcP384) => KeyAlgorithm::EcP256,
            _ => KeyAlgorithm::Rsa { bits: 2048 },
        };
        let (stored_key, signer) = self
            .chest
            .make_key(algorithm, self.random.as_ref())
            .map_err(|source| AuthorityError::Key {
                issuer: issuer.name.clone(),
                source,
            })?;
        let profile = self.profile(PROFILE)?;
        let name = profile
            .subject_name(&names::responder(&issuer.certificate))
            .map_err(|error| refusal(&error))?;
        let contents = Contents {
            profile,
            name: &name,
            public_key: signer.public_key(),
            email: None,
            keystore: None,
            not_before: now,
            not_after: now
                .plus(rules.responder_life)
                .min(issuer.certificate.not_after()),
        };
        let draft = self.compose(issuer, &contents, &Holder::AUTHORITY, now)?;
        let prepared = self.record(self.storage.begin()?, vec![draft], &Actor::System, now)?;
        let record = prepared
            .issue(now)?
            .into_iter()
            .next()
            .ok_or(StorageError::Conflict)?;
        let der = record.der.as_deref().ok_or(StorageError::Conflict)?;
        let responder = Responder::new(der, signer)?;
        let mut unit = self.storage.begin()?;
        unit.issuers().set_responder(issuer.id, der, &stored_key)?;
        let detail = format!("serial={}", record.serial);
        audit(
            unit.as_mut(),
            &Actor::System,
            "issuer.responder",
            format!("issuer:{}", issuer.id),
            detail,
            now,
        )?;
        unit.commit()?;
        issuer.replace_responder(responder);
        Ok(Some(record.serial))
    }
}

fn is_due(responder: &Responder, now: Timestamp) -> bool {
    let life = responder.not_after.since(responder.not_before);
    now >= responder.not_before.plus(life / 2) || now < responder.not_before
}
