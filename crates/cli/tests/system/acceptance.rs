//! For each algorithm of issuing keys: request, certificate, revocation, list, status answer and signed document through the
//! command line, with people's keys of the same algorithm, and what programs of others make of them.
//!
//! `docs/conformance.md` says which program accepts what; the lists `OPENSSL`… below are those of the document.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use tanba_crypto::KeyAlgorithm;
use tanba_pki::{Certificate, pem};
use tempfile::TempDir;

use crate::citizen::new_key;
use crate::lint::{Documents, python, script};
use crate::second_opinion::{ask, fetch};
use crate::server::{Choice, Installation, program, run, text};

const PASSWORD: &str = "Zhana-7-Pass";
const PROFILE: &str = "neutral-individual-signature";

/// A person's key with its certificates and a document that it signed.
struct Signer {
    /// The certificate, PEM.
    leaf: PathBuf,
    certificate: Certificate,
    /// A signed document, DER.
    message: PathBuf,
}

/// Everything of one installation that others are shown, in files.
struct Exhibit {
    house: Installation,
    good: Signer,
    revoked: Signer,
    root: PathBuf,
    issuing: PathBuf,
    root_list: PathBuf,
    list: PathBuf,
    /// Status answers about the good and the revoked certificate, DER.
    answers: [PathBuf; 2],
}

/// Makes a key file, has its request certified, installs the certificate and signs a document: as people do.
fn signer(house: &Installation, iin: &str, algorithm: &str, name: &str) -> Signer {
    let path = |part: &str| house.path(&format!("{name}-{part}"));
    let [folder, password, leaf, store] = ["new", "password", "leaf.pem", "signer.p12"].map(path);
    let [document, message] = ["document", "document.cms"].map(path);
    fs::write(&password, PASSWORD).expect("a file");
    fs::write(&document, "Құжат: бір сөз.\n").expect("a file");
    let tanba = |words: &[&str]| run(house.command().args(words));
    let made = tanba(&[
        "keystore",
        "new",
        "--json",
        "--algorithm",
        algorithm,
        "--purpose",
        "signing",
        "--output",
        text(&folder),
        "--password-file",
        text(&password),
    ]);
    let made: serde_json::Value = serde_json::from_str(&made).expect("JSON");
    let part = |name: &str| made[name].as_str().expect("a name").to_owned();
    house.tanba(&[
        "certificate",
        "issue",
        "--person",
        iin,
        "--profile",
        PROFILE,
        "--request",
        &part("request"),
        "--output",
        text(&leaf),
    ]);
    tanba(&[
        "keystore",
        "export",
        &part("file"),
        "--to",
        "modern",
        "--certificate",
        text(&leaf),
        "--password-file",
        text(&password),
        "--output",
        text(&store),
    ]);
    tanba(&[
        "cms",
        "sign",
        text(&document),
        "--keystore",
        text(&store),
        "--password-file",
        text(&password),
        "--out",
        text(&message),
    ]);
    let chain = Certificate::pem_many(&fs::read(&leaf).expect("a file")).expect("certificates");
    let certificate = chain.into_iter().next().expect("a certificate");
    fs::write(&leaf, certificate.to_pem()).expect("a file");
    Signer {
        leaf,
        certificate,
        message,
    }
}

impl Exhibit {
    fn make(issuing_key: &'static str, own_key: &str) -> Self {
        let choice = Choice {
            arguments: vec!["--issuing-key", issuing_key, "--issuing-name", "nca"],
            ..Choice::default()
        };
        Self::of(Installation::make(&choice), own_key)
    }

    fn of(mut house: Installation, own_key: &str) -> Self {
        house.serve();
        let person = house.register("Serikova", "serikova@example.kz");
        let good = signer(&house, &person.iin, own_key, "good");
        let revoked = signer(&house, &person.iin, own_key, "revoked");
        let serial = revoked.certificate.serial_hex();
        house.tanba(&[
            "certificate",
            "revoke",
            &serial,
            "--reason",
            "keyCompromise",
        ]);
        house.tanba(&["crl", "publish"]);
        let save = |name: &str, label: &str, url: &str| {
            let path = house.path(name);
            fs::write(&path, pem::encode(label, &fetch(url))).expect("a file");
            path
        };
        let url = |path: &str| format!("{}/{path}", house.machines);
        let issuing = save(
            "issuing.pem",
            "CERTIFICATE",
            &good.certificate.ca_issuer_urls()[0],
        );
        let root_list = save("root-list.pem", "X509 CRL", &url("crl/root.crl"));
        let list = save("list.pem", "X509 CRL", &url("crl/nca.crl"));
        let answers = [&good, &revoked].map(|signer| status(&house, &issuing, &signer.certificate));
        Self {
            root: house.path("root.pem"),
            house,
            good,
            revoked,
            issuing,
            root_list,
            list,
            answers,
        }
    }

    /// Our own judgement of the chains and the documents, with all lists.
    fn we_accept(&self) {
        let own = [
            "--trusted",
            text(&self.root),
            "--crl",
            text(&self.root_list),
        ];
        let list = ["--crl", text(&self.list)];
        for (signer, valid) in [(&self.good, true), (&self.revoked, false)] {
            let chain = ["--untrusted", text(&self.issuing), "--purpose", "sign"];
            let words = [
                &["validate"][..],
                &own,
                &list,
                &chain,
                &[text(&signer.leaf)],
            ];
            let (accepted, said) = ask(Command::new(program()).args(words.concat()));
            assert_eq!(accepted, valid, "validate: {said}");
            let chain = ["--intermediate", text(&self.issuing)];
            let words = [
                &["cms", "verify"][..],
                &own,
                &list,
                &chain,
                &[text(&signer.message)],
            ];
            let (accepted, said) = ask(Command::new(program()).args(words.concat()));
            assert_eq!(accepted, valid, "cms verify: {said}");
            assert!(valid || said.contains("revoked"), "{said}");
        }
        let responder = format!("{}/ocsp", self.house.machines);
        let check = ["certificate", "check", "--all", "--ocsp", &responder];
        let report = self.house.facts(&check);
        assert_eq!(report["faults"], 0, "{report}");
    }

    /// pkilint on everything that the installation has signed.
    fn pkilint_accepts(&self) {
        let Some(python) = python() else { return };
        let house = &self.house;
        let mut documents = Documents::new();
        for (what, path) in [("root", &self.root), ("issuing", &self.issuing)] {
            documents.certificate(what, &der(path));
        }
        for (what, column) in [
            ("responder", "responder_certificate"),
            ("seal", "seal_certificate"),
        ] {
            let query = format!("SELECT {column} FROM issuer WHERE kind = 'issuing'");
            documents.certificate(what, &house.blob(&query));
        }
        for signer in [&self.good, &self.revoked] {
            documents.certificate("person", signer.certificate.der());
        }
        documents.list("root list", "ARL", &der(&self.root_list));
        documents.list("list", "CRL", &der(&self.list));
        let serial = self.revoked.certificate.serial_hex();
        let shard = house.count(&format!(
            "SELECT shard FROM certificate WHERE hex(serial) = upper('{serial}')"
        ));
        for shard in [shard, (shard + 1) % 16] {
            for name in [format!("{shard}.crl"), format!("{shard}-delta.crl")] {
                let url = format!("{}/crl/nca/{name}", house.machines);
                documents.list(name, "CRL", &fetch(&url));
            }
        }
        for answer in &self.answers {
            documents.answer("answer", &fs::read(answer).expect("a file"));
        }
        documents.are_known(&python);
    }

    fn openssl_accepts(&self) {
        let openssl = |words: &[&str]| ask(Command::new("openssl").args(words));
        let [root, issuing] = [&self.root, &self.issuing].map(|path| text(path));
        let [root_list, list] = [&self.root_list, &self.list].map(|path| text(path));
        for (signer, answer, valid) in [
            (&self.good, &self.answers[0], true),
            (&self.revoked, &self.answers[1], false),
        ] {
            let (accepted, said) = openssl(&[
                "verify",
                "-x509_strict",
                "-crl_check_all",
                "-CAfile",
                root,
                "-untrusted",
                issuing,
                "-CRLfile",
                root_list,
                "-CRLfile",
                list,
                text(&signer.leaf),
            ]);
            assert_eq!(accepted, valid, "openssl verify: {said}");
            assert!(valid || said.contains("certificate revoked"), "{said}");
            let serial = format!("0x{}", signer.certificate.serial_hex());
            let (answered, said) = openssl(&[
                "ocsp",
                "-respin",
                text(answer),
                "-issuer",
                issuing,
                "-serial",
                &serial,
                "-verify_other",
                issuing,
                "-CAfile",
                root,
                "-no_nonce",
            ]);
            let expected = format!("{serial}: {}", if valid { "good" } else { "revoked" });
            assert!(
                answered && said.contains("Response verify OK"),
                "openssl ocsp: {said}"
            );
            assert!(said.contains(&expected), "openssl ocsp: {said}");
        }
        for (list, issuer) in [(root_list, root), (list, issuing)] {
            let (_, said) = openssl(&["crl", "-noout", "-in", list, "-CAfile", issuer]);
            assert!(said.contains("verify OK"), "openssl crl: {said}");
            let other = if issuer == root { issuing } else { root };
            let (_, said) = openssl(&["crl", "-noout", "-in", list, "-CAfile", other]);
            assert!(
                !said.contains("verify OK"),
                "openssl crl takes anybody's: {said}"
            );
        }
    }

    fn openssl_accepts_the_document(&self) {
        let words = [
            "cms", "-verify", "-cades", "-binary", "-inform", "DER", "-purpose", "any",
        ];
        let (accepted, said) = ask(Command::new("openssl")
            .args(words)
            .args(["-in", text(&self.good.message), "-CAfile", text(&self.root)])
            .args(["-certfile", text(&self.issuing), "-out"])
            .arg(self.house.path("content")));
        assert!(accepted, "openssl cms: {said}");
    }

    /// GnuTLS judges chains with lists, lists and status answers.
    fn gnutls_accepts(&self) {
        let bundle = |name: &str, parts: &[&Path]| {
            let path = self.house.path(name);
            let texts = parts
                .iter()
                .map(|part| fs::read_to_string(part).expect("a text"));
            fs::write(&path, texts.collect::<String>()).expect("a file");
            path
        };
        let lists = bundle("lists.pem", &[&self.root_list, &self.list]);
        for (signer, answer, valid) in [
            (&self.good, &self.answers[0], true),
            (&self.revoked, &self.answers[1], false),
        ] {
            let chain = bundle("chain.pem", &[&signer.leaf, &self.issuing]);
            let (accepted, said) = ask(Command::new("certtool")
                .args(["--verify", "--load-ca-certificate", text(&self.root)])
                .args(["--load-crl", text(&lists), "--infile", text(&chain)]));
            assert_eq!(accepted, valid, "certtool --verify: {said}");
            assert!(
                valid || said.contains("revoked"),
                "certtool --verify: {said}"
            );
            let (accepted, said) = ask(Command::new("ocsptool")
                .args(["--verify-response", "--load-response", text(answer)])
                .args(["--load-trust", text(&self.issuing)]));
            assert!(accepted && said.contains("Success"), "ocsptool: {said}");
            let (read, said) =
                ask(Command::new("ocsptool").args(["--response-info", "--infile", text(answer)]));
            let expected = if valid {
                "Certificate Status: good"
            } else {
                "Certificate Status: revoked"
            };
            assert!(read && said.contains(expected), "ocsptool: {said}");
        }
        for (list, issuer) in [(&self.root_list, &self.root), (&self.list, &self.issuing)] {
            let (accepted, said) = ask(Command::new("certtool")
                .args(["--verify-crl", "--load-ca-certificate", text(issuer)])
                .args(["--infile", text(list)]));
            assert!(
                accepted && said.contains("Verified"),
                "certtool --verify-crl: {said}"
            );
        }
    }

    /// NSS judges chains, asks our responder, and knows the revoked certificate from the list.
    fn nss_accepts(&self) {
        let folder = self.house.path("nss");
        fs::create_dir(&folder).expect("a folder");
        let database = format!("sql:{}", text(&folder));
        let nss = |program: &str, words: &[&str]| {
            ask(Command::new(program).args(["-d", &database]).args(words))
        };
        let must = |program: &str, words: &[&str]| {
            let (done, said) = nss(program, words);
            assert!(done, "{program} {words:?}: {said}");
        };
        must("certutil", &["-N", "--empty-password"]);
        for (name, trust, file) in [
            ("root", "C,C,C", &self.root),
            ("issuing", ",,", &self.issuing),
            ("good", ",,", &self.good.leaf),
            ("revoked", ",,", &self.revoked.leaf),
        ] {
            must(
                "certutil",
                &["-A", "-n", name, "-t", trust, "-i", text(file)],
            );
        }
        for name in ["good", "revoked"] {
            must("certutil", &["-V", "-n", name, "-u", "S"]);
        }
        // By the responder that the certificate names.
        for (name, expected) in [("good", true), ("revoked", false)] {
            let (good, said) = nss("ocspclnt", &["-S", name]);
            let verdict = if expected { "good" } else { "revoked" };
            assert!(said.contains(verdict), "ocspclnt: {good} {said}");
        }
        for (name, list) in [("root.crl", &self.root_list), ("list.crl", &self.list)] {
            let file = self.house.path(name);
            fs::write(&file, der(list)).expect("a file");
            must("crlutil", &["-I", "-t", "1", "-i", text(&file)]);
        }
        must("certutil", &["-V", "-n", "good", "-u", "S"]);
        let (accepted, said) = nss("certutil", &["-V", "-n", "revoked", "-u", "S"]);
        assert!(!accepted && said.contains("revoked"), "certutil -V: {said}");
        let (accepted, said) = nss("vfychain", &["-u", "4", "-a", text(&self.good.leaf)]);
        assert!(accepted, "vfychain: {said}");
        // Servers, by each profile of theirs and each kind of key that both know.
        for (name, profile, algorithm) in [
            ("rsa", "tls-server", KeyAlgorithm::Rsa { bits: 2048 }),
            ("kz-rsa", "kz-tls-server", KeyAlgorithm::Rsa { bits: 2048 }),
            ("ec", "tls-server", KeyAlgorithm::EcP256),
            ("kz-ec", "kz-tls-server", KeyAlgorithm::EcP256),
        ] {
            let certificate = self.server(name, profile, algorithm);
            must(
                "certutil",
                &["-A", "-n", name, "-t", ",,", "-i", text(&certificate)],
            );
            must("certutil", &["-V", "-n", name, "-u", "V"]);
            let (accepted, said) = nss("vfychain", &["-u", "1", "-a", text(&certificate)]);
            assert!(accepted, "vfychain -u 1, {name}: {said}");
        }
    }

    /// The certificate of a server of this name, PEM.
    fn server(&self, name: &str, profile: &str, algorithm: KeyAlgorithm) -> PathBuf {
        let surname = format!("Server{}", name.replace('-', ""));
        let mut holder = self.house.register(&surname, &format!("{name}@example.kz"));
        holder.common_name = Some(format!("{name}.example.kz"));
        let key = new_key(algorithm);
        let certificate = self.house.certify(&holder, profile, &key);
        let path = self.house.path(&format!("{name}.pem"));
        fs::write(&path, certificate.to_pem()).expect("a file");
        path
    }

    /// An implementation of ML-DSA that shares nothing with ours verifies every kind of signature, and refuses a changed one.
    fn dilithium_accepts(&self) {
        let Some(python) = python() else { return };
        let verify = |kind: &str, file: &Path, issuer: &Path| {
            let words = [kind, text(file), text(issuer)];
            ask(Command::new(&python).arg(script("ml_dsa.py")).args(words))
        };
        let save = |name: &str, der: &[u8]| {
            let path = self.house.path(name);
            fs::write(&path, der).expect("a file");
            path
        };
        let binary = |name: &str, path: &Path| save(name, &der(path));
        let root = binary("root.der", &self.root);
        let issuing = binary("issuing.der", &self.issuing);
        let leaf = binary("leaf.der", &self.good.leaf);
        let list = binary("list.der", &self.list);
        let query = "SELECT responder_certificate FROM issuer WHERE kind = 'issuing'";
        let responder = save("responder.der", &self.house.blob(query));
        for (kind, file, issuer) in [
            ("certificate", &root, &root),
            ("certificate", &issuing, &root),
            ("certificate", &leaf, &issuing),
            ("certificate", &responder, &issuing),
            ("crl", &binary("root-list.der", &self.root_list), &root),
            ("crl", &list, &issuing),
            ("ocsp", &self.answers[0], &responder),
            ("ocsp", &self.answers[1], &responder),
            ("cms", &self.good.message, &leaf),
        ] {
            let (accepted, said) = verify(kind, file, issuer);
            assert!(accepted, "{kind} {}: {said}", file.display());
        }
        // One bit of the certificate's serial number, which stands near its beginning.
        let mut changed = fs::read(&leaf).expect("a file");
        changed[24] ^= 1;
        let (accepted, said) = verify("certificate", &save("changed.der", &changed), &issuing);
        assert!(!accepted && said.contains("does not hold"), "{said}");
    }

    /// What every tool knows.
    fn everybody_accepts(&self) {
        self.we_accept();
        self.openssl_accepts();
        self.openssl_accepts_the_document();
        self.gnutls_accepts();
        self.nss_accepts();
        self.pkilint_accepts();
    }
}

/// A status answer as a stranger gets it.
fn status(house: &Installation, issuing: &Path, certificate: &Certificate) -> PathBuf {
    let serial = certificate.serial_hex();
    let answer = house.path(&format!("{serial}.ocsp"));
    run(Command::new("openssl")
        .args([
            "ocsp",
            "-noverify",
            "-no_nonce",
            "-url",
            &format!("{}/ocsp", house.machines),
        ])
        .args(["-issuer", text(issuing), "-serial", &format!("0x{serial}")])
        .args(["-respout", text(&answer)]));
    answer
}

fn der(path: &Path) -> Vec<u8> {
    let text = fs::read(path).expect("a file");
    pem::decode_all(&text).expect("PEM").swap_remove(0).der
}

#[test]
fn rsa_is_accepted_by_openssl_gnutls_nss_and_pkilint() {
    Exhibit::make("rsa-2048", "rsa-2048").everybody_accepts();
}

#[test]
fn p256_is_accepted_by_openssl_gnutls_nss_and_pkilint() {
    Exhibit::make("ec-p256", "p-256").everybody_accepts();
}

#[test]
fn p384_is_accepted_by_openssl_gnutls_nss_and_pkilint() {
    Exhibit::make("ec-p384", "p-384").everybody_accepts();
}

#[test]
fn ed25519_is_accepted_by_openssl_gnutls_and_pkilint() {
    let exhibit = Exhibit::make("ed25519", "ed25519");
    exhibit.we_accept();
    exhibit.openssl_accepts();
    exhibit.gnutls_accepts();
    exhibit.pkilint_accepts();
}

#[test]
fn ml_dsa_44_is_accepted_by_dilithium_py_and_pkilint() {
    let exhibit = Exhibit::make("ml-dsa-44", "ml-dsa-44");
    exhibit.we_accept();
    exhibit.dilithium_accepts();
    exhibit.pkilint_accepts();
}

#[test]
fn ml_dsa_65_is_accepted_by_dilithium_py_and_pkilint() {
    let exhibit = Exhibit::make("ml-dsa-65", "ml-dsa-65");
    exhibit.we_accept();
    exhibit.dilithium_accepts();
    exhibit.pkilint_accepts();
}

/// A token of another maker, which has ML-DSA; `None`, and said so, where it was not built (`scripts/build-kryoptic.sh`).
fn kryoptic() -> Option<(TempDir, Choice)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let module = root.join("target/kryoptic/libkryoptic_pkcs11.so");
    if !module.exists() {
        eprintln!(
            "SKIPPED: Kryoptic is not built; TANBA_KRYOPTIC=1 scripts/setup.sh test builds it"
        );
        return None;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name);
    let settings = path("kryoptic.conf");
    let store = path("token.sql");
    let slot = format!(
        "[[slots]]\nslot = 1\ndbtype = \"sqlite\"\ndbargs = \"{}\"\n",
        store.display()
    );
    fs::write(&settings, slot).expect("a file");
    fs::write(path("pin"), "kilt-2468\n").expect("a file");
    let variable = ("KRYOPTIC_CONF", text(&settings).to_owned());
    let tool = |words: &[&str]| {
        run(Command::new("pkcs11-tool")
            .env(variable.0, &variable.1)
            .args(["--module", text(&module)])
            .args(words))
    };
    tool(&[
        "--slot-index",
        "0",
        "--init-token",
        "--label",
        "nca",
        "--so-pin",
        "13579246",
    ]);
    tool(&[
        "--token-label",
        "nca",
        "--login",
        "--login-type",
        "so",
        "--so-pin",
        "13579246",
        "--init-pin",
        "--new-pin",
        "kilt-2468",
    ]);
    let uri = format!(
        "pkcs11:token=nca?module-path={}&pin-source={}",
        module.display(),
        path("pin").display()
    );
    let choice = Choice {
        arguments: vec![
            "--issuing-key",
            "ml-dsa-65",
            "--issuing-name",
            "nca",
            "--key-store",
            uri.leak(),
        ],
        environment: vec![variable],
        ..Choice::default()
    };
    Some((folder, choice))
}

#[test]
fn ml_dsa_65_in_a_token_of_another_maker_is_accepted_by_dilithium_py_and_pkilint() {
    let Some((_folder, choice)) = kryoptic() else {
        return;
    };
    let exhibit = Exhibit::of(Installation::make(&choice), "ml-dsa-65");
    exhibit.we_accept();
    exhibit.dilithium_accepts();
    exhibit.pkilint_accepts();
}
