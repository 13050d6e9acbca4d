//! PEM texts (RFC 7468), read as they occur in the world.

use base64::Engine;
use base64::alphabet::STANDARD as ALPHABET;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, STANDARD};

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

/// Reads every block; text around the blocks and headers inside them are passed over, line lengths do not matter.
///
/// # Errors
/// [`PemError`] when a block has no end or its content is not Base64.
pub fn decode_all(text: &[u8]) -> Result<Vec<Block>, PemError> {
    let text = String::from_utf8_lossy(text);
    let mut blocks = Vec::new();
    let mut rest = text.as_ref();
    while let Some((_, after)) = rest.split_once("-----BEGIN ") {
        let (label, after) = after.split_once("-----").ok_or(PemError)?;
        let (content, after) = after
            .split_once(&format!("-----END {label}-----"))
            .ok_or(PemError)?;
        let digits: String = content
            .lines()
            .filter(|line| !line.contains(':'))
            .flat_map(str::chars)
            .filter(|character| !character.is_whitespace())
            .collect();
        let der = TOLERANT.decode(digits).map_err(|_| PemError)?;
        blocks.push(Block {
            label: label.to_owned(),
            der,
        });
        rest = after;
    }
    Ok(blocks)
}

#[cfg(test)]
mod tests {
    use super::{decode_all, encode};

    #[test]
    fn blocks_come_back() {
        let text = format!("note\r\n{}\n{}", encode("A", &[7; 100]), encode("B C", &[]));
        let blocks = decode_all(text.as_bytes()).unwrap();
        assert_eq!(blocks.len(), 2);
        assert_eq!(blocks[0].der, [7; 100]);
        assert_eq!(blocks[1].label, "B C");
    }

    #[test]
    fn damage_is_told() {
        assert!(decode_all(b"-----BEGIN A-----\nAAAA").is_err());
        assert!(decode_all("-----BEGIN A-----\nжж\n-----END A-----".as_bytes()).is_err());
        assert_eq!(decode_all(b"no block here").unwrap(), []);
    }
}
