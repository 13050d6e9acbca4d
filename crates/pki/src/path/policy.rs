//! Certificate policies along a path (RFC 5280, 6.1; the graph of RFC 9618).

mod graph;

use graph::Graph;
use tanba_crypto::ObjectIdentifier;

use super::PathError;
use super::budget::Spent;
use super::name::same_name;
use crate::asn1::{Malformed, Reader, parse_all, tag};
use crate::{Certificate, oid};

/// What is asked of policies (RFC 5280, 6.1.1, c to g).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PolicyOptions<'a> {
    /// Policies that are acceptable; empty means any.
    pub acceptable: &'a [ObjectIdentifier],
    /// Whether the path must be valid for at least one of them.
    pub explicit: bool,
    /// Whether mappings are not followed.
    pub inhibit_mapping: bool,
    /// Whether anyPolicy stands for no policy.
    pub inhibit_any: bool,
}

/// The state variables of RFC 5280, 6.1.2, that are about policies.
#[derive(Debug)]
pub(super) struct Policies<'a> {
    acceptable: &'a [ObjectIdentifier],
    graph: Option<Graph>,
    explicit: u32,
    mapping: u32,
    any: u32,
}

impl<'a> Policies<'a> {
    /// For a path of `length` certificates below the trusted one.
    pub(super) fn new(options: &PolicyOptions<'a>, length: usize) -> Self {
        let never = u32::try_from(length).unwrap_or(u32::MAX).saturating_add(1);
        let at_once = |yes: bool| if yes { 0 } else { never };
        Self {
            acceptable: options.acceptable,
            graph: Some(Graph::new()),
            explicit: at_once(options.explicit),
            mapping: at_once(options.inhibit_mapping),
            any: at_once(options.inhibit_any),
        }
    }

    /// Takes the constraints of the trusted certificate as ours (RFC 5937, 3.2); its policies say nothing.
    pub(super) fn start(&mut self, anchor: &Certificate) -> Result<(), Malformed> {
        self.constrain(anchor)
    }

    /// A certificate's policies (RFC 5280, 6.1.3, d to f).
    pub(super) fn take(
        &mut self,
        certificate: &Certificate,
        last: bool,
        spent: &mut Spent,
    ) -> Result<(), PathError> {
        let present = certificate.extension(oid::CERTIFICATE_POLICIES).is_some();
        let graph = self.graph.take().filter(|_| present);
        if let Some(mut graph) = graph {
            let any_counts = self.any > 0 || (!last && is_self_issued(certificate));
            graph.extend(&certificate.policies(), any_counts, spent)?;
            self.graph = (!graph.is_empty()).then_some(graph);
        }
        self.check()
    }

    /// Prepares for the next certificate (RFC 5280, 6.1.4, a, b, h to j).
    pub(super) fn prepare(
        &mut self,
        authority: &Certificate,
        spent: &mut Spent,
    ) -> Result<(), PathError> {
        let mappings = mappings(authority)?;
        let any = oid::ANY_POLICY;
        if mappings.iter().any(|(from, to)| *from == any || *to == any) {
            return Err(PathError::PolicyMapping);
        }
        if let Some(graph) = &mut self.graph {
            if self.mapping > 0 {
                graph.map(&mappings, spent)?;
            } else {
                graph.forget(&mappings);
            }
            if graph.is_empty() {
                self.graph = None;
            }
        }
        if !is_self_issued(authority) {
            self.count_down();
        }
        self.constrain(authority)?;
        Ok(())
    }

    /// The policies for which the path is valid, out of the acceptable ones (RFC 5280, 6.1.5, a, b, g).
    pub(super) fn finish(mut self, leaf: &Certificate) -> Result<Vec<ObjectIdentifier>, PathError> {
        self.explicit = self.explicit.saturating_sub(1);
        if constraints(leaf)?.0 == Some(0) {
            self.explicit = 0;
        }
        let valid = match &self.graph {
            Some(graph) => graph.valid_for(self.acceptable),
            None => Vec::new(),
        };
        if self.explicit == 0 && valid.is_empty() {
            return Err(PathError::NoPolicy);
        }
        Ok(valid)
    }

    fn check(&self) -> Result<(), PathError> {
        if self.explicit == 0 && self.graph.is_none() {
            return Err(PathError::NoPolicy);
        }
        Ok(())
    }

    const fn count_down(&mut self) {
        self.explicit = self.explicit.saturating_sub(1);
        self.mapping = self.mapping.saturating_sub(1);
        self.any = self.any.saturating_sub(1);
    }

    fn constrain(&mut self, authority: &Certificate) -> Result<(), Malformed> {
        let (explicit, mapping) = constraints(authority)?;
        self.explicit = explicit.unwrap_or(u32::MAX).min(self.explicit);
        self.mapping = mapping.unwrap_or(u32::MAX).min(self.mapping);
        self.any = inhibit_any(authority)?.unwrap_or(u32::MAX).min(self.any);
        Ok(())
    }
}

/// Whether issuer and subject name the same, however they are written.
pub(super) fn is_self_issued(certificate: &Certificate) -> bool {
    same_name(certificate.issuer(), certificate.subject())
}

/// `SEQUENCE OF SEQUENCE { issuerDomainPolicy, subjectDomainPolicy }`
fn mappings(
    certificate: &Certificate,
) -> Result<Vec<(ObjectIdentifier, ObjectIdentifier)>, Malformed> {
    let Some(extension) = certificate.extension(oid::POLICY_MAPPINGS) else {
        return Ok(Vec::new());
    };
    let mut list = parse_all(&extension.value, "policy mappings")?;
    let mut mappings = Vec::new();
    while !list.is_empty() {
        let mut pair = list.sequence()?;
        mappings.push((pair.oid()?, pair.oid()?));
        pair.finish()?;
    }
    Ok(mappings)
}

/// `SEQUENCE { requireExplicitPolicy [0] INTEGER OPTIONAL, inhibitPolicyMapping [1] INTEGER OPTIONAL }`
fn constraints(certificate: &Certificate) -> Result<(Option<u32>, Option<u32>), Malformed> {
    let Some(extension) = certificate.extension(oid::POLICY_CONSTRAINTS) else {
        return Ok((None, None));
    };
    let mut fields = parse_all(&extension.value, "policy constraints")?;
    let mut skip = |number| -> Result<Option<u32>, Malformed> {
        let value = fields.optional(tag::context_primitive(number))?;
        value.map(|value| count(value.content)).transpose()
    };
    let found = (skip(0)?, skip(1)?);
    fields.finish()?;
    if found == (None, None) {
        return Err(fields.malformed());
    }
    Ok(found)
}

fn inhibit_any(certificate: &Certificate) -> Result<Option<u32>, Malformed> {
    let Some(extension) = certificate.extension(oid::INHIBIT_ANY_POLICY) else {
        return Ok(None);
    };
    let mut fields = Reader::new(&extension.value, "inhibit anyPolicy");
    let value = count(fields.integer_bytes()?)?;
    fields.finish()?;
    Ok(Some(value))
}

/// A number of certificates; more than 2³² are as many as one likes.
fn count(octets: &[u8]) -> Result<u32, Malformed> {
    match octets {
        [] | [0x80..=0xff, ..] => Err(Malformed::new("number of certificates")),
        octets => Ok(octets.iter().fold(0, |sum: u32, octet| {
            sum.checked_mul(256)
                .map_or(u32::MAX, |sum| sum.saturating_add(u32::from(*octet)))
        })),
    }
}
