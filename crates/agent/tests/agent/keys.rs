//! Keys made, certified, installed and locked anew through the agent.

use serde_json::{Value, json};
use tanba_agent::Use;
use tanba_pki::{Certificate, CertificateRequest, pem};

use crate::harness::{Client, Decision, Running, run, text};
use crate::maker::AIGUL;

fn call(page: &mut Client, module: &str, method: &str, arguments: &Value) -> Value {
    let request = json!({ "module": module, "method": method, "args": arguments });
    page.ask(&request.to_string())
}

const BASICS: &str = "kz.gov.pki.knca.basics";
const KEYSTORE: &str = "kz.tanba.keystore";

fn order() -> Value {
    json!({
        "storage": "PKCS12", "keys": [{ "alg": "EC-P256" }, { "alg": "RSA-2048" }],
        "subject": { "cn": "ТЕСТОВА АЙГҮЛ", "surname": "ТЕСТОВА", "serialNumber": "IIN900101400017", "c": "KZ" },
        "email": "aigul@example.kz", "locale": "kk",
    })
}

#[test]
fn keys_are_made_certified_and_installed_in_a_file_that_signs() {
    let agent = Running::start();
    let mut page = agent.page();
    let made = call(&mut page, BASICS, "generateCsr", &order());
    let made = made["body"]["result"]
        .as_array()
        .unwrap_or_else(|| panic!("{made}"));
    assert_eq!(made.len(), 2);
    let mut certificates: Vec<Certificate> = Vec::new();
    for key in made {
        let block = pem::decode_all(key["csr"].as_str().unwrap().as_bytes())
            .unwrap()
            .remove(0);
        let request = CertificateRequest::from_der(&block.der).unwrap();
        request.verify_possession().unwrap();
        assert_eq!(request.email(), Some("aigul@example.kz"));
        let certificate =
            agent
                .root
                .issue_for("neutral-individual-signature", request.public_key(), &AIGUL);
        assert_eq!(
            key["keyId"],
            tanba_pki::hex::encode(&request.public_key().key_id())
        );
        certificates.push(certificate);
    }
    let waiting = call(&mut page, KEYSTORE, "listWaiting", &json!({}));
    assert_eq!(waiting["body"]["result"].as_array().unwrap().len(), 2);
    let pems: Vec<String> = certificates.iter().map(Certificate::to_pem).collect();
    let import = json!({ "storage": "PKCS12", "certificates": pems, "chain": [agent.root.certificate.to_pem()] });
    agent.owner.chooses("Wrong123");
    let wrong = call(&mut page, BASICS, "importCertificate", &import);
    assert_eq!(wrong["code"], "CERTIFICATE_IMPORTING_FAILURE");
    agent.owner.chooses("Qwerty34");
    let installed = call(&mut page, BASICS, "importCertificate", &import);
    let installed = installed["body"]["result"]
        .as_array()
        .unwrap_or_else(|| panic!("{installed}"));
    let waiting = call(&mut page, KEYSTORE, "listWaiting", &json!({}));
    assert_eq!(waiting["body"]["result"], json!([]));
    for file in installed {
        let path = agent.path("kept").join(file["file"].as_str().unwrap());
        let (opens, words) = run(
            "openssl",
            &[
                "pkcs12",
                "-in",
                text(&path),
                "-passin",
                "pass:Qwerty34",
                "-nokeys",
            ],
        );
        assert!(opens && words.contains("BEGIN CERTIFICATE"), "{words}");
    }
    // A certificate of a key that was never here goes nowhere.
    let stranger = agent.root.issue(
        "neutral-individual-signature",
        &crate::maker::key(crate::maker::RSA),
        &AIGUL,
    );
    let refused = call(
        &mut page,
        BASICS,
        "importCertificate",
        &json!({ "certificates": [stranger.to_pem()] }),
    );
    assert_eq!(
        refused["details"],
        "no key waits for this certificate on this computer"
    );
    let grants = agent.grants().list().unwrap();
    assert_eq!(
        grants.iter().map(|grant| grant.usage).collect::<Vec<_>>(),
        [Use::Keys]
    );
}

/// Requests for two keys, certified under an authority that stands between them and the root.
fn two_certified(agent: &Running, page: &mut Client) -> Vec<Certificate> {
    let made = call(page, BASICS, "generateCsr", &order());
    let made = made["body"]["result"].as_array().unwrap();
    let issue = |key| agent.root.issue_requested(key);
    made.iter().map(issue).collect()
}

/// A request may bring the certificates of two keys in one text, twice, with their issuer among them.
#[test]
fn certificates_of_two_keys_and_their_issuer_come_in_one_request() {
    let agent = Running::start();
    let mut page = agent.page();
    let certified = two_certified(&agent, &mut page);
    let root = agent.root.certificate.clone();
    let all = [&root, &certified[0], &certified[1], &certified[0]].map(Certificate::to_pem);
    let import = json!({ "certificates": [all.concat()] });
    let installed = call(&mut page, BASICS, "importCertificate", &import);
    let files = installed["body"]["result"]
        .as_array()
        .unwrap_or_else(|| panic!("{installed}"));
    let serials: Vec<&str> = files
        .iter()
        .map(|f| f["serial"].as_str().unwrap())
        .collect();
    assert_eq!(
        serials,
        [certified[0].serial_hex(), certified[1].serial_hex()]
    );
    let Some(tanba_agent::consent::Question::Secret(question)) = agent.owner.seen().pop() else {
        panic!("nobody was asked")
    };
    assert_eq!(
        question.items.len(),
        2,
        "the owners of the two keys: {question:?}"
    );
    for file in files {
        let path = agent.path("kept").join(file["file"].as_str().unwrap());
        let words = run(
            "openssl",
            &[
                "pkcs12",
                "-in",
                text(&path),
                "-passin",
                "pass:Qwerty34",
                "-nokeys",
            ],
        );
        let inside = words.1.matches("BEGIN CERTIFICATE").count();
        assert_eq!(inside, 2, "a certificate and its issuer: {}", words.1);
    }
}

/// Signatures are verified before anybody is asked, so that there is an end to them.
#[test]
fn certificates_that_issue_each_other_without_end_are_refused_soon() {
    let agent = Running::start();
    let mut page = agent.page();
    let certified = two_certified(&agent, &mut page);
    // Authorities of one name: which of them issued a certificate only its signature tells.
    let others = (0..10).map(|_| crate::maker::Root::new().certificate);
    let chain: Vec<String> = others.map(|other| other.to_pem()).collect();
    let seen = agent.owner.seen().len();
    let pems: Vec<String> = certified.iter().map(Certificate::to_pem).collect();
    let mut import = json!({ "certificates": [pems.concat() + &chain.concat()], "chain": [] });
    let refused = call(&mut page, BASICS, "importCertificate", &import);
    assert_eq!(refused["code"], "CERTIFICATE_IMPORTING_FAILURE");
    assert_eq!(
        refused["details"],
        "there are too many certificates to find a chain among them"
    );
    assert_eq!(agent.owner.seen().len(), seen, "nobody was asked");
    // A few of them do no harm.
    let root = agent.root.certificate.to_pem();
    import["certificates"] = json!(pems);
    import["chain"] = json!([chain[..4].concat(), root]);
    let installed = call(&mut page, BASICS, "importCertificate", &import);
    assert_eq!(installed["status"], true, "{installed}");
    assert_eq!(agent.owner.seen().len(), seen + 1);
}

/// An installation that came half way, or whose answer was lost, is done again.
#[test]
fn certificates_that_were_installed_before_are_installed_again() {
    let agent = Running::start();
    let mut page = agent.page();
    let certified = two_certified(&agent, &mut page);
    let pems = certified
        .iter()
        .map(Certificate::to_pem)
        .collect::<Vec<_>>();
    let mut import = |certificates: &[String]| {
        let import = json!({ "certificates": certificates });
        call(&mut page, BASICS, "importCertificate", &import)
    };
    let half = import(&pems[..1]);
    let whole = import(&pems);
    let files = whole["body"]["result"]
        .as_array()
        .unwrap_or_else(|| panic!("{whole}"));
    assert_eq!(files[0], half["body"]["result"][0]);
    assert_eq!(import(&pems), whole, "and once more");
    assert_eq!(import(&pems[1..])["body"]["result"][0], files[1]);
    assert_eq!(std::fs::read_dir(agent.path("kept")).unwrap().count(), 2);
    agent.owner.chooses("Wrong123");
    let wrong = import(&pems);
    assert_eq!(wrong["details"], "the password or PIN is wrong", "{wrong}");
}

/// Of several certificates all are installed or none.
#[test]
fn one_certificate_without_a_key_keeps_the_other_out() {
    let agent = Running::start();
    let mut page = agent.page();
    let certified = two_certified(&agent, &mut page);
    let key = crate::maker::key(crate::maker::RSA);
    let stranger = agent
        .root
        .issue("neutral-individual-signature", &key, &AIGUL);
    let pems = [&certified[0], &stranger].map(Certificate::to_pem);
    let import = json!({ "certificates": pems });
    let refused = call(&mut page, BASICS, "importCertificate", &import);
    assert_eq!(refused["code"], "CERTIFICATE_IMPORTING_FAILURE");
    let told = "no key waits for this certificate on this computer";
    assert_eq!(refused["details"], told);
    let waiting = call(&mut page, KEYSTORE, "listWaiting", &json!({}));
    assert_eq!(waiting["body"]["result"].as_array().unwrap().len(), 2);
    assert!(!agent.path("kept").exists());
}

/// A certificate names its key as whoever made it likes, so that its file may be named as somebody else's key file is.
#[test]
fn a_key_file_that_is_there_is_never_written_over() {
    let agent = Running::start();
    let mut page = agent.page();
    let mut order = order();
    order["keys"] = json!([{ "alg": "EC-P256" }]);
    let made = call(&mut page, BASICS, "generateCsr", &order);
    let request = made["body"]["result"][0]["csr"].as_str().unwrap();
    let block = pem::decode_all(request.as_bytes()).unwrap().remove(0);
    let request = CertificateRequest::from_der(&block.der).unwrap();
    let certificate =
        agent
            .root
            .issue_for("neutral-individual-signature", request.public_key(), &AIGUL);
    let name = tanba_keystore::file_name(&certificate).unwrap();
    let kept = agent.path("kept");
    std::fs::create_dir_all(&kept).unwrap();
    let others = std::fs::read(agent.path("aigul.p12")).unwrap();
    std::fs::write(kept.join(&name), &others).unwrap();
    let waiting = agent.path("waiting");
    let waited = std::fs::read_dir(&waiting)
        .unwrap()
        .next()
        .unwrap()
        .unwrap()
        .path();
    let copy = std::fs::read(&waited).unwrap();
    let import = |chain: &[String]| json!({ "storage": "PKCS12", "certificates": [certificate.to_pem()], "chain": chain });
    // A chain that is sent leads to the certificate, and an authority's certificate is nobody's here.
    let stranger = crate::maker::Root::new().certificate.to_pem();
    let seen = agent.owner.seen().len();
    let refused = call(&mut page, BASICS, "importCertificate", &import(&[stranger]));
    assert_eq!(
        refused["details"],
        "the chain does not lead to the certificate"
    );
    let root = agent.root.certificate.to_pem();
    let authority = json!({ "certificates": [root] });
    let refused = call(&mut page, BASICS, "importCertificate", &authority);
    assert_eq!(
        refused["details"],
        "a certificate of an authority belongs to no key here"
    );
    for (name, count) in [("certificates", 37), ("chain", 33)] {
        let mut many = import(&[]);
        many[name] = json!(vec![certificate.to_pem(); count]);
        let refused = call(&mut page, BASICS, "importCertificate", &many);
        assert_eq!(refused["details"], format!("{name} is too long"));
    }
    assert_eq!(agent.owner.seen().len(), seen, "nobody was asked");
    let place = |installed: &Value| installed["body"]["result"][0]["file"].clone();
    let second = name.replace(".p12", "-2.p12");
    let installed = call(&mut page, BASICS, "importCertificate", &import(&[root]));
    assert_eq!(place(&installed), second, "{installed}");
    assert_eq!(std::fs::read(kept.join(&name)).unwrap(), others);
    assert!(!waited.exists());
    // The same once more, as after a crash between both steps: nothing new is written.
    std::fs::write(&waited, &copy).unwrap();
    let before = std::fs::read(kept.join(&second)).unwrap();
    let installed = call(&mut page, BASICS, "importCertificate", &import(&[]));
    assert_eq!(place(&installed), second, "{installed}");
    assert_eq!(std::fs::read(kept.join(&second)).unwrap(), before);
    assert_eq!(std::fs::read_dir(&kept).unwrap().count(), 2);
    assert!(!waited.exists());
}

/// Identifiers of keys stay the same, so a site that was granted nothing is told none: not of files, not of tokens.
#[test]
fn waiting_keys_are_told_to_sites_that_may_manage_keys_alone() {
    let agent = Running::start();
    let mut page = agent.page();
    let refused = |page: &mut Client| {
        let answer = call(page, KEYSTORE, "listWaiting", &json!({}));
        assert_eq!(answer["status"], false, "{answer}");
        assert_eq!(
            answer["details"],
            "this site was never allowed to manage keys"
        );
        assert!(answer.get("body").is_none(), "{answer}");
    };
    refused(&mut page);
    call(&mut page, BASICS, "generateCsr", &order());
    let waiting = call(&mut page, KEYSTORE, "listWaiting", &json!({}));
    assert_eq!(waiting["body"]["result"].as_array().unwrap().len(), 2);
    // Other sites learn nothing, whatever else they were granted; a revoked grant counts at once.
    let mut other = agent.page_of("https://other.example");
    let origin = tanba_agent::Origin::Site("https://other.example".to_owned());
    for usage in [Use::Login, Use::Signature] {
        let now = tanba_pki::Timestamp::from_unix(1_800_000_000);
        agent.grants().give(&origin, usage, now).unwrap();
    }
    refused(&mut other);
    agent.grants().revoke("https://egov.example", None).unwrap();
    refused(&mut page);
    assert_eq!(agent.owner.seen().len(), 1, "nobody was asked for it");
}

#[test]
fn what_cannot_be_made_or_installed_is_said() {
    let agent = Running::start();
    let mut page = agent.page();
    for (name, value, code) in [
        (
            "keys",
            json!([{ "alg": "GOST2015-512" }]),
            "CSR_GENERATING_FAILURE",
        ),
        ("keys", json!([]), "CSR_GENERATING_FAILURE"),
        ("subject", json!("x"), "CSR_GENERATING_FAILURE"),
        ("storage", json!("x"), "GENERAL_ERROR"),
    ] {
        let mut arguments = order();
        arguments[name] = value;
        assert_eq!(
            call(&mut page, BASICS, "generateCsr", &arguments)["code"],
            code,
            "{name}"
        );
    }
    let broken = json!({ "certificates": ["x"] });
    let answer = call(&mut page, BASICS, "importCertificate", &broken);
    assert_eq!(answer["code"], "INVALID_IMPORTING_CERTIFICATE");
    assert!(agent.owner.seen().is_empty());
    agent.owner.will([Decision::Cancel]);
    let cancelled = call(&mut page, BASICS, "generateCsr", &order());
    assert_eq!(cancelled, json!({ "body": {}, "status": true }));
    assert!(!agent.path("waiting").exists());
    let tokens =
        json!({ "storage": "AKKaztokenStore", "keys": [{ "alg": "RSA-2048" }], "subject": {} });
    let answer = call(&mut page, BASICS, "generateCsr", &tokens);
    assert_eq!(answer["details"], "storage.empty");
    let java = json!({ "storage": "JKS", "keys": [{ "alg": "RSA-2048" }], "subject": {} });
    let answer = call(&mut page, BASICS, "generateCsr", &java);
    assert_eq!(answer["details"], "storage.unknown");
}

#[test]
fn a_password_is_changed_and_the_old_one_opens_nothing() {
    let agent = Running::start();
    let mut page = agent.page();
    let version = call(&mut page, KEYSTORE, "getVersion", &json!({}));
    assert_eq!(version["body"]["result"]["name"], "tanba-agent");
    let storages = call(&mut page, KEYSTORE, "listStorages", &json!({}));
    assert_eq!(storages["body"]["result"], json!(["PKCS12"]));
    let changed = call(
        &mut page,
        KEYSTORE,
        "changePassword",
        &json!({ "storage": "PKCS12" }),
    );
    assert_eq!(changed["body"]["result"]["storage"], "PKCS12");
    let file = agent.path("aigul.p12");
    let opens = |password: &str| {
        let secret = format!("pass:{password}");
        run(
            "openssl",
            &[
                "pkcs12",
                "-legacy",
                "-in",
                text(&file),
                "-passin",
                &secret,
                "-nokeys",
            ],
        )
        .0
    };
    assert!(opens("Qwerty34") && !opens(crate::maker::PASSWORD));
    // The file was in the national form, and still is: what opened it before opens it again.
    assert_eq!(
        std::fs::read_dir(agent.folder.path())
            .unwrap()
            .filter(|entry| {
                entry
                    .as_ref()
                    .unwrap()
                    .file_name()
                    .to_str()
                    .unwrap()
                    .starts_with("aigul")
            })
            .count(),
        1
    );
    let again = call(&mut page, KEYSTORE, "changePassword", &json!({}));
    assert_eq!(
        again,
        json!({ "body": {}, "status": true }),
        "the old password was typed"
    );
    assert_eq!(
        call(&mut page, KEYSTORE, "x", &json!({}))["code"],
        "GENERAL_ERROR"
    );
}
