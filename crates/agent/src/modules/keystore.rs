//! `kz.tanba.keystore`: what our own cabinet needs besides, in the envelope of `basics`.
//!
//! - `getVersion` → `{"name":"tanba-agent","version":"…"}`: whether the agent is ours.
//! - `listStorages` → `["PKCS12",…]`: kinds of keystores that can be used now.
//! - `listWaiting` → `[{"keyId":"…","storage":"PKCS12"}]`: keys that wait for their certificates. Only for a
//!   site that may manage keys: identifiers that stay the same would let any site know the computer again.
//! - `signWaiting` `{"storage":"AKKaztokenStore","keyId":"<40 hex>","document":"{…}","locale":"kk"}` → `{"signature":"…"}`: by a
//!   key that waits for its certificate in a token; nothing but an application of the cabinet for keys, on its own site.
//! - `changePassword` `{"storage":"PKCS12","locale":"kk"}` → `{"storage":"PKCS12"}`: of a keystore that its owner chooses.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use tanba_model::application::ApplicationKind;
use tanba_model::document::ApplicationDocument;

use super::basics::keys::storage;
use super::caller::language;
use super::{Caller, documents};
use crate::Agent;
use crate::consent::{
    Asked, Asking, KeyFilter, Purpose, SecretPurpose, Withdrawal, ask_held, ask_secret,
};
use crate::containers::Storage;
use crate::origin::Use;
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
            let origin = caller.origin().clone();
            on_pool(agent, move |agent| {
                match agent.grants().allows(&origin, Use::Keys) {
                    Ok(true) => {}
                    Ok(false) => {
                        return Basics::general("this site was never allowed to manage keys");
                    }
                    Err(error) => {
                        let error: &dyn std::error::Error = &error;
                        tracing::error!(error, "the grants cannot be read");
                        return Basics::general("the agent failed");
                    }
                }
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
        "signWaiting" => match sign_waiting(agent, caller, request, withdrawal).await {
            Ok(answer) | Err(answer) => answer,
        },
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

/// Whoever has no certificate yet signs her first application by the new key itself.
async fn sign_waiting(
    agent: &Arc<Agent>,
    caller: &Caller,
    request: &Request,
    withdrawal: &Withdrawal,
) -> Result<Basics, Basics> {
    let named = request.named();
    let member = |name: &str| named.and_then(|named| named.get(name)?.as_str());
    let storage = storage(agent, named).await?;
    let (Some(key_id), Some(document)) = (member("keyId"), member("document")) else {
        return Err(Basics::general("signWaiting demands keyId and document"));
    };
    // Such a key signs nothing else: nobody could tell whose signature it is.
    let application = ApplicationDocument::from_bytes(document.as_bytes()).ok();
    if !storage.is_token()
        || application.is_none_or(|application| application.kind != ApplicationKind::First.name())
    {
        return Err(Basics::general("this is no application for first keys"));
    }
    let site = documents::made_for(document.as_bytes());
    if site.as_deref() != Some(caller.origin().as_str()) {
        return Err(Basics::general("the document was made for another site"));
    }
    let asking = Asking {
        purpose: Purpose::Signature,
        documents: vec![documents::octets(document.as_bytes(), None)],
        document_count: 1,
        storages: vec![storage],
        filter: KeyFilter {
            waiting: Some(key_id.to_ascii_lowercase()),
            ..KeyFilter::default()
        },
        language: member("locale")
            .and_then(language)
            .unwrap_or(caller.language()),
    };
    let message = document.as_bytes().to_vec();
    let signed = ask_held(agent, caller.origin(), withdrawal, asking, move |key, _| {
        let signer = key.signer.ok_or(Asked::Cancelled)?;
        Ok(signer.sign(&message))
    });
    Ok(match signed.await {
        Ok(Ok(signature)) => Basics::done(&json!({ "signature": STANDARD.encode(signature) })),
        Ok(Err(error)) => {
            Basics::failed("SIGNING_FAILURE", "Signing has failed.", error.to_string())
        }
        Err(Asked::Cancelled) => Basics::cancelled(),
        Err(Asked::TooOften) => Basics::general("too many requests"),
        Err(Asked::Failed) => Basics::general("the agent failed"),
    })
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
