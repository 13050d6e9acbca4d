//! What happens by itself: mails, reminders, revocation lists, expiry. A thread for each, because neither a slow mail
//! server nor a million reminders must delay a revocation list.

use std::fmt;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};
use std::time::Duration;

use anyhow::Context as _;
use tanba_ca::{Authority, Recovered};
use tanba_model::message::MessageChannel;
use tanba_model::ports::{Carrier, Clock, IssuanceError, Storage};
use tanba_pki::Timestamp;
use tanba_ra::{RegistrationAuthority, ReminderRound, Retried};

mod evidence;
mod seldom;
mod stop;

use seldom::Seldom;
use stop::Stop;

/// Between two looks into the outbox.
const MESSAGE_PAUSE: Duration = Duration::from_secs(1);
/// Between two looks at lists; a delta list is out within that time after a revocation, and a minute is promised.
const UPKEEP_PAUSE: Duration = Duration::from_secs(2);
/// Rounds of upkeep between two tries of applications that wait for the authority.
const RESUME_ROUNDS: u64 = 5;
/// Between two looks for certificates that are about to end.
const REMINDER_PAUSE: Duration = Duration::from_secs(10 * 60);
/// Between two looks for applications that wait for the register of people; each has a time of its own.
const REGISTER_PAUSE: Duration = Duration::from_secs(5);
/// Between two units of work of reminders, so that whoever waits to write gets to.
const REMINDER_BREATH: Duration = Duration::from_millis(1);
/// Between two looks whether all keys have to be looked over.
const KEY_CHECK_PAUSE: Duration = Duration::from_secs(60);
/// Between two steps of that, so that it never takes a processor alone.
const KEY_CHECK_BREATH: Duration = Duration::from_millis(20);
/// Rounds of upkeep between two purges.
const EXPIRY_ROUNDS: u64 = 30;

/// How long threads are waited for at the end. A mail that is under way then is sent again after the next start; lists and
/// records are in storage, which loses nothing.
const FAREWELL: Duration = Duration::from_secs(5);

/// What the threads work with.
#[derive(Clone)]
pub(crate) struct Duties {
    /// Remembers how far it has come.
    pub(crate) storage: Arc<dyn Storage>,
    /// Issues and publishes.
    pub(crate) authority: Arc<Authority>,
    /// Decides, expires and hands over.
    pub(crate) ra: Arc<RegistrationAuthority>,
    /// Carry messages, one for each channel that there is. Without one mails wait; text messages are not kept.
    pub(crate) carriers: Vec<Arc<dyn Carrier>>,
    /// What time it is.
    pub(crate) clock: Arc<dyn Clock>,
    /// Whether what the last stop left open was completed or given up.
    pub(crate) recovered: Arc<AtomicBool>,
    /// Whether more of what was left open may be closed at once.
    pub(crate) recovering: Arc<AtomicBool>,
    /// Whether more confirmed applications wait behind those that were just issued.
    pub(crate) resuming: Arc<AtomicBool>,
}

/// The running threads; stopped when dropped.
#[derive(Debug)]
pub(crate) struct Worker {
    stop: Arc<Stop>,
    /// Each thread holds a sender for as long as it runs; nothing is ever sent.
    running: Option<Sender<()>>,
    ended: Receiver<()>,
}

impl Worker {
    /// Starts the threads.
    pub(crate) fn start(duties: &Duties) -> anyhow::Result<Self> {
        let stop = Arc::new(Stop::default());
        let (running, ended) = mpsc::channel();
        let worker = Self {
            stop,
            running: Some(running),
            ended,
        };
        let upkeep = duties.clone();
        worker.spawn("upkeep", move |stop| {
            let (mut round, mut unsigned) = (0, Seldom::default());
            loop {
                guarded("upkeep", || upkeep.keep_up(round, &mut unsigned));
                round = round.wrapping_add(1);
                if stop.within(UPKEEP_PAUSE) {
                    break;
                }
            }
            // Nobody is served any more: nothing of it waits for the next start to be signed.
            let _ = guarded("upkeep", || {
                let now = upkeep.clock.now();
                unsigned.tell(upkeep.authority.checkpoint(now), now);
            });
        })?;
        let register = duties.clone();
        worker.spawn("register", move |stop| {
            while !stop.within(REGISTER_PAUSE) {
                guarded("register", || register.ask_register());
            }
        })?;
        let keys = duties.clone();
        worker.spawn("key check", move |stop| {
            loop {
                guarded("key check", || keys.check_keys(stop));
                if stop.within(KEY_CHECK_PAUSE) {
                    return;
                }
            }
        })?;
        let evidence = duties.clone();
        worker.spawn("evidence", move |stop| evidence.compare_nightly(stop))?;
        if !duties.carriers.is_empty() {
            let reminders = duties.clone();
            worker.spawn("reminders", move |stop| {
                loop {
                    guarded("reminders", || reminders.remind(stop));
                    if stop.within(REMINDER_PAUSE) {
                        return;
                    }
                }
            })?;
        }
        for carrier in duties.carriers.clone() {
            let duties = duties.clone();
            worker.spawn(carrier.channel().name(), move |stop| {
                while !stop.within(MESSAGE_PAUSE) {
                    // A million reminders do not wait a second for each handful.
                    let deliver = || duties.deliver(carrier.as_ref());
                    while guarded(carrier.channel().name(), deliver).unwrap_or(false)
                        && !stop.within(Duration::ZERO)
                    {}
                }
            })?;
        }
        Ok(worker)
    }

    fn spawn(&self, name: &str, work: impl FnOnce(&Stop) + Send + 'static) -> anyhow::Result<()> {
        let (stop, running) = (Arc::clone(&self.stop), self.running.clone());
        let _ = std::thread::Builder::new()
            .name(name.to_owned())
            .spawn(move || {
                work(&stop);
                drop(running);
            })
            .context("a thread cannot be started")?;
        Ok(())
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.stop.ask();
        drop(self.running.take());
        // An error either way: all have ended, or it took too long.
        let _ = self.ended.recv_timeout(FAREWELL);
    }
}

impl Duties {
    /// What has to be done once before anybody is served: intents and applications that a crash left open, and lists.
    pub(crate) fn recover(&self) -> anyhow::Result<()> {
        let now = self.clock.now();
        let recovered = match self.authority.recover(now) {
            Ok(recovered) => {
                self.settle(&recovered);
                recovered
            }
            // Neither a token that sleeps nor whoever stopped the authority meanwhile must keep the server from answering
            // what needs no signature.
            Err(
                error @ (IssuanceError::Signer(_)
                | IssuanceError::Stopped
                | IssuanceError::Unfit(_)),
            ) => {
                complain("what the last run left open waits", &error);
                Recovered::default()
            }
            Err(error) => {
                return Err(error).context("the authority cannot recover from its last stop");
            }
        };
        let resumed = self.ra.resume(now)?;
        match self.authority.maintain(now) {
            Ok(_) => {}
            Err(error) if error.is_about_a_device() => {
                complain(
                    "the first revocation lists wait for the signing key",
                    &error,
                );
            }
            Err(error) => return Err(error).context("the first revocation lists cannot be made"),
        }
        let (completed, voided) = (recovered.completed.len(), recovered.voided.len());
        let stopped = recovered.waiting.len();
        let (finished, waiting) = (resumed.finished, resumed.waiting);
        if completed > 0 || voided > 0 || stopped > 0 || finished > 0 || waiting > 0 {
            tracing::info!(
                completed,
                voided,
                stopped,
                finished,
                waiting,
                "recovered what was open"
            );
        }
        Ok(())
    }

    /// What waits for the start of its authority is looked at again, so that no restart is needed for it.
    fn settle(&self, recovered: &Recovered) {
        let is_done = recovered.waiting.is_empty() && !recovered.more;
        self.recovered.store(is_done, Ordering::Release);
    }

    fn keep_up(&self, round: u64, unsigned: &mut Seldom) {
        let now = self.clock.now();
        match self.authority.maintain(now) {
            Ok(done) => {
                for list in done.lists {
                    let (kind, shard) = (list.kind.name(), list.kind.shard());
                    tracing::debug!(issuer = %list.issuer, kind, shard, number = list.number, entries = list.entries, "list published");
                }
                for serial in done.responders {
                    tracing::info!(%serial, "OCSP responder renewed");
                }
                for serial in done.seals {
                    tracing::info!(%serial, "seal renewed");
                }
            }
            Err(error) => complain("revocation lists were not renewed", &error),
        }
        unsigned.tell(self.authority.checkpoint_due(now), now);
        // Lists do not wait for it, and it is done in parts, so that the next ones do not either.
        if round.is_multiple_of(RESUME_ROUNDS) || self.recovering.load(Ordering::Acquire) {
            self.recover_further(now);
        }
        if let Err(error) = self.storage.testify() {
            complain("how far the database has come was not written down", &error);
        }
        // A part in each round, so that lists are never kept waiting by a long queue.
        if round.is_multiple_of(RESUME_ROUNDS) || self.resuming.load(Ordering::Acquire) {
            match self.ra.resume(now) {
                Ok(resumed) => self.resuming.store(resumed.more, Ordering::Release),
                Err(error) => complain("confirmed applications were not looked at", &error),
            }
        }
        if round.is_multiple_of(EXPIRY_ROUNDS) {
            self.expire(now);
            self.close_text_messages(now);
        }
    }

    /// What waited at the start, and what a command that was ended left beside this server.
    fn recover_further(&self, now: Timestamp) {
        let waits = !self.recovered.load(Ordering::Acquire);
        let recovered = if waits {
            self.authority.recover_waiting(now)
        } else {
            self.authority.recover_left(now)
        };
        let more = recovered.as_ref().is_ok_and(|recovered| recovered.more);
        self.recovering.store(more, Ordering::Release);
        match recovered {
            Ok(recovered) => {
                let (completed, voided) = (recovered.completed.len(), recovered.voided.len());
                if completed > 0 || voided > 0 {
                    tracing::info!(completed, voided, "recovered what was left open");
                }
                if waits {
                    self.settle(&recovered);
                }
            }
            Err(error) => complain("what a stop left open still waits", &error),
        }
    }

    fn expire(&self, now: Timestamp) {
        match self.ra.expire_old(now) {
            Ok(expired) if expired.applications > 0 => {
                tracing::info!(applications = expired.applications, "applications expired");
            }
            Ok(_) => {}
            Err(error) => complain("nothing was expired", &error),
        }
    }

    /// Looks over all keys when that is due, step by step.
    fn check_keys(&self, stop: &Stop) {
        let due = self.authority.key_check_due(self.clock.now());
        let mut checker = match due {
            Ok(Some(checker)) => checker,
            Ok(None) => return,
            Err(error) => return complain("nobody knows whether keys were looked over", &error),
        };
        loop {
            let further = self
                .authority
                .check_keys_further(&mut checker, self.clock.now());
            match further {
                Ok(true) if !stop.within(KEY_CHECK_BREATH) => {}
                Ok(true) => return,
                Ok(false) => {
                    let (keys, rsa) = (checker.state().keys, checker.state().rsa);
                    tracing::info!(keys, rsa, "all keys were looked over");
                    return;
                }
                // What was not remembered is done again.
                Err(error) => return complain("keys were not looked over to the end", &error),
            }
        }
    }

    fn ask_register(&self) {
        match self.ra.retry_register(self.clock.now()) {
            Ok(done) if done != Retried::default() => {
                let (accepted, refused, waiting) = (done.accepted, done.refused, done.waiting);
                tracing::info!(accepted, refused, waiting, "the register was asked again");
            }
            Ok(_) => {}
            Err(error) => complain("kept applications were not looked at", &error),
        }
    }

    /// Text messages of an installation without a gateway.
    fn close_text_messages(&self, now: Timestamp) {
        if (self.carriers.iter()).any(|carrier| carrier.channel() == MessageChannel::Sms) {
            return;
        }
        match self.ra.close_channel(MessageChannel::Sms, now) {
            Ok(0) => {}
            Ok(dropped) => {
                tracing::info!(dropped, "no gateway for text messages is configured");
            }
            Err(error) => complain("the outbox was not looked at", &error),
        }
    }

    fn remind(&self, stop: &Stop) {
        let mut round = ReminderRound::new(self.clock.now());
        loop {
            match self.ra.remind_some(&mut round) {
                Ok(true) if !stop.within(REMINDER_BREATH) => {}
                Ok(_) => break,
                Err(error) => {
                    complain("not everybody was reminded", &error);
                    break;
                }
            }
        }
        let done = round.reminded();
        if done.mails > 0 {
            let (messages, certificates) = (done.mails, done.certificates);
            tracing::info!(messages, certificates, "reminders put into the outbox");
        }
    }

    /// Hands over what is due; whether there may be more.
    fn deliver(&self, carrier: &dyn Carrier) -> bool {
        let channel = carrier.channel().name();
        match self.ra.deliver_outbox(carrier, self.clock.now()) {
            Ok(done) => {
                if done.sent > 0 {
                    tracing::info!(
                        channel,
                        sent = done.sent,
                        later = done.later,
                        dead = done.dead,
                        "messages handed over"
                    );
                }
                done.was_full()
            }
            Err(error) => {
                complain("the outbox was not looked at", &error);
                false
            }
        }
    }
}

/// One round of a duty. A mistake of ours in one round must not end the duty for ever: without lists, OCSP and mails the
/// server would look alive and be of no use. Every change is a unit of work, so that nothing half done is left.
fn guarded<T>(duty: &str, work: impl FnOnce() -> T) -> Option<T> {
    match panic::catch_unwind(AssertUnwindSafe(work)) {
        Ok(done) => Some(done),
        Err(_) => {
            // Where in the program it happened was reported there (telemetry).
            tracing::error!(duty, "a round ended in a panic; the next one begins anew");
            None
        }
    }
}

/// One line with the whole chain of causes; the next round tries again.
fn complain(what: &str, error: &(dyn std::error::Error + 'static)) {
    tracing::error!(error, "{what}");
}

impl fmt::Debug for Duties {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Duties(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_in_one_round_does_not_end_the_duty() {
        let rounds: Vec<_> = (0..3)
            .map(|round| {
                guarded("test", || {
                    if round == 1 {
                        panic!("a mistake")
                    } else {
                        round
                    }
                })
            })
            .collect();
        assert_eq!(rounds, [Some(0), None, Some(2)]);
    }

    #[test]
    fn whoever_is_asked_to_stop_does_not_wait_for_the_end_of_the_pause() {
        let stop = Arc::new(Stop::default());
        assert!(!stop.within(Duration::from_millis(1)));
        let asker = Arc::clone(&stop);
        let thread = std::thread::spawn(move || asker.ask());
        // Were it to wait for the end of the pause, this test would never end.
        assert!(stop.within(Duration::from_secs(3600)));
        thread.join().unwrap();
    }
}
