//! Whether a person is still who her keys say: nobody else looks at her between the keys of before and the new ones.

use tanba_model::application::Application;
use tanba_model::document::ApplicationDocument;
use tanba_model::person::Person;
use tanba_model::ports::{PersonFacts, Session, StorageError, UnitOfWork};
use tanba_pki::{Certificate, DistinguishedName};

use crate::RegistrationAuthority;
use crate::codes;
use crate::error::StepError;
use crate::first::{Register, TableRegister, same_name, same_person};

impl RegistrationAuthority {
    /// Asks the register about the person of a session. Not to be called inside of a unit of work: it may take seconds.
    ///
    /// A register that does not answer, or does not know the number, holds nobody up whose keys count: she was identified
    /// when she got them.
    ///
    /// # Errors
    /// [`StepError::Died`] and [`StepError::DataChanged`].
    pub(super) fn ask_register(&self, session: &Session) -> Result<(), StepError> {
        let person = self
            .storage
            .snapshot()?
            .persons()
            .find(session.person)?
            .ok_or(StepError::NotFound)?;
        if self.register().name() == TableRegister::NAME {
            // The records are the register: each step reads them itself.
            return Ok(());
        }
        match self.compare_with_register(&person) {
            Register::Dead => Err(StepError::Died),
            Register::Renamed(_) => Err(StepError::DataChanged),
            Register::Agrees | Register::Unknown | Register::Ambiguous | Register::Unavailable => {
                Ok(())
            }
        }
    }
}

/// Whether the records say that the person died.
pub(super) fn alive(work: &mut dyn UnitOfWork, person: &Person) -> Result<(), StepError> {
    match work.persons().source(person.id)? {
        Some((_, true)) => Err(StepError::Died),
        Some((_, false)) | None => Ok(()),
    }
}

/// Whether a certificate of the person names her as the records do.
pub(super) fn named_by(certificate: &[u8], person: &Person) -> Result<(), StepError> {
    let parsed = Certificate::from_der(certificate)
        .map_err(|_| StorageError::Damaged(format!("a certificate of person {}", person.id)))?;
    if is_named(parsed.subject(), &facts(person)) {
        Ok(())
    } else {
        Err(StepError::DataChanged)
    }
}

/// Why an application must not be issued any more: its person died, or is named otherwise than in what she signed, or its record
/// says something else than that.
pub(super) fn refused_for(
    work: &mut dyn UnitOfWork,
    application: &Application,
    person: &Person,
) -> Result<Option<&'static str>, StorageError> {
    if matches!(work.persons().source(person.id)?, Some((_, true))) {
        return Ok(Some(codes::PERSON_DIED));
    }
    let signed = application.signed.as_ref().map(|signed| &signed.document);
    let first = application.first.as_ref().map(|first| &first.document);
    // What waits to be issued was signed: where nothing is there, somebody took it away.
    let Some(bytes) = signed.or(first) else {
        return Ok(Some(codes::RECORD_DIFFERS));
    };
    let document = ApplicationDocument::from_bytes(bytes)
        .map_err(|_| StorageError::Damaged(format!("application {}: document", application.id)))?;
    // Certificates are made of the record; whoever writes to the database can change it after the signature.
    if !document.is_of(application) {
        return Ok(Some(codes::RECORD_DIFFERS));
    }
    let applicant = &document.applicant;
    if applicant.iin != person.iin.as_str() {
        return Ok(Some(codes::RECORD_DIFFERS));
    }
    let (applied, recorded) = (applicant.facts(), facts(person));
    // Of first keys an operator compared the names with register and records, and blanks and capitals do not matter to her.
    let same = applied == recorded || (signed.is_none() && same_person(&applied, &recorded));
    Ok((!same).then_some(codes::DATA_CHANGED))
}

fn facts(person: &Person) -> PersonFacts {
    PersonFacts {
        surname: person.surname.clone(),
        given_name: person.given_name.clone(),
        patronymic: person.patronymic.clone(),
    }
}

/// Whether a subject names a person. Profiles differ in where the given name and the patronymic stand: the common name
/// begins with the surname and goes on with the given name, and `givenName` is either of the two (in Kazakhstan the patronymic).
#[must_use]
pub fn is_named(subject: &DistinguishedName, person: &PersonFacts) -> bool {
    let patronymic = person.patronymic.as_deref().unwrap_or_default();
    let PersonFacts {
        surname,
        given_name,
        ..
    } = person;
    let common_names = [
        format!("{surname} {given_name}"),
        format!("{surname} {given_name} {patronymic}"),
        format!("{given_name} {surname}"),
        format!("{given_name} {patronymic} {surname}"),
    ];
    let given_names = [
        given_name.clone(),
        patronymic.to_owned(),
        format!("{given_name} {patronymic}"),
    ];
    let one_of = |text: &Option<String>, names: &[String]| {
        text.as_ref()
            .is_none_or(|text| names.iter().any(|name| same_name(text, name)))
    };
    one_of(&subject.surname(), std::slice::from_ref(surname))
        && one_of(&subject.common_name(), &common_names)
        && one_of(&subject.given_name(), &given_names)
}

#[cfg(test)]
mod tests {
    use tanba_pki::{DistinguishedNameBuilder, StringKind, oid};

    use super::*;

    fn person(surname: &str, given_name: &str, patronymic: Option<&str>) -> PersonFacts {
        PersonFacts {
            surname: surname.to_owned(),
            given_name: given_name.to_owned(),
            patronymic: patronymic.map(str::to_owned),
        }
    }

    fn subject(common_name: &str, surname: &str, given_name: Option<&str>) -> DistinguishedName {
        let mut name = DistinguishedNameBuilder::new()
            .push(oid::COMMON_NAME, StringKind::Utf8, common_name)
            .push(oid::SURNAME, StringKind::Utf8, surname);
        if let Some(given_name) = given_name {
            name = name.push(oid::GIVEN_NAME, StringKind::Utf8, given_name);
        }
        name.build().unwrap()
    }

    #[test]
    fn a_name_is_found_in_the_certificates_of_either_country() {
        let one = person("СЕРІКҚЫЗЫ", "ӘЙГЕРІМ", Some("МАРАТҚЫЗЫ"));
        for name in [
            subject("СЕРІКҚЫЗЫ ӘЙГЕРІМ", "СЕРІКҚЫЗЫ", Some("МАРАТҚЫЗЫ")),
            subject("Серікқызы Әйгерім", "Серікқызы", Some("Әйгерім")),
            subject("СЕРІКҚЫЗЫ ӘЙГЕРІМ", "СЕРІКҚЫЗЫ", None),
        ] {
            assert!(is_named(&name, &one), "{}", name.rfc4514());
        }
    }

    #[test]
    fn whoever_took_another_name_is_not() {
        let name = subject("СЕРІКҚЫЗЫ ӘЙГЕРІМ", "СЕРІКҚЫЗЫ", Some("МАРАТҚЫЗЫ"));
        for other in [
            person("ӘБІШЕВА", "ӘЙГЕРІМ", Some("МАРАТҚЫЗЫ")),
            person("СЕРІКҚЫЗЫ", "АЙША", Some("МАРАТҚЫЗЫ")),
            person("СЕРІКҚЫЗЫ", "ӘЙГЕРІМ", Some("БОЛАТҚЫЗЫ")),
            person("СЕРІКҚЫЗЫ", "ӘЙГЕРІМ", None),
        ] {
            assert!(!is_named(&name, &other), "{}", other.given_name);
        }
    }
}
