//! x509-limbo's cases, judged as `tanba validate` judges them.

use serde::Deserialize;
use tanba_pki::crl::Crl;
use tanba_pki::path::{PathOptions, PeerName, Revocation, Rules, validate};
use tanba_pki::{Certificate, KeyUsage, Timestamp, oid, pem};

use crate::conformance::Tally;
use crate::harness::fixtures;

#[derive(Deserialize)]
struct Limbo {
    testcases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    id: String,
    expected_result: String,
    validation_kind: String,
    validation_time: Option<String>,
    expected_peer_name: Option<Name>,
    expected_peer_names: Vec<Name>,
    trusted_certs: Vec<String>,
    untrusted_intermediates: Vec<String>,
    peer_certificate: String,
    crls: Vec<String>,
}

#[derive(Deserialize)]
struct Name {
    kind: String,
    value: String,
}

impl Name {
    fn wanted(&self) -> PeerName {
        let kind = match self.kind.as_str() {
            "RFC822" => "email",
            kind => kind,
        };
        format!("{kind}:{}", self.value).parse().unwrap()
    }
}

/// What can be read; the rest is of no use to anybody.
fn readable(texts: &[String]) -> Vec<Certificate> {
    let read = |text: &String| Certificate::from_pem(text.as_bytes()).ok();
    texts.iter().filter_map(read).collect()
}

impl Case {
    fn accepted(&self) -> bool {
        let Ok(leaf) = Certificate::from_pem(self.peer_certificate.as_bytes()) else {
            return false;
        };
        let trusted = readable(&self.trusted_certs);
        let intermediates = readable(&self.untrusted_intermediates);
        let blocks = self
            .crls
            .iter()
            .flat_map(|text| pem::decode_all(text.as_bytes()).unwrap());
        let crls: Vec<Crl> = blocks
            .filter_map(|block| Crl::from_der(&block.der).ok())
            .collect();
        let names: Vec<PeerName> = self
            .expected_peer_name
            .iter()
            .chain(&self.expected_peer_names)
            .map(Name::wanted)
            .collect();
        let time = self
            .validation_time
            .as_deref()
            .unwrap_or("2026-06-01T00:00:00Z");
        let at = Timestamp::parse_rfc3339(time).unwrap();
        let server = self.validation_kind == "SERVER";
        let options = PathOptions {
            intermediates: &intermediates,
            crls: &crls,
            revocation: if self.crls.is_empty() {
                Revocation::Ignored
            } else {
                Revocation::Required
            },
            key_usage: KeyUsage::NONE,
            extended_key_usage: Some(if server {
                oid::SERVER_AUTH
            } else {
                oid::CLIENT_AUTH
            }),
            names: &names,
            rules: if server {
                Rules::WebServers
            } else {
                Rules::Certificates
            },
            ..PathOptions::new(&trusted, at)
        };
        let verdict = validate(&leaf, &options);
        println!("{} ({}): {verdict:?}", self.id, self.expected_result);
        verdict.is_ok()
    }
}

/// Cases that end otherwise, and why. In each two sets of rules contradict each other and the stricter one is kept.
pub(crate) const DEPARTURES: [(&str, &str); 3] = [
    (
        "rfc5280::eku::ee-without-eku",
        "refused: a web server's certificate must have an extended key usage (CA/B Forum BR 7.1.2.7.6). \
         RFC 5280, 4.2.1.12 allows to leave it out. The suite's `webpki::eku::ee-without-eku` asks the opposite.",
    ),
    (
        "webpki::nc::permitted-dns-match-noncritical",
        "refused: name constraints must be critical (RFC 5280, 4.2.1.10). CA/B Forum BR 7.1.2.5.2 allows an exception. \
         The suite's `rfc5280::nc::permitted-dns-match-noncritical` asks the opposite.",
    ),
    (
        "pathlen::validation-ignores-pathlen-in-leaf",
        "refused: the certificate of a web server is no authority's (CA/B Forum BR 7.1.2.7.8, cA MUST be FALSE) and has \
         an extended key usage (BR 7.1.2.7.6). With `--purpose any` it is accepted: the path length in the last \
         certificate does not count (RFC 5280, 4.2.1.9). The suite's `webpki::ca-as-leaf` asks the opposite.",
    ),
];

/// Runs everything; `None` without fixtures.
pub(crate) fn tally() -> Option<Tally> {
    let folder = fixtures("x509-limbo")?;
    let text = std::fs::read_to_string(folder.join("limbo-core-third.json")).unwrap();
    let limbo: Limbo = serde_json::from_str(&text).unwrap();
    let mut tally = Tally::new("x509-limbo");
    for case in &limbo.testcases {
        let accepted = case.accepted();
        tally.count(case.id.clone(), case.expected_result == "SUCCESS", accepted);
    }
    Some(tally)
}

#[test]
fn cases_of_limbo_have_their_results_but_for_those_named() {
    let Some(tally) = tally() else { return };
    tally.print();
    let departures: Vec<&str> = tally.departures().map(String::as_str).collect();
    let mut named: Vec<&str> = DEPARTURES.iter().map(|(id, _)| *id).collect();
    named.retain(|id| tally.has(id));
    let sort = |mut list: Vec<&str>| {
        list.sort_unstable();
        list.join("\n")
    };
    assert_eq!(sort(departures), sort(named));
    assert_eq!(tally.false_accepts(), 0);
    assert!(tally.agreed() * 100 >= tally.run() * 95);
}
