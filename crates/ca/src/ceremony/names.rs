//! Names of authorities: status is looked up by them, so each has one of its own.

use tanba_model::ports::IssuerKind;
use tanba_pki::{Certificate, DistinguishedName};

use super::{CeremonyError, Room};
use crate::issuer::Issuer;

impl Room {
    /// Refuses the name of an authority of this installation in the certificate of a new one.
    pub(super) fn has_own_name(&self, name: &DistinguishedName) -> Result<(), CeremonyError> {
        let records = self.desk.storage.snapshot()?.issuers().all()?;
        for record in &records {
            let other = Issuer::closed(record.clone(), &records)?;
            if other.certificate.subject().is_same(name) {
                return Err(CeremonyError::Plan(format!(
                    "the new authority needs another name in its certificate than \"{}\" has, so that lists of both cannot be taken for each other",
                    other.name
                )));
            }
        }
        Ok(())
    }

    /// Refuses to cross-certify somebody who goes by the name of an authority of this installation, or such an authority
    /// itself: status is looked up by name, so that lists of the one would answer for certificates of the other. A root of
    /// this installation may be certified by another one of it.
    pub(super) fn has_foreign_name(&self, subject: &Certificate) -> Result<(), CeremonyError> {
        let records = self.desk.storage.snapshot()?.issuers().all()?;
        for record in &records {
            let own = Issuer::closed(record.clone(), &records)?;
            let is_that_root = record.issuer.kind == IssuerKind::Root
                && own
                    .certificate
                    .public_key()
                    .is_same_key(subject.public_key());
            if own.certificate.subject().is_same(subject.subject()) && !is_that_root {
                return Err(CeremonyError::Material(format!(
                    "the authority that is to be cross-certified has the same name in its certificate as \"{}\" of this installation, so that its lists would be taken for ours; nothing was signed",
                    own.name
                )));
            }
        }
        Ok(())
    }
}
