//! Signatures of Project Wycheproof.

use serde::Deserialize;
use spki::AlgorithmIdentifierOwned;
use spki::der::Decode;
use tanba_crypto::{PublicKey, SignatureAlgorithm};
use tanba_pki::hex;

use crate::conformance::Tally;
use crate::harness::fixtures;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Vectors {
    test_groups: Vec<Group>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Group {
    public_key_der: String,
    tests: Vec<Test>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Test {
    tc_id: u32,
    msg: String,
    sig: String,
    result: String,
}

/// Files, and the algorithm identifier that a certificate with such a signature carries.
const FILES: [(&str, &str); 4] = [
    (
        "ecdsa_secp256r1_sha256_test.json",
        "300a06082a8648ce3d040302",
    ),
    ("ed25519_test.json", "300506032b6570"),
    (
        "rsa_pss_2048_sha256_mgf1_32_test.json",
        "304106092a864886f70d01010a3034a00f300d06096086480165030402010500a11c301a06092a864886f70d010108\
         300d06096086480165030402010500a203020120",
    ),
    (
        "rsa_signature_2048_sha256_test.json",
        "300d06092a864886f70d01010b0500",
    ),
];

fn octets(text: &str) -> Vec<u8> {
    hex::decode(text).unwrap()
}

/// One result for each file; `None` without fixtures.
pub(crate) fn tallies() -> Option<Vec<Tally>> {
    let folder = fixtures("wycheproof")?;
    let mut tallies = Vec::new();
    for (file, identifier) in FILES {
        let text = std::fs::read_to_string(folder.join(file)).unwrap();
        let vectors: Vectors = serde_json::from_str(&text).unwrap();
        let identifier = AlgorithmIdentifierOwned::from_der(&octets(identifier)).unwrap();
        let algorithm = SignatureAlgorithm::from_algorithm_identifier(&identifier);
        let mut tally = Tally::new(format!("Wycheproof `{file}`"));
        for group in &vectors.test_groups {
            let key = PublicKey::from_spki_der(&octets(&group.public_key_der)).unwrap();
            for test in &group.tests {
                let accepted = algorithm.as_ref().is_ok_and(|algorithm| {
                    key.verify(*algorithm, &octets(&test.msg), &octets(&test.sig))
                        .is_ok()
                });
                // What is "acceptable" may end either way.
                let valid = match test.result.as_str() {
                    "acceptable" => accepted,
                    result => result == "valid",
                };
                tally.count(test.tc_id.to_string(), valid, accepted);
            }
        }
        tallies.push(tally);
    }
    Some(tallies)
}

#[test]
fn valid_signatures_are_accepted_and_invalid_ones_refused() {
    for tally in tallies().unwrap_or_default() {
        tally.print();
        assert_eq!(
            tally.departures().collect::<Vec<_>>(),
            [""; 0],
            "{}",
            tally.name
        );
    }
}
