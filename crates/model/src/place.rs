//! Regions and settlements that an applicant chooses from.

use serde::Deserialize;

use crate::language::Language;

/// A region with its settlements.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Region {
    /// ISO 3166-2 code, `KZ-75`. Stored and signed.
    pub code: String,
    kk: String,
    ru: String,
    en: String,
    /// Its settlements.
    pub settlements: Vec<Settlement>,
}

/// A settlement of a region.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settlement {
    /// Code, unique within its region. Stored and signed.
    pub code: String,
    kk: String,
    ru: String,
    en: String,
}

impl Region {
    /// Its name in a language.
    #[must_use]
    pub fn name(&self, language: Language) -> &str {
        pick(language, &self.kk, &self.ru, &self.en)
    }
}

impl Settlement {
    /// Its name in a language.
    #[must_use]
    pub fn name(&self, language: Language) -> &str {
        pick(language, &self.kk, &self.ru, &self.en)
    }
}

fn pick<'a>(language: Language, kk: &'a str, ru: &'a str, en: &'a str) -> &'a str {
    match language {
        Language::Kk => kk,
        Language::Ru => ru,
        Language::En => en,
    }
}

/// The gazetteer: all regions, in the order in which pages offer them.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gazetteer {
    /// The regions.
    #[serde(rename = "region")]
    pub regions: Vec<Region>,
}

impl Gazetteer {
    /// Reads a gazetteer.
    ///
    /// # Errors
    /// When the text is not a gazetteer.
    pub fn from_toml(text: &str) -> Result<Self, toml::de::Error> {
        toml::from_str(text)
    }

    /// The gazetteer of Kazakhstan that ships with the program.
    ///
    /// # Errors
    /// Never, as a test shows; the error is of [`Gazetteer::from_toml`].
    pub fn kazakhstan() -> Result<Self, toml::de::Error> {
        Self::from_toml(include_str!("../data/places.toml"))
    }

    /// The region and settlement of two codes.
    #[must_use]
    pub fn find(&self, region: &str, settlement: &str) -> Option<(&Region, &Settlement)> {
        let region = self
            .regions
            .iter()
            .find(|candidate| candidate.code == region)?;
        let settlement = region
            .settlements
            .iter()
            .find(|candidate| candidate.code == settlement)?;
        Some((region, settlement))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_gazetteer_has_twenty_regions_and_every_name_in_every_language() {
        let gazetteer = Gazetteer::kazakhstan().unwrap();
        assert_eq!(gazetteer.regions.len(), 20);
        for region in &gazetteer.regions {
            for language in Language::ALL {
                assert!(!region.name(language).is_empty());
                assert!(
                    region
                        .settlements
                        .iter()
                        .all(|settlement| !settlement.name(language).is_empty())
                );
            }
        }
        assert!(gazetteer.find("KZ-75", "almaty").is_some());
        assert!(gazetteer.find("KZ-75", "semey").is_none());
    }
}
