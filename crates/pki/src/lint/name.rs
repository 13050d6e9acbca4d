//! The subject's name against the profile and RFC 5280, appendix A.

use tanba_crypto::ObjectIdentifier;

use super::{Report, rule};
use crate::asn1::tag;
use crate::distinguished_name::{is_printable, upper_bound};
use crate::profile::{AttributeSpecification, Profile};
use crate::{DistinguishedName, NameAttribute, StringKind, oid};

const IIN_DIGITS: usize = 12;

pub(super) fn lint(
    name: &DistinguishedName,
    attributes: &[NameAttribute],
    profile: &Profile,
    report: &mut Report,
) {
    let single = attributes.iter().all(|attribute| attribute.starts_rdn);
    report.require(single, &rule::NAME_RDN);
    if profile.has_foreign_subject() {
        report.require(!attributes.is_empty(), &rule::NAME_EMPTY);
        for attribute in attributes {
            text(attribute, report);
        }
        return;
    }
    let mut rest = attributes;
    for specification in profile.attributes() {
        match rest.split_first() {
            Some((attribute, tail)) if attribute.oid == specification.oid => {
                self::attribute(attribute, specification, report);
                rest = tail;
            }
            _ if specification.optional => {}
            _ => {
                let what = Named(specification.oid);
                let sentence = format!("The subject lacks {what} at its place.");
                report.found(&rule::NAME_ORDER, sentence);
            }
        }
    }
    for attribute in rest {
        report.found(
            &rule::NAME_UNEXPECTED,
            format!(
                "The subject has {}, or has it out of place.",
                Named(attribute.oid)
            ),
        );
    }
    common_name(name, profile, report);
}

fn attribute(
    attribute: &NameAttribute,
    specification: &AttributeSpecification,
    report: &mut Report,
) {
    let what = Named(attribute.oid);
    let right = match specification.string {
        StringKind::Utf8 => tag::UTF8_STRING,
        StringKind::Printable => tag::PRINTABLE_STRING,
        StringKind::Ia5 => tag::IA5_STRING,
    };
    report.require_or(attribute.tag == right, &rule::NAME_TYPE, || {
        format!("In the subject, {what} is not of the profile's string type.")
    });
    text(attribute, report);
    let text = attribute.value.as_str();
    if specification.upper_case {
        let capital = text.to_uppercase() == text;
        report.require_or(capital, &rule::NAME_CASE, || {
            format!("In the subject, {what} is not in capitals.")
        });
    }
    template(text, specification, report);
}

/// What holds of a name whoever made it.
fn text(attribute: &NameAttribute, report: &mut Report) {
    let (oid, what) = (attribute.oid, Named(attribute.oid));
    let text = attribute.value.as_str();
    if attribute.tag == tag::PRINTABLE_STRING {
        let printable = text.bytes().all(is_printable);
        report.require_or(printable, &rule::NAME_PRINTABLE, || {
            format!("In the subject, {what} has characters that PrintableString has not.")
        });
    }
    report.require_or(!text.is_empty(), &rule::NAME_EMPTY, || {
        format!("In the subject, {what} is empty.")
    });
    report.require_or(text.trim() == text, &rule::NAME_SPACE, || {
        format!("In the subject, {what} begins or ends with a space.")
    });
    let control = text.chars().any(char::is_control);
    report.require_or(!control, &rule::NAME_CONTROL, || {
        format!("In the subject, {what} has control characters.")
    });
    if let Some(limit) = upper_bound(oid) {
        let short = text.chars().count() <= limit;
        report.require_or(short, &rule::NAME_LENGTH, || {
            format!("In the subject, {what} has more than {limit} characters.")
        });
    }
    if oid == oid::COUNTRY {
        let code = text.len() == 2 && text.bytes().all(|octet| octet.is_ascii_uppercase());
        report.require(code, &rule::NAME_COUNTRY);
    }
}

/// What stands outside the braces must stand there, and a personal number has twelve digits.
fn template(text: &str, specification: &AttributeSpecification, report: &mut Report) {
    let what = Named(specification.oid);
    let (prefix, _) = specification
        .value
        .split_once('{')
        .unwrap_or((&specification.value, ""));
    let (_, suffix) = specification
        .value
        .rsplit_once('}')
        .unwrap_or(("", &specification.value));
    let framed = text.starts_with(prefix) && text.ends_with(suffix);
    report.require_or(framed, &rule::NAME_TEMPLATE, || {
        format!("In the subject, {what} does not have the form of the profile.")
    });
    if let Some(before) = specification.value.strip_suffix("{iin}") {
        let digits = text.chars().rev().take_while(char::is_ascii_digit).count();
        let exact = before.contains('{') || text.len() == before.len() + IIN_DIGITS;
        report.require_or(digits == IIN_DIGITS && exact, &rule::NAME_IIN, || {
            format!(
                "In the subject, {what} does not end with a personal number of {IIN_DIGITS} digits."
            )
        });
    }
}

/// The common name begins with the surname where the profile makes it so.
fn common_name(name: &DistinguishedName, profile: &Profile, report: &mut Report) {
    let from_surname = profile.attributes().iter().any(|attribute| {
        attribute.oid == oid::COMMON_NAME && attribute.value.starts_with("{surname} ")
    });
    if !from_surname {
        return;
    }
    let begins = match (name.common_name(), name.surname()) {
        (Some(common), Some(surname)) => common
            .strip_prefix(&surname)
            .is_some_and(|rest| rest.starts_with(' ')),
        _ => false,
    };
    report.require(begins, &rule::NAME_COMMON_NAME);
}

/// What people call an attribute, with its identifier: `the common name (2.5.4.3)`.
struct Named(ObjectIdentifier);

impl std::fmt::Display for Named {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let name = match self.0 {
            oid::COMMON_NAME => "common name",
            oid::SURNAME => "surname",
            oid::SERIAL_NUMBER => "serial number",
            oid::COUNTRY => "country",
            oid::ORGANIZATION => "organization",
            oid::ORGANIZATIONAL_UNIT => "organizational unit",
            oid::GIVEN_NAME => "given name",
            _ => return write!(formatter, "the attribute {}", self.0),
        };
        write!(formatter, "the {name} ({})", self.0)
    }
}
