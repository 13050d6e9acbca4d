//! Revocation lists: OpenSSL reads ours and we read OpenSSL's and the national ones.

use std::time::Duration;

use tanba_crypto::Signer;
use tanba_pki::crl::{
    Crl, CrlError, CrlKind, CrlTemplate, CrlWriter, Reason, assemble_crl, encode_entry,
};

use crate::harness::{Authority, Desk, KEY_KINDS, fixtures, flips};

const SHARD: &str = "http://crl.example/1/03.crl";
const DELTA: &str = "http://crl.example/1/03-delta.crl";

/// A list with these entries, signed by the authority.
fn list(
    authority: &Authority,
    number: u64,
    kind: CrlKind<'_>,
    shard: Option<&str>,
    entries: &[(&[u8], Reason)],
) -> Vec<u8> {
    let template = CrlTemplate {
        issuer: authority.root.subject(),
        issuer_key_id: authority.root.subject_key_id().unwrap(),
        algorithm: authority.key.algorithm(),
        number,
        this_update: authority.root.not_before(),
        next_update: authority
            .root
            .not_before()
            .plus(Duration::from_secs(7 * 86_400)),
        distribution_point: shard,
        kind,
    };
    let mut writer = CrlWriter::new(&template);
    for (at, (serial, reason)) in entries.iter().enumerate() {
        let time = authority.root.not_before();
        if at % 2 == 0 {
            writer.push(serial, time, *reason);
        } else {
            writer.push_encoded(&encode_entry(serial, time, *reason));
        }
    }
    let tbs = writer.finish();
    assemble_crl(&tbs, template.algorithm, &authority.sign(&tbs))
}

const BASE: CrlKind<'static> = CrlKind::Complete {
    freshest: Some(DELTA),
};

#[test]
fn openssl_judges_certificates_by_our_sharded_lists() {
    for kind in KEY_KINDS {
        let authority = Authority::new(kind);
        let desk = &authority.desk;
        let points = format!("crlDistributionPoints=URI:{SHARD}\nfreshestCRL=URI:{DELTA}");
        authority.issue("early", KEY_KINDS[1], "0x0a", &points);
        authority.issue("late", KEY_KINDS[1], "0x00f0", &points);
        authority.issue("held", KEY_KINDS[1], "0x0c", &points);
        authority.issue("fine", KEY_KINDS[1], "0x0d", &points);
        authority.issue(
            "elsewhere",
            KEY_KINDS[1],
            "0x0e",
            "crlDistributionPoints=URI:http://crl.example/1/04.crl",
        );
        let base = list(
            &authority,
            300,
            BASE,
            Some(SHARD),
            &[
                (&[10], Reason::KeyCompromise),
                (&[12], Reason::CertificateHold),
            ],
        );
        let delta = list(
            &authority,
            301,
            CrlKind::Delta { base_number: 300 },
            Some(SHARD),
            &[
                (&[0, 0xf0], Reason::Superseded),
                (&[12], Reason::RemoveFromCrl),
            ],
        );
        desk.write("base.der", &base);
        desk.write("delta.der", &delta);
        for name in ["base", "delta"] {
            desk.openssl(&format!(
                "crl -inform DER -in {name}.der -CAfile root.pem -out {name}.pem"
            ));
        }
        desk.write(
            "lists.pem",
            [desk.read("base.pem"), desk.read("delta.pem")].concat(),
        );
        let verify = |name: &str, options: &str, lists: &str| {
            desk.try_openssl(&format!(
                "verify -CAfile root.pem -crl_check {options} -CRLfile {lists} {name}.pem"
            ))
        };
        for (name, valid, reason) in [
            ("early", false, "revoked"),
            ("late", false, "revoked"),
            ("held", true, ""),
            ("fine", true, ""),
        ] {
            let (ok, text) = verify(name, "-extended_crl -use_deltas", "lists.pem");
            assert_eq!(ok, valid, "{kind} {name}: {text}");
            assert!(text.contains(reason), "{text}");
        }
        assert!(verify("late", "", "base.pem").0, "only the delta knows");
        assert!(!verify("held", "", "base.pem").0, "only the delta knows");
        let (ok, text) = verify("elsewhere", "-use_deltas", "lists.pem");
        assert!(!ok && text.contains("CRL"), "{text}");
        check_text(desk);
    }
}

/// What OpenSSL shows of the two lists.
fn check_text(desk: &Desk) {
    let text = desk.openssl("crl -in base.pem -noout -text");
    for expected in [
        "CRL Number",
        "300",
        "Issuing Distribution Point: critical",
        "Freshest CRL",
        "Authority Key Identifier",
        "Key Compromise",
    ] {
        assert!(
            text.replace("X509v3 ", "").contains(expected),
            "{expected}: {text}"
        );
    }
    let text = desk.openssl("crl -in delta.pem -noout -text");
    assert!(text.contains("Delta CRL Indicator: critical"), "{text}");
}

#[test]
fn an_empty_list_is_valid() {
    let authority = Authority::new(KEY_KINDS[2]);
    authority.issue("fine", KEY_KINDS[1], "13", "");
    let desk = &authority.desk;
    let empty = list(
        &authority,
        1,
        CrlKind::Complete { freshest: None },
        None,
        &[],
    );
    desk.write("empty.der", &empty);
    desk.openssl("crl -inform DER -in empty.der -CAfile root.pem -out empty.pem");
    desk.openssl("verify -CAfile root.pem -crl_check -CRLfile empty.pem fine.pem");
    let read = Crl::from_der(&empty).unwrap();
    assert!(read.is_empty() && read.scope().is_none() && !read.is_delta());
}

#[test]
fn what_was_written_is_read() {
    let authority = Authority::new(KEY_KINDS[1]);
    let serials: Vec<[u8; 3]> = (0_u8..200).map(|at| [1, at.wrapping_mul(77), at]).collect();
    let reasons = [
        Reason::Unspecified,
        Reason::KeyCompromise,
        Reason::Superseded,
        Reason::CessationOfOperation,
    ];
    let entries: Vec<(&[u8], Reason)> = serials
        .iter()
        .enumerate()
        .map(|(at, serial)| (serial.as_slice(), reasons[at % 4]))
        .collect();
    let der = list(&authority, 70_000, BASE, Some(SHARD), &entries);
    let read = Crl::from_der(&der).unwrap();
    read.verify(authority.root.public_key()).unwrap();
    assert_eq!(read.number(), Some(&[1, 0x11, 0x70][..]));
    assert_eq!(read.scope().unwrap().urls, [SHARD]);
    assert_eq!((read.len(), read.entries().count()), (200, 200));
    for (serial, reason) in entries {
        assert_eq!(read.find(serial).unwrap().reason, reason);
    }
    assert_eq!(read.find(&[1, 1, 1]), None);
    assert_eq!(
        read.next_update().unwrap().since(read.this_update()),
        Duration::from_secs(7 * 86_400)
    );
}

#[test]
fn a_list_with_a_flipped_bit_is_refused() {
    let authority = Authority::new(KEY_KINDS[1]);
    let der = list(
        &authority,
        5,
        CrlKind::Delta { base_number: 4 },
        Some(SHARD),
        &[(&[10], Reason::Superseded)],
    );
    let judge = |der: &[u8]| Crl::from_der(der)?.verify(authority.root.public_key());
    assert_eq!(judge(&der), Ok(()));
    for (at, changed) in flips(&der) {
        assert!(judge(&changed).is_err(), "octet {at}");
    }
}

#[test]
fn we_read_openssl_s_lists() {
    let authority = Authority::new(KEY_KINDS[0]);
    let desk = &authority.desk;
    desk.write("index.txt", "R\t400101000000Z\t200101000000Z,superseded\t00FF01\tunknown\t/CN=x\nR\t400101000000Z\t210101000000Z\t0A\tunknown\t/CN=y\n");
    desk.write("number", "05\n");
    desk.write(
        "ca.cnf",
        "[ca]\ndefault_ca=x\n[x]\ndatabase=index.txt\ncrlnumber=number\ndefault_md=sha256\ndefault_crl_days=3\ncrl_extensions=e\n[e]\nauthorityKeyIdentifier=keyid\nissuingDistributionPoint=critical,@i\n[i]\nfullname=URI:http://x.example/y\nonlyuser=TRUE\n",
    );
    desk.openssl("ca -config ca.cnf -gencrl -keyfile root.key -cert root.pem -out list.pem");
    let read = Crl::from_der_or_pem(&desk.read("list.pem")).unwrap();
    read.verify(authority.root.public_key()).unwrap();
    assert_eq!(read.find(&[0, 0xff, 1]).unwrap().reason, Reason::Superseded);
    assert_eq!(read.find(&[10]).unwrap().reason, Reason::Unspecified);
    assert!(read.scope().unwrap().only_user_certificates);
    assert_eq!(read.issuer(), authority.root.subject());
    let other = Authority::new(KEY_KINDS[0]);
    assert_eq!(
        read.verify(other.root.public_key()),
        Err(CrlError::Signature)
    );
}

#[test]
fn national_lists_are_read() {
    let Some(folder) = fixtures("kz") else { return };
    let issuer = std::fs::read(folder.join("ca/test-nca-rsa.cer")).unwrap();
    let issuer = &tanba_pki::Certificate::from_pem_or_der(&issuer).unwrap()[0];
    let mut run = 0;
    for file in std::fs::read_dir(folder.join("crl")).unwrap() {
        let path = file.unwrap().path();
        let read = Crl::from_der_or_pem(&std::fs::read(&path).unwrap()).unwrap();
        assert!(
            read.number().is_some() && !read.is_empty(),
            "{}",
            path.display()
        );
        let verdict = read.verify(issuer.public_key());
        if path.to_string_lossy().contains("rsa") {
            assert_eq!(verdict, Ok(()));
        } else {
            assert!(matches!(verdict, Err(CrlError::Unsupported(named)) if named.name.is_some()));
        }
        run += 1;
    }
    println!("national lists: {run} run, 0 skipped");
}
