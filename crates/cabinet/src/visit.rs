//! Who asks, in which language: what every handler needs to know of a request.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use axum::extract::{ConnectInfo, FromRequestParts, MatchedPath, Request, State};
use axum::http::header::{ACCEPT_LANGUAGE, COOKIE, HeaderName, HeaderValue};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Uri};
use axum::middleware::Next;
use axum::response::Response;
use tanba_model::language::Language;
use tanba_model::meter::Stopwatch;
use tracing::Instrument as _;

use crate::blocking::NETWORK;
use crate::config::CabinetConfig;
use crate::locale::negotiate;
use crate::problem::Problem;
use crate::rate_limit::Limited;
use crate::state::CabinetState;

/// The name of the cookie that remembers the language.
pub(crate) const LANGUAGE_COOKIE: &str = "tanba-language";

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const LANGUAGE: HeaderName = HeaderName::from_static("x-tanba-language");
const FORWARDED: HeaderName = HeaderName::from_static("x-forwarded-for");

/// What is known of a request before anything is done.
#[derive(Clone, Debug)]
pub(crate) struct Visit {
    /// Names the request in the log and to the contact centre.
    pub(crate) request_id: String,
    /// The language of the answer.
    pub(crate) language: Language,
    /// The path without its language, and the query: `/status?number=…`.
    pub(crate) place: String,
    /// The network the request comes from: an IPv4 address, or the first 64 bits of an IPv6 address.
    pub(crate) network: IpAddr,
    /// Whether it asks for a page (and not for the API).
    pub(crate) wants_page: bool,
}

/// Outermost: names the request, learns language and network, and writes one line about the answer.
pub(crate) async fn learn(
    State(state): State<CabinetState>,
    mut request: Request,
    next: Next,
) -> Response {
    let peer = request
        .extensions()
        .get::<ConnectInfo<SocketAddr>>()
        .map(|ConnectInfo(address)| address.ip());
    let visit = Visit::of(&state, request.uri(), request.headers(), peer);
    let remembered =
        cookie(request.headers(), LANGUAGE_COOKIE).and_then(|tag| Language::from_tag(&tag));
    let language = visit
        .wants_page
        .then_some(visit.language)
        .filter(|language| remembered != Some(*language));
    // Never the whole path: numbers and links in it are secrets.
    let span =
        tracing::info_span!("cabinet.request", id = %visit.request_id, method = %request.method());
    let id = visit.request_id.clone();
    let route = route(request.extensions().get::<MatchedPath>());
    let (method, watch) = (request.method().clone(), Stopwatch::start());
    let from = state.limiter().pseudonym(&visit.network);
    let _ = request.extensions_mut().insert(visit);
    let answer = async {
        let response = next.run(request).await;
        tracing::debug!(status = response.status().as_u16(), "answered");
        response
    };
    let mut response = NETWORK.scope(from, answer).instrument(span).await;
    let status = response.status().as_u16();
    state
        .meters()
        .answered(method.as_str(), &route, status, watch.elapsed());
    if let Ok(value) = HeaderValue::from_str(&id) {
        let _ = response.headers_mut().insert(REQUEST_ID, value);
    }
    if let Some(language) = language
        && let Ok(value) = HeaderValue::from_str(&language_cookie(language, state.config()))
    {
        let _ = response
            .headers_mut()
            .append(axum::http::header::SET_COOKIE, value);
    }
    response
}

/// The template of the path, the same for each language: never what somebody typed.
fn route(matched: Option<&MatchedPath>) -> String {
    let Some(path) = matched.map(MatchedPath::as_str) else {
        return "none".to_owned();
    };
    match split_language(path) {
        (Some(_), rest) => format!("/{{lang}}{rest}"),
        (None, _) => path.to_owned(),
    }
}

impl Visit {
    /// Counts a look-up of that kind, by address; as many of each kind are allowed.
    pub(crate) fn count(&self, state: &CabinetState, limited: Limited) -> Result<(), Problem> {
        let per_minute = state.config().limits().look_ups_per_minute;
        Ok(state
            .limiter()
            .take(limited, &self.network, per_minute, state.now())?)
    }

    fn of(state: &CabinetState, uri: &Uri, headers: &HeaderMap, peer: Option<IpAddr>) -> Self {
        let (in_path, rest) = split_language(uri.path());
        let query = uri
            .query()
            .map(|query| format!("?{query}"))
            .unwrap_or_default();
        let api = is_api(uri.path());
        let asked = headers
            .get(LANGUAGE)
            .and_then(|value| value.to_str().ok())
            .and_then(Language::from_tag);
        Self {
            request_id: state.request_id(),
            language: in_path
                .or(asked.filter(|_| api))
                .unwrap_or_else(|| preferred(headers)),
            place: if in_path.is_some() {
                format!("{rest}{query}")
            } else {
                String::new()
            },
            network: network(headers, peer, state.config()),
            wants_page: in_path.is_some(),
        }
    }
}

impl<S: Sync> FromRequestParts<S> for Visit {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        parts
            .extensions
            .get()
            .cloned()
            .ok_or_else(|| Problem::internal(&"a request without its visit"))
    }
}

/// Whether a path is answered for programs, in JSON.
pub(crate) fn is_api(path: &str) -> bool {
    path.starts_with("/api/")
}

/// The language that somebody reads who has not chosen one in the address: cookie, browser, Kazakh.
pub(crate) fn preferred(headers: &HeaderMap) -> Language {
    cookie(headers, LANGUAGE_COOKIE)
        .and_then(|tag| Language::from_tag(&tag))
        .or_else(|| negotiate(headers.get(ACCEPT_LANGUAGE)?.to_str().ok()?))
        .unwrap_or_default()
}

/// The value of a cookie.
pub(crate) fn cookie(headers: &HeaderMap, name: &str) -> Option<String> {
    headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .find_map(|pair| pair.trim().strip_prefix(name)?.strip_prefix('='))
        .map(str::to_owned)
}

fn language_cookie(language: Language, config: &CabinetConfig) -> String {
    let secure = if config.secure() { "; Secure" } else { "" };
    format!(
        "{LANGUAGE_COOKIE}={}; Path=/; Max-Age=31536000; SameSite=Lax{secure}",
        language.tag()
    )
}

/// `/kk/status` as Kazakh and `/status`.
fn split_language(path: &str) -> (Option<Language>, &str) {
    let trimmed = path.strip_prefix('/').unwrap_or(path);
    let (first, rest) = trimmed
        .find('/')
        .map_or((trimmed, ""), |slash| trimmed.split_at(slash));
    (Language::from_tag(first), rest)
}

/// The network that asks; what a header says counts only where a trusted proxy wrote it.
fn network(headers: &HeaderMap, peer: Option<IpAddr>, config: &CabinetConfig) -> IpAddr {
    // A socket for both families calls a proxy of IPv4 `::ffff:10.0.0.1`.
    let peer = peer
        .unwrap_or(IpAddr::V6(Ipv6Addr::UNSPECIFIED))
        .to_canonical();
    let trusted = |address: &IpAddr| {
        let mut proxies = config.trusted_proxies().iter();
        proxies.any(|proxy| proxy.to_canonical() == *address)
    };
    let address = if trusted(&peer) {
        forwarded(headers, trusted).unwrap_or(peer)
    } else {
        peer
    };
    match address {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
    }
}

/// The last address that no trusted proxy has. What stands before something that is no address is anybody's words.
fn forwarded(headers: &HeaderMap, trusted: impl Fn(&IpAddr) -> bool) -> Option<IpAddr> {
    let hops: Vec<Option<IpAddr>> = headers
        .get_all(FORWARDED)
        .iter()
        .map(|value| value.to_str().unwrap_or_default())
        .flat_map(|value| value.split(','))
        .map(|hop| address(hop.trim()))
        .collect();
    hops.into_iter()
        .rev()
        .find(|hop| !hop.is_some_and(|hop| trusted(&hop)))
        .flatten()
}

/// An address with or without a port, as proxies write it.
fn address(hop: &str) -> Option<IpAddr> {
    let bare = hop
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
        .unwrap_or(hop);
    let parsed: Option<IpAddr> = bare.parse().ok();
    parsed
        .or_else(|| hop.parse().ok().map(|socket: SocketAddr| socket.ip()))
        .map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_language_is_the_first_part_of_the_path() {
        assert_eq!(
            split_language("/kk/status"),
            (Some(Language::Kk), "/status")
        );
        assert_eq!(split_language("/ru"), (Some(Language::Ru), ""));
        assert_eq!(split_language("/"), (None, ""));
        assert_eq!(split_language("/english"), (None, ""));
    }

    #[test]
    fn a_cookie_is_found_by_its_whole_name() {
        let mut headers = HeaderMap::new();
        let _ = headers.insert(
            COOKIE,
            HeaderValue::from_static("a=1; tanba-language=ru; tanba=secret"),
        );
        assert_eq!(cookie(&headers, "tanba").as_deref(), Some("secret"));
        assert_eq!(cookie(&headers, LANGUAGE_COOKIE).as_deref(), Some("ru"));
        assert_eq!(cookie(&headers, "anba"), None);
    }

    #[test]
    fn only_a_trusted_proxy_is_believed_about_addresses() {
        let proxy: IpAddr = "10.0.0.1".parse().unwrap();
        let section = crate::CabinetSection {
            trusted_proxies: vec![proxy],
            ..crate::CabinetSection::default()
        };
        let config = section.check("https://cabinet.example", false).unwrap();
        let mut headers = HeaderMap::new();
        let _ = headers.insert(
            FORWARDED,
            HeaderValue::from_static("6.6.6.6, 203.0.113.7, 10.0.0.1"),
        );
        let from = |peer: &str| network(&headers, Some(peer.parse().unwrap()), &config).to_string();
        assert_eq!(from("10.0.0.1"), "203.0.113.7");
        assert_eq!(from("198.51.100.9"), "198.51.100.9");
        assert_eq!(from("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::");
        assert_eq!(from("::ffff:10.0.0.1"), "203.0.113.7");
        for (said, believed) in [
            ("6.6.6.6, 203.0.113.7:4711", "203.0.113.7"),
            ("6.6.6.6, [2001:db8::1]:4711, 10.0.0.1", "2001:db8::"),
            ("6.6.6.6, unknown", "10.0.0.1"),
            ("6.6.6.6, _hidden, 10.0.0.1", "10.0.0.1"),
            ("", "10.0.0.1"),
        ] {
            let _ = headers.insert(FORWARDED, HeaderValue::from_static(said));
            let from = network(&headers, Some(proxy), &config).to_string();
            assert_eq!(from, believed, "{said}");
        }
    }
}
