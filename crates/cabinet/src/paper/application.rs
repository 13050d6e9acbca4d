//! The application on paper, which a person takes to the registration centre.

use tanba_model::application::ApplicationNumber;
use tanba_model::keystore_kind::KeystoreKind;
use tanba_model::language::Language;
use tanba_pki::Timestamp;
use tanba_print::{Block, Document, Fact, Fit, Fonts, PrintError, Style};

use super::PaperWords;
use crate::dates;
use crate::locale::Catalogue;

/// An application as it is printed: one A4 page, for first keys.
#[derive(Clone, Debug)]
pub struct PrintedApplication {
    /// Its number.
    pub number: ApplicationNumber,
    /// Who applied.
    pub applicant: Applicant,
    /// The confirmed address, if there is one.
    pub email: Option<String>,
    /// Where the new keys live.
    pub keystore: KeystoreKind,
    /// When she applied.
    pub submitted_at: Timestamp,
    /// A moment of the last day on which she may come.
    pub last_day: Timestamp,
    /// Where she goes; in the order of [`Language::ALL`].
    pub centre: [PrintedCentre; 3],
    /// The public page of the application's status, without secrets: whoever finds the paper can read it.
    pub status_url: String,
}

/// Who applied, as she wrote it.
#[derive(Clone, Debug)]
pub struct Applicant {
    /// Surname.
    pub surname: String,
    /// Given name.
    pub given_name: String,
    /// Patronymic, if she has one.
    pub patronymic: Option<String>,
    /// Individual identification number, 12 digits.
    pub iin: String,
}

/// A registration centre in one language.
#[derive(Clone, Debug, Default)]
pub struct PrintedCentre {
    /// Its name.
    pub name: String,
    /// Street, house, town.
    pub address: String,
    /// When it is open.
    pub opening_hours: String,
    /// Its telephone, if known.
    pub phone: Option<String>,
}

/// In which languages it is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edition {
    /// Kazakh and Russian beside each other, for the desk.
    KazakhRussian,
    /// English.
    English,
}

impl Edition {
    /// The edition for a reader of that language.
    #[must_use]
    pub const fn of(language: Language) -> Self {
        match language {
            Language::Kk | Language::Ru => Self::KazakhRussian,
            Language::En => Self::English,
        }
    }

    const fn languages(self) -> &'static [Language] {
        match self {
            Self::KazakhRussian => &[Language::Kk, Language::Ru],
            Self::English => &[Language::En],
        }
    }
}

impl PrintedApplication {
    /// The document as PDF/A-2u.
    ///
    /// # Errors
    /// [`PrintError`]; the application itself is not touched by it.
    pub fn to_pdf(
        &self,
        catalogue: &Catalogue,
        edition: Edition,
        fonts: &Fonts,
    ) -> Result<Vec<u8>, PrintError> {
        self.document(catalogue, edition).to_pdf(fonts)
    }

    /// What a browser saves it as: the number is no secret among the person's own files.
    #[must_use]
    pub fn file_name(&self) -> String {
        format!("tanba-{}.pdf", self.number)
    }

    fn document(&self, catalogue: &Catalogue, edition: Edition) -> Document {
        let page = Page {
            application: self,
            words: edition
                .languages()
                .iter()
                .map(|language| PaperWords {
                    catalogue,
                    language: *language,
                })
                .collect(),
        };
        let first = page
            .words
            .first()
            .map_or("kk", |words| words.language.tag());
        Document {
            title: page.joined("paper-application-title"),
            language: first,
            author: page.joined("authority-name"),
            created: self.submitted_at,
            running_head: page.joined("paper-application-title"),
            foot: page.foot(),
            blocks: page.blocks(),
            fit: Fit::OnePage,
        }
    }
}

/// The page while it is composed.
struct Page<'a> {
    application: &'a PrintedApplication,
    words: Vec<PaperWords<'a>>,
}

impl Page<'_> {
    /// The text of a key in all languages of the edition: `Тегі / Фамилия`.
    fn joined(&self, key: &str) -> String {
        let mut texts: Vec<String> = Vec::new();
        for words in &self.words {
            let text = words.text(key);
            if !texts.contains(&text) {
                texts.push(text);
            }
        }
        texts.join(" / ")
    }

    /// Whose paper it is and how to treat it, a line for each in each language: one line cannot hold two.
    fn foot(&self) -> Vec<String> {
        let words = self.words.iter();
        words
            .flat_map(|words| ["authority-name", "paper-keep"].map(|key| words.text(key)))
            .collect()
    }

    fn blocks(&self) -> Vec<Block> {
        let application = self.application;
        // The first language has the title, the others say it again below.
        let titles = [1, 2, 2].iter().zip(&self.words).map(|(level, words)| {
            let title = Block::heading(*level, words.text("paper-application-title"));
            Block::within(words.language.tag(), vec![title])
        });
        let mut left: Vec<Block> = titles.collect();
        left.push(Block::Number {
            label: self.joined("application-number"),
            number: application.number.grouped(),
        });
        let code = Block::Code {
            url: application.status_url.clone(),
            caption: self.joined("paper-code-caption"),
            description: self.joined("paper-code-description"),
        };
        let mut blocks = vec![
            Block::Columns {
                left_share: 0.76,
                left,
                right: vec![code],
            },
            Block::Facts(self.facts()),
        ];
        blocks.extend(self.instructions());
        blocks.push(Block::Signatures(vec![
            self.joined("paper-sign-applicant"),
            self.joined("paper-sign-operator"),
        ]));
        blocks
    }

    fn facts(&self) -> Vec<Fact> {
        let application = self.application;
        let applicant = &application.applicant;
        let fact = |key: &str, value: &str| Fact::new(self.joined(key), value);
        let in_each = |key: &str, value: &dyn Fn(&PaperWords<'_>) -> String| {
            let values: Vec<String> = self.words.iter().map(value).collect();
            Fact::new(self.joined(key), values.join(" / "))
        };
        let mut facts = vec![
            fact("summary-surname", &applicant.surname),
            fact("summary-given-name", &applicant.given_name),
        ];
        if let Some(patronymic) = &applicant.patronymic {
            facts.push(fact("summary-patronymic", patronymic));
        }
        facts.push(fact("summary-iin", &applicant.iin));
        if let Some(email) = &application.email {
            facts.push(fact("summary-email", email));
        }
        let keystore = format!("keystore-{}", application.keystore.identifier());
        facts.push(fact("summary-keystore", &self.joined(&keystore)));
        facts.push(in_each("paper-submitted", &|words| {
            dates::date(words.catalogue, words.language, application.submitted_at)
        }));
        facts
    }

    /// Where to go, until when, with what: each language in a column of its own.
    fn instructions(&self) -> Vec<Block> {
        let columns: Vec<Vec<Block>> = self
            .words
            .iter()
            .map(|words| vec![Block::within(words.language.tag(), self.instruction(words))])
            .collect();
        let mut columns = columns.into_iter();
        match (columns.next(), columns.next()) {
            (Some(left), Some(right)) => vec![Block::Columns {
                left_share: 0.5,
                left,
                right,
            }],
            (only, _) => only.unwrap_or_default(),
        }
    }

    fn instruction(&self, words: &PaperWords<'_>) -> Vec<Block> {
        let [kk, ru, en] = &self.application.centre;
        let centre = match words.language {
            Language::Kk => kk,
            Language::Ru => ru,
            Language::En => en,
        };
        let day = dates::date(words.catalogue, words.language, self.application.last_day);
        let mut blocks = vec![
            Block::heading(2, words.text("paper-come-title")),
            Block::styled(
                Style::Strong,
                words.format("paper-come", &[("date", day.into())]),
            ),
            Block::text(words.text("paper-come-late")),
            Block::heading(3, words.text("paper-centre")),
        ];
        let hours = (!centre.opening_hours.is_empty())
            .then(|| format!("{} {}", words.text("paper-hours"), centre.opening_hours));
        let phone = centre
            .phone
            .as_ref()
            .map(|phone| format!("{} {phone}", words.text("paper-phone")));
        let lines = [
            Some(centre.name.clone()),
            Some(centre.address.clone()),
            hours,
            phone,
        ];
        blocks.extend(
            lines
                .into_iter()
                .flatten()
                .filter(|line| !line.is_empty())
                .map(Block::text),
        );
        blocks.push(Block::heading(3, words.text("paper-bring")));
        blocks.push(Block::List(vec![
            words.text("paper-bring-document"),
            words.text("paper-bring-number"),
        ]));
        blocks.push(Block::styled(Style::Small, words.text("paper-after")));
        blocks
    }
}
