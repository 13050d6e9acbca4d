//! Judges enveloped signatures of the forms that are made here and by the national programs.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use roxmltree::{Document, Node};
use tanba_crypto::SignatureAlgorithm;
use tanba_pki::{Certificate, asn1};

use super::canonical::{Canonical, canonicalize};
use super::signature::{ENVELOPED, EXCLUSIVE, INCLUSIVE, INCLUSIVE_COMMENTS, ids, names};
use super::{DSIG, XmlFault, parse};

const ALGORITHMS: [SignatureAlgorithm; 5] = [
    SignatureAlgorithm::RsaSha256,
    SignatureAlgorithm::RsaSha384,
    SignatureAlgorithm::RsaSha512,
    SignatureAlgorithm::EcdsaSha256,
    SignatureAlgorithm::EcdsaSha384,
];

/// Whether the document has a signature and each of them holds. Whether the certificates inside are to be believed is
/// not judged.
///
/// # Errors
/// [`XmlFault`] when the document cannot be read.
pub fn verify_xml(text: &str) -> Result<bool, XmlFault> {
    let document = parse(text)?;
    let mut signatures = document
        .descendants()
        .filter(|node| node.has_tag_name((DSIG, "Signature")))
        .peekable();
    if signatures.peek().is_none() {
        return Ok(false);
    }
    Ok(signatures.all(|signature| holds(&document, signature) == Some(true)))
}

fn holds(document: &Document<'_>, signature: Node<'_, '_>) -> Option<bool> {
    let signed_info = child(signature, "SignedInfo")?;
    let method = attribute(child(signed_info, "CanonicalizationMethod")?)?;
    let form = form(method)?;
    let algorithm = attribute(child(signed_info, "SignatureMethod")?)?;
    let algorithm = ALGORITHMS
        .into_iter()
        .find(|known| names(*known).is_some_and(|names| names.signature == algorithm))?;
    let value = decoded(child(signature, "SignatureValue")?)?;
    let certificate = child(
        child(child(signature, "KeyInfo")?, "X509Data")?,
        "X509Certificate",
    )?;
    let certificate = Certificate::from_der(&decoded(certificate)?).ok()?;
    let octets = canonicalize(signed_info, form);
    let value = structured_value(algorithm, &value)?;
    let signed = certificate
        .public_key()
        .verify(algorithm, octets.as_bytes(), &value)
        .is_ok();
    let mut references = children(signed_info, "Reference").peekable();
    references.peek()?;
    let unchanged =
        references.all(|reference| is_unchanged(document, signature, reference) == Some(true));
    Some(signed && unchanged)
}

fn is_unchanged(
    document: &Document<'_>,
    signature: Node<'_, '_>,
    reference: Node<'_, '_>,
) -> Option<bool> {
    let target = match reference.attribute("URI")? {
        "" => document.root(),
        uri => {
            let id = uri.strip_prefix('#')?;
            let named = |node: &Node<'_, '_>| ids(*node).any(|named| named == id);
            let mut found = document.descendants().filter(named);
            // Two elements of one name: which was signed is anybody's guess (signature wrapping).
            let first = found.next()?;
            if found.next().is_some() {
                return None;
            }
            first
        }
    };
    let mut result = Canonical::default();
    for transform in children(child(reference, "Transforms")?, "Transform") {
        match attribute(transform)? {
            ENVELOPED => result.without = Some(signature.id()),
            method => {
                let method = form(method)?;
                result.exclusive = method.exclusive;
            }
        }
    }
    let digest = attribute(child(reference, "DigestMethod")?)?;
    let algorithm = ALGORITHMS
        .into_iter()
        .find(|known| names(*known).is_some_and(|names| names.digest == digest))?;
    let octets = canonicalize(target, result);
    let expected = decoded(child(reference, "DigestValue")?)?;
    Some(algorithm.digest().digest(octets.as_bytes()) == expected)
}

fn form(method: &str) -> Option<Canonical> {
    let (exclusive, comments) = match method {
        INCLUSIVE => (false, false),
        INCLUSIVE_COMMENTS => (false, true),
        EXCLUSIVE => (true, false),
        _ => return None,
    };
    Some(Canonical {
        exclusive,
        comments,
        without: None,
    })
}

fn children<'a, 'input: 'a>(
    node: Node<'a, 'input>,
    name: &'static str,
) -> impl Iterator<Item = Node<'a, 'input>> {
    node.children()
        .filter(move |node| node.has_tag_name((DSIG, name)))
}

fn child<'a, 'input>(node: Node<'a, 'input>, name: &'static str) -> Option<Node<'a, 'input>> {
    node.children().find(|node| node.has_tag_name((DSIG, name)))
}

fn attribute<'a>(node: Node<'a, '_>) -> Option<&'a str> {
    node.attribute("Algorithm")
}

fn decoded(node: Node<'_, '_>) -> Option<Vec<u8>> {
    let text: String = node.text()?.split_ascii_whitespace().collect();
    STANDARD.decode(text).ok()
}

/// The two numbers of ECDSA as the structure that keys verify.
fn structured_value(algorithm: SignatureAlgorithm, value: &[u8]) -> Option<Vec<u8>> {
    if algorithm.is_rsa() {
        return Some(value.to_vec());
    }
    let half = value.len() / 2;
    let (r, s) = (value.get(..half)?, value.get(half..)?);
    Some(asn1::sequence(&[
        asn1::integer_bytes(r),
        asn1::integer_bytes(s),
    ]))
}
