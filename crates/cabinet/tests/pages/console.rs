//! The console of administrators, as pages and as an interface.

use axum::http::StatusCode;
use serde_json::json;
use tanba_model::key::{BlockSource, BlockedKey};
use tanba_model::ports::{Clock as _, IssuerKind, Storage as _};
use tanba_model::staff::Role;

use crate::browser::{Browser, base64};
use crate::world::{Key, World};

const PAGES: [&str; 6] = [
    "",
    "/issuers/rsa",
    "/profiles",
    "/profiles/kz-individual-rsa",
    "/lists",
    "/queues",
];

async fn at_desk<'a>(world: &'a World, key: &Key) -> Browser<'a> {
    let mut browser = Browser::new(world);
    browser.sit_down(key).await;
    browser
}

#[tokio::test]
async fn an_auditor_reads_every_page_and_is_offered_no_switch() {
    let world = World::new();
    let administrator = world.staff("Dana", Role::Administrator);
    let auditor = world.staff("Serik", Role::Auditor);
    world.seal_log();
    let (mut first, mut second) = (
        at_desk(&world, &administrator).await,
        at_desk(&world, &auditor).await,
    );
    for language in ["kk", "ru", "en"] {
        for page in PAGES
            .into_iter()
            .chain(["/health", "/blocked", "/blocked?after=00"])
        {
            let path = format!("/{language}/desk/admin{page}");
            for reader in [&mut first, &mut second] {
                let answer = reader.get(&path).await;
                assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.body);
                assert!(!answer.body.contains("850101"), "{path} names a person");
            }
        }
    }
    let path = "/en/desk/admin/issuers/rsa";
    assert!(
        first
            .get(path)
            .await
            .body
            .contains("data-desk-call=\"/desk/orders\"")
    );
    let shown = second.get(path).await;
    assert!(!shown.body.contains("data-desk-call"), "{}", shown.body);
    let wish = json!({ "act": "stop-issuance", "object": "issuer/rsa", "reason": "x" });
    let refused = second.post("/desk/orders", wish).await;
    assert_eq!(
        (refused.status, refused.code().as_str()),
        (StatusCode::FORBIDDEN, "desk-forbidden")
    );
}

#[tokio::test]
async fn an_operator_is_shown_nothing_of_it() {
    let world = World::new();
    for role in [Role::Operator, Role::SeniorOperator] {
        let key = world.staff(role.name(), role);
        let mut browser = at_desk(&world, &key).await;
        for page in PAGES {
            let answer = browser.get(&format!("/ru/desk/admin{page}")).await;
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "{role:?} {page}");
        }
        let desk = browser.get("/ru/desk").await;
        assert!(
            !desk.body.contains("/desk/admin"),
            "{role:?} is shown a way"
        );
    }
}

#[tokio::test]
async fn a_signed_order_stops_and_the_page_says_since_when_and_why() {
    let world = World::new();
    let key = world.staff("Dana", Role::Administrator);
    let mut browser = at_desk(&world, &key).await;
    let wish =
        json!({ "act": "stop-issuance", "object": "issuer/rsa", "reason": "a <b>doubted</b> key" });
    let prepared = browser.post("/desk/orders", wish.clone()).await;
    assert_eq!(prepared.status, StatusCode::OK, "{}", prepared.body);
    assert_eq!(prepared.json()["about"], "issuer/rsa");
    let document = prepared.json()["document"].as_str().unwrap().to_owned();
    let signature = base64(&key.sign(&document));
    let body = json!({ "signature": signature });
    let signed = browser.post("/desk/orders/signature", body.clone()).await;
    assert_eq!(signed.status, StatusCode::OK, "{}", signed.body);
    assert_eq!(signed.json()["outcome"], "stop-issuance");
    let next = signed.json()["next"].as_str().unwrap().to_owned();
    let page = browser.get(&next).await;
    assert!(
        page.body.contains("data-standing=\"stopped\""),
        "{}",
        page.body
    );
    assert!(
        page.body.contains("a &lt;b&gt;doubted&lt;/b&gt; key") && page.body.contains("desk-done")
    );
    assert!(page.body.contains("DANA"), "the page names who ordered it");
    // Of one profile, later: the newest stands first.
    let wish_of_profile = json!({
        "act": "stop-issuance", "object": "issuer/rsa/kz-operator", "reason": "the second reason",
    });
    let prepared = browser.post("/desk/orders", wish_of_profile).await;
    let second = base64(&key.sign(prepared.json()["document"].as_str().unwrap()));
    let done = browser
        .post("/desk/orders/signature", json!({ "signature": second }))
        .await;
    let page = browser.get(done.json()["next"].as_str().unwrap()).await;
    let orders = page.body.split("id=\"orders\"").nth(1).unwrap();
    assert!(
        orders.find("the second reason") < orders.find("doubted"),
        "{orders}"
    );
    // The log says from where: a name for her network that nobody outside this server can turn back.
    let log = browser.get("/en/desk/audit?action=issuer.stop").await;
    assert_eq!(log.status, StatusCode::OK, "{}", log.body);
    assert!(log.body.contains("From where"), "{}", log.body);
    let rows = log.body.split("<tbody").nth(1).unwrap();
    let is_digest = |text: &str| text.len() == 16 && text.bytes().all(|b| b.is_ascii_hexdigit());
    let codes = rows
        .split("<code>")
        .filter_map(|rest| rest.split('<').next());
    assert_eq!(codes.filter(|code| is_digest(code)).count(), 2, "{rows}");
    // Twice is once.
    let again = browser.post("/desk/orders/signature", body).await;
    assert_eq!(again.code(), "decision-expired");
    let again = browser.post("/desk/orders", wish).await;
    assert_eq!(
        (again.status, again.code().as_str()),
        (StatusCode::CONFLICT, "nothing-to-do")
    );
    let silent = json!({ "act": "start-issuance", "object": "issuer/rsa" });
    let silent = browser.post("/desk/orders", silent).await;
    assert_eq!(silent.code(), "order-reason-missing");
    let health = browser.get("/en/desk/admin/health").await;
    assert!(health.body.contains("Stops: 2"), "{}", health.body);
}

#[tokio::test]
async fn lists_are_taken_along_as_they_are_published() {
    let world = World::new();
    let auditor = world.staff("Dana", Role::Auditor);
    world.seal_log();
    let mut browser = at_desk(&world, &auditor).await;
    let page = browser.get("/en/desk/admin/lists").await;
    let links: Vec<&str> = page
        .body
        .split("href=\"/en/desk/admin/lists/")
        .skip(1)
        .map(|rest| rest.split('"').next().unwrap())
        .collect();
    // The root's, the issuing authority's, and a base and a delta for each of four parts.
    assert_eq!(links.len(), 1 + 1 + 2 * 4, "{links:?}");
    for link in links {
        let list = browser.get(&format!("/en/desk/admin/lists/{link}")).await;
        assert_eq!(list.header("content-type"), "application/pkix-crl");
        assert!(list.header("content-disposition").ends_with(".crl\""));
        tanba_pki::crl::Crl::from_der(&list.octets).unwrap();
    }
    for wrong in [
        "nobody/full.crl",
        "rsa/9.crl",
        "rsa/full",
        "rsa/..%2Ffull.crl",
    ] {
        let answer = browser.get(&format!("/en/desk/admin/lists/{wrong}")).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{wrong}");
    }
}

#[tokio::test]
async fn blocked_keys_are_listed_page_by_page_with_why() {
    let world = World::new();
    let auditor = world.staff("Dana", Role::Auditor);
    let mut work = world.storage.begin().unwrap();
    for number in 0..60_u8 {
        let key = BlockedKey {
            public_key_sha256: [number; 32],
            at: world.clock.now(),
            source: BlockSource::List,
            reason: "a <published> list".to_owned(),
            attestation: None,
        };
        assert!(work.keys().block(&key).unwrap());
    }
    work.commit().unwrap();
    let mut browser = at_desk(&world, &auditor).await;
    let first = browser.get("/en/desk/admin/blocked").await;
    assert_eq!(first.body.matches("tanba-digest").count(), 50);
    assert!(first.body.contains("a &lt;published&gt; list"));
    let next = first.body.split("id=\"next-page\" href=\"").nth(1).unwrap();
    let second = browser.get(next.split('"').next().unwrap()).await;
    assert_eq!(second.body.matches("tanba-digest").count(), 10);
    assert!(!second.body.contains("next-page"));
    // How many certificates hang on each, and who blocked it.
    let mut work = world.storage.begin().unwrap();
    let root = work.issuers().all().unwrap().remove(0);
    let own = work
        .certificates()
        .page(root.id, None, 1)
        .unwrap()
        .remove(0);
    let key = BlockedKey {
        public_key_sha256: own.public_key_sha256,
        at: world.clock.now(),
        source: BlockSource::Administrator,
        reason: "seen".to_owned(),
        attestation: None,
    };
    assert!(work.keys().block(&key).unwrap());
    work.commit().unwrap();
    let mut before = own.public_key_sha256;
    for octet in before.iter_mut().rev() {
        let (less, borrowed) = octet.overflowing_sub(1);
        *octet = less;
        if !borrowed {
            break;
        }
    }
    let after = tanba_pki::hex::encode(&before);
    let page = browser
        .get(&format!("/en/desk/admin/blocked?after={after}"))
        .await;
    assert!(
        page.body.contains("of them still valid: 1"),
        "{}",
        page.body
    );
    let digest = tanba_pki::hex::encode(&own.public_key_sha256);
    let evidence = format!("/en/desk/audit?action=key.block&amp;object=key:{digest}");
    assert!(page.body.contains(&evidence), "{}", page.body);
    let log = browser.get(&evidence.replace("&amp;", "&")).await;
    assert_eq!(log.status, StatusCode::OK);
}

#[tokio::test]
async fn what_is_not_there_is_not_found() {
    let world = World::new();
    let mut browser = at_desk(&world, &world.staff("Dana", Role::Administrator)).await;
    for path in ["/issuers/nobody", "/profiles/no-such", "/lists/x"] {
        let answer = browser.get(&format!("/kk/desk/admin{path}")).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
    }
    let records = world.storage.snapshot().unwrap().issuers().all().unwrap();
    for record in records {
        let path = format!("/kk/desk/admin/issuers/{}", record.issuer.name);
        let page = browser.get(&path).await;
        // A root issues nothing to people, so there is nothing to stop.
        let offered = page.body.contains("data-desk-call");
        assert_eq!(offered, record.issuer.kind == IssuerKind::Issuing, "{path}");
    }
}

#[tokio::test]
async fn a_profile_says_whom_it_is_for_and_names_no_algorithm_that_it_does_not_ask_for() {
    let world = World::new();
    let mut browser = Browser::new(&world);
    browser
        .sit_down(&world.staff("Dana", Role::Administrator))
        .await;
    for (language, people, services) in [
        ("kk", "адамдарға", "қызметтерге"),
        ("ru", "для людей", "для служб"),
        ("en", "for people", "for services"),
    ] {
        for (profile, whom) in [
            ("neutral-individual-signature", people),
            ("kz-individual-rsa", people),
            ("tls-server", services),
            ("kz-tls-server", services),
        ] {
            let path = format!("/{language}/desk/admin/profiles/{profile}");
            let page = browser.get(&path).await;
            assert_eq!(page.status, StatusCode::OK, "{path}");
            assert!(page.body.contains(whom), "{path}");
        }
        let list = browser
            .get(&format!("/{language}/desk/admin/profiles"))
            .await;
        // Scripts of every page know the names that citizens read.
        let (shown, _) = list.body.split_once("id=\"page-data\"").unwrap();
        assert!(!shown.contains("RSA)"), "{shown}");
    }
}
