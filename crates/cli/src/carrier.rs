//! Carries mails to the mail server (RFC 5321), worded by the cabinet.

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

/// How long one answer of the mail server may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// Answers that speak of our account or connection and not of the message (RFC 5321, 4.2; RFC 4954, 6).
const NOT_THE_MESSAGE: [u16; 8] = [421, 450, 500, 502, 503, 530, 534, 535];

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
        Ok(Message::builder()
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
            .raw_header(header::HeaderValue::new(
                header::HeaderName::new_from_ascii_str("Auto-Submitted"),
                "auto-generated".to_owned(),
            ))
            .multipart(body)?)
    }
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
            // Whatever is wrong between the two servers may be mended; only a verdict on the message is final.
            let code = error.status().map(u16::from);
            if error.is_permanent() && !code.is_some_and(|code| NOT_THE_MESSAGE.contains(&code)) {
                CarrierError::Refused(Box::new(Answer(code)))
            } else {
                // An answer is told by its number alone, also while it may change.
                CarrierError::Later(if code.is_some() || error.is_response() {
                    Box::new(Answer(code))
                } else {
                    Box::new(error)
                })
            }
        })
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
mod tests {
    use tanba_model::id::{MessageId, PersonId};
    use tanba_model::language::Language;
    use tanba_model::message::MessageBody;
    use tanba_model::person::EmailAddress;

    use super::*;

    #[test]
    fn a_reminder_brings_its_calendar_and_other_mails_bring_none() {
        let carrier = SmtpCarrier {
            transport: SmtpTransport::unencrypted_localhost(),
            from: "Tanba <tanba@example.kz>".parse().unwrap(),
            origin: "https://cabinet.example".to_owned(),
        };
        let serials = vec!["00ff".to_owned()];
        let at = Timestamp::from_unix(1_795_500_000);
        let mail = |body| {
            let message = OutboxMessage {
                id: MessageId(1),
                person: Some(PersonId(1)),
                to: EmailAddress::parse("a@example.kz").unwrap(),
                language: Language::Kk,
                body,
                created_at: at,
                tries: 0,
            };
            let mail = carrier.message(&message, at).unwrap();
            String::from_utf8(mail.formatted()).unwrap()
        };
        let reminder = mail(MessageBody::Reminder {
            serials: serials.clone(),
            ends: at,
        });
        assert!(reminder.contains("Content-Type: text/calendar; charset=utf-8"));
        assert!(reminder.contains("filename=\"tanba.ics\""));
        assert!(
            !mail(MessageBody::Frozen {
                serials,
                by_code: false
            })
            .contains("text/calendar")
        );
    }
}
