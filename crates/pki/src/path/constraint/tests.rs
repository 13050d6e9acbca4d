use super::{NameConstraints, Named, is_prefix};
use crate::asn1;
use crate::path::general_name::GeneralName;

/// Name constraints with these names, each tag and content.
fn constraints(permitted: &[(u8, &[u8])], excluded: &[(u8, &[u8])]) -> Option<NameConstraints> {
    let list = |number, names: &[(u8, &[u8])]| {
        let one = |(tag, content): &(u8, &[u8])| asn1::sequence(&[asn1::tlv(*tag, content)]);
        let all: Vec<u8> = names.iter().flat_map(one).collect();
        if names.is_empty() {
            Vec::new()
        } else {
            asn1::context(number, &all)
        }
    };
    let der = asn1::sequence(&[list(0, permitted), list(1, excluded)]);
    NameConstraints::read(&der).ok()
}

const MAIL: u8 = 0x81;
const DNS: u8 = 0x82;
const URI: u8 = 0x86;
const IP: u8 = 0x87;

fn only(tag: u8, root: &[u8]) -> NameConstraints {
    constraints(&[(tag, root)], &[]).unwrap()
}

fn without(tag: u8, root: &[u8]) -> NameConstraints {
    constraints(&[], &[(tag, root)]).unwrap()
}

#[test]
fn hosts_lie_in_domains() {
    let set = only(DNS, b"a.com");
    for inside in ["a.com", "x.A.com", "*.a.com", "*.x.a.com"] {
        assert!(set.allows(&Named::of(GeneralName::Dns(inside))), "{inside}");
    }
    for outside in ["com", "ba.com", "*.com", ".a.com", "x..a.com", ""] {
        assert!(
            !set.allows(&Named::of(GeneralName::Dns(outside))),
            "{outside}"
        );
    }
    assert!(
        set.allows(&Named::of(GeneralName::Uri("http://b.com/"))),
        "another kind"
    );
    let set = without(DNS, b"x.a.com");
    for reached in ["x.a.com", "y.x.a.com", "*.a.com", "*.x.a.com", ".a.b"] {
        assert!(
            !set.allows(&Named::of(GeneralName::Dns(reached))),
            "{reached}"
        );
    }
    for free in ["a.com", "y.a.com", "*.b.com"] {
        assert!(set.allows(&Named::of(GeneralName::Dns(free))), "{free}");
    }
    assert!(!without(DNS, b"").allows(&Named::of(GeneralName::Dns("a"))));
}

#[test]
fn mailboxes_lie_at_hosts_and_in_domains() {
    let allows = |root: &[u8], name| only(MAIL, root).allows(&Named::of(GeneralName::Email(name)));
    assert!(allows(b"a@b.c", "a@B.c") && !allows(b"a@b.c", "A@b.c") && !allows(b"a@b.c", "x@b.c"));
    assert!(allows(b"b.c", "x@b.c") && !allows(b"b.c", "x@y.b.c"));
    assert!(allows(b".b.c", "x@y.b.c") && !allows(b".b.c", "x@b.c"));
    assert!(!allows(b"b.c", "x@y@b.c") && !allows(b"b.c", "b.c"));
    assert!(
        !without(MAIL, b"b.c").allows(&Named::of(GeneralName::Email("x@y@z.c"))),
        "cannot be told"
    );
}

#[test]
fn uris_are_judged_by_their_host() {
    let allows = |root: &[u8], name| only(URI, root).allows(&Named::of(GeneralName::Uri(name)));
    assert!(allows(b"a.b", "ftp://A.b:1/x") && !allows(b"a.b", "http://x.a.b/"));
    assert!(allows(b".a.b", "http://x.a.b") && !allows(b".a.b", "http://a.b"));
    for unknown in ["urn:x", "http://1.2.3.4/", "a.b"] {
        assert!(!allows(b"a.b", unknown), "{unknown}");
        assert!(
            !without(URI, b"c.d").allows(&Named::of(GeneralName::Uri(unknown))),
            "{unknown}"
        );
    }
}

#[test]
fn addresses_lie_in_networks_of_their_family() {
    let net = [192, 0, 2, 0, 255, 255, 255, 0];
    let set = only(IP, &net);
    assert!(set.allows(&Named::of(GeneralName::Ip(&[192, 0, 2, 7]))));
    assert!(!set.allows(&Named::of(GeneralName::Ip(&[192, 0, 3, 7]))));
    assert!(!set.allows(&Named::of(GeneralName::Ip(&[0; 16]))));
    assert!(!set.allows(&Named::of(GeneralName::Ip(&net))), "no address");
    assert!(!without(IP, &net).allows(&Named::of(GeneralName::Ip(&net))));
    assert!(is_prefix(&[255, 254, 0]) && is_prefix(&[0, 0]) && is_prefix(&[255]));
    assert!(!is_prefix(&[254, 1]) && !is_prefix(&[253]) && !is_prefix(&[0, 255]));
}

#[test]
fn kinds_that_are_not_understood_have_no_names() {
    let other = GeneralName::Other(0);
    assert!(
        !only(0xa0, b"").allows(&Named::of(other.clone()))
            && !without(0xa0, b"").allows(&Named::of(other.clone()))
    );
    assert!(without(0xa0, b"").allows(&Named::of(GeneralName::Dns("a.b"))));
    assert!(without(DNS, b"a.b").allows(&Named::of(other)));
}

#[test]
fn what_is_excluded_is_not_permitted() {
    let set = constraints(&[(DNS, b"a.b")], &[(DNS, b"a.b")]).unwrap();
    assert!(!set.allows(&Named::of(GeneralName::Dns("a.b"))));
}

#[test]
fn malformed_constraints_are_refused() {
    assert!(constraints(&[], &[]).is_none());
    for (tag, root) in [
        (DNS, b".a.b".as_slice()),
        (DNS, b"*.a.b"),
        (MAIL, b"a@b@c"),
        (URI, b"http://a.b"),
        (IP, &[127, 0, 0, 1]),
        (IP, &[127, 0, 0, 1, 255, 0, 255, 0]),
        (0x89, b""),
    ] {
        assert!(constraints(&[(tag, root)], &[]).is_none(), "{root:?}");
    }
    let empty = asn1::sequence(&[asn1::context(0, &[])]);
    assert!(NameConstraints::read(&empty).is_err());
    let name = asn1::tlv(DNS, b"a.b");
    let deep = asn1::sequence(&[name, asn1::context_primitive(0, &[1])]);
    assert!(NameConstraints::read(&asn1::sequence(&[asn1::context(0, &deep)])).is_err());
}
