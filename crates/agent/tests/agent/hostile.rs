//! Pages that mean no good, and accidents.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use tanba_agent::Use;
use tanba_agent::consent::{Form, Purpose, Question};
use tanba_agent::containers::{
    Container, ContainerId, ContainerStore, HeldKey, OpenFault, Storage,
};
use tanba_crypto::{DigestAlgorithm, KeyAlgorithm, Secret, Signer as _};
use tanba_model::login::{Challenge, ChallengePurpose};
use tanba_pki::Timestamp;
use tanba_pki::cms::{self, SignOptions};

use crate::harness::{Decision, Running, Standing, run, text};
use crate::maker::{AIGUL, PASSWORD, Root};

const SIGN: &str = r#"{"module":"kz.gov.pki.knca.commonUtils","method":"createCAdESFromBase64","args":["PKCS12","SIGNATURE","MTEK",false]}"#;
const LOGIN: &str = r#"{"module":"kz.gov.pki.knca.commonUtils","method":"createCAdESFromBase64","args":["PKCS12","AUTHENTICATION","MTEK",false]}"#;

#[test]
fn nobody_without_an_origin_and_no_other_host_is_heard() {
    let agent = Running::start();
    for (host, origin, status) in [
        ("127.0.0.1", None, "403"),
        ("127.0.0.1", Some("null"), "403"),
        ("127.0.0.1", Some("http://egov.example"), "403"),
        ("127.0.0.1", Some("https://egov.example/\u{202e}"), "403"),
        (
            "rebinding.example",
            Some("https://rebinding.example"),
            "421",
        ),
        ("127.0.0.1.example", Some("https://egov.example"), "421"),
    ] {
        let head = agent.connect("127.0.0.1", host, origin).err().unwrap();
        assert!(head.starts_with(&format!("HTTP/1.1 {status} ")), "{head}");
    }
    let programs = Running::with(|config| config.origins.programs = true);
    assert!(programs.connect("127.0.0.1", "127.0.0.1", None).is_ok());
    assert!(
        programs
            .connect("127.0.0.1", "127.0.0.1", Some("null"))
            .is_err()
    );
}

#[test]
fn the_page_tells_that_the_agent_runs_and_nothing_else_is_there() {
    let agent = Running::start();
    let ask = |method: &str, path: &str, more: &str| {
        agent.http(&format!(
            "{method} {path} HTTP/1.1\r\nHost: localhost:{}\r\n{more}\r\n",
            agent.port
        ))
    };
    for (language, words) in [
        ("kk", "«Таңба» агенті"),
        ("ru", "Агент «Таңба»"),
        ("en", "Tanba agent: self-check"),
    ] {
        let linked = ask("GET", &format!("/?lang={language}"), "");
        assert!(
            linked.starts_with("HTTP/1.1 200 OK\r\n") && linked.contains(words),
            "{linked}"
        );
        assert!(linked.contains("frame-ancestors 'none'"));
        let preferred = ask(
            "GET",
            "/",
            &format!("Accept-Language: {language}-KZ;q=0.9\r\n"),
        );
        assert!(preferred.contains(words), "{preferred}");
    }
    assert!(ask("GET", "/etc/passwd", "").starts_with("HTTP/1.1 404 "));
    assert!(ask("POST", "/", "").starts_with("HTTP/1.1 404 "));
    let preflight = ask(
        "OPTIONS",
        "/",
        "Access-Control-Request-Private-Network: true\r\n",
    );
    assert!(preflight.contains("Access-Control-Allow-Private-Network: true\r\n"));
    let mut plain = TcpStream::connect(("127.0.0.1", agent.port)).unwrap();
    plain.write_all(b"GET / HTTP/1.1\r\n\r\n").unwrap();
    let mut answer = String::new();
    plain.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 400 ") && answer.contains("https://127.0.0.1:"));
}

#[test]
fn a_site_is_asked_about_once_for_each_use_and_a_revoked_one_again() {
    let agent = Running::start();
    let mut page = agent.page();
    let first_uses = || -> Vec<Option<Use>> {
        let first = |question: Question| {
            let Question::Key(question) = question else {
                panic!("{question:?}")
            };
            question.first_use
        };
        agent.owner.seen().into_iter().map(first).collect()
    };
    agent.owner.will([Decision::Cancel]);
    page.ask(SIGN);
    assert!(
        agent.grants().list().unwrap().is_empty(),
        "a no grants nothing"
    );
    page.ask(SIGN);
    page.ask(SIGN);
    page.ask(LOGIN);
    page.ask(LOGIN);
    let (signature, login) = (Some(Use::Signature), Some(Use::Login));
    assert_eq!(first_uses(), [signature, signature, None, login, None]);
    agent
        .grants()
        .revoke("https://egov.example", Some(Use::Signature))
        .unwrap();
    page.ask(SIGN);
    assert_eq!(first_uses().last(), Some(&signature));
    agent.page_of("https://other.example").ask(LOGIN);
    assert_eq!(first_uses().last(), Some(&login));
}

/// What the cabinet at https://cabinet.example has people sign.
fn challenge() -> String {
    let challenge = Challenge {
        schema: Challenge::SCHEMA.to_owned(),
        purpose: ChallengePurpose::Login,
        origin: "https://cabinet.example".to_owned(),
        nonce: "n".to_owned(),
        subject: "s".to_owned(),
        issued: Timestamp::from_unix(0),
        expires: Timestamp::from_unix(300),
    };
    String::from_utf8(challenge.to_bytes().unwrap()).unwrap()
}

#[test]
fn a_document_of_the_cabinet_is_not_signed_for_another_site() {
    let agent = Running::start();
    let text = challenge();
    let arguments = json!({
        "format": "cms", "data": text, "signingParams": {}, "signerParams": { "extKeyUsageOids": [] },
    });
    let stolen = agent
        .page_of("https://cabinet.example.evil.example")
        .basics(&arguments);
    assert_eq!(stolen["details"], "the document was made for another site");
    assert!(agent.owner.seen().is_empty());
    // Behind more documents than are described one by one.
    let mut many = vec!["harmless"; 30];
    many.push(&text);
    let mut hidden = arguments.clone();
    hidden["data"] = json!(many);
    let stolen = agent.page().basics(&hidden);
    assert_eq!(stolen["details"], "the document was made for another site");
    assert!(agent.owner.seen().is_empty());
    let mut cabinet = agent.page_of("https://cabinet.example");
    let own = cabinet.basics(&arguments);
    assert!(own["body"]["result"][0].is_string());
    // Inside of a message to which a signature is to be added.
    let encoded = STANDARD.encode(&text);
    let attached = json!(["PKCS12", "SIGNATURE", encoded, true]);
    let signed = cabinet.common("createCAdESFromBase64", &attached);
    let seen = agent.owner.seen().len();
    let beside = json!(["PKCS12", "SIGNATURE", signed["responseObject"], true]);
    let stolen = agent.page().common("createCAdESFromBase64", &beside);
    assert_eq!(stolen["message"], "document.other.site");
    let beside = json!({
        "format": "cms", "data": signed["responseObject"], "signingParams": { "decode": true },
        "signerParams": { "extKeyUsageOids": [] },
    });
    let stolen = agent.page().basics(&beside);
    assert_eq!(stolen["details"], "the document was made for another site");
    assert_eq!(agent.owner.seen().len(), seen);
}

/// A signature beside another's is one over the same content, so that is what its owner sees.
#[test]
fn what_a_message_has_inside_is_shown_to_whoever_signs_it_too() {
    let agent = Running::start();
    let mut page = agent.page();
    let sign = |data: String| json!(["PKCS12", "SIGNATURE", data, true]);
    let first = page.common("createCAdESFromBase64", &sign(STANDARD.encode("Шарт")));
    let message = first["responseObject"].as_str().unwrap().to_owned();
    let both = page.common("createCAdESFromBase64", &sign(message));
    assert_eq!(both["code"], "200", "{both}");
    let Some(Question::Key(question)) = agent.owner.seen().pop() else {
        panic!("nothing was asked")
    };
    let [document] = question.documents.as_slice() else {
        panic!("{question:?}")
    };
    assert_eq!(document.form, Form::Signature);
    assert_eq!(document.text.as_deref(), Some("Шарт"));
}

/// The old interface takes passwords from pages: a site tries none before the owner of the keys knows of it, and gets no
/// document of another site signed there either.
#[test]
fn the_old_interface_tries_no_password_and_signs_nothing_for_a_stranger() {
    let agent = Running::with(|config| config.legacy_applet = true);
    let file = agent.path("aigul.p12");
    let call = |method: &str, more: &[&str]| {
        let arguments = [&["PKCS12", text(&file)], more].concat();
        json!({ "method": method, "args": arguments }).to_string()
    };
    agent.owner.will([Decision::Cancel]);
    let mut page = agent.page();
    let refused = page.ask(&call("getKeys", &["wrong", "SIGN"]));
    assert_eq!(refused["errorCode"], "COMMON", "{refused}");
    assert_eq!(agent.owner.seen().len(), 1);
    // Once it was allowed it hears that the password is wrong.
    let wrong = page.ask(&call("getKeys", &["wrong", "SIGN"]));
    assert_eq!(wrong["errorCode"], "WRONG_PASSWORD", "{wrong}");
    let keys = page.ask(&call("getKeys", &[PASSWORD, "SIGN"]));
    let alias = keys["result"].as_str().unwrap().rsplit('|').next().unwrap();
    let document = challenge();
    // For a file it is asked first whether the site may ask.
    let seen = || {
        let asked = agent.owner.seen();
        let more = |question: &&Question| !matches!(question, Question::Site(_));
        asked.iter().filter(more).count()
    };
    let before = seen();
    let encoded = STANDARD.encode(&document);
    let in_file = agent.path("document");
    std::fs::write(&in_file, &document).unwrap();
    let handshake = format!("{}TLS 1.3, client CertificateVerify\0", " ".repeat(64));
    for (method, more) in [
        ("signPlainData", vec![alias, PASSWORD, &document]),
        ("signPlainData", vec![alias, PASSWORD, &handshake]),
        (
            "createCMSSignature",
            vec![alias, PASSWORD, &encoded, "true"],
        ),
        (
            "createCMSSignatureFromFile",
            vec![alias, PASSWORD, text(&in_file), "true"],
        ),
    ] {
        let refused = page.ask(&call(method, &more));
        assert_eq!(refused["errorCode"], "COMMON", "{method}: {refused}");
    }
    assert_eq!(seen(), before);
}

/// What is asked last, and how.
fn last_question(agent: &Running) -> tanba_agent::consent::KeyQuestion {
    let Some(Question::Key(question)) = agent.owner.seen().pop() else {
        panic!("nobody was asked")
    };
    *question
}

/// Whoever relays the handshake of a bank's server would be at the bank in the owner's name.
#[test]
fn no_handshake_of_tls_is_signed_bare() {
    let agent = Running::start();
    let mut page = agent.page();
    let context = |who: &str| format!("{}TLS 1.3, {who} CertificateVerify\0", " ".repeat(64));
    let order = |data: &str, format: &str| {
        json!({
            "format": format, "data": STANDARD.encode(data), "signingParams": { "decode": true },
            "signerParams": { "extKeyUsageOids": [] },
        })
    };
    for who in ["client", "server"] {
        let data = format!("{}{}", context(who), "h".repeat(32));
        let answer = page.basics(&order(&data, "raw"));
        assert_eq!(answer["status"], false, "{answer}");
        assert!(
            answer["details"].as_str().unwrap().contains("TLS"),
            "{answer}"
        );
    }
    assert!(agent.owner.seen().is_empty(), "nobody is asked");
    // In a message it is of use to nobody.
    let answer = page.basics(&order(&context("client"), "cms"));
    assert_eq!(answer["status"], true, "{answer}");
}

/// A signature by the key for signing in is one all the same: under the words of signing in nobody signs a contract.
#[test]
fn a_document_is_not_signed_under_the_words_of_signing_in() {
    let agent = Running::start();
    let mut page = agent.page();
    let file = agent.path("contract");
    std::fs::write(&file, "a").unwrap();
    let common = |data: &str| json!(["PKCS12", "AUTHENTICATION", STANDARD.encode(data), true]);
    let basics = |data: &[&str], digested: bool| {
        json!({
            "format": "cms", "data": data, "signingParams": { "decode": true, "digested": digested },
            "signerParams": { "extKeyUsageOids": ["1.3.6.1.5.5.7.3.2"] },
        })
    };
    let (signature, login) = (
        (Purpose::Signature, Use::Signature),
        (Purpose::Login, Use::Login),
    );
    let long = "contract ".repeat(1000);
    let (short, hash) = (STANDARD.encode("a"), STANDARD.encode([0xff; 32]));
    let xml = json!(["PKCS12", "AUTHENTICATION", "<login/>", "", ""]);
    let two = json!(["PKCS12", "AUTHENTICATION", ["<a/>", "<b/>"], "", ""]);
    let padded = format!("Log in{}I owe 1 000 000 tenge", "\n".repeat(2000));
    let raw = |data: &str| {
        let mut order = basics(&[data], false);
        order["format"] = "raw".into();
        order
    };
    let hashed = json!(["PKCS12", "AUTHENTICATION", hash]);
    let filed = json!(["PKCS12", "AUTHENTICATION", text(&file), true]);
    for (method, arguments, (purpose, usage)) in [
        ("createCAdESFromBase64", common(&long), signature),
        ("createCAdESFromBase64Hash", hashed, signature),
        ("signXmls", two, signature),
        ("sign", basics(&[&STANDARD.encode(&long)], false), signature),
        ("sign", basics(&[&short, &short], false), signature),
        ("sign", basics(&[&hash], true), signature),
        ("createCAdESFromBase64", common(&padded), signature),
        // Good in whatever protocol has such octets.
        ("sign", raw(&hash), signature),
        ("sign", raw(&short), signature),
        ("createCAdESFromBase64", common("nonce"), login),
        ("signXml", xml, login),
        ("sign", basics(&[&short], false), login),
        ("sign", basics(&[&hash], false), login),
    ] {
        agent.owner.will([Decision::Cancel]);
        if method == "sign" {
            page.basics(&arguments);
        } else {
            page.common(method, &arguments);
        }
        let question = last_question(&agent);
        assert_eq!(question.purpose, purpose, "{method} {arguments}");
        assert_eq!(question.first_use, Some(usage), "{method}");
    }
    // Before a file is read the site is asked about alone.
    agent.owner.will([Decision::Choose, Decision::Cancel]);
    page.common("createCAdESFromFile", &filed);
    let seen = agent.owner.seen();
    let Some(Question::Site(site)) = seen.iter().rev().nth(1) else {
        panic!("{seen:?}")
    };
    assert_eq!(site.usage, Use::Signature);
    assert_eq!(last_question(&agent).purpose, Purpose::Signature);
}

/// Of a document of which one element is signed that element is shown, and what is wrong with its path is told before anybody
/// is asked.
#[test]
fn the_element_that_is_signed_is_the_one_that_is_shown() {
    let agent = Running::with(|config| config.legacy_applet = true);
    let mut page = agent.page();
    let text = "<a><harmless/><b Id=\"1\">debt</b><c Id=\"2\"/><c Id=\"2\"/><d/></a>";
    let sign = |signed: &str, parent: &str| json!(["PKCS12", "SIGNATURE", text, signed, parent]);
    let signed = page.common("signXml", &sign("//b", "//d"));
    assert_eq!(signed["code"], "200", "{signed}");
    let shown = |question: tanba_agent::consent::KeyQuestion| {
        let texts = question.documents.into_iter().map(|document| document.text);
        texts.collect::<Vec<_>>()
    };
    let element = "<b Id=\"1\">debt</b>".to_owned();
    assert_eq!(shown(last_question(&agent)), [Some(element.clone())]);
    page.common("signXml", &sign("", ""));
    assert_eq!(shown(last_question(&agent)), [Some(text.to_owned())]);
    let seen = agent.owner.seen().len();
    for (path, parent, message) in [
        ("//e", "", "the path names no element of the document"),
        ("//b", "//e", "the path names no element of the document"),
        ("//d", "", "the element to be signed has no attribute Id"),
        (
            "//c",
            "",
            "several elements of the document have the Id of the element to be signed",
        ),
        (
            "id('1')",
            "",
            "javax.xml.xpath.XPathExpressionException: the path is not supported",
        ),
    ] {
        let refused = page.common("signXml", &sign(path, parent));
        assert_eq!(refused["message"], message);
    }
    assert_eq!(agent.owner.seen().len(), seen, "nobody was asked");
    let file = agent.path("aigul.p12");
    let mut old = |element: &str| {
        let place = ["PKCS12", crate::harness::text(&file), "x", PASSWORD];
        let keys = json!({ "method": "getKeys", "args": [place[0], place[1], PASSWORD, "SIGN"] });
        let keys = page.ask(&keys.to_string());
        let alias = keys["result"]
            .as_str()
            .unwrap()
            .rsplit('|')
            .next()
            .unwrap()
            .to_owned();
        let arguments = json!([place[0], place[1], alias, PASSWORD, text, element, "Id", ""]);
        page.ask(&json!({ "method": "signXmlByElementId", "args": arguments }).to_string())
    };
    assert_eq!(old("b")["errorCode"], "NONE");
    let Some(Question::Confirm(confirm)) = agent.owner.seen().pop() else {
        panic!("nobody was asked")
    };
    assert_eq!(shown(confirm.question), [Some(element)]);
    let seen = agent.owner.seen().len();
    assert_eq!(old("c")["errorCode"], "COMMON");
    assert_eq!(agent.owner.seen().len(), seen);
}

/// One site has thirty-two sockets, and the others find a place still.
#[test]
fn a_site_does_not_take_all_places() {
    let agent = Running::start();
    let greedy: Vec<_> = (0..32).map(|_| agent.page()).collect();
    let refused = agent.connect("127.0.0.1", "127.0.0.1", Some("https://egov.example"));
    assert!(refused.err().unwrap().starts_with("HTTP/1.1 429 "));
    agent.page_of("https://other.example");
    drop(greedy);
}

/// A message of somebody who has keys of his own.
pub(crate) fn of_a_stranger(content: &[u8], detached: bool) -> Vec<u8> {
    let key = crate::maker::key(KeyAlgorithm::EcP256);
    let certificate = Root::new().issue("neutral-individual-signature", &key, &AIGUL);
    let options = SignOptions {
        detached,
        ..SignOptions::new(&certificate)
    };
    cms::sign(content, &key, &options).unwrap()
}

/// The text form of a message is the message.
#[test]
fn a_document_of_the_cabinet_is_not_signed_inside_of_a_text_form_either() {
    let agent = Running::start();
    let message = of_a_stranger(challenge().as_bytes(), false);
    let armoured = tanba_pki::pem::encode("CMS", &message);
    let file = agent.path("message");
    std::fs::write(&file, &armoured).unwrap();
    let encoded = STANDARD.encode(&armoured);
    let mut page = agent.page();
    for (method, data) in [
        ("createCAdESFromBase64", encoded.as_str()),
        ("createCMSSignatureFromBase64", &encoded),
        ("createCAdESFromFile", text(&file)),
    ] {
        let stolen = page.common(method, &json!(["PKCS12", "SIGNATURE", data, true]));
        assert_eq!(stolen["message"], "document.other.site", "{method}");
    }
    let stolen = page.basics(&json!({
        "format": "cms", "data": armoured, "signingParams": { "decode": false },
        "signerParams": { "extKeyUsageOids": [] },
    }));
    assert_eq!(stolen["details"], "the document was made for another site");
    // For the file alone it was asked whether the site may ask.
    let seen = agent.owner.seen();
    assert!(matches!(seen.as_slice(), [Question::Site(_)]), "{seen:?}");
}

/// Whoever signs beside another signs the same content, whatever is around it.
#[test]
fn the_dialog_tells_what_is_inside_of_a_signature_and_where_nothing_is() {
    let agent = Running::start();
    let mut page = agent.page();
    let content = "Шарт №1".as_bytes();
    let attributes = {
        let key = crate::maker::key(KeyAlgorithm::EcP256);
        let certificate = Root::new().issue("neutral-individual-signature", &key, &AIGUL);
        let options = SignOptions::new(&certificate);
        cms::prepare(content, key.algorithm(), &options)
            .to_be_signed()
            .to_vec()
    };
    for (data, form, told) in [
        (
            of_a_stranger(content, false),
            Form::Signature,
            Some("Шарт №1"),
        ),
        (of_a_stranger(content, true), Form::DetachedSignature, None),
        (attributes, Form::Digest, None),
    ] {
        page.basics(&json!({
            "format": "cms", "data": STANDARD.encode(data), "signingParams": { "decode": true },
            "signerParams": { "extKeyUsageOids": [] },
        }));
        let Some(Question::Key(question)) = agent.owner.seen().pop() else {
            panic!("nobody was asked")
        };
        let document = &question.documents[0];
        assert_eq!((document.form, document.text.as_deref()), (form, told));
        let digest = DigestAlgorithm::Sha256.digest(content);
        assert_eq!(document.sha256, tanba_pki::hex::encode(&digest), "{form:?}");
    }
}

#[test]
fn closing_the_socket_closes_the_dialog_and_signs_nothing() {
    let agent = Running::start();
    agent.owner.will([Decision::Wait]);
    let mut page = agent.page();
    page.send(SIGN);
    agent.owner.is_asked();
    page.hang_up();
    // The dialog is free again, or this would never be answered.
    assert_eq!(agent.page().ask(SIGN)["code"], "200");
    assert_eq!(agent.owner.seen().len(), 2);
}

#[test]
fn two_pages_are_asked_one_after_another() {
    let agent = Running::start();
    agent.owner.will([Decision::Wait]);
    let mut first = agent.page_of("https://first.example");
    let mut second = agent.page_of("https://second.example");
    first.send(SIGN);
    agent.owner.is_asked();
    second.send(SIGN);
    // What needs no dialog is answered meanwhile.
    let mut third = agent.page_of("https://third.example");
    assert_eq!(third.common("getActiveTokens", &json!([]))["code"], "200");
    assert_eq!(agent.owner.seen().len(), 1);
    first.hang_up();
    assert!(second.receive().contains("\"200\""));
}

#[test]
fn a_flood_is_turned_away() {
    let agent = Running::with(|config| config.limit_requests(5, 1));
    let mut page = agent.page();
    let ask = r#"{"module":"kz.gov.pki.knca.commonUtils","method":"getActiveTokens"}"#;
    let answers: Vec<String> = (0..7)
        .map(|_| {
            page.send(ask);
            page.receive()
        })
        .collect();
    let refused = r#"{"success":false,"errorCode":"TOO_MANY_REQUESTS"}"#;
    assert_eq!(
        answers.iter().filter(|answer| *answer == refused).count(),
        2
    );
    let agent = Running::with(|config| config.limit_dialogs(2, 1));
    let mut page = agent.page();
    let codes: Vec<String> = (0..3).map(|_| page.ask(SIGN).to_string()).collect();
    assert!(codes[2].contains("too.many.requests"), "{codes:?}");
    assert_eq!(
        agent.page_of("https://other.example").ask(SIGN)["code"],
        "200"
    );
}

/// A page that was always refused does not stand in the way of everything else, one window after the other.
#[test]
fn a_site_that_was_always_refused_opens_no_more_windows() {
    let agent = Running::with(|config| config.bear_refusals(3));
    let mut page = agent.page();
    agent.owner.will([Decision::Cancel; 3]);
    for _ in 0..3 {
        assert_eq!(page.ask(SIGN)["message"], "action.canceled");
    }
    let silent = page.ask(LOGIN);
    assert_eq!(silent["message"], "too.many.requests", "{silent}");
    assert_eq!(agent.owner.seen().len(), 3);
    // Others are asked about, and a site that is allowed something is refused as often as its owner likes.
    let mut other = agent.page_of("https://other.example");
    assert_eq!(other.ask(SIGN)["code"], "200");
    agent.owner.will([Decision::Cancel; 5]);
    for _ in 0..5 {
        assert_eq!(other.ask(LOGIN)["message"], "action.canceled");
    }
}

/// Whoever breaks the rules is told which (RFC 6455, 7.4.1), also while a dialog is open.
#[test]
fn broken_frames_and_heads_are_answered() {
    let agent = Running::start();
    let too_long = [&[0x81, 0xff][..], &(97_u64 << 20).to_be_bytes(), &[0; 64]].concat();
    // Zeros for a mask, so that the octets are what they are.
    let closing = |code: &[u8]| {
        let length = 0x80 | u8::try_from(code.len()).unwrap();
        [&[0x88, length, 0, 0, 0, 0], code].concat()
    };
    let closings = [
        // Each end says the same (5.5.1).
        (closing(&1000_u16.to_be_bytes()), 1000),
        (closing(&1001_u16.to_be_bytes()), 1001),
        (closing(&[3]), 1002),
        // Codes that no frame may have (7.4.1).
        (closing(&1005_u16.to_be_bytes()), 1002),
        (closing(&1006_u16.to_be_bytes()), 1002),
    ];
    for (frame, code) in closings {
        let mut page = agent.page();
        page.send_bare(&frame);
        assert_eq!(page.hung_up_with(), Some(code), "{frame:?}");
    }
    let long_ping = [&[0x89, 0xfe, 0, 126, 0, 0, 0, 0][..], &[0; 126]].concat();
    for (frame, code) in [
        // A longer control frame than there are, and one in pieces (5.5).
        (&long_ping[..], 1002),
        (&[0x09, 0x80, 0, 0, 0, 0], 1002),
        // The rest of nothing (5.4).
        (&[0x80, 0x80, 0, 0, 0, 0], 1002),
    ] {
        let mut page = agent.page();
        page.send_bare(frame);
        assert_eq!(page.hung_up_with(), Some(code), "{frame:?}");
    }
    for (frame, code) in [
        (&[0x81, 0x82, 0, 0, 0, 0, 0xc3, 0x28][..], 1007),
        (&[0x81, 0x01, b'a'], 1002),
        (&[0xf1, 0x80, 0, 0, 0, 0], 1002),
        (&[0x83, 0x80, 0, 0, 0, 0], 1002),
        (&too_long, 1009),
    ] {
        let mut page = agent.page();
        page.send_bare(frame);
        assert_eq!(page.hung_up_with(), Some(code), "{frame:?}");
        agent.owner.will([Decision::Wait]);
        let mut page = agent.page();
        page.send(SIGN);
        agent.owner.is_asked();
        page.send_bare(frame);
        assert_eq!(page.hung_up_with(), Some(code), "{frame:?}");
    }
    let long = format!("GET / HTTP/1.1\r\nX: {}", "x".repeat(20_000));
    let old = format!("GET / HTTP/1.0\r\nHost: 127.0.0.1:{}\r\n\r\n", agent.port);
    for head in [
        old.as_str(),
        "\u{1}\r\n\r\n",
        "GET / HTTP/1.1\r\nA: a\r\nA: b\r\n\r\n",
        &long,
    ] {
        let answer = agent.http(head);
        assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}");
    }
    assert_eq!(agent.page().ask(SIGN)["code"], "200");
}

#[test]
fn nonsense_is_answered_and_hurts_nobody() {
    let agent = Running::start();
    let mut page = agent.page();
    let malformed = r#"{"success":false,"errorCode":"MALFORMED_REQUEST"}"#;
    for text in [
        "",
        "{",
        "[]",
        "1",
        "\u{0}",
        &"[".repeat(1_000_000),
        "{\"a\":\u{7f}}",
    ] {
        page.send(text);
        assert_eq!(page.receive(), malformed);
    }
    page.send_octets(vec![0xff; 100]);
    assert_eq!(page.receive(), malformed);
    for request in [
        r#"{"module":"kz.gov.pki.knca.commonUtils"}"#,
        r#"{"module":"kz.gov.pki.knca.commonUtils","method":["x"]}"#,
        r#"{"module":"kz.gov.pki.knca.commonUtils","method":"signXml","args":["PKCS12","","<a",1e999,null]}"#,
        r#"{"module":"kz.gov.pki.knca.basics","method":"sign","args":[]}"#,
        r#"{"module":"kz.gov.pki.knca.basics"}"#,
    ] {
        page.send(request);
        let answer = page.receive();
        assert!(
            answer.contains("500")
                || answer.contains("\"status\":false")
                || answer.contains("MALFORMED"),
            "{answer}"
        );
    }
    let deep = format!("{}{}", "<a>".repeat(100_000), "</a>".repeat(100_000));
    let answer = page.common("signXml", &json!(["PKCS12", "SIGNATURE", deep, "", ""]));
    assert!(answer["code"].is_string());
    assert!(agent.owner.seen().len() <= 1);
}

#[test]
fn a_large_document_is_signed_and_more_than_the_limit_is_not() {
    let agent = Running::start();
    let mut page = agent.page();
    // The frame with it is one of 64 MiB.
    let document = "A".repeat(64 * 1024 * 1024 - 256);
    let answer = page.common(
        "createCAdESFromBase64",
        &json!(["PKCS12", "SIGNATURE", document, false]),
    );
    assert_eq!(answer["code"], "200");
    let mut page = agent.page();
    page.try_send(&"A".repeat(101 * 1024 * 1024));
    assert_eq!(page.try_receive(), None);
    assert_eq!(agent.page().ask(SIGN)["code"], "200");
}

#[test]
fn a_key_file_that_is_gone_or_stalls_is_no_signature() {
    let agent = Running::start();
    let mut page = agent.page();
    agent.owner.uses(agent.path("gone.p12"));
    assert_eq!(page.ask(SIGN)["message"], "action.canceled");
    let pipe = agent.path("pipe.p12");
    assert!(run("mkfifo", &[text(&pipe)]).0);
    agent.owner.uses(pipe);
    assert_eq!(page.ask(SIGN)["message"], "action.canceled");
}

/// A driver with a mistake that no test of ours found.
#[derive(Debug)]
struct Broken;

impl ContainerStore for Broken {
    fn serves(&self, storage: Storage) -> bool {
        storage == Storage::AKey
    }

    fn list(&self, storage: Storage) -> Vec<Container> {
        let id = ContainerId {
            storage,
            place: "broken".to_owned(),
        };
        vec![Container {
            id,
            name: "broken".to_owned(),
            tries_left: None,
            pin_was_wrong: false,
        }]
    }

    fn open(&self, _: &ContainerId, _: &Secret) -> Result<Vec<HeldKey>, OpenFault> {
        panic!("a mistake")
    }
}

#[test]
fn a_panic_in_one_request_fails_that_request_and_no_other() {
    let agent = Running::over(vec![Arc::new(Broken)], |_| {});
    let (mut page, mut other) = (agent.page(), agent.page_of("https://other.example"));
    agent.owner.uses_token(Storage::AKey, "broken", "1234");
    let answer = page.common(
        "createCAdESFromBase64",
        &json!(["AKAKEYStore", "SIGNATURE", "MTEK", false]),
    );
    assert_eq!(answer["message"], "agent.failed", "{answer}");
    agent.owner.uses(agent.path("aigul.p12"));
    assert_eq!(page.ask(SIGN)["code"], "200");
    assert_eq!(other.ask(SIGN)["code"], "200");
}

/// By a clock that is wrong by years no key's validity can be judged: each dialog says so. Where the clock stands before a key
/// began, the key signs nothing.
#[test]
fn a_clock_wrong_by_years_is_told_in_every_dialog() {
    for (time, is_behind) in [
        ("2001-01-01T00:00:00Z", true),
        ("2040-01-01T00:00:00Z", false),
    ] {
        let time = Timestamp::parse_rfc3339(time).unwrap();
        let agent = Running::made_of(
            Vec::new(),
            |_| {},
            |parts, _| parts.clock = Arc::new(Standing(time)),
        );
        for request in [SIGN, LOGIN] {
            let answer = agent.page().ask(request);
            let nothing = answer.get("responseObject").is_none();
            assert_eq!(nothing, is_behind, "{answer}");
        }
        for question in agent.owner.seen() {
            let Question::Key(question) = question else {
                panic!("{question:?}")
            };
            assert!(question.clock_is_wrong);
        }
        assert_eq!(agent.owner.seen().len(), 2);
        assert_eq!(agent.grants().list().unwrap().is_empty(), is_behind);
    }
}

/// Needs the right to become somebody else; says so where it has not.
#[test]
fn another_user_of_this_computer_is_refused() {
    let agent = Running::start();
    let script = format!(
        "exec 3<>/dev/tcp/127.0.0.1/{} && printf 'GET / HTTP/1.1\\r\\n\\r\\n' >&3 && cat <&3",
        agent.port
    );
    let (_, own) = run("bash", &["-c", &script]);
    assert!(own.contains("this port speaks TLS"), "{own}");
    let arguments = ["--reuid", "65534", "--clear-groups", "bash", "-c", &script];
    let (ran, other) = run("setpriv", &arguments);
    if !ran && other.contains("setpriv") {
        eprintln!("SKIPPED: this user cannot become another: {other}");
        return;
    }
    assert!(!other.contains("TLS"), "{other}");
}
