//! A file that a site names: read after the site was allowed to ask, and when it is the turn of its question.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::timeout;

use super::Withdrawal;
use super::ask::{Asked, Entry, enter, give, granted, unasked};
use super::question::{Answer, Question, SiteQuestion};
use super::ring::{KeyFilter, Ring};
use crate::Agent;
use crate::modules::{Caller, FileContent, NoContent, Reading};
use crate::origin::Use;

/// How long others wait for the drive of a file; after that they are asked first.
const PROMPT: Duration = Duration::from_secs(1);
/// How long a drive may take to give a file.
const PATIENCE: Duration = Duration::from_secs(30);

/// Why there is no content of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unread {
    /// Nobody was asked, or somebody said no.
    Asked(Asked),
    /// There is no such file, or it cannot be read or is too large.
    Absent,
}

impl From<Asked> for Unread {
    fn from(asked: Asked) -> Self {
        Self::Asked(asked)
    }
}

impl From<NoContent> for Unread {
    fn from(reason: NoContent) -> Self {
        match reason {
            NoContent::Absent => Self::Absent,
            NoContent::TooMuch => Self::Asked(Asked::TooOften),
        }
    }
}

/// Reads a file for a site that may ask for this use of keys, or is allowed to now. What comes with the content is the
/// turn of the question about it.
pub(crate) async fn read_file<'a>(
    agent: &'a Arc<Agent>,
    caller: &Caller,
    withdrawal: &Withdrawal,
    usage: Use,
    path: &Path,
) -> Result<(FileContent, Entry<'a>), Unread> {
    let origin = caller.origin();
    let mut entry = enter(agent, origin, withdrawal).await?;
    if !is_allowed(agent, caller, withdrawal, usage, path).await? {
        entry.is_allowed = true;
    }
    let mut reading = agent.files().read(origin, path)?;
    if let Ok(content) = timeout(PROMPT, next(&mut reading, withdrawal)).await {
        return Ok((content?, entry));
    }
    // The drive is slow: others are asked meanwhile, and this question comes behind theirs.
    let is_allowed = entry.is_allowed;
    drop(entry);
    let content = timeout(PATIENCE, next(&mut reading, withdrawal))
        .await
        .unwrap_or(Err(Unread::Absent))?;
    let mut entry = Entry::again(agent, origin, withdrawal).await?;
    entry.is_allowed = is_allowed;
    Ok((content, entry))
}

/// As [`read_file`], for a use that asks nothing more; whoever is allowed now is allowed from now on.
pub(crate) async fn read_file_alone(
    agent: &Arc<Agent>,
    caller: &Caller,
    withdrawal: &Withdrawal,
    usage: Use,
    path: &Path,
) -> Result<FileContent, Unread> {
    let (content, entry) = read_file(agent, caller, withdrawal, usage, path).await?;
    if entry.is_allowed {
        let (agent, origin) = (Arc::clone(agent), caller.origin().clone());
        let _ = tokio::task::spawn_blocking(move || give(&agent, &origin, usage)).await;
    }
    Ok(content)
}

async fn next(reading: &mut Reading, withdrawal: &Withdrawal) -> Result<FileContent, Unread> {
    tokio::select! {
        content = reading.content() => Ok(content?),
        () = withdrawal.withdrawn() => Err(Unread::Asked(Asked::Cancelled)),
    }
}

/// Whether the site was allowed before; an error unless it is at least now.
async fn is_allowed(
    agent: &Arc<Agent>,
    caller: &Caller,
    withdrawal: &Withdrawal,
    usage: Use,
    path: &Path,
) -> Result<bool, Asked> {
    let (agent, origin) = (Arc::clone(agent), caller.origin().clone());
    let withdrawal = withdrawal.clone();
    let question = Question::Site(SiteQuestion {
        language: caller.language(),
        origin: origin.as_str().to_owned(),
        usage,
        file: path.to_string_lossy().into_owned(),
    });
    let ask = move || {
        if granted(&agent, &origin, usage)? {
            return Ok(true);
        }
        let filter = KeyFilter::default();
        let mut ring = Ring::new(agent.containers(), &[], &filter, agent.now());
        let answer = agent.ask(&origin, &question, &mut ring, &withdrawal);
        unasked(&answer)?;
        if answer != Answer::Allowed || withdrawal.is_withdrawn() {
            tracing::info!(%origin, usage = usage.name(), "the owner of the keys said no");
            return Err(Asked::Cancelled);
        }
        Ok(false)
    };
    tokio::task::spawn_blocking(ask)
        .await
        .unwrap_or(Err(Asked::Failed))
}
