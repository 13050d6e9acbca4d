//! `/{lang}/desk/admin/health`: whether everything is as it should be, check by check.

use axum::extract::State;
use axum::response::Html;
use minijinja::{Value, context};
use tanba_ra::{Finding, Standing};

use crate::clerk::AtDesk;
use crate::problem::Problem;
use crate::render::Screen;
use crate::state::CabinetState;
use crate::visit::Visit;

const SCREEN: Screen = Screen::new(
    "desk/admin/health.html",
    "desk-admin-health",
    "console-health-title",
);

pub(crate) async fn show(
    State(state): State<CabinetState>,
    visit: Visit,
    at_desk: AtDesk,
) -> Result<Html<String>, Problem> {
    let (clerk, now) = (at_desk.0.clone(), state.now());
    let findings = state.ra(move |ra| ra.console_health(&clerk, now)).await?;
    let worst = findings
        .iter()
        .map(|finding| finding.standing)
        .max()
        .unwrap_or(Standing::Good);
    let views: Vec<Value> = findings
        .iter()
        .map(|finding| view(&state, &visit, finding))
        .collect();
    let values = context! { findings => views, worst => worst.name() };
    Ok(state.render_desk(&visit, &at_desk, &SCREEN, values))
}

fn view(state: &CabinetState, visit: &Visit, finding: &Finding) -> Value {
    let (check, standing) = (finding.check.name(), finding.standing.name());
    context! {
        check, standing,
        key => format!("health-{check}-{standing}"),
        issuer => finding.issuer.as_deref(),
        date => finding.at.map_or_else(|| "–".to_owned(), |at| state.words(visit).date_time(at)),
        count => finding.count,
    }
}
