//! Ceremonies on two machines: a root that has no network, and an installation that serves.

use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::installation::evidence::write_lists;
use crate::installation::{Installation, text};
use crate::partner;

mod day;
mod ending;
mod forged;
mod place;
mod served;
mod terminal;
mod token;

/// A plan as the program prints it, filled in.
pub(crate) struct Plan {
    text: String,
}

impl Plan {
    pub(crate) fn new(site: &Installation, kind: &str) -> Self {
        let output = site.tanba(&["ceremony", "plan", kind]);
        assert!(output.status.success(), "{}", text(&output.stderr));
        Self {
            text: text(&output.stdout)
                .replace("rsa-2048\"\n", "ec-p256\"\n")
                .replace("rsa-4096\"\n", "ec-p384\"\n")
                .replace("\"TITLE\"", "\"A CEREMONY\"")
                .replace("\nname = \"NAME\"", "\nname = \"Somebody\"")
                .replace("\"ORGANISATION\"", "\"Example Authority\""),
        }
    }

    pub(crate) fn with(mut self, from: &str, to: &str) -> Self {
        assert!(self.text.contains(from), "{from}: {}", self.text);
        self.text = self.text.replace(from, to);
        self
    }

    fn named(self, common_name: &str) -> Self {
        self.with(
            "common-name = \"NAME\"",
            &format!("common-name = \"{common_name}\""),
        )
    }

    /// Writes it; its path as an argument.
    pub(crate) fn at(&self, site: &Installation, name: &str) -> String {
        let path = site.path(name);
        std::fs::write(&path, &self.text).expect("written");
        argument(&path)
    }
}

fn argument(path: &Path) -> String {
    path.to_str().expect("text").to_owned()
}

pub(crate) fn words(line: &str) -> Vec<&str> {
    line.split_whitespace().collect()
}

/// A machine without a network: an installation with a root under shares.
struct Vault {
    site: Installation,
    root: PathBuf,
}

impl Vault {
    fn new() -> Self {
        let site = Installation::new(&["--without-authority"]);
        let plan = Plan::new(&site, "root")
            .named("Example Root CA")
            .at(&site, "root.toml");
        site.facts(&[
            "ceremony",
            "run",
            &plan,
            "--output",
            "made",
            "--share-to",
            "share-1",
            "--share-to",
            "share-2",
            "--share-to",
            "share-3",
        ]);
        let root = site.path("made/root.pem");
        Self { site, root }
    }

    /// Certifies a request by a plan, with two shares.
    fn run(&self, plan: &str, more: &str, output: &str) -> Value {
        let line =
            format!("ceremony run {plan} {more} --share share-1 --share share-3 --output {output}");
        self.site.facts(&words(&line))
    }

    fn fingerprint(&self) -> String {
        let root = argument(&self.root);
        let said = self
            .site
            .openssl(&["x509", "-in", &root, "-noout", "-fingerprint", "-sha256"]);
        said.trim()
            .split('=')
            .nth(1)
            .expect("a fingerprint")
            .to_owned()
    }
}

/// The parts of a certificate that a plan decides: without key, identifiers of the key and signature.
fn decided(site: &Installation, pem: &str) -> String {
    std::fs::write(site.path("look.pem"), pem).expect("written");
    let said = site.openssl(&words(
        "x509 -in look.pem -noout -text -certopt no_pubkey,no_sigdump",
    ));
    let mut lines: Vec<&str> = said.lines().collect();
    if let Some(place) = lines
        .iter()
        .position(|line| line.contains("Subject Key Identifier"))
    {
        lines.remove(place + 1);
    }
    lines.join("\n")
}

fn list(site: &Installation) -> Value {
    site.facts(&["issuer", "list"])
}

/// What `tanba doctor` finds there.
fn doctor(site: &Installation) -> Vec<String> {
    let output = site.tanba(&["doctor", "--offline", "--json"]);
    let said: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let findings = said["findings"].as_array().expect("findings");
    findings
        .iter()
        .filter_map(|finding| finding["code"].as_str().map(str::to_owned))
        .collect()
}

fn count(site: &Installation, sql: &str) -> i64 {
    let database = rusqlite::Connection::open(site.path("tanba.sqlite")).expect("a database");
    database
        .query_row(sql, [], |row| row.get(0))
        .expect("a number")
}

#[test]
#[expect(clippy::too_many_lines, reason = "one story, told in its order")]
fn a_root_is_what_its_rehearsal_showed_and_its_transcript_can_be_checked_by_anybody() {
    let site = Installation::new(&["--without-authority"]);
    // It has nothing to sign with, and a log that is whole.
    let verdict = site.facts(&["audit", "verify"]);
    assert_eq!(
        (&verdict["valid"], &verdict["records"], &verdict["signed"]),
        (&json!(true), &json!(1), &json!(0))
    );
    let unfilled = Plan::new(&site, "root").at(&site, "unfilled.toml");
    for more in [&[][..], &["--dry-run"]] {
        let refused = site.refusal(&[&["ceremony", "run", &unfilled], more].concat());
        assert!(refused.contains("still says NAME"), "{refused}");
    }
    assert!(doctor(&site).contains(&"authority-absent".to_owned()));
    let plan = Plan::new(&site, "root")
        .named("Үлгі негізгі орталық")
        .with("role = \"witness\"", "role = \"куәгер\"");
    let path = plan.at(&site, "root.toml");
    let before = count(&site, "SELECT count(*) FROM audit_log");
    let rehearsed = site.facts(&["ceremony", "run", &path, "--dry-run"]);
    assert_eq!(count(&site, "SELECT count(*) FROM audit_log"), before);
    assert_eq!(list(&site), json!([]));
    let said = text(&site.tanba(&["ceremony", "run", &path, "--dry-run"]).stdout);
    for word in [
        "REHEARSAL",
        "Үлгі негізгі орталық",
        "path length: no limit",
        "keyCertSign",
    ] {
        assert!(said.contains(word), "{word}: {said}");
    }
    let run = words("--output made --share-to s1 --share-to s2 --share-to s3");
    let short = [&["ceremony", "run", &path], &run[..run.len() - 2]].concat();
    assert!(site.refusal(&short).contains("--share-to"));
    // A share twice in one place, under whatever name: nothing of it stays in the way of the next try.
    for (second, sentence) in [("s1", "twice"), ("./s1", "cannot be written")] {
        let line = format!("--output made --share-to s1 --share-to {second} --share-to s3");
        let said = site.refusal(&[&["ceremony", "run", &path], &words(&line)[..]].concat());
        assert!(said.contains(sentence), "{said}");
        assert!(!site.path("s1").exists() && !site.path("s3").exists());
    }
    let made = site.facts(&[&["ceremony", "run", &path], &run[..]].concat());
    let pem = |facts: &Value| facts["content"].as_str().expect("PEM").to_owned();
    assert_eq!(
        decided(&site, &pem(&rehearsed)),
        decided(&site, &pem(&made))
    );
    assert_eq!(made["shares"]["made"], json!([1, 2, 3]));

    // The witnesses' copy: by our program, and by openssl alone.
    let verify = words(
        "ceremony verify made/root-root-transcript.json --trusted made/root.pem --plan root.toml",
    );
    let facts = site.facts(&verify);
    assert_eq!(facts["transcript"]["present"][1]["role"], "куәгер");
    assert_eq!(
        facts["transcript"]["artefacts"][0]["fingerprint"],
        made["fingerprint"]
    );
    site.openssl(&words("cms -verify -binary -inform DER -purpose any -in made/root-root-transcript.p7s -content made/root-root-transcript.json -CAfile made/root.pem -out checked.json"));
    let transcript =
        std::fs::read_to_string(site.path("made/root-root-transcript.json")).expect("a transcript");
    let digest = site.openssl(&words("dgst -sha256 -r made/root.pem"));
    assert!(transcript.contains(&digest[..64]), "{transcript}");
    let paper =
        std::fs::read_to_string(site.path("made/root-root-transcript.txt")).expect("a transcript");
    for word in ["куәгер", &digest[..64], "2 of 3 open the key", "______"] {
        assert!(paper.contains(word), "{word}: {paper}");
    }

    // Whatever was changed afterwards is found.
    let changed = |name: &str, from: &str, to: &str, sentence: &str| {
        let path = site.path(name);
        let original = std::fs::read_to_string(&path).expect("text");
        assert!(original.contains(from), "{original}");
        std::fs::write(&path, original.replacen(from, to, 1)).expect("written");
        let said = site.refusal(&verify);
        assert!(said.contains(sentence), "{said}");
        std::fs::write(&path, original).expect("written");
    };
    changed(
        "made/root-root-transcript.json",
        "A CEREMONY",
        "A CEREMONX",
        "does not hold",
    );
    changed("made/root-root-transcript.json", "{", "{ ", "damaged");
    changed(
        "made/root.pem",
        "\n-----END",
        "\n\n-----END",
        "not the one that came out",
    );
    changed(
        "root.toml",
        "A CEREMONY",
        "A Ceremony",
        "not the one that was carried out",
    );

    // Nothing of the shares is anywhere but in their files; the same plan does not make a second root.
    for share in ["s1", "s2", "s3"] {
        let line = std::fs::read_to_string(site.path(share)).expect("a share");
        let secret = line.split(' ').nth(4).expect("points").to_owned();
        assert!(!transcript.contains(&secret) && !paper.contains(&secret));
    }
    let again = words("ceremony run root.toml --output again --share s1 --share s2");
    assert_eq!(site.facts(&again)["fingerprint"], made["fingerprint"]);
    assert_eq!(list(&site).as_array().map(Vec::len), Some(1));
    site.facts(&["audit", "verify"]);
    // A vault is as it should be, and a server would know what it lacks.
    let codes = doctor(&site);
    assert!(codes.contains(&"issuing-absent".to_owned()), "{codes:?}");
    assert!(!codes.contains(&"passphrase-wrong".to_owned()), "{codes:?}");
}

#[test]
#[expect(clippy::too_many_lines, reason = "one story, told in its order")]
fn an_authority_under_an_offline_root_is_asked_for_signed_taken_in_and_rolled_over() {
    let (vault, other) = (Vault::new(), Vault::new());
    let online = Installation::new(&["--without-authority", "--trusted-proxy", "127.0.0.1"]);
    let plan = Plan::new(&online, "issuing")
        .named("Example Issuing CA")
        .with("shards = 16", "shards = 2");
    plan.at(&online, "issuing.toml");
    let asked = online.facts(&words("ceremony request issuing.toml -o issuing.csr"));
    let again = online.facts(&words("ceremony request issuing.toml -o again.csr"));
    assert_eq!(asked["request_sha256"], again["request_sha256"]);
    online.openssl(&words("req -in issuing.csr -noout -verify"));

    // On the machine of the root; the request and the plan were carried there.
    let carried = plan.at(&vault.site, "issuing.toml");
    std::fs::copy(online.path("issuing.csr"), vault.site.path("issuing.csr")).expect("copied");
    let run = format!("ceremony run {carried} --request issuing.csr --output issuing");
    let refused = |more: &str, sentence: &str| {
        let line = format!("{run} {more}");
        let said = vault.site.refusal(&words(&line));
        assert!(said.contains(sentence), "{said}");
    };
    std::fs::copy(other.site.path("share-2"), vault.site.path("foreign")).expect("copied");
    let typed = std::fs::read_to_string(vault.site.path("share-2")).expect("a share");
    let (start, end) = typed.split_at(typed.len() - 20);
    let slip = format!(
        "{start}{}",
        end.replacen(|c: char| c.is_ascii_digit(), "x", 1)
    );
    std::fs::write(vault.site.path("slip"), slip).expect("written");
    refused("--share share-1", "1 of the 2 needed shares");
    refused("--share share-1 --share share-1", "given twice");
    refused("--share share-1 --share foreign", "different sets");
    refused("--share share-1 --share slip", "mistyped");
    refused("--share share-1 --share issuing.csr", "not a share");
    let rehearsed = vault.site.facts(&words(&format!("{run} --dry-run")));
    let made = vault.run(&carried, "--request issuing.csr", "issuing");
    assert_eq!(rehearsed["signed_part_sha256"], made["signed_part_sha256"]);
    vault.site.facts(&words(
        "ceremony verify issuing/nca-rsa-issuing-transcript.json --trusted made/root.pem",
    ));
    let crl = Plan::new(&vault.site, "crl").at(&vault.site, "crl.toml");
    vault.run(&crl, "", "crl-1");
    let verify =
        "ceremony verify issuing/nca-rsa-issuing-transcript.json --trusted made/root.pem --crl";
    let looked_up = vault
        .site
        .facts(&words(&format!("{verify} crl-1/root.crl")));
    assert_eq!(looked_up["revocation_checked"], true);

    // Back at home: only what was asked for, under the root that the witnesses saw.
    let bring = |from: &str, to: &str| {
        std::fs::copy(vault.site.path(from), online.path(to)).expect("copied");
    };
    bring("made/root.pem", "root.pem");
    bring("issuing/nca-rsa.pem", "nca.pem");
    bring("crl-1/root.crl", "root.crl");
    let import = "ceremony import --plan issuing.toml --certificate nca.pem --root root.pem --crl root.crl --root-sha256";
    let wrong = format!("{import} {}", "ab".repeat(32));
    assert!(
        online
            .refusal(&words(&wrong))
            .contains("another fingerprint")
    );
    let foreign = format!(
        "{} {}",
        import.replace(
            "--root root.pem",
            &format!("--root {}", argument(&other.root))
        ),
        other.fingerprint()
    );
    assert!(
        online
            .refusal(&words(&foreign))
            .contains("not octet by octet")
    );
    let import = format!("{import} {}", vault.fingerprint());
    let shards = plan.text.replace("shards = 2", "shards = 3");
    std::fs::write(online.path("other.toml"), shards).expect("written");
    let said = online.refusal(&words(&import.replace("issuing.toml", "other.toml")));
    assert!(said.contains("other shards"), "{said}");
    let named = plan
        .text
        .replace("Example Issuing CA", "Examp1e Issuing CA");
    std::fs::write(online.path("other.toml"), named).expect("written");
    let said = online.refusal(&words(&import.replace("issuing.toml", "other.toml")));
    assert!(said.contains("not octet by octet"), "{said}");
    assert_eq!(list(&online), json!([]));
    assert_eq!(online.facts(&words(&import))["authority"], "nca-rsa");
    // The key of the root never came here.
    let away =
        "SELECT count(*) FROM issuer WHERE kind = 'root' AND key = CAST('tanba-elsewhere' AS BLOB)";
    assert_eq!(count(&online, away), 1);
    let issuers = list(&online);
    assert_eq!(issuers[0]["key"], "elsewhere");
    assert_eq!(
        (&issuers[1]["name"], &issuers[1]["issues"]),
        (&json!("nca-rsa"), &json!(true))
    );

    // People's certificates, by the first key and, after the rollover, by the second.
    let [iin, _] = online.import_people();
    let first = certify(&online, &iin, "first");
    let rollover = Plan::new(&online, "rollover")
        .named("Example Issuing CA 2")
        .with("shards = 16", "shards = 2");
    rollover.at(&online, "rollover.toml");
    let same = rollover
        .text
        .replace("Example Issuing CA 2", "Example Issuing CA");
    std::fs::write(online.path("same.toml"), same).expect("written");
    let said = online.refusal(&words("ceremony request same.toml -o same.csr"));
    assert!(said.contains("another name"), "{said}");
    online.facts(&words("ceremony request rollover.toml -o rollover.csr"));
    let carried = rollover.at(&vault.site, "rollover.toml");
    std::fs::copy(online.path("rollover.csr"), vault.site.path("rollover.csr")).expect("copied");
    vault.run(&carried, "--request rollover.csr", "rollover");
    bring("rollover/nca-rsa-2.pem", "nca-2.pem");
    online.facts(&words(
        "ceremony import --plan rollover.toml --certificate nca-2.pem",
    ));
    // A plan to come names the one that issues from now on.
    let signer = online.tanba(&words("ceremony plan tsa-signer"));
    assert!(text(&signer.stdout).contains("issuer = \"nca-rsa-2\""));
    let issuers = list(&online);
    // Its log is signed, and its first lists are made, before any server knows it.
    let checked = online.facts(&words("certificate check --all"));
    assert_eq!(
        (&checked["faults"], &checked["idle"]),
        (&json!(0), &json!([]))
    );
    let issues: Vec<_> = (0..3).map(|place| &issuers[place]["issues"]).collect();
    assert_eq!(issues, [&json!(false), &json!(false), &json!(true)]);
    let second = certify(&online, &iin, "second");
    let issuer = |name: &str| online.openssl(&["x509", "-in", name, "-noout", "-issuer"]);
    assert!(!issuer(&first).contains("CA 2") && issuer(&second).contains("CA 2"));

    let server = online.serve();
    for (leaf, issuer, name) in [
        (&first, "nca.pem", "nca-rsa"),
        (&second, "nca-2.pem", "nca-rsa-2"),
    ] {
        online.openssl(&words(&format!(
            "verify -x509_strict -CAfile root.pem -untrusted {issuer} {leaf}"
        )));
        online.facts(&words(&format!(
            "validate --trusted root.pem --untrusted {issuer} --purpose sign {leaf}"
        )));
        let url = format!("http://{}/ocsp", server.machines);
        let said = online.openssl(&words(&format!(
            "ocsp -issuer {issuer} -cert {leaf} -url {url} -CAfile root.pem -verify_other {issuer}"
        )));
        assert!(said.contains(": good"), "{said}");
        let list = fetch(
            &online,
            &server.machines,
            &format!("/crl/{name}.crl"),
            &format!("{name}.crl"),
        );
        online.openssl(&words(&format!(
            "crl -inform DER -in {list} -noout -CAfile {issuer}"
        )));
        online.facts(&words(&format!(
            "validate --trusted root.pem --untrusted {issuer} --crl root.crl --crl {list} {leaf}"
        )));
    }
    let published = fetch(&online, &server.machines, "/crl/root.crl", "served.crl");
    assert_eq!(
        std::fs::read(online.path(&published)).ok(),
        std::fs::read(online.path("root.crl")).ok()
    );
    let (code, log) = server.terminate();
    assert_eq!(code, Some(0), "{log}");

    // The root revokes the first authority: its certificates fall, those of the second stay.
    let serial = online.openssl(&words("x509 -in nca.pem -noout -serial"));
    let serial = serial.trim().trim_start_matches("serial=").to_owned();
    let crl = Plan::new(&vault.site, "crl").with(
        "number = 1",
        &format!("revoke = [{{ serial = \"{serial}\", reason = \"superseded\" }}]\nnumber = 2"),
    );
    let crl = crl.at(&vault.site, "crl-2.toml");
    let rehearsed = vault
        .site
        .facts(&words(&format!("ceremony run {crl} --dry-run")));
    let made = vault.run(&crl, "", "crl-2");
    assert_eq!(rehearsed["signed_part_sha256"], made["signed_part_sha256"]);
    bring("crl-2/root.crl", "root-2.crl");
    online.facts(&words("ceremony import --crl root-2.crl --issuer root"));
    let said = online.refusal(&words("ceremony import --crl root.crl --issuer root"));
    assert!(said.contains("a higher number"), "{said}");
    let said = online.refusal(&words(&format!(
        "validate --trusted root.pem --untrusted nca.pem --crl root-2.crl --crl nca-rsa.crl {first}"
    )));
    assert!(said.contains("revoked"), "{said}");
    online.facts(&words(&format!(
        "validate --trusted root.pem --untrusted nca-2.pem --crl root-2.crl --crl nca-rsa-2.crl {second}"
    )));
    // What replaced it issues, so nothing is amiss; of what the root's list says of others nothing need be known here.
    let codes = doctor(&online);
    assert!(codes.contains(&"issuer-replaced".to_owned()), "{codes:?}");
    assert!(!codes.contains(&"issuer-revoked".to_owned()), "{codes:?}");
    let exit = online.tanba(&["doctor", "--offline"]).status.code();
    assert_eq!(exit, Some(0), "{codes:?}");
    let checked = online.facts(&["certificate", "check", "--all"]);
    let note = checked["notes"][0].as_str().expect("a note");
    assert!(
        note.contains("nca-rsa may not issue any more")
            && note.contains("1 certificates of people"),
        "{checked}"
    );
    // The one that issues is another matter.
    let serial = online.openssl(&words("x509 -in nca-2.pem -noout -serial"));
    let serial = serial.trim().trim_start_matches("serial=").to_owned();
    let crl = Plan::new(&vault.site, "crl").with(
        "number = 1",
        &format!("revoke = [{{ serial = \"{serial}\", reason = \"superseded\" }}]\nnumber = 3"),
    );
    let crl = crl.at(&vault.site, "crl-3.toml");
    vault.run(&crl, "", "crl-3");
    bring("crl-3/root.crl", "root-3.crl");
    online.facts(&words("ceremony import --crl root-3.crl --issuer root"));
    let codes = doctor(&online);
    assert!(codes.contains(&"issuer-revoked".to_owned()), "{codes:?}");
    let said = online.tanba(&["certificate", "check", "--all"]);
    assert_eq!(said.status.code(), Some(1));
    assert!(text(&said.stdout).contains("authority-unfit"));
    linted(
        &vault.site,
        &["issuing/nca-rsa.pem", "rollover/nca-rsa-2.pem"],
        &["crl-1/root.crl", "crl-2/root.crl"],
    );
    for site in [&online, &vault.site] {
        site.facts(&["audit", "verify"]);
    }
}

/// A certificate for signing; its file.
fn certify(site: &Installation, iin: &str, name: &str) -> String {
    let (key, csr, pem) = (
        format!("{name}.key"),
        format!("{name}.csr"),
        format!("{name}.pem"),
    );
    site.openssl(&words(&format!(
        "req -new -newkey rsa:2048 -nodes -subj / -keyout {key} -out {csr}"
    )));
    site.facts(&words(&format!(
        "certificate issue --profile kz-individual-signature-rsa --person {iin} --request {csr} -o {pem}"
    )));
    pem
}

/// What a server answers, in a file.
fn fetch(site: &Installation, address: &str, path: &str, name: &str) -> String {
    let mut stream = std::net::TcpStream::connect(address).expect("the server listens");
    write!(
        stream,
        "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n"
    )
    .expect("sent");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).expect("answered");
    let end = answer
        .windows(4)
        .position(|octets| octets == b"\r\n\r\n")
        .expect("a body");
    assert!(
        answer.starts_with(b"HTTP/1.1 200"),
        "{path}: {}",
        text(&answer[..end])
    );
    std::fs::write(site.path(name), &answer[end + 4..]).expect("written");
    name.to_owned()
}

#[test]
fn nobody_is_cross_certified_who_has_the_name_of_an_authority_of_ours() {
    let site = Installation::new(&[]);
    std::fs::write(
        site.path("issuing.pem"),
        tanba_pki::pem::encode("CERTIFICATE", &issuing(&site)),
    )
    .expect("written");
    let refused = |file: &str| {
        let digits = site.openssl(&words(&format!(
            "x509 -in {file} -noout -fingerprint -sha256"
        )));
        let digits = digits.trim().rsplit('=').next().expect("digits");
        let plan =
            Plan::new(&site, "cross").with("64 HEXADECIMAL DIGITS", &digits.replace(':', ""));
        let path = plan.at(&site, "cross.toml");
        for more in ["--dry-run", "--output cross"] {
            let line = format!("ceremony run {path} --subject {file} {more}");
            let said = site.refusal(&words(&line));
            assert!(said.contains("has the same name"), "{said}");
        }
    };
    let before = count(&site, "SELECT count(*) FROM certificate");
    partner::certify(&site, "partner", "/CN=PARTNER", partner::AUTHORITY, None);
    for ours in ["root.pem", "issuing.pem"] {
        site.openssl(&words(&format!(
            "x509 -in {ours} -signkey partner.key -clrext -extfile extensions -days 300 -out named.pem"
        )));
        refused("named.pem");
    }
    // The authority itself.
    refused("issuing.pem");
    assert_eq!(count(&site, "SELECT count(*) FROM certificate"), before);
}

#[test]
fn a_cross_certificate_leads_from_one_root_to_the_authority_under_another() {
    let vault = Vault::new();
    let other = Installation::new(&["--issuing-key", "ec-p384", "--remark", "(EC) OTHER"]);
    let [iin, _] = other.import_people();
    let leaf = certify(&other, &iin, "leaf");
    let fingerprint = other.openssl(&words("x509 -in root.pem -noout -fingerprint -sha256"));
    let digits = fingerprint
        .trim()
        .split('=')
        .nth(1)
        .expect("digits")
        .replace(':', "");
    let plan = Plan::new(&vault.site, "cross").with("64 HEXADECIMAL DIGITS", &digits);
    let path = plan.at(&vault.site, "cross.toml");
    let root = argument(&other.path("root.pem"));
    let said = vault.site.refusal(&words(&format!(
        "ceremony run {path} --dry-run --subject made/root.pem"
    )));
    assert!(said.contains("certificate-sha256"), "{said}");
    assert!(
        vault
            .site
            .refusal(&words(&format!("ceremony run {path} --dry-run")))
            .contains("bring the certificate")
    );
    let rehearsed = vault.site.facts(&words(&format!(
        "ceremony run {path} --dry-run --subject {root}"
    )));
    let made = vault.run(&path, &format!("--subject {root}"), "cross");
    assert_eq!(rehearsed["signed_part_sha256"], made["signed_part_sha256"]);
    // A second time the same comes out; the transcript is another one.
    let again = vault.run(&path, &format!("--subject {root}"), "cross-again");
    assert_eq!(again["fingerprint"], made["fingerprint"]);

    let cross = argument(&vault.site.path("cross/cross-by-root.pem"));
    let trusted = argument(&vault.root);
    let pem = tanba_pki::pem::encode("CERTIFICATE", &issuing(&other));
    std::fs::write(other.path("issuing.pem"), pem).expect("written");
    for root in ["root.pem", &trusted] {
        other.openssl(&words(&format!(
            "verify -x509_strict -CAfile {root} -untrusted {cross} -untrusted issuing.pem {leaf}"
        )));
        other.facts(&words(&format!(
            "validate --trusted {root} --untrusted {cross} --untrusted issuing.pem --purpose sign {leaf}"
        )));
    }
    let without = other.tanba(&words(&format!(
        "validate --trusted {trusted} --untrusted issuing.pem {leaf}"
    )));
    assert_eq!(without.status.code(), Some(1));
    linted(
        &vault.site,
        &["cross/cross-by-root.pem", "made/root.pem"],
        &[],
    );
}

#[test]
fn responders_and_time_stampers_are_certified_by_plan_under_the_authority_that_serves() {
    let site = Installation::new(&["--issuing-key", "ec-p384", "--trusted-proxy", "127.0.0.1"]);
    let [iin, _] = site.import_people();
    let leaf = certify(&site, &iin, "leaf");
    let responder = || -> Vec<u8> {
        let database = rusqlite::Connection::open(site.path("tanba.sqlite")).expect("a database");
        let sql = "SELECT responder_certificate FROM issuer WHERE kind = 'issuing'";
        database
            .query_row(sql, [], |row| row.get(0))
            .expect("a responder")
    };
    let before = responder();
    let plan = Plan::new(&site, "ocsp-signer")
        .named("OCSP BY CEREMONY")
        .at(&site, "ocsp.toml");
    let said = text(
        &site
            .tanba(&words(&format!("ceremony run {plan} --dry-run")))
            .stdout,
    );
    assert!(said.contains("OCSP no check"), "{said}");
    site.facts(&words(&format!("ceremony run {plan} --output ocsp")));
    assert_ne!(responder(), before);
    let server = site.serve();
    std::fs::write(
        site.path("nca.pem"),
        tanba_pki::pem::encode("CERTIFICATE", &issuing(&site)),
    )
    .expect("written");
    let url = format!("http://{}/ocsp", server.machines);
    let said = site.openssl(&words(&format!(
        "ocsp -issuer nca.pem -cert {leaf} -url {url} -CAfile root.pem -verify_other nca.pem -resp_text"
    )));
    assert!(
        said.contains("OCSP BY CEREMONY") && said.contains(": good"),
        "{said}"
    );
    server.terminate();

    let plan = Plan::new(&site, "tsa-signer")
        .named("TIME-STAMPING AUTHORITY")
        .at(&site, "tsa.toml");
    let said = site.refusal(&words(&format!("ceremony run {plan} --dry-run")));
    assert!(said.contains("bring the request"), "{said}");
    site.openssl(&words("req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj / -keyout tsa.key -out tsa.csr"));
    site.facts(&words(&format!(
        "ceremony run {plan} --request tsa.csr --output tsa"
    )));
    let made = "tsa/tsa-signer-of-nca-ec.pem";
    site.openssl(&words(&format!(
        "verify -x509_strict -purpose timestampsign -CAfile root.pem -untrusted nca.pem {made}"
    )));
    site.facts(&words(
        "ceremony verify tsa/tsa-signer-of-nca-ec-tsa-signer-transcript.json --trusted root.pem",
    ));
    linted(&site, &["ocsp/ocsp-signer-of-nca-ec.pem", made], &[]);
    site.facts(&["audit", "verify"]);

    let transcript =
        "ceremony verify tsa/tsa-signer-of-nca-ec-tsa-signer-transcript.json --trusted root.pem";
    write_lists(&site, ["root.crl", "nca.crl"]);
    let said = site.refusal(&words(&format!("{transcript} --crl root.crl")));
    assert!(said.contains("no list that was given"), "{said}");
    let lists = format!("{transcript} --crl root.crl --crl nca.crl");
    assert_eq!(site.facts(&words(&lists))["revocation_checked"], true);
    // Whoever has the key of the authority can make a whole transcript.
    let serial = tanba_pki::Certificate::from_der(&issuing(&site)).expect("a certificate");
    let serial = serial.serial_hex();
    let revoke = format!("certificate revoke {serial} --authority --reason keyCompromise");
    assert!(site.tanba(&words(&revoke)).status.success());
    write_lists(&site, ["root.crl", "nca.crl"]);
    let said = site.refusal(&words(&lists));
    assert!(said.contains("was revoked as of"), "{said}");
}

fn issuing(site: &Installation) -> Vec<u8> {
    let database = rusqlite::Connection::open(site.path("tanba.sqlite")).expect("a database");
    let sql = "SELECT certificate FROM issuer WHERE kind = 'issuing'";
    database
        .query_row(sql, [], |row| row.get(0))
        .expect("an authority")
}

/// Certificates and lists of authorities as pkilint sees them: nothing worse than a notice.
fn linted(site: &Installation, certificates: &[&str], lists: &[&str]) {
    let Some(python) = crate::lint::python() else {
        return;
    };
    let mut documents = crate::lint::Documents::new();
    let der = |file: &str| {
        let octets = std::fs::read(site.path(file)).expect("a file");
        match tanba_pki::pem::decode_all(&octets) {
            Ok(mut blocks) if !blocks.is_empty() => blocks.swap_remove(0).der,
            _ => octets,
        }
    };
    for file in certificates {
        documents.certificate(*file, &der(file));
    }
    for file in lists {
        documents.list(*file, "ARL", &der(file));
    }
    documents.are_known(&python);
}
