//! The mailbox page of the demo: what a mail server would have delivered.

use std::fmt::Write as _;
use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::response::IntoResponse;
use axum::routing::get;
use axum::{Json, Router};
use serde::Serialize;
use tanba_model::message::OutboxMessage;
use tanba_model::ports::{Carrier, CarrierError};
use tanba_pki::Timestamp;

/// A delivered mail.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Mail {
    id: i64,
    to: String,
    at: String,
    kind: &'static str,
    language: &'static str,
    subject: String,
    text: String,
}

/// Mails in the order in which they came; they are gone with the demo.
#[derive(Debug)]
pub(super) struct Mailbox {
    origin: String,
    mails: Mutex<Vec<Mail>>,
}

impl Mailbox {
    pub(super) fn new(origin: &str) -> Arc<Self> {
        Arc::new(Self {
            origin: origin.to_owned(),
            mails: Mutex::default(),
        })
    }

    /// `/demo/mailbox` for people, `/demo/mailbox.json` for tests.
    pub(super) fn router(self: &Arc<Self>) -> Router {
        Router::new()
            .route("/demo/mailbox", get(page))
            .route("/demo/mailbox.json", get(json))
            .route("/demo/mailbox.css", get(style))
            .with_state(Arc::clone(self))
    }

    fn all(&self) -> Vec<Mail> {
        self.mails
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

impl Carrier for Mailbox {
    fn send(&self, message: &OutboxMessage, now: Timestamp) -> Result<(), CarrierError> {
        let rendered = tanba_cabinet::mail::render(message, &self.origin)
            .map_err(|error| CarrierError::Refused(error.into()))?;
        let mail = Mail {
            id: message.id.0,
            to: message.to.as_str().to_owned(),
            at: now.rfc3339(),
            kind: message.body.kind(),
            language: message.language.tag(),
            subject: rendered.subject,
            text: rendered.text,
        };
        self.mails
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(mail);
        Ok(())
    }
}

async fn json(State(mailbox): State<Arc<Mailbox>>) -> impl IntoResponse {
    ([(CACHE_CONTROL, "no-store")], Json(mailbox.all()))
}

async fn style() -> impl IntoResponse {
    ([(CONTENT_TYPE, "text/css; charset=utf-8")], STYLE)
}

async fn page(State(mailbox): State<Arc<Mailbox>>) -> impl IntoResponse {
    let headers = [
        (CONTENT_TYPE, "text/html; charset=utf-8"),
        (CACHE_CONTROL, "no-store"),
        (
            CONTENT_SECURITY_POLICY,
            "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'",
        ),
    ];
    (headers, html(&mailbox.all()))
}

fn html(mails: &[Mail]) -> String {
    let mut page = String::from(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <title>Mailbox of the demo</title><link rel=\"stylesheet\" href=\"/demo/mailbox.css\"></head>\
         <body><main><h1>Mailbox of the demo</h1>\
         <p>In a real installation these are mails. Newest first; <a href=\"/demo/mailbox\">look again</a>, \
         or go <a href=\"/\">to the cabinet</a>.</p>",
    );
    if mails.is_empty() {
        page.push_str("<p class=\"empty\">Nothing yet.</p>");
    }
    for mail in mails.iter().rev() {
        // Writing to a String cannot fail.
        let _ = write!(
            page,
            "<article lang=\"{}\"><h2>{}</h2><p class=\"facts\"><span>{}</span> <time datetime=\"{at}\">{at}</time></p>\
             <pre>{}</pre></article>",
            mail.language,
            escape(&mail.subject),
            escape(&mail.to),
            linked(&mail.text),
            at = mail.at,
        );
    }
    page.push_str("</main></body></html>");
    page
}

/// The text with its addresses as links.
fn linked(text: &str) -> String {
    let word = |word: &str| {
        let address = word.trim_end_matches(['\n', '.', ',', ' ']);
        if !address.starts_with("http://") && !address.starts_with("https://") {
            return escape(word);
        }
        let rest = word.strip_prefix(address).unwrap_or_default();
        let address = escape(address);
        format!("<a href=\"{address}\">{address}</a>{}", escape(rest))
    };
    text.split_inclusive([' ', '\n']).map(word).collect()
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

const STYLE: &str = "\
:root{color-scheme:light dark;--ink:#1b2733;--paper:#f3f6f9;--card:#fff;--line:#c9d3dd;--link:#00539f}\
@media(prefers-color-scheme:dark){:root{--ink:#e7edf3;--paper:#10171e;--card:#18222c;--line:#3a4856;--link:#8cc4ff}}\
body{margin:0;background:var(--paper);color:var(--ink);font:18px/1.5 'Noto Sans',system-ui,sans-serif}\
main{max-width:46rem;margin:0 auto;padding:1.5rem 1rem}\
a{color:var(--link)}h1{font-size:2rem;line-height:1.2}h2{font-size:1.25rem;margin:0 0 .25rem}\
article{background:var(--card);border:1px solid var(--line);border-radius:6px;padding:1rem;margin:1rem 0}\
.facts{margin:0 0 .75rem;font-size:.9rem;display:flex;gap:1rem;flex-wrap:wrap}\
pre{margin:0;font:inherit;white-space:pre-wrap;overflow-wrap:anywhere}";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_become_links_and_nothing_becomes_markup() {
        let text = linked("see https://a.example/x?y=1&z=2.\n<script>");
        assert_eq!(
            text,
            "see <a href=\"https://a.example/x?y=1&amp;z=2\">https://a.example/x?y=1&amp;z=2</a>.\n&lt;script&gt;"
        );
    }
}
