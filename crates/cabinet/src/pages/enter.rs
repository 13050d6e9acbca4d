//! `/{lang}/enter`: signing in. The signature is made and sent by script; see `api/login.rs`.

use axum::extract::{Query, State};
use axum::response::Html;
use minijinja::context;
use serde::Deserialize;

use crate::problem::Problem;
use crate::render::Screen;
use crate::state::CabinetState;
use crate::visit::Visit;

const SCREEN: Screen = Screen::new("enter.html", "enter", "home-enter").help(&[2, 3, 4, 5, 6, 7]);

#[derive(Debug, Default, Deserialize)]
pub(crate) struct Fields {
    /// Where somebody wanted to go who had to sign in first.
    next: Option<String>,
}

pub(crate) async fn show(
    State(state): State<CabinetState>,
    visit: Visit,
    Query(fields): Query<Fields>,
) -> Result<Html<String>, Problem> {
    let next = fields.next.filter(|next| is_ours(next));
    let notice = next
        .as_ref()
        .map(|_| state.text(&visit, "error-session-required-detail"));
    Ok(state.render(
        &visit,
        None,
        &SCREEN,
        context! { next, notice, errors => Vec::<String>::new() },
    ))
}

/// Only a path of the cabinet is gone to: nothing that a browser could read as another site.
pub(super) fn is_ours(next: &str) -> bool {
    let mut parts = next.splitn(3, '/');
    let (Some(""), Some(language)) = (parts.next(), parts.next()) else {
        return false;
    };
    tanba_model::language::Language::from_tag(language).is_some()
        && next
            .bytes()
            .all(|byte| byte.is_ascii_graphic() && byte != b'\\')
        && !next.contains("//")
}

#[cfg(test)]
mod tests {
    use super::is_ours;

    #[test]
    fn only_paths_of_the_cabinet_are_gone_to() {
        assert!(is_ours("/kk/cabinet/applications/123?x=1"));
        for foreign in [
            "//evil.example",
            "https://evil.example",
            "/\\evil.example",
            "/kk//evil.example",
            "/xx/cabinet",
            "",
        ] {
            assert!(!is_ours(foreign), "{foreign}");
        }
    }
}
