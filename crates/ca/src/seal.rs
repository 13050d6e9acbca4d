//! The seal of an issuing authority: what it says to people and auditors carries a signature that they can check.
//!
//! A key of its own, with a certificate for signing documents: the key that signs certificates signs nothing else.

use std::sync::Arc;
use std::time::Duration;

use tanba_crypto::Signer;
use tanba_model::audit::Actor;
use tanba_pki::cms::{self, CmsError, SignOptions};
use tanba_pki::{Certificate, SerialNumber, Timestamp};

use crate::desk::{Desk, audit};
use crate::error::AuthorityError;
use crate::fitness::unfit;
use crate::helper::Purpose;
use crate::issuer::Issuer;

/// By which profile its certificate is made.
const PROFILE: &str = "document-seal";
/// How long the certificate of a seal lives; it is renewed at half of it. What was sealed is checked for long.
const LIFE: Duration = Duration::from_secs(2 * 365 * 24 * 60 * 60);

/// A key that seals documents, with its certificate and those above it.
#[derive(Clone, Debug)]
pub struct Seal {
    /// Its certificate.
    pub certificate: Certificate,
    /// The certificates above, without the root.
    pub chain: Vec<Certificate>,
    /// Its key.
    pub signer: Arc<dyn Signer>,
}

impl Seal {
    /// A detached signature over `content`: CMS SignedData, CAdES-BES (ETSI EN 319 122-1), with the certificates.
    ///
    /// # Errors
    /// [`CmsError::Sign`] when the key does not sign.
    pub fn sign(&self, content: &[u8], now: Timestamp) -> Result<Vec<u8>, CmsError> {
        let options = SignOptions {
            chain: &self.chain,
            signing_time: Some(now),
            detached: true,
            ..SignOptions::new(&self.certificate)
        };
        cms::sign(content, self.signer.as_ref(), &options)
    }
}

impl Desk {
    /// Gives an issuer a new seal when it has none, one past half its life, or one that was revoked.
    #[tracing::instrument(name = "ca.renew_seal", skip_all)]
    pub(crate) fn renew_seal(
        &self,
        issuer: &Arc<Issuer>,
        now: Timestamp,
    ) -> Result<Option<SerialNumber>, AuthorityError> {
        if let Some(seal) = issuer.seal()
            && !seal.is_due(now)
            && self.counts(issuer, &seal)?
        {
            return Ok(None);
        }
        // Nobody would believe the seal of an authority that counts no more.
        if unfit(self.storage.snapshot()?.as_mut(), issuer, PROFILE, now)?.is_some() {
            return Ok(None);
        }
        let purpose = Purpose {
            profile: PROFILE,
            name: "DOCUMENT SEAL",
            life: LIFE,
        };
        let made = self.make_helper(issuer, &purpose, now)?;
        let serial = made.helper.serial;
        let mut unit = self.storage.begin()?;
        unit.issuers()
            .set_seal(issuer.id, &made.helper.certificate, &made.stored_key)?;
        let object = format!("issuer:{}", issuer.id);
        let detail = format!("serial={serial}");
        audit(
            unit.as_mut(),
            &Actor::System,
            "issuer.seal",
            object,
            detail,
            now,
        )?;
        unit.commit()?;
        let replaced = issuer.replace_seal(made.helper);
        self.retire(issuer, replaced);
        Ok(Some(serial))
    }
}
