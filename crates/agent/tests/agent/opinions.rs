//! What other programs say of signatures.

use std::path::{Path, PathBuf};

use crate::harness::{run, text};

/// The Python of the tests; `scripts/setup.sh test` makes it.
fn python() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/venv/bin/python")
}

const PYHANKO: &str = r#"
import asyncio, sys
from asn1crypto import cms, pem, x509
from pyhanko.sign.validation import async_validate_detached_cms
from pyhanko_certvalidator import ValidationContext
def certificate(path):
    return x509.Certificate.load(pem.unarmor(open(path, 'rb').read())[2])
message, content, root, authority = sys.argv[1:]
info = cms.ContentInfo.load(open(message, 'rb').read())
def context(path):
    return ValidationContext(trust_roots=[certificate(path)], allow_fetching=False, revocation_mode='soft-fail')
status = asyncio.run(async_validate_detached_cms(
    open(content, 'rb').read(), info['content'],
    signer_validation_context=context(root), ts_validation_context=context(authority)))
words = ['valid' if status.valid else 'invalid', 'intact' if status.intact else 'changed']
stamp = status.timestamp_validity
words.append('stamped' if stamp is not None and stamp.valid and stamp.intact and stamp.trusted else 'not stamped')
print(' '.join(words))
"#;

/// Two libraries below it fail before they judge: one reads the version of OpenSSL by a pattern of single digits (3.0.17 is none),
/// so the pattern is widened; the other cannot build a path from a certificate that names delta lists, so endesive judges
/// digest and signature, and the path is left to the others.
const ENDESIVE: &str = r#"
import re, sys
search = re.search
def wider(pattern, *rest, **named):
    return search(pattern.replace(r'\d\.\d\.\d[a-z]*', r'\d+\.\d+\.\d+[a-z]*') if isinstance(pattern, str) else pattern, *rest, **named)
re.search = wider
from endesive import verifier
message, content = [open(path, 'rb').read() for path in sys.argv[1:]]
said = verifier.SignatureVerifier().decompose_signed_data(message, content)
print('intact' if said.hashok else 'changed', 'valid' if said.signatureok else 'invalid')
"#;

const SIGNXML: &str = r#"
import sys
from signxml import XMLVerifier, SignatureConfiguration
data = open(sys.argv[1], 'rb').read()
root = sys.argv[2]
try:
    XMLVerifier().verify(data, ca_pem_file=root, expect_config=SignatureConfiguration(require_x509=True))
    print('valid')
except Exception as fault:
    print(type(fault).__name__, fault)
"#;

/// What pyHanko says of a detached message with a time stamp.
pub(crate) fn pyhanko(message: &Path, content: &Path, root: &Path, authority: &Path) -> String {
    python_says(PYHANKO, &[message, content, root, authority])
}

/// What endesive says of a message and its content.
pub(crate) fn endesive(message: &Path, content: &Path) -> String {
    python_says(ENDESIVE, &[message, content])
}

/// What signxml says of a document.
pub(crate) fn signxml(document: &Path, root: &Path) -> String {
    python_says(SIGNXML, &[document, root])
}

fn python_says(script: &str, paths: &[&Path]) -> String {
    let python = python();
    let mut arguments = vec!["-c", script];
    arguments.extend(paths.iter().map(|path| text(path)));
    let (_, words) = run(text(&python), &arguments);
    words.trim().to_owned()
}

/// Whether xmlsec1 accepts a document.
pub(crate) fn xmlsec(document: &Path, root: &Path) -> (bool, String) {
    run(
        "xmlsec1",
        &[
            "--verify",
            "--id-attr:Id",
            "body",
            "--trusted-pem",
            text(root),
            "--enabled-key-data",
            "x509",
            text(document),
        ],
    )
}
