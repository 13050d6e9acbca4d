//! Signatures that the agent makes, judged by openssl, xmlsec1, signxml, pyHanko and endesive.

use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use tanba_agent::sign::xml::verify_xml;
use tanba_crypto::{DigestAlgorithm, KeyAlgorithm};
use tanba_pki::cms::SignedData;

use crate::harness::{Client, Decision, Running, openssl_accepts, run, text};
use crate::maker::AIGUL;
use crate::opinions;
use crate::tsa::Authority;

const TEXT: &[u8] = "Шарт №1\n".as_bytes();

/// Writes what a method gave, decoded.
fn written(agent: &Running, name: &str, answer: &Value) -> PathBuf {
    let encoded = answer["responseObject"]
        .as_str()
        .unwrap_or_else(|| panic!("{answer}"));
    let path = agent.path(name);
    std::fs::write(&path, STANDARD.decode(encoded).unwrap()).unwrap();
    path
}

fn verify(agent: &Running, message: &Path, content: Option<&Path>) -> (bool, String) {
    let root = agent.root.pem(agent.folder.path());
    let mut more = vec!["-out", "/dev/null"];
    if let Some(content) = content {
        more.extend(["-content", text(content)]);
    }
    openssl_accepts(&root, message, &more)
}

fn content(agent: &Running) -> PathBuf {
    let path = agent.path("text");
    std::fs::write(&path, TEXT).unwrap();
    path
}

#[test]
fn cms_of_every_form_is_accepted_by_openssl_and_endesive() {
    for algorithm in [
        crate::maker::RSA,
        KeyAlgorithm::EcP256,
        KeyAlgorithm::EcP384,
    ] {
        let agent = Running::start();
        let file = agent.path("keys.p12");
        agent.root.key_file(&file, algorithm, &AIGUL);
        agent.owner.uses(file);
        let content = content(&agent);
        let mut page = agent.page();
        let data = STANDARD.encode(TEXT);
        let attached = page.common(
            "createCAdESFromBase64",
            &json!(["PKCS12", "SIGNATURE", data, true]),
        );
        let attached = written(&agent, "attached", &attached);
        let (valid, words) = verify(&agent, &attached, None);
        assert!(valid, "{algorithm}: {words}");
        let detached = page.common(
            "createCAdESFromFile",
            &json!(["PKCS12", "SIGNATURE", text(&content), false]),
        );
        let detached = written(&agent, "detached", &detached);
        assert!(verify(&agent, &detached, Some(&content)).0);
        let other = agent.path("other");
        std::fs::write(&other, "other").unwrap();
        assert!(!verify(&agent, &detached, Some(&other)).0);
        let by_hash = |page: &mut Client, kind: DigestAlgorithm| {
            let digest = STANDARD.encode(kind.digest(TEXT));
            let arguments = json!(["PKCS12", "SIGNATURE", digest]);
            page.common("createCAdESFromBase64Hash", &arguments)
        };
        // The site chooses the digest and not the key.
        for kind in [
            DigestAlgorithm::Sha512,
            DigestAlgorithm::Sha384,
            DigestAlgorithm::Sha256,
        ] {
            let message = by_hash(&mut page, kind);
            let message = written(&agent, "by-hash", &message);
            let (valid, words) = verify(&agent, &message, Some(&content));
            assert!(valid, "{algorithm}, {kind:?}: {words}");
        }
        let weak = by_hash(&mut page, DigestAlgorithm::Sha1);
        assert_eq!(weak["message"], "digest.unsupported", "{algorithm}");
        let by_hash = agent.path("by-hash");
        for message in [&attached, &detached, &by_hash] {
            let told = opinions::endesive(message, &content);
            assert_eq!(told, "intact valid", "{algorithm}");
        }
        let told = opinions::endesive(&detached, &other);
        assert!(told.starts_with("changed"), "{told}");
    }
}

#[test]
fn a_second_person_signs_beside_the_first() {
    let agent = Running::start();
    let content = content(&agent);
    let mut page = agent.page();
    let first = page.common(
        "createCAdESFromFile",
        &json!(["PKCS12", "SIGNATURE", text(&content), false]),
    );
    let first = first["responseObject"].as_str().unwrap();
    let armoured = tanba_pki::pem::encode("CMS", &STANDARD.decode(first).unwrap());
    for (algorithm, first) in [
        // A key whose own digest is another one takes that of the first.
        (KeyAlgorithm::EcP384, first),
        (KeyAlgorithm::EcP256, first),
        // What `basics` gave.
        (KeyAlgorithm::EcP256, &STANDARD.encode(&armoured)),
    ] {
        let second_file = agent.path("second.p12");
        agent.root.key_file(&second_file, algorithm, &AIGUL);
        agent.owner.uses(second_file);
        let both = page.common(
            "createCAdESFromBase64",
            &json!(["PKCS12", "SIGNATURE", first, false]),
        );
        let both = written(&agent, "both", &both);
        signed_by_two(&agent, &both, &content);
    }
    let both = page.basics(&json!({
        "format": "cms", "data": armoured, "signingParams": { "decode": false },
        "signerParams": { "extKeyUsageOids": [] },
    }));
    let both = tanba_pki::pem::decode_all(both["body"]["result"][0].as_str().unwrap().as_bytes());
    let path = agent.path("both");
    std::fs::write(&path, &both.unwrap()[0].der).unwrap();
    signed_by_two(&agent, &path, &content);
    let more = armoured.replacen("-----BEGIN", "note\n-----BEGIN", 1);
    let text = page.basics(&json!({
        "format": "cms", "data": more, "signingParams": { "decode": false, "encapsulate": true },
        "signerParams": { "extKeyUsageOids": [] },
    }));
    let text = tanba_pki::pem::decode_all(text["body"]["result"][0].as_str().unwrap().as_bytes());
    let text = SignedData::parse(&text.unwrap()[0].der).unwrap();
    assert_eq!(text.content(), Some(more.as_bytes()), "text is text");
}

fn signed_by_two(agent: &Running, both: &Path, content: &Path) {
    let (valid, words) = verify(agent, both, Some(content));
    assert!(valid, "{words}");
    let (_, printed) = run(
        "openssl",
        &[
            "cms",
            "-cmsout",
            "-print",
            "-noout",
            "-inform",
            "DER",
            "-in",
            text(both),
        ],
    );
    assert_eq!(
        printed.matches("signatureAlgorithm:").count(),
        2,
        "{printed}"
    );
}

#[test]
fn time_stamps_are_asked_for_and_judged() {
    let folder = tempfile::tempdir().unwrap();
    let authority = Authority::start(folder.path());
    let agent = Running::with(|config| config.time_stamp_url = Some(authority.url.clone()));
    let content = content(&agent);
    let mut page = agent.page();
    let data = STANDARD.encode(TEXT);
    let stamped = page.common(
        "createCMSSignatureFromBase64",
        &json!(["PKCS12", "SIGNATURE", data, false]),
    );
    let stamped = written(&agent, "stamped", &stamped);
    assert!(verify(&agent, &stamped, Some(&content)).0);
    let bare = page.common(
        "createCAdESFromBase64",
        &json!(["PKCS12", "SIGNATURE", data, false]),
    );
    let later = page.common(
        "applyCAdEST",
        &json!(["PKCS12", "SIGNATURE", bare["responseObject"]]),
    );
    let later = written(&agent, "later", &later);
    let root = agent.root.pem(agent.folder.path());
    for message in [&stamped, &later] {
        let told = opinions::pyhanko(message, &content, &root, &authority.certificate);
        assert_eq!(told, "valid intact stamped", "{}", message.display());
    }
    let basics = page.basics(&json!({
        "format": "cms", "data": data,
        "signingParams": { "decode": true, "encapsulate": true, "tsaProfile": {} },
        "signerParams": { "extKeyUsageOids": ["1.3.6.1.5.5.7.3.4"] },
    }));
    let pem = basics["body"]["result"][0].as_str().unwrap();
    assert!(pem.starts_with("-----BEGIN CMS-----\n"));
    // Of many documents an authority that takes its time is not waited for for ever; what is asked for at all is asked for.
    let hasty = {
        let url = authority.url.clone();
        Running::with(|config| {
            config.time_stamp_url = Some(url);
            config.limit_stamping(std::time::Duration::ZERO);
        })
    };
    let stamped = |data: Value| {
        json!({
            "format": "cms", "data": data, "signingParams": { "decode": true, "tsaProfile": {} },
            "signerParams": { "extKeyUsageOids": [] },
        })
    };
    let refused = hasty.page().basics(&stamped(json!([data, data, data])));
    assert_eq!(refused["code"], "SIGNING_FAILURE", "{refused}");
    let details = refused["details"].as_str().unwrap();
    assert!(details.contains("too slow"), "{refused}");
    // A stamp of another signature is no stamp of this one.
    authority.replay();
    let refused = page.common(
        "createCMSSignatureFromBase64",
        &json!(["PKCS12", "SIGNATURE", data, false]),
    );
    assert_eq!(refused["code"], "500", "{refused}");
}

#[test]
fn without_an_authority_no_signature_pretends_to_have_a_stamp() {
    let agent = Running::start();
    let answer = agent.page().common(
        "createCMSSignatureFromBase64",
        &json!(["PKCS12", "SIGNATURE", "MTEK", false]),
    );
    assert_eq!(
        answer,
        json!({ "code": "500", "message": "no time-stamping authority is configured" })
    );
    let agent = Running::with(|config| {
        config.time_stamp_url = Some("http://127.0.0.1:9/".to_owned());
    });
    let answer = agent.page().common(
        "createCMSSignatureFromBase64",
        &json!(["PKCS12", "SIGNATURE", "MTEK", false]),
    );
    assert_eq!(
        answer["message"],
        "the time-stamping authority does not answer"
    );
}

#[test]
fn xml_is_accepted_by_xmlsec_and_signxml() {
    for algorithm in [crate::maker::RSA, KeyAlgorithm::EcP256] {
        let agent = Running::start();
        let file = agent.path("keys.p12");
        agent.root.key_file(&file, algorithm, &AIGUL);
        agent.owner.uses(file);
        let mut page = agent.page();
        let root = agent.root.pem(agent.folder.path());
        let documents = [
            "<login><nonce>AbC</nonce></login>",
            "<a/>",
            "<?xml version=\"1.0\" encoding=\"windows-1251\"?>\r\n<!-- c --><a xmlns=\"urn:u\" xmlns:n=\"urn:v\" n:b='1' c=\"&lt;&#13;&#9;\">\r\n \
             <n:d xml:lang=\"kk\">ә &amp; &gt;<!-- in --></n:d><![CDATA[<x>]]></a>\n<?pi x?>",
        ];
        for document in documents {
            let answer = page.common("signXml", &json!(["PKCS12", "SIGNATURE", document, "", ""]));
            let signed = answer["responseObject"]
                .as_str()
                .unwrap_or_else(|| panic!("{answer}"));
            assert!(
                signed.starts_with("<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"no\"?><")
            );
            assert!(verify_xml(signed).unwrap());
            let path = agent.path("signed.xml");
            std::fs::write(&path, signed).unwrap();
            let (valid, words) = opinions::xmlsec(&path, &root);
            assert!(valid, "{algorithm}: {signed}: {words}");
            // signxml counts comments where the standard leaves them out (XMLDSig, 4.4.3.3).
            if !document.contains("<!--") {
                assert_eq!(opinions::signxml(&path, &root), "valid", "{signed}");
            }
            // The letters alone may stand in the Base64 of a certificate too.
            let changed = signed.replacen("<nonce>AbC<", "<nonce>AbD<", 1);
            if changed != signed {
                assert!(!verify_xml(&changed).unwrap());
                std::fs::write(&path, changed).unwrap();
                assert!(!opinions::xmlsec(&path, &root).0);
            }
        }
    }
}

#[test]
fn an_element_is_signed_under_a_parent_of_choice() {
    let agent = Running::start();
    let mut page = agent.page();
    let document = "<r xmlns:n=\"urn:u\"><body Id=\"x1\">ә</body><n:signatures/></r>";
    let answer = page.common(
        "signXml",
        &json!([
            "PKCS12",
            "SIGNATURE",
            document,
            "//body[@Id='x1']",
            "/r/n:signatures"
        ]),
    );
    let signed = answer["responseObject"]
        .as_str()
        .unwrap_or_else(|| panic!("{answer}"));
    assert!(signed.contains("<n:signatures><ds:Signature "), "{signed}");
    assert!(signed.contains("URI=\"#x1\""));
    assert!(verify_xml(signed).unwrap());
    let path = agent.path("signed.xml");
    std::fs::write(&path, signed).unwrap();
    let root = agent.root.pem(agent.folder.path());
    let (valid, words) = opinions::xmlsec(&path, &root);
    assert!(valid, "{words}");
    // What is outside of the element may change, the element may not.
    assert!(verify_xml(&signed.replace("<r ", "<r a=\"1\" ")).unwrap());
    assert!(!verify_xml(&signed.replace(">ә<", ">і<")).unwrap());
    for (signed_path, parent, word) in [
        ("//none", "", "no element"),
        ("/r/n:signatures", "", "no attribute Id"),
        ("id('x')", "", "not supported"),
    ] {
        let answer = page.common(
            "signXml",
            &json!(["PKCS12", "SIGNATURE", document, signed_path, parent]),
        );
        let message = answer["message"].as_str().unwrap();
        assert!(message.contains(word), "{message}");
    }
    for doubled in [
        "<r><body Id=\"x1\">a</body><other Id=\"x1\">b</other></r>",
        "<r><other id=\"x1\"><body Id=\"x1\">a</body></other></r>",
    ] {
        let answer = page.common(
            "signXml",
            &json!(["PKCS12", "SIGNATURE", doubled, "//body", ""]),
        );
        let message = answer["message"].as_str().unwrap();
        assert!(message.contains("several elements"), "{message}");
    }
}

#[test]
fn many_documents_take_one_question() {
    let agent = Running::start();
    let mut page = agent.page();
    let xmls = page.common(
        "signXmls",
        &json!(["PKCS12", "SIGNATURE", ["<a/>", "<b/>"], "", ""]),
    );
    assert_eq!(xmls["responseObject"].as_array().unwrap().len(), 2);
    let data: Vec<String> = (0..50).map(|number| format!("document {number}")).collect();
    let answer = page.basics(&json!({
        "allowedStorages": ["PKCS12"], "format": "cms", "data": data, "signingParams": {},
        "signerParams": { "extKeyUsageOids": [] },
    }));
    assert_eq!(answer["body"]["result"].as_array().unwrap().len(), 50);
    assert_eq!(agent.owner.seen().len(), 2);
    let raw = page.basics(&json!({
        "format": "raw", "data": "text", "signingParams": { "outputCert": true },
        "signerParams": { "extKeyUsageOids": [] },
    }));
    let result = &raw["body"]["result"];
    assert_eq!(result["signatures"].as_array().unwrap().len(), 1);
    assert!(
        result["certificate"]
            .as_str()
            .unwrap()
            .starts_with("-----BEGIN CERTIFICATE-----")
    );
    let certificate = agent.path("certificate.pem");
    std::fs::write(&certificate, result["certificate"].as_str().unwrap()).unwrap();
    let (_, public) = run(
        "openssl",
        &["x509", "-in", text(&certificate), "-noout", "-pubkey"],
    );
    let (key, value, content) = (
        agent.path("key.pem"),
        agent.path("value"),
        agent.path("content"),
    );
    std::fs::write(&key, public).unwrap();
    std::fs::write(&content, "text").unwrap();
    let signature = result["signatures"][0].as_str().unwrap();
    std::fs::write(&value, STANDARD.decode(signature).unwrap()).unwrap();
    let (valid, words) = run(
        "openssl",
        &[
            "dgst",
            "-sha256",
            "-verify",
            text(&key),
            "-signature",
            text(&value),
            text(&content),
        ],
    );
    assert!(valid, "{words}");
}

#[test]
fn keys_that_do_not_fit_are_not_used() {
    let agent = Running::start();
    let mut page = agent.page();
    let sign = |signer: Value| json!({ "format": "cms", "data": "x", "signingParams": {}, "signerParams": signer });
    let cancelled = json!({ "body": {}, "status": true });
    for signer in [
        json!({ "extKeyUsageOids": ["1.2.398.3.3.4.1.2"] }),
        json!({ "extKeyUsageOids": [], "iin": "000000000000" }),
        json!({ "extKeyUsageOids": [], "bin": "000000000000" }),
        json!({ "extKeyUsageOids": [], "serialNumber": "01" }),
        json!({ "extKeyUsageOids": [], "chain": [crate::maker::Root::new().certificate.to_pem()] }),
    ] {
        assert_eq!(page.basics(&sign(signer.clone())), cancelled, "{signer}");
    }
    for signer in [
        json!({ "extKeyUsageOids": ["1.3.6.1.5.5.7.3.4"], "iin": AIGUL.iin, "bin": "" }),
        json!({ "extKeyUsageOids": [], "chain": [agent.root.certificate.to_pem()] }),
        json!({ "extKeyUsageOids": [], "chain": [] }),
    ] {
        let answer = page.basics(&sign(signer.clone()));
        assert!(
            answer["body"]["result"][0].is_string(),
            "{signer}: {answer}"
        );
    }
    let ended = agent.path("ended.p12");
    let person = crate::maker::Person {
        not_after: "2026-02-01T00:00:00Z",
        ..AIGUL
    };
    agent.root.key_file(&ended, crate::maker::RSA, &person);
    agent.owner.uses(ended);
    let any = json!({ "extKeyUsageOids": [] });
    assert_eq!(page.basics(&sign(any)), cancelled);
    let allowed = page.basics(&json!({
        "format": "cms", "data": "x", "signingParams": { "allowExpired": "true" },
        "signerParams": { "extKeyUsageOids": [] },
    }));
    assert!(allowed["body"]["result"][0].is_string());
    agent.owner.will([Decision::WrongPassword]);
    let wrong = page.common(
        "createCAdESFromBase64",
        &json!(["PKCS12", "", "MTEK", false]),
    );
    assert_eq!(wrong["message"], "action.canceled");
}
