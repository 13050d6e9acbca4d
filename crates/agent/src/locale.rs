//! Texts in the three languages.

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use tanba_model::language::Language;

/// The sources, in the order of [`Language::ALL`].
pub(crate) const SOURCES: [(Language, &str); 3] = [
    (Language::Kk, include_str!("../locales/kk.ftl")),
    (Language::Ru, include_str!("../locales/ru.ftl")),
    (Language::En, include_str!("../locales/en.ftl")),
];

/// Why the texts cannot be used. A test shows that those that ship can.
#[derive(Debug, thiserror::Error)]
#[error("the texts in {language} have a mistake: {reason}")]
pub struct CatalogueError {
    language: &'static str,
    reason: String,
}

/// An argument of a text.
#[derive(Clone, Debug)]
pub enum Argument {
    /// Put in as it is.
    Text(String),
    /// Chooses a plural form.
    Number(i64),
}

impl From<&str> for Argument {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Argument {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<u32> for Argument {
    fn from(number: u32) -> Self {
        Self::Number(number.into())
    }
}

impl From<usize> for Argument {
    fn from(number: usize) -> Self {
        Self::Number(i64::try_from(number).unwrap_or(i64::MAX))
    }
}

/// All texts in all languages.
pub struct Catalogue([FluentBundle<FluentResource>; 3]);

impl std::fmt::Debug for Catalogue {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Catalogue(…)")
    }
}

impl Catalogue {
    /// Reads the texts that ship with the program.
    ///
    /// # Errors
    /// [`CatalogueError`], which the shipped texts do not cause.
    pub fn shipped() -> Result<Self, CatalogueError> {
        let [kk, ru, en] = SOURCES;
        Ok(Self([read(kk)?, read(ru)?, read(en)?]))
    }

    /// The text of a key; a key without a text shows itself, which a test excludes for all keys in use.
    #[must_use]
    pub fn text(&self, language: Language, key: &str) -> String {
        self.format(language, key, &[])
    }

    /// Whether there is a text of that key.
    #[must_use]
    pub fn has(&self, language: Language, key: &str) -> bool {
        self.of(language).has_message(key)
    }

    /// The text of a key with its arguments filled in.
    #[must_use]
    pub fn format(&self, language: Language, key: &str, arguments: &[(&str, Argument)]) -> String {
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
        let bundle = self.of(language);
        let Some(pattern) = bundle.get_message(key).and_then(|message| message.value()) else {
            return key.to_owned();
        };
        let mut errors = Vec::new();
        let text = bundle.format_pattern(pattern, Some(&values), &mut errors);
        if !errors.is_empty() {
            tracing::error!(key, "a text could not be filled in");
        }
        text.into_owned()
    }

    fn of(&self, language: Language) -> &FluentBundle<FluentResource> {
        let [kk, ru, en] = &self.0;
        match language {
            Language::Kk => kk,
            Language::Ru => ru,
            Language::En => en,
        }
    }
}

fn read(
    (language, source): (Language, &'static str),
) -> Result<FluentBundle<FluentResource>, CatalogueError> {
    let fault = |reason: String| CatalogueError {
        language: language.tag(),
        reason,
    };
    let resource = FluentResource::try_new(source.to_owned()).map_err(|(_, errors)| {
        fault(errors.first().map(ToString::to_string).unwrap_or_default())
    })?;
    let tag = language
        .tag()
        .parse()
        .map_err(|_| fault("unknown language".to_owned()))?;
    let mut bundle = FluentBundle::new_concurrent(vec![tag]);
    bundle.set_use_isolating(false);
    bundle
        .add_resource(resource)
        .map_err(|errors| fault(errors.first().map(ToString::to_string).unwrap_or_default()))?;
    Ok(bundle)
}

#[cfg(test)]
mod tests;
