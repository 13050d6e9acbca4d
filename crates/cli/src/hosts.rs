//! Names under which people ask for the cabinet: whoever asks for another one gets nothing of it.
//!
//! Anybody can let a domain of her own lead to this server. Her pages would then ask it as pages of the same site, past
//! all that browsers keep apart, and what a cache keeps under that name would be ours. Machines ask at another socket: what
//! they get is public and signed by itself, and they may call it as they like.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::Router;
use axum::extract::{Request, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, HOST};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};

/// Which names, and the address of the site that has them.
#[derive(Debug)]
struct Hosts {
    names: Vec<String>,
    origin: String,
    /// Whether the log knows that somebody asked for another name.
    told: AtomicBool,
}

/// The routes under the name of `origin`, the `others` and those of this computer alone. Ports do not matter: whoever
/// stands in front may have another one.
pub(crate) fn only(origin: &str, others: &[String], router: Router) -> Router {
    let own = origin.split_once("://").map_or(origin, |(_, rest)| rest);
    let names = std::iter::once(own).chain(others.iter().map(String::as_str));
    let hosts = Arc::new(Hosts {
        names: names.filter_map(named).collect(),
        origin: origin.to_owned(),
        told: AtomicBool::new(false),
    });
    router.layer(from_fn_with_state(hosts, admit))
}

async fn admit(State(hosts): State<Arc<Hosts>>, request: Request, next: Next) -> Response {
    let asked = asked(request.uri(), request.headers());
    match asked {
        Some(name) if hosts.knows(&name) => next.run(request).await,
        Some(name) => {
            if !hosts.told.swap(true, Ordering::Relaxed) {
                tracing::warn!(
                    ?name,
                    remedy = "if a proxy of yours writes it into Host, let it pass the visitor's own Host on, or add the name to server.other_hosts",
                    "somebody asked for the cabinet under another name; later ones are not told"
                );
            }
            hosts.refuse(StatusCode::MISDIRECTED_REQUEST)
        }
        // No name, or two (RFC 9112, 3.2).
        None => hosts.refuse(StatusCode::BAD_REQUEST),
    }
}

impl Hosts {
    fn knows(&self, name: &str) -> bool {
        is_of_this_computer(name) || self.names.iter().any(|known| known == name)
    }

    /// In all three languages: whoever comes astray has not chosen one.
    fn refuse(&self, status: StatusCode) -> Response {
        let Self { origin, .. } = self;
        let text = format!(
            "Бұл мекенжай бойынша жеке кабинет ашылмайды. Кілттеріңізге ештеңе болған жоқ. Жеке кабинет мына жерде: {origin}\n\n\
             По этому адресу личный кабинет не открывается. С вашими ключами ничего не случилось. Личный кабинет здесь: {origin}\n\n\
             The Personal Account does not open under this address. Nothing happened to your keys. The Personal Account is here: {origin}\n"
        );
        let headers = [
            (CONTENT_TYPE, "text/plain; charset=utf-8"),
            (CACHE_CONTROL, "no-store"),
        ];
        (status, headers, text).into_response()
    }
}

/// The name that a request asks for: of its target (HTTP/2, or through a proxy), or else of its one Host.
fn asked(target: &Uri, headers: &HeaderMap) -> Option<String> {
    if let Some(authority) = target.authority() {
        return named(authority.as_str());
    }
    let mut hosts = headers.get_all(HOST).iter();
    let (host, None) = (hosts.next()?, hosts.next()) else {
        return None;
    };
    named(host.to_str().ok()?)
}

/// The name alone, as names are compared; `None` of what is none.
fn named(text: &str) -> Option<String> {
    let authority: Authority = text.parse().ok().filter(|_| !text.contains('@'))?;
    let name = authority.host();
    let name = name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase();
    (!name.is_empty()).then_some(name)
}

/// Nobody else's name leads to the computer that asks.
fn is_of_this_computer(name: &str) -> bool {
    let bare = name
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
        .unwrap_or(name);
    name == "localhost"
        || bare
            .parse()
            .is_ok_and(|address: IpAddr| address.to_canonical().is_loopback())
}

#[cfg(test)]
mod tests;
