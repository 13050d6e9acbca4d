//! Lines of an article as pieces of a page.

use serde::Serialize;
use tanba_model::language::Language;

/// A piece of an article.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", content = "items", rename_all = "lowercase")]
pub(crate) enum Block {
    Paragraph(Vec<Inline>),
    List(Vec<Vec<Inline>>),
    Steps(Vec<Vec<Inline>>),
    Warning(Vec<Inline>),
}

/// Words, perhaps with a link.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Inline {
    pub(crate) text: String,
    pub(crate) href: Option<String>,
}

impl Inline {
    pub(crate) const fn text(text: String) -> Self {
        Self { text, href: None }
    }
}

impl Block {
    /// Its lines as plain text.
    pub(crate) fn lines(&self) -> Vec<String> {
        let line = |inlines: &Vec<Inline>| -> String {
            inlines.iter().map(|inline| inline.text.as_str()).collect()
        };
        match self {
            Self::Paragraph(inlines) | Self::Warning(inlines) => vec![line(inlines)],
            Self::List(items) | Self::Steps(items) => items.iter().map(line).collect(),
        }
    }

    #[cfg(test)]
    pub(crate) fn links(&self) -> impl Iterator<Item = &str> {
        let inlines: Vec<&Inline> = match self {
            Self::Paragraph(inlines) | Self::Warning(inlines) => inlines.iter().collect(),
            Self::List(items) | Self::Steps(items) => items.iter().flatten().collect(),
        };
        inlines
            .into_iter()
            .filter_map(|inline| inline.href.as_deref())
    }
}

/// Reads a text.
///
/// # Errors
/// The line that cannot be read.
pub(crate) fn read(text: &str, language: Language) -> Result<Vec<Block>, String> {
    let mut blocks: Vec<Block> = Vec::new();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        if let Some(item) = line.strip_prefix("- ") {
            let item = inlines(item, language)?;
            match blocks.last_mut() {
                Some(Block::List(items)) => items.push(item),
                _ => blocks.push(Block::List(vec![item])),
            }
        } else if let Some((_, step)) = line
            .split_once(". ")
            .filter(|(number, _)| number.bytes().all(|byte| byte.is_ascii_digit()))
        {
            let step = inlines(step, language)?;
            match blocks.last_mut() {
                Some(Block::Steps(steps)) => steps.push(step),
                _ => blocks.push(Block::Steps(vec![step])),
            }
        } else if let Some(warning) = line.strip_prefix("! ") {
            blocks.push(Block::Warning(inlines(warning, language)?));
        } else {
            blocks.push(Block::Paragraph(inlines(line, language)?));
        }
    }
    Ok(blocks)
}

/// Words and links of a line.
fn inlines(line: &str, language: Language) -> Result<Vec<Inline>, String> {
    let mistake = || line.to_owned();
    let mut inlines = Vec::new();
    let mut rest = line;
    while let Some((before, after)) = rest.split_once('[') {
        let (words, target) = after.split_once("](").ok_or_else(mistake)?;
        let (target, after) = target.split_once(')').ok_or_else(mistake)?;
        let href = match (target.strip_prefix('#'), target.strip_prefix('/')) {
            (Some(article), _) => format!("/{}/guide/{article}", language.tag()),
            (None, Some(page)) => format!("/{}/{page}", language.tag()),
            (None, None) => return Err(mistake()),
        };
        if !before.is_empty() {
            inlines.push(Inline::text(before.to_owned()));
        }
        inlines.push(Inline {
            text: words.to_owned(),
            href: Some(href),
        });
        rest = after;
    }
    if !rest.is_empty() {
        inlines.push(Inline::text(rest.to_owned()));
    }
    Ok(inlines)
}
