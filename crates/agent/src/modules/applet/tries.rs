//! PINs that sites type by themselves, of which a token counts the wrong ones.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{Mutex as Turn, OwnedMutexGuard};

use super::call::KeyPlace;
use super::reply::Reply;
use crate::Agent;
use crate::consent::{Purpose, Withdrawal, confirm_key};
use crate::containers::{ContainerId, HeldKey, OpenFault, Storage};
use crate::modules::Caller;
use crate::origin::{Origin, Site};

/// What came of the last PIN of each site that was allowed to try one.
#[derive(Debug, Default)]
pub(crate) struct Tries(Mutex<HashMap<Site, Arc<Turn<WasWrong>>>>);

/// Whether the last PIN was wrong.
type WasWrong = bool;

impl Tries {
    /// Waits for the turn of a site: what came of one PIN is known before the next is tried.
    async fn turn(&self, origin: &Origin) -> OwnedMutexGuard<WasWrong> {
        let turn = {
            let mut sites = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(sites.entry(origin.site()).or_default())
        };
        turn.lock_owned().await
    }
}

/// Whether the site was allowed to see keys, or is now.
pub(super) async fn may_try(
    agent: &Arc<Agent>,
    caller: &Caller,
    withdrawal: &Withdrawal,
    place: &KeyPlace,
) -> bool {
    let origin = caller.origin().clone();
    let looking = Arc::clone(agent);
    let purpose = Purpose::KeyInformation;
    let granted = tokio::task::spawn_blocking(move || {
        let allows = |usage| looking.grants().allows(&origin, usage).unwrap_or(false);
        allows(purpose.usage()) || allows(Purpose::Signature.usage())
    });
    if granted.await.unwrap_or(false) {
        return true;
    }
    confirms_try(agent, caller, withdrawal, place, false).await
}

/// Opens the container. After a wrong PIN for a token its owner decides whether the site tries another, each time: a token
/// locks itself after a few.
pub(super) async fn opened(
    agent: &Arc<Agent>,
    caller: &Caller,
    withdrawal: &Withdrawal,
    place: KeyPlace,
) -> Result<(Vec<HeldKey>, String), Reply> {
    let is_token = Storage::from_identifier(&place.storage).is_some_and(Storage::is_token);
    let mut was_wrong = None;
    if is_token {
        let mut turn = tokio::select! {
            turn = agent.tries().turn(caller.origin()) => turn,
            () = withdrawal.withdrawn() => return Err(Reply::failed("COMMON")),
        };
        if *turn && !confirms_try(agent, caller, withdrawal, &place, true).await {
            return Err(Reply::failed("COMMON"));
        }
        *turn = false;
        was_wrong = Some(turn);
    }
    let opening = Arc::clone(agent);
    let opened = tokio::task::spawn_blocking(move || open(&opening, &place)).await;
    let opened = opened.unwrap_or_else(|_| Err(Reply::failed("COMMON")));
    if let (Some(was_wrong), Err(reply)) = (&mut was_wrong, &opened) {
        **was_wrong = reply.is_wrong_password();
    }
    opened
}

/// Whether its owner lets the site open this container.
async fn confirms_try(
    agent: &Arc<Agent>,
    caller: &Caller,
    withdrawal: &Withdrawal,
    place: &KeyPlace,
    pin_was_wrong: bool,
) -> bool {
    // Nothing is known of the keys yet but where they are.
    let closed = HeldKey {
        certificate: None,
        chain: Vec::new(),
        signer: None,
        alias: place.path.clone(),
        note: None,
    };
    confirm_key(
        None,
        agent,
        caller,
        withdrawal,
        (Purpose::KeyInformation, Vec::new(), pin_was_wrong),
        closed,
        |_| (),
    )
    .await
    .is_ok()
}

fn open(agent: &Agent, place: &KeyPlace) -> Result<(Vec<HeldKey>, String), Reply> {
    let storage = Storage::from_identifier(&place.storage)
        .filter(|storage| agent.containers().serves(*storage))
        .ok_or(Reply::failed("UNKNOWN_STORAGE"))?;
    let container = ContainerId {
        storage,
        place: place.path.clone(),
    };
    let keys = agent
        .containers()
        .open(&container, &place.password)
        .map_err(|fault| match fault {
            OpenFault::WrongSecret { tries_left } => Reply::wrong_password(tries_left),
            OpenFault::Blocked => Reply::wrong_password(Some(0)),
            OpenFault::Absent => Reply::failed("KEYSTORE_FILE_NOT_FOUND"),
            OpenFault::Empty => Reply::failed("EMPTY_KEY_LIST"),
            OpenFault::Slow
            | OpenFault::NotAContainer
            | OpenFault::Damaged
            | OpenFault::Unsupported { .. }
            | OpenFault::Forbidden => Reply::failed("LOAD_KEYSTORE_ERROR"),
        })?;
    Ok((keys, place.alias.clone()))
}
