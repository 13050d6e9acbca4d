//! The rules that certificates are read against, each with where it comes from.

use super::Severity;

/// One rule. A certificate that breaks it gives a [`Finding`](super::Finding) with its code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    /// A stable name, such as `serial.entropy`.
    ///
    /// Stored: in logs and in the answers of `tanba profile lint` and `tanba certificate check`.
    pub code: &'static str,
    /// How bad it is to break it.
    pub severity: Severity,
    /// The document that has the rule, such as `RFC 5280`; "profile" where the certificate's own profile has it.
    pub standard: &'static str,
    /// The section of that document, with the name of the requirement where it has one.
    pub section: &'static str,
    /// What is wrong with a certificate that breaks it.
    pub sentence: &'static str,
}

impl Rule {
    /// The number of the section without the name of the requirement: `4.2.4` of `4.2.4, NAT-4.2.4-1`.
    #[must_use]
    pub fn clause(&self) -> &'static str {
        self.section.split(',').next().unwrap_or_default()
    }
}

/// Each rule becomes a constant and a row of [`RULES`], so that no finding exists without its row.
macro_rules! rules {
    ($($name:ident = $severity:ident $code:literal, $standard:literal, $section:literal: $sentence:literal;)*) => {
        $(
            #[doc = $sentence]
            pub(super) const $name: Rule = Rule {
                code: $code,
                severity: Severity::$severity,
                standard: $standard,
                section: $section,
                sentence: $sentence,
            };
        )*
        /// All rules, in the order of the fields of a certificate.
        pub const RULES: &[Rule] = &[$($name),*];
    };
}

rules! {
    DER_MALFORMED = Error "der.malformed", "RFC 5280", "4.1":
        "It cannot be read as a certificate in DER, or names an extension twice.";
    DER_SECOND_PARSER = Error "der.second-parser", "RFC 5280", "4.1":
        "A second parser does not read the certificate.";
    DER_CANONICAL = Error "der.canonical", "ITU-T X.690", "11":
        "A second parser writes the certificate differently.";
    VERSION = Error "version", "RFC 5280", "4.1.2.1":
        "The version must be 3.";
    UNIQUE_ID = Error "unique-id", "RFC 5280", "4.1.2.8":
        "A unique identifier of issuer or subject must not be written.";
    SERIAL_FORM = Error "serial.form", "RFC 5280", "4.1.2.2":
        "The serial number must have 20 octets, the first from 01 to 7F.";
    SERIAL_ENTROPY = Error "serial.entropy", "CA/Browser Forum BR", "7.1":
        "The serial number repeats octets as no random number does.";

    SIGNATURE_ALGORITHM = Error "signature.algorithm", "RFC 5280", "4.1.2.3":
        "The signature algorithm is not one of the table.";
    SIGNATURE_SHA1 = Error "signature.sha1", "NIST SP 800-131A", "9":
        "SHA-1 must not be signed any more.";
    SIGNATURE_PARAMETERS = Error "signature.parameters", "RFC 4055, RFC 5758, RFC 8410, RFC 9881", "5; 3.2; 3; 2":
        "RSA signatures have NULL parameters and all others none.";
    SIGNATURE_KEY = Error "signature.key", "RFC 5280", "4.1.1.2":
        "The signature algorithm does not fit the issuer's key.";

    ISSUER_EMPTY = Error "issuer.empty", "RFC 5280", "4.1.2.4":
        "The issuer must have a name.";
    ISSUER_NAME = Error "issuer.name", "RFC 5280", "4.1.2.4":
        "The issuer's name is not octet by octet the subject of the issuer's certificate.";
    ISSUER_CA = Error "issuer.ca", "RFC 5280", "4.2.1.9":
        "The issuer's certificate is not an authority's.";
    ISSUER_SELF = Error "issuer.self", "RFC 5280", "3.2":
        "The subject has the name of its issuer, or has no issuer and does not name itself.";

    VALIDITY_TYPE = Error "validity.type", "RFC 5280", "4.1.2.5":
        "Times up to 2049 must be UTCTime, later ones GeneralizedTime.";
    VALIDITY_ORDER = Error "validity.order", "RFC 5280", "4.1.2.5":
        "The validity ends before it begins.";
    VALIDITY_PERIOD = Error "validity.period", "profile", "validity":
        "The validity is not the period of the profile, in whole civil years to the second.";
    VALIDITY_ISSUER = Error "validity.issuer", "ITU-T X.509", "7.2":
        "The validity is not within that of the issuer's certificate.";

    NAME_RDN = Error "name.rdn", "RFC 5280", "4.1.2.6":
        "An RDN of the subject has more than one attribute.";
    NAME_ORDER = Error "name.order", "profile", "subject":
        "The subject lacks an attribute at its place.";
    NAME_UNEXPECTED = Error "name.unexpected", "profile", "subject":
        "The subject has an attribute that the profile does not have, or has it out of place.";
    NAME_TYPE = Error "name.type", "profile", "subject":
        "An attribute is not of the profile's string type.";
    NAME_PRINTABLE = Error "name.printable", "RFC 5280", "4.1.2.4":
        "An attribute has characters that PrintableString has not.";
    NAME_EMPTY = Error "name.empty", "RFC 5280", "A.1":
        "An attribute of the subject is empty.";
    NAME_SPACE = Error "name.space", "RFC 5280", "7.1":
        "An attribute begins or ends with a space.";
    NAME_CONTROL = Error "name.control", "RFC 4518", "2.2":
        "An attribute has control characters.";
    NAME_LENGTH = Error "name.length", "RFC 5280", "A.1":
        "An attribute has more characters than its upper bound.";
    NAME_CASE = Error "name.case", "profile", "subject":
        "An attribute is not in capitals.";
    NAME_COUNTRY = Error "name.country", "RFC 5280", "A.1":
        "The country is not a code of two capital letters.";
    NAME_TEMPLATE = Error "name.template", "profile", "subject":
        "An attribute does not have the form of the profile.";
    NAME_IIN = Error "name.iin", "profile", "subject":
        "An attribute does not end with a personal number of 12 digits.";
    NAME_COMMON_NAME = Error "name.common-name", "profile", "subject":
        "The common name does not begin with the surname.";

    KEY_KIND = Error "key.kind", "profile", "keys":
        "The profile does not allow keys of this kind.";
    KEY_WEAK = Error "key.weak", "CA/Browser Forum BR", "6.1.1.3":
        "The key must not be certified: wrong size or exponent, small or close factors, off its curve, or of a broken generator.";

    EXTENSION_ORDER = Error "extension.order", "profile", "extension":
        "An extension of the profile is not at its place.";
    EXTENSION_UNEXPECTED = Error "extension.unexpected", "profile", "extension":
        "An extension is not of the profile, or is out of place.";
    EXTENSION_CRITICAL = Error "extension.critical", "profile", "extension":
        "An extension is not as critical as the profile has it.";
    BASIC_CONSTRAINTS = Error "basic-constraints", "profile", "basic-constraints":
        "Basic constraints are not those of the profile.";
    BASIC_CONSTRAINTS_CRITICAL = Error "basic-constraints.critical", "RFC 5280", "4.2.1.9":
        "The basic constraints of an authority must be critical.";
    KEY_USAGE = Error "key-usage", "profile", "key-usage":
        "There is no key usage, or it is not that of the profile.";
    KEY_USAGE_ALGORITHM = Error "key-usage.algorithm", "RFC 3279, RFC 9295, RFC 9881", "2.3; 3; 5":
        "Key usage allows what a key of this kind cannot do.";
    KEY_USAGE_AUTHORITY = Error "key-usage.authority", "RFC 5280", "4.2.1.3":
        "keyCertSign belongs to authorities, and to them alone.";
    KEY_USAGE_EXTENDED = Error "key-usage.extended", "RFC 5280", "4.2.1.12":
        "Key usage forbids what an extended key usage is for.";
    EXTENDED_KEY_USAGE = Error "extended-key-usage", "profile", "extended-key-usage":
        "Extended key usage is not that of the profile.";
    EXTENDED_KEY_USAGE_ANY = Error "extended-key-usage.any", "CA/Browser Forum BR", "7.1.2.7.10":
        "anyExtendedKeyUsage must not be issued.";
    EXTENDED_KEY_USAGE_AUTHORITY = Warning "extended-key-usage.authority", "RFC 5280", "4.2.1.12":
        "An authority with extended key usage limits what it issues.";
    EXTENDED_KEY_USAGE_TIME = Error "extended-key-usage.time-stamping", "RFC 3161", "2.3":
        "The extended key usage of a time-stamping authority must be critical and stand alone.";
    AUTHORITY_KEY_ID = Error "authority-key-identifier", "RFC 5280", "4.2.1.1":
        "The authority key identifier has no key identifier.";
    AUTHORITY_KEY_ID_ISSUER = Error "authority-key-identifier.issuer", "RFC 5280", "4.2.1.1":
        "The authority key identifier is not the subject key identifier of the issuer.";
    AUTHORITY_KEY_ID_FORM = Error "authority-key-identifier.form", "RFC 5280", "4.2.1.1":
        "The authority key identifier must be a key identifier of 20 octets and nothing else.";
    SUBJECT_KEY_ID = Error "subject-key-identifier", "RFC 5280", "4.2.1.2":
        "The subject key identifier is not SHA-1 of the public key (method 1).";
    EMAIL = Error "email", "RFC 5280", "4.2.1.6":
        "The alternative name is not one e-mail address in ASCII.";
    HOST_NAME = Error "host-name", "CA/Browser Forum BR", "7.1.4.3":
        "The alternative name is not the host that the common name names.";
    POLICIES = Error "policies", "profile", "certificate-policies":
        "Certificate policies are not those of the profile.";
    POLICIES_TWICE = Error "policies.twice", "RFC 5280", "4.2.1.4":
        "A certificate policy stands twice.";
    POLICIES_NOTICE = Error "policies.notice", "RFC 5280", "4.2.1.4":
        "The user notice has more than 200 characters.";
    POLICIES_CPS = Error "policies.cps", "RFC 5280", "4.2.1.4":
        "The practice statement has no web address.";
    URL_FORM = Error "url.form", "RFC 5280", "4.2.1.13, 4.2.2.1":
        "There must be exactly one address: plain http://, ASCII, no user, no fragment.";
    URL_FRESHEST = Error "url.freshest", "RFC 5280", "4.2.1.15":
        "The delta list has the address of the full list.";
    URL_ACCESS = Error "url.access", "profile", "authority-information-access":
        "Authority information access is malformed, or not that of the profile.";
    OCSP_NO_CHECK = Error "ocsp-no-check", "RFC 6960", "4.2.2.2.1":
        "ocsp-nocheck must be NULL, and belongs to OCSP responders alone.";
    KEYSTORE = Error "keystore", "profile", "keystore":
        "The key store extension does not name exactly one store of the register.";
    PURPOSE = Error "purpose", "profile", "purpose":
        "Key usage, extended key usage and policy do not give the profile's purpose.";

    ETSI_ISSUER = Error "etsi.issuer", "ETSI EN 319 412-2", "4.2.3.1, GEN-4.2.3.1-2 and -5":
        "The issuer's name must have country, organization and common name, each once.";
    ETSI_SUBJECT = Error "etsi.subject", "ETSI EN 319 412-2", "4.2.4, NAT-4.2.4-1":
        "The subject must have country, common name, and given name, surname or pseudonym.";
    ETSI_SUBJECT_ONCE = Error "etsi.subject-once", "ETSI EN 319 412-2", "4.2.4, NAT-4.2.4-3":
        "The subject has more than one country or common name.";
    ETSI_PSEUDONYM = Error "etsi.pseudonym", "ETSI EN 319 412-2", "4.2.4, NAT-4.2.4-4":
        "The subject has a pseudonym beside given name and surname.";
    ETSI_IDENTIFIER = Error "etsi.identifier", "ETSI EN 319 412-1", "5.1.3":
        "The subject's serial number is not type of identity, country, hyphen and identifier, such as PNOKZ-….";
    ETSI_AUTHORITY_KEY_ID = Error "etsi.authority-key-identifier", "ETSI EN 319 412-2", "4.3.1, GEN-4.3.1-1":
        "There is no authority key identifier.";
    ETSI_KEY_USAGE = Error "etsi.key-usage", "ETSI EN 319 412-2", "4.3.2, NAT-4.3.2-1":
        "Key usage is none of the settings A to F of table 1.";
    ETSI_COMMITMENT = Error "etsi.commitment", "ETSI EN 319 412-2", "4.3.2, NAT-4.3.2-2":
        "A key for signing documents must have the setting A, B or F: nonRepudiation is missing.";
    ETSI_POLICIES = Error "etsi.policies", "ETSI EN 319 412-2", "4.3.3, GEN-4.3.3-2":
        "There is no certificate policy.";
    ETSI_MAPPINGS = Error "etsi.mappings", "ETSI EN 319 412-2", "4.3.4, GEN-4.3.4-1":
        "Policy mappings must not be there.";
    ETSI_ALTERNATIVE_CRITICAL = Error "etsi.alternative-name-critical", "ETSI EN 319 412-2", "4.3.5, GEN-4.3.5-1":
        "The subject's alternative name must not be critical.";
    ETSI_ISSUER_ALTERNATIVE_CRITICAL = Error "etsi.issuer-alternative-name-critical", "ETSI EN 319 412-2", "4.3.6, GEN-4.3.6-1":
        "The issuer's alternative name must not be critical.";
    ETSI_NAME_CONSTRAINTS = Error "etsi.name-constraints", "ETSI EN 319 412-2", "4.3.8, GEN-4.3.8-1":
        "Name constraints must not be there.";
    ETSI_POLICY_CONSTRAINTS = Error "etsi.policy-constraints", "ETSI EN 319 412-2", "4.3.9, GEN-4.3.9-1":
        "Policy constraints must not be there.";
    ETSI_EXTENDED_CRITICAL = Error "etsi.extended-key-usage-critical", "ETSI EN 319 412-2", "4.3.10, GEN-4.3.10-1":
        "Extended key usage must not be critical.";
    ETSI_LIST = Error "etsi.list", "ETSI EN 319 412-2", "4.3.11, GEN-4.3.11-2":
        "There is neither the address of a status service nor that of a revocation list.";
    ETSI_LIST_SCHEME = Error "etsi.list-scheme", "ETSI EN 319 412-2", "4.3.11, GEN-4.3.11-4":
        "No revocation list has an address with http:// or ldap://.";
    ETSI_LIST_CRITICAL = Error "etsi.list-critical", "ETSI EN 319 412-2", "4.3.11, GEN-4.3.11-5":
        "CRL distribution points must not be critical.";
    ETSI_INHIBIT = Error "etsi.inhibit-any-policy", "ETSI EN 319 412-2", "4.3.12, GEN-4.3.12-1":
        "inhibitAnyPolicy must not be there.";
    ETSI_ACCESS = Error "etsi.access", "ETSI EN 319 412-2", "4.4.1, GEN-4.4.1-2 to -4":
        "Authority information access must name the issuer's certificate under http:// or https://.";
}
