//! What the certificates of the authorities are worth: an error where nothing can be issued for it, a note where another
//! authority issues.

use std::time::Duration;

use tanba_model::fitness::{Unfit, Unfitness, judge_all, needed};
use tanba_model::ports::{IssuerKind, IssuerRecord, Storage, StorageError};
use tanba_pki::{Certificate, Timestamp};

use crate::config::Finding;

/// From this long before its end on, an authority's certificate is spoken of: what it issues cannot outlive it.
const SOON: Duration = Duration::from_secs(400 * 24 * 60 * 60);

/// All of it; `issuers` are the authorities with their certificates.
///
/// # Errors
/// [`StorageError`] when storage does not answer.
pub(super) fn examine(
    storage: &dyn Storage,
    issuers: &[(String, Certificate)],
    now: Timestamp,
) -> Result<Vec<Finding>, StorageError> {
    let judged = judge_all(storage.snapshot()?.as_mut(), now)?;
    let records: Vec<IssuerRecord> = judged.iter().map(|(record, _)| record.clone()).collect();
    let needed = needed(&records);
    let successor = records
        .iter()
        .rfind(|record| record.issuer.kind == IssuerKind::Issuing)
        .map(|record| record.issuer.name.as_str());
    let replaced_by = |name: &str| {
        let record = records.iter().find(|record| record.issuer.name == name)?;
        successor.filter(|_| !needed.contains(&record.id))
    };
    let mut findings = Vec::new();
    for (name, certificate) in issuers {
        findings.extend(expiry(name, certificate, replaced_by(name), now));
    }
    for (record, unfit) in judged {
        if let Some(unfit) = unfit {
            let name = &record.issuer.name;
            findings.extend(told(name, &unfit, replaced_by(name)));
        }
    }
    Ok(findings)
}

fn expiry(
    name: &str,
    certificate: &Certificate,
    replaced_by: Option<&str>,
    now: Timestamp,
) -> Option<Finding> {
    let end = certificate.not_after();
    let remedy = "make a new authority in time; certificates must not outlive their issuer";
    if now < certificate.not_before() {
        let what = format!(
            "the certificate of the authority {name} begins only on {}",
            certificate.not_before().rfc3339()
        );
        return Some(Finding::error(
            "clock-behind",
            what,
            "look at the clock of this computer",
        ));
    }
    if let Some(successor) = replaced_by {
        return (now > end).then(|| {
            let end = end.rfc3339();
            Finding::note(
                "issuer-replaced",
                format!("the certificate of the authority {name} ended on {end}; {successor} issues in its place"),
                "nothing has to be done: what it issued has ended with it",
            )
        });
    }
    if now > end {
        let what = format!(
            "the certificate of the authority {name} ended on {}",
            end.rfc3339()
        );
        return Some(Finding::error("issuer-expired", what, remedy));
    }
    let what = format!(
        "the certificate of the authority {name} ends on {}",
        end.rfc3339()
    );
    (now.plus(SOON) > end).then(|| Finding::warning("issuer-expiring", what, remedy))
}

/// An authority that may not issue: revoked, frozen, or with a blocked key, it or one above it. Ends are told apart.
fn told(name: &str, unfit: &Unfitness, replaced_by: Option<&str>) -> Option<Finding> {
    let (code, remedy) = match unfit.why {
        Unfit::KeyBlocked => (
            "issuer-key-blocked",
            "make a new authority with a new key (`tanba ceremony plan rollover`), and revoke this one with \
             `tanba certificate revoke --authority`; until then nothing is issued, lists and OCSP go on",
        ),
        Unfit::Revoked => (
            "issuer-revoked",
            "make a new authority (`tanba ceremony plan rollover`); until then nothing is issued, lists and OCSP go on",
        ),
        Unfit::Held => (
            "issuer-held",
            "decide: `tanba certificate release` lets it issue again, `tanba certificate revoke --authority` ends it; \
             what waits is kept",
        ),
        Unfit::Ended | Unfit::NotBegun => return None,
    };
    let Some(successor) = replaced_by else {
        let what = format!("the authority {name} may not issue ({unfit})");
        return Some(Finding::error(code, what, remedy));
    };
    let what = format!(
        "the authority {name} may not issue any more ({unfit}); {successor} issues in its place"
    );
    let remedy = match unfit.why {
        Unfit::KeyBlocked => {
            "if its certificate is not revoked yet, revoke it (`tanba certificate revoke --authority`, or the list of its root); \
             whoever has a certificate of it needs a new one"
        }
        Unfit::Revoked | Unfit::Held | Unfit::Ended | Unfit::NotBegun => {
            "its lists and OCSP go on; no verifier accepts what it issued, so whoever has such a certificate that has not ended \
             needs a new one"
        }
    };
    Some(Finding::note("issuer-replaced", what, remedy))
}
