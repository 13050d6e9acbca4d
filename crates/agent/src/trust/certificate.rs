//! The two certificates of an installation, byte by byte (RFC 5280).

use std::time::Duration;

use tanba_crypto::{PublicKey, SignError, Signer, SoftwareKey};
use tanba_model::ports::{RandomSource, SourceRng};
use tanba_pki::asn1::{self, tag};
use tanba_pki::{
    DistinguishedName, DistinguishedNameBuilder, KeyUsage, NameError, SerialNumber, StringKind,
    Timestamp, assemble_certificate, oid,
};

/// Years of the authority: as long as a computer lives.
const AUTHORITY_YEARS: u16 = 10;
/// Days of the server's certificate; browsers and systems accept up to 398.
const SERVER_DAYS: u64 = 180;
/// Both begin a day early, for clocks that are set right later.
const EARLY: Duration = Duration::from_secs(86_400);

const V4: [u8; 4] = [127, 0, 0, 1];
const V6: [u8; 16] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];

/// Why no certificate was made.
#[derive(Debug, thiserror::Error)]
pub(super) enum CertificateFault {
    /// The name cannot be written.
    #[error("the name of the certificate cannot be written")]
    Name(#[from] NameError),
    /// The key failed.
    #[error("the certificate could not be signed")]
    Sign(#[from] SignError),
}

/// What a certificate says.
struct Content<'a> {
    issuer: &'a DistinguishedName,
    subject: &'a DistinguishedName,
    key: &'a PublicKey,
    not_before: Timestamp,
    not_after: Timestamp,
    extensions: Vec<Vec<u8>>,
}

/// The authority: certifies its own key, for loopback names alone.
pub(super) fn authority(
    key: &SoftwareKey,
    now: Timestamp,
    random: &dyn RandomSource,
) -> Result<Vec<u8>, CertificateFault> {
    let mark = random_mark(random);
    let name = DistinguishedNameBuilder::new()
        .push(
            oid::COMMON_NAME,
            StringKind::Utf8,
            &format!("Tanba agent, this computer only ({mark})"),
        )
        .build()?;
    let key_id = key.public_key().key_id();
    sign(
        &Content {
            issuer: &name,
            subject: &name,
            key: key.public_key(),
            not_before: now.minus(EARLY),
            not_after: now.plus_years(AUTHORITY_YEARS),
            extensions: vec![
                // An authority without authorities below it.
                extension(
                    oid::BASIC_CONSTRAINTS,
                    true,
                    &asn1::sequence(&[asn1::boolean(true), asn1::integer(0)]),
                ),
                extension(
                    oid::KEY_USAGE,
                    true,
                    &asn1::named_bits(KeyUsage::KEY_CERT_SIGN.bits()),
                ),
                // Readers that know no name constraints for addresses still see that it is for servers alone.
                extension(oid::EXTENDED_KEY_USAGE, false, &server_auth()),
                extension(oid::NAME_CONSTRAINTS, true, &name_constraints()),
                extension(
                    oid::SUBJECT_KEY_IDENTIFIER,
                    false,
                    &asn1::octet_string(&key_id),
                ),
            ],
        },
        key,
        random,
    )
}

/// The certificate that the browser sees.
pub(super) fn server(
    key: &PublicKey,
    issuer: &DistinguishedName,
    issuer_key: &SoftwareKey,
    now: Timestamp,
    random: &dyn RandomSource,
) -> Result<Vec<u8>, CertificateFault> {
    let name = DistinguishedNameBuilder::new()
        .push(oid::COMMON_NAME, StringKind::Utf8, "127.0.0.1")
        .build()?;
    let issuer_key_id = issuer_key.public_key().key_id();
    sign(
        &Content {
            issuer,
            subject: &name,
            key,
            not_before: now.minus(EARLY),
            not_after: now.plus(Duration::from_secs(SERVER_DAYS * 86_400)),
            extensions: vec![
                extension(oid::BASIC_CONSTRAINTS, true, &asn1::sequence::<&[u8]>(&[])),
                extension(
                    oid::KEY_USAGE,
                    true,
                    &asn1::named_bits(KeyUsage::DIGITAL_SIGNATURE.bits()),
                ),
                extension(oid::EXTENDED_KEY_USAGE, false, &server_auth()),
                extension(
                    oid::SUBJECT_ALT_NAME,
                    false,
                    &asn1::sequence(&[
                        asn1::context_primitive(2, b"localhost"),
                        asn1::context_primitive(7, &V4),
                        asn1::context_primitive(7, &V6),
                    ]),
                ),
                extension(
                    oid::SUBJECT_KEY_IDENTIFIER,
                    false,
                    &asn1::octet_string(&key.key_id()),
                ),
                extension(
                    oid::AUTHORITY_KEY_IDENTIFIER,
                    false,
                    &asn1::sequence(&[asn1::context_primitive(0, &issuer_key_id)]),
                ),
            ],
        },
        issuer_key,
        random,
    )
}

fn sign(
    content: &Content<'_>,
    signer: &SoftwareKey,
    random: &dyn RandomSource,
) -> Result<Vec<u8>, CertificateFault> {
    let algorithm = signer.algorithm();
    let serial = SerialNumber::random(&mut SourceRng(random));
    let tbs = asn1::sequence(&[
        asn1::context(0, &asn1::integer(2)),
        serial.to_der(),
        algorithm.algorithm_identifier_der(),
        content.issuer.der().to_vec(),
        asn1::sequence(&[
            asn1::time(content.not_before),
            asn1::time(content.not_after),
        ]),
        content.subject.der().to_vec(),
        content.key.spki_der().to_vec(),
        asn1::context(3, &asn1::sequence(&content.extensions)),
    ]);
    let signature = signer.sign(&tbs)?;
    Ok(assemble_certificate(&tbs, algorithm, &signature))
}

fn extension(oid: tanba_crypto::ObjectIdentifier, critical: bool, value: &[u8]) -> Vec<u8> {
    let mut parts = vec![asn1::oid(oid)];
    if critical {
        parts.push(asn1::boolean(true));
    }
    parts.push(asn1::octet_string(value));
    asn1::sequence(&parts)
}

fn server_auth() -> Vec<u8> {
    asn1::sequence(&[asn1::oid(oid::SERVER_AUTH)])
}

/// `NameConstraints` with permitted subtrees alone: of each kind of name that a server can have, nothing but loopback.
///
/// ```text
/// NameConstraints ::= SEQUENCE { permittedSubtrees [0] GeneralSubtrees OPTIONAL, … }
/// GeneralSubtree ::= SEQUENCE { base GeneralName, minimum [0] DEFAULT 0, maximum [1] OPTIONAL }
/// ```
fn name_constraints() -> Vec<u8> {
    let subtree = |name: Vec<u8>| asn1::sequence(&[name]);
    let whole_address = |address: &[u8]| [address, &vec![0xff; address.len()]].concat();
    let permitted = [
        subtree(asn1::context_primitive(2, b"localhost")),
        subtree(asn1::context_primitive(7, &whole_address(&V4))),
        subtree(asn1::context_primitive(7, &whole_address(&V6))),
    ]
    .concat();
    asn1::tlv(tag::SEQUENCE, &asn1::context(0, &permitted))
}

/// Tells authorities of two installations apart, where a store lists them by name.
fn random_mark(random: &dyn RandomSource) -> String {
    let mut octets = [0; 4];
    random.fill(&mut octets);
    tanba_pki::hex::encode(&octets)
}
