//! Object identifiers that certificates of this project use.

use tanba_crypto::ObjectIdentifier;

macro_rules! identifiers {
    ($($(#[$doc:meta])* $name:ident = $text:literal;)*) => {
        $($(#[$doc])* pub const $name: ObjectIdentifier = ObjectIdentifier::new_unwrap($text);)*
    };
}

identifiers! {
    /// commonName
    COMMON_NAME = "2.5.4.3";
    /// surname
    SURNAME = "2.5.4.4";
    /// serialNumber, `IIN` and twelve digits
    SERIAL_NUMBER = "2.5.4.5";
    /// countryName
    COUNTRY = "2.5.4.6";
    /// localityName
    LOCALITY = "2.5.4.7";
    /// stateOrProvinceName
    STATE = "2.5.4.8";
    /// organizationName
    ORGANIZATION = "2.5.4.10";
    /// organizationalUnitName, `BIN` and twelve digits
    ORGANIZATIONAL_UNIT = "2.5.4.11";
    /// businessCategory
    BUSINESS_CATEGORY = "2.5.4.15";
    /// givenName
    GIVEN_NAME = "2.5.4.42";
    /// pseudonym
    PSEUDONYM = "2.5.4.65";
    /// userId
    USER_ID = "0.9.2342.19200300.100.1.1";
    /// domainComponent
    DOMAIN_COMPONENT = "0.9.2342.19200300.100.1.25";
    /// emailAddress (PKCS#9)
    EMAIL_ADDRESS = "1.2.840.113549.1.9.1";
    /// extensionRequest (PKCS#9)
    EXTENSION_REQUEST = "1.2.840.113549.1.9.14";

    /// subjectKeyIdentifier
    SUBJECT_KEY_IDENTIFIER = "2.5.29.14";
    /// keyUsage
    KEY_USAGE = "2.5.29.15";
    /// subjectAltName
    SUBJECT_ALT_NAME = "2.5.29.17";
    /// issuerAltName
    ISSUER_ALT_NAME = "2.5.29.18";
    /// basicConstraints
    BASIC_CONSTRAINTS = "2.5.29.19";
    /// certificateIssuer, of an entry of an indirect revocation list
    CERTIFICATE_ISSUER = "2.5.29.29";
    /// nameConstraints
    NAME_CONSTRAINTS = "2.5.29.30";
    /// cRLDistributionPoints
    CRL_DISTRIBUTION_POINTS = "2.5.29.31";
    /// certificatePolicies
    CERTIFICATE_POLICIES = "2.5.29.32";
    /// anyPolicy
    ANY_POLICY = "2.5.29.32.0";
    /// policyMappings
    POLICY_MAPPINGS = "2.5.29.33";
    /// authorityKeyIdentifier
    AUTHORITY_KEY_IDENTIFIER = "2.5.29.35";
    /// policyConstraints
    POLICY_CONSTRAINTS = "2.5.29.36";
    /// extKeyUsage
    EXTENDED_KEY_USAGE = "2.5.29.37";
    /// anyExtendedKeyUsage
    ANY_EXTENDED_KEY_USAGE = "2.5.29.37.0";
    /// freshestCRL
    FRESHEST_CRL = "2.5.29.46";
    /// inhibitAnyPolicy
    INHIBIT_ANY_POLICY = "2.5.29.54";
    /// authorityInfoAccess
    AUTHORITY_INFO_ACCESS = "1.3.6.1.5.5.7.1.1";
    /// id-ad-ocsp
    ACCESS_OCSP = "1.3.6.1.5.5.7.48.1";
    /// id-ad-caIssuers
    ACCESS_CA_ISSUERS = "1.3.6.1.5.5.7.48.2";
    /// id-pkix-ocsp-nocheck
    OCSP_NO_CHECK = "1.3.6.1.5.5.7.48.1.5";
    /// id-qt-cps
    QUALIFIER_CPS = "1.3.6.1.5.5.7.2.1";
    /// id-qt-unotice
    QUALIFIER_USER_NOTICE = "1.3.6.1.5.5.7.2.2";

    /// id-kp-serverAuth
    SERVER_AUTH = "1.3.6.1.5.5.7.3.1";
    /// id-kp-clientAuth
    CLIENT_AUTH = "1.3.6.1.5.5.7.3.2";
    /// id-kp-codeSigning
    CODE_SIGNING = "1.3.6.1.5.5.7.3.3";
    /// id-kp-emailProtection
    EMAIL_PROTECTION = "1.3.6.1.5.5.7.3.4";
    /// id-kp-timeStamping
    TIME_STAMPING = "1.3.6.1.5.5.7.3.8";
    /// id-kp-OCSPSigning
    OCSP_SIGNING = "1.3.6.1.5.5.7.3.9";
    /// id-kp-documentSigning (RFC 9336)
    DOCUMENT_SIGNING = "1.3.6.1.5.5.7.3.36";

    /// The national certification authority's policies; itself the policy of single keys
    KZ_POLICY = "1.2.398.3.3.2";
    /// Signature, legal entity
    KZ_POLICY_LEGAL_SIGNATURE = "1.2.398.3.3.2.1";
    /// Authentication, legal entity
    KZ_POLICY_LEGAL_AUTHENTICATION = "1.2.398.3.3.2.2";
    /// Signature, individual
    KZ_POLICY_INDIVIDUAL_SIGNATURE = "1.2.398.3.3.2.3";
    /// Authentication, individual
    KZ_POLICY_INDIVIDUAL_AUTHENTICATION = "1.2.398.3.3.2.4";
    /// Owner's role: individual
    KZ_ROLE_INDIVIDUAL = "1.2.398.3.3.4.1.1";
    /// Owner's role: legal entity
    KZ_ROLE_LEGAL_ENTITY = "1.2.398.3.3.4.1.2";
    /// The extension that names the store of the key
    KZ_KEYSTORE = "1.2.398.3.3.5";
    /// Key store: a PKCS#12 file
    KZ_KEYSTORE_PKCS12 = "1.2.398.3.3.5.1.1";
    /// Key store: a Java key store file
    KZ_KEYSTORE_JKS = "1.2.398.3.3.5.1.2";
    /// Key store: the national identity card
    KZ_KEYSTORE_ID_CARD = "1.2.398.3.3.5.2.1";
    /// Key store: Kaztoken
    KZ_KEYSTORE_KAZTOKEN = "1.2.398.3.3.5.2.2";
    /// Key store: eToken PRO (Java, 72K)
    KZ_KEYSTORE_ETOKEN_JAVA = "1.2.398.3.3.5.2.3";
    /// Key store: eToken 5110
    KZ_KEYSTORE_ETOKEN_5110 = "1.2.398.3.3.5.2.4";
    /// Key store: JaCarta
    KZ_KEYSTORE_JACARTA = "1.2.398.3.3.5.2.5";
    /// Key store: AKey
    KZ_KEYSTORE_AKEY = "1.2.398.3.3.5.2.6";
    /// Key store: SIM card
    KZ_KEYSTORE_SIM = "1.2.398.3.3.5.2.7";
}

/// Whether the key store named is a file on a computer (else it is a device).
#[must_use]
pub fn is_file_keystore(keystore: ObjectIdentifier) -> bool {
    keystore == KZ_KEYSTORE_PKCS12 || keystore == KZ_KEYSTORE_JKS
}
