//! Writes lists. Entries go straight into one buffer, so a million of them cost their octets and nothing else.

use der::asn1::ObjectIdentifier;
use tanba_crypto::SignatureAlgorithm;

use super::Reason;
use crate::asn1::{self, tag};
use crate::{DistinguishedName, Timestamp};

const fn oid(text: &str) -> ObjectIdentifier {
    ObjectIdentifier::new_unwrap(text)
}

/// `id-ce-cRLReasons`.
pub(super) const REASON_CODE: ObjectIdentifier = oid("2.5.29.21");
/// `id-ce-cRLNumber`.
pub(super) const CRL_NUMBER: ObjectIdentifier = oid("2.5.29.20");
/// `id-ce-deltaCRLIndicator`.
pub(super) const DELTA_INDICATOR: ObjectIdentifier = oid("2.5.29.27");
/// `id-ce-issuingDistributionPoint`.
pub(super) const ISSUING_DISTRIBUTION_POINT: ObjectIdentifier = oid("2.5.29.28");
/// `id-ce-authorityKeyIdentifier`.
pub(super) const AUTHORITY_KEY_IDENTIFIER: ObjectIdentifier = oid("2.5.29.35");
/// `id-ce-freshestCRL`.
pub(super) const FRESHEST_CRL: ObjectIdentifier = oid("2.5.29.46");

/// Which of the lists this is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CrlKind<'a> {
    /// A complete list for its scope, the base of deltas if any are published.
    Complete {
        /// Where the delta to this list is found.
        freshest: Option<&'a str>,
    },
    /// What changed since the complete list of that number (RFC 5280, 5.2.4).
    Delta {
        /// Number of the complete list that this one builds on.
        base_number: u64,
    },
}

/// Everything of a list but its entries.
#[derive(Clone, Debug)]
pub struct CrlTemplate<'a> {
    /// Name of the issuer.
    pub issuer: &'a DistinguishedName,
    /// The issuer's subject key identifier.
    pub issuer_key_id: &'a [u8],
    /// How the list will be signed.
    pub algorithm: SignatureAlgorithm,
    /// Number of the list; deltas and complete lists of a scope share one sequence (RFC 5280, 5.2.3).
    pub number: u64,
    /// Time of issue.
    pub this_update: Timestamp,
    /// Time by which the next list is issued.
    pub next_update: Timestamp,
    /// URL of the shard as in its certificates; none for a list about all certificates of the issuer.
    pub distribution_point: Option<&'a str>,
    /// Complete or delta.
    pub kind: CrlKind<'a>,
}

/// A list being written: entries first, then [`finish`](Self::finish) gives what has to be signed.
#[derive(Clone, Debug)]
pub struct CrlWriter {
    head: Vec<u8>,
    entries: Vec<u8>,
    extensions: Vec<u8>,
}

impl CrlWriter {
    /// Starts a list without entries.
    #[must_use]
    pub fn new(template: &CrlTemplate<'_>) -> Self {
        let head = [
            asn1::integer(1),
            template.algorithm.algorithm_identifier_der(),
            template.issuer.der().to_vec(),
            asn1::time(template.this_update),
            asn1::time(template.next_update),
        ];
        Self {
            head: head.concat(),
            entries: Vec::new(),
            extensions: extensions(template),
        }
    }

    /// Makes room for entries of so many octets together.
    pub fn reserve(&mut self, octets: usize) {
        self.entries.reserve(octets);
    }

    /// Adds a revoked certificate; `serial` is the contents of its INTEGER.
    pub fn push(&mut self, serial: &[u8], at: Timestamp, reason: Reason) {
        self.entries
            .extend_from_slice(&encode_entry(serial, at, reason));
    }

    /// Adds an entry that [`encode_entry`] made earlier.
    pub fn push_encoded(&mut self, entry: &[u8]) {
        self.entries.extend_from_slice(entry);
    }

    /// `TBSCertList`: what has to be signed.
    #[must_use]
    pub fn finish(self) -> Vec<u8> {
        // An empty list is left out (RFC 5280, 5.1.2.6).
        let entries = if self.entries.is_empty() {
            Vec::new()
        } else {
            asn1::tlv(tag::SEQUENCE, &self.entries)
        };
        let extensions = asn1::context(0, &asn1::tlv(tag::SEQUENCE, &self.extensions));
        asn1::sequence(&[self.head, entries, extensions])
    }
}

/// The list, from what was signed and the signature over it.
#[must_use]
pub fn assemble_crl(tbs: &[u8], algorithm: SignatureAlgorithm, signature: &[u8]) -> Vec<u8> {
    asn1::sequence(&[
        tbs,
        &algorithm.algorithm_identifier_der(),
        &asn1::bit_string(signature),
    ])
}

/// One entry in DER, for storing beside the certificate; `serial` is the contents of its INTEGER.
#[must_use]
pub fn encode_entry(serial: &[u8], at: Timestamp, reason: Reason) -> Vec<u8> {
    let mut fields = vec![asn1::tlv(tag::INTEGER, serial), asn1::time(at)];
    // "Unspecified" is left out (RFC 5280, 5.3.1).
    if reason != Reason::Unspecified {
        let extension = extension(REASON_CODE, false, &asn1::enumerated(reason.code()));
        fields.push(asn1::sequence(&[extension]));
    }
    asn1::sequence(&fields)
}

fn extensions(template: &CrlTemplate<'_>) -> Vec<u8> {
    let key_id = asn1::sequence(&[asn1::context_primitive(0, template.issuer_key_id)]);
    let mut out = extension(AUTHORITY_KEY_IDENTIFIER, false, &key_id);
    out.extend(extension(
        CRL_NUMBER,
        false,
        &asn1::integer(template.number),
    ));
    if let CrlKind::Delta { base_number } = template.kind {
        out.extend(extension(
            DELTA_INDICATOR,
            true,
            &asn1::integer(base_number),
        ));
    }
    if let Some(url) = template.distribution_point {
        let point = asn1::sequence(&[point_name(url)]);
        out.extend(extension(ISSUING_DISTRIBUTION_POINT, true, &point));
    }
    if let CrlKind::Complete {
        freshest: Some(url),
    } = template.kind
    {
        let points = asn1::sequence(&[asn1::sequence(&[point_name(url)])]);
        out.extend(extension(FRESHEST_CRL, false, &points));
    }
    out
}

/// `distributionPoint [0] DistributionPointName` with one URL as its full name.
fn point_name(url: &str) -> Vec<u8> {
    let name = asn1::context_primitive(6, url.as_bytes());
    asn1::context(0, &asn1::context(0, &name))
}

/// `Extension` (RFC 5280, 4.1).
pub(crate) fn extension(oid: ObjectIdentifier, critical: bool, value: &[u8]) -> Vec<u8> {
    let mut fields = vec![asn1::oid(oid)];
    if critical {
        fields.push(asn1::boolean(true));
    }
    fields.push(asn1::octet_string(value));
    asn1::sequence(&fields)
}
