//! Names that are the same though written differently (RFC 5280, 7.1).

use crate::DistinguishedName;
use crate::asn1::{self, Malformed, tag};

/// A name prepared for comparison: without case, runs of spaces, string types and the order inside an RDN.
///
/// Simpler than RFC 4518's preparation of strings; whoever is found by it still has to have made the signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct FoldedName(Vec<Vec<(Vec<u8>, String)>>);

impl FoldedName {
    pub(super) fn of(name: &DistinguishedName) -> Self {
        let mut rdns: Vec<Vec<(Vec<u8>, String)>> = Vec::new();
        for attribute in name.detailed() {
            let folded = (
                attribute.oid.as_bytes().to_vec(),
                attribute
                    .value
                    .split_whitespace()
                    .collect::<Vec<_>>()
                    .join(" ")
                    .to_lowercase(),
            );
            match rdns.last_mut() {
                Some(rdn) if !attribute.starts_rdn => rdn.push(folded),
                _ => rdns.push(vec![folded]),
            }
        }
        for rdn in &mut rdns {
            rdn.sort();
        }
        Self(rdns)
    }

    /// Number of its attributes.
    pub(super) fn attributes(&self) -> usize {
        self.0.iter().map(Vec::len).sum()
    }

    /// Whether the name lies in the subtree of `root` (RFC 5280, 4.2.1.10).
    pub(super) fn is_within(&self, root: &Self) -> bool {
        self.0.starts_with(&root.0)
    }
}

/// Whether both name the same.
pub(crate) fn same_name(left: &DistinguishedName, right: &DistinguishedName) -> bool {
    left == right || FoldedName::of(left) == FoldedName::of(right)
}

/// The name with one more RDN, given by the content of its SET (RFC 5280, 4.2.1.13).
pub(super) fn extended(
    base: &DistinguishedName,
    rdn: &[u8],
) -> Result<DistinguishedName, Malformed> {
    let inside = asn1::parse_all(base.der(), "name of a distribution point")?;
    let whole = [inside.rest(), &asn1::tlv(tag::SET, rdn)].concat();
    DistinguishedName::from_der(&asn1::tlv(tag::SEQUENCE, &whole))
}

#[cfg(test)]
mod tests {
    use super::{FoldedName, same_name};
    use crate::{DistinguishedName, DistinguishedNameBuilder, StringKind, oid};

    fn name(kind: StringKind, text: &str) -> DistinguishedName {
        DistinguishedNameBuilder::new()
            .push(oid::COMMON_NAME, kind, text)
            .build()
            .unwrap()
    }

    #[test]
    fn case_spaces_and_string_types_do_not_matter() {
        let plain = name(StringKind::Utf8, "Root CA");
        assert!(same_name(&plain, &name(StringKind::Printable, "ROOT   ca")));
        assert!(!same_name(&plain, &name(StringKind::Utf8, "RootCA")));
        assert!(!same_name(&plain, &name(StringKind::Utf8, "Root CA 2")));
        let organization = DistinguishedNameBuilder::new()
            .push(oid::ORGANIZATION, StringKind::Utf8, "Root CA")
            .build()
            .unwrap();
        assert!(!same_name(&plain, &organization));
    }

    #[test]
    fn a_subtree_is_a_beginning() {
        let build = |names: &[&str]| {
            let start = DistinguishedNameBuilder::new();
            let built = names.iter().fold(start, |builder, text| {
                builder.push(oid::ORGANIZATIONAL_UNIT, StringKind::Utf8, text)
            });
            FoldedName::of(&built.build().unwrap())
        };
        let root = build(&["a", "b"]);
        assert!(build(&["A", "b", "c"]).is_within(&root));
        assert!(root.is_within(&root) && root.is_within(&build(&[])));
        assert!(!build(&["a"]).is_within(&root));
        assert!(!build(&["b", "a", "b"]).is_within(&root));
    }
}
