//! Why a request was refused, in the words of the check that refused it.

use tanba_ca::Profiles;
use tanba_model::ports::{IssuanceError, RequestFault};
use tanba_pki::CertificateRequest;

/// The refusal with what is known about it: which check of the key did not hold, which profile there is not.
pub(super) fn explain(
    error: anyhow::Error,
    profiles: &Profiles,
    profile: &str,
    request: &[u8],
) -> anyhow::Error {
    let why = match error.downcast_ref::<IssuanceError>() {
        Some(IssuanceError::Unknown("profile")) => Some(match profiles.find(profile) {
            None => format!("there is no profile {profile:?}; `tanba profile list` lists them"),
            Some(_) => format!(
                "the profile {profile} is not for people: what it is for is certified by `tanba init`, by the server or by a ceremony"
            ),
        }),
        Some(IssuanceError::Request(RequestFault::WeakKey)) => of_key(profiles, profile, request),
        Some(IssuanceError::Request(RequestFault::Possession)) => of_signature(request),
        _ => None,
    };
    match why {
        Some(why) => anyhow::Error::msg(why),
        None => error,
    }
}

/// Which check of the key itself did not hold: those of its strength first.
fn of_key(profiles: &Profiles, profile: &str, request: &[u8]) -> Option<String> {
    let request = CertificateRequest::from_der(request).ok()?;
    let key = request.public_key();
    let why = match key.check_strength() {
        Err(weak) => weak.to_string(),
        Ok(()) => {
            let kind = key
                .algorithm()
                .map_or_else(|unknown| unknown.to_string(), |kind| kind.to_string());
            let kinds = profiles.find(profile)?.names_of_keys();
            format!("it is {kind}, and the profile {profile} takes {kinds}")
        }
    };
    Some(format!(
        "the request is refused, and nothing was issued: its key is weak or not allowed ({why}); make another key and request"
    ))
}

/// Why the signature of a request proves nothing.
fn of_signature(request: &[u8]) -> Option<String> {
    let request = CertificateRequest::from_der(request).ok()?;
    let why = match request.public_key().check_strength() {
        Err(weak) => weak.to_string(),
        Ok(()) => request.verify_possession().err()?.to_string(),
    };
    Some(format!(
        "the request is refused, and nothing was issued: it does not prove possession of its key ({why})"
    ))
}
