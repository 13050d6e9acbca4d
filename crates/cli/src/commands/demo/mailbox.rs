//! The mailbox page of the demo: what a mail server and an SMS gateway would have delivered.

use std::fmt::Write as _;
use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::response::IntoResponse;
use axum::routing::get;
use axum::{Json, Router};
use serde::Serialize;
use tanba_model::language::Language;
use tanba_model::message::{MessageChannel, OutboxMessage};
use tanba_model::ports::{Carrier, CarrierError};
use tanba_pki::Timestamp;

mod words;

use words::Words;

/// A domain that never is (RFC 2606, 2): mail to it comes back, so that undelivered messages can be seen in the demo.
const NOWHERE: &str = ".invalid";

/// A delivered message.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Mail {
    id: i64,
    to: String,
    at: String,
    kind: &'static str,
    language: &'static str,
    subject: String,
    text: String,
    #[serde(skip)]
    channel: MessageChannel,
    #[serde(skip)]
    instant: Timestamp,
}

/// Messages in the order in which they came; they are gone with the demo.
#[derive(Debug)]
pub(super) struct Mailbox {
    origin: String,
    mails: Mutex<Vec<Mail>>,
}

/// Puts messages of one channel into the mailbox.
#[derive(Debug)]
struct Slot {
    mailbox: Arc<Mailbox>,
    channel: MessageChannel,
}

impl Mailbox {
    pub(super) fn new(origin: &str) -> Arc<Self> {
        Arc::new(Self {
            origin: origin.to_owned(),
            mails: Mutex::default(),
        })
    }

    /// One for each channel.
    pub(super) fn carriers(self: &Arc<Self>) -> Vec<Arc<dyn Carrier>> {
        MessageChannel::ALL
            .into_iter()
            .map(|channel| -> Arc<dyn Carrier> {
                Arc::new(Slot {
                    mailbox: Arc::clone(self),
                    channel,
                })
            })
            .collect()
    }

    /// `/demo/mailbox` for people, `/demo/mailbox.json` (mails) and `/demo/phone.json` (text messages) for tests.
    pub(super) fn router(self: &Arc<Self>) -> Router {
        Router::new()
            .route("/demo/mailbox", get(page))
            .route("/demo/mailbox.json", get(mails))
            .route("/demo/phone.json", get(texts))
            .route("/demo/mailbox.css", get(style))
            .with_state(Arc::clone(self))
    }

    fn all(&self) -> Vec<Mail> {
        self.mails
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    fn of(&self, channel: MessageChannel) -> Vec<Mail> {
        let mut all = self.all();
        all.retain(|mail| mail.channel == channel);
        all
    }
}

impl Carrier for Slot {
    fn channel(&self) -> MessageChannel {
        self.channel
    }

    fn send(&self, message: &OutboxMessage, now: Timestamp) -> Result<(), CarrierError> {
        if self.channel == MessageChannel::Mail && message.to.as_str().ends_with(NOWHERE) {
            return Err(CarrierError::Bounced("no such domain".into()));
        }
        let origin = &self.mailbox.origin;
        let (subject, text) = match self.channel {
            MessageChannel::Mail => tanba_cabinet::mail::render(message, origin)
                .map(|letter| (letter.subject, letter.text)),
            MessageChannel::Sms => {
                tanba_cabinet::sms::render(message, origin).map(|text| (String::new(), text))
            }
        }
        .map_err(|error| CarrierError::Refused(error.into()))?;
        let mail = Mail {
            id: message.id.0,
            to: message.to.as_str().to_owned(),
            at: now.rfc3339(),
            kind: message.body.kind(),
            language: message.language.tag(),
            subject,
            text,
            channel: self.channel,
            instant: now,
        };
        self.mailbox
            .mails
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(mail);
        Ok(())
    }
}

async fn mails(State(mailbox): State<Arc<Mailbox>>) -> impl IntoResponse {
    let mails = mailbox.of(MessageChannel::Mail);
    ([(CACHE_CONTROL, "no-store")], Json(mails))
}

async fn texts(State(mailbox): State<Arc<Mailbox>>) -> impl IntoResponse {
    let texts = mailbox.of(MessageChannel::Sms);
    ([(CACHE_CONTROL, "no-store")], Json(texts))
}

async fn style() -> impl IntoResponse {
    ([(CONTENT_TYPE, "text/css; charset=utf-8")], STYLE)
}

async fn page(State(mailbox): State<Arc<Mailbox>>, headers: HeaderMap) -> impl IntoResponse {
    let language = tanba_cabinet::preferred_language(&headers);
    let headers = [
        (CONTENT_TYPE, "text/html; charset=utf-8"),
        (CACHE_CONTROL, "no-store"),
        (
            CONTENT_SECURITY_POLICY,
            "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'",
        ),
    ];
    (headers, html(&mailbox.all(), language))
}

fn html(mails: &[Mail], language: Language) -> String {
    let tag = language.tag();
    let words = Words::of(language);
    let mut page = format!(
        "<!doctype html><html lang=\"{tag}\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <title>{title}</title><link rel=\"stylesheet\" href=\"/demo/mailbox.css\"></head>\
         <body><main><h1>{title}</h1><p>{lead}</p>\
         <p class=\"facts\"><a href=\"/demo/mailbox\">{again}</a> <a href=\"/{tag}\">{cabinet}</a></p>",
        title = words.title,
        lead = words.lead,
        again = words.again,
        cabinet = words.cabinet,
    );
    if mails.is_empty() {
        let _: std::fmt::Result = write!(page, "<p>{}</p>", words.empty);
    }
    for mail in mails.iter().rev() {
        let heading = match mail.channel {
            MessageChannel::Mail => escape(&mail.subject),
            MessageChannel::Sms => {
                words.text_message(language, tanba_cabinet::sms::segments(&mail.text))
            }
        };
        let shown = tanba_cabinet::date_time(language, mail.instant).unwrap_or_default();
        // Writing to a string cannot fail.
        let _: std::fmt::Result = write!(
            page,
            "<article lang=\"{}\"><h2>{heading}</h2><p class=\"facts\" lang=\"{tag}\"><span>{}</span>\
             <time datetime=\"{}\">{shown}</time></p><pre>{}</pre></article>",
            mail.language,
            escape(&mail.to),
            mail.at,
            linked(&mail.text),
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

    #[test]
    fn the_page_speaks_the_readers_language_and_shows_her_time() {
        let mail = |channel, subject: &str, text: &str| Mail {
            id: 1,
            to: "+77011234567".to_owned(),
            at: "2026-11-24T06:00:00Z".to_owned(),
            kind: "frozen",
            language: "kk",
            subject: subject.to_owned(),
            text: text.to_owned(),
            channel,
            instant: Timestamp::from_unix(1_795_500_000),
        };
        let mails = [
            mail(MessageChannel::Mail, "ЭЦҚ", "<b>"),
            mail(MessageChannel::Sms, "", "ЭЦҚ кілттеріңіз тоқтатылды."),
        ];
        for (language, title, time, sms) in [
            (
                Language::Kk,
                "пошта жәшігі",
                "2026 жылғы 24 қараша, 11:00",
                "<h2>SMS-хабарлама</h2>",
            ),
            (
                Language::Ru,
                "Почтовый ящик",
                "24 ноября 2026 г., 11:00",
                "<h2>SMS-сообщение</h2>",
            ),
            (
                Language::En,
                "Mailbox",
                "24 November 2026 at 11:00",
                "<h2>Text message (SMS)</h2>",
            ),
        ] {
            let page = html(&mails, language);
            assert!(page.contains(title) && page.contains(time), "{page}");
            assert!(page.contains("&lt;b&gt;") && page.contains(sms), "{page}");
        }
    }
}
