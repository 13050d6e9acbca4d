//! How host names, mailboxes and URIs are written.

/// Whether this is a host name in the preferred syntax (RFC 1034, 3.5; RFC 1123, 2.1): labels of letters, digits and
/// inner hyphens. No final dot, no underscore.
pub(super) fn is_host(text: &str) -> bool {
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label
                .bytes()
                .all(|octet| octet.is_ascii_alphanumeric() || octet == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    text.len() <= 253 && text.split('.').all(label)
}

/// Local part and host of a mailbox with exactly one `@`; a quoted `@` is not understood.
pub(super) fn mailbox(text: &str) -> Option<(&str, &str)> {
    let (local, host) = text.split_once('@')?;
    let plain =
        !local.is_empty() && local.bytes().all(|octet| octet.is_ascii_graphic()) && is_host(host);
    plain.then_some((local, host))
}

/// The host of a URI when it is a name and not an address (RFC 3986, 3.2).
pub(super) fn uri_host(text: &str) -> Option<&str> {
    let (_, rest) = text.split_once("://")?;
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let authority = rest.get(..end)?;
    let host = authority
        .rsplit_once('@')
        .map_or(authority, |(_, host)| host);
    let host = host.split_once(':').map_or(host, |(host, _)| host);
    let is_address = host
        .rsplit('.')
        .next()
        .is_some_and(|last| last.bytes().all(|octet| octet.is_ascii_digit()));
    (is_host(host) && !is_address).then_some(host)
}

/// Whether `name` is `root` or has more labels before it; case does not matter.
pub(super) fn is_in_domain(name: &str, root: &str) -> bool {
    if root.is_empty() || name.eq_ignore_ascii_case(root) {
        return true;
    }
    name.len()
        .checked_sub(root.len())
        .and_then(|at| name.split_at_checked(at))
        .is_some_and(|(before, end)| before.ends_with('.') && end.eq_ignore_ascii_case(root))
}

#[cfg(test)]
mod tests {
    use super::{is_host, is_in_domain, mailbox, uri_host};

    #[test]
    fn hosts_mailboxes_and_uris_are_told_from_what_looks_like_them() {
        assert!(is_host("a") && is_host("xn--a.b-c.D9"));
        for wrong in ["", ".a", "a.", "a..b", "a_b", "-a", "a-", "*.a", "é", "a b"] {
            assert!(!is_host(wrong), "{wrong}");
        }
        assert_eq!(mailbox("*@a.b"), Some(("*", "a.b")));
        for wrong in ["a", "@a", "a@", "a@b@c", "a b@c", "\"a@b\"@c", "a@.b"] {
            assert_eq!(mailbox(wrong), None, "{wrong}");
        }
        assert_eq!(uri_host("http://u@A.b:80/x@y"), Some("A.b"));
        for wrong in [
            "urn:a:b",
            "http:///x",
            "http://[::1]/",
            "http://1.2.3.4/",
            "a",
        ] {
            assert_eq!(uri_host(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_domain_begins_at_a_dot() {
        assert!(is_in_domain("a.B", "b") && is_in_domain("b", "B") && is_in_domain("b", ""));
        assert!(!is_in_domain("ab", "b") && !is_in_domain("b", "a.b"));
    }
}
