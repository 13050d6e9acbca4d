//! What the agent costs: `scripts/bench-agent.sh` runs this with the release program on a machine that does nothing else.
//! It measures and asserts no time; one line of JSON.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use serde_json::{Value, json};
use tanba_crypto::Signer as _;
use tanba_pki::Certificate;

use crate::harness::{Running, run, text};
use crate::maker::{RSA, key};

const PROGRAM: &str = env!("CARGO_BIN_EXE_tanba-agent");
const STARTS: usize = 21;
const DOCUMENTS: usize = 1_000;
const ROUNDS: usize = 5;
const MIBS: usize = 50;

#[expect(
    clippy::disallowed_methods,
    reason = "this measures, when it is asked to"
)]
fn now() -> Instant {
    Instant::now()
}

/// A folder with an identity, as every start but the first finds it, and the port.
struct Installed {
    folder: tempfile::TempDir,
    port: u16,
}

struct Started(Child);

impl Drop for Started {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Installed {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = taken.local_addr().unwrap().port();
        let settings = format!("port = {port}\n[origins]\nprograms = true\n");
        std::fs::write(folder.path().join("agent.toml"), settings).unwrap();
        let shown = run(
            PROGRAM,
            &["--data", text(folder.path()), "identity", "show"],
        );
        assert!(shown.0, "{}", shown.1);
        Self { folder, port }
    }

    fn start(&self) -> Started {
        let child = Command::new(PROGRAM)
            .args(["--data", text(self.folder.path()), "run"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        Started(child.unwrap())
    }

    /// Until the greeting's first octet is here: connection, TLS and switch of protocols.
    fn greeted(&self, client: &Arc<ClientConfig>) -> StreamOwned<ClientConnection, TcpStream> {
        let stream = loop {
            match TcpStream::connect(("127.0.0.1", self.port)) {
                Ok(stream) => break stream,
                Err(_) => std::hint::spin_loop(),
            }
        };
        stream.set_nodelay(true).unwrap();
        let name = ServerName::try_from("127.0.0.1").unwrap();
        let connection = ClientConnection::new(Arc::clone(client), name).unwrap();
        let mut stream = StreamOwned::new(connection, stream);
        let head = format!(
            "GET / HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
            self.port
        );
        stream.write_all(head.as_bytes()).unwrap();
        let mut seen = Vec::new();
        while !seen.ends_with(b"\r\n\r\n") {
            let mut octet = [0];
            stream.read_exact(&mut octet).unwrap();
            seen.push(octet[0]);
        }
        let mut first = [0];
        stream.read_exact(&mut first).unwrap();
        stream
    }

    fn client(&self) -> Arc<ClientConfig> {
        let pem = std::fs::read(self.folder.path().join("identity/authority.pem")).unwrap();
        let authority = Certificate::from_pem(&pem).unwrap();
        let mut roots = RootCertStore::empty();
        roots
            .add(CertificateDer::from(authority.der().to_vec()))
            .unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        Arc::new(config)
    }
}

fn milliseconds(mut times: Vec<Duration>) -> Value {
    times.sort();
    let of = |time: &Duration| time.as_secs_f64() * 1000.0;
    json!({ "median": of(&times[times.len() / 2]), "worst": of(times.last().unwrap()), "of": times.len() })
}

/// Resident memory, MiB.
fn resident(started: &Started) -> f64 {
    let path = format!("/proc/{}/status", started.0.id());
    let status = std::fs::read_to_string(path).unwrap();
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .unwrap();
    let kib: f64 = line.trim().trim_end_matches(" kB").parse().unwrap();
    kib / 1024.0
}

fn first_octets() -> (Value, Value) {
    let installed = Installed::new();
    let client = installed.client();
    let mut times = Vec::new();
    let mut memory = Vec::new();
    for _ in 0..STARTS {
        let began = now();
        let started = installed.start();
        let stream = installed.greeted(&client);
        times.push(began.elapsed());
        // Ten more sites that are connected and ask nothing.
        let sites: Vec<_> = (0..10).map(|_| installed.greeted(&client)).collect();
        memory.push(resident(&started));
        drop((stream, sites));
    }
    memory.sort_by(f64::total_cmp);
    (milliseconds(times), json!(memory.last()))
}

/// Octets of the program without symbols.
fn stripped() -> u64 {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("stripped");
    let (done, words) = run("strip", &["-o", text(&path), PROGRAM]);
    assert!(done, "{words}");
    std::fs::metadata(path).unwrap().len()
}

/// Signatures a second by the key alone, and documents a second through one request, in turns.
fn many() -> Value {
    let agent = Running::start();
    let mut page = agent.page();
    let signer = key(RSA);
    let data: Vec<String> = (0..DOCUMENTS).map(|n| format!("document {n}")).collect();
    let order = json!({
        "allowedStorages": ["PKCS12"], "format": "cms", "data": data, "signingParams": {},
        "signerParams": { "extKeyUsageOids": [] },
    });
    let (mut raw, mut through) = (Duration::ZERO, Duration::ZERO);
    for _ in 0..ROUNDS {
        let began = now();
        for document in &data {
            signer.sign(document.as_bytes()).unwrap();
        }
        raw += began.elapsed();
        let asked = agent.owner.seen().len();
        let began = now();
        let answer = page.basics(&order);
        through += began.elapsed();
        assert_eq!(
            answer["body"]["result"].as_array().unwrap().len(),
            DOCUMENTS
        );
        assert_eq!(agent.owner.seen().len(), asked + 1, "one entry");
    }
    let count = f64::from(u32::try_from(DOCUMENTS * ROUNDS).unwrap());
    let (raw, through) = (count / raw.as_secs_f64(), count / through.as_secs_f64());
    json!({ "raw_per_second": raw, "documents_per_second": through, "share": through / raw })
}

fn large() -> Value {
    let agent = Running::start();
    let mut page = agent.page();
    let path = agent.path("large");
    std::fs::write(&path, vec![0x5a; MIBS * 1024 * 1024]).unwrap();
    let order = json!(["PKCS12", "SIGNATURE", text(&path), false]);
    let mut times = Vec::new();
    for _ in 0..ROUNDS {
        let began = now();
        let answer = page.common("createCAdESFromFile", &order);
        times.push(began.elapsed());
        assert_eq!(answer["code"], "200");
    }
    milliseconds(times)
}

#[test]
#[ignore = "measures, on an idle machine: scripts/bench-agent.sh"]
fn figures() {
    let (first_octet, memory) = first_octets();
    let told = json!({
        "first_octet_milliseconds": first_octet,
        "idle_memory_mib": memory,
        "stripped_octets": stripped(),
        "documents": DOCUMENTS,
        "many": many(),
        "large_mib": MIBS,
        "large_milliseconds": large(),
    });
    println!("FIGURES {told}");
}
