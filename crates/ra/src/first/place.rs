//! Where the applicant will appear, and where her keys will live.

use tanba_model::keystore_kind::KeystoreKind;
use tanba_pki::Timestamp;

use super::step::{FirstError, FirstStep, evidence, open, require};
use crate::RegistrationAuthority;
use crate::token::FirstSecret;

impl RegistrationAuthority {
    /// Takes region and settlement; another place forgets the registration centre.
    ///
    /// # Errors
    /// [`FirstError::Place`] when it is not of the list.
    pub fn choose_place(
        &self,
        secret: &FirstSecret,
        region: &str,
        settlement: &str,
        now: Timestamp,
    ) -> Result<(), FirstError> {
        if self.gazetteer.find(region, settlement).is_none() {
            return Err(FirstError::Place);
        }
        let mut work = self.storage.begin()?;
        let mut intake = open(work.as_mut(), secret, now)?;
        require(&intake, FirstStep::Place)?;
        let content = &mut intake.content;
        let same = content.region.as_deref() == Some(region)
            && content.settlement.as_deref() == Some(settlement);
        if !same {
            content.region = Some(region.to_owned());
            content.settlement = Some(settlement.to_owned());
            content.centre = None;
            content.keys.clear();
        }
        work.intakes().update(&mut intake)?;
        evidence(&intake, "first.place", "").record(work.as_mut(), now)?;
        Ok(work.commit()?)
    }

    /// Takes the registration centre and the keystore.
    ///
    /// # Errors
    /// [`FirstError::Centre`], [`FirstError::Keystore`], [`FirstError::KeystoreNeedsAgent`].
    pub fn choose_centre(
        &self,
        secret: &FirstSecret,
        centre: &str,
        keystore: &str,
        now: Timestamp,
    ) -> Result<(), FirstError> {
        let keystore = KeystoreKind::from_identifier(keystore).ok_or(FirstError::Keystore)?;
        if !self.config.keystores().contains(&keystore) {
            return Err(FirstError::KeystoreNeedsAgent);
        }
        let mut work = self.storage.begin()?;
        let mut intake = open(work.as_mut(), secret, now)?;
        require(&intake, FirstStep::Centre)?;
        let content = &mut intake.content;
        let place = (content.region.as_deref(), content.settlement.as_deref());
        let (Some(region), Some(settlement)) = place else {
            return Err(FirstError::Incomplete(FirstStep::Place));
        };
        if !self.is_centre_of(region, settlement, centre) {
            return Err(FirstError::Centre);
        }
        let identifier = keystore.identifier();
        let same = content.centre.as_deref() == Some(centre)
            && content.keystore.as_deref() == Some(identifier);
        if !same {
            content.centre = Some(centre.to_owned());
            content.keystore = Some(identifier.to_owned());
            content.keys.clear();
        }
        // The browser keeps the keys that it makes next under this number.
        if intake.number.is_none() {
            intake.number = Some(self.free_number(work.as_mut())?);
        }
        work.intakes().update(&mut intake)?;
        evidence(&intake, "first.centre", "").record(work.as_mut(), now)?;
        Ok(work.commit()?)
    }

    /// Whether somebody from that place may appear at that centre.
    fn is_centre_of(&self, region: &str, settlement: &str, centre: &str) -> bool {
        let near = self.centres.near(region, settlement);
        near.iter().any(|near| near.code == centre)
    }
}
