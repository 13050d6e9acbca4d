//! Which kind of keystore a token is, by what it tells about itself.

use serde::Deserialize;
use tanba_token::Plugged;

use crate::containers::Storage;

/// A rule that makes a token one of the kinds that sites know. What is written has to occur in what the token tells,
/// without regard for capital letters.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct KindRule {
    /// In the name of its maker.
    pub manufacturer: Option<String>,
    /// In the name of its model.
    pub model: Option<String>,
    /// In its label.
    pub label: Option<String>,
    /// The kind. Without one the token is left out.
    pub storage: Option<Storage>,
}

/// Makers and models of the tokens that are sold in Kazakhstan, in the order of trying.
const KNOWN: [(&str, &str, Storage); 12] = [
    ("", "kaztoken", Storage::Kaztoken),
    ("kaztoken", "", Storage::Kaztoken),
    // Kaztoken is a device of the Rutoken family.
    ("aktiv", "", Storage::Kaztoken),
    ("", "jacarta", Storage::JaCarta),
    ("aladdin r.d.", "", Storage::JaCarta),
    ("", "5110", Storage::EToken5110),
    ("safenet", "", Storage::EToken72K),
    ("gemalto", "", Storage::EToken72K),
    ("aladdin", "", Storage::EToken72K),
    ("", "akey", Storage::AKey),
    ("akey", "", Storage::AKey),
    ("", "kz id", Storage::IdCard),
];

/// The kind of a token: the first rule of the configuration that fits, else the known makers. `None`: it is left out.
pub(super) fn kind(rules: &[KindRule], token: &Plugged) -> Option<Storage> {
    by_names(rules, token.manufacturer(), token.model(), token.label())
}

fn by_names(rules: &[KindRule], manufacturer: &str, model: &str, label: &str) -> Option<Storage> {
    let occurs = |wanted: &Option<String>, told: &str| {
        wanted
            .as_ref()
            .is_none_or(|wanted| told.to_lowercase().contains(&wanted.to_lowercase()))
    };
    let ruled = rules.iter().find(|rule| {
        occurs(&rule.manufacturer, manufacturer)
            && occurs(&rule.model, model)
            && occurs(&rule.label, label)
    });
    if let Some(rule) = ruled {
        return rule.storage;
    }
    let (manufacturer, model) = (manufacturer.to_lowercase(), model.to_lowercase());
    KNOWN
        .iter()
        .find(|(maker, kind, _)| manufacturer.contains(maker) && model.contains(kind))
        .map(|(_, _, storage)| *storage)
}

#[cfg(test)]
mod tests {
    use super::{KindRule, by_names};
    use crate::containers::Storage;

    #[test]
    fn tokens_are_known_by_maker_and_model() {
        for (manufacturer, model, storage) in [
            ("Aktiv Co.", "Rutoken ECP", Some(Storage::Kaztoken)),
            ("Kaztoken", "x", Some(Storage::Kaztoken)),
            ("SafeNet, Inc.", "eToken", Some(Storage::EToken72K)),
            ("SafeNet, Inc.", "eToken 5110", Some(Storage::EToken5110)),
            ("Gemalto", "ID Prime MD", Some(Storage::EToken72K)),
            ("Aladdin R.D.", "JaCarta GOST 2.0", Some(Storage::JaCarta)),
            (
                "Aladdin Knowledge Systems",
                "eToken PRO",
                Some(Storage::EToken72K),
            ),
            ("SoftHSM project", "SoftHSM v2", None),
        ] {
            assert_eq!(by_names(&[], manufacturer, model, ""), storage, "{model}");
        }
    }

    #[test]
    fn what_is_configured_goes_before_what_is_known() {
        let rules = [
            KindRule {
                label: Some("СПИСАН".to_owned()),
                ..KindRule::default()
            },
            KindRule {
                manufacturer: Some("aktiv".to_owned()),
                storage: Some(Storage::AKey),
                ..KindRule::default()
            },
        ];
        let kind = |label| by_names(&rules, "Aktiv Co.", "Rutoken", label);
        assert_eq!(kind("мой"), Some(Storage::AKey));
        assert_eq!(kind("списан"), None);
        assert_eq!(
            by_names(&rules, "SafeNet", "x", "y"),
            Some(Storage::EToken72K)
        );
    }
}
