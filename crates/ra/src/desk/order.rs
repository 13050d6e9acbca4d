//! Orders of administrators: prepared, read, signed and done, as decisions are.

use tanba_crypto::sha256;
use tanba_model::administration::{
    AdministrationDocument, AdministrativeAct, IssuanceScope, NewAdministration, SCHEMA,
};
use tanba_model::audit::Actor;
use tanba_model::ports::{AuthorityConsole, StorageError, SwitchError};
use tanba_model::staff::Right;
use tanba_pki::Timestamp;

use super::sign::redeem;
use super::{Clerk, DeskError, note};
use crate::RegistrationAuthority;
use crate::evidence::Evidence;
use crate::signature::Signature;
use crate::token::hex;

/// An order that was carried out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ordered {
    /// What.
    pub act: AdministrativeAct,
    /// What it concerns.
    pub scope: IssuanceScope,
}

impl RegistrationAuthority {
    /// Makes the document of an order to stop or to start issuance. It is tried first, so that nobody signs what cannot be
    /// done.
    ///
    /// # Errors
    /// [`DeskError`] by what helps.
    pub fn prepare_order(
        &self,
        clerk: &Clerk,
        act: &str,
        object: &str,
        reason: &str,
        now: Timestamp,
    ) -> Result<Vec<u8>, DeskError> {
        if !clerk.may(Right::Administer) {
            return Err(DeskError::Forbidden);
        }
        let act = AdministrativeAct::from_name(act).ok_or(DeskError::Change)?;
        let scope = IssuanceScope::from_object(object).ok_or(DeskError::Change)?;
        let reason = note(reason)?;
        if reason.is_empty() {
            return Err(DeskError::OrderReason);
        }
        let document = AdministrationDocument {
            schema: SCHEMA.to_owned(),
            origin: self.config.origin().to_owned(),
            nonce: crate::token::random_hex(&mut self.random()),
            created: now,
            administrator: self.applicant(&clerk.person),
            role: clerk.role().name().to_owned(),
            act: act.name().to_owned(),
            object: scope.object(),
            reason,
        };
        let actor = Actor::Staff(clerk.member.id);
        let mut trial = self.storage.begin()?;
        self.switches()?
            .switch(trial.as_mut(), act, &scope, &document.reason, &actor, now)
            .map_err(switch_fault)?;
        drop(trial);
        let bytes = document
            .to_bytes()
            .map_err(|_| StorageError::Damaged("an order".to_owned()))?;
        self.offer_bytes(&bytes, clerk, now)?;
        Ok(bytes)
    }

    /// Takes the signature of an administrator under a prepared order and carries it out: CMS signed data with the document
    /// inside, by her own key of staff, whose certificate counts at this moment and allows to administer.
    ///
    /// Change, evidence and audit events are one unit of work.
    ///
    /// # Errors
    /// [`DeskError`] by what helps; then nothing changed.
    pub fn sign_order(
        &self,
        clerk: &Clerk,
        message: &[u8],
        now: Timestamp,
    ) -> Result<Ordered, DeskError> {
        let signature = Signature::read(message, now)?;
        let signer = self.signer_of(clerk, &signature, Right::Administer, now)?;
        let document = AdministrationDocument::from_bytes(&signature.content)
            .map_err(|_| DeskError::NotPrepared)?;
        let (Some(act), Some(scope)) = (document.act(), document.scope()) else {
            return Err(DeskError::NotPrepared);
        };
        let actor = Actor::Staff(clerk.member.id);
        let mut work = self.storage.begin()?;
        redeem(work.as_mut(), &signature.content, clerk, now)?;
        self.switches()?
            .switch(work.as_mut(), act, &scope, &document.reason, &actor, now)
            .map_err(switch_fault)?;
        let object = scope.object();
        let _ = work.decisions().insert_administration(&NewAdministration {
            staff: clerk.member.id,
            act,
            object: object.clone(),
            at: now,
            signer: signer.id,
            document: signature.content.clone(),
            signature: message.to_vec(),
        })?;
        let evidence = Evidence {
            actor,
            action: "administration.sign",
            object,
            detail: &hex(&sha256(&signature.content)),
        };
        evidence.record(work.as_mut(), now)?;
        work.commit()?;
        tracing::warn!(
            issuer = scope.issuer,
            profile = scope.profile,
            act = act.name(),
            "ordered at the desk"
        );
        Ok(Ordered { act, scope })
    }

    fn switches(&self) -> Result<&dyn AuthorityConsole, DeskError> {
        self.console.as_deref().ok_or(DeskError::Change)
    }
}

fn switch_fault(error: SwitchError) -> DeskError {
    match error {
        SwitchError::NoIssuer(_) | SwitchError::Root(_) | SwitchError::NoProfile(_) => {
            DeskError::Change
        }
        SwitchError::NoReason => DeskError::OrderReason,
        SwitchError::Personal => DeskError::Personal,
        SwitchError::Stopped | SwitchError::NotStopped => DeskError::NothingToDo,
        SwitchError::Storage(error) => error.into(),
    }
}
