//! `/{lang}/desk/admin/lists`: the published revocation lists, and each of them to be taken along.

use axum::extract::{Path, State};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{Html, IntoResponse};
use minijinja::{Value, context};
use tanba_model::ports::{CrlFacts, CrlKind};
use tanba_pki::Timestamp;

use super::list_file;
use crate::clerk::AtDesk;
use crate::problem::Problem;
use crate::render::Screen;
use crate::state::CabinetState;
use crate::visit::Visit;

const SCREEN: Screen = Screen::new(
    "desk/admin/lists.html",
    "desk-admin-lists",
    "console-lists-title",
);

pub(crate) async fn show(
    State(state): State<CabinetState>,
    visit: Visit,
    at_desk: AtDesk,
) -> Result<Html<String>, Problem> {
    let (clerk, now) = (at_desk.0.clone(), state.now());
    let found = state.ra(move |ra| ra.console_lists(&clerk)).await?;
    let issuers: Vec<Value> = found
        .iter()
        .map(|one| {
            let lists = one.lists.iter().map(|list| view(&state, &visit, list, now));
            context! { name => one.issuer.as_str(), lists => lists.collect::<Vec<_>>() }
        })
        .collect();
    Ok(state.render_desk(&visit, &at_desk, &SCREEN, context! { issuers }))
}

fn view(state: &CabinetState, visit: &Visit, list: &CrlFacts, now: Timestamp) -> Value {
    let words = state.words(visit);
    context! {
        kind => list.kind.name(), shard => list.kind.shard(), number => list.number.to_string(),
        this_update => words.date_time(list.this_update), next_update => words.date_time(list.next_update),
        entries => list.entries.map(|entries| entries.to_string()), size => list.size_octets.to_string(),
        late => now > list.next_update, file => list_file(list.kind),
    }
}

/// The kind of list that a file name means.
fn kind(file: &str) -> Option<CrlKind> {
    let name = file.strip_suffix(".crl")?;
    let kind = match name.strip_suffix("-delta") {
        _ if name == "full" => CrlKind::Full,
        Some(shard) => CrlKind::Delta(shard.parse().ok()?),
        None => CrlKind::Shard(name.parse().ok()?),
    };
    // One name for each list: no zeros before the number, no sign.
    (list_file(kind) == file).then_some(kind)
}

pub(crate) async fn file(
    State(state): State<CabinetState>,
    at_desk: AtDesk,
    Path((issuer, file)): Path<(String, String)>,
) -> Result<impl IntoResponse, Problem> {
    let kind = kind(&file).ok_or_else(Problem::page_not_found)?;
    let clerk = at_desk.0;
    let name = format!("attachment; filename=\"{}-{file}\"", clean(&issuer));
    let list = state
        .ra(move |ra| ra.console_list(&clerk, &issuer, kind))
        .await?
        .ok_or_else(Problem::page_not_found)?;
    let headers = [
        (CONTENT_TYPE, "application/pkix-crl".to_owned()),
        (CONTENT_DISPOSITION, name),
    ];
    Ok((headers, list.der))
}

/// Short names of authorities have nothing else; whoever types another one gets no list anyway.
fn clean(issuer: &str) -> String {
    let allowed = |letter: &char| letter.is_ascii_alphanumeric() || *letter == '-';
    issuer.chars().filter(allowed).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_list_has_one_name() {
        for kind_of in [CrlKind::Full, CrlKind::Shard(12), CrlKind::Delta(0)] {
            assert_eq!(kind(&list_file(kind_of)), Some(kind_of));
        }
        for wrong in [
            "",
            ".crl",
            "full",
            "01.crl",
            "+1.crl",
            "70000.crl",
            "full-delta.crl",
            "1-delta",
        ] {
            assert_eq!(kind(wrong), None, "{wrong}");
        }
    }
}
