//! PEM texts (RFC 7468), read as they occur in the world.

use base64::Engine;
use base64::alphabet::STANDARD as ALPHABET;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, STANDARD};

use crate::asn1::{Reader, parse_all, tag};

/// One block of a PEM text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// What stands after `BEGIN`.
    pub label: String,
    /// The decoded content.
    pub der: Vec<u8>,
}

/// A block that cannot be decoded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the PEM text is damaged")]
pub struct PemError;

const TOLERANT: GeneralPurpose = GeneralPurpose::new(
    &ALPHABET,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Writes one block, 64 characters a line.
#[must_use]
pub fn encode(label: &str, der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let mut out = format!("-----BEGIN {label}-----\n");
    let mut rest = text.as_str();
    while !rest.is_empty() {
        let (line, tail) = rest.split_at_checked(64).unwrap_or((rest, ""));
        out.push_str(line);
        out.push('\n');
        rest = tail;
    }
    out.push_str(&format!("-----END {label}-----\n"));
    out
}

/// Whether a file is one value in DER. A text may begin with the octet of a SEQUENCE, too: it is the digit 0.
#[must_use]
pub fn is_der(file: &[u8]) -> bool {
    const BEGIN: &[u8] = b"-----BEGIN ";
    let begins = file.first() == Some(&tag::SEQUENCE);
    begins
        && (parse_all(file, "file").is_ok()
            || !file.windows(BEGIN.len()).any(|octets| octets == BEGIN))
}

/// A block of a PEM text as it was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// What stands after `BEGIN`.
    pub label: String,
    /// The decoded content; `None` when it is not Base64, or has no end.
    pub der: Option<Vec<u8>>,
}

impl Found {
    /// The certificate of a block that holds one, whether it can be read or not. OpenSSL writes after that of a
    /// `TRUSTED CERTIFICATE` what it is trusted for.
    #[must_use]
    pub fn into_der(self) -> Option<Vec<u8>> {
        let der = self.der?;
        if self.label == "TRUSTED CERTIFICATE" {
            let mut reader = Reader::new(&der, "TRUSTED CERTIFICATE");
            return reader.next_value().ok().map(|value| value.der.to_vec());
        }
        Some(der)
    }

    /// Whether the label is one of a certificate.
    #[must_use]
    pub fn is_certificate(&self) -> bool {
        matches!(
            self.label.as_str(),
            "CERTIFICATE" | "X509 CERTIFICATE" | "TRUSTED CERTIFICATE"
        )
    }
}

/// Reads every block, those too that are damaged: each counts for itself.
#[must_use]
pub fn find_all(text: &[u8]) -> Vec<Found> {
    const BEGIN: &str = "-----BEGIN ";
    let text = String::from_utf8_lossy(text);
    let mut found = Vec::new();
    let mut rest = text.as_ref();
    while let Some((_, after)) = rest.split_once(BEGIN) {
        let Some((label, after)) = after.split_once("-----") else {
            found.push(Found {
                label: String::new(),
                der: None,
            });
            break;
        };
        // A block without an end does not take along the one that follows.
        let own = after.find(BEGIN).and_then(|next| after.get(..next));
        let end = format!("-----END {label}-----");
        let content = own.unwrap_or(after).split_once(&end);
        found.push(Found {
            label: label.to_owned(),
            der: content.and_then(|(content, _)| decode(content)),
        });
        rest = match (content, own) {
            (Some((_, rest)), None) => rest,
            (_, Some(own)) => after.get(own.len()..).unwrap_or_default(),
            (None, None) => "",
        };
    }
    found
}

fn decode(content: &str) -> Option<Vec<u8>> {
    let digits: String = content
        .lines()
        .filter(|line| !line.contains(':'))
        .flat_map(str::chars)
        .filter(|character| !character.is_whitespace())
        .collect();
    TOLERANT.decode(digits).ok()
}

/// Reads every block; text around the blocks and headers inside them are passed over, line lengths do not matter.
///
/// # Errors
/// [`PemError`] when a block has no end or its content is not Base64.
pub fn decode_all(text: &[u8]) -> Result<Vec<Block>, PemError> {
    let blocks = find_all(text).into_iter().map(|found| {
        Ok(Block {
            label: found.label,
            der: found.der.ok_or(PemError)?,
        })
    });
    blocks.collect()
}

#[cfg(test)]
mod tests {
    use super::{Found, decode_all, encode, find_all, is_der};

    #[test]
    fn blocks_come_back() {
        let text = format!("note\r\n{}\n{}", encode("A", &[7; 100]), encode("B C", &[]));
        let blocks = decode_all(text.as_bytes()).unwrap();
        assert_eq!(blocks.len(), 2);
        assert_eq!(blocks[0].der, [7; 100]);
        assert_eq!(blocks[1].label, "B C");
    }

    #[test]
    fn a_damaged_block_does_not_take_others_along() {
        let good = encode("A", &[7; 100]);
        let text = format!(
            "-----BEGIN A-----\nAA*A\n-----END A-----\n-----BEGIN A-----\nAAAA\n{good}-----BEGIN B"
        );
        let found = find_all(text.as_bytes());
        let ders: Vec<_> = found.iter().map(|one| one.der.as_deref()).collect();
        assert_eq!(ders, [None, None, Some(&[7; 100][..]), None]);
        assert!(decode_all(text.as_bytes()).is_err());
    }

    #[test]
    fn a_text_that_begins_with_the_digit_0_is_no_der() {
        let text = format!("0: Certificate\n{}", encode("A", &[7; 100]));
        assert!(!is_der(text.as_bytes()));
        assert!(
            is_der(&[0x30, 1, 5]) && is_der(&[0x30, 7, 5]),
            "damaged or not"
        );
        // Whatever stands in it.
        let inside = [&[0x30, 11][..], b"-----BEGIN "].concat();
        assert!(is_der(&inside));
        assert!(!is_der(b"") && !is_der(b"-----BEGIN A-----"));
    }

    #[test]
    fn what_openssl_trusts_a_certificate_for_stands_after_it() {
        let found = |label: &str| Found {
            label: label.to_owned(),
            der: Some(vec![0x30, 1, 5, 0x30, 0]),
        };
        let of = |label| found(label).into_der();
        assert_eq!(of("TRUSTED CERTIFICATE"), Some(vec![0x30, 1, 5]));
        assert_eq!(of("CERTIFICATE"), Some(vec![0x30, 1, 5, 0x30, 0]));
        assert!(found("CERTIFICATE").is_certificate() && !found("KEY").is_certificate());
    }

    #[test]
    fn damage_is_told() {
        assert!(decode_all(b"-----BEGIN A-----\nAAAA").is_err());
        assert!(decode_all("-----BEGIN A-----\nжж\n-----END A-----".as_bytes()).is_err());
        assert_eq!(decode_all(b"no block here").unwrap(), []);
    }
}
