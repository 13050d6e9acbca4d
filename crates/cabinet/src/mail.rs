//! Mails: what a message of the outbox says, in the language of its reader. No pictures, no tracking; links only show.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use tanba_model::language::Language;
use tanba_model::message::{MessageBody, OutboxMessage};
use tanba_pki::Timestamp;

use minijinja::context;
use minijinja::value::Serde;
use serde::Serialize;

use crate::calendar;
use crate::dates;
use crate::locale::{Argument, Catalogue, CatalogueError};
use crate::view::grouped_serial;

mod codes;
mod decided;
mod first;

/// How long before the end the calendar reminds.
const CALENDAR_BEFORE: Duration = Duration::from_secs(3 * 24 * 60 * 60);

/// A mail, ready to be carried. `Debug` shows nothing: there are codes and links inside.
#[derive(Clone, PartialEq, Eq)]
pub struct Letter {
    /// Subject line.
    pub subject: String,
    /// The plain text.
    pub text: String,
    /// The same as HTML.
    pub html: String,
    /// A day for the reader's calendar, to be attached (`text/calendar`, RFC 5545).
    pub calendar: Option<String>,
    /// Where one `POST` stops such mails (RFC 8058); security notices have none.
    pub unsubscribe: Option<String>,
}

impl std::fmt::Debug for Letter {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Letter(…)")
    }
}

/// Why a mail could not be worded. A test shows that every kind can in every language.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MailError {
    /// The texts cannot be used.
    #[error("the texts of mails cannot be used")]
    Catalogue(#[from] CatalogueError),
    /// The template cannot be used.
    #[error("the template of mails cannot be used")]
    Template(#[from] minijinja::Error),
}

/// One piece of a mail.
#[derive(Debug, Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
enum Block {
    Text { text: String },
    Code { text: String },
    Link { text: String, url: String },
    List { items: Vec<String> },
}

impl Block {
    /// Certificates by their serial numbers, as the pages show them: who reads both compares the groups.
    fn certificates(serials: &[String]) -> Self {
        let grouped = serials.iter().map(|serial| grouped_serial(serial));
        Self::List {
            items: grouped.collect(),
        }
    }
}

/// Words a message. `public_url` is the cabinet as browsers see it, without a final slash.
///
/// # Errors
/// [`MailError`] when what ships is damaged.
pub fn render(message: &OutboxMessage, public_url: &str) -> Result<Letter, MailError> {
    let catalogue = shared()?;
    let writer = Writer {
        catalogue: &catalogue,
        language: message.language,
        public_url,
    };
    let (subject, blocks) = writer.write(&message.body);
    let environment = crate::render::environment(Arc::clone(&catalogue), message.language)?;
    let values = context! { lang => message.language.tag(), subject => subject.as_str(), blocks => Serde(&blocks) };
    let html = environment
        .get_template("mail/letter.html")?
        .render(values)?;
    Ok(Letter {
        text: writer.plain(&blocks),
        calendar: writer.calendar(message),
        unsubscribe: writer.unsubscribe(&message.body),
        subject,
        html,
    })
}

/// The texts, read once for all mails of this process.
static CATALOGUE: OnceLock<Arc<Catalogue>> = OnceLock::new();

/// Mails speak as the pages of this process do: with the names of the installation.
pub(crate) fn word_by(catalogue: &Arc<Catalogue>) {
    // Who came first stays; there is one cabinet in a program.
    let _ = CATALOGUE.set(Arc::clone(catalogue));
}

pub(crate) fn shared() -> Result<Arc<Catalogue>, CatalogueError> {
    if let Some(catalogue) = CATALOGUE.get() {
        return Ok(Arc::clone(catalogue));
    }
    let catalogue = Arc::new(Catalogue::shipped()?);
    Ok(Arc::clone(CATALOGUE.get_or_init(|| catalogue)))
}

struct Writer<'a> {
    catalogue: &'a Catalogue,
    language: Language,
    public_url: &'a str,
}

impl Writer<'_> {
    fn words(&self, key: &str, arguments: &[(&str, Argument)]) -> String {
        self.catalogue.format(self.language, key, arguments)
    }

    fn say(&self, key: &str, arguments: &[(&str, Argument)]) -> Block {
        Block::Text {
            text: self.words(key, arguments),
        }
    }

    fn link(&self, key: &str, path: &str) -> Block {
        let url = format!("{}/{}{path}", self.public_url, self.language.tag());
        Block::Link {
            text: self.words(key, &[]),
            url,
        }
    }

    fn status(&self, key: &str, number: &str) -> Block {
        self.link(key, &format!("/status?number={number}"))
    }

    fn write(&self, body: &MessageBody) -> (String, Vec<Block>) {
        match body {
            MessageBody::ConfirmationCode {
                number,
                code,
                minutes,
            } => self.confirmation_code(number, code, *minutes),
            MessageBody::ApplicationAccepted {
                number,
                not_me_path,
            } => self.accepted(number, not_me_path),
            MessageBody::CertificatesIssued {
                number,
                serials,
                not_me_path,
            } => self.issued(number, serials, not_me_path),
            MessageBody::Installed {
                number,
                superseded,
                first,
                not_me_path,
            } => self.installed(number, superseded, *first, not_me_path),
            MessageBody::Reminder {
                serials,
                ends,
                unsubscribe_path,
            } => self.reminder(serials, *ends, unsubscribe_path),
            MessageBody::Revoked {
                serials,
                reason,
                by_code,
                not_me_path,
            } => self.revoked(serials, reason, *by_code, not_me_path),
            MessageBody::ByAdministrator {
                act,
                serials,
                reason,
                not_me_path,
            } => self.by_administrator(*act, serials, reason, not_me_path),
            MessageBody::ApplicationRejected { .. } | MessageBody::NotIssued { .. } => {
                self.refused(body)
            }
            MessageBody::Frozen { serials, by_code } => self.frozen(serials, *by_code),
            MessageBody::EntryCode {
                code,
                minutes,
                not_me_path,
                takes_back,
            } => self.entry_code(code, *minutes, not_me_path, *takes_back),
            MessageBody::EmailChangeCode { code, minutes } => {
                self.bare_code("mail-address", code, *minutes)
            }
            MessageBody::AddressChanged {
                hint,
                until,
                not_me_path,
                at_desk,
            } => self.address_changed((hint, *at_desk), *until, not_me_path),
            MessageBody::PhoneChangeCode { code, minutes } => {
                self.bare_code("mail-phone-code", code, *minutes)
            }
            MessageBody::PhoneChanged { hint, not_me_path } => {
                self.phone_changed(hint, not_me_path)
            }
            MessageBody::NewDevice {
                at,
                device,
                not_me_path,
            } => self.new_device(*at, device, not_me_path),
            MessageBody::AddressCode { .. }
            | MessageBody::FirstSubmitted { .. }
            | MessageBody::FirstKept { .. }
            | MessageBody::FirstNotConfirmed { .. }
            | MessageBody::FirstExpired { .. }
            | MessageBody::FirstApproved { .. }
            | MessageBody::FirstIssued { .. }
            | MessageBody::FirstCancelled { .. } => self.first(body),
        }
    }

    fn confirmation_code(&self, number: &str, code: &str, minutes: u32) -> (String, Vec<Block>) {
        let number = [("number", grouped(number).into())];
        let life = [("minutes", minutes.into())];
        let blocks = vec![
            self.say("mail-code-lead", &number),
            Block::Code {
                text: code.to_owned(),
            },
            self.say("mail-code-life", &life),
            self.say("mail-code-not-me", &[]),
        ];
        (
            self.words("mail-code-subject", &[("code", code.into())]),
            blocks,
        )
    }

    fn issued(&self, number: &str, serials: &[String], not_me_path: &str) -> (String, Vec<Block>) {
        let list = Block::certificates(serials);
        let not_me = self.link("mail-not-me-link", not_me_path);
        let blocks = if number.is_empty() {
            vec![self.say("mail-issued-by-administrator", &[]), list, not_me]
        } else {
            vec![
                self.say("mail-issued-lead", &[("number", grouped(number).into())]),
                list,
                self.status("mail-issued-next", number),
                not_me,
            ]
        };
        (self.words("mail-issued-subject", &[]), blocks)
    }

    fn installed(
        &self,
        number: &str,
        superseded: &[String],
        first: bool,
        not_me_path: &str,
    ) -> (String, Vec<Block>) {
        let mut blocks =
            vec![self.say("mail-installed-lead", &[("number", grouped(number).into())])];
        if superseded.is_empty() {
            // Whoever gets first keys wished nothing about others, and mostly has none.
            let key = if first {
                "mail-installed-first"
            } else {
                "mail-installed-kept"
            };
            blocks.push(self.say(key, &[]));
        } else {
            blocks.push(self.say("mail-installed-superseded", &[]));
            blocks.push(Block::certificates(superseded));
        }
        if !not_me_path.is_empty() {
            blocks.push(self.link("mail-not-me-link", not_me_path));
        }
        (self.words("mail-installed-subject", &[]), blocks)
    }

    fn address_changed(
        &self,
        (hint, at_desk): (&str, bool),
        until: Timestamp,
        not_me_path: &str,
    ) -> (String, Vec<Block>) {
        let lead = if at_desk {
            "mail-changed-lead-desk"
        } else {
            "mail-changed-lead"
        };
        let date = dates::date(self.catalogue, self.language, until);
        let blocks = vec![
            self.say(lead, &[("address", hint.into())]),
            self.say("mail-changed-grace", &[("date", date.into())]),
            self.link("mail-changed-not-me", not_me_path),
        ];
        (self.words("mail-changed-subject", &[]), blocks)
    }

    fn phone_changed(&self, hint: &str, not_me_path: &str) -> (String, Vec<Block>) {
        let lead = if hint.is_empty() {
            self.say("mail-phone-removed", &[])
        } else {
            self.say("mail-phone-lead", &[("phone", hint.into())])
        };
        let blocks = vec![lead, self.link("mail-phone-not-me", not_me_path)];
        (self.words("mail-phone-subject", &[]), blocks)
    }

    fn new_device(&self, at: Timestamp, device: &str, not_me_path: &str) -> (String, Vec<Block>) {
        let date = dates::date_time(self.catalogue, self.language, at);
        let device = crate::device::name(self.catalogue, self.language, device);
        let blocks = vec![
            self.say(
                "mail-device-lead",
                &[("date", date.into()), ("device", device.into())],
            ),
            self.say("mail-device-me", &[]),
            self.link("mail-not-me-link", not_me_path),
        ];
        (self.words("mail-device-subject", &[]), blocks)
    }

    fn accepted(&self, number: &str, not_me_path: &str) -> (String, Vec<Block>) {
        let argument = [("number", grouped(number).into())];
        let blocks = vec![
            self.say("mail-accepted-lead", &argument),
            self.status("mail-status-link", number),
            self.link("mail-not-me-link", not_me_path),
        ];
        (self.words("mail-accepted-subject", &argument), blocks)
    }

    fn reminder(&self, serials: &[String], ends: Timestamp, stop: &str) -> (String, Vec<Block>) {
        let date = dates::date(self.catalogue, self.language, ends);
        let argument = [("date", date.into())];
        let blocks = vec![
            self.say("mail-reminder-lead", &argument),
            self.link("mail-reminder-link", "/cabinet/reissue"),
            self.say("mail-reminder-serials", &[]),
            Block::certificates(serials),
            self.say("mail-reminder-late", &[]),
            self.link(
                "mail-reminder-off",
                if stop.is_empty() {
                    "/cabinet/profile"
                } else {
                    stop
                },
            ),
        ];
        (self.words("mail-reminder-subject", &argument), blocks)
    }

    /// Three days before the end, or the last day where that is past.
    fn calendar(&self, message: &OutboxMessage) -> Option<String> {
        let MessageBody::Reminder { serials, ends, .. } = &message.body else {
            return None;
        };
        let early = ends.minus(CALENDAR_BEFORE);
        let at = if early > message.created_at {
            early
        } else {
            *ends
        };
        let url = format!(
            "{}/{}/cabinet/reissue",
            self.public_url,
            self.language.tag()
        );
        let date = dates::date(self.catalogue, self.language, *ends);
        let text = self.words(
            "reminder-text",
            &[("date", date.into()), ("url", url.into())],
        );
        let name = format!("{}-{}", serials.first()?, message.id);
        let title = self.words("reminder-title", &[]);
        Some(calendar::event(
            &name,
            at,
            message.created_at,
            &title,
            &text,
        ))
    }

    fn unsubscribe(&self, body: &MessageBody) -> Option<String> {
        let MessageBody::Reminder {
            unsubscribe_path, ..
        } = body
        else {
            return None;
        };
        (!unsubscribe_path.is_empty()).then(|| {
            format!(
                "{}/{}{unsubscribe_path}",
                self.public_url,
                self.language.tag()
            )
        })
    }

    fn plain(&self, blocks: &[Block]) -> String {
        let mut paragraphs: Vec<String> = blocks
            .iter()
            .map(|block| match block {
                Block::Text { text } => text.clone(),
                Block::Code { text } => format!("    {text}"),
                Block::Link { text, url } => format!("{text}\n{url}"),
                Block::List { items } => items
                    .iter()
                    .map(|item| format!("    {item}"))
                    .collect::<Vec<_>>()
                    .join("\n"),
            })
            .collect();
        paragraphs.push(format!("-- \n{}", self.words("mail-footer", &[])));
        paragraphs.join("\n\n") + "\n"
    }
}

/// A number in groups of four, if it is one.
fn grouped(number: &str) -> String {
    tanba_model::application::ApplicationNumber::parse(number)
        .map_or_else(|_| number.to_owned(), |number| number.grouped())
}

#[cfg(test)]
mod tests;
