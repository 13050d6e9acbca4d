//! What browsers run; only where the program carries it.

use axum::body::Body;
use axum::http::{Request, StatusCode};

use crate::browser::Browser;
use crate::world::World;

#[tokio::test]
async fn pages_link_assets_that_are_kept_for_ever_and_come_compressed() {
    let world = World::new();
    let mut browser = Browser::new(&world);
    let page = browser.get("/kk/enter").await;
    if !tanba_cabinet::assets_are_embedded() {
        assert!(!page.body.contains("<script type=\"module\""));
        assert!(
            page.body.contains("браузерге арналған бағдарламасыз"),
            "{}",
            page.body
        );
        return;
    }
    for (before, kind) in [
        (
            "<script type=\"module\" src=\"",
            "text/javascript; charset=utf-8",
        ),
        (
            "<link rel=\"stylesheet\" href=\"",
            "text/css; charset=utf-8",
        ),
    ] {
        let path = page.attribute(before);
        let request = Request::get(&path).header("accept-encoding", "gzip, br");
        let answer = browser.send(request.body(Body::empty()).unwrap()).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}");
        assert_eq!(answer.header("content-type"), kind);
        assert_eq!(answer.header("content-encoding"), "br");
        assert!(
            answer.header("cache-control").contains("immutable"),
            "{path}"
        );
        assert!(
            !browser
                .get(&path)
                .await
                .headers
                .contains_key("content-encoding")
        );
    }
}
