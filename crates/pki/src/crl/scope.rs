//! What a list is about.

use crate::asn1::{Malformed, Reader, tag};

const STRUCTURE: &str = "issuing distribution point";

/// What a list is about (RFC 5280, 5.2.5).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IssuingDistributionPoint {
    /// URLs under which the list is published.
    pub urls: Vec<String>,
    /// Whether the point has a name of another kind.
    pub other_name: bool,
    /// Only certificates that are not an authority's.
    pub only_user_certificates: bool,
    /// Only certificates of authorities.
    pub only_authority_certificates: bool,
    /// Only attribute certificates.
    pub only_attribute_certificates: bool,
    /// Only some of the reasons.
    pub only_some_reasons: bool,
    /// Which ones, when only some: bits of `ReasonFlags`, bit 0 most significant.
    pub reasons: u16,
    /// Certificates of other issuers too.
    pub indirect: bool,
    /// The point's full names, each a `GeneralName` in DER.
    pub full_names: Vec<Vec<u8>>,
    /// Content of the point's name relative to the issuer of the list.
    pub relative_name: Option<Vec<u8>>,
}

impl IssuingDistributionPoint {
    pub(super) fn read(mut fields: Reader<'_>) -> Result<Self, Malformed> {
        let mut read = Self::default();
        while !fields.is_empty() {
            let field = fields.next_value()?;
            let yes = field.content != [0];
            match field.tag {
                0xa0 => read.read_name(Reader::new(field.content, STRUCTURE))?,
                0x81 => read.only_user_certificates = yes,
                0x82 => read.only_authority_certificates = yes,
                0x83 => {
                    read.only_some_reasons = true;
                    read.reasons = flags(field.content).ok_or(fields.malformed())?;
                }
                0x84 => read.indirect = yes,
                0x85 => read.only_attribute_certificates = yes,
                _ => return Err(fields.malformed()),
            }
        }
        Ok(read)
    }

    fn read_name(&mut self, mut choice: Reader<'_>) -> Result<(), Malformed> {
        let Some(names) = choice.optional(tag::context(0))? else {
            self.relative_name = Some(choice.expect(tag::context(1))?.to_vec());
            self.other_name = true;
            return Ok(());
        };
        let mut names = Reader::new(names.content, STRUCTURE);
        while !names.is_empty() {
            let name = names.next_value()?;
            self.full_names.push(name.der.to_vec());
            match str::from_utf8(name.content) {
                Ok(url) if name.tag == tag::context_primitive(6) => self.urls.push(url.to_owned()),
                _ => self.other_name = true,
            }
        }
        Ok(())
    }
}

/// `ReasonFlags` from the content of its BIT STRING: the first sixteen bits, bit 0 most significant.
pub(crate) fn flags(content: &[u8]) -> Option<u16> {
    let (&unused, octets) = content.split_first()?;
    if unused > 7 || octets.len() > 2 {
        return None;
    }
    let first = octets.first().copied().unwrap_or_default();
    let second = octets.get(1).copied().unwrap_or_default();
    Some(u16::from_be_bytes([first, second]))
}
