//! Entries of lists, and where they stand.

use der::asn1::ObjectIdentifier;

use super::list::CrlError;
use super::writer::REASON_CODE;
use super::{Reason, list::STRUCTURE};
use crate::asn1::{Malformed, Reader, parse_all, tag};
use crate::{DistinguishedName, Timestamp, oid};

/// An entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RevokedCertificate<'a> {
    /// Contents of the serial's INTEGER.
    pub serial: &'a [u8],
    /// Time of revocation.
    pub at: Timestamp,
    /// Why.
    pub reason: Reason,
}

/// A place in the encoding; four octets each, because lists have millions of entries.
#[derive(Clone, Copy, Debug)]
pub(super) struct Span {
    start: u32,
    end: u32,
}

impl Span {
    pub(super) fn of(list: &[u8], part: &[u8]) -> Result<Self, Malformed> {
        let place = || {
            // Where a part begins is the distance of two addresses; `get` then proves that it lies inside.
            let start = part.as_ptr().addr().checked_sub(list.as_ptr().addr())?;
            let end = start.checked_add(part.len())?;
            list.get(start..end)?;
            Some(Self {
                start: u32::try_from(start).ok()?,
                end: u32::try_from(end).ok()?,
            })
        };
        place().ok_or(Malformed::new(STRUCTURE))
    }

    pub(super) fn of_list(self, list: &[u8]) -> &[u8] {
        let range = usize::try_from(self.start)
            .ok()
            .zip(usize::try_from(self.end).ok());
        range
            .and_then(|(start, end)| list.get(start..end))
            .unwrap_or_default()
    }
}

pub(super) type Entries = (Vec<Span>, Vec<(Span, DistinguishedName)>);

/// Checks the entries and sorts the places of the issuer's own by serial.
///
/// An entry that names another issuer speaks for all that follow, up to the next one that names one (5.3.3).
pub(super) fn read_entries(der: &[u8], list: &[u8]) -> Result<Entries, CrlError> {
    let mut reader = Reader::new(list, STRUCTURE);
    let mut entries = Vec::with_capacity(list.len() / 48);
    let mut foreign = Vec::new();
    let mut other: Option<DistinguishedName> = None;
    while !reader.is_empty() {
        let entry = reader.expect_value(tag::SEQUENCE)?;
        let (_, issuer) = read_entry(Reader::new(entry.content, STRUCTURE))?;
        other = issuer.or(other);
        let span = Span::of(der, entry.der)?;
        match &other {
            None => entries.push(span),
            Some(issuer) => foreign.push((span, issuer.clone())),
        }
    }
    entries.sort_by_key(|entry| entry_serial(entry.of_list(der)));
    Ok((entries, foreign))
}

pub(super) fn entry_serial(entry: &[u8]) -> &[u8] {
    parse_all(entry, STRUCTURE)
        .and_then(|mut fields| fields.integer_bytes())
        .unwrap_or_default()
}

pub(super) type Entry<'a> = (RevokedCertificate<'a>, Option<DistinguishedName>);

pub(super) fn read_entry(mut fields: Reader<'_>) -> Result<Entry<'_>, CrlError> {
    let serial = fields.integer_bytes()?;
    let at = fields.time()?;
    let mut reason = Reason::Unspecified;
    let mut issuer = None;
    if !fields.is_empty() {
        for_each_extension(fields.sequence()?, |oid, _, value| {
            match oid {
                REASON_CODE => {
                    reason = match value.expect(tag::ENUMERATED)? {
                        [code] => Reason::from_code(*code).ok_or(value.malformed())?,
                        _ => return Err(value.malformed()),
                    };
                }
                oid::CERTIFICATE_ISSUER => issuer = Some(certificate_issuer(value.sequence()?)?),
                // Dates of invalidity and hold instructions change nothing for us.
                _ => return Ok(false),
            }
            Ok(true)
        })?;
    }
    fields.finish()?;
    Ok((RevokedCertificate { serial, at, reason }, issuer))
}

/// The directory name among the names of a certificate issuer.
fn certificate_issuer(mut names: Reader<'_>) -> Result<DistinguishedName, Malformed> {
    while !names.is_empty() {
        let name = names.next_value()?;
        if name.tag == tag::context(4) {
            return DistinguishedName::from_der(name.content);
        }
    }
    Err(names.malformed())
}

/// Calls `take` for each extension; it says whether it understood, and then has read the value to its end: what one program
/// passes over may mean something to another.
pub(super) fn for_each_extension<'a>(
    mut list: Reader<'a>,
    mut take: impl FnMut(ObjectIdentifier, bool, &mut Reader<'a>) -> Result<bool, Malformed>,
) -> Result<(), CrlError> {
    while !list.is_empty() {
        let mut fields = list.sequence()?;
        let oid = fields.oid()?;
        let critical = fields.peek() == Some(tag::BOOLEAN) && fields.boolean()?;
        let mut value = Reader::new(fields.expect(tag::OCTET_STRING)?, STRUCTURE);
        fields.finish()?;
        if take(oid, critical, &mut value)? {
            value.finish()?;
        } else if critical {
            return Err(CrlError::UnknownCritical(oid));
        }
    }
    Ok(())
}
