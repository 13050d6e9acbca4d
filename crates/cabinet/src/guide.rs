//! The guide: articles in three languages, which page each belongs to, and the entries of its index.
//!
//! An article is a file in `guide/`: a head, and for each language a title, the words that people use for what it is
//! about, and a text of which each line is a paragraph, a step (`1. `), an item (`- `) or a warning (`! `). Links are
//! `[words](/page)` within the same language and `[words](#article)`.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use tanba_model::help::{HelpEntry, HelpQuery, terms};
use tanba_model::language::Language;

use crate::locale::Catalogue;

mod block;
mod snippet;

pub(crate) use block::{Block, Inline};
pub(crate) use snippet::{Piece, snippet};

include!(concat!(env!("OUT_DIR"), "/guide.rs"));

/// The name of the article that is made of the fifteen steps.
pub(crate) const STEPS: &str = "renew";

/// The pictures of the fifteen steps: the number of a step and a name without language, in lines.
const STEP_PICTURES: &str = include_str!("../guide/steps.pictures");

/// The name of the picture that shows a step, counted from 1.
pub(crate) fn step_picture(step: usize) -> Option<&'static str> {
    let mut lines = STEP_PICTURES
        .lines()
        .filter_map(|line| line.split_once(' '));
    lines.find_map(|(number, name)| (number.parse() == Ok(step)).then_some(name))
}

/// Groups of articles, in the order in which they are shown.
pub(crate) const GROUPS: [&str; 6] = [
    "start",
    "cabinet",
    "trouble",
    "devices",
    "staff",
    "integrators",
];

/// Why the guide cannot be used. A test shows that the one that ships can.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GuideError {
    /// An article is not TOML of this form.
    #[error("the article {0} cannot be read")]
    Form(&'static str, #[source] toml::de::Error),
    /// A line of an article has a mistake.
    #[error("the article {0} has a mistake: {1}")]
    Line(&'static str, String),
}

/// An article as its file says it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    slug: String,
    group: String,
    #[serde(default)]
    figure: Option<String>,
    screens: Vec<String>,
    kk: WrittenText,
    ru: WrittenText,
    en: WrittenText,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenText {
    title: String,
    keywords: String,
    body: String,
}

/// The whole guide.
#[derive(Debug)]
pub(crate) struct Guide {
    articles: Vec<Article>,
    version: String,
}

/// An article.
#[derive(Debug)]
pub(crate) struct Article {
    pub(crate) slug: String,
    pub(crate) group: String,
    /// The name of its picture, without language.
    pub(crate) figure: Option<String>,
    screens: BTreeSet<String>,
    texts: [ArticleText; 3],
}

/// An article in one language.
#[derive(Debug)]
pub(crate) struct ArticleText {
    pub(crate) title: String,
    keywords: String,
    pub(crate) blocks: Vec<Block>,
}

/// A link to an article.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct ArticleLink {
    pub(crate) title: String,
    pub(crate) href: String,
}

impl Guide {
    /// Reads the guide that ships with the program, with the names of this installation filled in.
    pub(crate) fn shipped(catalogue: &Catalogue) -> Result<Self, GuideError> {
        let mut articles = Vec::with_capacity(ARTICLES.len() + 1);
        for (name, source) in ARTICLES {
            let written: Written =
                toml::from_str(source).map_err(|error| GuideError::Form(name, error))?;
            let texts = [
                (Language::Kk, written.kk),
                (Language::Ru, written.ru),
                (Language::En, written.en),
            ];
            let [kk, ru, en] = texts.map(|(language, text)| {
                ArticleText::read(catalogue, language, text)
                    .map_err(|line| GuideError::Line(name, line))
            });
            articles.push(Article {
                slug: written.slug,
                group: written.group,
                figure: written.figure,
                screens: written.screens.into_iter().collect(),
                texts: [kk?, ru?, en?],
            });
        }
        let place = articles
            .iter()
            .position(|article| article.slug == "prepare")
            .map_or(0, |place| place + 1);
        articles.insert(place, steps(catalogue));
        let mut guide = Self {
            articles,
            version: String::new(),
        };
        guide.version = HelpEntry::version_of(&guide.entries());
        Ok(guide)
    }

    /// What says whether an index is of this guide: a digest of all that is indexed.
    pub(crate) fn version(&self) -> &str {
        &self.version
    }

    /// What is put into the index.
    pub(crate) fn entries(&self) -> Vec<HelpEntry> {
        let entry = |article: &Article, language: Language| {
            let text = article.text(language);
            HelpEntry {
                language,
                article: article.slug.clone(),
                title: terms(language, &text.title),
                keywords: terms(language, &text.keywords),
                body: terms(language, &text.plain()),
            }
        };
        let mut entries = Vec::new();
        for language in Language::ALL {
            entries.extend(self.articles.iter().map(|article| entry(article, language)));
        }
        entries
    }

    pub(crate) fn find(&self, slug: &str) -> Option<&Article> {
        self.articles.iter().find(|article| article.slug == slug)
    }

    /// The articles of a group, in order.
    pub(crate) fn of_group(&self, group: &str, language: Language) -> Vec<ArticleLink> {
        let articles = self.articles.iter();
        articles
            .filter(|article| article.group == group)
            .map(|article| article.link(language))
            .collect()
    }

    /// The articles that belong to a page.
    pub(crate) fn of_screen(&self, screen: &str, language: Language) -> Vec<ArticleLink> {
        let articles = self.articles.iter();
        articles
            .filter(|article| article.screens.contains(screen))
            .map(|article| article.link(language))
            .collect()
    }
}

impl Article {
    pub(crate) const fn text(&self, language: Language) -> &ArticleText {
        let [kk, ru, en] = &self.texts;
        match language {
            Language::Kk => kk,
            Language::Ru => ru,
            Language::En => en,
        }
    }

    pub(crate) fn link(&self, language: Language) -> ArticleLink {
        ArticleLink {
            title: self.text(language).title.clone(),
            href: format!("/{}/guide/{}", language.tag(), self.slug),
        }
    }

    /// The part of the article that answers a question best.
    pub(crate) fn answer(&self, language: Language, query: &HelpQuery) -> Vec<Piece> {
        snippet(&self.text(language).lines(), query)
    }
}

impl ArticleText {
    fn read(
        catalogue: &Catalogue,
        language: Language,
        written: WrittenText,
    ) -> Result<Self, String> {
        let names = |text: &str| {
            text.replace("{contact}", &catalogue.text(language, "contact-phone"))
                .replace("{authority}", &catalogue.text(language, "authority-short"))
        };
        Ok(Self {
            title: written.title,
            keywords: written.keywords,
            blocks: block::read(&names(&written.body), language)?,
        })
    }

    /// The lines of the text without their links and marks.
    fn lines(&self) -> Vec<String> {
        self.blocks.iter().flat_map(Block::lines).collect()
    }

    fn plain(&self) -> String {
        self.lines().join("\n")
    }
}

/// The article of the fifteen steps, which the catalogue words.
fn steps(catalogue: &Catalogue) -> Article {
    let text = |language: Language| {
        let word = |key: String| catalogue.text(language, &key);
        let step = |number: u8| {
            let title = word(format!("guide-{number}"));
            let detail = word(format!("guide-{number}-text"));
            vec![Inline::text(format!("{title}. ")), Inline::text(detail)]
        };
        ArticleText {
            title: word("guide-title".to_owned()),
            keywords: word("guide-steps-keywords".to_owned()),
            blocks: vec![
                Block::Paragraph(vec![Inline::text(word("guide-lead".to_owned()))]),
                Block::Steps((1..=15).map(step).collect()),
            ],
        }
    };
    Article {
        slug: STEPS.to_owned(),
        group: "start".to_owned(),
        figure: None,
        screens: ["front", "cabinet", "reissue"].map(str::to_owned).into(),
        texts: Language::ALL.map(text),
    }
}

#[cfg(test)]
mod tests;
