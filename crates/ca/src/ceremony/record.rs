//! The signature under a transcript, and the evidence that the ceremony has ended.

use std::sync::Arc;

use tanba_crypto::{KeyAlgorithm, SoftwareKey};
use tanba_model::audit::Actor;
use tanba_model::ports::SourceRng;
use tanba_pki::cms::{self, SignOptions};
use tanba_pki::{Certificate, Timestamp, hex};

use super::plan::Plan;
use super::{CeremonyError, Room};
use crate::draft::{Contents, Holder, refusal};
use crate::error::AuthorityError;
use crate::issuer::Issuer;
use crate::key_vault::KeyVaultError;
use crate::names;

const PROFILE: &str = "ceremony-record";
const NAME: &str = "CEREMONY RECORD";

impl Room {
    /// Signs the transcript: CMS, detached, CAdES-BES. The key is made for this one signature, certified by the authority
    /// of the ceremony, and gone afterwards: what signs certificates signs nothing else.
    ///
    /// # Errors
    /// [`CeremonyError`].
    pub fn sign_transcript(
        &self,
        plan: &Plan,
        document: &[u8],
        actor: &Actor,
        now: Timestamp,
    ) -> Result<Vec<u8>, CeremonyError> {
        let issuer = self.issuer(plan.act.issuer())?;
        let key = self.record_key(&issuer)?;
        let profile = self.desk.profile(PROFILE)?;
        let name = profile
            .subject_name(&names::helper(NAME, &issuer.certificate))
            .map_err(|error| refusal(&error))?;
        let contents = Contents {
            profile,
            name: &name,
            public_key: tanba_crypto::Signer::public_key(&key),
            email: None,
            keystore: None,
            not_before: now,
            not_after: profile
                .not_after(now, None)
                .min(issuer.certificate.not_after()),
        };
        let draft = self
            .desk
            .compose(&issuer, &contents, &Holder::AUTHORITY, now)?;
        let der = self.certify(&issuer, draft, actor, now)?;
        let damaged = |_| AuthorityError::DamagedIssuer {
            name: NAME.to_owned(),
        };
        let certificate = Certificate::from_der(&der).map_err(damaged)?;
        let chain: Vec<Certificate> = if issuer.certificate.is_self_issued() {
            Vec::new()
        } else {
            vec![issuer.certificate.clone()]
        };
        let options = SignOptions {
            chain: &chain,
            signing_time: Some(now),
            detached: true,
            ..SignOptions::new(&certificate)
        };
        let signature = cms::sign(document, &key, &options)
            .map_err(|_| AuthorityError::Signer(tanba_crypto::SignError::Failed))?;
        let detail = format!(
            "transcript sha256={}",
            hex::encode(&tanba_crypto::sha256(document))
        );
        self.note(plan, "ceremony.end", detail, actor, now)?;
        Ok(signature)
    }

    fn record_key(&self, issuer: &Arc<Issuer>) -> Result<SoftwareKey, CeremonyError> {
        let algorithm = match issuer.certificate.public_key().algorithm() {
            Ok(KeyAlgorithm::EcP256 | KeyAlgorithm::EcP384) => KeyAlgorithm::EcP256,
            Ok(KeyAlgorithm::Ed25519) => KeyAlgorithm::Ed25519,
            Ok(KeyAlgorithm::MlDsa44 | KeyAlgorithm::MlDsa65) => KeyAlgorithm::MlDsa44,
            _ => KeyAlgorithm::Rsa { bits: 2048 },
        };
        let made = SoftwareKey::generate(algorithm, &mut SourceRng(self.desk.random.as_ref()));
        made.map_err(|source| {
            CeremonyError::Authority(AuthorityError::Key {
                issuer: issuer.name.clone(),
                source: KeyVaultError::Key(source),
            })
        })
    }
}
