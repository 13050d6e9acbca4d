//! Pages, by the path of their URL.

use axum::extract::Path;
use axum::http::{HeaderMap, Uri};
use axum::response::{IntoResponse as _, Redirect, Response};

use crate::doors::{Doors, Rule};
use crate::problem::Problem;
use crate::state::CabinetState;
use crate::view::Words;
use crate::visit::{Visit, is_api, preferred};

pub(crate) mod cabinet;
pub(crate) mod desk;
pub(crate) mod enter;
pub(crate) mod front;
pub(crate) mod guide;
pub(crate) mod logout;
pub(crate) mod not_me;
pub(crate) mod obtain;
pub(crate) mod revoke;
pub(crate) mod status;
pub(crate) mod unsubscribe;

/// Addresses that lead to the same in the reader's language.
pub(crate) fn without_language() -> Doors {
    use Rule::Anybody;
    Doors::default()
        .get("/", Anybody, root)
        .get("/not-me/{token}", Anybody, not_me_link)
        .get("/status/{number}/{secret}", Anybody, status_link)
}

/// `GET /`
async fn root(headers: HeaderMap) -> Redirect {
    Redirect::to(&format!("/{}", preferred(&headers).tag()))
}

/// `GET /not-me/{token}`
async fn not_me_link(headers: HeaderMap, Path(token): Path<String>) -> Redirect {
    let token = crate::problem::encode(&token).replace('/', "%2F");
    Redirect::to(&format!("/{}/not-me/{token}", preferred(&headers).tag()))
}

/// `GET /status/{number}/{secret}`
async fn status_link(
    headers: HeaderMap,
    Path((number, secret)): Path<(String, String)>,
) -> Redirect {
    let part = |text: &str| crate::problem::encode(text).replace('/', "%2F");
    let (number, secret) = (part(&number), part(&secret));
    let language = preferred(&headers).tag();
    Redirect::to(&format!("/{language}/status/{number}/{secret}"))
}

/// Everything else: `/kk/` is `/kk`, the rest is not there.
pub(crate) async fn fallback(uri: Uri) -> Response {
    let path = uri.path();
    match path.strip_suffix('/') {
        Some(shorter)
            if !is_api(path)
                && shorter.starts_with('/')
                && !shorter.starts_with("//")
                && !shorter.contains('\\') =>
        {
            Redirect::to(shorter).into_response()
        }
        _ => Problem::page_not_found().into_response(),
    }
}

impl CabinetState {
    /// Words in the language of a visit, as of now.
    pub(crate) fn words(&self, visit: &Visit) -> Words<'_> {
        Words {
            catalogue: self.catalogue(),
            language: visit.language,
            now: self.now(),
            centres: Some(self.authority().centres()),
        }
    }
}
