//! Lists with points, reasons and other signers (RFC 5280, 6.3), put together by hand.

use tanba_crypto::{ObjectIdentifier, SoftwareKey};
use tanba_pki::crl::{Crl, CrlError, Reason};
use tanba_pki::path::{PathError, PathOptions, Revocation, Rules, validate};
use tanba_pki::{Certificate, KeyUsage, Timestamp, asn1, oid};

use crate::maker::{
    FROM, authority, certificate, entry, extension, key, list, list_der, list_der_at,
    list_der_numbered, name, now,
};

const LEAF: u8 = 7;

fn point() -> ObjectIdentifier {
    ObjectIdentifier::new_unwrap("2.5.29.28")
}

/// `GeneralName`
fn directory(text: &str) -> Vec<u8> {
    asn1::context(4, name(text).der())
}

/// Distribution points with one point: its full name, its reasons, who issues its lists.
fn points(full: Option<&str>, reasons: Option<&[u8]>, issuer: Option<&str>) -> Vec<u8> {
    let parts = [
        full.map(|text| asn1::context(0, &asn1::context(0, &directory(text)))),
        reasons.map(|bits| asn1::context_primitive(1, bits)),
        issuer.map(|text| asn1::context(2, &directory(text))),
    ];
    let parts: Vec<Vec<u8>> = parts.into_iter().flatten().collect();
    let value = asn1::sequence(&[asn1::sequence(&parts)]);
    extension(oid::CRL_DISTRIBUTION_POINTS, false, &value)
}

/// The point of a list, of these fields.
fn scope(fields: &[Vec<u8>]) -> Vec<u8> {
    extension(point(), true, &asn1::sequence(fields))
}

fn full_name(text: &str) -> Vec<u8> {
    asn1::context(0, &asn1::context(0, &directory(text)))
}

fn only_users() -> Vec<u8> {
    asn1::context_primitive(1, &[0xff])
}

fn only_authorities() -> Vec<u8> {
    asn1::context_primitive(2, &[0xff])
}

/// `BIT STRING` content: bits that are not used, then the flags.
fn only_reasons(bits: &[u8]) -> Vec<u8> {
    asn1::context_primitive(3, bits)
}

fn indirect() -> Vec<u8> {
    asn1::context_primitive(4, &[0xff])
}

fn issued_by(text: &str) -> Vec<u8> {
    extension(
        oid::CERTIFICATE_ISSUER,
        true,
        &asn1::sequence(&[directory(text)]),
    )
}

fn usage(usage: KeyUsage) -> Vec<u8> {
    extension(oid::KEY_USAGE, true, &asn1::named_bits(usage.bits()))
}

/// A root, an authority, a signer of lists who is no authority, and keys of all.
struct World {
    root_key: SoftwareKey,
    middle_key: SoftwareKey,
    signer_key: SoftwareKey,
    root: Certificate,
    middle: Certificate,
    signer: Certificate,
}

impl World {
    fn new() -> Self {
        let [root_key, middle_key, signer_key] = ["authority", "person-ec", "responder"].map(key);
        let by_root = ("root", &root_key);
        let signs_lists = usage(KeyUsage::CRL_SIGN);
        Self {
            root: certificate(1, by_root, by_root, &[authority()]),
            middle: certificate(2, by_root, ("middle", &middle_key), &[authority()]),
            signer: certificate(3, by_root, ("signer", &signer_key), &[signs_lists]),
            root_key,
            middle_key,
            signer_key,
        }
    }

    fn leaf(&self, extensions: &[Vec<u8>]) -> Certificate {
        certificate(
            LEAF,
            ("middle", &self.middle_key),
            ("leaf", &self.root_key),
            extensions,
        )
    }

    fn root_list(&self) -> Crl {
        list(("root", &self.root_key), &[], &[])
    }

    fn middle_list(&self, entries: &[Vec<u8>], extensions: &[Vec<u8>]) -> Crl {
        list(("middle", &self.middle_key), entries, extensions)
    }

    fn signer_list(&self, entries: &[Vec<u8>], extensions: &[Vec<u8>]) -> Crl {
        list(("signer", &self.signer_key), entries, extensions)
    }

    /// Judges with the root's list and these.
    fn judge(&self, leaf: &Certificate, lists: &[Crl]) -> Result<(), PathError> {
        self.judge_by(
            leaf,
            lists,
            Rules::Paths,
            &[self.middle.clone(), self.signer.clone()],
        )
    }

    fn judge_by(
        &self,
        leaf: &Certificate,
        lists: &[Crl],
        rules: Rules,
        intermediates: &[Certificate],
    ) -> Result<(), PathError> {
        let crls = [&[self.root_list()], lists].concat();
        let trusted = [self.root.clone()];
        let options = PathOptions {
            intermediates,
            crls: &crls,
            revocation: Revocation::Required,
            rules,
            ..PathOptions::new(&trusted, now())
        };
        validate(leaf, &options).map(|_| ())
    }
}

const UNKNOWN: Result<(), PathError> = Err(PathError::RevocationUnknown);

fn revoked() -> Result<(), PathError> {
    Err(PathError::Revoked {
        at: Timestamp::from_unix(FROM),
        reason: Reason::Unspecified,
    })
}

#[test]
fn every_reason_has_to_be_covered() {
    let world = World::new();
    let leaf = world.leaf(&[]);
    let keys = world.middle_list(&[], &[scope(&[only_reasons(&[5, 0x60])])]);
    let rest = |entries: &[Vec<u8>]| {
        world.middle_list(entries, &[scope(&[only_reasons(&[7, 0x1f, 0x80])])])
    };
    assert_eq!(world.judge(&leaf, &[]), UNKNOWN);
    assert_eq!(world.judge(&leaf, std::slice::from_ref(&keys)), UNKNOWN);
    assert_eq!(world.judge(&leaf, &[keys.clone(), rest(&[])]), Ok(()));
    let names_it = [entry(LEAF, &[])];
    assert_eq!(world.judge(&leaf, &[keys, rest(&names_it)]), revoked());
    // A point for some reasons does not answer for the others.
    let some = world.leaf(&[points(Some("p"), Some(&[5, 0x60]), None)]);
    let at_point = world.middle_list(&[], &[scope(&[full_name("p")])]);
    assert_eq!(world.judge(&some, std::slice::from_ref(&at_point)), UNKNOWN);
    assert_eq!(
        world.judge(&some, &[at_point, world.middle_list(&[], &[])]),
        Ok(())
    );
}

/// What the issuer said since is not known: an older list must not stand in for one that cannot be read.
#[test]
fn a_newer_list_that_cannot_be_checked_leaves_the_status_open() {
    let world = World::new();
    let leaf = world.leaf(&[]);
    let old = world.middle_list(&[], &[]);
    // Of an algorithm that nobody knows: ecdsa-with-SHA256 with another last number, in both places.
    let unknown = |after: i64| {
        let der = list_der_at(("middle", &world.middle_key), &[], &[], after);
        let (known, other) = (
            [0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2],
            [0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 9],
        );
        let mut changed = der.clone();
        let places: Vec<usize> = (der.windows(known.len()).enumerate())
            .filter(|(_, octets)| *octets == known)
            .map(|(place, _)| place)
            .collect();
        assert_eq!(places.len(), 2);
        for place in places {
            changed[place..place + known.len()].copy_from_slice(&other);
        }
        Crl::from_der(&changed).unwrap()
    };
    assert_eq!(world.judge(&leaf, std::slice::from_ref(&old)), Ok(()));
    for lists in [[unknown(10), old.clone()], [old.clone(), unknown(10)]] {
        assert_eq!(world.judge(&leaf, &lists), UNKNOWN);
    }
    // Where a list of the same time can be checked nothing is open, and an older one does not matter.
    for after in [0, -10] {
        assert_eq!(world.judge(&leaf, &[unknown(after), old.clone()]), Ok(()));
    }
    // What an older list says for ever is said all the same.
    let revoking = world.middle_list(&[entry(LEAF, &[])], &[]);
    assert_eq!(world.judge(&leaf, &[unknown(10), revoking]), revoked());
}

#[test]
fn of_two_lists_of_one_second_the_one_with_the_higher_number_counts() {
    let world = World::new();
    let leaf = world.leaf(&[]);
    let numbered = |number, entries: &[Vec<u8>]| {
        let issuer = ("middle", &world.middle_key);
        Crl::from_der(&list_der_numbered(issuer, entries, &[], (0, number))).unwrap()
    };
    // Numbers of one and of two octets.
    for (earlier, later) in [(1, 2), (9, 256)] {
        let ends = [entry(LEAF, &[])];
        let (before, after) = (numbered(earlier, &[]), numbered(later, &ends));
        for lists in [[before.clone(), after.clone()], [after, before]] {
            assert_eq!(world.judge(&leaf, &lists), revoked());
        }
        let (before, after) = (numbered(earlier, &ends), numbered(later, &[]));
        for lists in [[before.clone(), after.clone()], [after, before]] {
            assert_eq!(world.judge(&leaf, &lists), Ok(()));
        }
    }
}

#[test]
fn a_list_answers_for_its_scope_alone() {
    let world = World::new();
    let leaf = world.leaf(&[points(Some("p"), None, None)]);
    for (fields, expected) in [
        (vec![], Ok(())),
        (vec![full_name("p")], Ok(())),
        (vec![full_name("P")], Ok(())),
        (vec![full_name("q")], UNKNOWN),
        (vec![full_name("p"), only_users()], Ok(())),
        (vec![only_authorities()], UNKNOWN),
    ] {
        let extensions = if fields.is_empty() {
            Vec::new()
        } else {
            vec![scope(&fields)]
        };
        let one = world.middle_list(&[], &extensions);
        assert_eq!(world.judge(&leaf, &[one]), expected, "{fields:?}");
    }
    // Octets behind the scope, and a scope of nothing: another program might read it otherwise.
    let behind = [asn1::sequence(&[only_users()]), vec![0]].concat();
    for value in [behind, asn1::sequence::<Vec<u8>>(&[])] {
        let issuer = ("middle", &world.middle_key);
        let one = list_der(issuer, &[], &[extension(point(), true, &value)]);
        assert!(Crl::from_der(&one).is_err());
    }
    // The point of a certificate that names none is the issuer's own name.
    let plain = world.leaf(&[]);
    let own = world.middle_list(&[], &[scope(&[full_name("middle")])]);
    assert_eq!(world.judge(&plain, &[own]), Ok(()));
    let other = world.middle_list(&[], &[scope(&[full_name("p")])]);
    assert_eq!(world.judge(&plain, &[other]), UNKNOWN);
}

#[test]
fn somebody_else_may_sign_lists_where_the_certificate_says_so() {
    let world = World::new();
    let leaf = world.leaf(&[points(Some("p"), None, Some("signer"))]);
    let is_indirect = || scope(&[full_name("p"), indirect()]);
    let fine = world.signer_list(&[], &[is_indirect()]);
    assert_eq!(world.judge(&leaf, std::slice::from_ref(&fine)), Ok(()));
    let named = world.signer_list(&[entry(LEAF, &[issued_by("Middle")])], &[is_indirect()]);
    assert_eq!(world.judge(&leaf, &[named]), revoked());
    // Issuers stay in force for the entries that follow.
    let entries = [entry(1, &[issued_by("middle")]), entry(LEAF, &[])];
    assert_eq!(
        world.judge(&leaf, &[world.signer_list(&entries, &[is_indirect()])]),
        revoked()
    );
    // The same serial of another issuer is another certificate.
    for entries in [[entry(LEAF, &[])], [entry(LEAF, &[issued_by("other")])]] {
        let one = world.signer_list(&entries, &[is_indirect()]);
        assert_eq!(world.judge(&leaf, &[one]), Ok(()));
    }
    let direct = world.signer_list(&[], &[scope(&[full_name("p")])]);
    assert_eq!(world.judge(&leaf, &[direct]), UNKNOWN);
    let not_named = world.leaf(&[points(Some("p"), None, None)]);
    assert_eq!(
        world.judge(&not_named, std::slice::from_ref(&fine)),
        UNKNOWN
    );
    let absent = [world.middle.clone()];
    assert_eq!(
        world.judge_by(&leaf, std::slice::from_ref(&fine), Rules::Paths, &absent),
        UNKNOWN
    );
    // Somebody of that name whom nobody certified.
    let stranger = certificate(
        9,
        ("signer", &world.signer_key),
        ("signer", &world.signer_key),
        &[usage(KeyUsage::CRL_SIGN)],
    );
    let stranger = [world.middle.clone(), stranger];
    assert_eq!(
        world.judge_by(&leaf, &[fine], Rules::Paths, &stranger),
        UNKNOWN
    );
}

#[test]
fn an_entry_for_another_issuer_makes_no_sense_in_a_direct_list() {
    let world = World::new();
    let one = world.signer_list(&[], &[scope(&[indirect()])]);
    assert_eq!(one.find_foreign(&[LEAF]).count(), 0);
    let entries = [entry(LEAF, &[issued_by("middle")])];
    let foreign = world.signer_list(&entries, &[scope(&[indirect()])]);
    assert_eq!(foreign.find(&[LEAF]), None, "not the signer's own");
    assert_eq!(foreign.find_foreign(&[LEAF]).count(), 1);
    let direct = Crl::from_der(&list_der(("signer", &world.signer_key), &entries, &[]));
    assert_eq!(
        direct.map(|_| ()),
        Err(CrlError::UnknownCritical(oid::CERTIFICATE_ISSUER))
    );
}

#[test]
fn lists_that_break_a_rule_are_told_and_count_where_no_rules_are_asked_for() {
    let world = World::new();
    let twice = world.middle_list(&[entry(1, &[]), entry(1, &[])], &[]);
    assert!(twice.departure().is_some());
    let leaf = world.leaf(&[]);
    assert_eq!(world.judge(&leaf, std::slice::from_ref(&twice)), Ok(()));
    assert_eq!(
        world
            .middle_list(&[entry(1, &[]), entry(2, &[])], &[])
            .departure(),
        None
    );
}
