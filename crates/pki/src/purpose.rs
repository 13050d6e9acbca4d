//! What a certified key is for.

use crate::certificate::TbsCertificate;
use crate::extension::KeyUsage;
use crate::oid;

/// What a person may do with a key, as key usage, extended key usage and policy say together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// Logging in.
    Authentication,
    /// Signing documents.
    Signature,
    /// Both, as the national single keys.
    Both,
    /// Issuing certificates.
    CertificationAuthority,
    /// Something else: a server, a responder, a time-stamping authority.
    Other,
}

impl Purpose {
    /// Decides by the most specific thing that is said: authority, national policy, extended key usage, key usage.
    ///
    /// The national rules: a key with a policy of its own is what the policy says; the single keys since 2022 have
    /// the general policy, digital signature and non-repudiation, and serve both. Elsewhere: client authentication
    /// is for logging in; e-mail protection, document signing and non-repudiation are for signing; where nothing is
    /// said, everything is allowed (RFC 5280, 4.2.1.3).
    pub(crate) fn of(certificate: &TbsCertificate) -> Self {
        if certificate.is_ca() {
            return Self::CertificationAuthority;
        }
        let key_usage = certificate.key_usage();
        let extended = certificate.extended_key_usage();
        for policy in certificate.policies() {
            match policy {
                oid::KZ_POLICY_INDIVIDUAL_AUTHENTICATION | oid::KZ_POLICY_LEGAL_AUTHENTICATION => {
                    return Self::Authentication;
                }
                oid::KZ_POLICY_INDIVIDUAL_SIGNATURE | oid::KZ_POLICY_LEGAL_SIGNATURE => {
                    return Self::Signature;
                }
                oid::KZ_POLICY
                    if key_usage.is_some_and(|usage| {
                        usage.contains(KeyUsage::DIGITAL_SIGNATURE.with(KeyUsage::NON_REPUDIATION))
                    }) && !extended
                        .iter()
                        .any(|usage| matches!(*usage, oid::TIME_STAMPING | oid::OCSP_SIGNING)) =>
                {
                    return Self::Both;
                }
                _ => {}
            }
        }
        let allows = |usage: KeyUsage| key_usage.is_none_or(|allowed| allowed.intersects(usage));
        let any = extended.is_empty() || extended.contains(&oid::ANY_EXTENDED_KEY_USAGE);
        let client = extended.contains(&oid::CLIENT_AUTH);
        let signing =
            extended.contains(&oid::EMAIL_PROTECTION) || extended.contains(&oid::DOCUMENT_SIGNING);
        if !any && !client && !signing {
            return Self::Other;
        }
        let non_repudiation =
            key_usage.is_some_and(|usage| usage.contains(KeyUsage::NON_REPUDIATION));
        let authenticates = (any || client) && allows(KeyUsage::DIGITAL_SIGNATURE);
        let signs = if any {
            key_usage.is_none() || non_repudiation
        } else {
            (signing || non_repudiation)
                && allows(KeyUsage::DIGITAL_SIGNATURE.with(KeyUsage::NON_REPUDIATION))
        };
        match (authenticates, signs) {
            (true, true) => Self::Both,
            (true, false) => Self::Authentication,
            (false, true) => Self::Signature,
            (false, false) => Self::Other,
        }
    }

    /// Whether such a key logs its owner in.
    #[must_use]
    pub const fn authenticates(self) -> bool {
        matches!(self, Self::Authentication | Self::Both)
    }

    /// Whether such a key signs documents.
    #[must_use]
    pub const fn signs(self) -> bool {
        matches!(self, Self::Signature | Self::Both)
    }
}

#[cfg(test)]
mod tests {
    use tanba_crypto::{SignatureAlgorithm, Signer};

    use super::Purpose;
    use crate::profile::{Profile, Subject, TbsInput};
    use crate::testing::{Seeded, key, urls};
    use crate::{SerialNumber, TbsCertificate, Timestamp};

    /// A certificate with this key usage and extended key usage; either may be absent.
    fn purpose(key_usage: &str, extended: &str) -> Purpose {
        let source = Profile::builtin("neutral-individual-signature")
            .unwrap()
            .source()
            .to_owned();
        let mut source = source.replace("\"digital-signature\", \"non-repudiation\"", key_usage);
        let old = "allow = [\"email-protection\", \"document-signing\"]";
        assert!(source.contains(old));
        source = if extended.is_empty() {
            source.replace(
                &format!("[[extension]]\ntype = \"extended-key-usage\"\n{old}\n"),
                "",
            )
        } else {
            source.replace(old, &format!("allow = [{extended}]"))
        };
        let profile = Profile::from_toml(&source).unwrap();
        let subject = Subject {
            iin: "1".into(),
            country: "KZ".into(),
            surname: "A".into(),
            given_name: "B".into(),
            ..Subject::default()
        };
        let name = profile.subject_name(&subject).unwrap();
        let tbs = profile
            .prepare(&TbsInput {
                serial: SerialNumber::random(&mut Seeded(1)),
                issuer_name: &name,
                issuer_key_id: &[1; 20],
                signature_algorithm: SignatureAlgorithm::RsaSha256,
                not_before: Timestamp::from_unix(0),
                not_after: Timestamp::from_unix(1),
                subject: &name,
                public_key: key("person").public_key(),
                email: None,
                keystore: None,
                urls: &urls(),
            })
            .unwrap();
        TbsCertificate::from_der(&tbs).unwrap().purpose()
    }

    #[test]
    fn foreign_keys_have_the_purpose_that_their_usages_allow() {
        let (ds, nr, ke) = (
            "\"digital-signature\"",
            "\"non-repudiation\"",
            "\"key-encipherment\"",
        );
        let both = format!("{ds}, {nr}");
        for (key_usage, extended, expected) in [
            (ds, "\"client-auth\"", Purpose::Authentication),
            (ds, "\"client-auth\", \"email-protection\"", Purpose::Both),
            (&both, "\"email-protection\"", Purpose::Signature),
            (&both, "\"client-auth\"", Purpose::Both),
            (nr, "\"email-protection\"", Purpose::Signature),
            (nr, "\"client-auth\"", Purpose::Signature),
            (ds, "", Purpose::Authentication),
            (&both, "", Purpose::Both),
            (nr, "", Purpose::Signature),
            (ke, "", Purpose::Other),
            (ke, "\"email-protection\"", Purpose::Other),
            (&both, "\"1.3.6.1.5.5.7.3.1\"", Purpose::Other),
            (ds, "\"ocsp-signing\"", Purpose::Other),
            (ds, "\"2.5.29.37.0\"", Purpose::Authentication),
        ] {
            assert_eq!(
                purpose(key_usage, extended),
                expected,
                "{key_usage} with {extended:?}"
            );
        }
    }
}
