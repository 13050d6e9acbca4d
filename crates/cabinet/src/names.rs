//! What the authority and its contact centre are called; texts of all languages refer to it.

use serde::Deserialize;
use tanba_model::language::Language;

use crate::config::ConfigError;

/// The section `[cabinet.authority]` of the configuration file, as written. Every field may be absent: then the texts
/// speak of the national authority of Kazakhstan and its contact centre, or with neutral profiles of "the authority".
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AuthoritySection {
    /// Its full name.
    pub name: Option<InEachLanguage>,
    /// What it is called within a sentence: `НУЦ РК`.
    pub short_name: Option<InEachLanguage>,
    /// Number of the contact centre as it is dialled. Default `1414`.
    pub contact_phone: Option<String>,
    /// Where people get the agent, an `https` address; without one they are told to ask the contact centre.
    pub agent_address: Option<String>,
}

/// A text in the three languages.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InEachLanguage {
    /// Kazakh.
    pub kk: String,
    /// Russian.
    pub ru: String,
    /// English.
    pub en: String,
}

impl InEachLanguage {
    const fn of(&self, language: Language) -> &String {
        match language {
            Language::Kk => &self.kk,
            Language::Ru => &self.ru,
            Language::En => &self.en,
        }
    }
}

impl AuthoritySection {
    /// Checks that everything can stand in a sentence.
    pub(crate) fn check(&self) -> Result<(), ConfigError> {
        let texts = [&self.name, &self.short_name].into_iter().flatten();
        for text in texts.flat_map(|text| Language::ALL.map(|language| text.of(language))) {
            if text.trim().is_empty() || text.chars().count() > 200 || has_controls(text) {
                return Err(ConfigError::Name(text.clone()));
            }
        }
        if let Some(phone) = &self.contact_phone {
            let dialled = |c: char| c.is_ascii_digit() || "+-() ".contains(c);
            if !(2..=20).contains(&phone.len()) || !phone.chars().all(dialled) {
                return Err(ConfigError::Phone(phone.clone()));
            }
        }
        if let Some(address) = &self.agent_address
            && !is_web_address(address)
        {
            return Err(ConfigError::AgentAddress(address.clone()));
        }
        Ok(())
    }

    /// Texts of the catalogue that give way to these, as Fluent writes them.
    pub(crate) fn texts(&self, language: Language) -> String {
        let in_language =
            |text: &Option<InEachLanguage>| text.as_ref().map(|text| text.of(language).clone());
        let texts = [
            ("authority-name", in_language(&self.name)),
            ("authority-short", in_language(&self.short_name)),
            ("contact-phone", self.contact_phone.clone()),
            ("contact-dial", self.contact_phone.as_deref().map(dialled)),
            ("agent-address", self.agent_address.clone()),
        ];
        texts
            .into_iter()
            .filter_map(|(key, text)| Some(format!("{key} = {{ \"{}\" }}\n", escaped(&text?))))
            .collect()
    }
}

/// A number as links have it (RFC 3966, 3): blanks have no place there, and the rest of what parts digits is of no use.
fn dialled(phone: &str) -> String {
    let dials = |c: &char| c.is_ascii_digit() || *c == '+';
    phone.chars().filter(dials).collect()
}

/// A string literal of Fluent.
fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"")
}

/// An address that a person can follow: `https`, a server, and nothing that would end a sentence or hide where it leads.
fn is_web_address(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_graphic() && !"\\\"<>{}@".contains(c);
    text.strip_prefix("https://")
        .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_alphanumeric()))
        && text.len() <= 200
        && text.chars().all(plain)
}

fn has_controls(text: &str) -> bool {
    text.chars().any(char::is_control)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Catalogue;

    fn each(text: &str) -> Option<InEachLanguage> {
        Some(InEachLanguage {
            kk: format!("{text} kk"),
            ru: format!("{text} ru"),
            en: format!("{text} en"),
        })
    }

    #[test]
    fn sentences_name_the_authority_and_the_number_of_this_installation() {
        let section = AuthoritySection {
            name: each("Bank \"A\" {B}"),
            short_name: each("Bank A"),
            contact_phone: Some("+7 700 000 00 00".to_owned()),
            agent_address: Some("https://bank.example/agent".to_owned()),
        };
        section.check().unwrap();
        let catalogue = Catalogue::named(&section, true).unwrap();
        assert_eq!(
            catalogue.text(Language::Ru, "authority-name"),
            "Bank \"A\" {B} ru"
        );
        for (language, part) in [
            (Language::Kk, "Bank A kk"),
            (Language::Ru, "Bank A ru"),
            (Language::En, "Bank A en"),
        ] {
            let lost = catalogue.text(language, "warn-pwdlost");
            assert!(lost.contains(part), "{lost}");
            let internal = catalogue.text(language, "error-internal-detail");
            assert!(internal.contains("+7 700 000 00 00"), "{internal}");
            assert_eq!(catalogue.text(language, "contact-dial"), "+77000000000");
            let silent = catalogue.text(language, "agent-silent");
            assert!(silent.contains("https://bank.example/agent"), "{silent}");
        }
    }

    #[test]
    fn without_a_configuration_the_profile_decides() {
        let section = AuthoritySection::default();
        let text = |national| {
            let catalogue = Catalogue::named(&section, national).unwrap();
            catalogue.text(Language::En, "warn-pwdlost")
        };
        assert!(text(true).contains("NCA RK"));
        assert!(!text(false).contains("NCA RK") && text(false).contains("authority"));
        for language in Language::ALL {
            let catalogue = Catalogue::named(&section, true).unwrap();
            let silent = catalogue.text(language, "agent-silent");
            assert!(silent.contains("1414"), "{silent}");
        }
    }

    fn agent(address: &str) -> AuthoritySection {
        AuthoritySection {
            agent_address: Some(address.to_owned()),
            ..AuthoritySection::default()
        }
    }

    #[test]
    fn what_cannot_stand_in_a_sentence_is_refused() {
        for section in [
            AuthoritySection {
                name: each("a\nb"),
                ..AuthoritySection::default()
            },
            AuthoritySection {
                contact_phone: Some("call us".to_owned()),
                ..AuthoritySection::default()
            },
            agent("http://bank.example/agent"),
            agent("https://"),
            agent("https://bank.example/a b"),
            agent("https://1414@evil.example/"),
            agent("see our site"),
        ] {
            assert!(section.check().is_err(), "{section:?}");
        }
    }
}
