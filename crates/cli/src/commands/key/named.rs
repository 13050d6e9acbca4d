//! Which key is meant: a digest, or a file that holds the key in the open.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use anyhow::{Context as _, bail};
use tanba_crypto::PublicKey;
use tanba_pki::{Certificate, CertificateRequest, hex, pem};

use crate::outcome::usage;

/// Octets that are read of a file with one key, or a statement about it.
const MAXIMUM: u64 = 256 * 1024;

/// A digest from its 64 hexadecimal digits, as lists print it; `None` when the text is something else.
pub(super) fn digest(text: &str) -> Option<[u8; 32]> {
    let text = text.trim();
    let digits = text.strip_prefix("sha256:").unwrap_or(text);
    let digits: String = digits.chars().filter(|digit| *digit != ':').collect();
    (digits.len() == 64)
        .then(|| hex::decode(&digits))
        .flatten()?
        .try_into()
        .ok()
}

/// SHA-256 of the key that a digest or a file names: certificate, request or public key, PEM or DER.
pub(super) fn key(what: &str) -> anyhow::Result<[u8; 32]> {
    if let Some(digest) = digest(what) {
        return Ok(digest);
    }
    let path = Path::new(what);
    if !path.exists() {
        return Err(usage(format!(
            "{what:?} is neither a file nor a SHA-256 digest of 64 hexadecimal digits"
        )));
    }
    let octets = read(path)?;
    let der = if pem::is_der(&octets) {
        octets
    } else {
        let blocks = pem::decode_all(&octets).with_context(|| what.to_owned())?;
        if blocks
            .iter()
            .any(|block| block.label.ends_with("PRIVATE KEY"))
        {
            bail!(
                "{what} holds a private key, which nobody needs to block it: make its public key with \
                 `openssl pkey -in {what} -pubout`, or a statement with `tanba key attest-compromise`"
            );
        }
        match blocks.as_slice() {
            [block] => block.der.clone(),
            [] => bail!("{what} holds no certificate, request or public key"),
            several => leaf(several).with_context(|| {
                format!("{what} holds several objects that are no chain; name one key")
            })?,
        }
    };
    // Certificates have the usual encoding; a file may have the key in another.
    public_key(&der)
        .and_then(|key| key.in_usual_encoding().ok())
        .map(|key| key.sha256())
        .with_context(|| format!("{what} holds no certificate, request or public key"))
}

/// The first certificate of a chain, each of which the next one issued: what `tanba certificate issue` writes. Those above
/// are authorities, whose keys nobody means by the file of a person.
fn leaf(blocks: &[pem::Block]) -> Option<Vec<u8>> {
    let chain = blocks
        .iter()
        .map(|block| Certificate::from_der(&block.der).ok())
        .collect::<Option<Vec<_>>>()?;
    let is_chain = chain.windows(2).all(|pair| match pair {
        [one, above] => {
            one.issuer() == above.subject() && one.verify_signed_by(above.public_key()).is_ok()
        }
        _ => false,
    });
    let first = blocks.first()?;
    is_chain.then(|| first.der.clone())
}

fn public_key(der: &[u8]) -> Option<PublicKey> {
    if let Ok(certificate) = Certificate::from_der(der) {
        return Some(certificate.public_key().clone());
    }
    if let Ok(request) = CertificateRequest::from_der(der) {
        return Some(request.public_key().clone());
    }
    PublicKey::from_spki_der(der).ok()
}

/// Reads a file that is not larger than any key.
pub(super) fn read(path: &Path) -> anyhow::Result<Vec<u8>> {
    let name = path.display();
    let file = File::open(path).with_context(|| format!("{name} cannot be read"))?;
    let mut octets = Vec::new();
    file.take(MAXIMUM + 1)
        .read_to_end(&mut octets)
        .with_context(|| format!("{name} cannot be read"))?;
    if u64::try_from(octets.len()).unwrap_or(u64::MAX) > MAXIMUM {
        bail!("{name} is larger than any key");
    }
    Ok(octets)
}
