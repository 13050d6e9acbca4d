//! The agent: everything that answers requests, in one place.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use tanba_model::ports::{Clock, RandomSource};
use tanba_pki::{Certificate, Timestamp};
use tokio::time::Instant;
use tokio_tungstenite::tungstenite::Utf8Bytes;

use crate::config::Config;
use crate::consent::{Answer, Dialog, DialogQueue, Keys, Question, Withdrawal};
use crate::containers::Containers;
use crate::doctor::port::{self, PortState};
use crate::doctor::{Doctor, Finding, Patient};
use crate::locale::Catalogue;
use crate::modules::{self, Caller, Files, Tries};
use crate::origin::{Grants, Limits, Origin, Refusals, Sockets, Use};
use crate::protocol::{Frame, refusal};
use crate::server::{self, Listeners};
use crate::sign::time_stamp::TimeStamper;
use crate::trust::{Identity, TrustError};

/// Larger frames are read on the blocking pool, so that other sites are answered meanwhile.
const LARGE: usize = 256 * 1024;
/// How long drivers of tokens may look while somebody waits for the page.
const LOOKING: Duration = Duration::from_secs(5);
/// How long what was found is told again.
const FRESH_MILLISECONDS: u64 = 1_500;

/// What an agent is made of.
#[derive(Debug)]
pub struct Parts {
    /// What the configuration says.
    pub config: Config,
    /// The TLS identity of this installation.
    pub identity: Arc<Identity>,
    /// What sites were allowed to ask for.
    pub grants: Grants,
    /// Authorities that a site means by "of the current authority"; none for any.
    pub issuers: Vec<Certificate>,
    /// Where keys lie.
    pub containers: Containers,
    /// Who looks for what is wrong.
    pub doctor: Doctor,
    /// Who asks their owner.
    pub dialog: Arc<dyn Dialog>,
    /// The texts.
    pub texts: Arc<Catalogue>,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// Random octets.
    pub random: Arc<dyn RandomSource>,
}

/// The agent.
pub struct Agent {
    parts: Parts,
    dialogs: DialogQueue,
    refusals: Refusals,
    requests: Limits,
    sockets: Sockets,
    files: Arc<Files>,
    tries: Tries,
    dialog_budget: Limits,
    examined: tokio::sync::Mutex<Option<(u64, Arc<[Finding]>)>>,
    started: Instant,
}

impl std::fmt::Debug for Agent {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Agent(…)")
    }
}

impl Agent {
    /// Puts the parts together.
    #[must_use]
    pub fn new(parts: Parts) -> Arc<Self> {
        Arc::new(Self {
            dialogs: DialogQueue::default(),
            requests: Limits::new(parts.config.requests),
            sockets: Sockets::default(),
            files: Arc::default(),
            tries: Tries::default(),
            dialog_budget: Limits::new(parts.config.dialogs),
            refusals: Refusals::new(parts.config.refusals_in_a_row),
            examined: tokio::sync::Mutex::default(),
            started: Instant::now(),
            parts,
        })
    }

    /// Serves connections until the future is dropped.
    ///
    /// # Errors
    /// [`TrustError::Tls`] when TLS cannot be started.
    pub async fn serve(self: Arc<Self>, listeners: Listeners) -> Result<(), TrustError> {
        server::serve(self, listeners).await
    }

    /// The answer to the text of one frame; some requests have none.
    pub(crate) async fn answer(
        self: &Arc<Self>,
        caller: &mut Caller,
        text: &Utf8Bytes,
        withdrawal: &Withdrawal,
    ) -> Option<String> {
        if !self.requests.take(caller.origin(), self.milliseconds()) {
            tracing::warn!(origin = %caller.origin(), "a site asks too often");
            return Some(refusal("TOO_MANY_REQUESTS"));
        }
        let frame = if text.len() > LARGE {
            let text = text.clone();
            tokio::task::spawn_blocking(move || Frame::read(&text))
                .await
                .unwrap_or(Frame::Malformed)
        } else {
            Frame::read(text)
        };
        match frame {
            Frame::Request(request) => modules::answer(self, caller, request, withdrawal).await,
            Frame::Heartbeat | Frame::Malformed => Some(refusal("MALFORMED_REQUEST")),
        }
    }

    /// What was found on this computer: by one look at a time, and what was found just now is told again.
    pub(crate) async fn examine(agent: &Arc<Self>, port: u16) -> Arc<[Finding]> {
        let mut examined = agent.examined.lock().await;
        if let Some((when, findings)) = &*examined
            && agent.milliseconds().saturating_sub(*when) < FRESH_MILLISECONDS
        {
            return Arc::clone(findings);
        }
        let looking = Arc::clone(agent);
        let look = move || {
            let patient = Patient {
                identity: Some(looking.identity()),
                grants: looking.grants(),
                containers: looking.containers(),
                now: looking.now(),
            };
            let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
            // Whoever reads this is answered by us.
            let mut findings = vec![port::finding(PortState::Ours, address)];
            findings.extend(looking.parts.doctor.examine(&patient, LOOKING));
            Arc::from(findings)
        };
        let findings: Arc<[Finding]> = tokio::task::spawn_blocking(look)
            .await
            .unwrap_or_else(|_| Arc::from(Vec::new()));
        *examined = Some((agent.milliseconds(), Arc::clone(&findings)));
        findings
    }

    pub(crate) fn renew_identity(&self) {
        match self.identity().renew(self.now(), &*self.parts.random) {
            Ok(true) => tracing::info!("the certificate of the agent was renewed"),
            Ok(false) => {}
            Err(error) => {
                let error: &dyn std::error::Error = &error;
                tracing::error!(error, "the certificate of the agent could not be renewed");
            }
        }
    }

    /// What the configuration says.
    #[must_use]
    pub const fn config(&self) -> &Config {
        &self.parts.config
    }

    pub(crate) fn identity(&self) -> &Arc<Identity> {
        &self.parts.identity
    }

    pub(crate) const fn grants(&self) -> &Grants {
        &self.parts.grants
    }

    pub(crate) fn current_issuers(&self) -> &[Certificate] {
        &self.parts.issuers
    }

    pub(crate) const fn containers(&self) -> &Containers {
        &self.parts.containers
    }

    pub(crate) fn random(&self) -> &dyn RandomSource {
        &*self.parts.random
    }

    pub(crate) fn dialog(&self) -> &dyn Dialog {
        &*self.parts.dialog
    }

    pub(crate) const fn dialogs(&self) -> &DialogQueue {
        &self.dialogs
    }

    pub(crate) const fn sockets(&self) -> &Sockets {
        &self.sockets
    }

    pub(crate) const fn files(&self) -> &Arc<Files> {
        &self.files
    }

    pub(crate) const fn tries(&self) -> &Tries {
        &self.tries
    }

    pub(crate) fn texts(&self) -> &Catalogue {
        &self.parts.texts
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.parts.clock.now()
    }

    /// Whether the site may open one more dialog now.
    pub(crate) fn may_open_dialog(&self, origin: &Origin) -> bool {
        let now = self.milliseconds();
        !self.refusals.is_silent(origin, now) && self.dialog_budget.take(origin, now)
    }

    /// Asks, and remembers what became of it: a site that is allowed nothing and always refused does not ask for ever.
    pub(crate) fn ask(
        &self,
        origin: &Origin,
        question: &Question,
        keys: &mut dyn Keys,
        withdrawal: &Withdrawal,
    ) -> Answer {
        let answer = self.dialog().ask(question, keys, withdrawal);
        match answer {
            // A page that went away was refused by nobody.
            Answer::Cancelled if !withdrawal.is_withdrawn() => {
                if !self.is_allowed_anything(origin) {
                    self.refusals.add(origin, self.milliseconds());
                }
            }
            Answer::Cancelled | Answer::Unasked => {}
            Answer::Allowed | Answer::Key(_) | Answer::File(_) => self.refusals.forget(origin),
        }
        answer
    }

    fn is_allowed_anything(&self, origin: &Origin) -> bool {
        let uses = [Use::Login, Use::Signature, Use::Keys];
        let grants = self.grants();
        uses.into_iter()
            .any(|usage| grants.allows(origin, usage).unwrap_or(false))
    }

    /// Puts the time on a signature. Blocks.
    pub(crate) fn stamp(
        &self,
        message: &[u8],
        certificate: Option<&Certificate>,
    ) -> Result<Vec<u8>, String> {
        let url = self.parts.config.time_stamp_url.as_deref();
        TimeStamper::new(url, &*self.parts.random)
            .and_then(|stamper| stamper.stamp(message, certificate))
            .map_err(|error| {
                let sentence = error.to_string();
                let error: &dyn std::error::Error = &error;
                tracing::warn!(error, "no time stamp");
                sentence
            })
    }

    /// Of a clock that never goes back.
    pub(crate) fn milliseconds(&self) -> u64 {
        u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}
