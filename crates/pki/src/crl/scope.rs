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
    /// Reads it as DER has it: each field once, in its order, and none that says what holds without it. What one program
    /// read as "only some" and another as "all" would be revoked for one of them.
    pub(super) fn read(mut fields: Reader<'_>) -> Result<Self, Malformed> {
        const TRUE: [u8; 1] = [0xff];
        let mut read = Self::default();
        let mut last = None;
        // RFC 5280, 5.2.5: a sequence of nothing must not be.
        if fields.is_empty() {
            return Err(fields.malformed());
        }
        while !fields.is_empty() {
            let field = fields.next_value()?;
            let number = Some(field.tag & 0x1f);
            if number <= last {
                return Err(fields.malformed());
            }
            last = number;
            let is_flag = field.content == TRUE;
            match field.tag {
                0xa0 => read.read_name(Reader::new(field.content, STRUCTURE))?,
                0x81 if is_flag => read.only_user_certificates = true,
                0x82 if is_flag => read.only_authority_certificates = true,
                0x83 => {
                    read.only_some_reasons = true;
                    read.reasons = flags(field.content).ok_or(fields.malformed())?;
                }
                0x84 if is_flag => read.indirect = true,
                0x85 if is_flag => read.only_attribute_certificates = true,
                _ => return Err(fields.malformed()),
            }
        }
        // At most one of them (RFC 5280, 5.2.5).
        let only = [
            read.only_user_certificates,
            read.only_authority_certificates,
            read.only_attribute_certificates,
        ];
        if only.into_iter().filter(|only| *only).count() > 1 {
            return Err(fields.malformed());
        }
        Ok(read)
    }

    fn read_name(&mut self, mut choice: Reader<'_>) -> Result<(), Malformed> {
        let Some(names) = choice.optional(tag::context(0))? else {
            self.relative_name = Some(choice.expect(tag::context(1))?.to_vec());
            self.other_name = true;
            return choice.finish();
        };
        choice.finish()?;
        let mut names = Reader::new(names.content, STRUCTURE);
        if names.is_empty() {
            return Err(names.malformed());
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn read(octets: &[u8]) -> Option<IssuingDistributionPoint> {
        IssuingDistributionPoint::read(Reader::new(octets, STRUCTURE)).ok()
    }

    #[test]
    fn a_scope_is_read_as_der_has_it_and_in_no_other_way() {
        let url = [0xa0, 5, 0xa0, 3, 0x86, 1, b'u'];
        let users = [0x81, 1, 0xff];
        let found = read(&[&url[..], &users, &[0x83, 2, 5, 0x60], &[0x84, 1, 0xff]].concat());
        let found = found.unwrap();
        assert_eq!(found.urls, ["u"]);
        assert!(found.only_user_certificates && found.only_some_reasons && found.indirect);
        assert_eq!(found.reasons, 0x6000);
        for wrong in [
            // Said to be not so; true in another way; of two octets; empty.
            &[0x81, 1, 0][..],
            &[0x81, 1, 1],
            &[0x81, 2, 0xff, 0],
            &[0x84, 0],
            // Twice, in another order, of two kinds at once.
            &[users, users].concat(),
            &[&users[..], &url].concat(),
            &[users, [0x82, 1, 0xff]].concat(),
            // A name without names, and with something after it; a field that does not exist.
            &[0xa0, 2, 0xa0, 0],
            &[0xa0, 7, 0xa0, 3, 0x86, 1, b'u', 5, 0],
            &[0x86, 1, 0xff],
            &[0x01, 1, 0xff],
        ] {
            assert_eq!(read(wrong), None, "{wrong:02x?}");
        }
    }
}
