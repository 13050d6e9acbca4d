//! `kz.gov.pki.knca.commonUtils`: the module that most sites use.
//!
//! Methods are found by name and number of arguments, as Java's reflection does; then the types are compared, then the
//! storage is looked at, and then the owner of the keys is asked.

mod key_info;
mod method;
mod signing;

use std::sync::Arc;

use serde_json::{Value, json};

use super::Caller;
use crate::Agent;
use crate::consent::{Asked, Withdrawal, ask_file};
use crate::containers::Storage;
use crate::protocol::{Common, Request};
pub(super) use key_info::name;
use method::{Call, Mismatch};

/// Answers a request.
pub(super) async fn answer(
    agent: &Arc<Agent>,
    caller: &mut Caller,
    request: Request,
    withdrawal: &Withdrawal,
) -> String {
    let mark = match request.member("uuid") {
        Some(Value::String(mark)) => Some(mark.clone()),
        Some(Value::Null) | None => None,
        Some(other) => Some(other.to_string()),
    };
    let call = match Call::read(&request) {
        Ok(call) => call,
        Err(Mismatch(message)) => return Common::failed(message).marked(mark).written(),
    };
    // The request may hold a document of many megabytes; the call has what is needed of it.
    drop(request);
    answer_call(agent, caller, call, withdrawal)
        .await
        .marked(mark)
        .written()
}

async fn answer_call(
    agent: &Arc<Agent>,
    caller: &mut Caller,
    call: Call,
    withdrawal: &Withdrawal,
) -> Common {
    match call {
        Call::GetActiveTokens => {
            let agent = Arc::clone(agent);
            let tokens = tokio::task::spawn_blocking(move || agent.containers().tokens_present())
                .await
                .unwrap_or_default();
            Common::done(Some(json!(tokens)))
        }
        Call::ChangeLocale(name) => {
            caller.change_language(&name);
            Common::done(None)
        }
        Call::ShowFileChooser { ending, folder } => {
            choose_file(agent, caller, withdrawal, ending, folder).await
        }
        Call::GetKeyInfo(storage) => {
            let storage = match storage_of(agent, &storage).await {
                Ok(storage) => storage,
                Err(refused) => return refused,
            };
            key_info::answer(agent, caller, withdrawal, storage).await
        }
        Call::Sign(order) => {
            let storage = match storage_of(agent, &order.storage).await {
                Ok(storage) => storage,
                Err(refused) => return refused,
            };
            signing::answer(agent, caller, withdrawal, storage, order).await
        }
    }
}

async fn choose_file(
    agent: &Arc<Agent>,
    caller: &Caller,
    withdrawal: &Withdrawal,
    ending: String,
    folder: String,
) -> Common {
    let question = caller.file_question(ending, folder);
    match ask_file(agent, caller.origin(), withdrawal, question).await {
        Ok(path) => Common::done(Some(json!(path.to_string_lossy()))),
        Err(reason) => refused(reason),
    }
}

/// The kind of container that a name means, if such a container is here.
async fn storage_of(agent: &Arc<Agent>, name: &str) -> Result<Storage, Common> {
    if name.trim().is_empty() {
        return Err(Common::failed("storageName.param.empty"));
    }
    let storage =
        Storage::from_identifier(name).ok_or_else(|| Common::failed("storage.unknown"))?;
    let owned = Arc::clone(agent);
    let is_here = tokio::task::spawn_blocking(move || {
        let containers = owned.containers();
        containers.serves(storage) && (!storage.is_token() || !containers.list(storage).is_empty())
    })
    .await
    .unwrap_or(false);
    if is_here {
        Ok(storage)
    } else if storage.is_token() {
        Err(Common::failed("storage.empty"))
    } else {
        Err(Common::failed("storage.unknown"))
    }
}

/// Why there was no key, as sites are told.
fn refused(reason: Asked) -> Common {
    match reason {
        Asked::Cancelled => Common::failed("action.canceled"),
        Asked::TooOften => Common::failed("too.many.requests"),
        Asked::Failed => Common::failed("agent.failed"),
    }
}
