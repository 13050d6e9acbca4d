//! How far an application got.

use serde::Serialize;
use tanba_model::application::{Application, State};
use tanba_pki::Timestamp;

use super::Words;

/// The usual way of an application, by the states that stand for its steps.
const WAY: [&str; 4] = ["DRAFT", "AWAITING_2FA", "ISSUED", "INSTALLED"];

/// One step of the timeline.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Step {
    title: String,
    /// `done`, `current`, `ahead` or `failed`.
    mark: &'static str,
    when: String,
    iso: String,
    note: String,
}

impl Words<'_> {
    /// The steps behind, the present one, and those ahead; of an application that failed, where it ended.
    pub(super) fn timeline(&self, application: &Application) -> Vec<Step> {
        let state = &application.state;
        let at = state.since().unwrap_or(application.created_at);
        let here = match state {
            State::Draft => 0,
            State::Submitted { .. } | State::Awaiting2fa { .. } => 1,
            State::Confirmed { .. } | State::Issued { .. } => 2,
            State::Installed { .. } => 3,
            State::Rejected { .. } | State::Expired { .. } | State::Cancelled { .. } => {
                let title = self.text(&format!("state-{}", state.name()));
                let begun = self.step(0, "done", Some(application.created_at));
                return vec![
                    begun,
                    self.make(title, "failed", Some(at), self.reason(state)),
                ];
            }
        };
        let step = |place: usize| match place.cmp(&here) {
            std::cmp::Ordering::Less => self.step(
                place,
                "done",
                (place == 0).then_some(application.created_at),
            ),
            std::cmp::Ordering::Equal if place == 3 => self.step(place, "done", Some(at)),
            std::cmp::Ordering::Equal => {
                let note = self.text(&format!("state-{}", state.name()));
                Step {
                    note,
                    ..self.step(place, "current", Some(at))
                }
            }
            std::cmp::Ordering::Greater => self.step(place, "ahead", None),
        };
        (0..WAY.len()).map(step).collect()
    }

    fn step(&self, place: usize, mark: &'static str, at: Option<Timestamp>) -> Step {
        let state = WAY.get(place).copied().unwrap_or_default();
        self.make(self.text(&format!("step-{state}")), mark, at, String::new())
    }

    fn make(&self, title: String, mark: &'static str, at: Option<Timestamp>, note: String) -> Step {
        Step {
            title,
            mark,
            when: at.map(|at| self.date_time(at)).unwrap_or_default(),
            iso: at.map(Timestamp::rfc3339).unwrap_or_default(),
            note,
        }
    }

    /// Why an application was refused: a code of ours, or an operator's words.
    fn reason(&self, state: &State) -> String {
        let State::Rejected { reason, .. } = state else {
            return String::new();
        };
        if tanba_ra::codes::REASONS.contains(&reason.as_str()) {
            return self.text(&format!("rejected-{reason}"));
        }
        let reason = [("reason", reason.as_str().into())];
        self.catalogue
            .format(self.language, "rejected-other", &reason)
    }
}
