//! What no profile may say.

use tanba_crypto::ObjectIdentifier;

use super::specification::{
    AttributeSpecification, ExtensionSpecification, PurposeName, Specification, Validity,
};
use super::{ProfileError, Subject};
use crate::oid;

impl ExtensionSpecification {
    /// Whether it says that documents are sealed with the key, and that it is for nothing else.
    fn is_of_seals(&self) -> bool {
        matches!(self, Self::ExtendedKeyUsage { allow, .. } if *allow == [oid::DOCUMENT_SIGNING])
    }
}

impl Specification {
    /// Refuses what no certificate could satisfy.
    pub(super) fn check(&self) -> Result<(), ProfileError> {
        let fault = |reason: &str| {
            Err(ProfileError::Contradiction {
                name: self.name.clone(),
                reason: reason.to_owned(),
            })
        };
        if self.keys.is_empty() {
            return fault("no kind of key is allowed");
        }
        if self.subject.is_empty() {
            return fault("the subject has no name");
        }
        if self
            .subject
            .iter()
            .any(|attribute| !Subject::knows(&attribute.value))
        {
            return fault("a part in braces of the subject's name is not one that subjects have");
        }
        let oids: Vec<ObjectIdentifier> = self
            .extensions
            .iter()
            .map(ExtensionSpecification::oid)
            .collect();
        if oids
            .iter()
            .enumerate()
            .any(|(index, oid)| oids.iter().skip(index + 1).any(|other| other == oid))
        {
            return fault("an extension stands twice");
        }
        let years = match &self.validity {
            Validity::Person {
                file_years,
                token_years,
            } => [*file_years, *token_years],
            Validity::Service { years_at_most } => [*years_at_most, *years_at_most],
        };
        if years.iter().any(|years| !(1..=100).contains(years)) {
            return fault("a validity is not between 1 and 100 years");
        }
        let authority = oids.contains(&oid::BASIC_CONSTRAINTS);
        if authority != (self.purpose == PurposeName::CertificationAuthority) {
            return fault("basic constraints belong to authorities, and to them alone");
        }
        // That alone tells the seals under evidence from everybody else's keys.
        let person = matches!(self.validity, Validity::Person { .. });
        if person
            && self
                .extensions
                .iter()
                .any(ExtensionSpecification::is_of_seals)
        {
            return fault(
                "document signing as the only extended key usage belongs to the authority's seals",
            );
        }
        let natural = |attribute: &AttributeSpecification| attribute.value.contains("{surname}");
        if !self.claims.is_empty() && !self.subject.iter().any(natural) {
            return fault("only certificates of natural persons claim ETSI EN 319 412-1 and 412-2");
        }
        for claim in &self.claims {
            if let Some(clause) = claim.unknown_exception() {
                let standard = claim.standard.name();
                return fault(&format!(
                    "{standard} has no clause {clause} that certificates are read against"
                ));
            }
        }
        if !oids.contains(&oid::KEY_USAGE) || !oids.contains(&oid::SUBJECT_KEY_IDENTIFIER) {
            return fault("key usage and subject key identifier must be there");
        }
        Ok(())
    }
}
