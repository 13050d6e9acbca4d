//! From a request to an answer: budget, queue, dialog, grant, and then the work with the key.

use std::path::PathBuf;
use std::sync::Arc;

use tanba_crypto::Signer;
use tanba_model::language::Language;
use tanba_pki::{Certificate, Timestamp};
use tokio::sync::MutexGuard;

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

/// The turn of a question: no other is asked as long as it lasts.
#[derive(Debug)]
pub(crate) struct Entry<'a> {
    _turn: MutexGuard<'a, ()>,
    /// Whether the site was allowed to ask in this turn; that is kept when its owner says yes to the question itself.
    pub(crate) is_allowed: bool,
}

impl<'a> Entry<'a> {
    /// Comes back for a question that was counted and had its turn already: it is not sent away.
    pub(crate) async fn again(
        agent: &'a Agent,
        origin: &Origin,
        withdrawal: &Withdrawal,
    ) -> Result<Self, Asked> {
        let turn = agent.dialogs().enter_again(origin, withdrawal).await;
        Ok(Self::of(turn?))
    }

    const fn of(turn: MutexGuard<'a, ()>) -> Self {
        Self {
            _turn: turn,
            is_allowed: false,
        }
    }
}

impl From<NoTurn> for Asked {
    fn from(reason: NoTurn) -> Self {
        match reason {
            NoTurn::Full => Self::TooOften,
            NoTurn::Withdrawn => Self::Cancelled,
        }
    }
}

/// Waits for the turn of a question of this site.
pub(crate) async fn enter<'a>(
    agent: &'a Agent,
    origin: &Origin,
    withdrawal: &Withdrawal,
) -> Result<Entry<'a>, Asked> {
    if !agent.may_open_dialog(origin) {
        tracing::warn!(%origin, "a site opens dialogs too often");
        return Err(Asked::TooOften);
    }
    let turn = agent.dialogs().enter(origin, withdrawal).await;
    Ok(Entry::of(turn?))
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
    let entry = enter(agent, origin, withdrawal).await?;
    ask_key_in(entry, agent, origin, withdrawal, asking, work).await
}

/// As [`ask_key`], where it is the turn of the question.
pub(crate) async fn ask_key_in<T: Send + 'static>(
    entry: Entry<'_>,
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
    ask_held_in(entry, agent, origin, withdrawal, asking, with_key).await
}

/// As [`ask_key`], where a key may wait for its certificate.
pub(crate) async fn ask_held<T: Send + 'static>(
    agent: &Arc<Agent>,
    origin: &Origin,
    withdrawal: &Withdrawal,
    asking: Asking,
    work: impl FnOnce(HeldKey, Timestamp) -> Result<T, Asked> + Send + 'static,
) -> Result<T, Asked> {
    let entry = enter(agent, origin, withdrawal).await?;
    ask_held_in(entry, agent, origin, withdrawal, asking, work).await
}

async fn ask_held_in<T: Send + 'static>(
    entry: Entry<'_>,
    agent: &Arc<Agent>,
    origin: &Origin,
    withdrawal: &Withdrawal,
    asking: Asking,
    work: impl FnOnce(HeldKey, Timestamp) -> Result<T, Asked> + Send + 'static,
) -> Result<T, Asked> {
    let usage = asking.purpose.usage();
    let is_allowed = entry.is_allowed;
    let (agent, origin) = (Arc::clone(agent), origin.clone());
    let withdrawal = withdrawal.clone();
    let ask = move || {
        let granted = granted(&agent, &origin, usage)?;
        let now = agent.now();
        let question = Question::Key(Box::new(KeyQuestion {
            language: asking.language,
            origin: origin.as_str().to_owned(),
            first_use: (!granted && !is_allowed).then_some(usage),
            purpose: asking.purpose,
            documents: asking.documents,
            document_count: asking.document_count,
            storages: asking.storages.clone(),
            clock_is_wrong: Reading::of(now).is_wrong(),
        }));
        let mut ring = Ring::new(agent.containers(), &asking.storages, &asking.filter, now);
        let answer = agent.ask(&origin, &question, &mut ring, &withdrawal);
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
/// them without a dialog, because it has the password, unless that was a wrong PIN; each signature is confirmed. It may be the
/// turn of the question.
pub(crate) async fn confirm_key<T: Send + 'static>(
    entry: Option<Entry<'_>>,
    agent: &Arc<Agent>,
    caller: &Caller,
    withdrawal: &Withdrawal,
    (purpose, documents, pin_was_wrong): (Purpose, Vec<Document>, bool),
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
    let silent = granted && purpose == Purpose::KeyInformation && !pin_was_wrong;
    let entry = match entry {
        None if !silent => Some(enter(agent, &origin, withdrawal).await?),
        entry => entry,
    };
    let is_allowed = entry.as_ref().is_some_and(|entry| entry.is_allowed);
    let withdrawal = withdrawal.clone();
    let ask = move || {
        let now = asked.now();
        if !silent {
            let question = KeyQuestion {
                language,
                origin: origin.as_str().to_owned(),
                first_use: (!granted && !is_allowed).then_some(usage),
                purpose,
                document_count: documents.len(),
                documents,
                storages: Vec::new(),
                clock_is_wrong: Reading::of(now).is_wrong(),
            };
            let key = card(0, &key, None);
            let question = Question::Confirm(Box::new(ConfirmQuestion {
                question,
                key,
                pin_was_wrong,
            }));
            let filter = KeyFilter::default();
            let mut ring = Ring::new(asked.containers(), &[], &filter, now);
            let answer = asked.ask(&origin, &question, &mut ring, &withdrawal);
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
pub(super) fn unasked(answer: &Answer) -> Result<(), Asked> {
    if *answer == Answer::Unasked {
        return Err(Asked::Failed);
    }
    Ok(())
}

pub(super) fn granted(agent: &Agent, origin: &Origin, usage: Use) -> Result<bool, Asked> {
    agent.grants().allows(origin, usage).map_err(|error| {
        let error: &dyn std::error::Error = &error;
        tracing::error!(error, "the grants cannot be read");
        Asked::Failed
    })
}

pub(super) fn give(agent: &Agent, origin: &Origin, usage: Use) {
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
    let _entry = enter(agent, caller.origin(), withdrawal).await?;
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
        let answer = agent.ask(&origin, &question, &mut ring, &withdrawal);
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
    let _entry = enter(agent, origin, withdrawal).await?;
    let (agent, origin) = (Arc::clone(agent), origin.clone());
    let withdrawal = withdrawal.clone();
    let ask = move || {
        let filter = KeyFilter::default();
        let mut ring = Ring::new(agent.containers(), &[], &filter, agent.now());
        let question = Question::File(question);
        match agent.ask(&origin, &question, &mut ring, &withdrawal) {
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
