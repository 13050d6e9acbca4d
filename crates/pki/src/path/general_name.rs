//! `GeneralName` (RFC 5280, 4.2.1.6).

use super::syntax;
use crate::asn1::{Malformed, Reader, parse_all, tag};
use crate::{Certificate, DistinguishedName, oid};

/// A name of a certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum GeneralName<'a> {
    Email(&'a str),
    Dns(&'a str),
    Directory(DistinguishedName),
    Uri(&'a str),
    /// Four or sixteen octets, not checked yet.
    Ip(&'a [u8]),
    /// Of another kind, by the number of its tag.
    Other(u8),
}

impl<'a> GeneralName<'a> {
    /// The names of a list, which is not empty.
    pub(super) fn read_all(mut list: Reader<'a>) -> Result<Vec<Self>, Malformed> {
        let mut names = Vec::new();
        while !list.is_empty() {
            names.push(Self::read(&mut list)?);
        }
        if names.is_empty() {
            return Err(list.malformed());
        }
        Ok(names)
    }

    pub(super) fn read(list: &mut Reader<'a>) -> Result<Self, Malformed> {
        let value = list.next_value()?;
        let text = || {
            let text = str::from_utf8(value.content).ok();
            text.filter(|text| text.is_ascii()).ok_or(list.malformed())
        };
        Ok(match value.tag {
            0x81 => Self::Email(text()?),
            0x82 => Self::Dns(text()?),
            0xa4 => Self::Directory(DistinguishedName::from_der(value.content)?),
            0x86 => Self::Uri(text()?),
            0x87 => Self::Ip(value.content),
            0xa0 | 0xa3 | 0xa5 | 0x88 => Self::Other(value.tag & 0x1f),
            _ => return Err(list.malformed()),
        })
    }

    /// The alternative names of a certificate; none when it has no such extension.
    pub(super) fn of(certificate: &'a Certificate) -> Result<Vec<Self>, Malformed> {
        match certificate.extension(oid::SUBJECT_ALT_NAME) {
            Some(extension) => {
                Self::read_all(parse_all(&extension.value, "subject alternative name")?)
            }
            None => Ok(Vec::new()),
        }
    }

    /// The number of the tag: names are constrained by names of their own kind.
    pub(super) const fn kind(&self) -> u8 {
        match self {
            Self::Email(_) => 1,
            Self::Dns(_) => 2,
            Self::Directory(_) => 4,
            Self::Uri(_) => 6,
            Self::Ip(_) => 7,
            Self::Other(kind) => *kind,
        }
    }

    /// Whether it is written as its kind has to be.
    pub(super) fn is_well_formed(&self) -> bool {
        match self {
            Self::Email(text) => syntax::mailbox(text).is_some(),
            Self::Dns(text) => syntax::is_host(text.strip_prefix("*.").unwrap_or(text)),
            Self::Ip(octets) => matches!(octets.len(), 4 | 16),
            Self::Uri(text) => text.contains(':'),
            Self::Directory(_) | Self::Other(_) => true,
        }
    }
}

/// The tag that a directory name has as `GeneralName`.
pub(super) const DIRECTORY: u8 = tag::context(4);
