//! The page at `https://127.0.0.1:13579/`: what works, what does not, and how to repair it, cause by cause.
//!
//! It is for the person in front of this computer. Pages of other sites can lead her here and see nothing of it.

use std::fmt::Write as _;
use std::sync::Arc;

use tanba_model::language::Language;

use super::head::Head;
use crate::doctor::{Cause, Finding, State};
use crate::{Agent, OriginFault};

/// Nothing is loaded from elsewhere, framed, kept, or left to other sites.
const HEADERS: &str = "Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\nReferrer-Policy: no-referrer\r\n\
    Cross-Origin-Resource-Policy: same-origin\r\nCross-Origin-Opener-Policy: same-origin\r\n\
    X-Frame-Options: DENY\r\nConnection: close\r\n";
const STYLE: &str = include_str!("page/check.css");
const SCRIPT: &str = include_str!("page/check.js");

/// The answer to a request that wants no socket.
pub(super) async fn reply(agent: &Arc<Agent>, head: &Head, port: u16) -> Vec<u8> {
    let (path, query) = head.path.split_once('?').unwrap_or((&head.path, ""));
    let is_get = matches!(head.method.as_str(), "GET" | "HEAD");
    if is_get && is_of_another_site(head) {
        return plain("403 Forbidden", "this page is for you, not for other sites");
    }
    match (head.method.as_str(), path) {
        ("GET", "/") => {
            let findings = Agent::examine(agent, port).await;
            let body = check(agent, language(agent, head, query), &findings, port);
            let headers = format!(
                "{HEADERS}Content-Security-Policy: default-src 'none'; style-src 'self'; script-src 'self'; img-src data:; \
                 connect-src 'self' wss://127.0.0.1:{port} wss://localhost:{port}; base-uri 'none'; \
                 form-action 'none'; frame-ancestors 'none'\r\n"
            );
            response("200 OK", "text/html; charset=utf-8", &headers, &body)
        }
        ("HEAD", "/") => response("200 OK", "text/html; charset=utf-8", HEADERS, ""),
        ("GET", "/check.css") => response("200 OK", "text/css; charset=utf-8", HEADERS, STYLE),
        ("GET", "/check.js") => {
            response("200 OK", "text/javascript; charset=utf-8", HEADERS, SCRIPT)
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

/// Whether a page of another site asks, other than by leading its reader here (Fetch Metadata Request Headers).
///
/// Looking for what is wrong takes work; no site shall make the agent do it.
fn is_of_another_site(head: &Head) -> bool {
    let is = |name: &str, value: &str| head.header(name) == Some(value);
    let is_visit = is("sec-fetch-mode", "navigate") && is("sec-fetch-dest", "document");
    match head.header("sec-fetch-site") {
        Some("same-origin" | "none") => false,
        Some(_) => !is_visit,
        // Older browsers name a site when they ask for it.
        None => head.header("origin").is_some(),
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

/// What came is no request.
pub(super) fn no_request() -> Vec<u8> {
    plain("400 Bad Request", "this is no request of HTTP/1.1")
}

/// A site has as many sockets as it may.
pub(super) fn too_many() -> Vec<u8> {
    plain(
        "429 Too Many Requests",
        "this site has too many connections to the agent; close some of its pages",
    )
}

/// A socket without an origin that is heard.
pub(super) fn refused(fault: &OriginFault) -> Vec<u8> {
    plain(
        "403 Forbidden",
        &format!("{fault}; the agent hears pages over https and pages of this computer"),
    )
}

fn check(agent: &Agent, language: Language, findings: &[Finding], port: u16) -> String {
    let text = |key: &str| escape(&agent.texts().text(language, key));
    let links: String = Language::ALL
        .iter()
        .map(|other| {
            let tag = other.tag();
            let name = escape(&agent.texts().text(*other, "language-name"));
            let current = if *other == language {
                " aria-current=\"true\""
            } else {
                ""
            };
            format!(
                "<a href=\"/?lang={tag}\" lang=\"{tag}\" hreflang=\"{tag}\"{current}>{name}</a>"
            )
        })
        .collect();
    let is_bad = findings.iter().any(|finding| finding.state == State::Bad);
    let mut items = String::new();
    for finding in findings {
        items.push_str(&item(&text, finding, None));
        // What the browser finds stands where its causes stand.
        if finding.cause == Cause::Port {
            for (name, found) in of_the_browser() {
                items.push_str(&item(&text, &found, Some(name)));
            }
        }
    }
    let verdict = |state: State, hidden: bool, title: &str, next: &str| {
        format!(
            "<div class=\"verdict\" data-state=\"{}\"{}><p>{}</p><p>{}</p></div>",
            state.name(),
            if hidden { " hidden" } else { "" },
            text(title),
            text(next)
        )
    };
    let tag = language.tag();
    let mut page = format!(
        "<!doctype html><html lang=\"{tag}\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" \
         content=\"width=device-width,initial-scale=1\"><title>{title}</title><link rel=\"icon\" href=\"data:,\">\
         <link rel=\"stylesheet\" href=\"/check.css\"><script src=\"/check.js\" defer></script></head>\
         <body><header><div class=\"bar\"><b>{brand}</b><nav aria-label=\"{languages}\">{links}</nav></div></header>\
         <main><h1>{title}</h1>",
        title = text("check-title"),
        brand = text("check-brand"),
        languages = text("check-languages"),
    );
    page.push_str(&verdict(
        State::Good,
        is_bad,
        "check-verdict-good",
        "check-runs",
    ));
    page.push_str(&verdict(
        State::Bad,
        !is_bad,
        "check-verdict-bad",
        "check-verdict-next",
    ));
    let _ = writeln!(
        page,
        "<noscript><p class=\"repair\">{no_script}</p></noscript><ol>{items}</ol>\
         <a class=\"button\" href=\"/?lang={tag}\">{again}</a></main>\
         <footer><p>{version}: {number}. {until}: {end}</p><p>{address} <code>https://127.0.0.1:{port}/</code></p></footer>\
         </body></html>",
        no_script = text("check-no-script"),
        again = text("check-again"),
        version = text("check-version"),
        number = env!("CARGO_PKG_VERSION"),
        until = text("check-certificate-until"),
        end = agent.identity().server().not_after().rfc3339(),
        address = text("check-address"),
    );
    page
}

/// What the browser may find; `check.js` shows one for each cause.
fn of_the_browser() -> [(&'static str, Finding); 7] {
    let (trust, permission) = (Cause::Trust, Cause::Permission);
    let bad = Finding::bad;
    [
        ("trust-good", Finding::good(trust, "check-trust-good", "")),
        (
            "trust-hand",
            bad(trust, "check-trust-hand", "", "doctor-trust-repair"),
        ),
        (
            "trust-socket",
            bad(trust, "check-trust-socket", "", "check-trust-socket-repair"),
        ),
        (
            "permission-asks",
            Finding {
                repair: Some("check-permission-how"),
                ..Finding::note(permission, "check-permission-asks", "")
            },
        ),
        (
            "permission-denied",
            bad(
                permission,
                "check-permission-denied",
                "",
                "check-permission-how",
            ),
        ),
        (
            "permission-none",
            Finding::good(permission, "check-permission-none", ""),
        ),
        (
            "permission-unseen",
            Finding::note(permission, "doctor-permission", ""),
        ),
    ]
}

/// One finding; `hidden` is its name for the script that may show it.
fn item(text: &impl Fn(&str) -> String, finding: &Finding, hidden: Option<&str>) -> String {
    let state = match finding.state {
        State::Good => "check-state-good",
        State::Note => "check-state-note",
        State::Bad => "check-state-bad",
    };
    let mut item = format!(
        "<li data-cause=\"{}\" data-state=\"{}\"",
        finding.cause.name(),
        finding.state.name()
    );
    if let Some(name) = hidden {
        // Without script nobody finds out.
        let shown = name == "permission-unseen";
        let hidden = if shown { "" } else { " hidden" };
        let _ = write!(item, " data-browser=\"{name}\"{hidden}");
    }
    let _ = write!(
        item,
        "><div class=\"top\"><h2>{}</h2><span class=\"tag\">{}</span></div><p>{}",
        text(finding.cause.title()),
        text(state),
        text(finding.text)
    );
    if let Some(name) = finding.name {
        let _ = write!(item, " {}", text(name));
    }
    if !finding.detail.is_empty() {
        let _ = write!(item, " <code>{}</code>", escape(&finding.detail));
    }
    item.push_str("</p>");
    if let Some(repair) = finding.repair {
        let _ = write!(item, "<p class=\"repair\">{}</p>", text(repair));
    }
    item.push_str("</li>");
    item
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
