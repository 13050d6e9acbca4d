//! Where an applicant has to come with her document, and until when.

use serde::Serialize;
use tanba_model::application::{Application, State};

use super::last_day;
use super::place::CentreView;
use crate::dates;
use crate::state::CabinetState;
use crate::visit::Visit;

/// The registration centre, if the list still has it, and the last day.
#[derive(Debug, Serialize)]
pub(crate) struct Come {
    centre: Option<CentreView>,
    last_day: String,
}

impl Come {
    /// `None` where nobody has to come.
    pub(crate) fn of(
        state: &CabinetState,
        visit: &Visit,
        application: &Application,
    ) -> Option<Self> {
        let first = application.first.as_ref()?;
        if !matches!(application.state, State::Submitted { .. }) {
            return None;
        }
        let centre = state.authority().centres().find(&first.centre);
        let last = last_day(first.appear_by);
        Some(Self {
            centre: centre.map(|centre| CentreView::of(state, visit, centre)),
            last_day: dates::date(state.catalogue(), visit.language, last),
        })
    }
}
