//! Distribution points of certificates, and which lists serve them.

use crate::asn1::{Malformed, Reader, parse_all, tag};
use crate::crl::{Crl, flags};
use crate::path::PathError;
use crate::path::general_name::DIRECTORY;
use crate::path::name::{FoldedName, extended, same_name};
use crate::{Certificate, DistinguishedName, oid};

const STRUCTURE: &str = "CRL distribution points";

/// Every reason but "unused": bits 1 to 8 of `ReasonFlags`.
pub(super) const ALL_REASONS: u16 = 0x7f80;

/// `DistributionPoint` (RFC 5280, 4.2.1.13).
#[derive(Debug)]
pub(super) struct Point {
    names: Vec<PointName>,
    reasons: u16,
    /// Who issues the list, when it is not the certificate's issuer.
    issuers: Vec<DistinguishedName>,
}

#[derive(Debug, PartialEq, Eq)]
enum PointName {
    Directory(FoldedName),
    /// The `GeneralName` in DER.
    Other(Vec<u8>),
}

impl PointName {
    fn read(der: &[u8]) -> Result<Self, Malformed> {
        let value = Reader::new(der, STRUCTURE).next_value()?;
        if value.tag == DIRECTORY {
            let name = DistinguishedName::from_der(value.content)?;
            return Ok(Self::Directory(FoldedName::of(&name)));
        }
        Ok(Self::Other(der.to_vec()))
    }
}

impl Point {
    /// The points of a certificate.
    pub(super) fn of(certificate: &Certificate) -> Result<Vec<Self>, Malformed> {
        let Some(extension) = certificate.extension(oid::CRL_DISTRIBUTION_POINTS) else {
            return Ok(Vec::new());
        };
        let mut list = parse_all(&extension.value, STRUCTURE)?;
        let mut points = Vec::new();
        while !list.is_empty() {
            points.push(Self::read(list.sequence()?, certificate.issuer())?);
        }
        Ok(points)
    }

    /// The point of certificates that name none: the issuer's own lists, for all reasons (RFC 5280, 6.3.3).
    pub(super) fn implied(certificate: &Certificate) -> Self {
        let name = FoldedName::of(certificate.issuer());
        Self {
            names: vec![PointName::Directory(name)],
            reasons: ALL_REASONS,
            issuers: Vec::new(),
        }
    }

    /// `SEQUENCE { distributionPoint [0] OPTIONAL, reasons [1] ReasonFlags OPTIONAL, cRLIssuer [2] OPTIONAL }`
    fn read(mut fields: Reader<'_>, issuer: &DistinguishedName) -> Result<Self, Malformed> {
        let name = fields.optional(tag::context(0))?;
        let reasons = match fields.optional(tag::context_primitive(1))? {
            Some(reasons) => flags(reasons.content).ok_or(fields.malformed())?,
            None => ALL_REASONS,
        };
        let mut issuers = Vec::new();
        if let Some(names) = fields.optional(tag::context(2))? {
            let mut names = Reader::new(names.content, STRUCTURE);
            while !names.is_empty() {
                let name = names.next_value()?;
                if name.tag == DIRECTORY {
                    issuers.push(DistinguishedName::from_der(name.content)?);
                }
            }
        }
        fields.finish()?;
        let base = issuers.first().unwrap_or(issuer);
        Ok(Self {
            names: match name {
                Some(name) => names(name.content, base)?,
                None => Vec::new(),
            },
            reasons: reasons & ALL_REASONS,
            issuers,
        })
    }

    /// The reasons for which a list answers at this point (RFC 5280, 6.3.3, d).
    pub(super) fn reasons_of(&self, list: &Crl) -> u16 {
        match list.scope() {
            Some(scope) if scope.only_some_reasons => self.reasons & scope.reasons,
            _ => self.reasons,
        }
    }

    /// Whether the list answers at this point for the certificate (RFC 5280, 6.3.3, b).
    pub(super) fn is_served_by(
        &self,
        list: &Crl,
        certificate: &Certificate,
    ) -> Result<bool, PathError> {
        let scope = list.scope();
        let by_issuer = if self.issuers.is_empty() {
            same_name(list.issuer(), certificate.issuer())
        } else {
            let named = |issuer| same_name(list.issuer(), issuer);
            scope.is_some_and(|scope| scope.indirect) && self.issuers.iter().any(named)
        };
        if !by_issuer {
            return Ok(false);
        }
        let Some(scope) = scope else { return Ok(true) };
        let authority = certificate.is_ca();
        if scope.only_attribute_certificates
            || (scope.only_user_certificates && authority)
            || (scope.only_authority_certificates && !authority)
        {
            return Ok(false);
        }
        let mut published: Vec<PointName> = Vec::new();
        for name in &scope.full_names {
            published.push(PointName::read(name)?);
        }
        if let Some(rdn) = &scope.relative_name {
            let name = extended(list.issuer(), rdn)?;
            published.push(PointName::Directory(FoldedName::of(&name)));
        }
        if published.is_empty() {
            return Ok(true);
        }
        if self.names.is_empty() {
            let issuers = self.issuers.iter().map(FoldedName::of);
            let mut issuers = issuers.map(PointName::Directory);
            return Ok(issuers.any(|name| published.contains(&name)));
        }
        Ok(self.names.iter().any(|name| published.contains(name)))
    }
}

/// `CHOICE { fullName [0] GeneralNames, nameRelativeToCRLIssuer [1] RelativeDistinguishedName }`
fn names(choice: &[u8], base: &DistinguishedName) -> Result<Vec<PointName>, Malformed> {
    let mut choice = Reader::new(choice, STRUCTURE);
    let value = choice.next_value()?;
    choice.finish()?;
    if value.tag == tag::context(1) {
        let name = extended(base, value.content)?;
        return Ok(vec![PointName::Directory(FoldedName::of(&name))]);
    }
    let mut full = Reader::new(value.content, STRUCTURE);
    let mut names = Vec::new();
    while !full.is_empty() {
        names.push(PointName::read(full.next_value()?.der)?);
    }
    Ok(names)
}
