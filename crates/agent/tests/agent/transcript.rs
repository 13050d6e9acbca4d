//! What is said over the socket, letter for letter.

use serde_json::{Value, json};
use tanba_agent::consent::Question;

use crate::harness::{Decision, Running};

#[test]
fn greeting_heartbeat_and_modules_that_are_not_there() {
    let agent = Running::start();
    for (address, host) in [
        ("127.0.0.1", "127.0.0.1"),
        ("127.0.0.1", "localhost"),
        ("localhost", "localhost"),
        ("::1", "[::1]"),
    ] {
        // The client compares the greeting.
        let mut page = agent
            .connect(address, host, Some("https://egov.example"))
            .unwrap();
        page.send("--heartbeat--");
        assert_eq!(page.receive(), "--heartbeat--");
    }
    let mut page = agent.page();
    for request in [
        r#"{"module":"kz.digiflow.mobile.extensions","method":"getVersion"}"#,
        r#"{"module":"kz.unknown","method":"x"}"#,
        r#"{"method":"getKeys","args":["PKCS12","/a","secret","SIGN"]}"#,
    ] {
        page.send(request);
        assert_eq!(
            page.receive(),
            r#"{"success":false,"errorCode":"MODULE_NOT_FOUND"}"#
        );
    }
    assert!(agent.owner.seen().is_empty());
}

#[test]
fn answers_of_common_utils_are_those_of_the_real_program() {
    let agent = Running::start();
    let mut page = agent.page();
    for (request, answer) in [
        (
            r#"{"method":"getActiveTokens"}"#,
            r#"{"responseObject":[],"code":"200"}"#,
        ),
        (
            r#"{"method":"changeLocale","args":["kk"]}"#,
            r#"{"code":"200"}"#,
        ),
        (
            r#"{"method":"changeLocale","args":["xx"],"uuid":"7"}"#,
            r#"{"code":"200","uuid":"7"}"#,
        ),
        (
            r#"{"method":"getKeyInfo","args":[null],"uuid":"7"}"#,
            r#"{"code":"500","message":"java.lang.IllegalArgumentException: argument type mismatch. Method: getKeyInfo","uuid":"7"}"#,
        ),
        (
            r#"{"method":"getKeyInfo","args":[]}"#,
            r#"{"code":"500","message":"NoSuchMethodException getKeyInfo"}"#,
        ),
        (
            r#"{"method":"dance","uuid":"7"}"#,
            r#"{"code":"500","message":"NoSuchMethodException dance","uuid":"7"}"#,
        ),
        (
            r#"{"method":"getKeyInfo","args":[" "]}"#,
            r#"{"code":"500","message":"storageName.param.empty"}"#,
        ),
        (
            r#"{"method":"getKeyInfo","args":["PKCS13"]}"#,
            r#"{"code":"500","message":"storage.unknown"}"#,
        ),
        (
            r#"{"method":"getKeyInfo","args":["AKKaztokenStore"],"uuid":42}"#,
            r#"{"code":"500","message":"storage.empty","uuid":"42"}"#,
        ),
        (
            r#"{"method":"createCAdESFromBase64Hash","args":["PKCS12","",""]}"#,
            r#"{"code":"500"}"#,
        ),
        (
            r#"{"method":"createCAdESFromFile","args":["PKCS12","","/no/such/file",true]}"#,
            r#"{"code":"500","message":"file.not_found"}"#,
        ),
        (
            r#"{"method":"signXml","args":["PKCS12","","<this>is not a valid XML","",""]}"#,
            r#"{"code":"500","message":"org.xml.sax.SAXParseException; lineNumber: 1; columnNumber: 25; XML document structures must start and end within the same entity."}"#,
        ),
    ] {
        let request = request.replacen('{', r#"{"module":"kz.gov.pki.knca.commonUtils","#, 1);
        page.send(&request);
        assert_eq!(page.receive(), answer, "{request}");
    }
    // A file is looked for when its site may ask; nobody was asked for the rest.
    let seen = agent.owner.seen();
    assert!(matches!(seen.as_slice(), [Question::Site(_)]), "{seen:?}");
    agent.owner.will([Decision::Cancel]);
    page.send(
        r#"{"module":"kz.gov.pki.knca.commonUtils","method":"createCAdESFromBase64","args":["PKCS12","SIGNATURE","MTEK",false],"uuid":"42"}"#,
    );
    assert_eq!(
        page.receive(),
        r#"{"code":"500","message":"action.canceled","uuid":"42"}"#
    );
}

#[test]
fn answers_of_basics_are_those_of_the_real_program() {
    let agent = Running::start();
    let mut page = agent.page();
    let called = |rest: &str| format!(r#"{{"module":"kz.gov.pki.knca.basics",{rest}}}"#);
    for (request, answer) in [
        (
            r#""method":"sign","args":{"allowedStorages":null,"format":"cms","data":"MTEK","signingParams":555,"signerParams":{"extKeyUsageOids":[]},"locale":"ru"}"#,
            r#"{"status":false,"code":"INVOCATION_ERROR","message":"An invoked method threw an exception.","details":"org.json.JSONException: JSONObject[\"signingParams\"] is not a JSONObject."}"#,
        ),
        (
            r#""method":"sign""#,
            r#"{"status":false,"code":"GENERAL_ERROR","message":"General error.","details":"sign demands arguments"}"#,
        ),
        (
            r#""method":"x","args":{}"#,
            r#"{"status":false,"code":"GENERAL_ERROR","message":"General error.","details":"x is not defined in kz.gov.pki.knca.basics"}"#,
        ),
        (
            r#""apiVersion":"2","method":"dance","args":{}"#,
            r#"{"status":false,"code":"GENERAL_ERROR","message":"General error.","details":"dance is not defined in kz.gov.pki.knca.basics"}"#,
        ),
        (
            r#""apiVersion":9,"method":"sign","args":{}"#,
            r#"{"status":false,"code":"GENERAL_ERROR","message":"General error.","details":"apiVersion is not supported"}"#,
        ),
    ] {
        page.send(&called(request));
        assert_eq!(page.receive(), answer, "{request}");
    }
    agent.owner.will([Decision::Cancel]);
    page.send(&called(
        r#""method":"sign","args":{"format":"cms","data":"MTEK","signingParams":{},"signerParams":{"extKeyUsageOids":[]}}"#,
    ));
    assert_eq!(page.receive(), r#"{"body":{},"status":true}"#);
}

#[test]
fn what_is_installed_is_listed_and_nothing_is_installed() {
    let agent = Running::start();
    let mut page = agent.page();
    let accessory = |method: &str| {
        format!(
            r#"{{"module":"kz.gov.pki.ncalayerservices.accessory","method":"{method}","symname":"x"}}"#
        )
    };
    let bundles = page.ask(&accessory("getBundles"));
    assert!(bundles["kz.gov.pki.osgi.layer.websocket"].is_string());
    assert!(page.ask(&accessory("getServices"))["services"].is_array());
    assert_eq!(page.ask(&accessory("installBundle"))["success"], false);
    // No answer, and the one after it is not late.
    page.send(&accessory("showSettings"));
    page.send("--heartbeat--");
    assert_eq!(page.receive(), "--heartbeat--");
}

#[test]
fn a_key_is_told_as_the_real_program_tells_it() {
    let agent = Running::start();
    let mut page = agent.page();
    let ask = json!({ "module": "kz.gov.pki.knca.commonUtils", "method": "getKeyInfo", "args": ["PKCS12"] });
    page.send(&ask.to_string());
    let written = page.receive();
    // In the order of the real program, which whoever reads by hand relies on.
    let places: Vec<usize> = [
        "alias",
        "keyId",
        "algorithm",
        "subjectCn",
        "subjectDn",
        "issuerCn",
        "issuerDn",
        "serialNumber",
        "certNotBefore",
        "certNotAfter",
        "authorityKeyIdentifier",
        "pem",
    ]
    .iter()
    .map(|name| written.find(&format!("\"{name}\":")).unwrap())
    .collect();
    assert!(places.is_sorted(), "{written}");
    let told: Value = serde_json::from_str(&written).unwrap();
    let info = told["responseObject"].as_object().unwrap();
    let names = [
        "algorithm",
        "alias",
        "authorityKeyIdentifier",
        "certNotAfter",
        "certNotBefore",
        "issuerCn",
        "issuerDn",
        "keyId",
        "pem",
        "serialNumber",
        "subjectCn",
        "subjectDn",
    ];
    assert_eq!(info.keys().map(String::as_str).collect::<Vec<_>>(), names);
    assert!(info.values().all(Value::is_string));
    assert_eq!(info["algorithm"], "RSA");
    assert_eq!(info["subjectCn"], "ТЕСТОВА АЙГҮЛ");
    assert_eq!(
        info["subjectDn"],
        "C=KZ,SURNAME=ТЕСТОВА,G=АЙГҮЛ,SERIALNUMBER=PNOKZ-900101400017,CN=ТЕСТОВА АЙГҮЛ"
    );
    assert_eq!(info["certNotBefore"], "1767225600000");
    assert_eq!(info["alias"], info["keyId"]);
}

#[test]
fn answers_keep_the_order_of_the_questions() {
    let agent = Running::start();
    let mut page = agent.page();
    agent.owner.will([Decision::Cancel]);
    page.send(
        r#"{"module":"kz.gov.pki.knca.commonUtils","method":"getKeyInfo","args":["PKCS12"],"uuid":"first"}"#,
    );
    for _ in 0..20 {
        page.send("--heartbeat--");
    }
    page.send(r#"{"module":"kz.gov.pki.knca.commonUtils","method":"changeLocale","args":["ru"],"uuid":"last"}"#);
    assert!(page.receive().contains("first"));
    for _ in 0..20 {
        assert_eq!(page.receive(), "--heartbeat--");
    }
    assert!(page.receive().contains("last"));
}
