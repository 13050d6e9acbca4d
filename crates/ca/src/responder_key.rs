//! Delegated OCSP responders: a key and a short-lived certificate, renewed before it ends.

use std::sync::Arc;

use tanba_model::audit::Actor;
use tanba_pki::{SerialNumber, Timestamp};

use crate::desk::{Desk, audit};
use crate::error::AuthorityError;
use crate::fitness::{RESPONDER, unfit};
use crate::helper::Purpose;
use crate::issuer::Issuer;
use crate::rules::Rules;

impl Desk {
    /// Gives an issuer a new responder when it has none, one whose certificate is past half its life, or one that was revoked.
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
        if let Some(responder) = issuer.responder()
            && !responder.is_due(now)
            && self.counts(issuer, &responder)?
        {
            return Ok(None);
        }
        // After the end of an authority nothing that it issued counts, so nobody asks.
        if unfit(self.storage.snapshot()?.as_mut(), issuer, RESPONDER, now)?.is_some() {
            return Ok(None);
        }
        let purpose = Purpose {
            profile: RESPONDER,
            name: "OCSP RESPONDER",
            life: rules.responder_life,
        };
        let made = self.make_helper(issuer, &purpose, now)?;
        let serial = made.helper.serial;
        let mut unit = self.storage.begin()?;
        unit.issuers()
            .set_responder(issuer.id, &made.helper.certificate, &made.stored_key)?;
        let object = format!("issuer:{}", issuer.id);
        let detail = format!("serial={serial}");
        audit(
            unit.as_mut(),
            &Actor::System,
            "issuer.responder",
            object,
            detail,
            now,
        )?;
        unit.commit()?;
        let replaced = issuer.replace_responder(made.helper);
        self.retire(issuer, replaced);
        Ok(Some(serial))
    }
}
