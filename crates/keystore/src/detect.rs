//! Recognises files that people take for a key store.

/// What a file looks like from its first octets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FileType {
    /// PKCS#12 (`.p12`, `.pfx`), or something that begins like it.
    Pkcs12,
    /// Nothing is in the file.
    Empty,
    /// A certificate in DER (`.cer`, `.crt`).
    Certificate,
    /// A private key in DER, not in a container.
    PrivateKey,
    /// CMS: signed or encrypted content (`.cms`, `.p7b`, `.p7s`).
    Cms,
    /// Text with `-----BEGIN CERTIFICATE-----`.
    PemCertificate,
    /// Text with `-----BEGIN … PRIVATE KEY-----`.
    PemPrivateKey,
    /// Other PEM text.
    Pem,
    /// A Java key store of the old kind (JKS).
    Jks,
    /// A Java key store of the JCEKS kind.
    Jceks,
    /// A PDF document.
    Pdf,
    /// A ZIP archive, or a document that is one (`.docx`, `.jar`).
    Zip,
    /// A RAR archive.
    Rar,
    /// A 7-Zip archive.
    SevenZip,
    /// Compressed data (gzip).
    Gzip,
    /// A picture (PNG, JPEG, GIF).
    Picture,
    /// A web page or XML.
    Markup,
    /// A Windows program.
    Program,
    /// Plain text.
    Text,
    /// Anything else.
    Unknown,
}

const MAGIC: &[(&[u8], FileType)] = &[
    (b"\xfe\xed\xfe\xed", FileType::Jks),
    (b"\xce\xce\xce\xce", FileType::Jceks),
    (b"%PDF-", FileType::Pdf),
    (b"PK\x03\x04", FileType::Zip),
    (b"PK\x05\x06", FileType::Zip),
    (b"Rar!", FileType::Rar),
    (b"7z\xbc\xaf\x27\x1c", FileType::SevenZip),
    (b"\x1f\x8b", FileType::Gzip),
    (b"\x89PNG", FileType::Picture),
    (b"\xff\xd8\xff", FileType::Picture),
    (b"GIF8", FileType::Picture),
    (b"MZ", FileType::Program),
];

impl FileType {
    /// Looks at the first octets.
    ///
    /// `Pkcs12` does not promise that the file can be read.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        if bytes.is_empty() {
            return Self::Empty;
        }
        if bytes.first() == Some(&0x30) {
            return of_sequence(bytes);
        }
        let magic = MAGIC.iter().find(|(magic, _)| bytes.starts_with(magic));
        magic.map_or_else(|| of_text(bytes), |(_, found)| *found)
    }

    /// What to call it in a sentence.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Pkcs12 => "a PKCS#12 key store",
            Self::Empty => "an empty file",
            Self::Certificate => "a certificate without its key",
            Self::PrivateKey => "a private key without a container",
            Self::Cms => "a signed or encrypted message (CMS)",
            Self::PemCertificate => "a certificate as text (PEM)",
            Self::PemPrivateKey => "a private key as text (PEM)",
            Self::Pem => "PEM text",
            Self::Jks => "a Java key store (JKS)",
            Self::Jceks => "a Java key store (JCEKS)",
            Self::Pdf => "a PDF document",
            Self::Zip => "a ZIP archive or an office document",
            Self::Rar => "a RAR archive",
            Self::SevenZip => "a 7-Zip archive",
            Self::Gzip => "a gzip archive",
            Self::Picture => "a picture",
            Self::Markup => "a web page or XML",
            Self::Program => "a program",
            Self::Text => "a text file",
            Self::Unknown => "a file of an unknown kind",
        }
    }

    /// The key of its translated name.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Pkcs12 => "pkcs12",
            Self::Empty => "empty",
            Self::Certificate => "certificate",
            Self::PrivateKey => "private-key",
            Self::Cms => "cms",
            Self::PemCertificate => "pem-certificate",
            Self::PemPrivateKey => "pem-private-key",
            Self::Pem => "pem",
            Self::Jks => "jks",
            Self::Jceks => "jceks",
            Self::Pdf => "pdf",
            Self::Zip => "zip",
            Self::Rar => "rar",
            Self::SevenZip => "seven-zip",
            Self::Gzip => "gzip",
            Self::Picture => "picture",
            Self::Markup => "markup",
            Self::Program => "program",
            Self::Text => "text",
            Self::Unknown => "unknown",
        }
    }
}

/// Tells the structures apart that begin with a `SEQUENCE` by what stands first in it.
fn of_sequence(bytes: &[u8]) -> FileType {
    let inside = match bytes.get(1) {
        Some(first @ 0x81..=0x84) => bytes.get(2 + usize::from(first & 0x7f)..),
        _ => bytes.get(2..),
    };
    match inside {
        // TBSCertificate with its explicit version, or of version 1 with the serial number first.
        Some([0x30, 0x82, _, _, 0xa0, 0x03, 0x02, 0x01, _, ..] | [0x30, 0x82, _, _, 0x02, ..]) => {
            FileType::Certificate
        }
        Some([0x30, 0x81, _, 0xa0, 0x03, 0x02, 0x01, _, ..]) => FileType::Certificate,
        // ContentInfo with an identifier of PKCS#7.
        Some(
            [
                0x06,
                0x09,
                0x2a,
                0x86,
                0x48,
                0x86,
                0xf7,
                0x0d,
                0x01,
                0x07,
                ..,
            ],
        ) => FileType::Cms,
        // PrivateKeyInfo: version 0 or 1 and an algorithm; RSAPrivateKey: version 0 and the modulus.
        Some([0x02, 0x01, 0x00 | 0x01, 0x30, _, 0x06, ..] | [0x02, 0x01, 0x00, 0x02, ..]) => {
            FileType::PrivateKey
        }
        // EncryptedPrivateKeyInfo: an algorithm of PKCS#5 or PKCS#12.
        Some(
            [
                0x30,
                _,
                0x06,
                _,
                0x2a,
                0x86,
                0x48,
                0x86,
                0xf7,
                0x0d,
                0x01,
                0x05 | 0x0c,
                ..,
            ],
        ) => FileType::PrivateKey,
        _ => FileType::Pkcs12,
    }
}

fn of_text(bytes: &[u8]) -> FileType {
    let head = bytes.get(..bytes.len().min(4096)).unwrap_or_default();
    let head = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
    // The cut may fall into a character; that does not make it less of a text.
    let text = match std::str::from_utf8(head) {
        Ok(text) => text,
        Err(error) => match head.split_at_checked(error.valid_up_to()) {
            Some((valid, rest)) if rest.len() < 4 => std::str::from_utf8(valid).unwrap_or(""),
            _ => return FileType::Unknown,
        },
    };
    if text.contains("-----BEGIN ") {
        if text.contains("PRIVATE KEY-----") {
            return FileType::PemPrivateKey;
        }
        if text.contains("-----BEGIN CERTIFICATE-----") {
            return FileType::PemCertificate;
        }
        return FileType::Pem;
    }
    if text.trim_start().starts_with('<') {
        return FileType::Markup;
    }
    let plain = |character: char| !character.is_control() || character.is_whitespace();
    if !text.is_empty() && text.chars().all(plain) {
        return FileType::Text;
    }
    FileType::Unknown
}

#[cfg(test)]
mod tests {
    use super::FileType;

    #[test]
    fn files_that_people_choose_by_mistake_are_named() {
        for (bytes, expected) in [
            (&b""[..], FileType::Empty),
            (b"%PDF-1.7\n", FileType::Pdf),
            (b"PK\x03\x04....", FileType::Zip),
            (b"\xfe\xed\xfe\xed\0\0\0\x02", FileType::Jks),
            (
                b"-----BEGIN CERTIFICATE-----\nMIIB",
                FileType::PemCertificate,
            ),
            (
                b"-----BEGIN ENCRYPTED PRIVATE KEY-----\n",
                FileType::PemPrivateKey,
            ),
            (b"-----BEGIN X509 CRL-----\n", FileType::Pem),
            (b"<!doctype html>", FileType::Markup),
            ("Құпиясөз".as_bytes(), FileType::Text),
            (b"\x00\x01\x02\xff\xfe", FileType::Unknown),
            (
                b"\x30\x82\x03\x00\x30\x82\x02\x00\xa0\x03\x02\x01\x02",
                FileType::Certificate,
            ),
            (
                b"\x30\x80\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02",
                FileType::Cms,
            ),
            (
                b"\x30\x82\x04\xbe\x02\x01\x00\x30\x0d\x06\x09",
                FileType::PrivateKey,
            ),
            (b"\x30\x82\x04\xbe\x02\x01\x03\x30", FileType::Pkcs12),
            (b"\x30\x80\x02\x01\x03\x30", FileType::Pkcs12),
            (b"\x30", FileType::Pkcs12),
        ] {
            assert_eq!(FileType::of(bytes), expected, "{bytes:02x?}");
        }
    }
}
