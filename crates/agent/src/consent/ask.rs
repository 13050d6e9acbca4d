//! From a request to an answer: budget, queue, dialog, grant, and then the work with the key.

use std::path::PathBuf;
use std::sync::Arc;

use tanba_crypto::Signer;
use tanba_model::language::Language;
use tanba_pki::{Certificate, Timestamp};

use super::question::{
    Answer, ConfirmQuestion, Document, FileQuestion, KeyQuestion, Purpose, Question, SecretPurpose,
    SecretQuestion,
};
use super::queue::NoTurn;
use super::ring::{KeyFilter, Ring, card};
use super::{SecretRing, Taken, Withdrawal};
use crate::Agent;
use crate::containers::{HeldKey, Storage};
use crate::doctor::Reading;
use crate::modules::Caller;
use crate::origin::{Origin, Use};

/// What a module wants a key for.
#[derive(Debug)]
pub(crate) struct Asking {
    pub(crate) purpose: Purpose,
    pub(crate) documents: Vec<Document>,
    pub(crate) document_count: usize,
    pub(crate) storages: Vec<Storage>,
    pub(crate) filter: KeyFilter,
    pub(crate) language: Language,
}

/// A key that its owner chose, for the one thing that was asked.
#[derive(Debug)]
pub(crate) struct Chosen {
    pub(crate) signer: Arc<dyn Signer>,
    pub(crate) certificate: Certificate,
    pub(crate) alias: String,
    /// When it was chosen.
    pub(crate) now: Timestamp,
}

/// Why there is no key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Asked {
    /// Its owner said no, or nobody waits for the answer any more.
    Cancelled,
    /// The site asks too often.
    TooOften,
    /// The agent cannot ask: the grants cannot be read, or the dialog broke.
    Failed,
}

/// Asks for a key that has a certificate and does the work with it, on the blocking pool; the next dialog opens when the
/// work is done.
pub(crate) async fn ask_key<T: Send + 'static>(
    agent: &Arc<Agent>,
    origin: &Origin,
    withdrawal: &Withdrawal,
    asking: Asking,
    work: impl FnOnce(Chosen) -> T + Send + 'static,
) -> Result<T, Asked> {
    let with_key = |key: HeldKey, now| {
        let (Some(signer), Some(certificate)) = (key.signer, key.certificate) else {
            return Err(Asked::Cancelled);
        };
        Ok(work(Chosen {
            signer,
            certificate,
            alias: key.alias,
            now,
        }))
    };
    ask_held(agent, origin, withdrawal, asking, with_key).await
}

/// As [`ask_key`], where a key may wait for its certificate.
pub(crate) async fn ask_held<T: Send + 'static>(
    agent: &Arc<Agent>,
    origin: &Origin,
    withdrawal: &Withdrawal,
    asking: Asking,
    work: impl FnOnce(HeldKey, Timestamp) -> Result<T, Asked> + Send + 'static,
) -> Result<T, Asked> {
    let usage = asking.purpose.usage();
    let _turn = turn(agent, origin, withdrawal).await?;
    let (agent, origin) = (Arc::clone(agent), origin.clone());
    let withdrawal = withdrawal.clone();
    let ask = move || {
        let granted = granted(&agent, &origin, usage)?;
        let now = agent.now();
        let question = Question::Key(Box::new(KeyQuestion {
            language: asking.language,
            origin: origin.as_str().to_owned(),
            first_use: (!granted).then_some(usage),
            purpose: asking.purpose,
            documents: asking.documents,
            document_count: asking.document_count,
            storages: asking.storages.clone(),
            clock_is_wrong: Reading::of(now).is_wrong(),
        }));
        let mut ring = Ring::new(agent.containers(), &asking.storages, &asking.filter, now);
        let answer = agent.dialog().ask(&question, &mut ring, &withdrawal);
        let Answer::Key(number) = answer else {
            unasked(&answer)?;
            tracing::info!(%origin, usage = usage.name(), "the owner of the keys said no");
            return Err(Asked::Cancelled);
        };
        let key = ring.take(number).ok_or(Asked::Cancelled)?;
        if withdrawal.is_withdrawn() {
            return Err(Asked::Cancelled);
        }
        if !granted {
            give(&agent, &origin, usage);
        }
        tracing::info!(%origin, usage = usage.name(), "the owner of the keys said yes");
        work(key, agent.now())
    };
    tokio::task::spawn_blocking(ask)
        .await
        .unwrap_or(Err(Asked::Failed))
}

/// Has the use of a key confirmed that the page opened by itself, and does the work with it. A site that may see keys sees
/// them without a dialog, because it has the password; each signature is confirmed.
pub(crate) async fn confirm_key<T: Send + 'static>(
    agent: &Arc<Agent>,
    caller: &Caller,
    withdrawal: &Withdrawal,
    purpose: Purpose,
    documents: Vec<Document>,
    key: HeldKey,
    work: impl FnOnce(Timestamp) -> T + Send + 'static,
) -> Result<T, Asked> {
    let usage = purpose.usage();
    let origin = caller.origin().clone();
    let language = caller.language();
    let asked = Arc::clone(agent);
    let granted = {
        let (agent, origin) = (Arc::clone(agent), origin.clone());
        tokio::task::spawn_blocking(move || granted(&agent, &origin, usage))
            .await
            .unwrap_or(Err(Asked::Failed))?
    };
    let silent = granted && purpose == Purpose::KeyInformation;
    let _turn = if silent {
        None
    } else {
        Some(turn(agent, &origin, withdrawal).await?)
    };
    let withdrawal = withdrawal.clone();
    let ask = move || {
        let now = asked.now();
        if !silent {
            let question = KeyQuestion {
                language,
                origin: origin.as_str().to_owned(),
                first_use: (!granted).then_some(usage),
                purpose,
                document_count: documents.len(),
                documents,
                storages: Vec::new(),
                clock_is_wrong: Reading::of(now).is_wrong(),
            };
            let key = card(0, &key, None);
            let question = Question::Confirm(Box::new(ConfirmQuestion { question, key }));
            let filter = KeyFilter::default();
            let mut ring = Ring::new(asked.containers(), &[], &filter, now);
            let answer = asked.dialog().ask(&question, &mut ring, &withdrawal);
            unasked(&answer)?;
            if answer != Answer::Allowed || withdrawal.is_withdrawn() {
                return Err(Asked::Cancelled);
            }
        }
        if !granted {
            give(&asked, &origin, usage);
        }
        Ok(work(asked.now()))
    };
    tokio::task::spawn_blocking(ask)
        .await
        .unwrap_or(Err(Asked::Failed))
}

/// A dialog that did not open is no answer of anybody's.
fn unasked(answer: &Answer) -> Result<(), Asked> {
    if *answer == Answer::Unasked {
        return Err(Asked::Failed);
    }
    Ok(())
}

fn granted(agent: &Agent, origin: &Origin, usage: Use) -> Result<bool, Asked> {
    agent.grants().allows(origin, usage).map_err(|error| {
        let error: &dyn std::error::Error = &error;
        tracing::error!(error, "the grants cannot be read");
        Asked::Failed
    })
}

fn give(agent: &Agent, origin: &Origin, usage: Use) {
    if let Err(error) = agent.grants().give(origin, usage, agent.now()) {
        let error: &dyn std::error::Error = &error;
        tracing::error!(
            error,
            "a grant cannot be kept; the site will be asked about again"
        );
    }
}

/// What a password is asked for: purpose, kind of container, what is made or installed, and the language if the site named one.
pub(crate) type SecretAsking = (SecretPurpose, Storage, Vec<String>, Option<Language>);

/// Asks for a password, and does the work that it is for, on the blocking pool.
pub(crate) async fn ask_secret<T: Send + 'static>(
    agent: &Arc<Agent>,
    caller: &Caller,
    withdrawal: &Withdrawal,
    (purpose, storage, items, language): SecretAsking,
    work: impl FnOnce(&Agent, Taken) -> T + Send + 'static,
) -> Result<T, Asked> {
    let _turn = turn(agent, caller.origin(), withdrawal).await?;
    let (agent, origin) = (Arc::clone(agent), caller.origin().clone());
    let language = language.unwrap_or(caller.language());
    let withdrawal = withdrawal.clone();
    let ask = move || {
        let granted = granted(&agent, &origin, Use::Keys)?;
        let question = Question::Secret(SecretQuestion {
            language,
            origin: origin.as_str().to_owned(),
            first_use: (!granted).then_some(Use::Keys),
            purpose,
            storage,
            items,
        });
        let storages = [storage];
        let filter = KeyFilter {
            allow_expired: true,
            ..KeyFilter::default()
        };
        let mut ring =
            SecretRing::new(agent.containers(), &storages, &filter, purpose, agent.now());
        let answer = agent.dialog().ask(&question, &mut ring, &withdrawal);
        unasked(&answer)?;
        if answer != Answer::Allowed || withdrawal.is_withdrawn() {
            return Err(Asked::Cancelled);
        }
        let taken = ring.taken().ok_or(Asked::Cancelled)?;
        if !granted {
            give(&agent, &origin, Use::Keys);
        }
        tracing::info!(%origin, usage = Use::Keys.name(), "the owner of the keys said yes");
        Ok(work(&agent, taken))
    };
    tokio::task::spawn_blocking(ask)
        .await
        .unwrap_or(Err(Asked::Failed))
}

/// Asks for a file or folder.
pub(crate) async fn ask_file(
    agent: &Arc<Agent>,
    origin: &Origin,
    withdrawal: &Withdrawal,
    question: FileQuestion,
) -> Result<PathBuf, Asked> {
    let _turn = turn(agent, origin, withdrawal).await?;
    let agent = Arc::clone(agent);
    let withdrawal = withdrawal.clone();
    let ask = move || {
        let filter = KeyFilter::default();
        let mut ring = Ring::new(agent.containers(), &[], &filter, agent.now());
        let question = Question::File(question);
        match agent.dialog().ask(&question, &mut ring, &withdrawal) {
            Answer::File(path) if !withdrawal.is_withdrawn() => Ok(path),
            Answer::Unasked => Err(Asked::Failed),
            Answer::File(_) | Answer::Cancelled | Answer::Allowed | Answer::Key(_) => {
                Err(Asked::Cancelled)
            }
        }
    };
    tokio::task::spawn_blocking(ask)
        .await
        .unwrap_or(Err(Asked::Failed))
}

async fn turn<'a>(
    agent: &'a Agent,
    origin: &Origin,
    withdrawal: &Withdrawal,
) -> Result<tokio::sync::MutexGuard<'a, ()>, Asked> {
    if !agent.may_open_dialog(origin) {
        tracing::warn!(%origin, "a site opens dialogs too often");
        return Err(Asked::TooOften);
    }
    agent
        .dialogs()
        .enter(origin, withdrawal)
        .await
        .map_err(|reason| match reason {
            NoTurn::Full => Asked::TooOften,
            NoTurn::Withdrawn => Asked::Cancelled,
        })
}
