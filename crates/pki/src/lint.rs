//! Reading to-be-signed certificates again, before they are signed.
//!
//! The reader here shares nothing with the writer in [`profile`](crate::profile) but the profile's data, so that a
//! mistake of one is seen by the other. Sentences name no person.

mod etsi;
mod extensions;
mod name;
mod rule;

use der::{Decode, Encode};
use tanba_crypto::SignatureAlgorithm;
use x509_cert::certificate::{Raw, TbsCertificateInner};

use crate::asn1::{Malformed, Reader, parse_all, tag};
use crate::profile::Profile;
use crate::{Certificate, TbsCertificate};

pub use rule::{RULES, Rule};

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Worth knowing.
    Notice,
    /// Unusual; a person should look.
    Warning,
    /// Against a standard or the profile: must not be signed.
    Error,
}

/// One thing that is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// How bad it is.
    pub severity: Severity,
    /// A stable name, such as `serial.entropy`.
    pub code: &'static str,
    /// The document that has the rule; see [`Rule::standard`].
    pub standard: &'static str,
    /// Its section there.
    pub section: &'static str,
    /// What is wrong, as a sentence without personal data.
    pub sentence: String,
}

impl Severity {
    /// `notice`, `warning` or `error`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Notice => "notice",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

impl std::fmt::Display for Finding {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let severity = self.severity.name();
        let (code, sentence) = (self.code, self.sentence.as_str());
        write!(
            formatter,
            "{severity}: {code}: {sentence} ({}, {})",
            self.standard, self.section
        )
    }
}

/// Whether any finding forbids signing.
#[must_use]
pub fn has_errors(findings: &[Finding]) -> bool {
    findings
        .iter()
        .any(|finding| finding.severity == Severity::Error)
}

/// Reads a to-be-signed certificate against RFC 5280, its profile, and the standards that the profile claims.
///
/// `issuer` is the certificate of the key that will sign; `None` for a self-signed root. Each rule is in [`RULES`].
#[must_use]
pub fn lint_certificate(
    tbs: &[u8],
    profile: &Profile,
    issuer: Option<&Certificate>,
) -> Vec<Finding> {
    let mut report = Report::default();
    let certificate = match TbsCertificate::from_der(tbs) {
        Ok(certificate) => certificate,
        Err(error) => {
            report.found(&rule::DER_MALFORMED, error.to_string());
            return report.findings;
        }
    };
    encoding(tbs, &mut report);
    serial(&certificate, &mut report);
    signature(&certificate, issuer, &mut report);
    issuing(&certificate, issuer, &mut report);
    validity(&certificate, profile, issuer, &mut report);
    let subject = certificate.subject().detailed();
    name::lint(certificate.subject(), &subject, profile, &mut report);
    key(&certificate, profile, &mut report);
    extensions::lint(&certificate, profile, issuer, &mut report);
    report.require(certificate.purpose() == profile.purpose(), &rule::PURPOSE);
    etsi::lint(&certificate, &subject, profile, &mut report);
    report.findings
}

/// Findings being gathered.
#[derive(Debug, Default)]
pub(crate) struct Report {
    findings: Vec<Finding>,
}

impl Report {
    /// A finding in words of its own: what the rule's sentence leaves open.
    fn found(&mut self, rule: &Rule, sentence: impl Into<String>) {
        self.findings.push(Finding {
            severity: rule.severity,
            code: rule.code,
            standard: rule.standard,
            section: rule.section,
            sentence: sentence.into(),
        });
    }

    /// A finding unless it is so.
    fn require(&mut self, so: bool, rule: &Rule) {
        if !so {
            self.found(rule, rule.sentence);
        }
    }

    /// The same where the sentence is put together: only for what is wrong, since most certificates are right.
    fn require_or(&mut self, so: bool, rule: &Rule, sentence: impl FnOnce() -> String) {
        if !so {
            self.found(rule, sentence());
        }
    }
}

/// Whether it is an address on the web, encrypted or not.
fn is_below_the_web(url: &str) -> bool {
    url.starts_with("http://") || url.starts_with("https://")
}

/// A second parser must read the same and write the same octets; times must be of the right type.
fn encoding(tbs: &[u8], report: &mut Report) {
    match TbsCertificateInner::<Raw>::from_der(tbs).and_then(|parsed| parsed.to_der()) {
        Ok(again) => {
            report.require(again == tbs, &rule::DER_CANONICAL);
        }
        Err(_) => report.require(false, &rule::DER_SECOND_PARSER),
    }
    match skeleton(tbs) {
        Ok((tags, unique_ids)) => {
            report.require(!unique_ids, &rule::UNIQUE_ID);
            for (tag, year) in tags {
                let right = if year < 2050 {
                    tag::UTC_TIME
                } else {
                    tag::GENERALIZED_TIME
                };
                report.require(tag == right, &rule::VALIDITY_TYPE);
            }
        }
        Err(error) => report.found(&rule::DER_MALFORMED, error.to_string()),
    }
}

/// Tag and year of notBefore and notAfter, and whether there are unique identifiers.
fn skeleton(tbs: &[u8]) -> Result<(Vec<(u8, i64)>, bool), Malformed> {
    let mut reader = parse_all(tbs, "certificate")?;
    reader.optional(tag::context(0))?;
    for _ in 0..3 {
        reader.next_value()?;
    }
    let mut validity: Reader<'_> = reader.sequence()?;
    let mut tags = Vec::new();
    while let Some(tag) = validity.peek() {
        tags.push((tag, validity.time()?.civil().year));
    }
    // The subject and its key.
    for _ in 0..2 {
        reader.next_value()?;
    }
    let unique_ids = reader.peek().is_some_and(|tag| tag != tag::context(3));
    Ok((tags, unique_ids))
}

/// 20 octets with the first bit 0 and no sign octet, and the look of random ones.
fn serial(certificate: &TbsCertificate, report: &mut Report) {
    report.require(certificate.version() == 3, &rule::VERSION);
    let serial = certificate.serial_bytes();
    let first = serial.first().copied().unwrap_or(0);
    report.require(
        serial.len() == 20 && (0x01..=0x7f).contains(&first),
        &rule::SERIAL_FORM,
    );
    let mut distinct = serial.to_vec();
    distinct.sort_unstable();
    distinct.dedup();
    // Twenty random octets, or fifteen behind a time, have ten or fewer different ones less than once in 10^10.
    report.require(distinct.len() > 10, &rule::SERIAL_ENTROPY);
}

fn signature(certificate: &TbsCertificate, issuer: Option<&Certificate>, report: &mut Report) {
    let identifier = certificate.tbs_signature_algorithm();
    let Ok(algorithm) = SignatureAlgorithm::from_algorithm_identifier(identifier) else {
        report.require(false, &rule::SIGNATURE_ALGORITHM);
        return;
    };
    report.require(algorithm.may_sign(), &rule::SIGNATURE_SHA1);
    let null = identifier.parameters.is_some();
    report.require(null == algorithm.is_rsa(), &rule::SIGNATURE_PARAMETERS);
    let key = issuer.map_or(certificate.public_key(), |issuer| issuer.public_key());
    let fits = key.algorithm().is_ok_and(|key| algorithm.fits(key));
    report.require(fits, &rule::SIGNATURE_KEY);
}

fn issuing(certificate: &TbsCertificate, issuer: Option<&Certificate>, report: &mut Report) {
    report.require(!certificate.issuer().is_empty(), &rule::ISSUER_EMPTY);
    match issuer {
        Some(issuer) => {
            report.require(certificate.issuer() == issuer.subject(), &rule::ISSUER_NAME);
            report.require(issuer.is_ca(), &rule::ISSUER_CA);
            report.require(!certificate.is_self_issued(), &rule::ISSUER_SELF);
        }
        None => report.require(certificate.is_self_issued(), &rule::ISSUER_SELF),
    }
}

fn validity(
    certificate: &TbsCertificate,
    profile: &Profile,
    issuer: Option<&Certificate>,
    report: &mut Report,
) {
    let (from, to) = (certificate.not_before(), certificate.not_after());
    report.require(from < to, &rule::VALIDITY_ORDER);
    let exact = match certificate.keystore_oid() {
        Some(keystore) if profile.is_for_persons() => to == profile.not_after(from, Some(keystore)),
        _ => profile.allows_validity(from, to),
    };
    report.require(exact, &rule::VALIDITY_PERIOD);
    if let Some(issuer) = issuer {
        report.require(
            from >= issuer.not_before() && to <= issuer.not_after(),
            &rule::VALIDITY_ISSUER,
        );
    }
}

fn key(certificate: &TbsCertificate, profile: &Profile, report: &mut Report) {
    let key = certificate.public_key();
    report.require_or(profile.allows_key(key), &rule::KEY_KIND, || {
        format!(
            "The profile does not allow keys of the kind {}.",
            key.algorithm_label()
        )
    });
    if let Err(weak) = key.check_strength() {
        report.found(
            &rule::KEY_WEAK,
            format!("The key must not be certified: {weak}."),
        );
    }
}

#[cfg(test)]
mod tests;
