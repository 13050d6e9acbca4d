//! The page at `https://127.0.0.1:13579/`: whoever reads it knows that the agent runs and that the browser trusts it.

use tanba_model::language::Language;

use super::head::Head;
use crate::{Agent, OriginFault};

/// Nothing is loaded, nothing is framed, nothing is kept.
const HEADERS: &str = "Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\nReferrer-Policy: no-referrer\r\n\
    Content-Security-Policy: default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'\r\n\
    Connection: close\r\n";

const STYLE: &str = "body{font:18px/1.5 system-ui,'Noto Sans',sans-serif;max-width:40em;margin:2em auto;padding:0 1em;\
    color:#0b0c0c;background:#fff}a{color:#1d70b8}nav a{margin-right:1em;display:inline-block;padding:.6em 0}\
    @media(prefers-color-scheme:dark){body{color:#f3f2f1;background:#121212}a{color:#8ec5ff}}";

/// The answer to a request that wants no socket.
pub(super) fn reply(agent: &Agent, head: &Head) -> Vec<u8> {
    let (path, query) = head.path.split_once('?').unwrap_or((&head.path, ""));
    match (head.method.as_str(), path) {
        ("GET" | "HEAD", "/") => {
            let body = check(agent, language(agent, head, query));
            response(
                "200 OK",
                "text/html; charset=utf-8",
                HEADERS,
                if head.method == "HEAD" { "" } else { &body },
            )
        }
        // A page of the network may ask whether it may ask: Chrome's private network access.
        ("OPTIONS", _) => response(
            "204 No Content",
            "text/plain",
            "Access-Control-Allow-Private-Network: true\r\nAccess-Control-Allow-Methods: GET\r\nConnection: close\r\n",
            "",
        ),
        _ => plain("404 Not Found", "there is nothing here but the page /"),
    }
}

/// For those who typed `http://`.
pub(super) fn plain_http(port: u16) -> Vec<u8> {
    plain(
        "400 Bad Request",
        &format!("this port speaks TLS: open https://127.0.0.1:{port}/"),
    )
}

/// Another host was asked for.
pub(super) fn misdirected() -> Vec<u8> {
    plain(
        "421 Misdirected Request",
        "the agent answers to 127.0.0.1, localhost and [::1] alone",
    )
}

/// Not a handshake of RFC 6455.
pub(super) fn bad_request() -> Vec<u8> {
    plain("400 Bad Request", "this is no WebSocket handshake")
}

/// A socket without an origin that is heard.
pub(super) fn refused(fault: &OriginFault) -> Vec<u8> {
    plain(
        "403 Forbidden",
        &format!("{fault}; the agent hears pages over https and pages of this computer"),
    )
}

fn check(agent: &Agent, language: Language) -> String {
    let text = |key: &str| escape(&agent.texts().text(language, key));
    let links: String = Language::ALL
        .iter()
        .map(|language| {
            let tag = language.tag();
            let name = agent.texts().text(*language, "language-name");
            format!(
                "<a href=\"/?lang={tag}\" lang=\"{tag}\">{}</a>",
                escape(&name)
            )
        })
        .collect();
    format!(
        "<!doctype html><html lang=\"{lang}\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" \
         content=\"width=device-width\"><title>{title}</title><style>{STYLE}</style></head><body><main><h1>{title}</h1>\
         <p>{runs}</p><ul><li>{trusted}</li><li>{version}: {number}</li><li>{until}: {end}</li></ul><p>{next}</p></main>\
         <nav>{links}</nav></body></html>\n",
        lang = language.tag(),
        title = text("check-title"),
        runs = text("check-runs"),
        trusted = text("check-trusted"),
        version = text("check-version"),
        number = env!("CARGO_PKG_VERSION"),
        until = text("check-certificate-until"),
        end = agent.identity().server().not_after().rfc3339(),
        next = text("check-next"),
    )
}

/// The language asked for by the link, else by the browser, else that of the configuration.
fn language(agent: &Agent, head: &Head, query: &str) -> Language {
    let linked = query
        .split('&')
        .find_map(|pair| Language::from_tag(pair.strip_prefix("lang=")?));
    let preferred = || {
        head.header("accept-language")?
            .split(',')
            .find_map(|range| {
                let tag = range.split([';', '-']).next()?.trim();
                Language::from_tag(&tag.to_ascii_lowercase())
            })
    };
    linked.or_else(preferred).unwrap_or(agent.config().language)
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('"', "&quot;")
}

fn plain(status: &str, sentence: &str) -> Vec<u8> {
    response(
        status,
        "text/plain; charset=utf-8",
        HEADERS,
        &format!("tanba-agent: {sentence}\n"),
    )
}

fn response(status: &str, content_type: &str, headers: &str, body: &str) -> Vec<u8> {
    format!(
        "HTTP/1.1 {status}\r\nContent-Type: {content_type}\r\nContent-Length: {}\r\n{headers}\r\n{body}",
        body.len()
    )
    .into_bytes()
}
