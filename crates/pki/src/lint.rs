//! Reading to-be-signed certificates again, before they are signed.
//!
//! The reader here shares nothing with the writer in [`profile`](crate::profile) but the profile's data, so that a
//! mistake of one is seen by the other. Sentences name no person.

mod extensions;
mod name;

use der::{Decode, Encode};
use tanba_crypto::SignatureAlgorithm;
use x509_cert::certificate::{Raw, TbsCertificateInner};

use crate::asn1::{Malformed, Reader, parse_all, tag};
use crate::profile::Profile;
use crate::{Certificate, TbsCertificate};

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
    /// What is wrong, as a sentence without personal data.
    pub sentence: String,
}

impl std::fmt::Display for Finding {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let severity = match self.severity {
            Severity::Notice => "notice",
            Severity::Warning => "warning",
            Severity::Error => "error",
        };
        write!(formatter, "{severity}: {}: {}", self.code, self.sentence)
    }
}

/// Whether any finding forbids signing.
#[must_use]
pub fn has_errors(findings: &[Finding]) -> bool {
    findings
        .iter()
        .any(|finding| finding.severity == Severity::Error)
}

/// Reads a to-be-signed certificate against RFC 5280 and its profile.
///
/// `issuer` is the certificate of the key that will sign; `None` for a self-signed root.
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
            report.error("der.malformed", error.to_string());
            return report.findings;
        }
    };
    encoding(tbs, &mut report);
    serial(&certificate, &mut report);
    signature(&certificate, issuer, &mut report);
    issuing(&certificate, issuer, &mut report);
    validity(&certificate, profile, issuer, &mut report);
    name::lint(certificate.subject(), profile, &mut report);
    key(&certificate, profile, &mut report);
    extensions::lint(&certificate, profile, issuer, &mut report);
    if certificate.purpose() != profile.purpose() {
        report.error(
            "purpose",
            "Key usage, extended key usage and policy do not give the profile's purpose.",
        );
    }
    report.findings
}

/// Findings being gathered.
#[derive(Debug, Default)]
pub(crate) struct Report {
    findings: Vec<Finding>,
}

impl Report {
    fn error(&mut self, code: &'static str, sentence: impl Into<String>) {
        self.findings.push(Finding {
            severity: Severity::Error,
            code,
            sentence: sentence.into(),
        });
    }

    fn warning(&mut self, code: &'static str, sentence: impl Into<String>) {
        self.findings.push(Finding {
            severity: Severity::Warning,
            code,
            sentence: sentence.into(),
        });
    }

    /// An error unless it is so.
    fn require(&mut self, so: bool, code: &'static str, sentence: impl Into<String>) {
        if !so {
            self.error(code, sentence);
        }
    }

    /// The same where the sentence is put together: only for what is wrong, since most certificates are right.
    fn require_or(&mut self, so: bool, code: &'static str, sentence: impl FnOnce() -> String) {
        if !so {
            self.error(code, sentence());
        }
    }
}

/// A second parser must read the same and write the same octets; times must be of the right type.
fn encoding(tbs: &[u8], report: &mut Report) {
    match TbsCertificateInner::<Raw>::from_der(tbs).and_then(|parsed| parsed.to_der()) {
        Ok(again) => {
            report.require(
                again == tbs,
                "der.canonical",
                "A second parser writes the certificate differently.",
            );
        }
        Err(_) => report.error(
            "der.second-parser",
            "A second parser does not read the certificate.",
        ),
    }
    match time_tags(tbs) {
        Ok(tags) => {
            for (tag, year) in tags {
                let right = if year < 2050 {
                    tag::UTC_TIME
                } else {
                    tag::GENERALIZED_TIME
                };
                report.require(
                    tag == right,
                    "validity.type",
                    "Times up to 2049 must be UTCTime, later ones GeneralizedTime (RFC 5280, 4.1.2.5).",
                );
            }
        }
        Err(error) => report.error("der.malformed", error.to_string()),
    }
}

/// Tag and year of notBefore and notAfter.
fn time_tags(tbs: &[u8]) -> Result<Vec<(u8, i64)>, Malformed> {
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
    Ok(tags)
}

/// 20 octets with the first bit 0 and no sign octet, and the look of random ones.
fn serial(certificate: &TbsCertificate, report: &mut Report) {
    report.require(
        certificate.version() == 3,
        "version",
        "The version must be 3.",
    );
    let serial = certificate.serial_bytes();
    let first = serial.first().copied().unwrap_or(0);
    report.require(
        serial.len() == 20 && (0x01..=0x7f).contains(&first),
        "serial.form",
        "The serial number must have 20 octets, the first from 01 to 7F.",
    );
    let mut distinct = serial.to_vec();
    distinct.sort_unstable();
    distinct.dedup();
    // Twenty random octets have ten or fewer different ones less than once in 10^14.
    report.require(
        distinct.len() > 10,
        "serial.entropy",
        "The serial number repeats octets as no random number does.",
    );
}

fn signature(certificate: &TbsCertificate, issuer: Option<&Certificate>, report: &mut Report) {
    let identifier = certificate.tbs_signature_algorithm();
    let Ok(algorithm) = SignatureAlgorithm::from_algorithm_identifier(identifier) else {
        report.error(
            "signature.algorithm",
            "The signature algorithm is not one of the table.",
        );
        return;
    };
    report.require(
        algorithm.may_sign(),
        "signature.sha1",
        "SHA-1 must not be signed any more.",
    );
    let null = identifier.parameters.is_some();
    report.require(
        null == algorithm.is_rsa(),
        "signature.parameters",
        "RSA signatures have NULL parameters and all others none (RFC 4055, RFC 5758, RFC 8410, RFC 9881).",
    );
    let key = issuer.map_or(certificate.public_key(), |issuer| issuer.public_key());
    let fits = key.algorithm().is_ok_and(|key| algorithm.fits(key));
    report.require(
        fits,
        "signature.key",
        "The signature algorithm does not fit the issuer's key.",
    );
}

fn issuing(certificate: &TbsCertificate, issuer: Option<&Certificate>, report: &mut Report) {
    report.require(
        !certificate.issuer().is_empty(),
        "issuer.empty",
        "The issuer must have a name.",
    );
    match issuer {
        Some(issuer) => {
            report.require(
                certificate.issuer() == issuer.subject(),
                "issuer.name",
                "The issuer's name is not octet by octet the subject of the issuer's certificate.",
            );
            report.require(
                issuer.is_ca(),
                "issuer.ca",
                "The issuer's certificate is not an authority's.",
            );
            report.require(
                !certificate.is_self_issued(),
                "issuer.self",
                "The subject has the name of its issuer.",
            );
        }
        None => report.require(
            certificate.is_self_issued(),
            "issuer.self",
            "Without an issuer the certificate must name its subject as issuer.",
        ),
    }
}

fn validity(
    certificate: &TbsCertificate,
    profile: &Profile,
    issuer: Option<&Certificate>,
    report: &mut Report,
) {
    let (from, to) = (certificate.not_before(), certificate.not_after());
    report.require(
        from < to,
        "validity.order",
        "The validity ends before it begins.",
    );
    let exact = match certificate.keystore_oid() {
        Some(keystore) if profile.is_for_persons() => to == profile.not_after(from, Some(keystore)),
        _ => profile.allows_validity(from, to),
    };
    report.require(
        exact,
        "validity.period",
        "The validity is not the period of the profile.",
    );
    if let Some(issuer) = issuer {
        report.require(
            from >= issuer.not_before() && to <= issuer.not_after(),
            "validity.issuer",
            "The validity is not within that of the issuer's certificate.",
        );
    }
}

fn key(certificate: &TbsCertificate, profile: &Profile, report: &mut Report) {
    let key = certificate.public_key();
    report.require_or(profile.allows_key(key), "key.kind", || {
        format!(
            "The profile does not allow keys of the kind {}.",
            key.algorithm_label()
        )
    });
    if let Err(weak) = key.check_strength() {
        report.error(
            "key.weak",
            format!("The key must not be certified: {weak}."),
        );
    }
}

#[cfg(test)]
mod tests;
