//! Where applications stand: the log has each step of each, and by the state of an application the server issues.

use std::collections::BTreeMap;

use tanba_model::application::{Application, State, Submission};
use tanba_model::audit::{Actor, AuditEvent};
use tanba_model::certificate::{RevocationReason, Status};
use tanba_model::ports::{StorageError, UnitOfWork};
use tanba_pki::Timestamp;

use super::super::{Fault, number};

/// Where an application stands by the log.
#[derive(Debug)]
struct Stand {
    state: State,
    /// A program of before submitted it, and did not say whether somebody had to confirm it.
    is_open: bool,
    /// A step does not follow from the one before: its state was changed beside the log, and went on from there.
    is_astray: bool,
}

impl Stand {
    const fn new(state: State) -> Self {
        Self {
            state,
            is_open: false,
            is_astray: false,
        }
    }
}

/// The same of all of them.
#[derive(Debug, Default)]
pub(super) struct Steps {
    stands: BTreeMap<i64, Stand>,
}

impl Steps {
    pub(super) fn take(&mut self, event: &AuditEvent) {
        let Some(id) = number(&event.object, "application") else {
            return;
        };
        let at = event.at;
        match event.action.as_str() {
            "application.begin" => {
                let _ = self.stands.insert(id, Stand::new(State::Draft));
            }
            "application.submit" => self.submit(id, event),
            action => {
                let stand = (self.stands.entry(id)).or_insert_with(|| Stand::new(State::Draft));
                let step: fn(&State, Timestamp, &str) -> Option<State> = match action {
                    "application.confirm" | "application.approve" => {
                        |state, at, _| state.confirm(at).ok()
                    }
                    "application.reject" => |state, at, why| state.reject(at, why.to_owned()).ok(),
                    "application.expire" => |state, at, _| state.expire(at).ok(),
                    "application.cancel" => |state, at, _| state.cancel(at).ok(),
                    "application.issue" => |state, at, _| state.issue(at).ok(),
                    "application.install" => |state, at, _| state.install(at).ok(),
                    // Not a step.
                    _ => return,
                };
                stand.step(step, at, &event.detail);
            }
        }
    }

    fn submit(&mut self, id: i64, event: &AuditEvent) {
        let at = event.at;
        let said = Submission::said(&event.detail, at).and_then(|said| said.state);
        // Whoever applies for first keys has no draft here.
        let is_first = !matches!(event.actor, Actor::Person(_));
        let is_open = said.is_none() && !is_first;
        let state = said.unwrap_or(if is_first {
            State::Submitted { at }
        } else {
            State::Awaiting2fa { at }
        });
        let stand = (self.stands.entry(id)).or_insert_with(|| Stand::new(State::Draft));
        stand.is_astray |= stand.state != State::Draft;
        stand.state = state;
        stand.is_open = is_open;
    }

    pub(super) fn known(&self) -> usize {
        self.stands.len()
    }

    /// Compares one application; nothing is kept of it.
    pub(super) fn judge(
        &mut self,
        unit: &mut dyn UnitOfWork,
        row: &Application,
        fault: &mut dyn FnMut(Fault),
    ) -> Result<(), StorageError> {
        let object = format!("application:{}", row.id);
        let Some(stand) = self.stands.remove(&row.id.0) else {
            // A signed one is told already: nothing says that it was submitted.
            if row.state != State::Draft && row.signed.is_none() && row.first.is_none() {
                fault(Fault::new(
                    object,
                    "application-unknown",
                    "the audit log does not say that this application was begun, and it is no draft",
                ));
            }
            return Ok(());
        };
        if !stand.is(&row.state) {
            let what = format!(
                "the application is {}, and the audit log says {}: somebody changed its state; revoke what was issued for it \
                 since, and put the state back as the log says it",
                described(&row.state),
                described(&stand.state)
            );
            fault(Fault::new(object.as_str(), "application-state", what));
        }
        if stand.is_astray && counts(unit, row)? {
            fault(Fault::new(
                object,
                "application-steps",
                "the audit log says that the application went on after it was over, or was issued before anybody confirmed it: \
                 somebody changed its state in between; revoke what was issued for it",
            ));
        }
        Ok(())
    }
}

impl Stand {
    fn step(
        &mut self,
        step: fn(&State, Timestamp, &str) -> Option<State>,
        at: Timestamp,
        detail: &str,
    ) {
        let before = self.state.clone();
        let next = step(&before, at, detail).or_else(|| {
            // It may have been confirmed when it was submitted.
            let confirmed = State::Confirmed { at };
            (self.is_open && matches!(before, State::Awaiting2fa { .. }))
                .then(|| step(&confirmed, at, detail))
                .flatten()
        });
        self.is_astray |= next.is_none();
        let likely = || {
            let from = [State::Draft, State::Confirmed { at }, State::Issued { at }];
            from.iter().find_map(|from| step(from, at, detail))
        };
        if let Some(next) = next.or_else(likely) {
            self.state = next;
        }
    }

    fn is(&self, row: &State) -> bool {
        match (&self.state, row) {
            // The desk writes in front of its reason that it is its own, and the words of whoever decided behind it.
            (
                State::Rejected { at, reason },
                State::Rejected {
                    at: now,
                    reason: told,
                },
            ) => {
                let desk = tanba_ra::codes::desk_reason(told).map(|(code, _)| code);
                at == now && (reason == told || desk == Some(reason.as_str()))
            }
            (State::Awaiting2fa { at }, State::Confirmed { at: now }) => self.is_open && at == now,
            (said, row) => said == row,
        }
    }
}

fn described(state: &State) -> String {
    match state.since() {
        Some(at) => format!("{} since {at}", state.name()),
        None => state.name().to_owned(),
    }
}

/// Whether something may be issued for it yet, or was and may count again.
fn counts(unit: &mut dyn UnitOfWork, row: &Application) -> Result<bool, StorageError> {
    if matches!(row.state, State::Confirmed { .. }) {
        return Ok(true);
    }
    let records = unit.certificates().of_application(row.id)?;
    Ok(records.iter().any(|record| match record.status {
        Status::Valid | Status::Intended => true,
        Status::Revoked { reason, .. } => reason == RevocationReason::CertificateHold,
        Status::Void => false,
    }))
}
