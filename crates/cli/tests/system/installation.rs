//! A real installation from outside: made, filled, served, looked after.
#![cfg(test)]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

pub(crate) mod evidence;

/// People of a register, all invented; the IINs have their check digits.
const PEOPLE: &str = "iin,surname,given_name,patronymic,email,language\n\
    {1},Сағынтаева,Әйгерім,Нұрланқызы,aigerim@example.kz,kk\n\
    {2},\"Ахметов\",Данияр,,,ru\n";

/// An installation in a folder of its own.
pub(crate) struct Installation {
    folder: TempDir,
    /// What its commands find in their environment.
    environment: Vec<(&'static str, String)>,
}

impl Installation {
    /// What people are told, oldest first.
    pub(crate) fn outbox(&self) -> Vec<Value> {
        let database = rusqlite::Connection::open(self.path("tanba.sqlite")).expect("a database");
        let mut query = database
            .prepare("SELECT body FROM message ORDER BY id")
            .expect("an outbox");
        let rows = query
            .query_map([], |row| row.get::<_, String>(0))
            .expect("bodies");
        rows.map(|body| serde_json::from_str(&body.expect("a body")).expect("JSON"))
            .collect()
    }

    pub(crate) fn new(arguments: &[&str]) -> Self {
        Self::with_environment(arguments, Vec::new())
    }

    pub(crate) fn with_environment(
        arguments: &[&str],
        environment: Vec<(&'static str, String)>,
    ) -> Self {
        let installation = Self {
            folder: tempfile::tempdir().expect("a folder"),
            environment,
        };
        let fixed = [
            "init",
            "--folder",
            ".",
            "--public-url",
            "http://pki.example.kz",
            "--origin",
            "https://cabinet.example.kz",
            "--passphrase-file",
            "passphrase",
            "--shards",
            "2",
        ];
        let output = installation.tanba(&[&fixed, arguments].concat());
        assert!(output.status.success(), "{}", text(&output.stderr));
        installation.edit("#listen = \"0.0.0.0:8443\"", "listen = \"127.0.0.1:0\"");
        installation.edit("#machines = \"0.0.0.0:8080\"", "machines = \"127.0.0.1:0\"");
        installation
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn edit(&self, from: &str, to: &str) {
        let content = std::fs::read_to_string(self.path("tanba.toml")).expect("a configuration");
        assert!(content.contains(from), "{from}");
        std::fs::write(self.path("tanba.toml"), content.replace(from, to)).expect("written");
    }

    pub(crate) fn command(&self, program: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(program);
        command
            .args(arguments)
            .current_dir(self.folder.path())
            .envs(self.environment.clone())
            .env_remove("TANBA_CONFIG");
        command
    }

    pub(crate) fn tanba(&self, arguments: &[&str]) -> Output {
        self.command(env!("CARGO_BIN_EXE_tanba"), arguments)
            .output()
            .expect("the program runs")
    }

    /// The facts that a command prints.
    pub(crate) fn facts(&self, arguments: &[&str]) -> Value {
        let output = self.tanba(&[&["--json"], arguments].concat());
        assert!(
            output.status.success(),
            "{arguments:?}: {}",
            text(&output.stderr)
        );
        serde_json::from_slice(&output.stdout).expect("JSON")
    }

    /// The sentence with which a command is refused.
    pub(crate) fn refusal(&self, arguments: &[&str]) -> String {
        let output = self.tanba(arguments);
        assert_eq!(
            output.status.code(),
            Some(1),
            "{arguments:?}: {}",
            text(&output.stdout)
        );
        let sentence = text(&output.stderr);
        assert_eq!(sentence.lines().count(), 1, "{sentence}");
        sentence
    }

    pub(crate) fn openssl(&self, arguments: &[&str]) -> String {
        let output = self
            .command("openssl", arguments)
            .output()
            .expect("openssl runs");
        assert!(
            output.status.success(),
            "{arguments:?}: {}",
            text(&output.stderr)
        );
        text(&output.stdout)
    }

    pub(crate) fn import_people(&self) -> [String; 2] {
        let iins = ["90031240011", "85070130045"].map(iin);
        let content = PEOPLE.replace("{1}", &iins[0]).replace("{2}", &iins[1]);
        std::fs::write(self.path("people.csv"), content).expect("written");
        assert_eq!(
            self.facts(&["person", "import", "people.csv"])["entered"],
            2
        );
        iins
    }

    pub(crate) fn serve(&self) -> Server {
        let mut child = self
            .command(env!("CARGO_BIN_EXE_tanba"), &["serve"])
            .stderr(Stdio::piped())
            .spawn()
            .expect("the server starts");
        let mut log = BufReader::new(child.stderr.take().expect("a log"));
        let mut line = String::new();
        while !line.contains("serving") {
            line.clear();
            assert!(
                log.read_line(&mut line).expect("a line") > 0,
                "the server ended"
            );
        }
        let address = |key: &str| {
            let rest = line.split(&format!("{key}=")).nth(1).expect("an address");
            rest.split_whitespace()
                .next()
                .expect("an address")
                .to_owned()
        };
        let (people, machines) = (address("people"), address("machines"));
        // The log is read to the end, so that the server never waits for a reader.
        let reader = std::thread::spawn(move || {
            let mut rest = String::new();
            let _ = log.read_to_string(&mut rest);
            rest
        });
        Server {
            child,
            people,
            machines,
            reader: Some(reader),
        }
    }
}

pub(crate) struct Server {
    child: Child,
    people: String,
    pub(crate) machines: String,
    reader: Option<std::thread::JoinHandle<String>>,
}

impl Server {
    /// Ends it as systemd does; its exit code and the rest of its log.
    pub(crate) fn terminate(mut self) -> (Option<i32>, String) {
        let status = Command::new("kill")
            .args(["-TERM", &self.child.id().to_string()])
            .status()
            .expect("kill runs");
        assert!(status.success());
        let code = self.child.wait().expect("an end").code();
        (
            code,
            self.reader.take().expect("a reader").join().expect("a log"),
        )
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn iin(eleven: &str) -> String {
    tanba_model::iin::Iin::complete(eleven)
        .expect("a check digit")
        .as_str()
        .to_owned()
}

pub(crate) fn text(octets: &[u8]) -> String {
    String::from_utf8_lossy(octets).into_owned()
}

/// A plain HTTP request; status line and everything behind it.
fn get(address: &str, path: &str, headers: &str) -> String {
    get_as(address, address, path, headers)
}

/// The same under another name.
pub(crate) fn get_as(address: &str, host: &str, path: &str, headers: &str) -> String {
    let mut stream = TcpStream::connect(address).expect("the server listens");
    write!(
        stream,
        "GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n{headers}\r\n"
    )
    .expect("sent");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).expect("answered");
    text(&answer)
}

fn request(installation: &Installation, name: &str) {
    let (key, file) = (format!("{name}.key"), format!("{name}.csr"));
    installation.openssl(&[
        "req", "-new", "-newkey", "rsa:2048", "-nodes", "-subj", "/", "-keyout", &key, "-out",
        &file,
    ]);
}

fn words(line: &str) -> Vec<&str> {
    line.split(' ').collect()
}

/// The command that issues a signature certificate for the request that was made last.
fn issue(iin: &str) -> Vec<&str> {
    let issue = "certificate issue --profile kz-individual-signature-rsa --request signature.csr -o signature.pem";
    [&words(issue)[..], &["--person", iin]].concat()
}

#[test]
fn first_people_get_first_keys_from_the_command_line() {
    let installation = Installation::new(&["--trusted-proxy", "127.0.0.1"]);
    let [iin, other] = installation.import_people();
    let imported = installation.facts(&["person", "import", "people.csv"]);
    assert_eq!(imported["already_there"], 2);
    let person = installation.facts(&["person", "show", &iin]);
    assert_eq!(person["surname"], "САҒЫНТАЕВА");
    assert_eq!(person["email"], "aigerim@example.kz");

    request(&installation, "signature");
    let issued = installation.facts(&issue(&iin));
    assert_eq!(
        (&issued["status"], &issued["channel"]),
        (&"valid".into(), &"administrator".into())
    );
    let verify = "verify -CAfile root.pem -untrusted signature.pem signature.pem";
    installation.openssl(&words(verify));
    let subject = installation.openssl(&words(
        "x509 -in signature.pem -noout -subject -nameopt utf8",
    ));
    assert!(subject.contains("САҒЫНТАЕВА"), "{subject}");
    assert!(subject.contains(&format!("IIN{iin}")), "{subject}");

    let again = installation.refusal(&issue(&other));
    assert!(again.contains("used before"), "{again}");
    let nobody = installation.tanba(&["person", "show", "123"]);
    assert_eq!(nobody.status.code(), Some(2));
    assert!(text(&nobody.stderr).contains("12 digits"));
    let applications = installation.facts(&["application", "list"]);
    assert!(applications.as_array().is_some_and(Vec::is_empty));
}

#[test]
fn an_issue_whose_file_was_lost_is_repeated_and_gives_the_same_certificate() {
    let installation = Installation::new(&["--trusted-proxy", "127.0.0.1"]);
    let [iin, _] = installation.import_people();
    request(&installation, "signature");
    let issued = installation.facts(&issue(&iin));
    // Whoever lost the file gets the same certificate again, and a file that cannot be written costs nothing.
    let certificate = std::fs::read(installation.path("signature.pem")).expect("a file");
    std::fs::remove_file(installation.path("signature.pem")).expect("removed");
    let repeated = installation.facts(&issue(&iin));
    assert_eq!(repeated["serial"], issued["serial"]);
    let again = std::fs::read(installation.path("signature.pem")).expect("a file");
    assert_eq!(again, certificate);
    let other_profile: Vec<&str> = issue(&iin)
        .into_iter()
        .map(|word| match word {
            "kz-individual-signature-rsa" => "kz-individual-authentication-rsa",
            word => word,
        })
        .collect();
    let refused = installation.refusal(&other_profile);
    assert!(refused.contains("used before"), "{refused}");
    request(&installation, "second");
    let into = |file: &'static str| {
        let line =
            "certificate issue --profile kz-individual-signature-rsa --request second.csr --person";
        [&words(line)[..], &[iin.as_str(), "-o", file]].concat()
    };
    let refused = installation.refusal(&into("no-such-folder/second.pem"));
    assert!(refused.contains("nothing was issued"), "{refused}");
    let listed = installation.facts(&["certificate", "list", "--person", &iin]);
    assert_eq!(listed.as_array().map(Vec::len), Some(1), "{listed}");
    // The file opens, and there is no room in it.
    let full = installation.refusal(&into("/dev/full"));
    let serial =
        installation.facts(&["certificate", "list", "--person", &iin])[0]["serial"].clone();
    let serial = serial.as_str().expect("a serial number");
    assert!(
        full.contains(serial) && full.contains("certificate show"),
        "{full}"
    );
    let repeated = installation.facts(&into("second.pem"));
    assert_eq!(repeated["serial"], serial);
    // What is not issued leaves no empty file behind.
    let frozen = ["certificate", "hold", serial, "--reason", "lost"];
    installation.facts(&frozen);
    let refused = installation.refusal(&into("third.pem"));
    assert!(refused.contains("revoked or frozen"), "{refused}");
    assert!(!installation.path("third.pem").exists());
}

#[test]
fn a_certificate_is_judged_without_its_issuer_and_its_chain_blocked() {
    let installation = Installation::new(&["--trusted-proxy", "127.0.0.1"]);
    let [iin, _] = installation.import_people();
    request(&installation, "signature");
    let issued = installation.facts(&issue(&iin));
    let serial = issued["serial"].as_str().expect("a serial number");
    // One read against its profile without its issuer at hand.
    let lint = "profile lint kz-individual-signature-rsa --certificate signature.pem";
    let judged = installation.tanba(&words(lint));
    assert!(judged.status.success(), "{}", text(&judged.stderr));
    assert!(text(&judged.stdout).contains("Nothing is wrong"));
    assert!(text(&judged.stderr).contains("--issuer"));
    let chain = std::fs::read_to_string(installation.path("signature.pem")).expect("text");
    let end = "-----END CERTIFICATE-----\n";
    let above: Vec<&str> = chain.split_inclusive(end).collect();
    std::fs::write(installation.path("issuer.pem"), above[1]).expect("written");
    let compared = installation.tanba(&words(&format!("{lint} --issuer issuer.pem")));
    assert!(compared.status.success(), "{}", text(&compared.stderr));
    assert_eq!(text(&compared.stderr), "");
    let wrong = installation.tanba(&words(&format!("{lint} --issuer root.pem")));
    assert_eq!(wrong.status.code(), Some(1), "another issuer is found out");
    // The key of the person of a whole chain, and not that of an authority.
    let blocked = [
        "key",
        "block",
        "signature.pem",
        "--reason",
        "it was on the web",
    ];
    assert_eq!(
        installation.facts(&blocked)["revoked"],
        serde_json::json!([serial])
    );
    let shuffled = [above[1], above[0], above[2]].concat();
    std::fs::write(installation.path("shuffled.pem"), shuffled).expect("written");
    let blocked = ["key", "block", "shuffled.pem", "--reason", "by mistake"];
    let refused = installation.refusal(&blocked);
    assert!(refused.contains("no chain"), "{refused}");
}

/// Who, from where, and why.
fn assert_evidence_of_the_end(installation: &Installation) {
    assert!(
        installation
            .tanba(&["audit", "export", "-o", "audit.jsonl"])
            .status
            .success()
    );
    let log = std::fs::read_to_string(installation.path("audit.jsonl")).expect("text");
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").expect("a name");
    for (action, why) in [
        (
            "certificate.hold",
            "certificateHold: she lost her telephone",
        ),
        ("certificate.revoke", "keyCompromise: it was found in a bus"),
    ] {
        let event = log
            .lines()
            .filter_map(|line| serde_json::from_str::<Value>(line).ok())
            .filter_map(|line| serde_json::from_str(line["event"].as_str()?).ok())
            .find(|event: &Value| event["action"] == action)
            .expect("an event");
        assert_eq!(event["detail"], why);
        assert_eq!(event["origin"], format!("host {}", host.trim()));
        assert_eq!(event["actor"]["kind"], "administrator");
    }
}

#[test]
#[expect(clippy::too_many_lines, reason = "one story, told in its order")]
fn a_certificate_is_frozen_released_and_revoked_from_the_command_line() {
    let installation = Installation::new(&["--trusted-proxy", "127.0.0.1"]);
    let [iin, _] = installation.import_people();
    request(&installation, "signature");
    let issued = installation.facts(&issue(&iin));
    let serial = issued["serial"].as_str().expect("a serial number");
    for (arguments, status) in [
        (&["certificate", "hold", serial][..], 2),
        (&["certificate", "hold", serial, "--reason", "  "], 2),
        (&["certificate", "revoke", serial], 2),
        (&["certificate", "revoke", serial, "--why", "two\nlines"], 2),
    ] {
        let refused = installation.tanba(arguments);
        assert_eq!(refused.status.code(), Some(status), "{arguments:?}");
    }
    let reason = "she lost her telephone";
    let held = installation.facts(&["certificate", "hold", serial, "--reason", reason]);
    assert_eq!(held["reason"], "certificateHold");
    let released = installation.facts(&[
        "certificate",
        "release",
        serial,
        "--reason",
        "a false alarm",
    ]);
    assert_eq!(released["status"], "valid");
    // Nothing is given back without a word, and the word is kept.
    let silent = installation.tanba(&["certificate", "release", serial]);
    assert_eq!(silent.status.code(), Some(2));
    assert!(text(&silent.stderr).contains("--reason"));
    let empty = installation.tanba(&["person", "release", &iin, "--reason", " "]);
    assert_eq!(empty.status.code(), Some(2));
    assert!(text(&empty.stderr).contains("say why"));
    installation.tanba(&["audit", "export", "-o", "log.jsonl"]);
    let log = std::fs::read_to_string(installation.path("log.jsonl")).expect("a log");
    let event = log
        .lines()
        .find(|line| line.contains("certificate.release"));
    assert!(
        event.is_some_and(|event| event.contains("a false alarm")),
        "{log}"
    );
    let revoke = |reason: &'static str| {
        let words = ["certificate", "revoke", serial, "--reason", reason];
        [&words[..], &["--why", "it was found in a bus"]].concat()
    };
    let revoked = installation.facts(&revoke("keyCompromise"));
    assert_eq!(revoked["status"], "revoked");
    let final_word = installation.refusal(&[
        "certificate",
        "release",
        serial,
        "--reason",
        "a false alarm",
    ]);
    assert!(final_word.contains("already revoked"), "{final_word}");
    let misused = installation.tanba(&revoke("boredom"));
    assert_eq!(misused.status.code(), Some(2));
    assert!(text(&misused.stderr).contains("boredom"));
    // Her address is told of everything that changed, and of nothing that did not; nothing is repeated.
    installation.facts(&revoke("keyCompromise"));
    let told: Vec<(String, String)> = installation
        .outbox()
        .iter()
        .filter(|body| body["kind"] == "by_administrator")
        .map(|body| {
            assert_eq!(body["serials"][0], serial);
            // Whoever did not ask for a release can undo it.
            let link = body["not_me_path"].as_str().expect("a path");
            assert_eq!(link.starts_with("/not-me/"), body["act"] == "released");
            let text = |name: &str| body[name].as_str().expect("a text").to_owned();
            (text("act"), text("reason"))
        })
        .collect();
    let expected = [("held", ""), ("released", ""), ("revoked", "keyCompromise")];
    assert_eq!(
        told,
        expected.map(|(act, reason)| (act.to_owned(), reason.to_owned()))
    );
    let listed = installation.facts(&["certificate", "list", "--person", &iin]);
    assert_eq!(
        (&listed[0]["serial"], &listed[0]["reason"]),
        (&serial.into(), &"keyCompromise".into())
    );
    assert_evidence_of_the_end(&installation);
    let checked = installation.facts(&["certificate", "check", "--all"]);
    assert_eq!(checked["faults"], 0, "{checked}");
    let lists = installation.facts(&["crl", "publish"]);
    let lists = lists.as_array().expect("lists");
    assert!(
        lists
            .iter()
            .any(|list| list["kind"] == "full" && list["entries"] == 1)
    );
}

#[test]
fn a_register_with_a_wrong_line_enters_nobody() {
    let installation = Installation::new(&["--trusted-proxy", "127.0.0.1"]);
    let good = iin("90031240011");
    let content = format!("iin,surname,given_name\n{good},A,B\n123456789012,C,D\n");
    std::fs::write(installation.path("people.csv"), content).expect("written");
    let refused = installation.tanba(&["person", "import", "people.csv"]);
    assert_eq!(refused.status.code(), Some(1));
    let sentence = text(&refused.stderr);
    assert!(
        sentence.contains("line 3") && !sentence.contains("123456789012"),
        "{sentence}"
    );
    assert!(
        installation
            .refusal(&["person", "show", &good])
            .contains("nobody")
    );
}

#[test]
fn one_wrong_line_in_a_hundred_thousand_is_named_and_nobody_is_entered() {
    const LINES: usize = 100_000;
    const WRONG: usize = 87_654;
    let installation = Installation::new(&["--trusted-proxy", "127.0.0.1"]);
    let mut content = "iin,surname,given_name,email\n".to_owned();
    let people = (0_u64..).filter_map(|at| {
        tanba_model::iin::Iin::complete(&format!(
            "{:06}{:05}",
            800_101 + at / 100_000,
            at % 100_000
        ))
    });
    for (line, iin) in (2..LINES + 2).zip(people) {
        let iin = iin.as_str();
        // A name with a comma that nobody put in quotation marks: the address would be lost, and the name cut.
        let row = if line == WRONG {
            format!("{iin},Smith, Jr,John,wrong@example.kz\n")
        } else {
            format!("{iin},Smith,John,\n")
        };
        content.push_str(&row);
    }
    std::fs::write(installation.path("people.csv"), &content).expect("written");
    let people = || {
        let database = rusqlite::Connection::open(installation.path("tanba.sqlite"));
        let count =
            database
                .expect("a database")
                .query_row("SELECT count(*) FROM person", [], |row| {
                    row.get::<_, i64>(0)
                });
        count.expect("a number")
    };
    let before = people();
    let refused = installation.tanba(&["person", "import", "people.csv"]);
    assert_eq!(refused.status.code(), Some(1));
    let told = text(&refused.stderr);
    let what = "the line has 5 cells and the first line 4";
    assert!(told.contains("nobody was entered"), "{told}");
    assert!(told.contains(&format!("line {WRONG}: {what}")), "{told}");
    assert_eq!(
        told.matches("line ").count(),
        3,
        "one line is wrong: {told}"
    );
    assert!(!told.contains("wrong@example.kz"), "{told}");
    assert_eq!(people(), before);

    // A program is told where, too, whether the others are entered or not.
    let refused = installation.tanba(&["--json", "person", "import", "people.csv"]);
    assert_eq!(refused.status.code(), Some(1));
    let facts: Value = serde_json::from_slice(&refused.stdout).expect("JSON");
    assert_eq!(
        (&facts["entered"], &facts["faults"][0]["line"]),
        (&0.into(), &WRONG.into())
    );
    let head: Vec<&str> = content.lines().take(3).collect();
    let few = format!("{}\n123,A,B\n", head.join("\n"));
    std::fs::write(installation.path("few.csv"), few).expect("written");
    let facts = installation.facts(&["person", "import", "few.csv", "--skip-bad"]);
    assert_eq!(
        (&facts["entered"], &facts["skipped"]),
        (&2.into(), &1.into())
    );
    let fault = &facts["faults"][0];
    assert_eq!(
        (&fault["line"], &fault["column"]),
        (&4.into(), &"iin".into())
    );
    assert!(
        fault["what"]
            .as_str()
            .is_some_and(|what| what.contains("12 digits")),
        "{fault}"
    );
    assert_eq!(people(), before + 2);
}

#[test]
fn a_list_that_comes_through_a_pipe_is_refused_at_once() {
    let installation = Installation::new(&["--trusted-proxy", "127.0.0.1"]);
    let made = installation.command("mkfifo", &["people.csv"]).status();
    assert!(made.expect("mkfifo runs").success());
    // Nobody ever writes into it: whoever opens it waits for ever.
    let refused = installation.refusal(&["person", "import", "people.csv"]);
    assert!(refused.contains("no file but a pipe"), "{refused}");
    assert!(refused.contains("nobody was entered"), "{refused}");
    let output = installation
        .command(
            env!("CARGO_BIN_EXE_tanba"),
            &["person", "import", "/dev/stdin"],
        )
        .stdin(Stdio::piped())
        .output()
        .expect("the program runs");
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("no file but a pipe"));
}

#[test]
fn evidence_is_verified_where_it_is_and_where_it_was_taken() {
    let installation = Installation::new(&["--trusted-proxy", "127.0.0.1"]);
    installation.import_people();
    assert!(
        installation
            .tanba(&["audit", "export", "-o", "audit.jsonl"])
            .status
            .success()
    );
    let verdict = installation.facts(&["audit", "verify"]);
    assert_eq!(verdict["valid"], true);
    let head = verdict["last_hash"].as_str().expect("a hash").to_owned();
    let elsewhere = Installation {
        folder: tempfile::tempdir().expect("a folder"),
        environment: Vec::new(),
    };
    std::fs::copy(
        installation.path("audit.jsonl"),
        elsewhere.path("audit.jsonl"),
    )
    .expect("copied");
    assert_eq!(
        elsewhere.facts(&["audit", "verify", "audit.jsonl", "--expect", &head]),
        verdict
    );

    let lines = std::fs::read_to_string(elsewhere.path("audit.jsonl")).expect("text");
    let lines: Vec<&str> = lines.lines().collect();
    let write = |name: &str, lines: &[&str]| {
        std::fs::write(elsewhere.path(name), lines.join("\n")).expect("written")
    };
    write("gap.jsonl", &[&lines[..2], &lines[3..]].concat());
    assert!(
        elsewhere
            .refusal(&["audit", "verify", "gap.jsonl"])
            .contains("record 3")
    );
    let edited = lines[4]
        .replace("system", "sistem")
        .replace("administrator", "administratoR");
    write(
        "edited.jsonl",
        &[&lines[..4], &[edited.as_str()], &lines[5..]].concat(),
    );
    assert!(
        elsewhere
            .refusal(&["audit", "verify", "edited.jsonl"])
            .contains("record 5")
    );
    write("short.jsonl", &lines[..lines.len() - 2]);
    assert!(
        elsewhere
            .refusal(&["audit", "verify", "short.jsonl", "--expect", &head])
            .contains("cut off")
    );
}

#[test]
fn a_server_answers_people_and_machines_and_ends_in_good_order() {
    let installation = Installation::new(&["--trusted-proxy", "127.0.0.1"]);
    let server = installation.serve();
    assert!(get(&server.machines, "/health/ready", "").starts_with("HTTP/1.1 200"));
    assert!(get(&server.machines, "/crl/nca-rsa.crl", "").starts_with("HTTP/1.1 200"));
    assert!(
        get(&server.machines, "/kk", "").starts_with("HTTP/1.1 404"),
        "pages are not for machines"
    );
    let page = get(&server.people, "/kk", "X-Forwarded-Proto: https\r\n");
    assert!(
        page.starts_with("HTTP/1.1 200") && page.to_lowercase().contains("content-security-policy"),
        "{page}"
    );
    let plain = get(&server.people, "/kk/status", "X-Forwarded-Proto: http\r\n");
    assert!(
        plain.starts_with("HTTP/1.1 308") && plain.contains("https://cabinet.example.kz/kk/status"),
        "{plain}"
    );
    assert!(
        get(&server.people, "/ocsp", "X-Forwarded-Proto: https\r\n").starts_with("HTTP/1.1 404")
    );
    assert!(installation.refusal(&["serve"]).contains("another server"));
    let (code, log) = server.terminate();
    assert_eq!(code, Some(0), "{log}");
    assert!(log.contains("ended") && !log.contains("ERROR"), "{log}");
}

#[test]
fn people_are_answered_under_the_names_of_the_site_and_machines_under_any() {
    let installation = Installation::new(&["--trusted-proxy", "127.0.0.1"]);
    installation.edit("#other_hosts = []", "other_hosts = [\"backend\"]");
    let server = installation.serve();
    let secure = "X-Forwarded-Proto: https\r\n";
    for host in ["cabinet.example.kz", "backend:8443", "localhost"] {
        let page = get_as(&server.people, host, "/kk", secure);
        assert!(page.starts_with("HTTP/1.1 200"), "{host}: {page}");
    }
    for path in ["/kk", "/api/v1/openapi.json", "/"] {
        let astray = get_as(&server.people, "evil.example", path, secure);
        assert!(astray.starts_with("HTTP/1.1 421"), "{path}: {astray}");
        assert!(astray.contains("https://cabinet.example.kz"), "{astray}");
        assert!(!astray.contains("evil"), "{astray}");
    }
    for host in ["pki.example.kz", "ocsp.elsewhere.example", "10.0.0.7:8080"] {
        for path in ["/crl/nca-rsa.crl", "/health/ready", "/metrics"] {
            let answer = get_as(&server.machines, host, path, "");
            assert!(answer.starts_with("HTTP/1.1 200"), "{host}{path}: {answer}");
        }
    }
    let (code, log) = server.terminate();
    assert_eq!(code, Some(0), "{log}");
    assert_eq!(
        log.matches("server.other_hosts").count(),
        1,
        "told once: {log}"
    );
}

#[test]
fn behind_a_proxy_nobody_else_is_served() {
    let installation = Installation::new(&["--trusted-proxy", "192.0.2.7"]);
    let server = installation.serve();
    let answer = get(
        &server.people,
        "/kk",
        "X-Forwarded-For: 192.0.2.7\r\nX-Forwarded-Proto: https\r\n",
    );
    assert!(answer.starts_with("HTTP/1.1 403"), "{answer}");
}

/// A self-signed certificate for this computer.
fn make_tls(installation: &Installation, name: &str) {
    let (key, certificate) = (format!("{name}.key"), format!("{name}.pem"));
    let curve = [
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-nodes",
    ];
    let subject = [
        "-subj",
        "/CN=localhost",
        "-days",
        "30",
        "-keyout",
        &key,
        "-out",
        &certificate,
    ];
    installation.openssl(&[&["req", "-x509"][..], &curve, &subject].concat());
}

fn fingerprint(installation: &Installation, certificate: &str) -> String {
    installation.openssl(&[
        "x509",
        "-in",
        certificate,
        "-noout",
        "-fingerprint",
        "-sha256",
    ])
}

/// The fingerprint of the certificate that the server shows.
fn shown(installation: &Installation, address: &str) -> String {
    let script = format!(
        "openssl s_client -connect {address} </dev/null 2>/dev/null | openssl x509 -noout -fingerprint -sha256"
    );
    let output = installation
        .command("sh", &["-c", &script])
        .output()
        .expect("a shell runs");
    text(&output.stdout)
}

#[test]
fn a_renewed_tls_certificate_is_shown_without_a_restart() {
    let installation = Installation::new(&[]);
    make_tls(&installation, "old");
    make_tls(&installation, "new");
    installation.edit("tls/certificate.pem", "server.pem");
    installation.edit("tls/key.pem", "server.key");
    for part in ["pem", "key"] {
        std::fs::copy(
            installation.path(&format!("old.{part}")),
            installation.path(&format!("server.{part}")),
        )
        .expect("copied");
    }
    let server = installation.serve();
    assert_eq!(
        shown(&installation, &server.people),
        fingerprint(&installation, "old.pem")
    );
    // A pair that does not fit, as in the middle of a renewal, changes nothing.
    std::fs::copy(
        installation.path("new.key"),
        installation.path("server.key"),
    )
    .expect("copied");
    assert_eq!(
        shown(&installation, &server.people),
        fingerprint(&installation, "old.pem")
    );
    std::fs::copy(
        installation.path("new.pem"),
        installation.path("server.pem"),
    )
    .expect("copied");
    let new = fingerprint(&installation, "new.pem");
    let became_new = (0..1000).any(|_| shown(&installation, &server.people) == new);
    assert!(became_new, "the old certificate is still shown");
    assert_eq!(server.terminate().0, Some(0));
}

#[test]
fn exit_codes_tell_wrong_usage_from_refusal() {
    let nowhere = Installation {
        folder: tempfile::tempdir().expect("a folder"),
        environment: Vec::new(),
    };
    assert_eq!(nowhere.tanba(&["no-such-command"]).status.code(), Some(2));
    assert_eq!(
        nowhere.tanba(&["certificate", "revoke"]).status.code(),
        Some(2)
    );
    assert_eq!(nowhere.tanba(&["--help"]).status.code(), Some(0));
    assert_eq!(nowhere.tanba(&["--version"]).status.code(), Some(0));
    let config = ["--config", "absent.toml"];
    for command in [
        &["serve"][..],
        &["migrate"],
        &["person", "show", "1"],
        &["audit", "verify"],
        &["crl", "publish"],
    ] {
        assert!(
            nowhere
                .refusal(&[command, &config].concat())
                .contains("absent.toml does not exist")
        );
    }
    let doctor = nowhere.tanba(&["doctor", "--json", "--config", "absent.toml"]);
    assert_eq!(doctor.status.code(), Some(1));
    let facts: Value = serde_json::from_slice(&doctor.stdout).expect("JSON");
    assert_eq!(
        (&facts["healthy"], facts["findings"][0]["code"].as_str()),
        (&Value::Bool(false), Some("config-file"))
    );
}

/// 1: the answer is no, or it failed. 2: it cannot be meant so. One table over the commands.
#[test]
fn every_command_tells_an_answer_of_no_from_wrong_usage() {
    let installation = Installation::new(&["--trusted-proxy", "127.0.0.1"]);
    let (serial, digest) = ("01".repeat(20), "ab".repeat(32));
    let (zero, longer) = ("0".repeat(40), format!("00{serial}"));
    let small = format!("{}5", "0".repeat(39));
    let table: &[(i32, &[&str])] = &[
        (2, &[]),
        (2, &["certificate", "check"]),
        (2, &["certificate", "show", "zz"]),
        (2, &["certificate", "show", &zero]),
        (2, &["certificate", "show", &small]),
        (1, &["certificate", "show", &serial[1..]]),
        (1, &["certificate", "show", &longer]),
        (1, &["certificate", "show", &serial]),
        (
            2,
            &["certificate", "revoke", &serial, "--reason", "boredom"],
        ),
        (
            1,
            &["certificate", "revoke", &serial, "--reason", "superseded"],
        ),
        (2, &["certificate", "list", "--limit", "x"]),
        (2, &["certificate", "list", "--person", "123"]),
        (2, &["person", "show", "123"]),
        (1, &["person", "show", "790415300217"]),
        (2, &["person", "release", "123"]),
        (1, &["person", "import", "absent.csv"]),
        (2, &["application", "show", "123"]),
        (2, &["application", "list", "--state", "NO_SUCH"]),
        (2, &["application", "approve", "123", "--reason", "x"]),
        (2, &["operator", "add", "123", "--role", "operator"]),
        (2, &["operator", "add", "790415300217", "--role", "king"]),
        (1, &["operator", "remove", "790415300217"]),
        (2, &["key", "block", "zz", "--reason", "x"]),
        (2, &["key", "block", &digest, "--reason", ""]),
        (2, &["key", "blocked", "--after", "zz"]),
        (1, &["key", "blocked", &digest]),
        (0, &["key", "findings"]),
        (2, &["issuer", "stop"]),
        (2, &["issuer", "stop", "nca-rsa", "--reason", ""]),
        (1, &["issuer", "stop", "nobody", "--reason", "x"]),
        (1, &["issuer", "start", "nca-rsa", "--reason", "x"]),
        (2, &["profile", "lint"]),
        (1, &["profile", "lint", "no-such"]),
        (1, &["profile", "show", "no-such"]),
        (0, &["profile", "list"]),
        (2, &["ceremony", "plan", "no-such"]),
        (2, &["ceremony", "import"]),
        (2, &["audit", "export", "--since", "x"]),
        (1, &["audit", "export", "--since", "999999"]),
        // Nor about a log.
        (2, &["audit", "verify", "absent.log"]),
        (2, &["audit", "verify", "--checkpoint", "absent.json"]),
        (2, &["audit", "verify", "--trusted", "absent.pem"]),
        (2, &["message", "retry"]),
        (0, &["message", "list"]),
        (2, &["validate", "--trusted", "a.pem"]),
        // Here 1 is a verdict about a certificate, and nothing else.
        (2, &["validate", "--trusted", "absent.pem", "absent.pem"]),
        (2, &["cms", "verify"]),
        (1, &["cms", "verify", "absent"]),
        (2, &["keystore", "show"]),
        (1, &["keystore", "show", "absent.p12"]),
        (2, &["restore", "accept"]),
        (2, &["bench"]),
        (2, &["crl"]),
        (0, &["issuer", "list"]),
    ];
    for (code, arguments) in table {
        let output = installation.tanba(arguments);
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(*code), "{arguments:?}: {said}");
        assert_eq!(*code == 0, said.is_empty(), "{arguments:?}: {said}");
    }
}

/// Whoever reads JSON gets some, whatever went wrong, and of a command that judges that it did not.
#[test]
fn with_json_what_was_not_done_is_said_in_json() {
    let installation = Installation::new(&["--trusted-proxy", "127.0.0.1"]);
    let zero = "0".repeat(40);
    // The code, whether the command judges, a word of the sentence.
    let table: &[(i32, bool, &str, &[&str])] = &[
        (2, false, "requires a subcommand", &[]),
        (2, false, "no-such", &["no-such"]),
        (2, false, "--reason", &["issuer", "stop", "nca-rsa"]),
        (
            2,
            false,
            "zero is no serial number",
            &["certificate", "show", &zero],
        ),
        (
            1,
            false,
            "nobody",
            &["issuer", "stop", "nobody", "--reason", "x"],
        ),
        (1, false, "no-such", &["profile", "lint", "no-such"]),
        (2, true, "--trusted", &["validate", "leaf.pem"]),
        (
            2,
            true,
            "absent.pem",
            &["validate", "--trusted", "absent.pem", "absent.pem"],
        ),
        (2, true, "--nonsense", &["audit", "verify", "--nonsense"]),
        (
            2,
            true,
            "--trusted",
            &["audit", "verify", "--authority", "a.pem"],
        ),
        (2, true, "absent.log", &["audit", "verify", "absent.log"]),
        (
            2,
            true,
            "absent.json",
            &["audit", "verify", "--checkpoint", "absent.json"],
        ),
        (2, true, "required", &["cms", "verify"]),
        (1, true, "absent", &["cms", "verify", "absent"]),
        (2, true, "required", &["ceremony", "verify"]),
    ];
    for (code, judges, word, arguments) in table {
        let output = installation.tanba(&[arguments, &["--json"][..]].concat());
        assert_eq!(output.status.code(), Some(*code), "{arguments:?}");
        let said: Value = serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|_| panic!("{arguments:?}: {}", text(&output.stdout)));
        let fields = said.as_object().expect("an object");
        assert_eq!(
            fields.get("valid"),
            judges.then_some(&Value::Null),
            "{arguments:?}"
        );
        let error = fields["error"].as_str().expect("a sentence");
        assert!(error.contains(word) && !error.contains('\n'), "{error}");
        assert!(!output.stderr.is_empty(), "{arguments:?}");
        let plain = installation.tanba(arguments);
        assert!(plain.stdout.is_empty(), "{arguments:?}");
    }
}

#[test]
fn profiles_are_shown_and_linted() {
    let nowhere = Installation {
        folder: tempfile::tempdir().expect("a folder"),
        environment: Vec::new(),
    };
    let names = nowhere.facts(&["profile", "show"]);
    for profile in names.as_array().expect("profiles") {
        let name = profile["name"].as_str().expect("a name");
        let shown = nowhere.tanba(&["profile", "show", name]);
        std::fs::write(nowhere.path("profile.toml"), &shown.stdout).expect("written");
        assert!(
            nowhere
                .tanba(&["profile", "lint", "profile.toml"])
                .status
                .success(),
            "{name}"
        );
    }
    std::fs::write(
        nowhere.path("profile.toml"),
        "name = \"x\"\nno_such_key = 1\n",
    )
    .expect("written");
    assert!(
        nowhere
            .refusal(&["profile", "lint", "profile.toml"])
            .contains("profile")
    );
    assert!(
        nowhere
            .refusal(&["profile", "lint", "no-such-profile"])
            .contains("no-such-profile")
    );
}

/// A profile that is well written and would give certificates that nobody may sign.
#[test]
fn a_profile_of_invalid_certificates_is_told_by_samples_and_its_rules_are_listed() {
    let nowhere = Installation {
        folder: tempfile::tempdir().expect("a folder"),
        environment: Vec::new(),
    };
    let shown = nowhere.tanba(&["profile", "show", "neutral-individual-signature"]);
    let good = text(&shown.stdout);
    let path = nowhere.path("profile.toml");
    for (from, to, code) in [
        (
            "\"digital-signature\"",
            "\"digital-signature\", \"key-cert-sign\"",
            "key-usage.authority",
        ),
        (
            "\"digital-signature\"",
            "\"digital-signature\", \"key-encipherment\"",
            "key-usage.algorithm",
        ),
        (
            "\"digital-signature\", \"non-repudiation\"",
            "\"digital-signature\"",
            "etsi.commitment",
        ),
        ("PNO{country}-{iin}", "IIN{iin}", "etsi.identifier"),
        ("except = [\"4.2.3.1\", \"4.3.3\"]", "", "etsi.policies"),
    ] {
        assert!(good.contains(from), "{good}");
        std::fs::write(&path, good.replacen(from, to, 1)).expect("written");
        let linted = nowhere.tanba(&["profile", "lint", "profile.toml", "--json"]);
        assert_eq!(linted.status.code(), Some(1), "{to}");
        let findings: Value = serde_json::from_slice(&linted.stdout).expect("JSON");
        let mut findings = findings.as_array().expect("findings").iter();
        assert!(findings.any(|finding| finding["code"] == code), "{to}");
        assert!(text(&linted.stderr).contains(code), "{to}");
    }
    let listed = nowhere.tanba(&["profile", "lint", "tls-server", "--rules"]);
    let listed = text(&listed.stdout);
    for reference in [
        "RFC 4055, section 5; RFC 5758, section 3.2",
        "the profile itself: subject",
        "ITU-T X.690, clause 11",
        "One is not signed when",
    ] {
        assert!(listed.contains(reference), "{listed}");
    }
    let rules = |profile: &str| {
        let listed = nowhere.facts(&["profile", "lint", profile, "--rules"]);
        let codes = listed.as_array().expect("rules").iter();
        codes
            .map(|rule| rule["code"].as_str().expect("a code").to_owned())
            .collect::<Vec<_>>()
    };
    let [neutral, server] = ["neutral-individual-signature", "tls-server"].map(rules);
    let has = |rules: &[String], code: &str| rules.iter().any(|rule| rule == code);
    assert!(has(&neutral, "serial.entropy") && has(&server, "serial.entropy"));
    assert!(has(&neutral, "etsi.key-usage") && !has(&server, "etsi.key-usage"));
    assert!(!has(&neutral, "etsi.policies"), "the profile excepts it");
}

#[test]
fn a_second_init_in_the_same_folder_changes_nothing() {
    let installation = Installation::new(&["--trusted-proxy", "127.0.0.1"]);
    let root = std::fs::read(installation.path("root.pem")).expect("a root");
    let again = [
        "init",
        "--public-url",
        "http://pki.example.kz",
        "--origin",
        "https://cabinet.example.kz",
    ];
    let sentence =
        installation.refusal(&[&again[..], &["--passphrase-file", "passphrase"]].concat());
    assert!(sentence.contains("already"), "{sentence}");
    assert_eq!(
        std::fs::read(installation.path("root.pem")).expect("a root"),
        root
    );
    assert!(Path::new(&installation.path("tanba.sqlite")).exists());
    // The configuration of the first is used, so whatever differs from it is told by its option.
    let configuration = std::fs::read(installation.path("tanba.toml")).expect("a configuration");
    std::fs::write(installation.path("pin"), "1234").expect("written");
    std::fs::write(installation.path("other"), "another passphrase").expect("written");
    let token = "pkcs11:token=nca?module-path=passphrase&pin-source=pin";
    for (options, expected) in [
        ("--passphrase-file other", "--passphrase-file"),
        ("--passphrase-env PATH", "--passphrase-env"),
        (
            "--passphrase-file passphrase --trusted-proxy 127.0.0.2",
            "--trusted-proxy (the file has 127.0.0.1)",
        ),
        (
            "--passphrase-file passphrase --profiles neutral --organization X",
            "--profiles",
        ),
        (
            &format!("--passphrase-file passphrase --key-store {token}"),
            "--key-store (the file has software)",
        ),
    ] {
        let said = installation.refusal(&[&again[..], &words(options)].concat());
        assert!(said.contains(expected), "{options}: {said}");
        assert!(
            said.contains("tanba.toml was written by an earlier"),
            "{said}"
        );
    }
    assert_eq!(
        std::fs::read(installation.path("tanba.toml")).expect("a configuration"),
        configuration
    );
}

#[test]
fn before_the_schema_changes_the_database_is_copied_and_else_not() {
    let installation = Installation::new(&[]);
    let migrate = words("migrate --backup before");
    let facts = installation.facts(&migrate);
    assert_eq!(facts["backup"], Value::Null);
    assert!(!installation.path("before").exists());
    let path = installation.path("tanba.sqlite");
    let schema = facts["to"].as_i64().expect("a number");
    // As it was before the newest migration.
    assert_eq!(schema, 25);
    let sql = format!(
        "DROP INDEX certificate_person;
         CREATE INDEX certificate_person ON certificate (person_id, id) WHERE person_id IS NOT NULL;
         PRAGMA user_version = {}",
        schema - 1
    );
    let old = rusqlite::Connection::open(&path).expect("a database");
    old.execute_batch(&sql).expect("SQL");
    drop(old);
    // Where it cannot be copied it stays as it is.
    std::fs::write(installation.path("full"), "").expect("written");
    let refused = installation.refusal(&words("migrate --backup full"));
    assert!(refused.contains("cannot be made"), "{refused}");
    let facts = installation.facts(&migrate);
    assert_eq!(
        (&facts["from"], &facts["to"]),
        (&(schema - 1).into(), &schema.into())
    );
    let copy = installation.path(facts["backup"].as_str().expect("a file"));
    let copied = rusqlite::Connection::open(&copy).expect("a database");
    let version = copied.query_row("PRAGMA user_version", [], |row| row.get::<_, i64>(0));
    assert_eq!(version.expect("a number"), schema - 1);
    let issuers = copied.query_row("SELECT count(*) FROM issuer", [], |row| {
        row.get::<_, i64>(0)
    });
    assert_eq!(issuers.expect("a number"), 2);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = std::fs::metadata(&copy)
            .expect("a file")
            .permissions()
            .mode();
        assert_eq!(mode & 0o077, 0);
    }
    assert_eq!(installation.facts(&migrate)["backup"], Value::Null);
}
