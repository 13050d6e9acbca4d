//! What no profile may say.

use tanba_crypto::{KeyAlgorithm, ObjectIdentifier};

use super::specification::{
    AttributeSpecification, ExtensionSpecification, PurposeName, Specification,
};
use super::validity::Validity;
use super::{ProfileError, Subject};
use crate::oid;

/// Years that a key of a person may live: algorithms, documents and names do not last longer.
const PERSONS_YEARS: u16 = 10;
/// The same of authorities and services; roots live longest.
const SERVICES_YEARS: u16 = 40;

impl ExtensionSpecification {
    /// Whether it says that documents are sealed with the key, and that it is for nothing else.
    fn is_of_seals(&self) -> bool {
        matches!(self, Self::ExtendedKeyUsage { allow, .. } if *allow == [oid::DOCUMENT_SIGNING])
    }
}

impl Specification {
    /// Whether key usage has something for RSA keys where none may be certified.
    fn has_usages_of_nobody(&self) -> bool {
        let mut keys = self.keys.iter().map(|key| key.algorithm());
        let named = |extension: &ExtensionSpecification| {
            matches!(extension, ExtensionSpecification::KeyUsage { allow_rsa, rsa_optional, .. }
                if allow_rsa.is_some() || *rsa_optional)
        };
        !keys.any(|key| matches!(key, KeyAlgorithm::Rsa { .. }))
            && self.extensions.iter().any(named)
    }

    /// Refuses what no certificate could satisfy; all of it at once, a sentence each.
    pub(super) fn check(&self) -> Result<(), ProfileError> {
        let faults = self.faults();
        if faults.is_empty() {
            return Ok(());
        }
        Err(ProfileError::Contradiction {
            name: self.name.clone(),
            reason: faults.join("; "),
        })
    }

    /// What no certificate could satisfy.
    pub(super) fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        let mut fault = |reason: &str| faults.push(reason.to_owned());
        if self.keys.is_empty() {
            fault("no kind of key is allowed");
        }
        if self.subject.is_empty() {
            fault("the subject has no name");
        }
        if self
            .subject
            .iter()
            .any(|attribute| !Subject::knows(&attribute.value))
        {
            fault("a part in braces of the subject's name is not one that subjects have");
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
            fault("an extension stands twice");
        }
        let years = match &self.validity {
            Validity::Person {
                file_years,
                token_years,
            } => [*file_years, *token_years],
            Validity::Service { years_at_most } => [*years_at_most, *years_at_most],
        };
        let most = match &self.validity {
            Validity::Person { .. } => PERSONS_YEARS,
            Validity::Service { .. } => SERVICES_YEARS,
        };
        if years.iter().any(|years| !(1..=most).contains(years)) {
            fault(&format!("a validity is not between 1 and {most} years"));
        }
        let authority = oids.contains(&oid::BASIC_CONSTRAINTS);
        if authority != (self.purpose == PurposeName::CertificationAuthority) {
            fault("basic constraints belong to authorities, and to them alone");
        }
        if self.foreign_subject && !authority {
            fault("only an authority's name may be taken over as it stands");
        }
        // That alone tells the seals under evidence from everybody else's keys.
        let person = matches!(self.validity, Validity::Person { .. });
        if person
            && self
                .extensions
                .iter()
                .any(ExtensionSpecification::is_of_seals)
        {
            fault(
                "document signing as the only extended key usage belongs to the authority's seals",
            );
        }
        let natural = |attribute: &AttributeSpecification| attribute.value.contains("{surname}");
        if !self.claims.is_empty() && !self.subject.iter().any(natural) {
            fault("only certificates of natural persons claim ETSI EN 319 412-1 and 412-2");
        }
        for claim in &self.claims {
            if let Some(clause) = claim.unknown_exception() {
                let standard = claim.standard.name();
                fault(&format!(
                    "{standard} has no clause {clause} that certificates are read against"
                ));
            }
        }
        if self.has_usages_of_nobody() {
            fault("key usage has something for RSA keys, and none may be certified");
        }
        if !oids.contains(&oid::KEY_USAGE) || !oids.contains(&oid::SUBJECT_KEY_IDENTIFIER) {
            fault("key usage and subject key identifier must be there");
        }
        faults
    }
}
