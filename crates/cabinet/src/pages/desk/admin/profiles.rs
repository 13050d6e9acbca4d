//! `/{lang}/desk/admin/profiles` and `/{lang}/desk/admin/profiles/{name}`: by which rules certificates are made.

use axum::extract::{Path, State};
use axum::response::Html;
use minijinja::{Value, context};
use tanba_model::language::Language;
use tanba_pki::Purpose;
use tanba_pki::profile::{AttributeSpecification, ExtensionSpecification, Profile, Validity};

use crate::clerk::AtDesk;
use crate::problem::Problem;
use crate::render::Screen;
use crate::state::CabinetState;
use crate::view::purpose;
use crate::visit::Visit;

const LIST: Screen = Screen::new(
    "desk/admin/profiles.html",
    "desk-admin-profiles",
    "console-profiles-title",
);
const ONE: Screen = Screen::new(
    "desk/admin/profile.html",
    "desk-admin-profile",
    "console-profile-title",
);

pub(crate) async fn list(
    State(state): State<CabinetState>,
    visit: Visit,
    at_desk: AtDesk,
) -> Result<Html<String>, Problem> {
    let clerk = at_desk.0.clone();
    let profiles = state.ra(move |ra| ra.console_profiles(&clerk)).await?;
    let profiles: Vec<Value> = profiles
        .iter()
        .map(|profile| summary(profile, visit.language))
        .collect();
    Ok(state.render_desk(&visit, &at_desk, &LIST, context! { profiles }))
}

pub(crate) async fn show(
    State(state): State<CabinetState>,
    visit: Visit,
    at_desk: AtDesk,
    Path(name): Path<String>,
) -> Result<Html<String>, Problem> {
    let clerk = at_desk.0.clone();
    let profiles = state.ra(move |ra| ra.console_profiles(&clerk)).await?;
    let profile = profiles
        .iter()
        .find(|profile| profile.name() == name)
        .ok_or_else(Problem::page_not_found)?;
    let values = context! {
        profile => summary(profile, visit.language),
        attributes => profile.attributes().iter().map(attribute).collect::<Vec<_>>(),
        extensions => profile.extensions().iter().map(extension).collect::<Vec<_>>(),
        source => profile.source(),
    };
    Ok(state.render_desk(&visit, &at_desk, &ONE, values))
}

fn summary(profile: &Profile, language: Language) -> Value {
    let keys: Vec<String> = profile
        .keys()
        .iter()
        .map(|key| key.algorithm().to_string())
        .collect();
    let (file, token, most) = match *profile.validity() {
        Validity::Person {
            file_years,
            token_years,
        } => (Some(file_years), Some(token_years), None),
        Validity::Service { years_at_most } => (None, None, Some(years_at_most)),
    };
    // Keys of a server are as old as those of people may become, and are nobody's.
    let persons = profile.is_for_persons() && profile.purpose() != Purpose::Other;
    context! {
        name => profile.name(), description => profile.description(language.tag()), purpose => purpose(profile.purpose()),
        persons, keys, file, token, most,
    }
}

fn attribute(attribute: &AttributeSpecification) -> Value {
    context! {
        oid => attribute.oid.to_string(), value => attribute.value.as_str(), optional => attribute.optional,
        string => format!("{:?}", attribute.string), upper => attribute.upper_case,
    }
}

fn extension(extension: &ExtensionSpecification) -> Value {
    context! {
        name => extension.name(), oid => extension.oid().to_string(), critical => extension.is_critical(),
        optional => extension.is_optional(),
    }
}
