//! First keys by the pages, as a browser without script fills them in.

use axum::http::StatusCode;
use tanba_model::intake::AGREEMENT;

use crate::browser::{Answer, Browser};
use crate::sheet::{arrive, token};
use crate::world::World;

/// The fields that a page names as wrong: in its summary, and each with a message that is shown at it.
fn faults(answer: &Answer) -> Vec<String> {
    assert_eq!(
        answer.status,
        StatusCode::UNPROCESSABLE_ENTITY,
        "{}",
        answer.body
    );
    let summary = answer.body.split("id=\"error-summary\"").nth(1).unwrap();
    let summary = summary.split("</ul>").next().unwrap();
    let fields: Vec<String> = summary
        .split("<a href=\"#")
        .skip(1)
        .map(|rest| rest.split('"').next().unwrap().to_owned())
        .collect();
    for field in &fields {
        let message = format!("<p id=\"{field}-error\" class=\"govuk-error-message\">");
        assert!(answer.body.contains(&message), "{field}: {}", answer.body);
        assert!(answer.body.contains(&format!("id=\"{field}\"")), "{field}");
    }
    fields
}

#[tokio::test]
async fn each_form_tells_all_that_is_wrong_at_once() {
    let world = World::new();
    let person = world.newcomer();
    let mut browser = Browser::new(&world);
    browser
        .submit("/ru/obtain", &[("accepted", AGREEMENT)])
        .await;
    token(&mut browser, "/ru/obtain/person").await;
    let typed = [
        ("iin", "850101300123"),
        ("surname", ""),
        ("given_name", "2"),
        ("patronymic", "<b>"),
    ];
    let page = browser.submit("/ru/obtain/person", &typed).await;
    assert_eq!(
        faults(&page),
        ["iin", "surname", "given_name", "patronymic"]
    );
    // Nothing that was typed is lost.
    assert!(page.body.contains("value=\"850101300123\""));
    assert!(page.body.contains("value=\"&lt;b&gt;\""), "{}", page.body);
    let typed = [("iin", person.iin.as_str()), ("surname", "Серікқызы")];
    let page = browser.submit("/ru/obtain/person", &typed).await;
    assert_eq!(faults(&page), ["given_name"]);

    let mut browser = Browser::new(&world);
    arrive(&mut browser, &person).await;
    let page = browser.submit("/ru/obtain/place", &[]).await;
    assert_eq!(faults(&page), ["region", "settlement"]);
    let typed = [("region", "KZ-00"), ("settlement", "almaty")];
    let page = browser.submit("/ru/obtain/place", &typed).await;
    assert_eq!(faults(&page), ["region"]);
    let typed = [("region", "KZ-75"), ("settlement", "qostanay")];
    let page = browser.submit("/ru/obtain/place", &typed).await;
    assert_eq!(faults(&page), ["settlement"]);
    let typed = [("region", "KZ-75"), ("settlement", "almaty")];
    let placed = browser.submit("/ru/obtain/place", &typed).await;
    assert_eq!(placed.location(), "/ru/obtain/centre");

    let page = browser.submit("/ru/obtain/centre", &[]).await;
    assert_eq!(faults(&page), ["centre", "keystore"]);
    let typed = [("centre", "kz-75-almaty-1"), ("keystore", "x")];
    let page = browser.submit("/ru/obtain/centre", &typed).await;
    assert_eq!(faults(&page), ["keystore"]);
    let typed = [("centre", "elsewhere"), ("keystore", "PKCS12")];
    let page = browser.submit("/ru/obtain/centre", &typed).await;
    assert_eq!(faults(&page), ["centre"]);
}
