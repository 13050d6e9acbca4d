//! What was issued in one's name: list, files, table; and how applications went.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use tanba_model::certificate::RevocationReason;
use tanba_model::keystore_kind::KeystoreKind;
use tanba_pki::Certificate;

use crate::browser::{Browser, grouped};
use crate::world::{Key, World};

#[tokio::test]
async fn a_certificate_is_downloaded_by_its_owner_alone() {
    let world = World::new();
    let citizen = world.citizen("Aigerim", Some("aigerim@example.kz"));
    let stranger = world.citizen("Bolat", Some("bolat@example.kz"));
    let mut browser = Browser::new(&world);
    let certificate = &citizen.signature.certificate;
    let path = format!("/api/v1/certificates/{}", certificate.serial_hex());
    let refused = browser.get(&format!("{path}.pem")).await;
    assert_eq!(refused.code(), "session-required");
    browser.sign_in(&citizen).await;
    let page = browser.get("/kk/cabinet/keys").await;
    for part in [
        &format!("href=\"{path}.pem\""),
        &format!("href=\"{path}.cer\""),
        "EC P-256",
    ] {
        assert!(page.body.contains(part), "{part}: {}", page.body);
    }
    let pem = browser.get(&format!("{path}.pem")).await;
    assert_eq!(pem.status, StatusCode::OK, "{}", pem.body);
    let read = Certificate::pem_many(pem.body.as_bytes()).unwrap();
    assert_eq!(read[0].der(), certificate.der());
    assert!(
        pem.header("content-disposition")
            .starts_with("attachment; filename=\"")
    );
    let der = browser.get(&format!("{path}.cer")).await;
    assert_eq!(der.header("content-type"), "application/pkix-cert");
    let foreign = stranger.signature.certificate.serial_hex();
    for name in [
        format!("{foreign}.pem"),
        format!("{foreign}.cer"),
        "x".to_owned(),
        "..".to_owned(),
    ] {
        let missing = browser.get(&format!("/api/v1/certificates/{name}")).await;
        assert_eq!(missing.status, StatusCode::NOT_FOUND, "{name}");
    }
    let other = browser.get(&format!("{path}.exe")).await;
    assert_eq!(other.status, StatusCode::NOT_FOUND);
}

/// Whether a verifier that knows nothing of Tanba takes a proof for this certificate.
fn holds(proof: &str, root: &str, certificate: &[u8]) -> bool {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, octets: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, octets).unwrap();
        path
    };
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../../scripts/verify-audit.py");
    let output = std::process::Command::new("python3")
        .args([script, "--proof"])
        .arg(file("proof.json", proof.as_bytes()))
        .arg(file("root.pem", root.as_bytes()))
        .arg(file("certificate.cer", certificate))
        .output()
        .unwrap();
    output.status.success()
}

#[tokio::test]
async fn the_issue_of_ones_certificate_is_proved_to_who_does_not_ask_the_server() {
    let world = World::new();
    let citizen = world.citizen("Aigerim", Some("aigerim@example.kz"));
    let stranger = world.citizen("Bolat", Some("bolat@example.kz"));
    let mut browser = Browser::new(&world);
    browser.sign_in(&citizen).await;
    let certificate = &citizen.signature.certificate;
    let path = format!(
        "/api/v1/certificates/{}.proof.json",
        certificate.serial_hex()
    );
    let early = browser.get(&path).await;
    assert_eq!(
        (early.status, early.code()),
        (StatusCode::CONFLICT, "proof-not-yet".to_owned())
    );
    assert!(!early.header("retry-after").is_empty());
    let page = browser.get("/kk/cabinet/keys").await;
    assert!(page.body.contains("Журналға жазылған"), "{}", page.body);
    assert!(!page.body.contains(".proof.json"));
    world.seal_log();
    let page = browser.get("/kk/cabinet/keys").await;
    assert!(page.body.contains(&format!("href=\"{path}\"")));
    let proof = browser.get(&path).await;
    assert_eq!(proof.status, StatusCode::OK, "{}", proof.body);
    let root = world.root();
    assert!(holds(&proof.body, &root, certificate.der()));
    // Not for another certificate, not after a change, not under another root.
    let other = citizen.authentication.certificate.der();
    assert!(!holds(&proof.body, &root, other));
    for (from, to) in [
        ("certificate.issue", "certificate.issued"),
        ("\"path\":[\"", "\"path\":[\"00"),
        ("\\\"size\\\":", "\\\"size\\\":1"),
    ] {
        let forged = proof.body.replacen(from, to, 1);
        assert_ne!(forged, proof.body, "{from}");
        assert!(!holds(&forged, &root, certificate.der()), "{to}");
    }
    let foreign = certificate.to_pem();
    assert!(!holds(&proof.body, &foreign, certificate.der()));
    // Nobody's name is in it, and nobody else's proof is given out.
    for secret in ["AIGERIM", "aigerim@example.kz", &citizen.subject.iin] {
        assert!(!proof.body.contains(secret), "{secret}");
    }
    let theirs = stranger.signature.certificate.serial_hex();
    let refused = browser
        .get(&format!("/api/v1/certificates/{theirs}.proof.json"))
        .await;
    assert_eq!(refused.status, StatusCode::NOT_FOUND);
}

/// What a program sees that reads the table as spreadsheets do: cells of each line, once the mark and the separator are taken.
fn cells(table: &[u8], separator: char) -> Vec<Vec<String>> {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), table).unwrap();
    let script = "import csv, json, sys\n\
        print(json.dumps(list(csv.reader(open(sys.argv[1], encoding='utf-8-sig', newline=''), delimiter=sys.argv[2], strict=True))))";
    let output = std::process::Command::new("python3")
        .args(["-c", script])
        .arg(file.path())
        .arg(separator.to_string())
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{told}");
    serde_json::from_slice(&output.stdout).unwrap()
}

#[tokio::test]
async fn the_table_opens_in_a_spreadsheet_of_each_language() {
    let world = World::new();
    let citizen = world.citizen("Aigerim", Some("aigerim@example.kz"));
    let mut browser = Browser::new(&world);
    browser.sign_in(&citizen).await;
    let serial = citizen.authentication.certificate.serial_hex();
    let list = browser.get("/kk/cabinet/keys").await;
    assert!(list.body.contains(&grouped(&serial)), "{}", list.body);
    for (language, separator, owner, heading, iin) in [
        ("kk", ';', "Иесі", "Сериялық нөмірі", "ЖСН"),
        ("ru", ';', "Владелец", "Серийный номер", "ИИН"),
        ("en", ',', "Owner", "Serial number", "IIN"),
    ] {
        browser.language = language;
        let table = browser.get("/api/v1/certificates/report.csv").await;
        assert_eq!(table.header("content-type"), "text/csv; charset=utf-8");
        assert!(table.octets.starts_with("\u{feff}\"".as_bytes()));
        assert!(table.body.ends_with("\r\n"));
        let lines = cells(&table.octets, separator);
        assert_eq!(lines.len(), 4, "owner, headings, two certificates");
        assert!(lines.iter().all(|line| line.len() == 11), "{lines:?}");
        assert_eq!(lines[0][0], owner);
        assert_eq!(lines[0][1], "AIGERIM ӘЙГЕРІМ");
        assert_eq!(lines[0][2], format!("{iin} {}", citizen.iin()));
        assert_eq!(lines[1][0], heading);
        let row = lines[2..].iter().find(|line| line[0] == serial);
        let row = row.unwrap_or_else(|| panic!("{serial}: {lines:?}"));
        assert_eq!(row[4], "2025-12-14T11:00:00+05:00");
        assert_eq!(row[7], "2026-12-14T11:00:00+05:00");
        for cell in lines.iter().flatten() {
            assert!(cell.parse::<f64>().is_err(), "a number: {cell}");
        }
    }
}

/// How often the pages of somebody's keys call one of them older.
async fn marks(browser: &mut Browser<'_>, path: &str) -> usize {
    let page = browser.get(path).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.body);
    page.body.matches(">Бұл – бұрынғы кілт").count()
}

#[tokio::test]
async fn of_two_valid_keys_for_one_thing_in_one_keystore_the_older_one_is_marked() {
    let world = World::new();
    let citizen = world.citizen("Aigerim", Some("aigerim@example.kz"));
    let mut browser = Browser::new(&world);
    browser.sign_in(&citizen).await;
    let pages = ["/kk/cabinet/keys", "/kk/cabinet/revoke", "/kk/cabinet"];
    // Alone, and beside keys in a token, nothing is older.
    let _in_token = world.another_pair(&citizen, KeystoreKind::EToken72K);
    for path in pages {
        assert_eq!(marks(&mut browser, path).await, 0, "{path}");
    }
    let new = world.another_pair(&citizen, KeystoreKind::PersonalComputer);
    for path in pages {
        assert_eq!(marks(&mut browser, path).await, 2, "{path}");
    }
    let list = browser.get("/kk/cabinet/keys").await;
    let card = |serial: &str| {
        let (_, rest) = list.body.split_once(serial).unwrap();
        rest.split("</article>").next().unwrap().to_owned()
    };
    for old in [&citizen.authentication, &citizen.signature] {
        let card = card(&grouped(&old.certificate.serial_hex()));
        assert!(card.contains("«Жаңасымен ауыстырдым»"), "{card}");
        assert!(card.contains("2026 жылғы 24 қараша"), "{card}");
    }
    for new in &new {
        let card = card(&grouped(&new.certificate.serial_hex()));
        assert!(!card.contains("бұрынғы кілт"), "{card}");
    }
    let russian = browser.get("/ru/cabinet/keys").await;
    assert_eq!(russian.body.matches(">Это прежний ключ").count(), 2);
    let english = browser.get("/en/cabinet/keys").await;
    assert_eq!(english.body.matches(">This is an older key").count(), 2);
    // The filter hides the newer ones of the other purpose, not what they replaced.
    let path = "/kk/cabinet/keys?purpose=signature&status=valid";
    assert_eq!(marks(&mut browser, path).await, 1);
}

#[tokio::test]
async fn keys_that_wait_for_installation_make_no_other_older() {
    let world = World::new();
    let citizen = world.citizen("Aigerim", Some("aigerim@example.kz"));
    let mut browser = Browser::new(&world);
    browser.sign_in(&citizen).await;
    let (number, _) = browser.apply(&citizen).await;
    let code = world.mailed().0.unwrap();
    let fields = [("number", number.as_str()), ("code", &code)];
    let done = browser
        .submit("/kk/cabinet/reissue/confirm/code", &fields)
        .await;
    assert!(done.location().ends_with(&number));
    let path = "/kk/cabinet/keys";
    let list = browser.get(path).await;
    assert_eq!(list.body.matches("<article").count(), 4, "{}", list.body);
    assert_eq!(marks(&mut browser, path).await, 0);
}

/// The row of a certificate.
fn row(table: &[Vec<String>], key: &Key) -> Vec<String> {
    let serial = key.certificate.serial_hex();
    let mut found = table.iter().filter(|row| row[0] == serial);
    let row = found
        .next()
        .unwrap_or_else(|| panic!("{serial}: {table:?}"));
    assert!(found.next().is_none(), "{serial} stands twice: {table:?}");
    row.clone()
}

#[tokio::test]
async fn the_table_tells_how_each_key_came_and_what_became_of_it_in_words() {
    let world = World::new();
    let citizen = world.citizen("Aigerim", Some("aigerim@example.kz"));
    let [frozen, valid] = world.newer_pair(&citizen);
    world.revoke(&citizen.signature, RevocationReason::Superseded);
    world.revoke(&frozen, RevocationReason::CertificateHold);
    let mut browser = Browser::new(&world);
    browser.sign_in(&citizen).await;
    for (language, separator, purposes, place, channels, standings, reasons) in [
        (
            "kk",
            ';',
            ["Аутентификация кілті", "Қол қою кілті"],
            "Дербес компьютер",
            ["куәландырушы орталықтың әкімшісі", "тіркеу орталығы"],
            [
                "мерзімі жақында өтеді",
                "кері шақырылған",
                "тоқтатылған",
                "жарамды",
            ],
            ["жаңа кілттермен ауыстырылған", "уақытша тоқтатылған"],
        ),
        (
            "ru",
            ';',
            ["Ключ аутентификации", "Ключ подписи"],
            "Персональный компьютер",
            ["администратор удостоверяющего центра", "центр регистрации"],
            ["срок истекает", "отозван", "приостановлен", "действует"],
            ["заменён новыми ключами", "временно приостановлен"],
        ),
        (
            "en",
            ',',
            ["Authentication key", "Signing key"],
            "Personal computer",
            [
                "an administrator of the certification authority",
                "a registration centre",
            ],
            ["expires soon", "revoked", "frozen", "valid"],
            ["replaced by new keys", "frozen for the time being"],
        ),
    ] {
        browser.language = language;
        let sent = browser.get("/api/v1/certificates/report.csv").await;
        let table = cells(&sent.octets, separator);
        // Purpose, channel, standing, the day of the end, the reason.
        for (key, purpose, channel, standing, reason) in [
            (&citizen.authentication, 0, 0, 0, None),
            (&citizen.signature, 1, 0, 1, Some(0)),
            (&frozen, 0, 1, 2, Some(1)),
            (&valid, 1, 1, 3, None),
        ] {
            let row = row(&table, key);
            assert!(row[1].starts_with(purposes[purpose]), "{row:?}");
            assert_eq!(row[3], place);
            assert_eq!(row[5], channels[channel]);
            assert_eq!(row[8], standings[standing]);
            let issued = if channel == 0 {
                "2025-12-14"
            } else {
                "2026-11-24"
            };
            assert!(row[4].starts_with(issued), "{row:?}");
            match reason {
                Some(reason) => {
                    assert!(row[9].starts_with("2026-11-24"), "{row:?}");
                    assert_eq!(row[10], reasons[reason]);
                }
                None => assert_eq!((row[9].as_str(), row[10].as_str()), ("", "")),
            }
        }
        let bare = table
            .iter()
            .flatten()
            .find(|cell| cell.starts_with("channel-"));
        assert_eq!(bare, None);
    }
}

/// Compressing, something asks a stream once more after its end.
#[tokio::test]
async fn the_table_comes_whole_to_a_browser_that_takes_compressed_answers() {
    let world = World::new();
    let citizen = world.citizen("Aigerim", Some("aigerim@example.kz"));
    let mut browser = Browser::new(&world);
    browser.sign_in(&citizen).await;
    let request = Request::get("/api/v1/certificates/report.csv").header("accept-encoding", "br");
    let table = browser.send(request.body(Body::empty()).unwrap()).await;
    assert_eq!(table.status, StatusCode::OK);
    assert_eq!(table.header("content-encoding"), "br");
    assert!(!table.body.is_empty());
}

#[tokio::test]
async fn the_list_of_applications_tells_how_each_went_and_withdraws_those_that_wait() {
    let world = World::new();
    let citizen = world.citizen("Aigerim", Some("aigerim@example.kz"));
    let mut browser = Browser::new(&world);
    browser.sign_in(&citizen).await;
    let (number, _) = browser.apply(&citizen).await;
    world.clock.forward(120);
    let cancel = format!("/kk/cabinet/applications/{number}/cancel");
    let list = browser.get("/kk/cabinet/applications").await;
    for part in [
        format!("action=\"{cancel}\""),
        "11:00".to_owned(),
        "сіз".to_owned(),
    ] {
        assert!(list.body.contains(&part), "{part}: {}", list.body);
    }
    browser.submit(&cancel, &[]).await;
    let list = browser.get("/kk/cabinet/applications").await;
    assert!(!list.body.contains(&format!("action=\"{cancel}\"")));
    for part in [
        "Өтінімге қол қою",
        "11:00",
        "11:02",
        "өтініш беруші кері алды",
    ] {
        assert!(list.body.contains(part), "{part}: {}", list.body);
    }
}
