//! Every address of the cabinet.

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::{from_fn_with_state, map_response};
use axum::response::Response;
use tanba_model::language::Language;
use tanba_model::staff::Right;
use tower::ServiceBuilder;
use tower_http::CompressionLevel;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{DefaultPredicate, NotForContentType, Predicate as _};

use crate::doors::{Door, Doors, Rule};
use crate::state::CabinetState;
use crate::{api, assets, body, csrf, headers, pages, problem, visit};

/// Every address of the cabinet with its rule. [`router`] is made of nothing else.
#[must_use]
pub fn doors() -> Vec<Door> {
    all().list()
}

/// The cabinet. Serve it with the peer's address
/// (`into_make_service_with_connect_info::<SocketAddr>()`), or all visitors share one rate limit.
pub fn router(state: CabinetState) -> Router {
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
    all()
        .into_router(&state)
        .fallback(pages::fallback)
        .layer(layers)
        .with_state(state)
}

async fn boxed(response: Response) -> Response {
    response
}

fn all() -> Doors {
    let doors = api::doors()
        .get("/assets/{name}", Rule::Anybody, assets::asset)
        .and(pages::without_language());
    Language::ALL.into_iter().fold(doors, |doors, language| {
        doors.and(in_language().under(&format!("/{}", language.tag())))
    })
}

fn in_language() -> Doors {
    public().and(obtain()).and(cabinet()).and(desk())
}

fn public() -> Doors {
    use Rule::{Anybody, LimitedCitizen};
    Doors::default()
        .get("/", Anybody, pages::front::show)
        .get("/enter", Anybody, pages::enter::show)
        .post("/logout", Anybody, pages::logout::submit)
        .get("/status", Anybody, pages::status::show)
        .post("/status", Anybody, pages::status::prove)
        .get("/status/{number}", Anybody, pages::status::one)
        .get("/status/{number}/{secret}", Anybody, pages::status::link)
        .get(
            "/status/{number}/sheet.pdf",
            Anybody,
            pages::obtain::sheet::by_proof,
        )
        .get("/guide", Anybody, pages::guide::show)
        .get("/guide/{article}", Anybody, pages::guide::article)
        .get("/not-me/{token}", Anybody, pages::not_me::show)
        .post("/not-me/{token}", Anybody, pages::not_me::freeze)
        .get("/revoke", Anybody, pages::revoke::show)
        .post("/revoke", Anybody, pages::revoke::ask)
        .get("/revoke/code", Anybody, pages::revoke::code)
        .post("/revoke/code", Anybody, pages::revoke::answer)
        .post(
            "/revoke/certificates",
            LimitedCitizen,
            pages::revoke::revoke,
        )
        .post("/revoke/freeze", LimitedCitizen, pages::revoke::freeze)
        .post("/revoke/leave", LimitedCitizen, pages::revoke::leave)
        .get("/unsubscribe/{token}", Anybody, pages::unsubscribe::show)
        .post("/unsubscribe/{token}", Anybody, pages::unsubscribe::stop)
}

/// First keys: whoever fills in an application is told by the secret of a cookie, or of a mail's link.
#[rustfmt::skip]
fn obtain() -> Doors {
    use Rule::Anybody;
    use pages::obtain;
    Doors::default()
        .get("/", Anybody, obtain::show)
        .post("/", Anybody, obtain::begin)
        .post("/again", Anybody, obtain::again)
        .get("/person", Anybody, obtain::person::show)
        .post("/person", Anybody, obtain::person::submit)
        .get("/address", Anybody, obtain::address::show)
        .post("/address", Anybody, obtain::address::submit)
        .post("/address/code", Anybody, obtain::address::code)
        .get("/place", Anybody, obtain::place::show)
        .post("/place", Anybody, obtain::place::submit)
        .get("/centre", Anybody, obtain::place::show_centre)
        .post("/centre", Anybody, obtain::place::submit_centre)
        .get("/confirm", Anybody, obtain::confirm::show)
        .get("/application", Anybody, obtain::application::show)
        .post("/application/cancel", Anybody, obtain::application::cancel)
        .get("/application/sheet.pdf", Anybody, obtain::sheet::by_cookie)
        .get("/application/{secret}", Anybody, obtain::application::link)
        .get("/application/{secret}/sheet.pdf", Anybody, obtain::sheet::by_link)
        .post("/application/{secret}/cancel", Anybody, obtain::application::cancel_by_link)
        .under("/obtain")
}

#[rustfmt::skip]
fn cabinet() -> Doors {
    use Rule::Citizen;
    use pages::cabinet;
    Doors::default()
        .get("/", Citizen, cabinet::show)
        .get("/reissue", Citizen, cabinet::reissue::show)
        .post("/reissue", Citizen, cabinet::reissue::submit)
        .get("/reissue/confirm", Citizen, cabinet::confirm::show)
        .post("/reissue/confirm/code", Citizen, cabinet::confirm::code)
        .post("/reissue/confirm/resend", Citizen, cabinet::confirm::resend)
        .get("/applications", Citizen, cabinet::applications::list)
        .get("/applications/{number}", Citizen, cabinet::applications::show)
        .post("/applications/{number}/cancel", Citizen, cabinet::applications::cancel)
        .get("/keys", Citizen, cabinet::keys::show)
        .get("/revoke", Citizen, cabinet::revoke::show)
        .get("/password", Citizen, cabinet::password::show)
        .get("/profile", Citizen, cabinet::profile::show)
        .post("/profile/language", Citizen, cabinet::profile::language)
        .post("/profile/reminders", Citizen, cabinet::profile::reminders)
        .post("/profile/email", Citizen, cabinet::profile::ask_address)
        .post("/profile/email/code", Citizen, cabinet::profile::confirm_address)
        .post("/profile/phone", Citizen, cabinet::phone::ask)
        .post("/profile/phone/code", Citizen, cabinet::phone::confirm)
        .post("/profile/phone/remove", Citizen, cabinet::phone::remove)
        .post("/profile/sessions/end", Citizen, cabinet::profile::end_all)
        .post("/profile/sessions/{name}/end", Citizen, cabinet::profile::end_session)
        .under("/cabinet")
}

/// The desk of a registration centre.
#[rustfmt::skip]
fn desk() -> Doors {
    use pages::desk;
    let [read, audit, inspect] = [Right::Read, Right::Audit, Right::Inspect].map(Rule::Staff);
    let [messages, settle] = [Right::Messages, Right::Settle].map(Rule::Staff);
    Doors::default()
        .get("/enter", Rule::Anybody, desk::enter::show)
        .post("/logout", read, desk::enter::leave)
        .get("/", read, desk::show)
        .post("/find", read, desk::find)
        .get("/applications/{number}", read, desk::application::show)
        .get("/persons/{id}", read, desk::person::show)
        .get("/pending", read, desk::pending::list)
        .get("/pending/{act}", read, desk::pending::show)
        .get("/audit", audit, desk::audit::show)
        .post("/audit", audit, desk::audit::search)
        .get("/messages", messages, desk::messages::show)
        .post("/messages", settle, desk::messages::settle)
        .get("/admin", inspect, desk::admin::show)
        .get("/admin/issuers/{issuer}", inspect, desk::admin::issuer::show)
        .get("/admin/profiles", inspect, desk::admin::profiles::list)
        .get("/admin/profiles/{name}", inspect, desk::admin::profiles::show)
        .get("/admin/lists", inspect, desk::admin::lists::show)
        .get("/admin/lists/{issuer}/{file}", inspect, desk::admin::lists::file)
        .get("/admin/blocked", inspect, desk::admin::blocked::show)
        .get("/admin/queues", inspect, desk::admin::queues::show)
        .get("/admin/health", inspect, desk::admin::health::show)
        .under("/desk")
}
