//! Certificates of natural persons against ETSI EN 319 412-1 and 412-2, as far as the profile claims them.
//!
//! What these standards only recommend ("should") is not looked at. ETSI EN 319 412-5 is claimed by no profile: none can
//! write `qcStatements`, and a certificate that has them has an extension that is not of its profile.

use tanba_crypto::ObjectIdentifier;

use super::rule::{self, Rule};
use super::{Report, is_below_the_web};
use crate::extension::KeyUsage;
use crate::profile::Profile;
use crate::{NameAttribute, Purpose, TbsCertificate, oid};

/// A certificate with the attributes of its subject, which are read once.
struct Facts<'a> {
    certificate: &'a TbsCertificate,
    subject: &'a [NameAttribute],
    purpose: Purpose,
}

type Check = fn(&Facts<'_>) -> bool;

const CHECKS: &[(&Rule, Check)] = &[
    (&rule::ETSI_ISSUER, issuer),
    (&rule::ETSI_SUBJECT, subject),
    (&rule::ETSI_SUBJECT_ONCE, |facts| {
        facts.count(oid::COUNTRY) <= 1 && facts.count(oid::COMMON_NAME) <= 1
    }),
    (&rule::ETSI_PSEUDONYM, |facts| {
        let all = [oid::PSEUDONYM, oid::GIVEN_NAME, oid::SURNAME];
        !all.iter().all(|oid| facts.count(*oid) > 0)
    }),
    (&rule::ETSI_IDENTIFIER, |facts| {
        let mut numbers = facts
            .subject
            .iter()
            .filter(|one| one.oid == oid::SERIAL_NUMBER);
        numbers.all(|number| is_identifier(&number.value))
    }),
    (&rule::ETSI_AUTHORITY_KEY_ID, |facts| {
        facts.has(oid::AUTHORITY_KEY_IDENTIFIER)
    }),
    (&rule::ETSI_KEY_USAGE, |facts| facts.setting().is_some()),
    (&rule::ETSI_COMMITMENT, |facts| match facts.purpose {
        Purpose::Signature | Purpose::Both => {
            matches!(facts.setting(), Some('A' | 'B' | 'F'))
        }
        Purpose::Authentication | Purpose::CertificationAuthority | Purpose::Other => true,
    }),
    (&rule::ETSI_POLICIES, |facts| {
        !facts.certificate.policies().is_empty()
    }),
    (&rule::ETSI_MAPPINGS, |facts| {
        !facts.has(oid::POLICY_MAPPINGS)
    }),
    (&rule::ETSI_ALTERNATIVE_CRITICAL, |facts| {
        !facts.has_critical(oid::SUBJECT_ALT_NAME)
    }),
    (&rule::ETSI_ISSUER_ALTERNATIVE_CRITICAL, |facts| {
        !facts.has_critical(oid::ISSUER_ALT_NAME)
    }),
    (&rule::ETSI_NAME_CONSTRAINTS, |facts| {
        !facts.has(oid::NAME_CONSTRAINTS)
    }),
    (&rule::ETSI_POLICY_CONSTRAINTS, |facts| {
        !facts.has(oid::POLICY_CONSTRAINTS)
    }),
    (&rule::ETSI_EXTENDED_CRITICAL, |facts| {
        !facts.has_critical(oid::EXTENDED_KEY_USAGE)
    }),
    (&rule::ETSI_LIST, |facts| {
        facts.has(oid::CRL_DISTRIBUTION_POINTS)
            || facts
                .certificate
                .ocsp_urls()
                .iter()
                .any(|url| is_below_the_web(url))
    }),
    (&rule::ETSI_LIST_SCHEME, |facts| {
        let plain = |url: &String| url.starts_with("http://") || url.starts_with("ldap://");
        !facts.has(oid::CRL_DISTRIBUTION_POINTS)
            || facts
                .certificate
                .crl_distribution_points()
                .iter()
                .any(plain)
    }),
    (&rule::ETSI_LIST_CRITICAL, |facts| {
        !facts.has_critical(oid::CRL_DISTRIBUTION_POINTS)
    }),
    (&rule::ETSI_INHIBIT, |facts| {
        !facts.has(oid::INHIBIT_ANY_POLICY)
    }),
    (&rule::ETSI_ACCESS, |facts| {
        facts
            .certificate
            .ca_issuer_urls()
            .iter()
            .any(|url| is_below_the_web(url))
    }),
];

pub(super) fn lint(
    certificate: &TbsCertificate,
    subject: &[NameAttribute],
    profile: &Profile,
    report: &mut Report,
) {
    if profile.claims().is_empty() {
        return;
    }
    let facts = Facts {
        certificate,
        subject,
        purpose: profile.purpose(),
    };
    for (rule, holds) in CHECKS {
        if profile.claims().iter().any(|claim| claim.includes(rule)) {
            report.require(holds(&facts), rule);
        }
    }
}

impl Facts<'_> {
    fn count(&self, oid: ObjectIdentifier) -> usize {
        self.subject.iter().filter(|one| one.oid == oid).count()
    }

    fn has(&self, oid: ObjectIdentifier) -> bool {
        self.certificate.extension(oid).is_some()
    }

    fn has_critical(&self, oid: ObjectIdentifier) -> bool {
        self.certificate
            .extension(oid)
            .is_some_and(|extension| extension.critical)
    }

    /// The letter of table 1 of ETSI EN 319 412-2, 4.3.2: what signs, and at most one way to transport keys.
    fn setting(&self) -> Option<char> {
        let usage = self.certificate.key_usage()?;
        let commits = usage.contains(KeyUsage::NON_REPUDIATION);
        let signs = usage.contains(KeyUsage::DIGITAL_SIGNATURE);
        let known = [
            KeyUsage::NON_REPUDIATION,
            KeyUsage::DIGITAL_SIGNATURE,
            KeyUsage::KEY_ENCIPHERMENT,
            KeyUsage::KEY_AGREEMENT,
        ];
        let known = known.into_iter().fold(KeyUsage::NONE, KeyUsage::with);
        let transports = [KeyUsage::KEY_ENCIPHERMENT, KeyUsage::KEY_AGREEMENT]
            .into_iter()
            .filter(|one| usage.contains(*one))
            .count();
        if !known.contains(usage) {
            return None;
        }
        match (commits, signs, transports) {
            (true, false, 0) => Some('A'),
            (true, true, 0) => Some('B'),
            (false, true, 0) => Some('C'),
            (false, true, 1) => Some('D'),
            (false, false, 1) => Some('E'),
            (true, true, 1) => Some('F'),
            _ => None,
        }
    }
}

/// The issuer is a legal person: each of the attributes once.
fn issuer(facts: &Facts<'_>) -> bool {
    let issuer = facts.certificate.issuer().detailed();
    [oid::COUNTRY, oid::ORGANIZATION, oid::COMMON_NAME]
        .iter()
        .all(|oid| issuer.iter().filter(|one| one.oid == *oid).count() == 1)
}

fn subject(facts: &Facts<'_>) -> bool {
    facts.count(oid::COUNTRY) > 0
        && facts.count(oid::COMMON_NAME) > 0
        && [oid::GIVEN_NAME, oid::SURNAME, oid::PSEUDONYM]
            .iter()
            .any(|oid| facts.count(*oid) > 0)
}

/// Three letters of the type (or two and a colon for a national one), two of the country, a hyphen, the identifier.
fn is_identifier(text: &str) -> bool {
    let Some((head, identifier)) = text.split_once('-') else {
        return false;
    };
    let (Some(kind), Some(country)) = (head.get(..3), head.get(3..)) else {
        return false;
    };
    let capital = |text: &str| text.bytes().all(|octet| octet.is_ascii_uppercase());
    let known = ["PAS", "IDC", "PNO", "TAX", "TIN"].contains(&kind);
    let national = kind.strip_suffix(':').is_some_and(capital);
    (known || national) && country.len() == 2 && capital(country) && !identifier.is_empty()
}
