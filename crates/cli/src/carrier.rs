//! Carries mails to the mail server (RFC 5321), worded by the cabinet; text messages are carried by [`SmsCarrier`].

use std::fmt;
use std::time::{Duration, UNIX_EPOCH};

use anyhow::Context as _;
use lettre::message::{Attachment, Mailbox, MultiPart, header};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, CertificateStore, Tls, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::{Message, SmtpTransport, Transport as _};
use tanba_model::message::OutboxMessage;
use tanba_model::ports::{Carrier, CarrierError};
use tanba_pki::Timestamp;

use crate::config::{Mail, MailSecurity};
use crate::password;

mod sms;

pub(crate) use sms::SmsCarrier;

/// How long one answer of the mail server may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// Answers that speak of the connection and not of the message (RFC 5321, 4.2).
const NOT_THE_MESSAGE: [u16; 5] = [421, 450, 500, 502, 503];
/// Answers that speak of our account (RFC 4954, 6): nobody's mail goes until somebody corrects it.
const OUR_FAULT: [u16; 4] = [454, 530, 534, 535];
/// How long to wait then, so that the account is not locked by our tries.
const OUR_PAUSE: Duration = Duration::from_secs(60);
/// Answers that mean that there is no such mailbox (RFC 5321, 4.2.3; RFC 1846; RFC 7504).
const NO_SUCH_MAILBOX: [u16; 5] = [521, 550, 551, 553, 556];

/// A mail server. Each mail takes a connection of its own; they are few.
pub(crate) struct SmtpCarrier {
    transport: SmtpTransport,
    from: Mailbox,
    origin: String,
}

impl SmtpCarrier {
    /// Gets ready to send; nothing is connected yet. `origin` is where links in mails lead.
    pub(crate) fn new(mail: &Mail, origin: &str) -> anyhow::Result<Self> {
        Ok(Self {
            transport: transport(mail)?,
            from: mail.from.clone(),
            origin: origin.to_owned(),
        })
    }

    /// Asks the mail server whether it would talk to us.
    pub(crate) fn try_connection(mail: &Mail) -> anyhow::Result<bool> {
        Ok(transport(mail)?.test_connection()?)
    }

    fn message(&self, message: &OutboxMessage, now: Timestamp) -> anyhow::Result<Message> {
        let rendered = tanba_cabinet::mail::render(message, &self.origin)?;
        let to = message
            .to
            .as_str()
            .parse()
            .map(|address| Mailbox::new(None, address))?;
        let since_1970 = Duration::from_secs(u64::try_from(now.unix()).unwrap_or_default());
        let host = self.from.email.domain();
        let body = MultiPart::alternative_plain_html(rendered.text, rendered.html);
        let body = match rendered.calendar {
            Some(calendar) => {
                let content_type = header::ContentType::parse("text/calendar; charset=utf-8")?;
                let file = Attachment::new("tanba.ics".to_owned()).body(calendar, content_type);
                MultiPart::mixed().multipart(body).singlepart(file)
            }
            None => body,
        };
        let mut builder = Message::builder();
        if let Some(url) = rendered.unsubscribe {
            // RFC 2369 and RFC 8058.
            builder = builder
                .raw_header(raw("List-Unsubscribe", format!("<{url}>")))
                .raw_header(raw(
                    "List-Unsubscribe-Post",
                    "List-Unsubscribe=One-Click".to_owned(),
                ));
        }
        Ok(builder
            .from(self.from.clone())
            .to(to)
            .subject(rendered.subject)
            .date(UNIX_EPOCH.checked_add(since_1970).unwrap_or(UNIX_EPOCH))
            // The same for each try, so that a mailbox can tell a repetition.
            .message_id(Some(format!(
                "<tanba-{}-{}@{host}>",
                message.id,
                message.created_at.unix()
            )))
            .raw_header(raw("Auto-Submitted", "auto-generated".to_owned()))
            .multipart(body)?)
    }
}

fn raw(name: &'static str, value: String) -> header::HeaderValue {
    header::HeaderValue::new(header::HeaderName::new_from_ascii_str(name), value)
}

fn transport(mail: &Mail) -> anyhow::Result<SmtpTransport> {
    let tls = match mail.security {
        MailSecurity::Starttls => Tls::Required(parameters(mail)?),
        MailSecurity::Tls => Tls::Wrapper(parameters(mail)?),
        MailSecurity::None => Tls::None,
    };
    let name = ClientId::Domain(mail.from.email.domain().to_owned());
    let mut builder = SmtpTransport::builder_dangerous(&mail.server)
        .hello_name(name)
        .port(mail.port)
        .tls(tls)
        .timeout(Some(PATIENCE));
    if let Some(account) = &mail.account {
        let secret = password::from(
            account.password_file.as_deref(),
            account.password_env.as_deref(),
            "Mail password",
        )?;
        let secret = String::from_utf8(secret.expose().to_vec())
            .context("the password of the mail account is not text")?;
        builder = builder.credentials(Credentials::new(account.user.clone(), secret));
    }
    Ok(builder.build())
}

fn parameters(mail: &Mail) -> anyhow::Result<TlsParameters> {
    let mut builder = TlsParameters::builder(mail.server.clone());
    builder = match &mail.trusted {
        None => builder.certificate_store(CertificateStore::WebpkiRoots),
        Some(path) => {
            let pem = std::fs::read(path)
                .with_context(|| format!("the file {} cannot be read", path.display()))?;
            builder
                .certificate_store(CertificateStore::None)
                .add_root_certificate(Certificate::from_pem(&pem)?)
        }
    };
    Ok(builder.build()?)
}

impl Carrier for SmtpCarrier {
    fn send(&self, message: &OutboxMessage, now: Timestamp) -> Result<(), CarrierError> {
        let mail = self
            .message(message, now)
            .map_err(|error| CarrierError::Refused(error.into()))?;
        self.transport.send(&mail).map(drop).map_err(|error| {
            // Whatever is wrong between the two servers may be mended; only a verdict on the message is final. An answer is
            // told by its number alone.
            let code = error.status().map(u16::from);
            let answer = Box::new(Answer(code));
            match code {
                Some(code) if OUR_FAULT.contains(&code) => CarrierError::Busy {
                    pause: OUR_PAUSE,
                    source: answer,
                },
                Some(code) if error.is_permanent() && !NOT_THE_MESSAGE.contains(&code) => {
                    if speaks_of_the_address(code, &error) {
                        CarrierError::Bounced(answer)
                    } else {
                        CarrierError::Refused(answer)
                    }
                }
                Some(_) => CarrierError::Later(answer),
                None if error.is_response() => CarrierError::Later(answer),
                None => CarrierError::Unreachable(Box::new(error)),
            }
        })
    }
}

/// Whether an answer means that nobody is there, and not that the mail is too large or not liked: 550 is used for both, and
/// only the enhanced status code tells (RFC 3463, 3; x.1 addressing, x.2.1 mailbox disabled, x.7 policy).
fn speaks_of_the_address(code: u16, error: &lettre::transport::smtp::Error) -> bool {
    let words = std::error::Error::source(error).map(ToString::to_string);
    let words = words.unwrap_or_default();
    let enhanced = words
        .split_whitespace()
        .find(|word| word.starts_with("5.") && word.matches('.').count() == 2);
    match enhanced {
        Some(enhanced) => enhanced.starts_with("5.1.") || enhanced == "5.2.1",
        None => NO_SUCH_MAILBOX.contains(&code),
    }
}

/// What a mail server answered, without its words: they may quote the address.
#[derive(Debug)]
struct Answer(Option<u16>);

impl fmt::Display for Answer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(code) => write!(formatter, "the mail server answered {code}"),
            None => formatter.write_str("the mail server refused"),
        }
    }
}

impl std::error::Error for Answer {}

impl fmt::Debug for SmtpCarrier {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("SmtpCarrier(…)")
    }
}

#[cfg(test)]
mod tests;
