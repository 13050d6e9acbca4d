//! Tokens: SoftHSM2 under labels that stand for each kind, looked into by pkcs11-tool.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use serde_json::{Value, json};
use tanba_agent::consent::Question;
use tanba_agent::containers::{
    Container, ContainerStore as _, DriverReport, OpenFault, Storage, TokenStore,
};
use tanba_crypto::{DigestAlgorithm, KeyAlgorithm, Secret};
use tanba_model::ports::SharedRandom;
use tanba_pki::{Certificate, CertificateRequest, pem};

use crate::harness::{Client, Decision, Running, openssl_accepts, text};
use crate::maker::AIGUL;
use crate::plug::{KINDS, PIN, Plug, Table, stage};

const BASICS: &str = "kz.gov.pki.knca.basics";
const KEYSTORE: &str = "kz.tanba.keystore";

fn call(page: &mut Client, module: &str, method: &str, arguments: &Value) -> Value {
    let request = json!({ "module": module, "method": method, "args": arguments });
    page.ask(&request.to_string())
}

/// Makes a key in a token, has it certified and installs the certificate; gives its key identifier.
pub(crate) fn furnish(
    agent: &Running,
    page: &mut Client,
    storage: Storage,
    algorithm: &str,
) -> String {
    let order = json!({
        "storage": storage, "keys": [{ "alg": algorithm }],
        "subject": { "cn": "ТЕСТОВА АЙГҮЛ", "surname": "ТЕСТОВА", "serialNumber": "IIN900101400017", "c": "KZ" },
        "email": "aigul@example.kz", "locale": "kk",
    });
    let made = call(page, BASICS, "generateCsr", &order);
    let made = &made["body"]["result"][0];
    let block = pem::decode_all(
        made["csr"]
            .as_str()
            .unwrap_or_else(|| panic!("{made}"))
            .as_bytes(),
    )
    .unwrap()
    .remove(0);
    let request = CertificateRequest::from_der(&block.der).unwrap();
    request.verify_possession().unwrap();
    assert_eq!(request.keystore_oid(), Some(storage.oid()));
    let key_id = tanba_pki::hex::encode(&request.public_key().key_id());
    assert_eq!(made["keyId"], key_id);
    let waiting = call(page, KEYSTORE, "listWaiting", &json!({}));
    let entry = json!({ "keyId": key_id, "storage": storage });
    assert!(
        waiting["body"]["result"]
            .as_array()
            .unwrap()
            .contains(&entry),
        "{waiting}"
    );
    let certificate =
        agent
            .root
            .issue_for("neutral-individual-signature", request.public_key(), &AIGUL);
    let installed = install(page, storage, &certificate);
    assert_eq!(
        installed["body"]["result"][0]["keyId"], key_id,
        "{installed}"
    );
    let waiting = call(page, KEYSTORE, "listWaiting", &json!({}));
    assert!(
        !waiting["body"]["result"]
            .as_array()
            .unwrap()
            .contains(&entry),
        "{waiting}"
    );
    key_id
}

fn install(page: &mut Client, storage: Storage, certificate: &Certificate) -> Value {
    let import = json!({ "storage": storage, "certificates": [certificate.to_pem()] });
    call(page, BASICS, "importCertificate", &import)
}

/// Signs a text with a key of a token, and has openssl judge it.
fn sign(agent: &Running, page: &mut Client, storage: Storage) {
    let signed = page.common(
        "createCAdESFromBase64",
        &json!([storage, "SIGNATURE", STANDARD.encode("Шарт"), true]),
    );
    let signed = signed["responseObject"]
        .as_str()
        .unwrap_or_else(|| panic!("{signed}"));
    let message = agent.path("message");
    std::fs::write(&message, STANDARD.decode(signed).unwrap()).unwrap();
    let root = agent.root.pem(agent.folder.path());
    let (accepted, words) = openssl_accepts(&root, &message, &[]);
    assert!(accepted && words.contains("Шарт"), "{words}");
    // A digest that is not the key's own.
    let digest = STANDARD.encode(DigestAlgorithm::Sha512.digest("Шарт".as_bytes()));
    let signed = page.common(
        "createCAdESFromBase64Hash",
        &json!([storage, "SIGNATURE", digest]),
    );
    let signed = signed["responseObject"]
        .as_str()
        .unwrap_or_else(|| panic!("{signed}"));
    std::fs::write(&message, STANDARD.decode(signed).unwrap()).unwrap();
    let content = agent.path("content");
    std::fs::write(&content, "Шарт").unwrap();
    let (accepted, words) = openssl_accepts(&root, &message, &["-content", text(&content)]);
    assert!(accepted, "{words}");
}

#[test]
fn every_kind_of_token_makes_keys_takes_certificates_and_signs() {
    stage(
        Plug::Fast,
        "tokens::every_kind_of_token_makes_keys_takes_certificates_and_signs",
        |table| {
            for (label, _) in KINDS {
                table.plug_in(label);
            }
            let agent = table.agent();
            let mut page = agent.page();
            let active = page.common("getActiveTokens", &json!([]));
            let active: Vec<Storage> =
                serde_json::from_value(active["responseObject"].clone()).unwrap();
            assert_eq!(active.len(), KINDS.len());
            for (number, (label, storage)) in KINDS.into_iter().enumerate() {
                agent.owner.uses_token(storage, label, PIN);
                let algorithm = if number % 2 == 0 {
                    "RSA-2048"
                } else {
                    "EC-P256"
                };
                let key_id = furnish(&agent, &mut page, storage, algorithm);
                sign(&agent, &mut page, storage);
                let (listed, words) = table.tool(label, PIN, &["--list-objects"]);
                assert!(listed, "{words}");
                for class in [
                    "Private Key Object",
                    "Public Key Object",
                    "Certificate Object",
                ] {
                    let object = words
                        .split(class)
                        .nth(1)
                        .unwrap_or_else(|| panic!("{words}"));
                    for line in ["ID:", "label:"] {
                        let line = object.lines().find(|found| found.trim().starts_with(line));
                        assert!(line.unwrap().contains(&key_id), "{class}: {words}");
                    }
                }
                assert!(words.contains("never extractable"), "{words}");
            }
            all_forms(&agent, &mut page);
        },
    );
}

/// XML and raw signatures, several documents with one PIN, and what is told of a key.
fn all_forms(agent: &Running, page: &mut Client) {
    agent.owner.uses_token(Storage::Kaztoken, "kaztoken", PIN);
    let xml = page.common(
        "signXml",
        &json!(["AKKaztokenStore", "SIGNATURE", "<a>1</a>", "", ""]),
    );
    let xml = xml["responseObject"].as_str().unwrap();
    tanba_agent::sign::xml::verify_xml(xml).unwrap();
    let told = page.common("getKeyInfo", &json!(["AKKaztokenStore"]));
    assert_eq!(told["responseObject"]["algorithm"], "RSA", "{told}");
    let before = agent.owner.seen().len();
    let order = |format: &str, data: Value| {
        json!({
            "allowedStorages": ["AKKaztokenStore"], "format": format, "data": data,
            "signingParams": { "decode": true, "encapsulate": true },
            "signerParams": { "extKeyUsageOids": [], "chain": [] }, "locale": "kk",
        })
    };
    let many = page.basics(&order("cms", json!(["MQ==", "Mg==", "Mw=="])));
    assert_eq!(
        many["body"]["result"].as_array().unwrap().len(),
        3,
        "{many}"
    );
    assert_eq!(agent.owner.seen().len(), before + 1);
    let raw = page.basics(&order("raw", json!("MQ==")));
    assert_eq!(raw["status"], true, "{raw}");
}

fn pin(text: &str) -> Secret {
    Secret::from(text.to_owned())
}

fn only(store: &TokenStore) -> Container {
    let mut all = store.list(Storage::Kaztoken);
    assert_eq!(all.len(), 1);
    all.remove(0)
}

#[test]
fn two_tokens_of_one_kind_are_told_apart() {
    stage(
        Plug::Fast,
        "tokens::two_tokens_of_one_kind_are_told_apart",
        |table| {
            table.plug_in("kaztoken");
            table.plug_in("kaztoken");
            let agent = table.agent();
            let store = table.store();
            let listed = store.list(Storage::Kaztoken);
            let [first, second] = listed.as_slice() else {
                panic!("{listed:?}")
            };
            assert_ne!(first.name, second.name);
            let mut page = agent.page();
            // The label alone does not say which.
            agent.owner.uses_token(Storage::Kaztoken, "kaztoken", PIN);
            let order = json!({ "storage": "AKKaztokenStore", "keys": [{ "alg": "EC-P256" }], "subject": {} });
            let unsure = call(&mut page, BASICS, "generateCsr", &order);
            assert_eq!(unsure, json!({ "body": {}, "status": true }));
            agent
                .owner
                .uses_token(Storage::Kaztoken, &second.id.place, PIN);
            furnish(&agent, &mut page, Storage::Kaztoken, "EC-P256");
            assert_eq!(store.open(&second.id, &pin(PIN)).unwrap().len(), 1);
            assert_eq!(
                store.open(&first.id, &pin(PIN)).unwrap_err(),
                OpenFault::Empty
            );
            // The key is in the other token.
            let certificate = store
                .open(&second.id, &pin(PIN))
                .unwrap()
                .remove(0)
                .certificate;
            agent
                .owner
                .uses_token(Storage::Kaztoken, &first.id.place, PIN);
            let refused = install(&mut page, Storage::Kaztoken, &certificate.unwrap());
            assert_eq!(
                refused["details"],
                "no key waits for this certificate on this computer"
            );
        },
    );
}

#[test]
fn certificates_that_a_token_has_already_are_installed_again_with_others() {
    stage(
        Plug::Fast,
        "tokens::certificates_that_a_token_has_already_are_installed_again_with_others",
        |table| {
            table.plug_in("kaztoken");
            let agent = table.agent();
            let mut page = agent.page();
            agent.owner.uses_token(Storage::Kaztoken, "kaztoken", PIN);
            let order = json!({
                "storage": Storage::Kaztoken, "keys": [{ "alg": "EC-P256" }, { "alg": "EC-P256" }], "subject": {},
            });
            let made = call(&mut page, BASICS, "generateCsr", &order);
            let made = made["body"]["result"].as_array().unwrap();
            let issue = |key| agent.root.issue_requested(key);
            let certified: Vec<Certificate> = made.iter().map(issue).collect();
            let half = install(&mut page, Storage::Kaztoken, &certified[0]);
            assert_eq!(half["status"], true, "{half}");
            let pems: Vec<String> = certified.iter().map(Certificate::to_pem).collect();
            let both = json!({ "storage": Storage::Kaztoken, "certificates": pems });
            for _ in 0..2 {
                let whole = call(&mut page, BASICS, "importCertificate", &both);
                let installed = whole["body"]["result"].as_array();
                let installed = installed.unwrap_or_else(|| panic!("{whole}"));
                assert_eq!(installed.len(), 2);
            }
            let (_, listed) = table.tool("kaztoken", PIN, &["--list-objects"]);
            assert_eq!(
                listed.matches("Certificate Object").count(),
                2,
                "each once: {listed}"
            );
        },
    );
}

#[test]
fn a_token_that_comes_and_goes_is_seen_each_time() {
    stage(
        Plug::Fast,
        "tokens::a_token_that_comes_and_goes_is_seen_each_time",
        |table| {
            let agent = table.agent();
            let mut page = agent.page();
            let active = |page: &mut Client| page.common("getActiveTokens", &json!([]));
            assert_eq!(active(&mut page)["responseObject"], json!([]));
            let none = page.common("getKeyInfo", &json!(["AKKaztokenStore"]));
            assert_eq!(none["message"], "storage.empty");
            for _ in 0..2 {
                table.plug_in("kaztoken");
                table.plug_in("unknown kind");
                assert_eq!(
                    active(&mut page)["responseObject"],
                    json!(["AKKaztokenStore"])
                );
                agent.owner.uses_token(Storage::Kaztoken, "kaztoken", PIN);
                furnish(&agent, &mut page, Storage::Kaztoken, "EC-P256");
                table.take_away("kaztoken");
                table.take_away("unknown kind");
                assert_eq!(active(&mut page)["responseObject"], json!([]));
            }
        },
    );
}

#[test]
fn a_token_pulled_out_while_it_signs_gives_an_error_and_works_when_it_is_back() {
    stage(
        Plug::Loose,
        "tokens::a_token_pulled_out_while_it_signs_gives_an_error_and_works_when_it_is_back",
        |table| {
            table.plug_in("kaztoken");
            let agent = table.agent();
            agent.owner.uses_token(Storage::Kaztoken, "kaztoken", PIN);
            let mut page = agent.page();
            furnish(&agent, &mut page, Storage::Kaztoken, "EC-P256");
            let order = json!({
                "allowedStorages": ["AKKaztokenStore"], "format": "cms", "data": ["MQ==", "Mg==", "Mw=="],
                "signingParams": { "decode": true }, "signerParams": { "extKeyUsageOids": [], "chain": [] },
            });
            std::fs::write(table.path("pull-after"), "1").unwrap();
            let pulled = page.basics(&order);
            assert_eq!(pulled["status"], false, "{pulled}");
            assert_eq!(pulled["code"], "SIGNING_FAILURE", "{pulled}");
            assert!(pulled.get("body").is_none(), "{pulled}");
            let active = page.common("getActiveTokens", &json!([]));
            assert_eq!(active["responseObject"], json!([]));
            std::fs::remove_file(table.path("out")).unwrap();
            let asked = agent.owner.seen().len();
            let signed = page.basics(&order);
            assert_eq!(
                signed["body"]["result"].as_array().unwrap().len(),
                3,
                "{signed}"
            );
            assert_eq!(
                agent.owner.seen().len(),
                asked + 1,
                "its owner was asked anew"
            );
            assert!(!table.path("wrong-pins").exists());
        },
    );
}

#[test]
fn wrong_pins_are_counted_by_the_token_and_typed_by_its_owner_alone() {
    stage(
        Plug::Loose,
        "tokens::wrong_pins_are_counted_by_the_token_and_typed_by_its_owner_alone",
        |table| {
            table.plug_in("kaztoken");
            let agent = table.agent();
            agent.owner.uses_token(Storage::Kaztoken, "kaztoken", PIN);
            let mut page = agent.page();
            furnish(&agent, &mut page, Storage::Kaztoken, "EC-P256");
            let store = table.store();
            let wrong = |tries_left| Err(OpenFault::WrongSecret { tries_left });
            let open = |typed: &str| {
                let container = only(&store);
                store
                    .open(&container.id, &pin(typed))
                    .map(|keys| keys.len())
            };
            let said = || std::fs::read(table.path("wrong-pins")).map_or(0, |said| said.len());
            assert!(!only(&store).pin_was_wrong);
            assert_eq!(open("11111111"), wrong(None));
            assert!(only(&store).pin_was_wrong && only(&store).tries_left.is_none());
            assert_eq!(open(PIN), Ok(1));
            assert!(!only(&store).pin_was_wrong);
            assert_eq!(open("11111111"), wrong(None));
            assert_eq!(open("22222222"), wrong(Some(1)));
            assert_eq!(only(&store).tries_left, Some(1));
            // A site that asks does not cost a try.
            agent.owner.will([Decision::Cancel]);
            let cancelled = page.common("getKeyInfo", &json!(["AKKaztokenStore"]));
            assert_eq!(cancelled["message"], "action.canceled");
            let _ = store.waiting(Storage::Kaztoken);
            assert_eq!(said(), 3);
            assert_eq!(open("33333333"), Err(OpenFault::Blocked));
            assert_eq!(only(&store).tries_left, Some(0));
            assert_eq!(open(PIN), Err(OpenFault::Blocked));
            let refused = page.common("getKeyInfo", &json!(["AKKaztokenStore"]));
            assert_eq!(refused["message"], "action.canceled");
            assert_eq!(said(), 4);
        },
    );
}

/// A key that nobody has certified would take room in the token for ever.
#[test]
fn of_several_keys_all_are_made_or_none_stays() {
    stage(
        Plug::Fast,
        "tokens::of_several_keys_all_are_made_or_none_stays",
        |table| {
            table.plug_in("kaztoken");
            let store = table.store();
            let random = StdRng::try_from_rng(&mut rand::rngs::SysRng).unwrap();
            let random = SharedRandom::new(random);
            let make = |algorithms: &[KeyAlgorithm]| {
                let place = only(&store).id;
                store.make_keys(Some(&place), algorithms, &pin(PIN), &random)
            };
            let waiting = || store.waiting(Storage::Kaztoken).len();
            // The driver of the token knows nothing of the second kind.
            let made = make(&[KeyAlgorithm::EcP256, KeyAlgorithm::MlDsa65]);
            assert!(made.is_err());
            assert_eq!(waiting(), 0);
            let (_, listed) = table.tool("kaztoken", PIN, &["--list-objects"]);
            assert!(!listed.contains("Key Object"), "{listed}");
            assert_eq!(make(&[KeyAlgorithm::EcP256; 2]).unwrap().len(), 2);
            assert_eq!(waiting(), 2);
        },
    );
}

/// Through the old interface pages type PINs: after a wrong one none is tried that its owner did not let them try.
#[test]
fn a_site_that_typed_a_wrong_pin_types_no_other_by_itself() {
    stage(
        Plug::Loose,
        "tokens::a_site_that_typed_a_wrong_pin_types_no_other_by_itself",
        |table| {
            table.plug_in("kaztoken");
            let store = Arc::new(table.store());
            let agent = Running::over(vec![store], |config| config.legacy_applet = true);
            let try_pin = |page: &mut Client, pin: &str| {
                let arguments = ["AKKaztokenStore", "kaztoken", pin, "SIGN"];
                let call = json!({ "method": "getKeys", "args": arguments });
                page.ask(&call.to_string())["errorCode"].clone()
            };
            let counted = || std::fs::read(table.path("wrong-pins")).map_or(0, |said| said.len());
            let mut page = agent.page();
            assert_eq!(try_pin(&mut page, "11111111"), "WRONG_PASSWORD");
            assert_eq!((agent.owner.seen().len(), counted()), (1, 1));
            agent.owner.will([Decision::Cancel, Decision::Cancel]);
            let mut other = agent.page_of("https://www.egov.example");
            assert_eq!(try_pin(&mut page, "22222222"), "COMMON");
            assert_eq!(try_pin(&mut other, PIN), "COMMON");
            assert_eq!((agent.owner.seen().len(), counted()), (3, 1));
            let Some(Question::Confirm(question)) = agent.owner.seen().get(1).cloned() else {
                panic!("{:?}", agent.owner.seen())
            };
            assert!(question.pin_was_wrong);
            // One that its owner lets it try, and is right, ends it.
            for _ in 0..2 {
                assert_eq!(try_pin(&mut page, PIN), "EMPTY_KEY_LIST");
                assert_eq!((agent.owner.seen().len(), counted()), (4, 1));
            }
        },
    );
}

#[test]
fn a_pin_is_changed_and_the_published_one_is_recognised() {
    stage(
        Plug::Fast,
        "tokens::a_pin_is_changed_and_the_published_one_is_recognised",
        |table| {
            table.plug_in("kaztoken");
            table.plug_in("jacarta");
            let agent = table.agent();
            let mut page = agent.page();
            for (label, storage, old, new) in [
                ("kaztoken", Storage::Kaztoken, PIN, "Qwerty34"),
                ("kaztoken", Storage::Kaztoken, "Qwerty34", "98765432"),
                // What one maker publishes is any PIN of another's token.
                ("jacarta", Storage::JaCarta, PIN, "98765432"),
            ] {
                agent.owner.uses_token(storage, label, old);
                agent.owner.chooses(new);
                let change = json!({ "storage": storage });
                let changed = call(&mut page, KEYSTORE, "changePassword", &change);
                assert_eq!(
                    changed["body"]["result"]["storage"],
                    json!(storage),
                    "{changed}"
                );
                assert!(table.tool(label, new, &["--list-objects"]).0);
                assert!(!table.tool(label, old, &["--list-objects"]).0);
            }
            // The token itself says how long a PIN must be: SoftHSM2 takes 255 octets at most.
            agent
                .owner
                .uses_token(Storage::Kaztoken, "kaztoken", "98765432");
            agent.owner.chooses(&"7".repeat(300));
            let refused = call(
                &mut page,
                KEYSTORE,
                "changePassword",
                &json!({ "storage": "AKKaztokenStore" }),
            );
            assert_eq!(
                refused["details"],
                "the token does not take this PIN; the old one holds"
            );
            assert!(table.tool("kaztoken", "98765432", &["--list-objects"]).0);
        },
    );
}

#[test]
fn keys_and_certificates_that_another_program_put_there_sign() {
    stage(
        Plug::Fast,
        "tokens::keys_and_certificates_that_another_program_put_there_sign",
        |table| {
            table.plug_in("kaztoken");
            let agent = table.agent();
            let make = [
                "--keypairgen",
                "--key-type",
                "rsa:2048",
                "--id",
                "01",
                "--label",
                "мой ключ",
            ];
            let (made, words) = table.tool("kaztoken", PIN, &make);
            assert!(made, "{words}");
            let store = table.store();
            let key = store.open(&only(&store).id, &pin(PIN)).unwrap().remove(0);
            assert_eq!(key.alias, "мой ключ");
            let public = key.signer.unwrap().public_key().clone();
            let issued = agent
                .root
                .issue_for("neutral-individual-signature", &public, &AIGUL);
            let (file, root) = (table.path("a.der"), table.path("root.der"));
            std::fs::write(&file, issued.der()).unwrap();
            std::fs::write(&root, agent.root.certificate.der()).unwrap();
            for (file, id) in [(&file, "01"), (&root, "02")] {
                let write = ["--write-object", text(file), "--type", "cert", "--id", id];
                assert!(table.tool("kaztoken", PIN, &write).0);
            }
            let keys = store.open(&only(&store).id, &pin(PIN)).unwrap();
            assert_eq!(keys.len(), 1);
            assert_eq!(keys[0].chain.len(), 1, "the issuer is in the token as well");
            drop(keys);
            agent.owner.uses_token(Storage::Kaztoken, "kaztoken", PIN);
            sign(&agent, &mut agent.page(), Storage::Kaztoken);
        },
    );
}

/// Makes a key that wants its PIN before each signature, and puts a certificate beside it.
fn furnish_cautious(agent: &Running, table: &Table, page: &mut Client) {
    let make = [
        "--keypairgen",
        "--key-type",
        "rsa:2048",
        "--id",
        "01",
        "--always-auth",
    ];
    let (made, words) = table.tool("kaztoken", PIN, &make);
    assert!(made, "{words}");
    let (_, listed) = table.tool("kaztoken", PIN, &["--list-objects"]);
    assert!(listed.contains("always authenticate"), "{listed}");
    let store = table.store();
    let key = store.open(&only(&store).id, &pin(PIN)).unwrap().remove(0);
    let public = key.signer.unwrap().public_key().clone();
    let certificate = agent
        .root
        .issue_for("neutral-individual-signature", &public, &AIGUL);
    // The trial signature of an installation needs the PIN as well.
    let installed = install(page, Storage::Kaztoken, &certificate);
    assert_eq!(installed["status"], true, "{installed}");
}

#[test]
fn a_key_that_wants_its_pin_each_time_signs_many_documents_with_one_entry() {
    stage(
        Plug::Loose,
        "tokens::a_key_that_wants_its_pin_each_time_signs_many_documents_with_one_entry",
        |table| {
            table.plug_in("kaztoken");
            let agent = table.agent();
            agent.owner.uses_token(Storage::Kaztoken, "kaztoken", PIN);
            let mut page = agent.page();
            furnish_cautious(&agent, table, &mut page);
            let entered = || std::fs::read(table.path("pins-again")).map_or(0, |said| said.len());
            let before = entered();
            sign(&agent, &mut page, Storage::Kaztoken);
            // A document, and a digest.
            assert_eq!(entered(), before + 2);
            let asked = agent.owner.seen().len();
            let order = json!({
                "allowedStorages": ["AKKaztokenStore"], "format": "cms", "data": ["MQ==", "Mg==", "Mw=="],
                "signingParams": { "decode": true }, "signerParams": { "extKeyUsageOids": [], "chain": [] },
            });
            let signed = page.basics(&order);
            let signed = signed["body"]["result"].as_array().unwrap();
            assert_eq!((signed.len(), entered()), (3, before + 5));
            assert_eq!(agent.owner.seen().len(), asked + 1);
            // Where such keys have a PIN of their own, ours is wrong, and is entered once, not for each document.
            std::fs::write(table.path("refuse-again"), "").unwrap();
            let refused = page.basics(&order);
            assert_eq!(refused["status"], false, "{refused}");
            assert_eq!(entered(), before + 6);
        },
    );
}

#[test]
fn what_is_wrong_with_a_driver_is_told() {
    stage(
        Plug::Fast,
        "tokens::what_is_wrong_with_a_driver_is_told",
        |table: &Table| {
            table.plug_in("kaztoken");
            let absent = table.path("no-driver.so");
            let other = table.path("other.so");
            std::fs::write(&other, "no library").unwrap();
            let drivers = [absent, other, table.driver.clone()];
            let store = TokenStore::new(&drivers, Vec::new());
            let report: Vec<DriverReport> =
                store.report().into_iter().map(|(_, said)| said).collect();
            assert!(
                matches!(&report[0], DriverReport::Broken(why) if why.contains("No such file")),
                "{report:?}"
            );
            assert!(matches!(&report[1], DriverReport::Broken(_)), "{report:?}");
            assert!(
                matches!(&report[2], DriverReport::Works { tokens, .. } if tokens == &[("SoftHSM v2".to_owned(), None)]),
                "{report:?}"
            );
            // Broken drivers do not keep the others from being used.
            let kinds = TokenStore::new(&drivers, table.store_rules()).kinds_present();
            assert_eq!(kinds, [Storage::Kaztoken]);
        },
    );
}
