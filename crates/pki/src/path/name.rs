//! Names that are the same though written differently (RFC 5280, 7.1).

use crate::DistinguishedName;

/// Whether both name the same: equal octets, or equal text but for case, string types and runs of spaces.
///
/// Simpler than RFC 4518's preparation of strings; whoever is found by it still has to have made the signature.
pub(super) fn same_name(left: &DistinguishedName, right: &DistinguishedName) -> bool {
    left == right || folded(left) == folded(right)
}

fn folded(name: &DistinguishedName) -> Vec<(Vec<u8>, bool, String)> {
    let attributes = name.detailed().into_iter();
    let fold = |text: &str| {
        let words: Vec<&str> = text.split_whitespace().collect();
        words.join(" ").to_lowercase()
    };
    attributes
        .map(|attribute| {
            let oid = attribute.oid.as_bytes().to_vec();
            (oid, attribute.starts_rdn, fold(&attribute.value))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::same_name;
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
}
