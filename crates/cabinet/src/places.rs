//! Names of regions and settlements for forms and summaries.

use std::collections::BTreeMap;

use serde::Serialize;
use tanba_model::centre::Centres;
use tanba_model::language::Language;
use tanba_model::place::Gazetteer;

/// A region in one language.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct RegionView<'a> {
    code: &'a str,
    name: &'a str,
    settlements: Vec<SettlementView<'a>>,
}

/// A settlement in one language.
#[derive(Clone, Debug, Serialize)]
struct SettlementView<'a> {
    code: &'a str,
    name: &'a str,
}

/// All regions with their settlements, for the form.
pub(crate) fn regions(gazetteer: &Gazetteer, language: Language) -> Vec<RegionView<'_>> {
    gazetteer
        .regions
        .iter()
        .map(|region| RegionView {
            code: &region.code,
            name: region.name(language),
            settlements: region
                .settlements
                .iter()
                .map(|settlement| SettlementView {
                    code: &settlement.code,
                    name: settlement.name(language),
                })
                .collect(),
        })
        .collect()
}

/// Names by code, for scripts that show a document in plain words.
pub(crate) fn names<'a>(
    gazetteer: &'a Gazetteer,
    centres: &'a Centres,
    language: Language,
) -> BTreeMap<&'a str, &'a str> {
    let mut names = BTreeMap::new();
    for region in &gazetteer.regions {
        let _ = names.insert(region.code.as_str(), region.name(language));
        for settlement in &region.settlements {
            let _ = names.insert(settlement.code.as_str(), settlement.name(language));
        }
    }
    for centre in centres.iter() {
        let _ = names.insert(centre.code.as_str(), centre.name(language));
    }
    names
}

/// The names of two codes; a code that is not known shows itself.
pub(crate) fn named(
    gazetteer: &Gazetteer,
    language: Language,
    region: &str,
    settlement: &str,
) -> (String, String) {
    gazetteer.find(region, settlement).map_or_else(
        || (region.to_owned(), settlement.to_owned()),
        |(region, settlement)| {
            (
                region.name(language).to_owned(),
                settlement.name(language).to_owned(),
            )
        },
    )
}
