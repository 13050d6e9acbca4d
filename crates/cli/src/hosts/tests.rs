use axum::body::{Body, to_bytes};
use axum::http::HeaderValue;
use axum::routing::get;
use tower::ServiceExt as _;

use super::*;

const ORIGIN: &str = "https://cabinet.example.kz";

fn site() -> Router {
    let router = Router::new()
        .route("/kk", get(async || "the cabinet"))
        .fallback(async || "something else of it");
    let others = ["backend", "tanba_backend", "10.0.0.5"].map(str::to_owned);
    only(ORIGIN, &others, router)
}

async fn ask(target: &str, hosts: &[&str]) -> (StatusCode, String) {
    let mut request = Request::get(target);
    for host in hosts {
        request = request.header(HOST, HeaderValue::from_bytes(host.as_bytes()).unwrap());
    }
    let request = request.body(Body::empty()).unwrap();
    let answer = site().oneshot(request).await.unwrap();
    let status = answer.status();
    let body = to_bytes(answer.into_body(), 10_000).await.unwrap();
    (status, String::from_utf8(body.to_vec()).unwrap())
}

#[tokio::test]
async fn its_own_names_and_those_of_this_computer_are_answered() {
    for host in [
        "cabinet.example.kz",
        "Cabinet.Example.KZ",
        "cabinet.example.kz:8443",
        "cabinet.example.kz.",
        "backend:8443",
        "tanba_backend",
        "tanba_backend:8443",
        "10.0.0.5",
        "localhost",
        "localhost:8080",
        "127.0.0.1:8443",
        "127.8.8.8",
        "[::1]:8443",
        "[::ffff:127.0.0.1]",
    ] {
        let (status, body) = ask("/kk", &[host]).await;
        assert_eq!(
            (status, body.as_str()),
            (StatusCode::OK, "the cabinet"),
            "{host}"
        );
    }
    // HTTP/2 names it in the target.
    let (status, _) = ask("https://cabinet.example.kz/kk", &[]).await;
    assert_eq!(status, StatusCode::OK);
}

#[tokio::test]
async fn another_name_gets_nothing_and_is_told_the_right_one_in_three_languages() {
    for host in [
        "evil.example",
        "cabinet.example.kz.evil.example",
        "evilcabinet.example.kz",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "10.0.0.6",
        "other_backend",
        "[::2]",
        "xn--cabinet-9hf.example.kz",
    ] {
        for target in ["/kk", "/api/v1/login/challenge", "/"] {
            let (status, body) = ask(target, &[host]).await;
            assert_eq!(status, StatusCode::MISDIRECTED_REQUEST, "{host}{target}");
            assert_eq!(body.matches(ORIGIN).count(), 3, "{body}");
            assert!(body.contains("Кілттеріңізге ештеңе болған жоқ"), "{body}");
            assert!(!body.contains(host), "nothing of a stranger's is repeated");
        }
    }
    // The target counts, whatever Host says beside it.
    let (status, _) = ask("https://evil.example/kk", &["cabinet.example.kz"]).await;
    assert_eq!(status, StatusCode::MISDIRECTED_REQUEST);
}

#[tokio::test]
async fn no_name_two_names_and_what_is_none_are_bad_requests() {
    for hosts in [
        &[][..],
        &["cabinet.example.kz", "cabinet.example.kz"],
        &[""],
        &["a b"],
        &["user@cabinet.example.kz"],
        &["cabinet.example.kz/kk"],
        &["кабинет.example.kz"],
        &["."],
    ] {
        let (status, body) = ask("/kk", hosts).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{hosts:?}");
        assert!(body.contains(ORIGIN), "{hosts:?}");
    }
}
