//! Letters with a code that belongs to no application.

use super::{Block, Writer};

impl Writer<'_> {
    /// A code that belongs to no application.
    pub(super) fn bare_code(&self, key: &str, code: &str, minutes: u32) -> (String, Vec<Block>) {
        let life = [("minutes", minutes.into())];
        let blocks = vec![
            self.say(&format!("{key}-lead"), &[]),
            Block::Code {
                text: code.to_owned(),
            },
            self.say("mail-code-life", &life),
            self.say(&format!("{key}-not-me"), &[]),
        ];
        let subject = self.words(&format!("{key}-subject"), &[("code", code.into())]);
        (subject, blocks)
    }

    /// Whoever asks in somebody's name hands her the brake: with the link she freezes her keys however often it is asked.
    pub(super) fn entry_code(
        &self,
        code: &str,
        minutes: u32,
        not_me_path: &str,
        takes_back: bool,
    ) -> (String, Vec<Block>) {
        let (subject, mut blocks) = if code.is_empty() {
            let late = vec![self.say("mail-entry-late-lead", &[])];
            (self.words("mail-entry-late-subject", &[]), late)
        } else {
            self.bare_code("mail-entry", code, minutes)
        };
        if !not_me_path.is_empty() {
            blocks.push(self.link("mail-entry-freeze", not_me_path));
        }
        if takes_back {
            blocks.push(self.say("mail-entry-takes-back", &[]));
        }
        (subject, blocks)
    }
}
