//! An agent in this process, the person who answers it, and a client that talks to it.

use std::collections::VecDeque;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, mpsc};
use std::thread::JoinHandle;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rand::SeedableRng as _;
use rand::rngs::StdRng;
use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::time_provider::TimeProvider;
use serde_json::Value;
use tanba_agent::consent::{
    Answer, Dialog, Keys, Question, SecretFault, SecretPurpose, SecretQuestion, Withdrawal,
};
use tanba_agent::containers::{ContainerId, ContainerStore, Containers, FileStore, Storage};
use tanba_agent::{Agent, Catalogue, Config, Doctor, Grants, Identity, Listeners, Parts};
use tanba_crypto::Secret;
use tanba_model::ports::{Clock, SharedRandom};
use tanba_pki::Timestamp;
use tokio_tungstenite::tungstenite::protocol::Role;
use tokio_tungstenite::tungstenite::{Message, WebSocket};

use crate::maker::{AIGUL, PASSWORD, RSA, Root};
use crate::tls::{Connection, Tls};

/// Longer than any answer takes on a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(120);

/// What a person says to a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Decision {
    Choose,
    Cancel,
    /// Types another password, and then gives up.
    WrongPassword,
    /// Thinks until the question is withdrawn.
    Wait,
    /// Thinks until she is told to decide, and chooses.
    Hold,
}

/// A person at the dialog.
#[derive(Debug)]
pub(crate) struct Owner {
    container: Mutex<PathBuf>,
    token: Mutex<Option<(ContainerId, String)>>,
    new_password: Mutex<String>,
    decisions: Mutex<VecDeque<Decision>>,
    seen: Mutex<Vec<Question>>,
    told: Mutex<mpsc::Sender<()>>,
    asked: Mutex<mpsc::Receiver<()>>,
    decide: Mutex<mpsc::Sender<()>>,
    decided: Mutex<mpsc::Receiver<()>>,
}

impl Owner {
    fn new(container: PathBuf) -> Self {
        let (told, asked) = mpsc::channel();
        let (decide, decided) = mpsc::channel();
        Self {
            container: Mutex::new(container),
            token: Mutex::default(),
            new_password: Mutex::new("Qwerty34".to_owned()),
            decisions: Mutex::default(),
            seen: Mutex::default(),
            told: Mutex::new(told),
            asked: Mutex::new(asked),
            decide: Mutex::new(decide),
            decided: Mutex::new(decided),
        }
    }

    pub(crate) fn will(&self, decisions: impl IntoIterator<Item = Decision>) {
        self.decisions.lock().unwrap().extend(decisions);
    }

    pub(crate) fn uses(&self, container: PathBuf) {
        *self.container.lock().unwrap() = container;
        *self.token.lock().unwrap() = None;
    }

    /// From now on a token, with this PIN.
    pub(crate) fn uses_token(&self, storage: Storage, place: &str, pin: &str) {
        let id = ContainerId {
            storage,
            place: place.to_owned(),
        };
        *self.token.lock().unwrap() = Some((id, pin.to_owned()));
    }

    /// The questions so far.
    pub(crate) fn seen(&self) -> Vec<Question> {
        self.seen.lock().unwrap().clone()
    }

    /// Ends what she holds.
    pub(crate) fn decide(&self) {
        self.decide.lock().unwrap().send(()).unwrap();
    }

    /// Waits until one more question is asked.
    pub(crate) fn is_asked(&self) {
        self.asked.lock().unwrap().recv_timeout(PATIENCE).unwrap();
    }
}

impl Owner {
    /// Types the new password, for a change after the old one.
    fn give_secret(
        &self,
        question: &SecretQuestion,
        keys: &mut dyn Keys,
        container: &ContainerId,
    ) -> Answer {
        let token = self.token.lock().unwrap().clone();
        if let Some((token, pin)) = token.filter(|_| question.storage.is_token()) {
            return self.give_pin(question, keys, &token, &pin);
        }
        let old = Secret::from(PASSWORD.to_owned());
        if question.purpose == SecretPurpose::Change && keys.open(container, &old).is_err() {
            return Answer::Cancelled;
        }
        let weak = keys.take_secret(Secret::from("weak".to_owned()));
        let is_new = question.purpose != SecretPurpose::Install;
        assert_eq!(matches!(weak, Err(SecretFault::Rules(_))), is_new);
        let new = self.new_password.lock().unwrap().clone();
        keys.take_secret(Secret::from(new)).unwrap();
        Answer::Allowed
    }

    /// Opens a token, and for a change types a new PIN after some that are refused.
    fn give_pin(
        &self,
        question: &SecretQuestion,
        keys: &mut dyn Keys,
        token: &ContainerId,
        pin: &str,
    ) -> Answer {
        let secret = |text: &str| Secret::from(text.to_owned());
        if keys.open(token, &secret(pin)).is_err() {
            return Answer::Cancelled;
        }
        if question.purpose != SecretPurpose::Change {
            let unasked = keys.take_secret(secret("87651234"));
            assert_eq!(unasked, Err(SecretFault::Unasked));
            return Answer::Allowed;
        }
        assert_eq!(
            keys.is_factory_secret(),
            token.storage.factory_pins().contains(&pin)
        );
        for (weak, rule) in [
            ("123", "pin-too-short"),
            (pin, "pin-same"),
            ("құпия", "pin-not-typable"),
        ] {
            let Err(SecretFault::Rules(rules)) = keys.take_secret(secret(weak)) else {
                panic!("{weak} was taken");
            };
            assert!(rules.contains(&rule.to_owned()), "{rules:?}");
        }
        let new = self.new_password.lock().unwrap().clone();
        keys.take_secret(secret(&new)).unwrap();
        Answer::Allowed
    }

    pub(crate) fn chooses(&self, password: &str) {
        *self.new_password.lock().unwrap() = password.to_owned();
    }
}

impl Dialog for Owner {
    fn ask(&self, question: &Question, keys: &mut dyn Keys, withdrawal: &Withdrawal) -> Answer {
        self.seen.lock().unwrap().push(question.clone());
        self.told.lock().unwrap().send(()).unwrap();
        let mut decisions = self.decisions.lock().unwrap();
        // Whoever wants the question itself wants the site to ask it.
        let next = match (question, decisions.front()) {
            (Question::Site(_), Some(Decision::Choose | Decision::Hold)) => None,
            _ => decisions.pop_front(),
        };
        drop(decisions);
        let decision = next.unwrap_or(Decision::Choose);
        let (container, right) = self.token.lock().unwrap().clone().unwrap_or_else(|| {
            let place = self.container.lock().unwrap().to_str().unwrap().to_owned();
            let storage = Storage::Pkcs12;
            (ContainerId { storage, place }, PASSWORD.to_owned())
        });
        let secret = match decision {
            Decision::Cancel => return Answer::Cancelled,
            Decision::Wait => {
                while !withdrawal.is_withdrawn() {
                    std::thread::yield_now();
                }
                return Answer::Cancelled;
            }
            Decision::WrongPassword => "wrong",
            Decision::Hold => {
                let decided = self.decided.lock().unwrap();
                decided.recv_timeout(PATIENCE).unwrap();
                &right
            }
            Decision::Choose => &right,
        };
        if let Question::File(_) = question {
            return Answer::File(PathBuf::from(container.place));
        }
        if let Question::Confirm(_) | Question::Site(_) = question {
            return Answer::Allowed;
        }
        if let Question::Secret(question) = question {
            return self.give_secret(question, keys, &container);
        }
        keys.open(&container, &Secret::from(secret.to_owned()))
            .ok()
            .and_then(|cards| cards.into_iter().find(|card| card.unusable.is_none()))
            .map_or(Answer::Cancelled, |card| Answer::Key(card.number))
    }
}

/// A clock that stands still.
#[derive(Debug)]
pub(crate) struct Standing(pub(crate) Timestamp);

impl Clock for Standing {
    fn now(&self) -> Timestamp {
        self.0
    }
}

/// The browser goes by the clock of the same computer, unless that stands before the agent was installed.
#[derive(Debug)]
struct SameComputer(Arc<dyn Clock>);

impl TimeProvider for SameComputer {
    fn current_time(&self) -> Option<UnixTime> {
        let now = self.0.now().max(Now.now());
        let since = Duration::from_secs(u64::try_from(now.unix()).ok()?);
        Some(UnixTime::since_unix_epoch(since))
    }
}

#[derive(Debug)]
struct Now;

impl Clock for Now {
    #[expect(
        clippy::disallowed_methods,
        reason = "Node.js and openssl look at the same clock"
    )]
    fn now(&self) -> Timestamp {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        Timestamp::from_unix(i64::try_from(since.as_secs()).unwrap())
    }
}

/// An agent that runs.
pub(crate) struct Running {
    pub(crate) port: u16,
    pub(crate) folder: tempfile::TempDir,
    pub(crate) root: Root,
    pub(crate) owner: Arc<Owner>,
    identity: Arc<Identity>,
    clock: Arc<dyn Clock>,
    stop: Option<tokio::sync::oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Running {
    pub(crate) fn start() -> Self {
        Self::with(|_| {})
    }

    /// Starts an agent whose configuration is changed before.
    pub(crate) fn with(change: impl FnOnce(&mut Config)) -> Self {
        Self::over(Vec::new(), change)
    }

    /// Starts an agent that has more than files.
    pub(crate) fn over(
        more: Vec<Arc<dyn ContainerStore>>,
        change: impl FnOnce(&mut Config),
    ) -> Self {
        Self::made_of(more, change, |_, _| {})
    }

    /// Starts an agent of which any part is another one; its folder is told.
    pub(crate) fn made_of(
        more: Vec<Arc<dyn ContainerStore>>,
        change: impl FnOnce(&mut Config),
        replace: impl FnOnce(&mut Parts, &Path),
    ) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let root = Root::new();
        let file = folder.path().join("aigul.p12");
        root.key_file(&file, RSA, &AIGUL);
        let owner = Arc::new(Owner::new(file));
        let mut config = Config::standard(vec![folder.path().to_owned()]);
        config.port = 0;
        config.time_stamp_url = None;
        config.bear_refusals(0);
        change(&mut config);
        let random = Arc::new(SharedRandom::new(
            StdRng::try_from_rng(&mut rand::rngs::SysRng).unwrap(),
        ));
        let identity =
            Identity::open(&folder.path().join("identity"), Now.now(), &*random).unwrap();
        let identity = Arc::new(identity);
        let dialog: Arc<dyn Dialog> = Arc::<Owner>::clone(&owner);
        let store: Arc<dyn ContainerStore> = Arc::new(FileStore::new(
            config.key_folders.clone(),
            folder.path().join("waiting"),
            folder.path().join("kept"),
        ));
        let mut parts = Parts {
            config,
            identity: Arc::clone(&identity),
            grants: Grants::at(folder.path().join("grants.toml")),
            issuers: Vec::new(),
            containers: Containers::new([vec![store], more].concat()),
            doctor: Doctor::default(),
            dialog,
            texts: Arc::new(Catalogue::shipped().unwrap()),
            clock: Arc::new(Now),
            random,
        };
        replace(&mut parts, folder.path());
        let clock = Arc::clone(&parts.clock);
        let (stop, stopped) = tokio::sync::oneshot::channel();
        let (listening, heard) = mpsc::channel();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(async {
                let listeners = Listeners::open(parts.config.port).await.unwrap();
                listening.send(listeners.port()).unwrap();
                tokio::select! {
                    served = Agent::new(parts).serve(listeners) => served.unwrap(),
                    _ = stopped => {}
                }
            });
        });
        Self {
            port: heard.recv().unwrap(),
            folder,
            root,
            owner,
            identity,
            clock,
            stop: Some(stop),
            thread: Some(thread),
        }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The authority that a client has to trust, in PEM.
    pub(crate) fn authority(&self) -> PathBuf {
        self.identity.authority_file()
    }

    pub(crate) fn grants(&self) -> Grants {
        Grants::at(self.path("grants.toml"))
    }

    /// A page of a site that was never there before.
    pub(crate) fn page(&self) -> Client {
        self.page_of("https://egov.example")
    }

    pub(crate) fn page_of(&self, origin: &str) -> Client {
        self.connect("127.0.0.1", "127.0.0.1", Some(origin))
            .unwrap()
    }

    /// Opens a socket, or gives the head of the answer that refuses it.
    pub(crate) fn connect(
        &self,
        address: &str,
        host: &str,
        origin: Option<&str>,
    ) -> Result<Client, String> {
        Client::join(self.tls(address), &format!("{host}:{}", self.port), origin)
    }

    /// A plain request; the whole answer.
    pub(crate) fn http(&self, head: &str) -> String {
        let mut stream = self.tls("127.0.0.1");
        stream.write_all(head.as_bytes()).unwrap();
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        String::from_utf8(answer).unwrap()
    }

    /// A TLS connection that trusts this installation alone.
    pub(crate) fn tls(&self, address: &str) -> Connection {
        let authority = CertificateDer::from(self.identity.authority().der().to_vec());
        let clock = Arc::new(SameComputer(Arc::clone(&self.clock)));
        let stream = TcpStream::connect((address, self.port)).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        Tls::at(authority, clock).over(stream, address)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.stop.take().map(|stop| stop.send(()));
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

/// A page that is connected.
pub(crate) struct Client(WebSocket<Connection>);

impl Client {
    /// Opens a socket over a connection, or gives the head of the answer that refuses it.
    pub(crate) fn join(
        mut stream: Connection,
        host: &str,
        origin: Option<&str>,
    ) -> Result<Self, String> {
        let origin = origin.map_or_else(String::new, |origin| format!("Origin: {origin}\r\n"));
        let head = format!(
            "GET / HTTP/1.1\r\nHost: {host}\r\n{origin}Upgrade: websocket\r\nConnection: Upgrade\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
        );
        stream.write_all(head.as_bytes()).unwrap();
        let mut answer = Vec::new();
        while !answer.ends_with(b"\r\n\r\n") {
            let mut octet = [0];
            if stream.read(&mut octet).unwrap_or(0) == 0 {
                break;
            }
            answer.push(octet[0]);
        }
        let answer = String::from_utf8(answer).unwrap();
        if !answer.starts_with("HTTP/1.1 101 ") {
            return Err(answer);
        }
        assert!(answer.contains("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="));
        let mut client = Self(WebSocket::from_raw_socket(stream, Role::Client, None));
        assert_eq!(client.receive(), r#"{"result":{"version":"1.4"}}"#);
        Ok(client)
    }

    pub(crate) fn send(&mut self, text: &str) {
        self.0.send(Message::text(text)).unwrap();
    }

    /// As [`send`](Self::send), where the other side may have hung up.
    pub(crate) fn try_send(&mut self, text: &str) -> bool {
        self.0.send(Message::text(text)).is_ok()
    }

    /// Whether a sign of life of the protocol is answered.
    pub(crate) fn is_alive(&mut self) -> bool {
        self.0.send(Message::Ping("here".into())).unwrap();
        matches!(self.0.read(), Ok(Message::Pong(octets)) if octets == "here")
    }

    /// The socket below.
    pub(crate) fn line(&self) -> TcpStream {
        self.0.get_ref().sock.try_clone().unwrap()
    }

    pub(crate) fn send_octets(&mut self, octets: Vec<u8>) {
        self.0.send(Message::binary(octets)).unwrap();
    }

    /// Sends octets as they are, whatever they do to the frames.
    pub(crate) fn send_bare(&mut self, octets: &[u8]) {
        self.0.get_mut().write_all(octets).unwrap();
    }

    /// As [`send_bare`](Self::send_bare), where the other side may have hung up.
    pub(crate) fn try_send_bare(&mut self, octets: &[u8]) -> bool {
        self.0.get_mut().write_all(octets).is_ok()
    }

    /// The code that the other side hangs up with.
    pub(crate) fn hung_up_with(&mut self) -> Option<u16> {
        loop {
            match self.0.read() {
                Ok(Message::Close(frame)) => return frame.map(|frame| frame.code.into()),
                Ok(_) => {}
                Err(_) => return None,
            }
        }
    }

    pub(crate) fn receive(&mut self) -> String {
        self.try_receive().unwrap()
    }

    /// The next text; `None` when the other side hung up.
    pub(crate) fn try_receive(&mut self) -> Option<String> {
        loop {
            match self.0.read() {
                Ok(Message::Text(text)) => return Some(text.as_str().to_owned()),
                Ok(Message::Close(_)) | Err(_) => return None,
                Ok(_) => {}
            }
        }
    }

    pub(crate) fn ask(&mut self, text: &str) -> Value {
        self.send(text);
        serde_json::from_str(&self.receive()).unwrap()
    }

    /// Calls a method of `commonUtils`.
    pub(crate) fn common(&mut self, method: &str, arguments: &Value) -> Value {
        let request = serde_json::json!({
            "module": "kz.gov.pki.knca.commonUtils", "method": method, "args": arguments,
        });
        self.ask(&request.to_string())
    }

    /// Calls `sign` of `basics`.
    pub(crate) fn basics(&mut self, arguments: &Value) -> Value {
        let request = serde_json::json!({
            "module": "kz.gov.pki.knca.basics", "method": "sign", "args": arguments,
        });
        self.ask(&request.to_string())
    }

    pub(crate) fn hang_up(mut self) {
        let _ = self.0.close(None);
        let _ = self.0.flush();
    }
}

/// A page of a site, at an agent in a process of its own whose authority is in a file.
pub(crate) fn visit(port: u16, authority: &Path, origin: &str) -> Client {
    let stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let stream = Tls::trusting_file(authority).over(stream, "127.0.0.1");
    Client::join(stream, &format!("127.0.0.1:{port}"), Some(origin)).unwrap()
}

/// The agent's program: the one of this build, or a packaged one that was named.
#[expect(clippy::disallowed_methods, reason = "a test is told where things are")]
pub(crate) fn program() -> String {
    std::env::var("TANBA_AGENT_BIN")
        .unwrap_or_else(|_| env!("CARGO_BIN_EXE_tanba-agent").to_owned())
}

/// What a program says, and whether it is content.
pub(crate) fn run(program: &str, arguments: &[&str]) -> (bool, String) {
    let output = std::process::Command::new(program)
        .args(arguments)
        .output()
        .unwrap_or_else(|error| panic!("{program}: {error}; scripts/setup.sh test installs it"));
    let words = [output.stdout, output.stderr].concat();
    (
        output.status.success(),
        String::from_utf8_lossy(&words).into_owned(),
    )
}

/// Whether openssl accepts a signed message (DER) under this root, and what it says; `more` is for content and output.
pub(crate) fn openssl_accepts(root: &Path, message: &Path, more: &[&str]) -> (bool, String) {
    let words = [
        "cms", "-verify", "-binary", "-inform", "DER", "-purpose", "any",
    ];
    let files = ["-CAfile", text(root), "-in", text(message)];
    run("openssl", &[&words, files.as_slice(), more].concat())
}

/// The folder of foreign test material, if it is there.
pub(crate) fn fixtures() -> Option<PathBuf> {
    let folder = std::env::var_os("TANBA_FIXTURES").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/fixtures"),
        PathBuf::from,
    );
    if folder.is_dir() {
        return Some(folder);
    }
    eprintln!("SKIPPED: there is no folder of fixtures (TANBA_FIXTURES)");
    None
}

pub(crate) fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}
