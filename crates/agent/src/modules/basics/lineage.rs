//! Which of the certificates that a site sends are for keys, and which stand above them.

use tanba_pki::Certificate;

/// Signatures that are verified for one request at most; four certificates under three authorities need a quarter of them.
const MOST_VERIFIED: usize = 64;
/// Certificates above one at most.
const MOST_ABOVE: usize = 8;

/// A certificate, and those above it, the nearest first.
pub(super) type Lineage = (Certificate, Vec<Certificate>);

/// Why nothing of what a site sent is installed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum LineageFault {
    #[error("there is no certificate")]
    None,
    #[error("there are more than four certificates")]
    TooMany,
    #[error("a certificate of an authority belongs to no key here")]
    Authority,
    #[error("the chain does not lead to the certificate")]
    Lost,
    #[error("there are too many certificates to find a chain among them")]
    TooLong,
}

/// Those that are for keys, `most` of them and each once, in the order given, with what leads up from each. One that issued
/// another of `given` belongs to the chain.
///
/// # Errors
/// [`LineageFault`]
pub(super) fn sorted(
    given: Vec<Certificate>,
    chain: Vec<Certificate>,
    most: usize,
) -> Result<Vec<Lineage>, LineageFault> {
    let given = each_once(given);
    let mut verified = 0_usize;
    let mut issues = |issuer: &Certificate, certificate: &Certificate| {
        if !issuer.is_ca()
            || issuer.der() == certificate.der()
            || certificate.issuer() != issuer.subject()
        {
            return Ok(false);
        }
        verified = verified.saturating_add(1);
        if verified > MOST_VERIFIED {
            return Err(LineageFault::TooLong);
        }
        Ok(certificate.verify_signed_by(issuer.public_key()).is_ok())
    };
    let mut wanted = Vec::new();
    let mut above = Vec::new();
    for certificate in &given {
        let mut issued_one = false;
        for other in &given {
            issued_one = issued_one || issues(certificate, other)?;
        }
        let side = if issued_one { &mut above } else { &mut wanted };
        side.push(certificate.clone());
    }
    above.extend(chain);
    let chain = each_once(above);
    if wanted.is_empty() {
        return Err(LineageFault::None);
    }
    if wanted.len() > most {
        return Err(LineageFault::TooMany);
    }
    if wanted.iter().any(|certificate| certificate.is_ca()) {
        return Err(LineageFault::Authority);
    }
    let mut found = Vec::new();
    for certificate in wanted {
        let path = path(&certificate, &chain, &mut issues)?;
        if path.is_empty() && !chain.is_empty() {
            return Err(LineageFault::Lost);
        }
        found.push((certificate, path));
    }
    Ok(found)
}

fn each_once(certificates: Vec<Certificate>) -> Vec<Certificate> {
    let mut each: Vec<Certificate> = Vec::new();
    for certificate in certificates {
        if !each.iter().any(|known| known.der() == certificate.der()) {
            each.push(certificate);
        }
    }
    each
}

/// The certificates above one, the nearest first.
fn path(
    certificate: &Certificate,
    chain: &[Certificate],
    issues: &mut impl FnMut(&Certificate, &Certificate) -> Result<bool, LineageFault>,
) -> Result<Vec<Certificate>, LineageFault> {
    let mut found: Vec<Certificate> = Vec::new();
    'up: loop {
        let last = found.last().unwrap_or(certificate);
        for next in chain {
            // Those that are known cost no signature.
            let is_known = found.iter().any(|known| known.der() == next.der());
            if is_known || !issues(next, last)? {
                continue;
            }
            if found.len() == MOST_ABOVE {
                return Err(LineageFault::TooLong);
            }
            let next = next.clone();
            found.push(next);
            continue 'up;
        }
        return Ok(found);
    }
}
