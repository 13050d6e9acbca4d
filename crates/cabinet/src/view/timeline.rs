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
    /// Who took it; of steps that were taken.
    who: String,
    note: String,
}

/// The key of the text for who took a step.
const BY_OWNER: &str = "step-by-owner";
const BY_AUTHORITY: &str = "step-by-authority";

/// What is behind.
struct Past<'a> {
    created_at: Timestamp,
    entered: &'a [(State, Timestamp)],
}

impl Past<'_> {
    /// When one of the states was entered last.
    fn when(&self, names: &[&str]) -> Option<Timestamp> {
        let found = self.entered.iter().rev();
        found
            .into_iter()
            .find(|(state, _)| names.contains(&state.name()))
            .map(|(_, at)| *at)
    }

    /// When a step of the usual way was done.
    fn done(&self, place: usize) -> Option<Timestamp> {
        match place {
            0 => Some(self.created_at),
            1 => self
                .when(&["CONFIRMED"])
                .or_else(|| self.when(&["AWAITING_2FA", "SUBMITTED"])),
            2 => self.when(&["ISSUED"]),
            _ => self.when(&["INSTALLED"]),
        }
    }
}

impl Words<'_> {
    /// The steps behind, the present one, and those ahead; of an application that failed, where it ended.
    pub(super) fn timeline(
        &self,
        application: &Application,
        entered: &[(State, Timestamp)],
    ) -> Vec<Step> {
        let state = &application.state;
        let at = state.since().unwrap_or(application.created_at);
        let past = Past {
            created_at: application.created_at,
            entered,
        };
        let here = match state {
            State::Draft => 0,
            State::Submitted { .. } | State::Awaiting2fa { .. } => 1,
            State::Confirmed { .. } | State::Issued { .. } => 2,
            State::Installed { .. } => 3,
            State::Rejected { .. } | State::Expired { .. } | State::Cancelled { .. } => {
                let title = self.text(&format!("state-{}", state.name()));
                let mut steps = vec![self.step(0, "done", past.done(0))];
                if let Some(signed) = past.when(&["AWAITING_2FA", "SUBMITTED"]) {
                    let title = self.text("step-signed");
                    steps.push(self.make(title, "done", Some(signed), String::new(), BY_OWNER));
                }
                let who = if matches!(state, State::Cancelled { .. }) {
                    BY_OWNER
                } else {
                    BY_AUTHORITY
                };
                steps.push(self.make(title, "failed", Some(at), self.reason(state), who));
                return steps;
            }
        };
        let step = |place: usize| match place.cmp(&here) {
            std::cmp::Ordering::Less => self.step(place, "done", past.done(place)),
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
        let who = if place == 2 { BY_AUTHORITY } else { BY_OWNER };
        let title = self.text(&format!("step-{state}"));
        self.make(title, mark, at, String::new(), who)
    }

    fn make(
        &self,
        title: String,
        mark: &'static str,
        at: Option<Timestamp>,
        note: String,
        who: &str,
    ) -> Step {
        Step {
            title,
            mark,
            when: at.map(|at| self.date_time(at)).unwrap_or_default(),
            iso: at.map(Timestamp::rfc3339).unwrap_or_default(),
            who: at.map(|_| self.text(who)).unwrap_or_default(),
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
