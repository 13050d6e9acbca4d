//! `kz.tanba.keystore`: what our own cabinet needs besides, in the envelope of `basics`.
//!
//! - `getVersion` → `{"name":"tanba-agent","version":"…"}`: whether the agent is ours.
//! - `listStorages` → `["PKCS12",…]`: kinds of keystores that can be used now.
//! - `listWaiting` → `[{"keyId":"…","storage":"PKCS12"}]`: keys that wait for their certificates; asks nothing, names no person.
//! - `changePassword` `{"storage":"PKCS12","locale":"kk"}` → `{"storage":"PKCS12"}`: of a keystore that its owner chooses.

use std::sync::Arc;

use serde_json::json;

use super::Caller;
use super::basics::keys::storage;
use super::caller::language;
use crate::Agent;
use crate::consent::{Asked, SecretPurpose, Withdrawal, ask_secret};
use crate::containers::Storage;
use crate::protocol::{Basics, Request};

/// Answers a request.
pub(super) async fn answer(
    agent: &Arc<Agent>,
    caller: &Caller,
    request: &Request,
    withdrawal: &Withdrawal,
) -> String {
    let answered = match request.method().unwrap_or_default() {
        "getVersion" => {
            Basics::done(&json!({ "name": "tanba-agent", "version": env!("CARGO_PKG_VERSION") }))
        }
        "listStorages" => {
            on_pool(agent, |agent| {
                let containers = agent.containers();
                let tokens = containers.tokens_present();
                let is_here = |storage: &Storage| {
                    containers.serves(*storage) && (!storage.is_token() || tokens.contains(storage))
                };
                let here: Vec<Storage> = Storage::ALL.into_iter().filter(is_here).collect();
                Basics::done(&json!(here))
            })
            .await
        }
        "listWaiting" => {
            on_pool(agent, |agent| {
                let containers = agent.containers();
                let of_kind = |storage: Storage| {
                    let entry = move |key_id| json!({ "keyId": key_id, "storage": storage });
                    containers.waiting(storage).into_iter().map(entry)
                };
                let tokens = containers.tokens_present();
                let waiting: Vec<_> = std::iter::once(Storage::Pkcs12)
                    .chain(tokens)
                    .flat_map(of_kind)
                    .collect();
                Basics::done(&json!(waiting))
            })
            .await
        }
        "changePassword" => change(agent, caller, request, withdrawal).await,
        other => Basics::general(format!("{other} is not defined in kz.tanba.keystore")),
    };
    answered.written()
}

async fn on_pool(
    agent: &Arc<Agent>,
    look: impl FnOnce(&Agent) -> Basics + Send + 'static,
) -> Basics {
    let agent = Arc::clone(agent);
    tokio::task::spawn_blocking(move || look(&agent))
        .await
        .unwrap_or_else(|_| Basics::general("the agent failed"))
}

async fn change(
    agent: &Arc<Agent>,
    caller: &Caller,
    request: &Request,
    withdrawal: &Withdrawal,
) -> Basics {
    let named = request.named();
    let member = |name: &str| named.and_then(|named| named.get(name)?.as_str());
    let storage = match storage(agent, named).await {
        Ok(storage) => storage,
        Err(refused) => return refused,
    };
    let language = member("locale").and_then(language);
    let purpose = SecretPurpose::Change;
    let changed = ask_secret(
        agent,
        caller,
        withdrawal,
        (purpose, storage, Vec::new(), language),
        |agent, taken| {
            let Some((container, old)) = taken.opened else {
                return Err("nothing was chosen".to_owned());
            };
            agent
                .containers()
                .change_secret(&container, &old, &taken.secret, agent.random())
                .map_err(|fault| fault.to_string())
        },
    );
    match changed.await {
        Ok(Ok(())) => Basics::done(&json!({ "storage": storage })),
        Ok(Err(details)) => Basics::general(details),
        Err(Asked::Cancelled) => Basics::cancelled(),
        Err(Asked::TooOften) => Basics::general("too many requests"),
        Err(Asked::Failed) => Basics::general("the agent failed"),
    }
}
