//! The outer structure (RFC 7292, 4).
//!
//! ```asn1
//! PFX ::= SEQUENCE { version INTEGER (3), authSafe ContentInfo, macData MacData OPTIONAL }
//! AuthenticatedSafe ::= SEQUENCE OF ContentInfo -- data, encryptedData or envelopedData
//! EncryptedData ::= SEQUENCE { version INTEGER, EncryptedContentInfo }
//! EncryptedContentInfo ::= SEQUENCE { contentType OBJECT IDENTIFIER,
//!     contentEncryptionAlgorithm AlgorithmIdentifier, encryptedContent [0] IMPLICIT OCTET STRING OPTIONAL }
//! ```

use std::borrow::Cow;

use crate::ber::{self, Element, Origin, Reader};
use crate::mac::MacData;
use crate::scheme::Scheme;
use crate::{FileType, KeyStoreError, oid};

/// Octets of a file that are read. The largest real ones, truststores with all public CAs, have 0.2 MB.
const MAX_FILE: usize = 4 * 1024 * 1024;

/// Contents of one file that are read; programs write up to a dozen.
const MAX_SAFES: usize = 256;

/// A file taken apart as far as it goes without the password.
pub(crate) struct Pfx<'a> {
    /// What the check value covers: the authenticated safe.
    pub(crate) content: Cow<'a, [u8]>,
    pub(crate) origin: Origin,
    pub(crate) mac: Option<MacData>,
}

/// One part of the authenticated safe.
pub(crate) enum Safe<'c> {
    /// Bags as they stand.
    Plain {
        octets: Cow<'c, [u8]>,
        origin: Origin,
    },
    /// Bags encrypted under the password.
    Encrypted {
        scheme: Scheme,
        octets: Cow<'c, [u8]>,
        offset: usize,
    },
}

impl<'a> Pfx<'a> {
    pub(crate) fn read(bytes: &'a [u8]) -> Result<Self, KeyStoreError> {
        let found = FileType::of(bytes);
        if found != FileType::Pkcs12 {
            return Err(KeyStoreError::NotAKeyStore { found });
        }
        if bytes.len() > MAX_FILE {
            return Err(KeyStoreError::TooLarge {
                what: "octets in the file",
                found: bytes.len(),
                bound: MAX_FILE,
            });
        }
        let mut fields = Reader::new(bytes, Origin::At(0))
            .expect(ber::SEQUENCE)?
            .inside()?;
        let damaged = fields.damaged();
        if fields.unsigned()? != 3 {
            return Err(damaged);
        }
        let content_info = fields.expect(ber::SEQUENCE)?;
        let mut parts = content_info.inside()?;
        match parts.oid()? {
            oid::DATA => {}
            protected @ (oid::SIGNED_DATA | oid::ENVELOPED_DATA) => {
                return Err(oid::unsupported(protected));
            }
            _ => return Err(content_info.damaged()),
        }
        let data = parts.expect(ber::context(0))?.inside()?.octet_string()?;
        let (content, origin) = data.octets()?;
        let mac = fields.optional(ber::SEQUENCE)?;
        Ok(Self {
            content,
            origin,
            mac: mac.map(|data| MacData::read(&data)).transpose()?,
        })
    }

    /// The parts of the authenticated safe.
    pub(crate) fn safes(&self) -> Result<Vec<Safe<'_>>, KeyStoreError> {
        let mut infos = Reader::new(&self.content, self.origin)
            .expect(ber::SEQUENCE)?
            .inside()?;
        let mut safes = Vec::new();
        while let Some(info) = infos.next()? {
            if safes.len() >= MAX_SAFES {
                return Err(KeyStoreError::TooLarge {
                    what: "parts of the file",
                    found: safes.len() + 1,
                    bound: MAX_SAFES,
                });
            }
            safes.push(Safe::read(&info)?);
        }
        Ok(safes)
    }
}

impl<'c> Safe<'c> {
    fn read(info: &Element<'c>) -> Result<Self, KeyStoreError> {
        let mut parts = info.inside()?;
        let kind = parts.oid()?;
        match kind {
            oid::DATA => {
                let data = parts.expect(ber::context(0))?.inside()?.octet_string()?;
                let (octets, origin) = data.octets()?;
                Ok(Self::Plain { octets, origin })
            }
            oid::ENCRYPTED_DATA => {
                let data = parts
                    .expect(ber::context(0))?
                    .inside()?
                    .expect(ber::SEQUENCE)?;
                Self::read_encrypted(&data)
            }
            oid::ENVELOPED_DATA => Err(oid::unsupported(kind)),
            _ => Err(info.damaged()),
        }
    }

    fn read_encrypted(data: &Element<'c>) -> Result<Self, KeyStoreError> {
        let mut fields = data.inside()?;
        fields.unsigned()?;
        let mut content = fields.expect(ber::SEQUENCE)?.inside()?;
        if content.oid()? != oid::DATA {
            return Err(data.damaged());
        }
        let scheme = Scheme::read(&content.expect(ber::SEQUENCE)?)?;
        let encrypted = match content.peek() {
            Some(tag) if tag == ber::context(0) || tag == ber::context_primitive(0) => {
                content.expect(tag)?
            }
            _ => return Err(data.damaged()),
        };
        let (octets, _) = encrypted.octets()?;
        Ok(Self::Encrypted {
            scheme,
            octets,
            offset: encrypted.offset,
        })
    }
}
