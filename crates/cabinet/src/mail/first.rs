//! Mails of first issuance.

use std::time::Duration;

use tanba_model::message::MessageBody;
use tanba_pki::Timestamp;

use super::{Block, Writer, grouped};
use crate::dates;

impl Writer<'_> {
    /// Words a message of first issuance; of others there is nothing to say here.
    pub(super) fn first(&self, body: &MessageBody) -> (String, Vec<Block>) {
        match body {
            MessageBody::AddressCode { code, minutes } => self.address_code(code, *minutes),
            MessageBody::FirstSubmitted {
                number,
                link_path,
                centre,
                appear_by,
            } => self.first_submitted(number, link_path, centre, *appear_by),
            MessageBody::FirstKept { number, link_path } => {
                let mut told = self.about_first("kept", number);
                told.1.push(self.link("mail-first-link", link_path));
                told
            }
            MessageBody::FirstNotConfirmed { number } => {
                let mut told = self.about_first("not-confirmed", number);
                told.1.push(self.say("mail-first-not-confirmed-next", &[]));
                told.1.push(self.link("mail-first-again", "/obtain"));
                told
            }
            MessageBody::FirstExpired { number } => {
                let mut told = self.about_first("expired", number);
                told.1.push(self.link("mail-first-again", "/obtain"));
                told
            }
            MessageBody::FirstApproved { number, link_path } => {
                let mut told = self.about_first("approved", number);
                told.1
                    .push(self.link("mail-first-approved-link", link_path));
                told
            }
            MessageBody::FirstIssued {
                number,
                serials,
                link_path,
                not_me_path,
            } => {
                let blocks = vec![
                    self.say(
                        "mail-first-issued-lead",
                        &[("number", grouped(number).into())],
                    ),
                    Block::certificates(serials),
                    self.link("mail-first-issued-next", link_path),
                    self.link("mail-not-me-link", not_me_path),
                ];
                (self.words("mail-issued-subject", &[]), blocks)
            }
            MessageBody::FirstCancelled { number } => {
                let mut told = self.about_first("cancelled", number);
                told.1.push(self.say("mail-first-cancelled-not-me", &[]));
                told.1.push(self.link("mail-first-again", "/obtain"));
                told
            }
            MessageBody::ConfirmationCode { .. }
            | MessageBody::ApplicationAccepted { .. }
            | MessageBody::CertificatesIssued { .. }
            | MessageBody::Installed { .. }
            | MessageBody::Reminder { .. }
            | MessageBody::Revoked { .. }
            | MessageBody::ApplicationRejected { .. }
            | MessageBody::NotIssued { .. }
            | MessageBody::ByAdministrator { .. }
            | MessageBody::Frozen { .. }
            | MessageBody::EntryCode { .. }
            | MessageBody::EmailChangeCode { .. }
            | MessageBody::AddressChanged { .. }
            | MessageBody::PhoneChangeCode { .. }
            | MessageBody::PhoneChanged { .. }
            | MessageBody::NewDevice { .. } => (String::new(), Vec::new()),
        }
    }

    fn address_code(&self, code: &str, minutes: u32) -> (String, Vec<Block>) {
        let blocks = vec![
            self.say("mail-address-code-lead", &[]),
            Block::Code {
                text: code.to_owned(),
            },
            self.say("mail-address-code-life", &[("minutes", minutes.into())]),
            self.say("mail-address-code-not-me", &[]),
        ];
        (
            self.words("mail-address-code-subject", &[("code", code.into())]),
            blocks,
        )
    }

    fn first_submitted(
        &self,
        number: &str,
        link_path: &str,
        centre: &str,
        appear_by: Timestamp,
    ) -> (String, Vec<Block>) {
        // The last day ends just before.
        let last = appear_by.minus(Duration::from_secs(1));
        let date = dates::date(self.catalogue, self.language, last);
        let number = grouped(number);
        let subject = [
            ("number", number.as_str().into()),
            ("date", date.as_str().into()),
        ];
        let blocks = vec![
            self.say(
                "mail-first-submitted-lead",
                &[("number", number.as_str().into())],
            ),
            self.say("mail-first-submitted-centre", &[("centre", centre.into())]),
            self.say(
                "mail-first-submitted-deadline",
                &[("date", date.as_str().into())],
            ),
            self.say("mail-first-submitted-keys", &[]),
            self.link("mail-first-link", link_path),
        ];
        (self.words("mail-first-submitted-subject", &subject), blocks)
    }

    /// Subject and first paragraph of what happened to an application.
    fn about_first(&self, what: &str, number: &str) -> (String, Vec<Block>) {
        let argument = [("number", grouped(number).into())];
        (
            self.words(&format!("mail-first-{what}-subject"), &argument),
            vec![self.say(&format!("mail-first-{what}-lead"), &argument)],
        )
    }
}
