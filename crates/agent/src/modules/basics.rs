//! `kz.gov.pki.knca.basics`: the module of newer sites. Arguments by name, one method for all forms of signature.

mod arguments;
pub(super) mod keys;
mod lineage;
mod signing;

use std::sync::Arc;

use serde_json::{Map, Value};

use super::Caller;
use crate::Agent;
use crate::consent::{Asked, Withdrawal};
use crate::protocol::{Basics, Request};
use arguments::SignArguments;

/// Versions of the interface that are spoken.
const VERSIONS: std::ops::RangeInclusive<u64> = 1..=2;

/// Answers a request.
pub(super) async fn answer(
    agent: &Arc<Agent>,
    caller: &mut Caller,
    request: &Request,
    withdrawal: &Withdrawal,
) -> String {
    answer_call(agent, caller, request, withdrawal)
        .await
        .unwrap_or_else(|failed| failed)
        .written()
}

async fn answer_call(
    agent: &Arc<Agent>,
    caller: &Caller,
    request: &Request,
    withdrawal: &Withdrawal,
) -> Result<Basics, Basics> {
    if let Some(version) = request.member("apiVersion")
        // A text of digits is a number for the library of the real program.
        && !version
            .as_u64()
            .or_else(|| version.as_str()?.parse().ok())
            .is_some_and(|version| VERSIONS.contains(&version))
    {
        return Err(Basics::general("apiVersion is not supported"));
    }
    let method = request.method().unwrap_or_default();
    match method {
        "sign" => {
            let arguments = SignArguments::read(named(request, method)?)?;
            signing::answer(agent, caller, withdrawal, arguments).await
        }
        "generateCsr" => keys::generate(agent, caller, withdrawal, named(request, method)?).await,
        "importCertificate" => {
            keys::import(agent, caller, withdrawal, named(request, method)?).await
        }
        _ => Err(Basics::general(format!(
            "{method} is not defined in kz.gov.pki.knca.basics"
        ))),
    }
}

fn named<'a>(request: &'a Request, method: &str) -> Result<&'a Map<String, Value>, Basics> {
    request
        .named()
        .ok_or_else(|| Basics::general(format!("{method} demands arguments")))
}

/// Why there was no key, as sites are told.
fn refused(reason: Asked) -> Basics {
    match reason {
        Asked::Cancelled => Basics::cancelled(),
        Asked::TooOften => Basics::general("too many requests"),
        Asked::Failed => Basics::general("the agent failed"),
    }
}
