//! Makes enveloped signatures.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use roxmltree::{Document, Node};
use tanba_crypto::{DigestAlgorithm, SignError, SignatureAlgorithm, UnsupportedAlgorithm};

use super::canonical::{Canonical, canonicalize, element_name};
use super::xpath::{self, PathFault};
use super::{XmlFault, parse};
use crate::sign::SigningKey;

pub(super) const INCLUSIVE: &str = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315";
pub(super) const INCLUSIVE_COMMENTS: &str =
    "http://www.w3.org/TR/2001/REC-xml-c14n-20010315#WithComments";
pub(super) const EXCLUSIVE: &str = "http://www.w3.org/2001/10/xml-exc-c14n#";
pub(super) const ENVELOPED: &str = "http://www.w3.org/2000/09/xmldsig#enveloped-signature";

/// What the documents begin with that sites are used to.
const PROLOG: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"no\"?>";

/// What is signed, and where the signature goes.
#[derive(Clone, Copy, Debug, Default)]
pub struct XmlTarget<'a> {
    /// Path of the element that is signed; empty for the whole document.
    pub signed: &'a str,
    /// Path of the element that takes the signature as its last child; empty for the root element.
    pub parent: &'a str,
}

/// Why no signature was made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SignXmlError {
    /// The document cannot be read.
    #[error(transparent)]
    Document(#[from] XmlFault),
    /// A path is not understood.
    #[error(transparent)]
    Path(#[from] PathFault),
    /// A path names nothing in the document.
    #[error("the path names no element of the document")]
    NoElement,
    /// The element to be signed has no attribute `Id`, `ID` or `id` to be named by.
    #[error("the element to be signed has no attribute Id")]
    NoId,
    /// Another element has the same `Id`, so that whoever checks the signature may find the other one (signature wrapping).
    #[error("several elements of the document have the Id of the element to be signed")]
    RepeatedId,
    /// There is no name for the algorithm in XML signatures.
    #[error(transparent)]
    Unsupported(#[from] UnsupportedAlgorithm),
    /// The key failed.
    #[error("the key failed")]
    Sign(#[from] SignError),
}

/// Names of an algorithm in XML signatures (RFC 6931, RFC 9231).
pub(super) struct Names {
    pub(super) signature: &'static str,
    pub(super) digest: &'static str,
}

/// The names of what a key signs with.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "algorithms are open-ended, and only these have names"
)]
pub(super) fn names(algorithm: SignatureAlgorithm) -> Option<Names> {
    let signature = match algorithm {
        SignatureAlgorithm::RsaSha256 => "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
        SignatureAlgorithm::RsaSha384 => "http://www.w3.org/2001/04/xmldsig-more#rsa-sha384",
        SignatureAlgorithm::RsaSha512 => "http://www.w3.org/2001/04/xmldsig-more#rsa-sha512",
        SignatureAlgorithm::EcdsaSha256 => "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256",
        SignatureAlgorithm::EcdsaSha384 => "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha384",
        _ => return None,
    };
    let digest = match algorithm.digest() {
        DigestAlgorithm::Sha256 => "http://www.w3.org/2001/04/xmlenc#sha256",
        DigestAlgorithm::Sha384 => "http://www.w3.org/2001/04/xmldsig-more#sha384",
        DigestAlgorithm::Sha512 => "http://www.w3.org/2001/04/xmlenc#sha512",
        _ => return None,
    };
    Some(Names { signature, digest })
}

impl SigningKey {
    /// Puts a signature into a document.
    ///
    /// # Errors
    /// [`SignXmlError`]
    pub fn sign_xml(&self, text: &str, target: XmlTarget<'_>) -> Result<String, SignXmlError> {
        let algorithm = self.signer.algorithm();
        let names = names(algorithm).ok_or_else(|| UnsupportedAlgorithm::new(algorithm.oid()))?;
        let body = without_declaration(text);
        let document = parse(body)?;
        let Found { parent, signed } = Found::in_document(&document, target)?;
        let reference = reference(&document, signed, algorithm, &names);
        let signed_info = format!(
            "<ds:SignedInfo><ds:CanonicalizationMethod Algorithm=\"{INCLUSIVE}\"/><ds:SignatureMethod \
             Algorithm=\"{}\"/>{reference}</ds:SignedInfo>",
            names.signature
        );
        let certificate = STANDARD.encode(self.certificate.der());
        let begin = format!("<ds:Signature xmlns:ds=\"{}\">", super::DSIG);
        let before_value = format!("{begin}{signed_info}<ds:SignatureValue>");
        let after_value = format!(
            "</ds:SignatureValue><ds:KeyInfo><ds:X509Data><ds:X509Certificate>{certificate}</ds:X509Certificate>\
             </ds:X509Data></ds:KeyInfo></ds:Signature>"
        );
        let place = Place::inside(body, parent);
        // What is signed is `SignedInfo` where it will stand: namespaces from above are part of it.
        let unsigned = place.filled(&format!("{before_value}{after_value}"));
        let canonical = canonical_signed_info(&unsigned, place.before.len())?;
        let value = self.signer.sign(canonical.as_bytes())?;
        let value = STANDARD.encode(plain_value(algorithm, &value)?);
        let signed = place.filled(&format!("{before_value}{value}{after_value}"));
        Ok(format!("{PROLOG}{signed}"))
    }
}

/// The part of a document that a signature would be over, as it stands: found as it is found for signing, so that what is
/// shown is what is signed, and what is wrong with a path is told before anybody is asked.
///
/// # Errors
/// [`SignXmlError`], without those of the key.
pub fn signed_part<'a>(text: &'a str, target: XmlTarget<'_>) -> Result<&'a str, SignXmlError> {
    let document = parse(text)?;
    let found = Found::in_document(&document, target)?;
    let range = found.signed.map(|(element, _)| element.range());
    Ok(range.map_or(text, |range| text.get(range).unwrap_or(text)))
}

/// What a target means in a document.
struct Found<'a, 'input> {
    parent: Node<'a, 'input>,
    /// The element that is signed and the name of it that is written; none for the whole document.
    signed: Option<(Node<'a, 'input>, &'a str)>,
}

impl<'a, 'input> Found<'a, 'input> {
    fn in_document(
        document: &'a Document<'input>,
        target: XmlTarget<'_>,
    ) -> Result<Self, SignXmlError> {
        let parent = element(document, target.parent)?.unwrap_or(document.root_element());
        let Some(element) = element(document, target.signed)? else {
            let signed = None;
            return Ok(Self { parent, signed });
        };
        let id = ids(element)
            .next()
            .filter(|id| is_id(id))
            .ok_or(SignXmlError::NoId)?;
        let has_it = |node: &Node<'_, '_>| ids(*node).any(|other| other == id);
        if document.descendants().filter(has_it).count() > 1 {
            return Err(SignXmlError::RepeatedId);
        }
        let signed = Some((element, id));
        Ok(Self { parent, signed })
    }
}

/// `Reference` to the whole document or to one element.
fn reference(
    document: &Document<'_>,
    signed: Option<(Node<'_, '_>, &str)>,
    algorithm: SignatureAlgorithm,
    names: &Names,
) -> String {
    let (uri, canonicalization, canonical) = match signed {
        // An empty reference is the document without comments, whatever the transform says later (XMLDSig 4.4.3.3).
        None => (
            String::new(),
            INCLUSIVE_COMMENTS,
            canonicalize(document.root(), Canonical::default()),
        ),
        Some((element, id)) => {
            let form = Canonical {
                exclusive: true,
                ..Canonical::default()
            };
            (format!("#{id}"), EXCLUSIVE, canonicalize(element, form))
        }
    };
    let digest = STANDARD.encode(algorithm.digest().digest(canonical.as_bytes()));
    format!(
        "<ds:Reference URI=\"{uri}\"><ds:Transforms><ds:Transform Algorithm=\"{ENVELOPED}\"/><ds:Transform \
         Algorithm=\"{canonicalization}\"/></ds:Transforms><ds:DigestMethod Algorithm=\"{}\"/><ds:DigestValue>{digest}\
         </ds:DigestValue></ds:Reference>",
        names.digest
    )
}

/// What an element may be named by in a reference.
pub(super) fn ids<'a>(element: Node<'a, '_>) -> impl Iterator<Item = &'a str> {
    ["Id", "ID", "id"]
        .into_iter()
        .filter_map(move |name| element.attribute(name))
}

/// Where a signature goes, in the text as it stands.
struct Place<'a> {
    before: &'a str,
    /// `>` of an element that was empty.
    open: &'static str,
    /// `</name>` of an element that was empty.
    close: String,
    after: &'a str,
}

impl<'a> Place<'a> {
    /// Behind the last child of an element.
    fn inside(text: &'a str, parent: Node<'_, 'a>) -> Self {
        let end = parent.range().end;
        let until = text.get(..end).unwrap_or_default();
        let after = text.get(end..).unwrap_or_default();
        if let Some(before) = until.strip_suffix("/>") {
            return Self {
                before,
                open: ">",
                close: format!("</{}>", element_name(parent)),
                after,
            };
        }
        let tag = until.rfind("</").unwrap_or(until.len());
        Self {
            before: text.get(..tag).unwrap_or_default(),
            open: "",
            close: String::new(),
            after: text.get(tag..).unwrap_or_default(),
        }
    }

    fn filled(&self, signature: &str) -> String {
        [self.before, self.open, signature, &self.close, self.after].concat()
    }
}

/// The canonical `SignedInfo` of the signature that begins at, or one octet behind, this offset.
fn canonical_signed_info(text: &str, offset: usize) -> Result<String, SignXmlError> {
    let document = parse(text)?;
    let begins = |node: &Node<'_, '_>| {
        let start = node.range().start;
        (start == offset || start == offset.saturating_add(1))
            && node.has_tag_name((super::DSIG, "Signature"))
    };
    let signature = document
        .descendants()
        .find(begins)
        .ok_or(SignXmlError::NoElement)?;
    let signed_info = signature
        .first_element_child()
        .ok_or(SignXmlError::NoElement)?;
    Ok(canonicalize(signed_info, Canonical::default()))
}

fn element<'a, 'input>(
    document: &'a Document<'input>,
    path: &str,
) -> Result<Option<Node<'a, 'input>>, SignXmlError> {
    if path.trim().is_empty() {
        return Ok(None);
    }
    xpath::find(document, path)?
        .ok_or(SignXmlError::NoElement)
        .map(Some)
}

/// The text behind its declaration: what it says about the encoding was true before the text became a string.
fn without_declaration(text: &str) -> &str {
    let text = text.trim_start_matches('\u{feff}').trim_start();
    let is_declaration = text
        .strip_prefix("<?xml")
        .is_some_and(|rest| rest.starts_with(|character: char| character.is_ascii_whitespace()));
    if !is_declaration {
        return text;
    }
    text.split_once("?>")
        .map_or(text, |(_, rest)| rest.trim_start())
}

/// Whether a value can stand in a reference without being written otherwise.
fn is_id(text: &str) -> bool {
    !text.is_empty()
        && text
            .chars()
            .all(|character| character.is_alphanumeric() || matches!(character, '_' | '-' | '.'))
}

/// The value as XML signatures have it: of ECDSA both numbers side by side (RFC 6931, 2.3.6), else as it is.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "algorithms are open-ended, and only these two have numbers side by side"
)]
fn plain_value(algorithm: SignatureAlgorithm, value: &[u8]) -> Result<Vec<u8>, SignError> {
    let length = match algorithm {
        SignatureAlgorithm::EcdsaSha256 => 32,
        SignatureAlgorithm::EcdsaSha384 => 48,
        _ => return Ok(value.to_vec()),
    };
    let mut numbers =
        tanba_pki::asn1::parse_all(value, "ECDSA-Sig-Value").map_err(|_| SignError::Failed)?;
    let mut plain = Vec::with_capacity(2 * length);
    for _ in 0..2 {
        let number = numbers.integer_bytes().map_err(|_| SignError::Failed)?;
        let zeros = number.iter().take_while(|octet| **octet == 0).count();
        let number = number.get(zeros..).unwrap_or_default();
        let padding = length.checked_sub(number.len()).ok_or(SignError::Failed)?;
        plain.extend(std::iter::repeat_n(0, padding));
        plain.extend_from_slice(number);
    }
    Ok(plain)
}
