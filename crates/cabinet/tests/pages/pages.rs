//! Pages: each in each language, forms without script, what is shown to whom.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use serde_json::json;
use tanba_model::certificate::RevocationReason;
use tanba_model::staff::Role;

use crate::browser::{Browser, base64};
use crate::world::World;

const LANGUAGES: [&str; 3] = ["kk", "ru", "en"];

#[tokio::test]
async fn the_front_door_opens_in_the_readers_language() {
    let world = World::new();
    let ask = |language: &'static str| {
        Request::get("/")
            .header("accept-language", language)
            .body(Body::empty())
            .unwrap()
    };
    for (header, path) in [("ru-RU,ru;q=0.9", "/ru"), ("en", "/en"), ("de", "/kk")] {
        assert_eq!(
            Browser::new(&world).send(ask(header)).await.location(),
            path
        );
    }
    let mut browser = Browser::new(&world);
    browser.get("/ru").await;
    assert_eq!(
        browser.send(ask("en")).await.location(),
        "/ru",
        "a choice that was made is remembered"
    );
    assert_eq!(browser.get("/kk/").await.location(), "/kk");
}

#[tokio::test]
async fn every_page_opens_in_every_language() {
    let world = World::new();
    let citizen = world.citizen("Aigerim", Some("aigerim@example.kz"));
    for language in LANGUAGES {
        let mut browser = Browser::new(&world);
        browser.language = language;
        for page in ["", "/enter", "/status", "/guide", "/obtain"] {
            let answer = browser.get(&format!("/{language}{page}")).await;
            assert_eq!(answer.status, StatusCode::OK, "{page}");
            assert!(answer.body.contains(&format!("<html lang=\"{language}\"")));
        }
        browser.sign_in(&citizen).await;
        for page in [
            "",
            "/reissue",
            "/keys",
            "/applications",
            "/revoke",
            "/password",
            "/profile",
        ] {
            let answer = browser.get(&format!("/{language}/cabinet{page}")).await;
            assert_eq!(answer.status, StatusCode::OK, "{page}: {}", answer.body);
            assert!(answer.body.contains("AIGERIM"), "{page}");
            assert!(
                answer.body.contains(&format!(
                    "<meta name=\"csrf\" content=\"{}\">",
                    browser.csrf
                )),
                "{page}"
            );
        }
        let missing = browser.get(&format!("/{language}/nothing")).await;
        assert_eq!(missing.status, StatusCode::NOT_FOUND);
        assert!(missing.body.contains("<h1"), "{}", missing.body);
    }
}

#[tokio::test]
async fn switching_the_language_keeps_the_page() {
    let world = World::new();
    let answer = Browser::new(&world).get("/kk/guide?q=E-mail").await;
    for language in LANGUAGES {
        assert!(
            answer
                .body
                .contains(&format!("href=\"/{language}/guide?q=E-mail\"")),
            "{}",
            answer.body
        );
    }
}

#[tokio::test]
async fn whoever_must_sign_in_comes_back_afterwards() {
    let world = World::new();
    let mut browser = Browser::new(&world);
    let to = browser
        .get("/ru/cabinet/reissue/confirm?number=1")
        .await
        .location()
        .to_owned();
    assert_eq!(
        to,
        "/ru/enter?next=/ru/cabinet/reissue/confirm%3Fnumber%3D1"
    );
    let page = browser.get(&to).await;
    assert_eq!(
        page.attribute("data-next=\""),
        "/ru/cabinet/reissue/confirm?number=1"
    );
    let evil = browser.get("/ru/enter?next=//evil.example").await;
    assert_eq!(evil.attribute("data-next=\""), "");
}

#[tokio::test]
async fn the_cabinet_says_how_long_keys_are_valid() {
    let world = World::new();
    let citizen = world.citizen("Aigerim", Some("aigerim@example.kz"));
    let mut browser = Browser::new(&world);
    browser.sign_in(&citizen).await;
    let sentences = [
        ("kk", "Кілттеріңіздің мерзімі өтуіне 20 күн қалды"),
        ("ru", "осталось 20 дней"),
        ("en", "Your keys expire in 20 days"),
    ];
    for (language, sentence) in sentences {
        let answer = browser.get(&format!("/{language}/cabinet")).await;
        assert!(answer.body.contains(sentence), "{}", answer.body);
    }
}

/// What the cabinet says in three languages about the keys of whoever is signed in.
async fn is_told(browser: &mut Browser<'_>, sentences: [&str; 3]) {
    for (language, sentence) in ["kk", "ru", "en"].into_iter().zip(sentences) {
        let answer = browser.get(&format!("/{language}/cabinet")).await;
        let rest = answer.body.split("tanba-keys-state__sentence").nth(1);
        let told = rest.and_then(|rest| rest.split("</p>").next());
        let told = told.unwrap_or_default();
        assert!(told.contains(sentence), "{language}: {told}");
    }
}

#[tokio::test]
async fn the_cabinet_urges_nobody_who_has_new_keys_or_only_has_to_install_them() {
    let world = World::new();
    let citizen = world.citizen("Aigerim", Some("aigerim@example.kz"));
    let mut browser = Browser::new(&world);
    browser.sign_in(&citizen).await;
    let urge = [
        "қазір қайта шығарыңыз",
        "перевыпустите их сейчас",
        "renew them now",
    ];
    // A draft is nothing yet.
    browser.begin().await;
    is_told(&mut browser, urge).await;
    let under_way = [
        "20 күн қалды. Жаңа кілттерге өтінім беріліп қойған",
        "через 20 дней. Заявка на новые ключи уже подана",
        "in 20 days. An application for new ones is under way",
    ];
    let (number, keys) = browser.apply(&citizen).await;
    is_told(&mut browser, under_way).await;
    let (code, _) = world.mailed();
    let path = format!("/applications/{number}");
    let confirmed = browser
        .post(&format!("{path}/code"), json!({ "code": code }))
        .await;
    assert_eq!(confirmed.json()["state"], "ISSUED", "{}", confirmed.body);
    // They are issued, and still the old ones are all that she can work with.
    is_told(&mut browser, under_way).await;
    let issued = browser
        .get(&format!("/api/v1{path}/certificates"))
        .await
        .json();
    let challenge = browser
        .post(&format!("{path}/installation/challenge"), json!({}))
        .await;
    let challenge = challenge.json()["challenge"].as_str().unwrap().to_owned();
    let certificates = issued["certificates"].as_array().unwrap().iter();
    let proofs = certificates.zip(keys).map(|(certificate, software)| {
        crate::world::proof(certificate.as_str().unwrap(), software, &challenge)
    });
    let proofs: Vec<String> = proofs.map(|proof| base64(&proof)).collect();
    let wish = json!({ "proofs": proofs, "revoke_old": false });
    let installed = browser.post(&format!("{path}/installation"), wish).await;
    assert_eq!(installed.json()["state"], "INSTALLED", "{}", installed.body);
    // The old ones are kept, and end in 20 days all the same.
    is_told(
        &mut browser,
        ["Кілттеріңіз жарамды", "действуют до", "valid until"],
    )
    .await;
    world.clock.forward(19 * 24 * 60 * 60);
    let mut later = Browser::new(&world);
    later.sign_in(&citizen).await;
    is_told(
        &mut later,
        ["Кілттеріңіз жарамды", "действуют до", "valid until"],
    )
    .await;
}

#[tokio::test]
async fn whoever_has_no_signing_key_is_offered_first_keys_and_no_renewal() {
    let world = World::new();
    let citizen = world.citizen("Aigerim", Some("aigerim@example.kz"));
    let mut browser = Browser::new(&world);
    browser.sign_in(&citizen).await;
    let renewal = "class=\"govuk-button\" href=\"/kk/cabinet/reissue\"";
    let first = "class=\"govuk-button\" href=\"/kk/obtain\"";
    let page = browser.get("/kk/cabinet").await;
    assert!(page.body.contains(renewal) && !page.body.contains(first));
    world.revoke(&citizen.signature, RevocationReason::KeyCompromise);
    is_told(
        &mut browser,
        [
            "тек аутентификация кілтіңіз жарамды",
            "действует только ключ аутентификации",
            "only your authentication key is valid",
        ],
    )
    .await;
    let page = browser.get("/kk/cabinet").await;
    assert!(!page.body.contains(renewal) && page.body.contains(first));
    let form = browser.get("/kk/cabinet/reissue").await;
    assert!(form.body.contains("Жарамды қол қою кілтіңіз жоқ"));
    assert!(form.body.contains(first), "{}", form.body);
    assert!(!form.body.contains("id=\"reissue-form\""), "{}", form.body);
}

/// Stops all that the authority issues to people, as an administrator signs it.
pub(crate) async fn stop_issuance(world: &World) {
    let key = world.staff("Dana", Role::Administrator);
    let mut browser = Browser::new(world);
    browser.sit_down(&key).await;
    let wish = json!({ "act": "stop-issuance", "object": "issuer/rsa", "reason": "a test" });
    let prepared = browser.post("/desk/orders", wish).await.json();
    let signature = base64(&key.sign(prepared["document"].as_str().unwrap()));
    let body = json!({ "signature": signature });
    let signed = browser.post("/desk/orders/signature", body).await;
    assert_eq!(signed.status, StatusCode::OK, "{}", signed.body);
}

#[tokio::test]
async fn while_nothing_is_issued_nobody_is_told_to_reload_in_a_minute() {
    let world = World::new();
    let citizen = world.citizen("Aigerim", Some("aigerim@example.kz"));
    let mut browser = Browser::new(&world);
    browser.sign_in(&citizen).await;
    let form = browser.get("/kk/cabinet/reissue").await;
    assert!(!form.body.contains("id=\"issuance-stopped\""));
    stop_issuance(&world).await;
    let form = browser.get("/kk/cabinet/reissue").await;
    assert!(
        form.body.contains("id=\"issuance-stopped\""),
        "{}",
        form.body
    );

    let (number, _) = browser.apply(&citizen).await;
    let (code, _) = world.mailed();
    let fields = [
        ("number", number.as_str()),
        ("code", code.as_deref().unwrap()),
    ];
    let answer = browser
        .submit("/kk/cabinet/reissue/confirm/code", &fields)
        .await;
    let page = format!("/kk/cabinet/applications/{number}");
    assert_eq!(answer.location(), page, "{}", answer.body);

    let mut elsewhere = Browser::new(&world);
    let iin = citizen.iin();
    let proof = [("number", number.as_str()), ("iin", iin.as_str())];
    let proved = elsewhere.submit("/kk/status", &proof).await;
    let cabinet = browser.get("/kk/cabinet").await;
    let shown = [
        browser.get(&page).await,
        elsewhere.get(proved.location()).await,
    ];
    for page in shown.iter().chain([&cabinet]) {
        for said in [
            "уақытша тоқтат",
            "штеңе жоғалған жоқ",
            "өздігінен орындалады",
        ] {
            assert!(page.body.contains(said), "{said}: {}", page.body);
        }
        let told = page.body.split("id=\"page-data\"").next().unwrap();
        assert!(!told.contains("бір минуттан кейін"), "{told}");
        assert!(!told.contains("шығарылып жатыр"), "{told}");
    }
    // Near the end of her keys, whoever can only wait is not urged to bring anything to its end.
    world.clock.forward(19 * 24 * 60 * 60);
    let mut later = Browser::new(&world);
    later.sign_in(&citizen).await;
    let urged = later.get("/kk/cabinet").await;
    assert!(
        urged.body.contains("өтініміңіз расталған"),
        "{}",
        urged.body
    );
    assert!(!urged.body.contains("аяғына дейін жеткізіңіз"));
}

#[tokio::test]
async fn at_the_desk_nobody_is_told_of_her_own_keys_or_another_tab() {
    let world = World::new();
    let mut operator = Browser::new(&world);
    operator
        .sit_down(&world.staff("Bolat", Role::Operator))
        .await;
    for number in ["123456789012", "100000000007", "1"] {
        for (language, told, citizens) in [
            ("kk", "Мұндай нөмірлі өтінім жоқ", "Кілттеріңіз қауіпсіз"),
            ("ru", "Заявки с таким номером нет", "У вас нет заявки"),
            (
                "en",
                "There is no application of this number",
                "Your keys are safe",
            ),
        ] {
            let page = operator
                .get(&format!("/{language}/desk/applications/{number}"))
                .await;
            assert_eq!(page.status, StatusCode::NOT_FOUND);
            // The words of all scripts stand at the end of each page.
            let shown = page.body.split("id=\"page-data\"").next().unwrap();
            assert!(shown.contains(told), "{shown}");
            assert!(!shown.contains(citizens), "{shown}");
        }
        let wish = json!({ "number": number, "verdict": "approve", "identification": "operator" });
        let refused = operator.post("/desk/verdicts", wish).await;
        assert_eq!(
            (refused.status, refused.code().as_str()),
            (StatusCode::NOT_FOUND, "desk-application-not-found")
        );
    }
}

#[tokio::test]
async fn the_form_says_everything_that_is_wrong_and_loses_nothing() {
    let world = World::new();
    let citizen = world.citizen("Aigerim", Some("aigerim@example.kz"));
    let mut browser = Browser::new(&world);
    browser.sign_in(&citizen).await;
    let fields = [
        ("email", "not an address"),
        ("region", "KZ-75"),
        ("settlement", "semey"),
        ("keystore", "PKCS12"),
    ];
    let answer = browser.submit("/kk/cabinet/reissue", &fields).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    for part in [
        "value=\"not an address\"",
        "<option value=\"KZ-75\" selected>",
        "href=\"#email\"",
        "href=\"#settlement\"",
        "E-mail дұрыс жазылмаған",
        "<title>Қате: ",
    ] {
        assert!(
            answer.body.contains(part),
            "{part} is missing in {}",
            answer.body
        );
    }
    let fields = [
        ("email", ""),
        ("region", "KZ-75"),
        ("settlement", "almaty"),
        ("keystore", "AKKaztokenStore"),
    ];
    let answer = browser.submit("/kk/cabinet/reissue", &fields).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        answer.body.contains("Бұл қоймаға мұнда кілт шығарылмайды"),
        "{}",
        answer.body
    );
}

#[tokio::test]
async fn a_second_click_goes_on_with_the_same_application() {
    let world = World::new();
    let citizen = world.citizen("Aigerim", Some("aigerim@example.kz"));
    let mut browser = Browser::new(&world);
    browser.sign_in(&citizen).await;
    let first = browser.begin().await;
    assert_eq!(browser.begin().await, first);
    let cabinet = browser.get("/kk/cabinet").await;
    assert!(
        cabinet
            .body
            .contains(&format!("/kk/cabinet/reissue/confirm?number={first}")),
        "{}",
        cabinet.body
    );
    let confirm = browser
        .get(&format!("/kk/cabinet/reissue/confirm?number={first}"))
        .await;
    assert_eq!(confirm.attribute("data-number=\""), first);
    assert_eq!(confirm.attribute("data-state=\""), "DRAFT");
    for part in [
        "Алматы қаласы",
        "new@example.kz",
        "Дербес компьютер",
        "ӘЙГЕРІМ",
    ] {
        assert!(confirm.body.contains(part), "{part}");
    }
}

#[tokio::test]
async fn whoever_left_between_the_keys_and_the_signature_is_told_that_keys_are_made_anew() {
    let world = World::new();
    let citizen = world.citizen("Aigerim", Some("aigerim@example.kz"));
    let mut browser = Browser::new(&world);
    browser.sign_in(&citizen).await;
    let number = browser.begin().await;
    let path = format!("/kk/cabinet/reissue/confirm?number={number}");
    let before = browser.get(&path).await;
    assert!(!before.body.contains("id=\"made-before\""));
    let (_, requests) = world.requests(&citizen);
    let requests: Vec<String> = requests.iter().map(|request| base64(request)).collect();
    let requests = json!({ "requests": requests });
    browser
        .post(&format!("/applications/{number}/requests"), requests)
        .await;
    let after = browser.get(&path).await;
    assert!(
        after.body.contains("Ештеңеге қол қойылған жоқ")
            && after.body.contains("жаңа кілттер жасалады"),
        "{}",
        after.body
    );
}

#[tokio::test]
async fn whoever_has_no_confirmed_address_is_told_before_filling_in_anything() {
    let world = World::new();
    let citizen = world.citizen("Bolat", None);
    let mut browser = Browser::new(&world);
    browser.sign_in(&citizen).await;
    let answer = browser.get("/kk/cabinet/reissue").await;
    assert!(
        answer.body.contains("Расталған e-mail мекенжайыңыз жоқ"),
        "{}",
        answer.body
    );
}

#[tokio::test]
async fn the_address_of_a_form_reloads_as_the_page_of_that_form() {
    let world = World::new();
    let citizen = world.citizen("Aigerim", Some("aigerim@example.kz"));
    let mut browser = Browser::new(&world);
    browser.sign_in(&citizen).await;
    let (number, _) = browser.apply(&citizen).await;
    let wrong = [("email", "nothing")];
    let answer = browser.submit("/ru/cabinet/profile/email", &wrong).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    // What a browser asks for when the page of that answer is loaded anew.
    let again = browser.get("/ru/cabinet/profile/email").await;
    assert_eq!(again.location(), "/ru/cabinet/profile");
    let code = format!("/kk/cabinet/reissue/confirm/code?number={number}");
    let page = format!("/kk/cabinet/reissue/confirm?number={number}");
    assert_eq!(browser.get(&code).await.location(), page);
    let shown = browser.get(&page).await;
    assert!(shown.body.contains(&format!("action=\"{code}\"")));
    // Programs that ask the wrong way are told so.
    let answer = browser.get("/api/v1/login").await;
    assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED);
    let asked = Request::delete("/en/status").body(Body::empty()).unwrap();
    let answer = browser.send(asked).await;
    assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED);
}

#[tokio::test]
async fn a_filter_that_nothing_fits_does_not_say_that_there_are_no_certificates() {
    let world = World::new();
    let citizen = world.citizen("Aigerim", Some("aigerim@example.kz"));
    let mut browser = Browser::new(&world);
    browser.sign_in(&citizen).await;
    let page = browser.get("/kk/cabinet/keys?status=frozen").await.body;
    assert!(page.contains("Бұл сүзгіге сай тіркеу куәлігі жоқ."));
    assert!(!page.contains("Тіркеу куәліктері жоқ."));
    assert!(page.contains("href=\"/kk/cabinet/keys\""));
    assert!(page.contains("report.pdf"), "the report is of all of them");
}

#[tokio::test]
async fn the_code_works_without_script() {
    let world = World::new();
    let citizen = world.citizen("Aigerim", Some("aigerim@example.kz"));
    let mut browser = Browser::new(&world);
    browser.sign_in(&citizen).await;
    let (number, _) = browser.apply(&citizen).await;
    let (code, _) = world.mailed();
    let wrong = if code.as_deref() == Some("000000") {
        "000001"
    } else {
        "000000"
    };
    let path = "/kk/cabinet/reissue/confirm/code";
    let answer = browser
        .submit(path, &[("number", &number), ("code", wrong)])
        .await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        answer.body.contains("Қалған әрекет саны: 4."),
        "{}",
        answer.body
    );
    let resent = browser
        .submit("/kk/cabinet/reissue/confirm/resend", &[("number", &number)])
        .await;
    assert!(
        resent.body.contains("Код жаңа ғана жіберілді"),
        "{}",
        resent.body
    );
    let answer = browser
        .submit(
            path,
            &[("number", &number), ("code", code.as_deref().unwrap())],
        )
        .await;
    assert_eq!(
        answer.location(),
        format!("/kk/cabinet/applications/{number}")
    );
    let page = browser
        .get(&format!("/kk/cabinet/applications/{number}"))
        .await;
    assert_eq!(page.attribute("data-state=\""), "ISSUED");
    assert!(page.body.contains("id=\"install-section\""));
    let mut anybody = Browser::new(&world);
    let proof = [("number", number.as_str()), ("iin", &citizen.iin())];
    anybody.submit("/en/status", &proof).await;
    let status = anybody.get(&format!("/en/status/{number}")).await;
    assert!(
        status.body.contains("issued, ready to install"),
        "{}",
        status.body
    );
    let confirm = browser
        .get(&format!("/kk/cabinet/reissue/confirm?number={number}"))
        .await;
    assert_eq!(
        confirm.location(),
        format!("/kk/cabinet/applications/{number}")
    );
}

#[tokio::test]
async fn what_another_session_signed_is_withdrawn_in_place_of_a_code_form() {
    let world = World::new();
    let citizen = world.citizen("Aigerim", Some("aigerim@example.kz"));
    let mut signer = Browser::new(&world);
    signer.sign_in(&citizen).await;
    let (number, _) = signer.apply(&citizen).await;
    let path = format!("cabinet/reissue/confirm?number={number}");
    let own = signer.get(&format!("/ru/{path}")).await;
    assert!(own.body.contains("id=\"code-form\""), "{}", own.body);
    let mut other = Browser::new(&world);
    other.sign_in(&citizen).await;
    for (language, words) in [
        ("kk", "Өтінімге басқа сеанста қол қойылған"),
        ("ru", "Заявка подписана в другом сеансе"),
        ("en", "The application was signed in another session"),
    ] {
        let page = other.get(&format!("/{language}/{path}")).await;
        assert_eq!(page.status, StatusCode::OK);
        let revoke = format!("/{language}/cabinet/revoke");
        for part in [words, "id=\"cancel-form\"", &revoke, "tel:1414"] {
            assert!(page.body.contains(part), "{part}: {}", page.body);
        }
        assert!(!page.body.contains("id=\"code-form\""), "{}", page.body);
    }
    let again = "өтінімді кері алып, осында қайта беріңіз";
    let no_more = "оны осында қайта бере алмайсыз";
    let signs = other.get(&format!("/kk/{path}")).await;
    assert!(signs.body.contains(again) && !signs.body.contains(no_more));
    // Without a key that signs there is no "here" to apply again.
    world.revoke(&citizen.signature, RevocationReason::CessationOfOperation);
    let cannot = other.get(&format!("/kk/{path}")).await;
    for part in [no_more, "href=\"/kk/obtain\""] {
        assert!(cannot.body.contains(part), "{part}: {}", cannot.body);
    }
    assert!(!cannot.body.contains("осында қайта беріңіз"));
    let cancel = format!("/ru/cabinet/applications/{number}/cancel");
    let answer = other.submit(&cancel, &[]).await;
    assert_eq!(
        answer.location(),
        format!("/ru/cabinet/applications/{number}")
    );
    let page = other.get(answer.location()).await;
    assert_eq!(page.attribute("data-state=\""), "CANCELLED");
}

#[tokio::test]
async fn it_was_not_me_shows_first_and_freezes_only_by_its_button() {
    let world = World::new();
    let citizen = world.citizen("Aigerim", Some("aigerim@example.kz"));
    let mut browser = Browser::new(&world);
    browser.sign_in(&citizen).await;
    let (number, _) = browser.apply(&citizen).await;
    let link = world.mailed().1.unwrap();
    let mut owner = Browser::new(&world);
    let to = owner.get(&link).await.location().to_owned();
    for _ in 0..2 {
        let page = owner.get(&to).await;
        assert!(page.body.contains("Кілттерімді тоқтату"), "{}", page.body);
    }
    assert_eq!(
        browser.get("/kk/cabinet").await.status,
        StatusCode::OK,
        "looking changes nothing"
    );
    let frozen = owner.submit(&to, &[]).await;
    assert!(
        frozen.body.contains("Кілттеріңіз тоқтатылды"),
        "{}",
        frozen.body
    );
    assert_eq!(
        browser.get("/kk/cabinet").await.status,
        StatusCode::SEE_OTHER,
        "sessions end"
    );
    assert_eq!(
        browser.sign_in_with(&citizen.authentication).await.code(),
        "certificate-frozen"
    );
    let proof = [("number", number.as_str()), ("iin", &citizen.iin())];
    let proved = owner.submit("/kk/status", &proof).await;
    let status = owner.get(proved.location()).await;
    assert!(status.body.contains("Тоқтату алынғанша"), "{}", status.body);
    assert!(!status.body.contains("Бұл өтінім қолданыстағы"));
    let again = owner.get(&to).await;
    assert_eq!(again.status, StatusCode::GONE);
    assert!(again.body.contains("бұрын пайдаланылған"), "{}", again.body);
}

#[tokio::test]
async fn a_mistyped_number_is_told_from_an_unknown_one() {
    let world = World::new();
    let mut browser = Browser::new(&world);
    for (number, sentence) in [
        ("", "Өтінім нөмірін енгізіңіз"),
        ("12345", "дәл 12 цифрдан"),
        ("123456789019", "цифры қате терілген"),
    ] {
        let answer = browser.submit("/kk/status", &[("number", number)]).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(answer.body.contains(sentence), "{number}: {}", answer.body);
    }
}

#[tokio::test]
async fn what_proved_nothing_is_called_by_its_name() {
    let world = World::new();
    let citizen = world.citizen("Aigerim", Some("aigerim@example.kz"));
    let mut owner = Browser::new(&world);
    owner.sign_in(&citizen).await;
    let number = owner.begin().await;
    let mut browser = Browser::new(&world);
    let typed = [("number", number.as_str()), ("iin", "900101300027")];
    let answer = browser.submit("/kk/status", &typed).await;
    assert!(
        answer
            .body
            .contains("Бұл нөмір мен ЖСН бойынша өтінім табылмады"),
        "{}",
        answer.body
    );
    let linked = [
        ("number", number.as_str()),
        ("secret", "AAAAAAAAAAAAAAAAAAAAAA"),
    ];
    let answer = browser.submit("/kk/status", &linked).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    for part in [
        "Бұл сілтеме өтінімді ашпайды",
        "name=\"iin\"",
        number.as_str(),
    ] {
        assert!(answer.body.contains(part), "{part}: {}", answer.body);
    }
    assert!(!answer.body.contains("name=\"secret\""));
}

#[tokio::test]
async fn an_address_that_cannot_be_read_is_told_in_the_readers_language_with_a_way_on() {
    let world = World::new();
    let mut clerk = Browser::new(&world);
    clerk
        .sit_down(&world.staff("Dana", Role::SeniorOperator))
        .await;
    for (language, title, safe) in [
        ("kk", "Беттің мекенжайы қате", "кілттеріңіз қауіпсіз"),
        ("ru", "Адрес страницы неверен", "ключи в безопасности"),
        ("en", "The address of the page is wrong", "keys are safe"),
    ] {
        for place in [
            "desk/messages?before=soon",
            "desk/pending?after=99999999999999999999",
            "desk/persons/%FF",
            "status?number=1&number=2",
        ] {
            let answer = clerk.get(&format!("/{language}/{place}")).await;
            assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{place}");
            let body = &answer.body;
            assert!(
                body.contains(title) && body.contains(safe),
                "{place}: {body}"
            );
            let home = format!("href=\"/{language}/desk\"");
            assert_eq!(body.contains(&home), place.starts_with("desk"), "{place}");
            assert!(!body.contains("deserialize"), "{place}: {body}");
        }
    }
    let mut reader = Browser::new(&world);
    reader
        .sign_in(&world.citizen("Aigerim", Some("aigerim@example.kz")))
        .await;
    let api = reader.get("/api/v1/applications/%FF").await;
    assert_eq!(api.status, StatusCode::BAD_REQUEST, "{}", api.body);
    assert_eq!(api.json()["code"], "bad-address", "{}", api.body);
}
