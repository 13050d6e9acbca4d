//! Name constraints (RFC 5280, 4.2.1.10).

use super::budget::{Resource, Spent};
use super::general_name::GeneralName;
use super::name::FoldedName;
use super::{PathError, syntax};
use crate::asn1::{Malformed, Reader, parse_all, tag};
use crate::{Certificate, oid};

const STRUCTURE: &str = "name constraints";

/// What the authorities of a path allow in the names of those below them.
///
/// Each authority's permitted subtrees are kept apart and every one of them asked: that is their intersection.
#[derive(Debug, Default)]
pub(super) struct Constraints(Vec<NameConstraints>);

#[derive(Debug, Default)]
struct NameConstraints {
    permitted: Vec<Subtree>,
    excluded: Vec<Subtree>,
    /// What comparing a directory name with all of them costs.
    directories: usize,
}

/// A name of a certificate; a directory name is folded once, however many subtrees it is compared with.
struct Named<'a> {
    name: GeneralName<'a>,
    folded: Option<FoldedName>,
}

impl<'a> Named<'a> {
    fn of(name: GeneralName<'a>) -> Self {
        let folded = if let GeneralName::Directory(name) = &name {
            Some(FoldedName::of(name))
        } else {
            None
        };
        Self { name, folded }
    }
}

#[derive(Debug)]
enum Subtree {
    Mailbox {
        local: String,
        host: String,
    },
    MailHost(String),
    MailDomain(String),
    Dns(String),
    Directory(FoldedName),
    UriHost(String),
    UriDomain(String),
    Ip {
        address: Vec<u8>,
        mask: Vec<u8>,
    },
    /// A kind that is not understood: no name of it is accepted.
    Other(u8),
}

impl Constraints {
    /// Adds what an authority says.
    pub(super) fn add(&mut self, authority: &Certificate) -> Result<(), Malformed> {
        if let Some(extension) = authority.extension(oid::NAME_CONSTRAINTS) {
            self.0.push(NameConstraints::read(&extension.value)?);
        }
        Ok(())
    }

    /// Whether every name of the certificate is allowed (RFC 5280, 6.1.3, b and c).
    pub(super) fn check(
        &self,
        certificate: &Certificate,
        spent: &mut Spent,
    ) -> Result<(), PathError> {
        if self.0.is_empty() {
            return Ok(());
        }
        let mut names = GeneralName::of(certificate)?;
        let addresses: Vec<String> = certificate
            .subject()
            .attributes()
            .into_iter()
            .filter(|(kind, _)| *kind == oid::EMAIL_ADDRESS)
            .map(|(_, text)| text)
            .collect();
        // Old authorities write mail addresses into the subject; the rules are theirs as well.
        names.extend(addresses.iter().map(|text| GeneralName::Email(text)));
        if !certificate.subject().is_empty() {
            names.push(GeneralName::Directory(certificate.subject().clone()));
        }
        for name in names {
            let name = Named::of(name);
            if let Some(folded) = &name.folded {
                spent.names(folded.attributes())?;
            }
            for set in &self.0 {
                spent.names(set.cost(&name))?;
                if !set.allows(&name) {
                    return Err(PathError::NameNotPermitted);
                }
            }
        }
        Ok(())
    }
}

impl Spent {
    fn names(&mut self, comparisons: usize) -> Result<(), PathError> {
        self.spend(Resource::Names, comparisons)
    }
}

impl NameConstraints {
    /// `SEQUENCE { permittedSubtrees [0] GeneralSubtrees OPTIONAL, excludedSubtrees [1] GeneralSubtrees OPTIONAL }`
    fn read(value: &[u8]) -> Result<Self, Malformed> {
        let mut fields = parse_all(value, STRUCTURE)?;
        let (permitted, excluded) = (
            fields.optional(tag::context(0))?,
            fields.optional(tag::context(1))?,
        );
        fields.finish()?;
        if permitted.is_none() && excluded.is_none() {
            return Err(fields.malformed());
        }
        let read = |list: Option<crate::asn1::Value<'_>>| {
            list.map_or(Ok(Vec::new()), |list| subtrees(list.content))
        };
        let (permitted, excluded) = (read(permitted)?, read(excluded)?);
        let directories = (permitted.iter().chain(&excluded)).fold(0, |cost: usize, subtree| {
            let attributes = if let Subtree::Directory(root) = subtree {
                root.attributes()
            } else {
                0
            };
            cost.saturating_add(attributes).saturating_add(1)
        });
        Ok(Self {
            permitted,
            excluded,
            directories,
        })
    }

    /// What comparing a name with all subtrees costs: one each, and one for each attribute of a directory name.
    fn cost(&self, name: &Named<'_>) -> usize {
        match name.folded {
            Some(_) => self.directories,
            None => self.permitted.len().saturating_add(self.excluded.len()),
        }
    }

    fn allows(&self, named: &Named<'_>) -> bool {
        let name = &named.name;
        let excluded = self.excluded.iter().any(|subtree| subtree.may_reach(named));
        let mut of_kind = self
            .permitted
            .iter()
            .filter(|subtree| subtree.kind() == name.kind())
            .peekable();
        let permitted = of_kind.peek().is_none() || of_kind.any(|subtree| subtree.holds(named));
        permitted && !excluded
    }
}

/// `SEQUENCE SIZE (1..MAX) OF SEQUENCE { base GeneralName, minimum [0] DEFAULT 0, maximum [1] OPTIONAL }`
///
/// Minimum and maximum are not used and have to be 0 and absent.
fn subtrees(list: &[u8]) -> Result<Vec<Subtree>, Malformed> {
    let mut list = Reader::new(list, STRUCTURE);
    let mut subtrees = Vec::new();
    while !list.is_empty() {
        let mut one = list.sequence()?;
        let base = GeneralName::read(&mut one)?;
        let minimum = one.optional(tag::context_primitive(0))?;
        if minimum.is_some_and(|minimum| minimum.content != [0]) {
            return Err(list.malformed());
        }
        one.finish()?;
        subtrees.push(Subtree::of(&base).ok_or(list.malformed())?);
    }
    if subtrees.is_empty() {
        return Err(list.malformed());
    }
    Ok(subtrees)
}

impl Subtree {
    /// `None` when the name is not written as a constraint of its kind has to be.
    fn of(base: &GeneralName<'_>) -> Option<Self> {
        match base {
            GeneralName::Email(text) => {
                if text.contains('@') {
                    let (local, host) = syntax::mailbox(text)?;
                    return Some(Self::Mailbox {
                        local: local.to_owned(),
                        host: host.to_owned(),
                    });
                }
                match text.strip_prefix('.') {
                    Some(domain) => {
                        syntax::is_host(domain).then(|| Self::MailDomain(domain.to_owned()))
                    }
                    None => syntax::is_host(text).then(|| Self::MailHost((*text).to_owned())),
                }
            }
            // The empty name holds every host. A dot before it is not in the standard.
            GeneralName::Dns(text) => {
                (text.is_empty() || syntax::is_host(text)).then(|| Self::Dns((*text).to_owned()))
            }
            GeneralName::Directory(name) => Some(Self::Directory(FoldedName::of(name))),
            GeneralName::Uri(text) => match text.strip_prefix('.') {
                Some(domain) => syntax::is_host(domain).then(|| Self::UriDomain(domain.to_owned())),
                None => syntax::is_host(text).then(|| Self::UriHost((*text).to_owned())),
            },
            GeneralName::Ip(octets) => {
                let (address, mask) = octets.split_at_checked(octets.len() / 2)?;
                (matches!(octets.len(), 8 | 32) && is_prefix(mask)).then(|| Self::Ip {
                    address: address.to_vec(),
                    mask: mask.to_vec(),
                })
            }
            GeneralName::Other(kind) => Some(Self::Other(*kind)),
        }
    }

    const fn kind(&self) -> u8 {
        match self {
            Self::Mailbox { .. } | Self::MailHost(_) | Self::MailDomain(_) => 1,
            Self::Dns(_) => 2,
            Self::Directory(_) => 4,
            Self::UriHost(_) | Self::UriDomain(_) => 6,
            Self::Ip { .. } => 7,
            Self::Other(kind) => *kind,
        }
    }

    /// Whether all that the name stands for lies inside; nothing malformed does.
    fn holds(&self, named: &Named<'_>) -> bool {
        let below = |host: &str, domain: &str| {
            syntax::is_in_domain(host, domain) && host.len() > domain.len()
        };
        match (self, &named.name) {
            (Self::Mailbox { local, host }, GeneralName::Email(text)) => syntax::mailbox(text)
                .is_some_and(|(its, at)| its == local && at.eq_ignore_ascii_case(host)),
            (Self::MailHost(host), GeneralName::Email(text)) => {
                syntax::mailbox(text).is_some_and(|(_, at)| at.eq_ignore_ascii_case(host))
            }
            (Self::MailDomain(domain), GeneralName::Email(text)) => {
                syntax::mailbox(text).is_some_and(|(_, at)| below(at, domain))
            }
            (Self::Dns(root), GeneralName::Dns(text)) => {
                let base = text.strip_prefix("*.").unwrap_or(text);
                syntax::is_host(base) && syntax::is_in_domain(base, root)
            }
            (Self::Directory(root), GeneralName::Directory(_)) => {
                (named.folded.as_ref()).is_some_and(|folded| folded.is_within(root))
            }
            (Self::UriHost(host), GeneralName::Uri(text)) => {
                syntax::uri_host(text).is_some_and(|its| its.eq_ignore_ascii_case(host))
            }
            (Self::UriDomain(domain), GeneralName::Uri(text)) => {
                syntax::uri_host(text).is_some_and(|its| below(its, domain))
            }
            (Self::Ip { address, mask }, GeneralName::Ip(octets)) => {
                octets.len() == address.len()
                    && octets
                        .iter()
                        .zip(address)
                        .zip(mask)
                        .all(|((its, wanted), mask)| its & mask == wanted & mask)
            }
            // Names of other kinds are outside, and so are those that are not understood.
            _ => false,
        }
    }

    /// Whether something that the name stands for lies inside, or this cannot be told.
    fn may_reach(&self, named: &Named<'_>) -> bool {
        let name = &named.name;
        if self.kind() != name.kind() {
            return false;
        }
        if matches!(self, Self::Other(_)) || !name.is_well_formed() {
            return true;
        }
        let unreadable = matches!(name, GeneralName::Uri(text) if syntax::uri_host(text).is_none());
        // An asterisk stands for one label, so it reaches a subtree that begins right there.
        let by_asterisk = match (self, name) {
            (Self::Dns(root), GeneralName::Dns(text)) => {
                text.strip_prefix("*.").is_some_and(|base| {
                    root.split_once('.')
                        .is_some_and(|(_, parent)| parent.eq_ignore_ascii_case(base))
                })
            }
            _ => false,
        };
        unreadable || by_asterisk || self.holds(named)
    }
}

/// Whether no bit follows a bit that is not set (RFC 4632).
fn is_prefix(mask: &[u8]) -> bool {
    let mut ended = false;
    mask.iter().all(|octet| {
        let fits = if ended {
            *octet == 0
        } else {
            octet
                .leading_ones()
                .saturating_add(octet.trailing_zeros().min(8))
                >= 8
        };
        ended |= *octet != 0xff;
        fits
    })
}

#[cfg(test)]
mod tests;
