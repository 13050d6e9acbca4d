//! The seal on a document: PAdES, level B-B (ETSI EN 319 142-1, 6.3).
//!
//! The signature stands in an incremental update behind the document, whose octets stay as they were (ISO 32000-1,
//! 7.5.6 and 12.8). It covers the whole file but its own place. The claimed time stands in `/M` and not among the signed
//! attributes, as the profile wants it.

use std::fmt;
use std::fmt::Write as _;
use std::sync::Arc;

use tanba_crypto::Signer;
use tanba_pki::cms::{CmsError, SignOptions, sign};
use tanba_pki::{Certificate, Timestamp, hex};

use crate::tail::{Tail, reference, value};

/// Digits of a number in `/ByteRange`, padded, because it is written before it is known.
const DIGITS: usize = 10;

/// Why a document could not be sealed; the key is as it was, and trying again is fine.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SealError {
    /// The document is not one that was made here.
    #[error("the document has no form that can be sealed")]
    Document,
    /// The signature is larger than the place that was kept for it.
    #[error("the signature does not fit into its place")]
    Place,
    /// The key did not sign.
    #[error("the seal did not sign")]
    Signature(#[source] CmsError),
}

/// A key and a certificate that vouch for documents.
#[derive(Clone)]
pub struct Sealer {
    signer: Arc<dyn Signer>,
    certificate: Certificate,
    chain: Vec<Certificate>,
}

/// What a seal says of itself to readers.
#[derive(Clone, Copy, Debug)]
pub struct SealWords<'a> {
    /// Whose seal it is.
    pub name: &'a str,
    /// Why it stands there.
    pub reason: &'a str,
    /// The claimed time.
    pub at: Timestamp,
}

impl Sealer {
    /// A seal; `chain` holds the issuers of its certificate without the root.
    #[must_use]
    pub const fn new(
        signer: Arc<dyn Signer>,
        certificate: Certificate,
        chain: Vec<Certificate>,
    ) -> Self {
        Self {
            signer,
            certificate,
            chain,
        }
    }

    /// Seals a document of [`crate::Document::to_pdf`].
    ///
    /// # Errors
    /// [`SealError`].
    pub fn seal_pdf(&self, document: &[u8], words: &SealWords<'_>) -> Result<Vec<u8>, SealError> {
        let room = self.room();
        let mut update = Update::write(document, words, room).ok_or(SealError::Document)?;
        let content = update.signed_octets().ok_or(SealError::Document)?;
        let options = SignOptions {
            chain: &self.chain,
            detached: true,
            ..SignOptions::new(&self.certificate)
        };
        let message =
            sign(&content, self.signer.as_ref(), &options).map_err(SealError::Signature)?;
        update.fill(&message).ok_or(SealError::Place)
    }

    /// A detached signature over any file (CAdES-BES, ETSI EN 319 122-1), which claims its time.
    ///
    /// # Errors
    /// [`SealError::Signature`].
    pub fn sign_detached(&self, content: &[u8], at: Timestamp) -> Result<Vec<u8>, SealError> {
        let options = SignOptions {
            chain: &self.chain,
            detached: true,
            signing_time: Some(at),
            ..SignOptions::new(&self.certificate)
        };
        sign(content, self.signer.as_ref(), &options).map_err(SealError::Signature)
    }

    /// Octets to keep for the message: certificates, names, and the longest signature that a key of ours makes.
    fn room(&self) -> usize {
        let certificates: usize = std::iter::once(&self.certificate)
            .chain(&self.chain)
            .map(|certificate| certificate.der().len() + certificate.issuer().der().len())
            .sum();
        certificates * 2 + 2048
    }
}

impl fmt::Debug for Sealer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Sealer(…)")
    }
}

/// The file with an update whose signature is still missing.
struct Update {
    file: Vec<u8>,
    /// Where `<` of the signature stands.
    hole: usize,
    /// Octets that the signature may have.
    room: usize,
}

impl Update {
    fn write(document: &[u8], words: &SealWords<'_>, room: usize) -> Option<Self> {
        let tail = Tail::read(document)?;
        let size = tail.size()?;
        let (field, signature) = (size, size.checked_add(1)?);
        let root = tail.reference("/Root")?;
        let catalogue = tail.dictionary(root)?;
        let page = tail.first_page(reference(value(catalogue, "/Pages")?)?)?;
        let page_dictionary = tail.dictionary(page)?;
        // Nobody else's forms and notes stand in a document of ours.
        if value(catalogue, "/AcroForm").is_some() || value(page_dictionary, "/Annots").is_some() {
            return None;
        }
        let mut file = document.to_vec();
        if !file.ends_with(b"\n") {
            file.push(b'\n');
        }
        let mut offsets = Vec::new();
        let mut object = |file: &mut Vec<u8>, number: u32, body: &str| {
            offsets.push((number, file.len()));
            file.extend_from_slice(format!("{number} 0 obj\n{body}\nendobj\n").as_bytes());
        };
        object(
            &mut file,
            root,
            &format!("<<{catalogue}\n/AcroForm <</Fields [{field} 0 R] /SigFlags 3>>\n>>"),
        );
        object(
            &mut file,
            page,
            &format!("<<{page_dictionary}\n/Annots [{field} 0 R]\n>>"),
        );
        // Flags: printed, locked. Without a size it needs no appearance (ISO 19005-2, 6.3.3).
        object(
            &mut file,
            field,
            &format!(
                "<</Type /Annot /Subtype /Widget /FT /Sig /T {} /Rect [0 0 0 0] /F 132 /P {page} 0 R /V {signature} 0 R>>",
                text_string("Seal")
            ),
        );
        let head = format!(
            "<</Type /Sig /Filter /Adobe.PPKLite /SubFilter /ETSI.CAdES.detached /M (D:{}Z) /Name {} /Reason {}\n/Contents ",
            compact(words.at)?,
            text_string(words.name),
            text_string(words.reason)
        );
        let blank = "0".repeat(room.checked_mul(2)?);
        let hole = file.len() + format!("{signature} 0 obj\n").len() + head.len();
        let range = format!("[0 {0:0>DIGITS$} {0:0>DIGITS$} {0:0>DIGITS$}]", 0);
        object(
            &mut file,
            signature,
            &format!("{head}<{blank}>\n/ByteRange {range}>>"),
        );
        let identifier = tail.identifier()?;
        let info = tail
            .reference("/Info")
            .map(|info| format!(" /Info {info} 0 R"))
            .unwrap_or_default();
        let table = file.len();
        let mut end = String::from("xref\n");
        offsets.sort_unstable();
        for (number, offset) in &offsets {
            // Each entry has twenty octets.
            write!(end, "{number} 1\n{offset:0>10} 00000 n\r\n").ok()?;
        }
        write!(
            end,
            "trailer\n<</Size {} /Root {root} 0 R{info} /Prev {} /ID {identifier}>>\nstartxref\n{table}\n%%EOF\n",
            size.checked_add(2)?,
            tail.start
        )
        .ok()?;
        file.extend_from_slice(end.as_bytes());
        let mut update = Self { file, hole, room };
        update.write_range()?;
        Some(update)
    }

    /// Where the octets after the signature begin.
    const fn after(&self) -> usize {
        self.hole + self.room * 2 + 2
    }

    /// Says which octets are signed: all before and all after the hole.
    fn write_range(&mut self) -> Option<()> {
        let after = self.after();
        let rest = self.file.len().checked_sub(after)?;
        let range = format!(
            "[0 {:0>DIGITS$} {after:0>DIGITS$} {rest:0>DIGITS$}]",
            self.hole
        );
        let at = after + "\n/ByteRange ".len();
        let place = self.file.get_mut(at..at + range.len())?;
        place.copy_from_slice(range.as_bytes());
        Some(())
    }

    fn signed_octets(&self) -> Option<Vec<u8>> {
        let mut octets = self.file.get(..self.hole)?.to_vec();
        octets.extend_from_slice(self.file.get(self.after()..)?);
        Some(octets)
    }

    /// Puts the signature into the hole; what is left of it stays zero.
    fn fill(&mut self, message: &[u8]) -> Option<Vec<u8>> {
        let digits = hex::encode(message);
        let start = self.hole + 1;
        if message.len() > self.room {
            return None;
        }
        let place = self.file.get_mut(start..start + digits.len())?;
        place.copy_from_slice(digits.as_bytes());
        Some(std::mem::take(&mut self.file))
    }
}

/// A text string in UTF-16 with its mark, in hexadecimal (ISO 32000-1, 7.9.2.2).
fn text_string(text: &str) -> String {
    let mut string = String::from("<FEFF");
    for unit in text.encode_utf16() {
        // Writing into a string does not fail.
        let _ = write!(string, "{unit:04X}");
    }
    string.push('>');
    string
}

/// `20261124103000` of a moment, UTC.
fn compact(at: Timestamp) -> Option<String> {
    let text: String = at
        .to_string()
        .chars()
        .filter(char::is_ascii_digit)
        .take(14)
        .collect();
    (text.len() == 14).then_some(text)
}
