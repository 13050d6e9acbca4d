//! The modules that sites call, each in its own envelope.

mod accessory;
mod applet;
mod basics;
mod caller;
mod common_utils;
mod documents;
mod files;
mod keystore;

use std::sync::Arc;

use crate::Agent;
use crate::consent::Withdrawal;
use crate::protocol::{Request, refusal};
pub(crate) use applet::Tries;
pub(crate) use caller::Caller;
pub(crate) use files::{FileContent, Files, NoContent, Reading};

/// Answers a request; some have no answer.
pub(crate) async fn answer(
    agent: &Arc<Agent>,
    caller: &mut Caller,
    request: Request,
    withdrawal: &Withdrawal,
) -> Option<String> {
    match request.module() {
        Some("kz.gov.pki.knca.commonUtils") => {
            Some(common_utils::answer(agent, caller, request, withdrawal).await)
        }
        Some("kz.gov.pki.knca.basics") => {
            Some(basics::answer(agent, caller, &request, withdrawal).await)
        }
        Some("kz.tanba.keystore") => {
            Some(keystore::answer(agent, caller, &request, withdrawal).await)
        }
        Some("kz.gov.pki.ncalayerservices.accessory") => accessory::answer(&request),
        None if agent.config().legacy_applet => {
            applet::answer(agent, caller, &request, withdrawal).await
        }
        // Clients ask every agent whether it is KAZTOKEN's (kz.digiflow.mobile.extensions) and wait for any answer.
        Some(_) | None => Some(refusal("MODULE_NOT_FOUND")),
    }
}
