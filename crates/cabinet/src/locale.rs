//! Texts in the three languages.

use std::collections::BTreeMap;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use tanba_model::language::Language;

use crate::names::AuthoritySection;

/// The sources, in the order of [`Language::ALL`].
pub(crate) const SOURCES: [(Language, &str); 3] = [
    (
        Language::Kk,
        concat!(
            include_str!("../locales/kk.ftl"),
            "\n",
            include_str!("../locales/kk.desk.ftl"),
            "\n",
            include_str!("../locales/kk.console.ftl"),
            "\n",
            include_str!("../locales/kk.acts.ftl")
        ),
    ),
    (
        Language::Ru,
        concat!(
            include_str!("../locales/ru.ftl"),
            "\n",
            include_str!("../locales/ru.desk.ftl"),
            "\n",
            include_str!("../locales/ru.console.ftl"),
            "\n",
            include_str!("../locales/ru.acts.ftl")
        ),
    ),
    (
        Language::En,
        concat!(
            include_str!("../locales/en.ftl"),
            "\n",
            include_str!("../locales/en.desk.ftl"),
            "\n",
            include_str!("../locales/en.console.ftl"),
            "\n",
            include_str!("../locales/en.acts.ftl")
        ),
    ),
];

/// What the audit log records, without `act-`, as keys of texts have it.
pub(crate) fn acts() -> impl Iterator<Item = &'static str> {
    let lines = include_str!("../locales/en.acts.ftl").lines();
    let names = lines.filter_map(|line| line.strip_prefix("act-")?.split_once(" = "));
    names
        .map(|(name, _)| name)
        .filter(|name| !name.starts_with("by-"))
}

/// Keys of the texts that scripts need, with their meaning; kept by those who write the scripts.
pub(crate) const SCRIPT_MESSAGES: &str = include_str!("../web/messages.json");

/// Why the texts cannot be used. A test shows that those that ship can.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CatalogueError {
    /// A file of texts has a mistake.
    #[error("the texts in {0} have a mistake: {1}")]
    Syntax(&'static str, String),
    /// The list of texts for scripts is not JSON.
    #[error("the list of texts for scripts cannot be read")]
    Scripts(#[source] serde_json::Error),
}

/// The texts of one language.
struct Texts {
    bundle: FluentBundle<FluentResource>,
}

/// All texts in all languages.
pub struct Catalogue {
    texts: [Texts; 3],
    script_keys: Vec<String>,
}

impl std::fmt::Debug for Catalogue {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Catalogue(…)")
    }
}

/// An argument of a text.
#[derive(Clone, Debug)]
pub(crate) enum Argument {
    /// Put in as it is.
    Text(String),
    /// Chooses a plural form.
    Number(i64),
}

impl From<String> for Argument {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<&str> for Argument {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<i64> for Argument {
    fn from(number: i64) -> Self {
        Self::Number(number)
    }
}

impl From<u32> for Argument {
    fn from(number: u32) -> Self {
        Self::Number(number.into())
    }
}

impl Catalogue {
    /// Reads the texts that ship with the program.
    ///
    /// # Errors
    /// [`CatalogueError`], which the shipped texts do not cause.
    pub fn shipped() -> Result<Self, CatalogueError> {
        Self::named(&AuthoritySection::default(), true)
    }

    /// The same with the names of an installation; where it gives none, `national` chooses between those of the
    /// national authority of Kazakhstan and neutral ones.
    ///
    /// # Errors
    /// [`CatalogueError`], which checked names do not cause.
    pub fn named(names: &AuthoritySection, national: bool) -> Result<Self, CatalogueError> {
        let [kk, ru, en] = SOURCES;
        let read = |source| Texts::read(source, names, national);
        let meanings: BTreeMap<String, String> =
            serde_json::from_str(SCRIPT_MESSAGES).map_err(CatalogueError::Scripts)?;
        Ok(Self {
            texts: [read(kk)?, read(ru)?, read(en)?],
            script_keys: meanings.into_keys().collect(),
        })
    }

    /// The text of a key; a key without a text shows itself, which a test excludes for all keys in use.
    #[must_use]
    pub fn text(&self, language: Language, key: &str) -> String {
        self.format(language, key, &[])
    }

    /// Whether there is a text of that key.
    #[must_use]
    pub fn has(&self, language: Language, key: &str) -> bool {
        self.of(language).bundle.has_message(key)
    }

    /// The text of a key with its arguments filled in.
    pub(crate) fn format(
        &self,
        language: Language,
        key: &str,
        arguments: &[(&str, Argument)],
    ) -> String {
        let mut values = FluentArgs::new();
        for (name, argument) in arguments {
            values.set(
                *name,
                match argument {
                    Argument::Text(text) => FluentValue::from(text.clone()),
                    Argument::Number(number) => FluentValue::from(*number),
                },
            );
        }
        self.of(language)
            .format(key, &values)
            .unwrap_or_else(|| key.to_owned())
    }

    /// The texts that scripts need; placeholders stay as `{$name}` for them.
    pub(crate) fn script_messages(&self, language: Language) -> BTreeMap<&str, String> {
        let texts = self.of(language);
        self.script_keys
            .iter()
            .filter_map(|key| Some((key.as_str(), texts.with_placeholders(key)?)))
            .collect()
    }

    fn of(&self, language: Language) -> &Texts {
        let [kk, ru, en] = &self.texts;
        match language {
            Language::Kk => kk,
            Language::Ru => ru,
            Language::En => en,
        }
    }
}

impl Texts {
    fn read(
        (language, source): (Language, &str),
        names: &AuthoritySection,
        national: bool,
    ) -> Result<Self, CatalogueError> {
        let fault = |text: String| CatalogueError::Syntax(language.tag(), text);
        let resource = FluentResource::try_new(source.to_owned()).map_err(|(_, errors)| {
            fault(errors.first().map(ToString::to_string).unwrap_or_default())
        })?;
        let tag = language
            .tag()
            .parse()
            .map_err(|_| fault("unknown language".to_owned()))?;
        let mut bundle = FluentBundle::new_concurrent(vec![tag]);
        // Marks around placeholders are invisible to readers and in the way of those who copy a number.
        bundle.set_use_isolating(false);
        bundle
            .add_resource(resource)
            .map_err(|errors| fault(errors.first().map(ToString::to_string).unwrap_or_default()))?;
        let mut overriding = String::new();
        if !national {
            overriding.push_str("authority-name = { authority-name-neutral }\n");
            overriding.push_str("authority-short = { authority-short-neutral }\n");
        }
        for texts in [overriding, names.texts(language)] {
            let resource = FluentResource::try_new(texts).map_err(|(_, errors)| {
                fault(errors.first().map(ToString::to_string).unwrap_or_default())
            })?;
            bundle.add_resource_overriding(resource);
        }
        Ok(Self { bundle })
    }

    fn format(&self, key: &str, values: &FluentArgs<'_>) -> Option<String> {
        let pattern = self.bundle.get_message(key)?.value()?;
        let mut errors = Vec::new();
        let text = self
            .bundle
            .format_pattern(pattern, Some(values), &mut errors)
            .into_owned();
        for error in errors {
            tracing::error!(key, %error, "a text could not be filled in");
        }
        Some(text)
    }

    /// Without arguments Fluent writes `{$name}` for each, which is what scripts fill in.
    fn with_placeholders(&self, key: &str) -> Option<String> {
        let pattern = self.bundle.get_message(key)?.value()?;
        let mut errors = Vec::new();
        Some(
            self.bundle
                .format_pattern(pattern, None, &mut errors)
                .into_owned(),
        )
    }
}

/// The best of our languages for an `Accept-Language` header (RFC 9110, 12.5.4), if one of them is wanted.
pub(crate) fn negotiate(header: &str) -> Option<Language> {
    let mut best: Option<(u32, Language)> = None;
    for range in header.split(',').take(20) {
        let mut parts = range.split(';');
        let tag = parts.next().unwrap_or_default().trim().to_ascii_lowercase();
        let Some(language) = Language::from_tag(tag.split('-').next().unwrap_or_default()) else {
            continue;
        };
        let quality = parts
            .find_map(|part| part.trim().strip_prefix("q="))
            .map_or(1000, thousandths);
        if quality > 0 && best.is_none_or(|(known, _)| quality > known) {
            best = Some((quality, language));
        }
    }
    best.map(|(_, language)| language)
}

/// `0.8` as 800; anything else as 0.
fn thousandths(quality: &str) -> u32 {
    let (whole, fraction) = quality
        .trim()
        .split_once('.')
        .unwrap_or((quality.trim(), ""));
    let digits: String = fraction.chars().chain("000".chars()).take(3).collect();
    match (whole.parse::<u32>(), digits.parse::<u32>()) {
        (Ok(whole), Ok(digits)) if whole <= 1 => (whole * 1000 + digits).min(1000),
        _ => 0,
    }
}

#[cfg(test)]
mod tests;
