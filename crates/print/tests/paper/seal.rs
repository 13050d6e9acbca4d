//! The seal as its maker and as others see it.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use tanba_crypto::SoftwareKey;
use tanba_pki::cms::{SignedData, VerifyOptions, verify};
use tanba_pki::{Certificate, Timestamp};
use tanba_print::{Block, Fit, SealError, SealWords, Sealer};

use crate::harness::{Paper, document, fonts, run};

/// Test data of `tanba-pki`: a golden chain.
fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../pki/tests/data")
        .join(name)
}

fn certificate(name: &str) -> Certificate {
    let der = std::fs::read(data(&format!("golden/{name}.cer"))).unwrap();
    Certificate::from_der(&der).unwrap()
}

fn sealer() -> Sealer {
    let pem = std::fs::read(data("responder.key.pem")).unwrap();
    let block = tanba_pki::pem::decode_all(&pem).unwrap().remove(0);
    let key = SoftwareKey::from_pkcs8_der(&block.der).unwrap();
    Sealer::new(
        Arc::new(key),
        certificate("document-seal"),
        vec![certificate("issuing-ca")],
    )
}

fn at() -> Timestamp {
    Timestamp::parse_rfc3339("2026-11-29T06:00:00Z").unwrap()
}

fn sealed() -> Vec<u8> {
    let blocks = vec![Block::heading(1, "Есеп"), Block::text("Әділ мөр")];
    let pdf = document(blocks, Fit::Pages).to_pdf(&fonts()).unwrap();
    let words = SealWords {
        name: "Ұлттық (куәландырушы) орталық \\",
        reason: "Есеп",
        at: at(),
    };
    let sealed = sealer().seal_pdf(&pdf, &words).unwrap();
    assert!(sealed.starts_with(&pdf), "the document itself was touched");
    sealed
}

/// The signed octets and the message of a sealed document, by its own `/ByteRange`.
fn parts(sealed: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let text = String::from_utf8_lossy(sealed);
    let (_, range) = text.rsplit_once("/ByteRange [").unwrap();
    let numbers: Vec<usize> = range
        .split(']')
        .next()
        .unwrap()
        .split_whitespace()
        .map(|number| number.parse().unwrap())
        .collect();
    let [first, length, after, rest] = numbers.try_into().unwrap();
    assert_eq!(
        (first, after + rest),
        (0, sealed.len()),
        "not the whole file is signed"
    );
    let hole = std::str::from_utf8(&sealed[length..after]).unwrap();
    let digits = hole.strip_prefix('<').unwrap().strip_suffix('>').unwrap();
    let message = tanba_pki::hex::decode(digits).unwrap();
    let octets = [&sealed[..length], &sealed[after..]].concat();
    (octets, message)
}

/// Whether the root of the golden chain is led to by a message over these octets.
fn is_valid(message: &[u8], content: &[u8]) -> bool {
    let options = VerifyOptions {
        content: Some(content),
        trusted: &[certificate("root-ca")],
        intermediates: &[],
        crls: &[],
        at: at(),
        check_chain: true,
        legacy_algorithms: false,
    };
    verify(message, &options).unwrap().is_valid()
}

#[test]
fn the_seal_covers_the_whole_file_but_its_own_place() {
    let sealed = sealed();
    let (octets, message) = parts(&sealed);
    // What is left of the place is zero; the message says how long it is.
    let length = 4 + usize::from(message[2]) * 256 + usize::from(message[3]);
    assert!(message[length..].iter().all(|octet| *octet == 0));
    let read = SignedData::parse(&message[..length]).unwrap();
    assert_eq!(read.content(), None, "detached");
    assert!(is_valid(&message[..length], &octets));
    let text = String::from_utf8_lossy(&sealed);
    assert!(text.contains("/SubFilter /ETSI.CAdES.detached"));
    assert!(text.contains("/M (D:20261129060000Z)"));
}

#[test]
fn what_is_sealed_is_still_a_document() {
    let paper = Paper::new(sealed());
    assert!(paper.text().contains("Әділ мөр"));
    assert_eq!(paper.pages(), 1);
}

#[test]
fn what_was_not_made_here_is_not_sealed() {
    let words = SealWords {
        name: "x",
        reason: "x",
        at: at(),
    };
    for file in [
        b"".as_slice(),
        b"%PDF-1.7\n%%EOF",
        b"%PDF-1.7\ntrailer <</Size 1>>\nstartxref\n99999\n%%EOF",
    ] {
        assert!(matches!(
            sealer().seal_pdf(file, &words),
            Err(SealError::Document)
        ));
    }
    // A second seal would have to keep the first one valid, which nobody asks for.
    assert!(matches!(
        sealer().seal_pdf(&sealed(), &words),
        Err(SealError::Document)
    ));
}

/// pyHanko's judgement with our root as the only anchor: intact, trusted, PAdES.
const JUDGE: &str = r"
import sys
from datetime import datetime, timezone
from pyhanko.keys import load_cert_from_pemder
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko_certvalidator import ValidationContext
root = load_cert_from_pemder(sys.argv[2])
with open(sys.argv[1], 'rb') as file:
    signature = PdfFileReader(file, strict=True).embedded_signatures[0]
    assert signature.sig_object['/SubFilter'] == '/ETSI.CAdES.detached'
    context = ValidationContext(
        trust_roots=[root], other_certs=signature.other_embedded_certs, allow_fetching=False,
        moment=datetime(2026, 12, 1, tzinfo=timezone.utc), revocation_mode='soft-fail')
    status = validate_pdf_signature(signature, signer_validation_context=context)
print('intact', status.intact, 'valid', status.valid, 'trusted', status.trusted, 'coverage', status.coverage.name)
";

fn judge(file: &[u8]) -> String {
    let python = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/venv/bin/python");
    let paper = Paper::new(file.to_vec());
    run(Command::new(python)
        .args(["-c", JUDGE])
        .arg(paper.path())
        .arg(data("golden/root-ca.cer")))
}

#[test]
fn pyhanko_trusts_the_seal_and_sees_every_change() {
    let sealed = sealed();
    let said = judge(&sealed);
    assert!(
        said.contains("intact True valid True trusted True coverage ENTIRE_FILE"),
        "{said}"
    );
    let place = sealed
        .windows(5)
        .position(|window| window == b"/Page")
        .unwrap();
    let title = sealed
        .windows(6)
        .position(|window| window == b"/Title")
        .unwrap_or(place);
    let mut changed = sealed;
    // One bit of the metadata that the seal covers.
    let at = changed[title..]
        .iter()
        .position(|octet| *octet == b'(')
        .unwrap_or(8)
        + title
        + 1;
    changed[at] ^= 1;
    let said = judge(&changed);
    assert!(said.contains("intact False"), "{said}");
}

#[test]
fn poppler_sees_a_valid_signature_over_the_whole_document() {
    let paper = Paper::new(sealed());
    let said = run(Command::new("pdfsig").arg("-nocert").arg(paper.path()));
    assert!(said.contains("Signature is Valid"), "{said}");
    assert!(said.contains("Total document signed"), "{said}");
    assert!(said.contains("ETSI.CAdES.detached"), "{said}");
}

#[test]
fn a_table_is_signed_beside_it() {
    let signature = sealer().sign_detached("a;b\r\n".as_bytes(), at()).unwrap();
    assert!(is_valid(&signature, b"a;b\r\n"));
    assert!(!is_valid(&signature, b"a;c\r\n"));
}
