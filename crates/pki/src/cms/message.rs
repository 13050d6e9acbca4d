//! Takes a message out of what it travels in: PEM (RFC 7468) or S/MIME (RFC 8551).

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

/// Why a file holds no message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MessageError {
    /// PEM without a message that is whole.
    #[error("the file holds no message in PEM")]
    Pem,
    /// Neither DER, nor PEM, nor signed mail.
    #[error("the file is neither a message nor signed mail")]
    Unknown,
}

/// Padding may be missing and the last bits may be anything: mail programs differ.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// A message and, from `multipart/signed`, the content that stood beside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// `ContentInfo` in DER or BER.
    pub octets: Vec<u8>,
    /// The signed part of `multipart/signed`, octet for octet as it stands in the file.
    pub content: Option<Vec<u8>>,
}

impl Message {
    /// Finds the message in a file: DER and BER are taken as they are; PEM, bare Base64 and S/MIME are opened.
    ///
    /// The signed part of S/MIME is not canonicalised: line ends count as they are, because what a signature covers
    /// is decided by octets and not by guesses about how a file travelled (`openssl cms -binary` does the same).
    ///
    /// # Errors
    /// [`MessageError`] when there is none.
    pub fn read(file: &[u8]) -> Result<Self, MessageError> {
        if file.first() == Some(&0x30) {
            return Ok(Self::bare(file.to_vec()));
        }
        let octets = if find(file, b"-----BEGIN ")
            .is_some_and(|at| at == 0 || file.get(at - 1) == Some(&b'\n'))
        {
            pem(file)?
        } else if let Some(octets) = base64(file).filter(|octets| octets.first() == Some(&0x30)) {
            octets
        } else {
            return smime(file);
        };
        Ok(Self::bare(octets))
    }

    const fn bare(octets: Vec<u8>) -> Self {
        Self {
            octets,
            content: None,
        }
    }
}

fn pem(file: &[u8]) -> Result<Vec<u8>, MessageError> {
    for label in ["CMS", "PKCS7", "PKCS #7 SIGNED DATA"] {
        let begin = format!("-----BEGIN {label}-----");
        let end = format!("-----END {label}-----");
        if let Some(at) = find(file, begin.as_bytes()) {
            let body = file.get(at + begin.len()..).ok_or(MessageError::Pem)?;
            let length = find(body, end.as_bytes()).ok_or(MessageError::Pem)?;
            return base64(body.get(..length).ok_or(MessageError::Pem)?).ok_or(MessageError::Pem);
        }
    }
    Err(MessageError::Pem)
}

/// Opens `multipart/signed` or `application/pkcs7-mime`.
fn smime(file: &[u8]) -> Result<Message, MessageError> {
    let (headers, body) = Headers::read(file).ok_or(MessageError::Unknown)?;
    match headers.content_type().as_str() {
        "multipart/signed" => {
            let boundary = headers.parameter("boundary").ok_or(MessageError::Unknown)?;
            let parts = parts(body, &boundary);
            let [content, signature] = parts.as_slice() else {
                return Err(MessageError::Unknown);
            };
            let (_, encoded) = Headers::read(signature).ok_or(MessageError::Unknown)?;
            Ok(Message {
                octets: base64(encoded).ok_or(MessageError::Unknown)?,
                content: Some(content.to_vec()),
            })
        }
        "application/pkcs7-mime" | "application/x-pkcs7-mime" => {
            Ok(Message::bare(base64(body).ok_or(MessageError::Unknown)?))
        }
        _ => Err(MessageError::Unknown),
    }
}

fn base64(text: &[u8]) -> Option<Vec<u8>> {
    let text: Vec<u8> = text
        .iter()
        .copied()
        .filter(|octet| !octet.is_ascii_whitespace())
        .collect();
    LENIENT.decode(text).ok()
}

fn find(octets: &[u8], wanted: &[u8]) -> Option<usize> {
    octets
        .windows(wanted.len())
        .position(|window| window == wanted)
}

/// The parts between the boundary's lines; the line end before a boundary belongs to the boundary (RFC 2046, 5.1.1).
fn parts<'a>(body: &'a [u8], boundary: &str) -> Vec<&'a [u8]> {
    let delimiter = format!("--{boundary}");
    let mut parts = Vec::new();
    let mut open: Option<usize> = None;
    let mut at = 0;
    for line in body.split_inclusive(|octet| *octet == b'\n') {
        if let Some(after) = line.strip_prefix(delimiter.as_bytes()) {
            if let Some(begin) = open {
                let part = body.get(begin..at).unwrap_or_default();
                let part = part.strip_suffix(b"\n").unwrap_or(part);
                parts.push(part.strip_suffix(b"\r").unwrap_or(part));
            }
            if after.starts_with(b"--") {
                return parts;
            }
            open = Some(at + line.len());
        }
        at += line.len();
    }
    parts
}

/// Header fields of a mail or of one of its parts.
struct Headers(Vec<(String, String)>);

impl Headers {
    /// Reads fields up to the empty line; also gives what follows it.
    fn read(octets: &[u8]) -> Option<(Self, &[u8])> {
        let mut fields: Vec<(String, String)> = Vec::new();
        let mut at = 0;
        for line in octets.split_inclusive(|octet| *octet == b'\n') {
            at += line.len();
            let line = str::from_utf8(line).ok()?.trim_end_matches(['\r', '\n']);
            if line.is_empty() {
                return Some((Self(fields), octets.get(at..)?));
            }
            if line.starts_with([' ', '\t']) {
                let (_, value) = fields.last_mut()?;
                value.push(' ');
                value.push_str(line.trim());
            } else {
                let (name, value) = line.split_once(':')?;
                fields.push((name.trim().to_ascii_lowercase(), value.trim().to_owned()));
            }
        }
        None
    }

    fn field(&self, name: &str) -> &str {
        self.0
            .iter()
            .find(|(known, _)| known == name)
            .map_or("", |(_, value)| value)
    }

    fn content_type(&self) -> String {
        let value = self.field("content-type");
        value
            .split(';')
            .next()
            .unwrap_or_default()
            .trim()
            .to_ascii_lowercase()
    }

    /// A parameter of the content type; quoted values may hold semicolons.
    fn parameter(&self, wanted: &str) -> Option<String> {
        let mut rest = self.field("content-type").split_once(';')?.1;
        loop {
            let (name, after) = rest.split_once('=')?;
            let after = after.trim_start();
            let (value, tail) = match after.strip_prefix('"') {
                Some(quoted) => quoted.split_once('"')?,
                None => after.split_at(after.find(';').unwrap_or(after.len())),
            };
            if name.trim().eq_ignore_ascii_case(wanted) {
                return Some(value.trim().to_owned());
            }
            rest = tail.trim_start().strip_prefix(';')?;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pem_is_opened_whatever_its_lines() {
        let file = b"subject=x\n-----BEGIN CMS-----\r\nMAAw\r\n  AA==\n-----END CMS-----\n";
        assert_eq!(Message::read(file).unwrap().octets, [0x30, 0, 0x30, 0]);
        assert_eq!(
            Message::read(b"MAAw\nAA==\n").unwrap().octets,
            [0x30, 0, 0x30, 0]
        );
        assert!(Message::read(b"-----BEGIN CMS-----\nMAAw").is_err());
        assert!(
            Message::read(b"-----BEGIN CERTIFICATE-----\nMAAw\n-----END CERTIFICATE-----\n")
                .is_err()
        );
    }

    #[test]
    fn signed_mail_gives_content_and_signature() {
        let mail = b"MIME-Version: 1.0\r\nContent-Type: multipart/signed; protocol=\"a;b\";\r\n boundary=\"xyz\"\r\n\r\n\
            Preamble\r\n--xyz\r\nContent-Type: text/plain\r\n\r\nHello\r\n\r\n--xyz\r\n\
            Content-Transfer-Encoding: base64\r\n\r\nMAA=\r\n--xyz--\r\n";
        let message = Message::read(mail).unwrap();
        assert_eq!(message.octets, [0x30, 0]);
        assert_eq!(
            message.content.unwrap(),
            b"Content-Type: text/plain\r\n\r\nHello\r\n"
        );
    }

    #[test]
    fn other_files_are_refused() {
        for file in [
            &b""[..],
            b"This is some sample content.",
            b"Content-Type: text/plain\n\nx",
            b"\xff\xfe\n\n",
        ] {
            assert!(Message::read(file).is_err(), "{file:?}");
        }
    }
}
