//! Text messages: what a message of the outbox says in a line or two. They are read on locked screens by whoever stands
//! near, so that they hold no name, no number of an application and no serial; links only show.

use tanba_model::language::Language;
use tanba_model::message::{AdministratorAct, MessageBody, OutboxMessage};

use crate::dates;
use crate::locale::{Argument, Catalogue};
use crate::mail::{self, MailError};

/// Words a message. `public_url` is the cabinet as browsers see it, without a final slash.
///
/// # Errors
/// [`MailError`] when what ships is damaged.
pub fn render(message: &OutboxMessage, public_url: &str) -> Result<String, MailError> {
    let catalogue = mail::shared()?;
    let language = message.language;
    let words = Words {
        catalogue: &catalogue,
        language,
    };
    let url = |path: &str| {
        let url = format!("{public_url}/{}{path}", language.tag());
        [("url", url.into())]
    };
    Ok(match &message.body {
        MessageBody::ApplicationAccepted { not_me_path, .. } => {
            words.say("sms-accepted", &url(not_me_path))
        }
        MessageBody::CertificatesIssued { not_me_path, .. } => {
            words.say("sms-issued", &url(not_me_path))
        }
        MessageBody::Installed { .. } => words.say("sms-installed", &[]),
        MessageBody::Reminder { ends, .. } => {
            let [url] = url("/cabinet/reissue");
            let date = dates::date(&catalogue, language, *ends);
            words.say("sms-reminder", &[("date", date.into()), url])
        }
        MessageBody::Revoked { .. } => words.say("sms-revoked", &[]),
        MessageBody::ByAdministrator { act, .. } => words.say(
            match act {
                AdministratorAct::Revoked => "sms-administrator-revoked",
                AdministratorAct::Held => "sms-administrator-held",
                AdministratorAct::Released => "sms-administrator-released",
                AdministratorAct::PersonReleased | AdministratorAct::NothingHeld => {
                    "sms-administrator-person-released"
                }
                AdministratorAct::EmailChanged => "sms-administrator-email-changed",
                AdministratorAct::NamesChanged => "sms-administrator-names-changed",
                AdministratorAct::KeyCompromised => "sms-key-compromised",
            },
            &[],
        ),
        MessageBody::NotIssued { .. } => words.say("sms-not-issued", &[]),
        MessageBody::Frozen { .. } => words.say("sms-frozen", &[]),
        // The one code that goes to a telephone; how long it can be used says the page that asks for it.
        MessageBody::PhoneChangeCode { code, .. } => {
            words.say("sms-phone-code", &[("code", code.as_str().into())])
        }
        MessageBody::FirstIssued { not_me_path, .. } => words.say("sms-issued", &url(not_me_path)),
        MessageBody::AddressChanged { not_me_path, .. } => {
            words.say("sms-address-changed", &url(not_me_path))
        }
        MessageBody::PhoneChanged { not_me_path, .. } => {
            words.say("sms-phone-changed", &url(not_me_path))
        }
        MessageBody::NewDevice { not_me_path, .. } => {
            words.say("sms-new-device", &url(not_me_path))
        }
        // They go by mail alone: codes to the address that was confirmed, and what nobody has to stop at once.
        MessageBody::ConfirmationCode { .. }
        | MessageBody::AddressCode { .. }
        | MessageBody::EntryCode { .. }
        | MessageBody::EmailChangeCode { .. }
        | MessageBody::FirstSubmitted { .. }
        | MessageBody::FirstKept { .. }
        | MessageBody::FirstNotConfirmed { .. }
        | MessageBody::FirstExpired { .. }
        | MessageBody::FirstApproved { .. }
        | MessageBody::FirstCancelled { .. }
        | MessageBody::ApplicationRejected { .. } => mail::render(message, public_url)?.subject,
    })
}

struct Words<'a> {
    catalogue: &'a Catalogue,
    language: Language,
}

impl Words<'_> {
    fn say(&self, key: &str, arguments: &[(&str, Argument)]) -> String {
        self.catalogue.format(self.language, key, arguments)
    }
}

/// The letters of the default alphabet of telephones (3GPP TS 23.038, 6.2.1).
const DEFAULT_ALPHABET: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?\
    ¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";
/// Its extension: each takes two places (6.2.1.1).
const EXTENSION: &str = "^{}\\[~]|€";

/// How many messages of the network a text takes: 160 places of the default alphabet, else 70 of UCS-2; where more than
/// one is needed, 153 and 67 each (3GPP TS 23.040, 9.2.3.24.1).
#[must_use]
pub fn segments(text: &str) -> usize {
    let places = text.chars().try_fold(0_usize, |places, letter| {
        let more = if DEFAULT_ALPHABET.contains(letter) {
            1
        } else if EXTENSION.contains(letter) {
            2
        } else {
            return None;
        };
        Some(places.saturating_add(more))
    });
    let (places, alone, joined) = match places {
        Some(places) => (places, 160, 153),
        None => (text.encode_utf16().count(), 70, 67),
    };
    if places <= alone {
        1
    } else {
        places.div_ceil(joined)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segments_are_counted_as_the_network_counts_them() {
        assert_eq!(segments(""), 1);
        assert_eq!(segments(&"a".repeat(160)), 1);
        assert_eq!(segments(&"a".repeat(161)), 2);
        assert_eq!(segments(&"a".repeat(307)), 3);
        assert_eq!(segments(&"€".repeat(80)), 1);
        assert_eq!(segments(&"€".repeat(81)), 2);
        assert_eq!(segments(&"ә".repeat(70)), 1);
        assert_eq!(segments(&"ә".repeat(134)), 2);
        assert_eq!(segments(&"ә".repeat(135)), 3);
    }
}
