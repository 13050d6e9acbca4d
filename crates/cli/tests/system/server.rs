//! A real installation in a temporary folder: made, filled and run by the program itself.

use std::cell::Cell;
use std::fs::{self, OpenOptions};
use std::net::TcpListener;
use std::panic::{self, AssertUnwindSafe};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rand::rngs::{StdRng, SysRng};
use rand::{RngExt as _, SeedableRng as _};
use serde_json::Value;
use tanba_crypto::{KeyAlgorithm, SoftwareKey};
use tanba_model::iin::Iin;
use tanba_pki::profile::{Profile, Subject};
use tanba_pki::{Certificate, CertificateRequest, RequestAttributes, Timestamp};
use tempfile::TempDir;

use crate::citizen::{Citizen, Client, Pair, new_key};
use crate::mailbox::Mailbox;

/// Tries of a server that is starting, a tenth of a second apart.
const TRIES: u32 = 300;

/// The time of this computer.
#[expect(clippy::disallowed_methods, reason = "people's computers have clocks")]
pub(crate) fn now() -> Timestamp {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .expect("a time after 1970");
    Timestamp::from_unix(i64::try_from(since.as_secs()).expect("seconds"))
}

/// A random generator of the operating system's seed.
pub(crate) fn random() -> StdRng {
    StdRng::try_from_rng(&mut SysRng).expect("random numbers")
}

#[expect(clippy::disallowed_methods, reason = "another process is waited for")]
pub(crate) fn pause(duration: Duration) {
    std::thread::sleep(duration);
}

/// The value of a variable of the environment.
#[expect(clippy::disallowed_methods, reason = "a test is told where things are")]
pub(crate) fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// The program that is tested.
pub(crate) fn program() -> PathBuf {
    environment("TANBA_BIN").map_or_else(|| env!("CARGO_BIN_EXE_tanba").into(), PathBuf::from)
}

/// Runs a command that has to succeed and returns what it printed.
pub(crate) fn run(command: &mut Command) -> String {
    let output = command
        .output()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}\n{text}\n{complaint}");
    text
}

/// Ports that no outgoing connection takes while a server is down (Linux gives those from 32768 on).
fn ports() -> [u16; 2] {
    let mut random = random();
    let mut free = || {
        let taken = |port: &u16| TcpListener::bind(("127.0.0.1", *port)).is_err();
        (0..1000)
            .map(|_| random.random_range(20_000..32_000))
            .find(|port| !taken(port))
            .expect("a free port")
    };
    [free(), free()]
}

/// What is chosen for an installation.
#[derive(Clone, Debug, Default)]
pub(crate) struct Choice {
    /// Further arguments of `tanba init`.
    pub(crate) arguments: Vec<&'static str>,
    /// What is put into the configuration: (line as it stands, line as it shall be).
    pub(crate) edits: Vec<(&'static str, String)>,
    /// Whether the cabinet speaks TLS; certificate and key are put into `tls/` before the start.
    pub(crate) tls: bool,
    /// Variables of the environment of everything that the program does.
    pub(crate) environment: Vec<(&'static str, String)>,
}

/// An installation and, between start and end, its server.
#[derive(Debug)]
pub(crate) struct Installation {
    folder: TempDir,
    server: Option<Child>,
    environment: Vec<(&'static str, String)>,
    pub(crate) mailbox: Mailbox,
    /// The cabinet as browsers see it.
    pub(crate) origin: String,
    /// The cabinet's port.
    pub(crate) port: u16,
    /// What stands in certificates.
    pub(crate) machines: String,
    /// Whether a test changed what the audit log has evidence of.
    is_forged: Cell<bool>,
}

impl Installation {
    /// Makes one with high limits and starts its server.
    pub(crate) fn start() -> Self {
        let mut installation = Self::make(&Choice::default());
        installation.serve();
        installation
    }

    /// Makes one; nothing runs yet.
    pub(crate) fn make(choice: &Choice) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let [port, machines_port] = ports();
        let scheme = if choice.tls { "https" } else { "http" };
        let installation = Self {
            mailbox: Mailbox::open(),
            server: None,
            environment: choice.environment.clone(),
            origin: format!("{scheme}://localhost:{port}"),
            port,
            machines: format!("http://127.0.0.1:{machines_port}"),
            is_forged: Cell::new(false),
            folder,
        };
        let mut init = installation.command();
        init.args(["init", "--folder"]).arg(installation.path(""));
        init.args([
            "--public-url",
            &installation.machines,
            "--origin",
            &installation.origin,
        ]);
        init.arg("--passphrase-file")
            .arg(installation.path("passphrase"));
        run(init.args(&choice.arguments));
        installation.configure(machines_port, &choice.edits);
        installation
    }

    fn configure(&self, machines_port: u16, edits: &[(&'static str, String)]) {
        let mut all = vec![
            (
                "#listen = \"0.0.0.0:8443\"",
                format!("listen = \"127.0.0.1:{}\"", self.port),
            ),
            (
                "#machines = \"0.0.0.0:8080\"",
                format!("machines = \"127.0.0.1:{machines_port}\""),
            ),
            ("#port = 25", format!("port = {}", self.mailbox.port)),
            // The looser policy, because it leaves a thief more to try.
            (
                "#certificate_email = \"confirmed\"",
                "certificate_email = \"as-typed\"".to_owned(),
            ),
        ];
        for (limit, default) in [
            ("sign_ins_per_minute", 30),
            ("codes_per_minute", 20),
            ("codes_per_application_per_minute", 10),
            ("steps_per_person_per_minute", 60),
            ("persons_per_staff_per_minute", 60),
            ("persons_per_staff_per_day", 300),
            ("look_ups_per_minute", 20),
            ("look_ups_per_number_per_minute", 20),
        ] {
            let line: &'static str = format!("#{limit} = {default}").leak();
            all.push((line, format!("{limit} = 100000")));
        }
        all.extend(edits.iter().cloned());
        let mut text = fs::read_to_string(self.path("tanba.toml")).expect("a configuration");
        for (line, edited) in all {
            assert!(text.contains(line), "the configuration has no line {line}");
            text = text.replacen(line, &edited, 1);
        }
        fs::write(self.path("tanba.toml"), text).expect("a configuration");
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join("house").join(name)
    }

    /// Runs a command of the installation, which has to succeed.
    pub(crate) fn tanba(&self, arguments: &[&str]) -> String {
        run(self
            .command()
            .args(arguments)
            .arg("--config")
            .arg(self.path("tanba.toml")))
    }

    /// The program in the environment that was chosen.
    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new(program());
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command
    }

    /// Runs a command of the installation, which has to be refused; gives the sentence.
    pub(crate) fn refusal(&self, arguments: &[&str]) -> String {
        let output = self
            .command()
            .args(arguments)
            .arg("--config")
            .arg(self.path("tanba.toml"))
            .output()
            .expect("the program runs");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {said}");
        said
    }

    /// Runs a command of the installation, which has to fail, whoever is to blame.
    pub(crate) fn failure(&self, arguments: &[&str]) -> String {
        let output = self
            .command()
            .args(arguments)
            .arg("--config")
            .arg(self.path("tanba.toml"))
            .output()
            .expect("the program runs");
        assert!(!output.status.success(), "{arguments:?} was done");
        String::from_utf8_lossy(&output.stderr).into_owned()
    }

    /// The same, with facts as JSON.
    pub(crate) fn facts(&self, arguments: &[&str]) -> Value {
        let text = self.tanba(&[arguments, &["--json"]].concat());
        serde_json::from_str(&text).expect("JSON")
    }

    /// Starts the server and waits until it answers.
    pub(crate) fn serve(&mut self) {
        assert!(self.server.is_none(), "the server runs");
        let path = self.path("server.log");
        let log = OpenOptions::new()
            .create(true)
            .append(true)
            .open(path)
            .expect("a log");
        let server = self
            .command()
            .args(["serve", "--config"])
            .arg(self.path("tanba.toml"))
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .expect("the program runs");
        self.server = Some(server);
        let machines = Client::new(&self.machines, &self.machines);
        for _ in 0..TRIES {
            if machines
                .get("/health/live")
                .is_ok_and(|answer| answer.status == 200)
            {
                return;
            }
            let server = self.server.as_mut().expect("a server");
            if let Ok(Some(status)) = server.try_wait() {
                panic!("the server ended with {status}:\n{}", self.log());
            }
            pause(Duration::from_millis(100));
        }
        panic!("the server does not answer:\n{}", self.log());
    }

    /// Ends the server at once (SIGKILL), wherever it is.
    pub(crate) fn kill(&mut self) {
        if let Some(mut server) = self.server.take() {
            server.kill().expect("a server");
            server.wait().expect("a server");
        }
    }

    /// Asks the server to end (SIGTERM) and waits until it did.
    pub(crate) fn stop(&mut self) {
        let mut server = self.server.take().expect("a server");
        run(Command::new("kill").args(["-TERM", &server.id().to_string()]));
        let status = server.wait().expect("a server");
        assert!(status.success(), "{status}:\n{}", self.log());
    }

    /// What the server wrote so far.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.path("server.log")).unwrap_or_default()
    }

    /// What the kernel says of the server.
    pub(crate) fn status(&self) -> String {
        let server = self.server.as_ref().expect("a server");
        let status = format!("/proc/{}/status", server.id());
        fs::read_to_string(status).expect("a process")
    }

    /// The most memory that the server had so far, octets.
    pub(crate) fn peak_memory(&self) -> u64 {
        let status = self.status();
        let line = status
            .lines()
            .find_map(|line| line.strip_prefix("VmHWM:"))
            .expect("a peak");
        let kilobytes = line.trim().trim_end_matches(" kB");
        kilobytes.parse::<u64>().expect("kilobytes") * 1024
    }

    /// Somebody at her browser.
    pub(crate) fn client(&self) -> Client {
        Client::new(&format!("http://127.0.0.1:{}", self.port), &self.origin)
    }

    /// Changes the database behind the server's back: the only way to let time pass.
    pub(crate) fn sql(&self, statement: &str) -> usize {
        let database = rusqlite::Connection::open(self.path("tanba.sqlite")).expect("a database");
        database
            .busy_timeout(Duration::from_secs(10))
            .expect("a database");
        let evident = ["person", "certificate", "application"];
        if evident.iter().any(|table| statement.contains(table)) {
            self.is_forged.set(true);
        }
        database.execute(statement, []).expect("SQL")
    }

    /// Whatever was done in the usual ways, the database says what the audit log says.
    fn is_compared(&self) {
        if self.is_forged.get() {
            return;
        }
        let output = self
            .command()
            .args(["certificate", "check", "--all", "--json", "--config"])
            .arg(self.path("tanba.toml"))
            .output()
            .expect("the program runs");
        let said: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        let findings = said["findings"].as_array().expect("findings");
        // That an authority counts no more is what its test did, and true.
        let others: Vec<&Value> = findings
            .iter()
            .filter(|finding| finding["code"] != "authority-unfit")
            .collect();
        assert!(others.is_empty(), "{others:?}");
    }

    /// A number out of the database.
    pub(crate) fn count(&self, query: &str) -> i64 {
        let database = rusqlite::Connection::open(self.path("tanba.sqlite")).expect("a database");
        database
            .busy_timeout(Duration::from_secs(10))
            .expect("a database");
        database
            .query_row(query, [], |row| row.get(0))
            .expect("SQL")
    }

    /// Octets out of the database.
    pub(crate) fn blob(&self, query: &str) -> Vec<u8> {
        let database = rusqlite::Connection::open(self.path("tanba.sqlite")).expect("a database");
        database
            .query_row(query, [], |row| row.get(0))
            .expect("SQL")
    }

    /// Certificates of people that were issued so far.
    pub(crate) fn issued(&self) -> i64 {
        self.count(
            "SELECT count(*) FROM certificate WHERE person_id IS NOT NULL AND der IS NOT NULL",
        )
    }

    /// Enters a person and gives her the first two keys.
    pub(crate) fn citizen(&self, name: &str, email: &str) -> Citizen {
        let profiles = [
            "kz-individual-authentication-rsa",
            "kz-individual-signature-rsa",
        ];
        self.citizen_with(name, email, profiles, KeyAlgorithm::Rsa { bits: 2048 })
    }

    pub(crate) fn citizen_with(
        &self,
        name: &str,
        email: &str,
        profiles: [&str; 2],
        algorithm: KeyAlgorithm,
    ) -> Citizen {
        let person = self.register(name, email);
        let [authentication, signature] = profiles.map(|profile| {
            let key = Arc::new(new_key(algorithm));
            let certificate = self.certify(&person, profile, &key);
            Pair { key, certificate }
        });
        Citizen {
            iin: person.iin,
            email: email.to_owned(),
            authentication,
            signature,
        }
    }

    /// Enters a person.
    pub(crate) fn register(&self, name: &str, email: &str) -> Subject {
        let digits: u64 = name.bytes().fold(7, |sum: u64, octet| {
            sum.wrapping_mul(31).wrapping_add(u64::from(octet))
        });
        let iin = (0..10)
            .find_map(|last| Iin::complete(&format!("850101{:04}{last}", digits % 10_000)))
            .expect("a number");
        let iin = iin.as_str().to_owned();
        let list = format!(
            "iin,surname,given_name,patronymic,email,language\n{iin},{name},Әйгерім,Болатқызы,{email},kk\n"
        );
        let file = self.path(&format!("{name}.csv"));
        fs::write(&file, list).expect("a list");
        self.tanba(&["person", "import", text(&file)]);
        Subject {
            surname: name.to_uppercase(),
            given_name: "ӘЙГЕРІМ".to_owned(),
            patronymic: Some("БОЛАТҚЫЗЫ".to_owned()),
            iin,
            country: "KZ".to_owned(),
            ..Subject::default()
        }
    }

    /// Writes a request for a key; the file.
    pub(crate) fn request(&self, person: &Subject, profile: &str, key: &SoftwareKey) -> PathBuf {
        let name = Profile::builtin(profile)
            .expect("a profile")
            .subject_name(person)
            .expect("a name");
        let request = CertificateRequest::build(&name, key, &RequestAttributes::default())
            .expect("a request");
        let file = self.path(&format!("{}-{profile}.der", person.iin));
        fs::write(&file, request).expect("a request");
        file
    }

    /// A first certificate for a key, by `tanba certificate issue`.
    pub(crate) fn certify(
        &self,
        person: &Subject,
        profile: &str,
        key: &SoftwareKey,
    ) -> Certificate {
        let file = self.request(person, profile, key);
        let output = self.path(&format!("{}-{profile}.pem", person.iin));
        let mut arguments = vec![
            "certificate",
            "issue",
            "--person",
            &person.iin,
            "--profile",
            profile,
            "--request",
            text(&file),
            "--output",
            text(&output),
        ];
        for (option, value) in [
            ("--organization", &person.organization),
            ("--bin", &person.bin),
            ("--common-name", &person.common_name),
        ] {
            arguments.extend(value.iter().flat_map(|value| [option, value.as_str()]));
        }
        self.tanba(&arguments);
        let chain =
            Certificate::pem_many(&fs::read(&output).expect("a chain")).expect("certificates");
        chain.into_iter().next().expect("a certificate")
    }
}

impl Installation {
    /// Neither the log nor the last numbers tell of anybody who is in the database.
    pub(crate) fn names_nobody(&self) {
        let people = crate::privacy::people(&self.path("tanba.sqlite"));
        let told = crate::privacy::betrayal(&people, &self.log());
        assert!(told.is_none(), "the log tells of somebody: {told:?}");
        if self.server.is_some() {
            let machines = Client::new(&self.machines, &self.machines);
            if let Ok(numbers) = machines.get("/metrics") {
                let told = crate::privacy::betrayal(&people, &numbers.body.to_string());
                assert!(told.is_none(), "a number tells of somebody: {told:?}");
            }
        }
    }
}

impl Drop for Installation {
    fn drop(&mut self) {
        let checked = panic::catch_unwind(AssertUnwindSafe(|| {
            if !std::thread::panicking() {
                self.names_nobody();
                self.is_compared();
            }
        }));
        // Whatever was found, no server is left behind.
        self.kill();
        if let Err(found) = checked {
            panic::resume_unwind(found);
        }
    }
}

/// A path as text.
pub(crate) fn text(path: &Path) -> &str {
    path.to_str().expect("text")
}
