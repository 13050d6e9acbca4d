//! Questions, keys and faults as lines of text.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use tanba_model::language::Language;

use crate::consent::SecretFault;
use crate::consent::excerpt::{self, Gap, clean};
use crate::consent::question::{
    ContainerCard, Document, FileQuestion, KeyCard, KeyQuestion, Purpose, SecretQuestion,
    SiteQuestion,
};
use crate::containers::{OpenFault, Storage};
use crate::locale::{Argument, Catalogue};
use crate::origin::Use;

/// The zone in which dates of certificates are read in Kazakhstan.
const ZONE: &str = "Asia/Almaty";

/// Writes texts of one language.
pub(crate) struct Show<'a> {
    texts: &'a Catalogue,
    language: Language,
}

impl<'a> Show<'a> {
    pub(crate) const fn new(texts: &'a Catalogue, language: Language) -> Self {
        Self { texts, language }
    }

    /// The language that is written.
    #[cfg(feature = "window")]
    pub(crate) const fn language(&self) -> Language {
        self.language
    }

    /// What a language calls itself.
    #[cfg(feature = "window")]
    pub(crate) fn language_name(&self, language: Language) -> String {
        self.texts.text(language, "language-name")
    }

    /// A size.
    pub(crate) fn octets(&self, count: u64) -> String {
        let count = i64::try_from(count).unwrap_or(i64::MAX);
        self.format("ask-octets", &[("count", Argument::Number(count))])
    }

    pub(crate) fn text(&self, key: &str) -> String {
        self.texts.text(self.language, key)
    }

    pub(crate) fn format(&self, key: &str, arguments: &[(&str, Argument)]) -> String {
        self.texts.format(self.language, key, arguments)
    }

    /// Whether what was typed is one of the words of a text, in any of the languages.
    pub(crate) fn is_word(&self, key: &str, typed: &str) -> bool {
        Language::ALL.iter().any(|language| {
            let words = self.texts.text(*language, key);
            words.split(' ').any(|word| word == typed)
        })
    }

    /// Who asks, what for, and what is to be signed.
    pub(crate) fn question(&self, question: &KeyQuestion) -> String {
        let mut lines = vec![
            String::new(),
            format!("== {} ==", self.text(question.purpose.text_key())),
            self.format("ask-site", &[("origin", clean(&question.origin).into())]),
        ];
        if question.clock_is_wrong {
            lines.push(self.text("ask-clock-is-wrong"));
        }
        if question.document_count > 0 {
            lines.push(self.format(
                "ask-documents",
                &[("count", question.document_count.into())],
            ));
        }
        for (number, document) in question.documents.iter().enumerate() {
            lines.extend(self.document(number + 1, document));
        }
        let left = question
            .document_count
            .saturating_sub(question.documents.len());
        if left > 0 {
            lines.push(self.format("ask-documents-more", &[("count", left.into())]));
        }
        lines.join("\n")
    }

    fn document(&self, number: usize, document: &Document) -> Vec<String> {
        let mut lines = vec![format!(
            "{number}. {}, {}",
            self.text(document.form.text_key()),
            self.octets(document.size_octets)
        )];
        if let Some(file) = &document.file {
            lines.push(self.format("ask-file", &[("path", clean(file).into())]));
        }
        for (key, value) in &document.summary {
            lines.push(format!("   {}: {}", self.text(key), self.value(key, value)));
        }
        if let Some(text) = &document.text {
            lines.extend(self.lines(text).iter().map(|line| format!("   | {line}")));
            if document.is_cut {
                lines.push(self.text("ask-text-is-cut"));
            }
        }
        lines.push(self.format(
            document.form.digest_key(),
            &[("digest", document.sha256.as_str().into())],
        ));
        if document.is_unusual_digest() {
            lines.push(self.text("ask-digest-unusual"));
        }
        lines
    }

    /// The lines of a text that is to be signed: what would push the rest out of sight is told in words.
    pub(crate) fn lines(&self, text: &str) -> Vec<String> {
        excerpt::lines(text, |gap| {
            let (key, count) = match gap {
                Gap::Lines(count) => ("ask-empty-lines", count),
                Gap::Blanks(count) => ("ask-blanks", count),
            };
            self.format(key, &[("count", count.into())])
        })
    }

    /// A value of a summary: codes become words.
    pub(crate) fn value(&self, key: &str, value: &str) -> String {
        let word = match key {
            // An order that names no profile is about all of them.
            "summary-profile" if value.is_empty() => "summary-profile-all".to_owned(),
            _ if value.is_empty() => "summary-none".to_owned(),
            "summary-kind"
            | "summary-event"
            | "summary-act"
            | "summary-step"
            | "summary-identification"
            | "summary-decision-reason"
            | "summary-role" => format!("{key}-{value}"),
            "summary-key-purpose" | "summary-certificate" => format!("summary-purpose-{value}"),
            "summary-keystore" | "summary-kept-in" => Storage::from_identifier(value)
                .map(|storage| storage.text_key().to_owned())
                .unwrap_or_default(),
            _ => String::new(),
        };
        if self.texts.has(self.language, &word) {
            self.text(&word)
        } else {
            clean(value)
        }
    }

    pub(crate) fn first_use(&self, origin: &str, usage: Use) -> String {
        let key = match usage {
            Use::Login => "ask-first-login",
            Use::Signature => "ask-first-signature",
            Use::Keys => "ask-first-keys",
        };
        self.format(key, &[("origin", clean(origin).into())])
    }

    pub(crate) fn storages(&self, storages: &[Storage]) -> String {
        let mut lines = vec![self.text("ask-storages")];
        for (number, storage) in storages.iter().enumerate() {
            lines.push(format!(
                "  {}) {}",
                number + 1,
                self.text(storage.text_key())
            ));
        }
        lines.join("\n")
    }

    pub(crate) fn containers(&self, containers: &[ContainerCard]) -> String {
        if containers.is_empty() {
            return self.text("ask-no-containers");
        }
        let mut lines = vec![self.text("ask-containers")];
        for (number, container) in containers.iter().enumerate() {
            let tries = container.tries_left.map_or_else(String::new, |tries| {
                format!(
                    " ({})",
                    self.format("ask-tries-left", &[("count", tries.into())])
                )
            });
            lines.push(format!(
                "  {}) {}{tries}",
                number + 1,
                clean(&container.name)
            ));
            if container.pin_was_wrong {
                lines.push(self.text("ask-pin-was-wrong"));
            }
        }
        lines.join("\n")
    }

    pub(crate) fn secret_prompt(&self, storage: Storage) -> String {
        self.text(if storage.is_token() {
            "ask-pin"
        } else {
            "ask-password"
        })
    }

    pub(crate) fn keys(&self, cards: &[KeyCard]) -> String {
        let mut lines = vec![self.text("ask-keys")];
        for (number, card) in cards.iter().enumerate() {
            lines.push(format!("  {}) {}", number + 1, clean(&card.owner)));
            if !card.serial.is_empty() {
                lines.push(self.format(
                    "ask-key-validity",
                    &[
                        ("from", date(card.not_before).into()),
                        ("until", date(card.not_after).into()),
                    ],
                ));
                lines.push(self.format(
                    "ask-key-facts",
                    &[
                        ("serial", card.serial.as_str().into()),
                        ("issuer", clean(&card.issuer).into()),
                        ("algorithm", clean(&card.algorithm).into()),
                    ],
                ));
            }
            if let Some(reason) = &card.unusable {
                lines.push(format!("     ✗ {}", self.text(reason.text_key())));
            }
        }
        lines.join("\n")
    }

    pub(crate) fn fault(&self, fault: &OpenFault) -> String {
        let arguments = match fault {
            OpenFault::WrongSecret {
                tries_left: Some(tries),
            } => vec![("count", Argument::from(*tries))],
            OpenFault::Unsupported { reason } => vec![("reason", clean(reason).into())],
            OpenFault::WrongSecret { tries_left: None }
            | OpenFault::Blocked
            | OpenFault::Absent
            | OpenFault::Slow
            | OpenFault::NotAContainer
            | OpenFault::Damaged
            | OpenFault::Empty
            | OpenFault::Forbidden => Vec::new(),
        };
        self.format(fault.text_key(), &arguments)
    }

    pub(crate) fn final_question(&self, question: &KeyQuestion, card: &KeyCard) -> String {
        let key = match question.purpose {
            Purpose::Login => "ask-final-login",
            Purpose::Signature => "ask-final-signature",
            Purpose::KeyInformation => "ask-final-key-information",
            Purpose::TimeStamp => "ask-final-time-stamp",
        };
        self.format(
            key,
            &[
                ("owner", clean(&card.owner).into()),
                ("origin", clean(&question.origin).into()),
                ("count", question.document_count.into()),
            ],
        )
    }

    /// Who asks for the first time, and which file it names.
    pub(crate) fn site_question(&self, question: &SiteQuestion) -> String {
        [
            String::new(),
            format!("== {} ==", self.text("window-new-site")),
            self.first_use(&question.origin, question.usage),
            self.named_file(question),
        ]
        .join("\n")
    }

    /// What becomes of a file that a new site names.
    pub(crate) fn named_file(&self, question: &SiteQuestion) -> String {
        let path = clean(&question.file);
        self.format("ask-site-file", &[("path", path.into())])
    }

    /// Who asks, and what is made, installed or locked anew.
    pub(crate) fn secret_question(&self, question: &SecretQuestion) -> String {
        let mut lines = vec![
            String::new(),
            format!("== {} ==", self.text(question.purpose.text_key())),
            self.format("ask-site", &[("origin", clean(&question.origin).into())]),
            self.text(question.storage.text_key()),
        ];
        lines.extend(
            question
                .items
                .iter()
                .map(|item| format!("   {}", clean(item))),
        );
        lines.join("\n")
    }

    pub(crate) fn secret_fault(&self, fault: &SecretFault) -> String {
        match fault {
            SecretFault::Rules(rules) => {
                let lines: Vec<String> = rules.iter().map(|rule| self.text(rule)).collect();
                lines.join("\n")
            }
            SecretFault::Open(fault) => self.fault(fault),
            SecretFault::Unasked => self.text("ask-no-such-choice"),
        }
    }

    pub(crate) fn file_question(&self, question: &FileQuestion) -> String {
        let mut lines = vec![
            String::new(),
            format!("== {} ==", self.text("ask-title-file")),
            self.format("ask-site", &[("origin", clean(&question.origin).into())]),
        ];
        if let Some(ending) = &question.ending {
            lines.push(self.format("ask-file-ending", &[("ending", clean(ending).into())]));
        }
        lines.join("\n")
    }
}

/// `dd.MM.yyyy HH:mm`, as the national programs write it.
pub(crate) fn date(seconds: i64) -> String {
    let zone = TimeZone::get(ZONE).unwrap_or(TimeZone::UTC);
    Timestamp::from_second(seconds).map_or_else(
        |_| String::new(),
        |at| at.to_zoned(zone).strftime("%d.%m.%Y %H:%M").to_string(),
    )
}
