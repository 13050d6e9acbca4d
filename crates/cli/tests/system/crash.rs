//! The server dies at random instants while people renew; nothing is lost, unknown, or there twice.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use serde_json::{Value, json};
use tanba_pki::Certificate;

use crate::citizen::{Answer, Broken, Citizen, Client, NewKeys, certificates};
use crate::mailbox::{Mail, Mailbox, codes};
use crate::second_opinion::evidence_is_whole;
use crate::server::{Installation, environment, pause};

const CITIZENS: usize = 20;
/// Of one person in one run of the tests; `TANBA_RENEWALS_EACH` asks for more.
const RENEWALS_EACH: usize = 10;
/// The instants come from here: the same run again meets them again, as far as threads allow. `TANBA_SEED` gives others.
const SEED: u64 = 0x7461_6e62;

fn asked<T: std::str::FromStr>(name: &str, otherwise: T) -> T {
    environment(name)
        .and_then(|value| value.parse().ok())
        .unwrap_or(otherwise)
}

fn renewals_each() -> usize {
    asked("TANBA_RENEWALS_EACH", RENEWALS_EACH)
}

fn renewals() -> usize {
    CITIZENS * renewals_each()
}

/// Certificates that left the server, as clients saw them: PEM by serial number.
type Seen = Mutex<BTreeMap<String, String>>;

/// What is done when an answer does not come: the same as a page does, look where the application stands and go on.
struct Renewal<'a> {
    client: Client,
    citizen: &'a Citizen,
    mailbox: &'a Mailbox,
    seen: &'a Seen,
    keys: NewKeys,
    number: Option<String>,
}

/// An answer that says to come again is as good as none.
fn settled(answer: Answer) -> Result<Answer, Broken> {
    match answer.status {
        200..300 => Ok(answer),
        503 => Err(format!("{} {}", answer.status, answer.code())),
        409 if answer.code() == "changed-meanwhile" => Err("changed meanwhile".to_owned()),
        status => panic!("{status} {}", answer.body),
    }
}

impl Renewal<'_> {
    fn step(&self, number: &str, step: &str, body: &Value) -> Result<Answer, Broken> {
        settled(self.client.step(number, step, body)?)
    }

    /// Takes the steps from wherever the application stands; the new certificates at the end.
    fn go_on(&mut self) -> Result<[Certificate; 2], Broken> {
        if self.client.cookie.is_none() {
            let challenge = settled(self.client.post("/api/v1/login/challenge", &json!({}))?)?;
            let signature = self
                .citizen
                .authentication
                .sign(&challenge.text("challenge"));
            settled(self.client.open(&json!({ "signature": signature }))?)?;
        }
        let number = match self.number.clone() {
            Some(number) => number,
            None => settled(self.client.begin()?)?.text("number"),
        };
        self.number = Some(number.clone());
        loop {
            let answer = settled(self.client.get(&format!("/api/v1/applications/{number}"))?)?;
            match answer.text("state").as_str() {
                "DRAFT" => {
                    let document = self.step(&number, "requests", &self.keys.body())?;
                    let body = self.citizen.submission(&document.text("document"));
                    self.step(&number, "signature", &body)?;
                }
                "AWAITING_2FA" => {
                    let code = self.code(&number)?;
                    self.step(&number, "code", &json!({ "code": code }))?;
                }
                "CONFIRMED" => pause(Duration::from_millis(100)),
                "ISSUED" => self.install(&number)?,
                "INSTALLED" => return self.fetch(&number),
                other => panic!("the application {number} ended as {other}"),
            }
        }
    }

    fn code(&self, number: &str) -> Result<String, Broken> {
        let read = |mails: &[Mail]| codes(mails, number).pop();
        let code = self
            .mailbox
            .try_wait(&self.citizen.email, Duration::from_secs(5), read);
        code.ok_or_else(|| "no mail yet".to_owned())
    }

    fn fetch(&self, number: &str) -> Result<[Certificate; 2], Broken> {
        let path = format!("/api/v1/applications/{number}/certificates");
        let fetched = certificates(&settled(self.client.get(&path)?)?.body);
        let mut seen = self.seen.lock().expect("a list");
        for certificate in &fetched {
            seen.insert(certificate.serial_hex(), certificate.to_pem());
        }
        Ok(fetched)
    }

    fn install(&self, number: &str) -> Result<(), Broken> {
        let certificates = self.fetch(number)?;
        let keys = self.keys.keys.clone();
        let new = self.citizen.renewed(certificates, keys);
        let challenge = self.step(number, "installation/challenge", &json!({}))?;
        self.step(
            number,
            "installation",
            &new.proofs(&challenge.text("challenge")),
        )?;
        Ok(())
    }
}

/// One person renews again and again; her certificates at the end.
fn renew(
    mut citizen: Citizen,
    (client, mailbox): (&Client, &Mailbox),
    seen: &Seen,
    progress: &Progress,
) -> Citizen {
    let _done = Last(|| {
        let _before = progress.done.fetch_add(1, Ordering::SeqCst);
    });
    for _ in 0..renewals_each() {
        let mut renewal = Renewal {
            client: client.clone(),
            keys: NewKeys::make(&citizen.signature.certificate),
            citizen: &citizen,
            mailbox,
            seen,
            number: None,
        };
        let certificates = loop {
            match renewal.go_on() {
                Ok(certificates) => break certificates,
                Err(broken) => {
                    let over = progress.over.load(Ordering::SeqCst);
                    assert!(!over, "the server is gone: {broken}");
                    pause(Duration::from_millis(50));
                }
            }
        };
        citizen = citizen.renewed(certificates, renewal.keys.keys);
    }
    citizen
}

/// How far everybody is.
#[derive(Debug, Default)]
struct Progress {
    /// People who are done, or whose thread panicked.
    done: AtomicUsize,
    /// Whether the server stays away for good.
    over: AtomicBool,
}

/// Kills and starts the server until everybody is done; how often.
fn torment(house: &mut Installation, progress: &Progress) -> u32 {
    let _over = Last(|| progress.over.store(true, Ordering::SeqCst));
    let mut random = StdRng::seed_from_u64(asked("TANBA_SEED", SEED));
    let mut kills = 0;
    while progress.done.load(Ordering::SeqCst) < CITIZENS {
        // Either any instant after the start, or one while people go on after a mail, when most is written.
        if random.random_ratio(1, 2) {
            pause(Duration::from_millis(random.random_range(50..3_000)));
        } else {
            house.mailbox.wait_for_another(Duration::from_secs(10));
            pause(Duration::from_millis(random.random_range(0..800)));
        }
        house.kill();
        kills += 1;
        house.serve();
    }
    kills
}

/// Happens even when the thread panics, or nobody would ever end.
struct Last<F: Fn()>(F);

impl<F: Fn()> Drop for Last<F> {
    fn drop(&mut self) {
        self.0();
    }
}

fn address(number: usize) -> String {
    format!("citizen{number}@example.kz")
}

#[test]
fn two_hundred_renewals_survive_a_server_that_is_killed_again_and_again() {
    let mut house = Installation::start();
    let citizens: Vec<Citizen> = (0..CITIZENS)
        .zip('a'..='z')
        .map(|(number, letter)| house.citizen(&format!("Citizen {letter}"), &address(number)))
        .collect();
    let (seen, progress) = (Seen::default(), Progress::default());
    let (client, mailbox) = (house.client(), house.mailbox.clone());
    let (kills, last) = std::thread::scope(|scope| {
        let workers: Vec<_> = citizens
            .into_iter()
            .map(|citizen| {
                let (ways, seen, progress) = ((&client, &mailbox), &seen, &progress);
                scope.spawn(move || renew(citizen, ways, seen, progress))
            })
            .collect();
        let kills = torment(&mut house, &progress);
        let last: Vec<Citizen> = workers
            .into_iter()
            .map(|worker| worker.join().expect("a renewal that ends"))
            .collect();
        (kills, last)
    });
    // Once more from the start, in peace: whatever a crash left open is completed or void now.
    house.stop();
    house.serve();
    let seen = seen.into_inner().expect("a list");
    everybody_was_told(&house);
    let voided = agree(&house, &seen, &last);
    let renewals = renewals();
    writeln!(
        std::io::stderr(),
        "crash: {renewals} renewals, {kills} kills, {voided} intents void"
    )
    .expect("somebody listens");
    assert!(kills >= 10, "killed only {kills} times");
    let log = house.log();
    let bad = |line: &&str| line.contains("ERROR") || line.contains("panicked");
    let complaints: Vec<&str> = log.lines().filter(bad).collect();
    assert!(complaints.is_empty(), "{complaints:#?}");
}

/// Mails that waited for a server that lives are handed over; nobody misses one.
fn everybody_was_told(house: &Installation) {
    let waiting = || house.count("SELECT count(*) FROM message WHERE due_at IS NOT NULL");
    for _ in 0..180 {
        if waiting() == 0 {
            break;
        }
        pause(Duration::from_secs(1));
    }
    assert_eq!(waiting(), 0, "mails that nobody got");
    let list = house.facts(&["application", "list", "--limit", "10000"]);
    let list = list.as_array().expect("a list");
    let numbers: Vec<&str> = list
        .iter()
        .filter_map(|one| one["number"].as_str())
        .collect();
    let mut subjects: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for mail in (0..CITIZENS).flat_map(|number| house.mailbox.to(&address(number))) {
        for number in numbers.iter().filter(|number| mail.is_about(number)) {
            let first = mail.text.lines().next().unwrap_or_default().to_owned();
            subjects
                .entry((*number).to_owned())
                .or_default()
                .insert(first);
        }
    }
    assert_eq!(subjects.len(), renewals());
    for (number, told) in subjects {
        assert_eq!(
            told.len(),
            4,
            "accepted, code, issued, installed; not {told:?} of {number}"
        );
    }
}

/// Clients, database, status answers and evidence say the same. Returns how many intents came to nothing.
fn agree(house: &Installation, seen: &BTreeMap<String, String>, last: &[Citizen]) -> usize {
    let list = house.facts(&["certificate", "list", "--limit", "100000"]);
    let list = list.as_array().expect("a list");
    let text = |entry: &Value, key: &str| entry[key].as_str().unwrap_or_default().to_owned();
    let serials: BTreeSet<String> = list.iter().map(|entry| text(entry, "serial")).collect();
    assert_eq!(serials.len(), list.len(), "a serial number is there twice");

    let (people, others): (Vec<&Value>, Vec<&Value>) = list
        .iter()
        .filter(|entry| {
            entry["profile"]
                .as_str()
                .is_some_and(|name| name.starts_with("kz-"))
        })
        .partition(|entry| {
            ["valid", "revoked", "frozen"].contains(&text(entry, "status").as_str())
        });
    let voided = others
        .iter()
        .filter(|entry| entry["status"] == "void")
        .count();
    assert_eq!(voided, others.len(), "an intent is still open: {others:?}");
    assert_eq!(
        people.len(),
        2 * (CITIZENS + renewals()),
        "issued twice, or not at all"
    );
    let keys: BTreeSet<String> = people
        .iter()
        .map(|entry| text(entry, "public_key_sha256"))
        .collect();
    assert_eq!(keys.len(), people.len(), "a key was certified twice");

    let known: BTreeMap<String, &Value> = people
        .iter()
        .map(|entry| (text(entry, "serial"), *entry))
        .collect();
    assert_eq!(seen.len(), 2 * renewals());
    for (serial, pem) in seen {
        let entry = known
            .get(serial)
            .unwrap_or_else(|| panic!("{serial} is unknown"));
        assert_eq!(&text(entry, "pem"), pem, "{serial} is another certificate");
    }
    for (query, expected) in [
        (
            "SELECT count(*) FROM application WHERE state = 'INSTALLED'",
            renewals(),
        ),
        ("SELECT count(*) FROM application", renewals()),
        (
            "SELECT count(*) FROM (SELECT 1 FROM certificate WHERE der IS NOT NULL AND application_id \
          IS NOT NULL GROUP BY application_id HAVING count(*) <> 2)",
            0,
        ),
    ] {
        assert_eq!(
            usize::try_from(house.count(query)).expect("a count"),
            expected,
            "{query}"
        );
    }
    statuses_agree(house, seen, last);
    evidence_is_whole(house);
    voided
}

/// The last certificates of everybody are good, those before revoked as superseded.
fn statuses_agree(house: &Installation, seen: &BTreeMap<String, String>, last: &[Citizen]) {
    let mut expected = BTreeMap::new();
    for pem in seen.values() {
        let certificate = Certificate::from_pem(pem.as_bytes()).expect("a certificate");
        expected.insert(
            certificate.serial_hex(),
            (certificate, "revoked (superseded)"),
        );
    }
    for citizen in last {
        for pair in [&citizen.authentication, &citizen.signature] {
            let certificate = pair.certificate.clone();
            expected.insert(certificate.serial_hex(), (certificate, "good"));
        }
    }
    let expected: Vec<_> = expected.into_values().collect();
    for some in expected.chunks(20) {
        let asked: Vec<&Certificate> = some.iter().map(|(certificate, _)| certificate).collect();
        let statuses: Vec<&str> = some.iter().map(|(_, status)| *status).collect();
        assert_eq!(house.ocsp(&asked), statuses);
    }
}
