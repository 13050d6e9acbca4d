//! Chains that are made to be expensive.

use tanba_pki::path::{PathError, PathOptions, Resource, validate};
use tanba_pki::{Certificate, asn1, oid};

use crate::maker::{authority, certificate, extension, key, now};

/// Judges a leaf below a root and these, all of which are called "middle" or are of no use.
fn judge(leaf: &Certificate, root: &Certificate, middle: &[Certificate]) -> Result<(), PathError> {
    let options = PathOptions {
        intermediates: middle,
        ..PathOptions::new(std::slice::from_ref(root), now())
    };
    validate(leaf, &options).map(|_| ())
}

#[test]
fn namesakes_of_an_issuer_cost_signatures() {
    let [root_key, middle_key, other_key] = ["authority", "person-ec", "responder"].map(key);
    let root = certificate(1, ("root", &root_key), ("root", &root_key), &[authority()]);
    let leaf = certificate(2, ("middle", &middle_key), ("leaf", &root_key), &[]);
    let named = |serial: u8, extra: u64| {
        // Something that makes each another certificate.
        let mark = extension("1.2.3".parse().unwrap(), false, &asn1::integer(extra));
        let key = if extra == 0 { &middle_key } else { &other_key };
        let issuer = if extra == 0 {
            ("root", &root_key)
        } else {
            ("nobody", &middle_key)
        };
        certificate(serial, issuer, ("middle", key), &[authority(), mark])
    };
    let mut crowd: Vec<Certificate> = (1..250).map(|extra| named(3, extra)).collect();
    assert_eq!(
        judge(&leaf, &root, &crowd),
        Err(PathError::TooCostly(Resource::Signatures))
    );
    // The right one among some is found.
    crowd.truncate(100);
    crowd.push(named(4, 0));
    assert_eq!(judge(&leaf, &root, &crowd), Ok(()));
}

#[test]
fn many_names_under_many_constraints_cost_comparisons() {
    let [root_key, leaf_key] = ["authority", "person-ec"].map(key);
    let names = |count: usize, wrap: fn(Vec<u8>) -> Vec<u8>| -> Vec<u8> {
        let name = |number| wrap(asn1::tlv(0x82, format!("a{number}.kz").as_bytes()));
        (0..count).flat_map(name).collect()
    };
    let judge_with = |count| {
        let trees = names(count, |name| asn1::sequence(&[name]));
        let constraints = asn1::sequence(&[asn1::context(0, &trees)]);
        let constraints = extension(oid::NAME_CONSTRAINTS, true, &constraints);
        let own = extension(
            oid::SUBJECT_ALT_NAME,
            false,
            &asn1::tlv(0x30, &names(count, |name| name)),
        );
        let by_root = ("root", &root_key);
        let root = certificate(1, by_root, by_root, &[authority(), constraints]);
        let leaf = certificate(2, by_root, ("leaf", &leaf_key), &[own]);
        judge(&leaf, &root, &[])
    };
    assert_eq!(judge_with(300), Ok(()));
    assert_eq!(judge_with(400), Err(PathError::TooCostly(Resource::Names)));
}

#[test]
fn directory_names_cost_their_attributes() {
    let [root_key, leaf_key] = ["authority", "person-ec"].map(key);
    // Some hundred subtrees of many attributes each: one comparison is as much work as the subtree is long.
    let judge_with = |attributes: usize| {
        let rdn = asn1::set(&[asn1::sequence(&[
            asn1::oid(oid::ORGANIZATIONAL_UNIT),
            asn1::tlv(0x0c, b"a"),
        ])]);
        let long = asn1::tlv(0x30, &rdn.repeat(attributes));
        let tree = asn1::sequence(&[asn1::context(4, &long)]);
        let constraints = asn1::sequence(&[asn1::context(1, &tree.repeat(500))]);
        let constraints = extension(oid::NAME_CONSTRAINTS, true, &constraints);
        let by_root = ("root", &root_key);
        let root = certificate(1, by_root, by_root, &[authority(), constraints]);
        let leaf = certificate(2, by_root, ("leaf", &leaf_key), &[]);
        judge(&leaf, &root, &[])
    };
    assert_eq!(judge_with(150), Ok(()));
    assert_eq!(judge_with(250), Err(PathError::TooCostly(Resource::Names)));
}

#[test]
fn policies_that_multiply_and_policies_without_number_are_refused() {
    let keys = ["authority", "person-ec"].map(key);
    let policies = |count: u64| {
        let policy =
            |number| asn1::sequence(&[asn1::oid(format!("1.2.{number}").parse().unwrap())]);
        let list: Vec<Vec<u8>> = (0..count).map(policy).collect();
        extension(oid::CERTIFICATE_POLICIES, false, &asn1::sequence(&list))
    };
    // Each policy becomes each: in a tree, twelve leaves grow twelvefold at every authority.
    let mappings: Vec<Vec<u8>> = (0..144_u64)
        .map(|pair| {
            let policy = |number: u64| asn1::oid(format!("1.2.{number}").parse().unwrap());
            asn1::sequence(&[policy(pair / 12), policy(pair % 12)])
        })
        .collect();
    let mappings = extension(oid::POLICY_MAPPINGS, true, &asn1::sequence(&mappings));
    let by = |depth: usize| (format!("a{depth}"), &keys[depth % 2]);
    let chain = |depths: usize, count: u64| -> Vec<Certificate> {
        let one = |depth: usize| {
            let (issuer, issuer_key) = by(depth.saturating_sub(1));
            let (subject, subject_key) = by(depth);
            let mut extensions = vec![authority()];
            if depth > 0 {
                extensions.extend([policies(count), mappings.clone()]);
            }
            certificate(
                1,
                (&issuer, issuer_key),
                (&subject, subject_key),
                &extensions,
            )
        };
        (0..depths).map(one).collect()
    };
    let chain_of_few = chain(4, 12);
    let [root, middle @ .., leaf] = chain_of_few.as_slice() else {
        panic!("a chain has two ends")
    };
    assert_eq!(
        judge(leaf, root, middle),
        Err(PathError::TooCostly(Resource::Policies))
    );
    let chain_of_many = chain(3, 11_000);
    let [root, middle @ .., leaf] = chain_of_many.as_slice() else {
        panic!("a chain has two ends")
    };
    assert_eq!(
        judge(leaf, root, middle),
        Err(PathError::TooCostly(Resource::Policies))
    );
}
