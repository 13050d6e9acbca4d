//! What the agent costs: `scripts/bench-agent.sh` runs this with the release program on a machine that does nothing else.
//! It measures and asserts no time; one line of JSON.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tanba_agent::containers::{ContainerStore as _, Storage};
use tanba_crypto::{Secret, Signer};

use crate::harness::{Running, program, run, text};
use crate::maker::{RSA, key};
use crate::plug::{PIN, Plug, Table, stage};
use crate::tls::{Connection, Tls};
use crate::tokens::furnish;

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
            &program(),
            &["--data", text(folder.path()), "identity", "show"],
        );
        assert!(shown.0, "{}", shown.1);
        Self { folder, port }
    }

    fn start(&self) -> Started {
        let child = Command::new(program())
            .args(["--data", text(self.folder.path()), "run"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        Started(child.unwrap())
    }

    /// Until the greeting's first octet is here: connection, TLS and switch of protocols.
    fn greeted(&self, client: &Tls) -> Connection {
        let stream = loop {
            match TcpStream::connect(("127.0.0.1", self.port)) {
                Ok(stream) => break stream,
                Err(_) => std::hint::spin_loop(),
            }
        };
        stream.set_nodelay(true).unwrap();
        let mut stream = client.over(stream, "127.0.0.1");
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

    fn client(&self) -> Tls {
        Tls::trusting_file(&self.folder.path().join("identity/authority.pem"))
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
    let (done, words) = run("strip", &["-o", text(&path), &program()]);
    assert!(done, "{words}");
    std::fs::metadata(path).unwrap().len()
}

/// Signatures a second by the key alone, and documents a second through one request, in turns. The key is opened anew for each
/// turn: a driver of tokens is one for the whole process, and the agent closes the token when it has signed.
fn many(agent: &Running, storage: Storage, open: &dyn Fn() -> Arc<dyn Signer>) -> Value {
    let mut page = agent.page();
    let data: Vec<String> = (0..DOCUMENTS).map(|n| format!("document {n}")).collect();
    let order = json!({
        "allowedStorages": [storage], "format": "cms", "data": data, "signingParams": {},
        "signerParams": { "extKeyUsageOids": [] },
    });
    let (mut raw, mut through) = (Duration::ZERO, Duration::ZERO);
    let mut shares = Vec::new();
    for _ in 0..ROUNDS {
        let signer = open();
        let began = now();
        for document in &data {
            signer.sign(document.as_bytes()).unwrap();
        }
        let alone = began.elapsed();
        let asked = agent.owner.seen().len();
        let began = now();
        let answer = page.basics(&order);
        let together = began.elapsed();
        shares.push(alone.as_secs_f64() / together.as_secs_f64());
        raw += alone;
        through += together;
        assert_eq!(
            answer["body"]["result"].as_array().unwrap().len(),
            DOCUMENTS
        );
        assert_eq!(agent.owner.seen().len(), asked + 1, "one entry");
    }
    shares.sort_by(f64::total_cmp);
    let count = f64::from(u32::try_from(DOCUMENTS * ROUNDS).unwrap());
    json!({
        "raw_per_second": count / raw.as_secs_f64(),
        "documents_per_second": count / through.as_secs_f64(),
        "share": shares[shares.len() / 2],
        "rounds": ROUNDS,
    })
}

fn many_by_a_file() -> Value {
    many(&Running::start(), Storage::Pkcs12, &|| Arc::new(key(RSA)))
}

/// A token in software: what is measured is what the agent adds to a driver's calls.
fn many_by_a_token(table: &Table) -> Value {
    table.plug_in("kaztoken");
    let agent = table.agent();
    agent.owner.uses_token(Storage::Kaztoken, "kaztoken", PIN);
    furnish(&agent, &mut agent.page(), Storage::Kaztoken, "RSA-2048");
    let store = table.store();
    let open = || {
        let container = store.list(Storage::Kaztoken).remove(0);
        let held = store.open(&container.id, &Secret::from(PIN.to_owned()));
        held.unwrap().remove(0).signer.unwrap()
    };
    many(&agent, Storage::Kaztoken, &open)
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
    let told = stage(Plug::Fast, "figures::figures", |table| {
        println!("\nTOKEN {}", many_by_a_token(table));
    });
    // This is the process of the token, which has told what it had to.
    let Some(token) = told.lines().find_map(|line| line.strip_prefix("TOKEN ")) else {
        return;
    };
    let token: Value = serde_json::from_str(token).unwrap();
    let (first_octet, memory) = first_octets();
    let told = json!({
        "first_octet_milliseconds": first_octet,
        "idle_memory_mib": memory,
        "stripped_octets": stripped(),
        "documents": DOCUMENTS,
        "many": many_by_a_file(),
        "many_by_a_token": token,
        "large_mib": MIBS,
        "large_milliseconds": large(),
    });
    println!("\nFIGURES {told}");
}
