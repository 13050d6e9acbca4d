//! The proxy that ends TLS in front of the cabinet: it alone is served, and it alone is believed.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::Router;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::header::{HeaderName, LOCATION};
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};

const PROTOCOL: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// Which proxy, and the address of the site that it serves.
#[derive(Debug)]
struct Proxy {
    address: IpAddr,
    origin: String,
}

/// The routes as the named proxy reaches them: anybody else is refused, and whoever came to the proxy without TLS is sent
/// to the address of the site.
pub(crate) fn behind(address: IpAddr, origin: &str, router: Router) -> Router {
    let proxy = Arc::new(Proxy {
        address,
        origin: origin.to_owned(),
    });
    router.layer(from_fn_with_state(proxy, admit))
}

async fn admit(
    State(proxy): State<Arc<Proxy>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: Request,
    next: Next,
) -> Response {
    if peer.ip().to_canonical() != proxy.address {
        return (
            StatusCode::FORBIDDEN,
            "This address is served through a proxy only.\n",
        )
            .into_response();
    }
    if is_plain(request.headers()) {
        let path = request
            .uri()
            .path_and_query()
            .map_or("/", |path| path.as_str());
        let location = format!("{}{path}", proxy.origin);
        return (StatusCode::PERMANENT_REDIRECT, [(LOCATION, location)]).into_response();
    }
    next.run(request).await
}

/// Whether the proxy says that the person came over plain HTTP; the last word is the proxy's own.
fn is_plain(headers: &HeaderMap) -> bool {
    let last = headers
        .get_all(PROTOCOL)
        .iter()
        .next_back()
        .and_then(|value| value.to_str().ok());
    last.and_then(|value| value.rsplit(',').next())
        .is_some_and(|value| value.trim().eq_ignore_ascii_case("http"))
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn the_last_word_about_the_protocol_is_the_proxys() {
        let mut headers = HeaderMap::new();
        assert!(!is_plain(&headers));
        let _ = headers.append(PROTOCOL, HeaderValue::from_static("https, http"));
        assert!(is_plain(&headers));
        let _ = headers.append(PROTOCOL, HeaderValue::from_static("https"));
        assert!(!is_plain(&headers));
    }
}
