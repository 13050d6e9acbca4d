//! The modules that sites call, each in its own envelope.

mod accessory;
mod applet;
mod basics;
mod caller;
mod common_utils;
mod documents;
mod keystore;

use std::sync::Arc;

use crate::Agent;
use crate::consent::Withdrawal;
use crate::protocol::{Request, refusal};
pub(crate) use caller::Caller;

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

/// How long a drive may take to give a file.
const FILE_PATIENCE: std::time::Duration = std::time::Duration::from_secs(30);
/// Larger files are not signed.
const LARGEST_FILE: u64 = 256 * 1024 * 1024;

/// The content of a file that a site names; `None` when there is none that can be read. Blocks.
pub(crate) fn read_file(path: std::path::PathBuf) -> Option<Vec<u8>> {
    let (send, receive) = std::sync::mpsc::channel();
    let read = move || {
        let is_file = std::fs::metadata(&path)
            .is_ok_and(|facts| facts.is_file() && facts.len() <= LARGEST_FILE);
        send.send(is_file.then(|| std::fs::read(&path).ok()).flatten())
    };
    std::thread::Builder::new()
        .name("drive".to_owned())
        .spawn(read)
        .ok()?;
    receive.recv_timeout(FILE_PATIENCE).ok().flatten()
}
