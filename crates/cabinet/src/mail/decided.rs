//! Mails about what was revoked, frozen, refused, or changed by an administrator.

use tanba_model::message::{AdministratorAct, MessageBody};

use super::{Block, Writer, grouped};

impl Writer<'_> {
    pub(super) fn revoked(
        &self,
        serials: &[String],
        reason: &str,
        by_code: bool,
        not_me_path: &str,
    ) -> (String, Vec<Block>) {
        let reason = self.words(&format!("reason-{reason}"), &[]);
        let lead = if by_code {
            "mail-revoked-by-code"
        } else {
            "mail-revoked-lead"
        };
        let mut blocks = vec![
            self.say(lead, &[("reason", reason.into())]),
            Block::certificates(serials),
        ];
        if !not_me_path.is_empty() {
            blocks.push(self.link("mail-revoked-not-me", not_me_path));
        }
        if !by_code {
            blocks.push(self.say("mail-revoked-next", &[]));
        }
        (self.words("mail-revoked-subject", &[]), blocks)
    }

    /// What tells of an application that was refused; nothing for any other message.
    pub(super) fn refused(&self, body: &MessageBody) -> (String, Vec<Block>) {
        if let MessageBody::ApplicationRejected { number, reason } = body {
            return self.rejected(number, reason);
        }
        if let MessageBody::NotIssued {
            number,
            reason,
            serials,
            not_me_path,
        } = body
        {
            return self.not_issued(number, reason, serials, not_me_path);
        }
        (String::new(), Vec::new())
    }

    fn rejected(&self, number: &str, reason: &str) -> (String, Vec<Block>) {
        let argument = [("number", grouped(number).into())];
        let told = match tanba_ra::codes::desk_reason(reason) {
            Some((code, words)) => {
                let code = self.words(&format!("decision-reason-{code}"), &[]);
                format!("{code} {words}").trim_end().to_owned()
            }
            None => reason.to_owned(),
        };
        let blocks = vec![
            self.say("mail-rejected-lead", &argument),
            Block::Text { text: told },
            self.say("mail-rejected-next", &[]),
        ];
        (self.words("mail-rejected-subject", &argument), blocks)
    }

    fn not_issued(
        &self,
        number: &str,
        reason: &str,
        serials: &[String],
        not_me_path: &str,
    ) -> (String, Vec<Block>) {
        let argument = [("number", grouped(number).into())];
        let mut blocks = vec![
            self.say("mail-not-issued-lead", &argument),
            self.say(&format!("rejected-{reason}"), &[]),
        ];
        if !serials.is_empty() {
            blocks.push(self.say("mail-not-issued-revoked", &[]));
            blocks.push(Block::certificates(serials));
        }
        blocks.push(self.say("mail-not-issued-next", &[]));
        if !not_me_path.is_empty() {
            blocks.push(self.link("mail-not-me-link", not_me_path));
        }
        (self.words("mail-not-issued-subject", &argument), blocks)
    }

    pub(super) fn frozen(&self, serials: &[String], by_code: bool) -> (String, Vec<Block>) {
        let lead = if by_code {
            "mail-frozen-by-code"
        } else {
            "mail-frozen-lead"
        };
        let blocks = vec![
            self.say(lead, &[]),
            Block::certificates(serials),
            self.say("mail-frozen-next", &[]),
        ];
        (self.words("mail-frozen-subject", &[]), blocks)
    }

    pub(super) fn by_administrator(
        &self,
        act: AdministratorAct,
        serials: &[String],
        reason: &str,
        not_me_path: &str,
    ) -> (String, Vec<Block>) {
        let (subject, lead) = match act {
            AdministratorAct::Revoked => ("mail-revoked-subject", "mail-administrator-revoked"),
            AdministratorAct::Held => ("mail-frozen-subject", "mail-administrator-held"),
            AdministratorAct::Released => ("mail-released-subject", "mail-administrator-released"),
            AdministratorAct::PersonReleased => (
                "mail-person-released-subject",
                "mail-administrator-person-released",
            ),
            AdministratorAct::NothingHeld => (
                "mail-person-released-subject",
                "mail-administrator-nothing-held",
            ),
            AdministratorAct::EmailChanged => (
                "mail-email-changed-subject",
                "mail-administrator-email-changed",
            ),
            AdministratorAct::NamesChanged => (
                "mail-names-changed-subject",
                "mail-administrator-names-changed",
            ),
            AdministratorAct::KeyCompromised => {
                ("mail-key-compromised-subject", "mail-key-compromised-lead")
            }
        };
        let reason = if reason.is_empty() {
            String::new()
        } else {
            self.words(&format!("reason-{reason}"), &[])
        };
        let mut blocks = vec![self.say(lead, &[("reason", reason.into())])];
        if !serials.is_empty() {
            blocks.push(Block::certificates(serials));
        }
        if act == AdministratorAct::NothingHeld {
            blocks.push(self.link("mail-nothing-held-next", "/obtain"));
        }
        if !not_me_path.is_empty() {
            blocks.push(self.link("mail-released-not-me", not_me_path));
        }
        blocks.push(match act {
            AdministratorAct::KeyCompromised => self.link("mail-key-compromised-next", "/obtain"),
            AdministratorAct::Revoked
            | AdministratorAct::Held
            | AdministratorAct::Released
            | AdministratorAct::PersonReleased
            | AdministratorAct::NothingHeld
            | AdministratorAct::EmailChanged
            | AdministratorAct::NamesChanged => self.say("mail-administrator-next", &[]),
        });
        (self.words(subject, &[]), blocks)
    }
}
