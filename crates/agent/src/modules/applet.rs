//! The old interface: no module, and the page handles path and password itself. Off unless configured.
//!
//! The password passes through the page, which is why the national authority switched this interface off. Where it is on,
//! every signature is confirmed in a dialog all the same, and so is the first look of a site at a key, and each
//! PIN for a token after one that was wrong.

mod call;
mod reply;
mod tries;
mod work;

use std::sync::Arc;

use super::Caller;
use super::caller::language;
use crate::Agent;
use crate::consent::{Asked, Withdrawal, ask_file};
use crate::protocol::Request;
use call::Call;
use reply::Reply;
pub(crate) use tries::Tries;

/// Answers a request; changing the language has no answer.
pub(super) async fn answer(
    agent: &Arc<Agent>,
    caller: &mut Caller,
    request: &Request,
    withdrawal: &Withdrawal,
) -> Option<String> {
    let reply = match Call::read(request) {
        None => Reply::failed("COMMON"),
        Some(Call::SetLocale(name)) => {
            if language(&name).is_some() {
                caller.change_language(&name);
            }
            return None;
        }
        Some(Call::ChooseFile { ending, folder }) => {
            let question = caller.file_question(ending, folder);
            match ask_file(agent, caller.origin(), withdrawal, question).await {
                Ok(path) => Reply::done(path.to_string_lossy()),
                Err(Asked::Cancelled) => Reply::done(""),
                Err(Asked::TooOften | Asked::Failed) => Reply::failed("COMMON"),
            }
        }
        Some(Call::LoadSlotList(storage)) => {
            let agent = Arc::clone(agent);
            let slots = tokio::task::spawn_blocking(move || work::slots(&agent, &storage)).await;
            slots.unwrap_or_else(|_| Reply::failed("COMMON"))
        }
        Some(Call::Free(free)) => work::free(agent, caller, withdrawal, free).await,
        Some(Call::Key(key, what)) => work::with_key(agent, caller, withdrawal, key, what).await,
    };
    Some(reply.written())
}
