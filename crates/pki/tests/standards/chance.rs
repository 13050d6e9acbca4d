//! Chains with random policies and names, judged by us and by OpenSSL.

use std::fmt::Write as _;

use tanba_crypto::{ObjectIdentifier, SoftwareKey};
use tanba_pki::path::{PathError, PathOptions, PolicyOptions, validate};
use tanba_pki::{Certificate, asn1, oid};

use crate::harness::Desk;
use crate::maker::{authority, certificate, extension, key, now};

/// Numbers that are the same in each run (splitmix64).
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % bound
    }

    fn one_in(&mut self, many: u64) -> bool {
        self.below(many) == 0
    }
}

fn policy(number: u64) -> ObjectIdentifier {
    format!("1.2.3.{number}").parse().unwrap()
}

/// Policies of a certificate, and of an authority also mappings and constraints.
fn policies(dice: &mut Dice, is_authority: bool) -> Vec<Vec<u8>> {
    let mut extensions = Vec::new();
    let mut own: Vec<Vec<u8>> = Vec::new();
    for number in 1..4 {
        if dice.below(5) < 3 {
            own.push(asn1::sequence(&[asn1::oid(policy(number))]));
        }
    }
    if dice.one_in(3) {
        own.push(asn1::sequence(&[asn1::oid(oid::ANY_POLICY)]));
    }
    let has_policies = !own.is_empty();
    if has_policies {
        extensions.push(extension(
            oid::CERTIFICATE_POLICIES,
            false,
            &asn1::sequence(&own),
        ));
    }
    if !is_authority {
        return extensions;
    }
    if has_policies && dice.one_in(2) {
        let pairs: Vec<Vec<u8>> = (0..=dice.below(2))
            .map(|_| {
                let (from, to) = (1 + dice.below(3), 1 + dice.below(3));
                asn1::sequence(&[asn1::oid(policy(from)), asn1::oid(policy(to))])
            })
            .collect();
        extensions.push(extension(
            oid::POLICY_MAPPINGS,
            true,
            &asn1::sequence(&pairs),
        ));
    }
    let count = |number, skip: u64| asn1::context_primitive(number, &[u8::try_from(skip).unwrap()]);
    if dice.one_in(3) {
        let explicit = count(0, dice.below(3));
        let mapping = if dice.one_in(2) {
            count(1, dice.below(3))
        } else {
            Vec::new()
        };
        let value = asn1::sequence(&[explicit, mapping]);
        extensions.push(extension(oid::POLICY_CONSTRAINTS, true, &value));
    }
    if dice.one_in(4) {
        let value = asn1::integer(dice.below(3));
        extensions.push(extension(oid::INHIBIT_ANY_POLICY, true, &value));
    }
    extensions
}

/// The keys of a chain; the trusted authority's first.
fn keys() -> [SoftwareKey; 3] {
    ["authority", "person-ec", "responder"].map(key)
}

/// Root, two authorities and a leaf, with what `extensions` gives for each below the root.
fn chain(
    mut extensions: impl FnMut(bool) -> Vec<Vec<u8>>,
    keys: &[SoftwareKey; 3],
) -> [Certificate; 4] {
    let [root, first, second] = keys;
    let mut below = |serial, issuer, subject, is_authority: bool| {
        let mut all = extensions(is_authority);
        if is_authority {
            all.push(authority());
        }
        certificate(serial, issuer, subject, &all)
    };
    [
        certificate(1, ("root", root), ("root", root), &[authority()]),
        below(2, ("root", root), ("first", first), true),
        below(3, ("first", first), ("second", second), true),
        below(4, ("second", second), ("leaf", first), false),
    ]
}

/// What OpenSSL says about the leaf.
fn opinion(desk: &Desk, [root, first, second, leaf]: &[Certificate; 4], arguments: &str) -> bool {
    desk.write("root.pem", root.to_pem());
    desk.write("middle.pem", first.to_pem() + &second.to_pem());
    desk.write("leaf.pem", leaf.to_pem());
    let at = now().unix();
    let command =
        format!("verify -attime {at} -CAfile root.pem -untrusted middle.pem {arguments} leaf.pem");
    desk.try_openssl(&command).0
}

#[test]
fn random_policies_are_judged_as_openssl_judges_them() {
    let (desk, keys, mut dice) = (Desk::new(), keys(), Dice(1));
    let (mut valid, mut wrong) = (0, Vec::new());
    const CHAINS: usize = 250;
    for number in 0..CHAINS {
        let chain = chain(|is_authority| policies(&mut dice, is_authority), &keys);
        let acceptable: Vec<ObjectIdentifier> =
            (1..4).filter(|_| dice.one_in(3)).map(policy).collect();
        let asked = PolicyOptions {
            acceptable: &acceptable,
            explicit: dice.one_in(2),
            inhibit_mapping: dice.one_in(5),
            inhibit_any: dice.one_in(5),
        };
        let mut arguments = "-policy_check".to_owned();
        if acceptable.is_empty() {
            arguments.push_str(" -policy anyPolicy");
        }
        for policy in &acceptable {
            let _ = write!(arguments, " -policy {policy}");
        }
        for (asked, flag) in [
            (asked.explicit, " -explicit_policy"),
            (asked.inhibit_mapping, " -inhibit_map"),
            (asked.inhibit_any, " -inhibit_any"),
        ] {
            arguments.push_str(if asked { flag } else { "" });
        }
        let trusted = [chain[0].clone()];
        let intermediates = [chain[1].clone(), chain[2].clone()];
        let options = PathOptions {
            intermediates: &intermediates,
            policies: asked,
            ..PathOptions::new(&trusted, now())
        };
        let ours = validate(&chain[3], &options);
        assert!(
            matches!(&ours, Ok(_) | Err(PathError::NoPolicy)),
            "{ours:?}"
        );
        valid += usize::from(ours.is_ok());
        if ours.is_ok() != opinion(&desk, &chain, &arguments) {
            wrong.push(format!("chain {number} {arguments}: {ours:?}"));
        }
    }
    println!("random policies: {CHAINS} run, 0 skipped, {valid} valid");
    assert!((50..200).contains(&valid), "{valid}: both answers occur");
    assert_eq!(wrong, [""; 0]);
}

const MAIL: u8 = 0x81;
const DNS: u8 = 0x82;
const URI: u8 = 0x86;
const IP: u8 = 0x87;

fn names(dice: &mut Dice, kinds: &[(u8, &[&[u8]])], most: u64) -> Vec<Vec<u8>> {
    (0..=dice.below(most))
        .map(|_| {
            let (tag, all) = kinds[usize::try_from(dice.below(4)).unwrap()];
            let one = usize::try_from(dice.below(u64::try_from(all.len()).unwrap())).unwrap();
            asn1::tlv(tag, all[one])
        })
        .collect()
}

/// Constraints of an authority, or names of a leaf.
fn constrained(dice: &mut Dice, is_authority: bool) -> Vec<Vec<u8>> {
    const SUBTREES: [(u8, &[&[u8]]); 4] = [
        (DNS, &[b"a.b", b"b", b"x.a.b", b"c"]),
        (MAIL, &[b"a.b", b".b", b"u@a.b", b".a.b", b"c"]),
        (URI, &[b"a.b", b".b", b"x.a.b", b".a.b"]),
        (
            IP,
            &[
                &[10, 0, 0, 0, 255, 0, 0, 0],
                &[10, 1, 0, 0, 255, 255, 0, 0],
                &[0; 32],
            ],
        ),
    ];
    const NAMES: [(u8, &[&[u8]]); 4] = [
        (DNS, &[b"a.b", b"x.a.b", b"y.x.a.b", b"ba.b", b"c", b"A.B"]),
        (MAIL, &[b"u@a.b", b"U@a.b", b"u@x.a.b", b"u@A.b", b"u@c"]),
        (
            URI,
            &[
                b"http://a.b/",
                b"http://x.a.b:8/y",
                b"http://u@y.x.a.b",
                b"http://c/",
            ],
        ),
        (
            IP,
            &[&[10, 1, 2, 3], &[10, 2, 2, 3], &[11, 1, 2, 3], &[0; 16]],
        ),
    ];
    if !is_authority {
        let value = asn1::sequence(&names(dice, &NAMES, 3));
        return vec![extension(oid::SUBJECT_ALT_NAME, false, &value)];
    }
    let mut trees = |number, most| {
        let list = names(dice, &SUBTREES, most);
        let list: Vec<u8> = list
            .into_iter()
            .flat_map(|name| asn1::sequence(&[name]))
            .collect();
        asn1::context(number, &list)
    };
    let (permitted, excluded) = (trees(0, 6), trees(1, 2));
    let value = match dice.below(4) {
        0 => asn1::sequence(&[permitted, excluded]),
        1 => asn1::sequence(&[permitted]),
        2 => asn1::sequence(&[excluded]),
        _ => return Vec::new(),
    };
    vec![extension(oid::NAME_CONSTRAINTS, true, &value)]
}

#[test]
fn random_names_are_judged_as_openssl_judges_them() {
    let (desk, keys, mut dice) = (Desk::new(), keys(), Dice(2));
    let (mut valid, mut wrong) = (0, Vec::new());
    const CHAINS: usize = 250;
    for number in 0..CHAINS {
        let chain = chain(|is_authority| constrained(&mut dice, is_authority), &keys);
        let trusted = [chain[0].clone()];
        let intermediates = [chain[1].clone(), chain[2].clone()];
        let options = PathOptions {
            intermediates: &intermediates,
            ..PathOptions::new(&trusted, now())
        };
        let ours = validate(&chain[3], &options);
        assert!(
            matches!(&ours, Ok(_) | Err(PathError::NameNotPermitted)),
            "{ours:?}"
        );
        valid += usize::from(ours.is_ok());
        if ours.is_ok() != opinion(&desk, &chain, "") {
            wrong.push(format!("chain {number}: {ours:?}"));
        }
    }
    println!("random names: {CHAINS} run, 0 skipped, {valid} valid");
    assert!((25..225).contains(&valid), "{valid}: both answers occur");
    assert_eq!(wrong, [""; 0]);
}
