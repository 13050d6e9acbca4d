//! Every address of the cabinet.

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::{from_fn_with_state, map_response};
use axum::response::Response;
use axum::routing::{get, post};
use tanba_model::language::Language;
use tower::ServiceBuilder;
use tower_http::CompressionLevel;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{DefaultPredicate, NotForContentType, Predicate as _};

use crate::problem::Problem;
use crate::state::CabinetState;
use crate::{api, assets, body, csrf, headers, pages, problem, visit};

/// The cabinet. Serve it with the peer's address
/// (`into_make_service_with_connect_info::<SocketAddr>()`), or all visitors share one rate limit.
pub fn router(state: CabinetState) -> Router {
    let mut router = api::routes()
        .route("/assets/{name}", get(assets::asset))
        .merge(pages::without_language());
    for language in Language::ALL {
        router = router.nest(&format!("/{}", language.tag()), in_language());
    }
    // From the outside in: who asks; headers of every answer; smaller pages; words for errors; only our own pages.
    let layers = ServiceBuilder::new()
        .layer(from_fn_with_state(state.clone(), visit::learn))
        .layer(from_fn_with_state(state.clone(), headers::strict))
        .layer(
            CompressionLayer::new()
                .quality(CompressionLevel::Fastest)
                .compress_when(
                    DefaultPredicate::new().and(NotForContentType::const_new("application/wasm")),
                ),
        )
        .layer(map_response(boxed))
        .layer(from_fn_with_state(state.clone(), problem::show))
        .layer(from_fn_with_state(state.clone(), csrf::same_origin))
        .layer(DefaultBodyLimit::max(body::LIMIT));
    router
        .fallback(pages::fallback)
        .layer(layers)
        .with_state(state)
}

async fn boxed(response: Response) -> Response {
    response
}

fn in_language() -> Router<CabinetState> {
    use pages::cabinet;
    Router::new()
        .route("/", get(pages::front::show))
        .route("/enter", get(pages::enter::show))
        .route("/logout", post(pages::logout::submit))
        .route("/status", get(pages::status::show))
        .route("/guide", get(pages::guide::show))
        .route("/obtain", get(pages::obtain::show))
        .route(
            "/not-me/{token}",
            get(pages::not_me::show).post(pages::not_me::freeze),
        )
        .route("/cabinet", get(cabinet::show))
        .route(
            "/cabinet/reissue",
            get(cabinet::reissue::show).post(cabinet::reissue::submit),
        )
        .route("/cabinet/reissue/confirm", get(cabinet::confirm::show))
        .route(
            "/cabinet/reissue/confirm/code",
            post(cabinet::confirm::code),
        )
        .route(
            "/cabinet/reissue/confirm/resend",
            post(cabinet::confirm::resend),
        )
        .route("/cabinet/applications", get(cabinet::applications::list))
        .route(
            "/cabinet/applications/{number}",
            get(cabinet::applications::show),
        )
        .route(
            "/cabinet/applications/{number}/cancel",
            post(cabinet::applications::cancel),
        )
        .route("/cabinet/keys", get(cabinet::keys::show))
        .route("/cabinet/revoke", get(cabinet::revoke::show))
        .route("/cabinet/password", get(cabinet::password::show))
        .route("/cabinet/profile", get(cabinet::profile::show))
        .route(
            "/cabinet/profile/language",
            post(cabinet::profile::language),
        )
        .route(
            "/cabinet/profile/reminders",
            post(cabinet::profile::reminders),
        )
        .route(
            "/cabinet/profile/sessions/{name}/end",
            post(cabinet::profile::end_session),
        )
        .fallback(missing)
}

async fn missing() -> Problem {
    Problem::page_not_found()
}
