//! Whose certificate: from a person's data to a name.

use super::{Profile, ProfileError};
use crate::{DistinguishedName, DistinguishedNameBuilder};

/// Whom a certificate names. What is empty is not given; the profile says what it needs.
///
/// Has no content in its `Debug`: these are personal data.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Subject {
    /// Surname.
    pub surname: String,
    /// Given name.
    pub given_name: String,
    /// Patronymic, when the person has one.
    pub patronymic: Option<String>,
    /// Individual identification number, twelve digits.
    pub iin: String,
    /// Country, two letters.
    pub country: String,
    /// Organization, for its people, authorities and services.
    pub organization: Option<String>,
    /// The organization's business identification number, twelve digits.
    pub bin: Option<String>,
    /// The name of an authority or a service.
    pub common_name: Option<String>,
}

impl Subject {
    /// An authority or a service of an organization.
    #[must_use]
    pub fn service(common_name: &str, organization: Option<&str>, country: &str) -> Self {
        Self {
            common_name: Some(common_name.to_owned()),
            organization: organization.map(str::to_owned),
            country: country.to_owned(),
            ..Self::default()
        }
    }

    /// Whether every part in braces is one that subjects have.
    pub(super) fn knows(template: &str) -> bool {
        let all = Self {
            surname: "x".into(),
            given_name: "x".into(),
            patronymic: Some("x".into()),
            iin: "x".into(),
            country: "x".into(),
            organization: Some("x".into()),
            bin: Some("x".into()),
            common_name: Some("x".into()),
        };
        all.fill(template).is_ok()
    }

    fn part(&self, name: &str) -> Option<&str> {
        let text = match name {
            "surname" => self.surname.as_str(),
            "given-name" => self.given_name.as_str(),
            "patronymic" => self.patronymic.as_deref()?,
            "iin" => self.iin.as_str(),
            "country" => self.country.as_str(),
            "organization" => self.organization.as_deref()?,
            "bin" => self.bin.as_deref()?,
            "common-name" => self.common_name.as_deref()?,
            _ => return None,
        };
        let text = text.trim();
        (!text.is_empty()).then_some(text)
    }

    /// Puts the parts into a template; the error is the name of the part that is not there.
    fn fill(&self, template: &str) -> Result<String, String> {
        let mut out = String::new();
        let mut rest = template;
        while let Some((before, after)) = rest.split_once('{') {
            let (name, after) = after.split_once('}').unwrap_or((after, ""));
            out.push_str(before);
            out.push_str(self.part(name).ok_or_else(|| name.to_owned())?);
            rest = after;
        }
        out.push_str(rest);
        Ok(out)
    }
}

impl std::fmt::Debug for Subject {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Subject(…)")
    }
}

pub(super) fn name(
    profile: &Profile,
    subject: &Subject,
) -> Result<DistinguishedName, ProfileError> {
    let mut builder = DistinguishedNameBuilder::new();
    for attribute in profile.attributes() {
        let text = match subject.fill(&attribute.value) {
            Ok(text) => text,
            Err(_) if attribute.optional => continue,
            Err(what) => {
                return Err(ProfileError::Missing {
                    name: profile.name().to_owned(),
                    what,
                });
            }
        };
        let text = if attribute.upper_case {
            text.to_uppercase()
        } else {
            text
        };
        builder = builder.push(attribute.oid, attribute.string, &text);
    }
    Ok(builder.build()?)
}
