//! How far an application got: each state that it entered, when, and by whom; then what is expected.

use serde::Serialize;
use tanba_model::application::{Application, ApplicationKind, State};
use tanba_model::decision::Step as Signed;
use tanba_pki::Timestamp;
use tanba_ra::{NextStep, codes};

use super::{ApplicationView, Words};

/// The usual way of a reissue, state by state.
const REISSUE: [&str; 5] = ["DRAFT", "AWAITING_2FA", "CONFIRMED", "ISSUED", "INSTALLED"];
/// The usual way of first keys. Their draft is never shown: it is submitted as soon as it is there.
const FIRST: [&str; 4] = ["SUBMITTED", "CONFIRMED", "ISSUED", "INSTALLED"];

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
    /// Whether the applicant took it: pages of others do not call her "you".
    by_owner: bool,
    note: String,
}

/// The keys of the texts for who took a step.
const BY_OWNER: &str = "step-by-owner";
/// Who applies for first keys shows no key: that it was whoever reads this is not known.
const BY_APPLICANT: &str = "step-by-applicant";
const BY_AUTHORITY: &str = "step-by-authority";
const BY_OPERATOR: &str = "step-by-operator";
const BY_ADMINISTRATOR: &str = "step-by-administrator";
const BY_SYSTEM: &str = "step-by-system";

/// The key of the sentence about what its owner does next. Pages say more than the interface does: to apply again is no advice for
/// whoever is frozen, or has lost the key that signed.
pub(crate) fn next_words(application: &Application) -> &'static str {
    let plain = NextStep::of(&application.state).key();
    let State::Rejected { reason, .. } = &application.state else {
        return plain;
    };
    match reason.as_str() {
        codes::NOT_ME | codes::AT_DESK => "next-frozen",
        codes::PERSON_DIED => "next-person-died",
        codes::KEY_REVOKED => "next-key-revoked",
        // Whoever applies for first keys brings the identity card anyway.
        codes::DATA_CHANGED if application.kind == ApplicationKind::Reissue => "next-data-changed",
        _ => plain,
    }
}

impl ApplicationView {
    /// The same where nothing is issued for the time being: to reload in a minute would be advice for ever.
    pub(crate) fn while_stopped(mut self, is_stopped: bool) -> Self {
        if is_stopped && self.next == NextStep::Wait.key() {
            self.next = "next-wait-stopped";
        }
        self
    }
}

impl Words<'_> {
    /// The states behind, what is waited for, and what is ahead; of an application that failed, where it ended.
    pub(super) fn timeline(
        &self,
        application: &Application,
        entered: &[(State, Timestamp)],
        signed: &[Signed],
    ) -> Vec<Step> {
        let kind = application.kind;
        let way: &[&'static str] = match kind {
            ApplicationKind::Reissue => &REISSUE,
            ApplicationKind::First => &FIRST,
        };
        let state = &application.state;
        let mut steps: Vec<Step> = self
            .behind(application, entered)
            .into_iter()
            .map(|(name, at)| self.taken(application, (name, at), signed))
            .collect();
        let reached = way.iter().position(|name| *name == state.name());
        let ahead = match (state, reached) {
            (State::Rejected { .. } | State::Expired { .. } | State::Cancelled { .. }, _) => &[],
            (_, Some(place)) => way.get(place + 1..).unwrap_or_default(),
            (_, None) => way,
        };
        for (place, name) in ahead.iter().enumerate() {
            let is_next = place == 0;
            steps.push(Step {
                title: self.title(kind, name),
                mark: if is_next { "current" } else { "ahead" },
                when: String::new(),
                iso: String::new(),
                who: String::new(),
                by_owner: false,
                note: if is_next {
                    self.text(&format!("state-{}", state.name()))
                } else {
                    String::new()
                },
            });
        }
        steps
    }

    /// The states that were entered, each with its time; without records of them what the application itself tells.
    fn behind(
        &self,
        application: &Application,
        entered: &[(State, Timestamp)],
    ) -> Vec<(&'static str, Timestamp)> {
        let state = &application.state;
        let mut behind: Vec<(&'static str, Timestamp)> = if entered.is_empty() {
            let mut told = vec![(State::Draft.name(), application.created_at)];
            told.extend(state.since().map(|at| (state.name(), at)));
            told
        } else {
            entered
                .iter()
                .map(|(state, at)| (state.name(), *at))
                .collect()
        };
        if application.kind == ApplicationKind::First && behind.len() > 1 {
            behind.retain(|(name, _)| *name != State::Draft.name());
        }
        behind
    }

    /// A step that was taken.
    fn taken(
        &self,
        application: &Application,
        (name, at): (&str, Timestamp),
        signed: &[Signed],
    ) -> Step {
        let (kind, last) = (application.kind, &application.state);
        let failed = ["REJECTED", "EXPIRED", "CANCELLED"].contains(&name);
        let note = if name == "REJECTED" {
            self.reason(last)
        } else {
            String::new()
        };
        let title = if failed {
            self.text(&format!("state-{name}"))
        } else {
            self.title(kind, name)
        };
        let who = who(kind, last, name, signed);
        Step {
            title,
            mark: if failed { "failed" } else { "done" },
            when: self.date_time(at),
            iso: at.rfc3339(),
            who: self.who(application, who),
            by_owner: who == BY_OWNER,
            note,
        }
    }

    /// Who took a step, in words; of an operator the centre, too, and never a name.
    fn who(&self, application: &Application, who: &str) -> String {
        let centre = application
            .first
            .as_ref()
            .filter(|_| who == BY_OPERATOR)
            .and_then(|first| self.centres?.find(&first.centre));
        match centre {
            Some(centre) => {
                let name = [("centre", centre.name(self.language).into())];
                self.catalogue
                    .format(self.language, "step-by-operator-of", &name)
            }
            None => self.text(who),
        }
    }

    fn title(&self, kind: ApplicationKind, name: &str) -> String {
        match (kind, name) {
            (ApplicationKind::First, "CONFIRMED") => self.text("step-CONFIRMED-first"),
            _ => self.text(&format!("step-{name}")),
        }
    }

    /// Why an application was refused: a code of ours, or an operator's words; nothing when it was not.
    pub(crate) fn reason(&self, state: &State) -> String {
        let State::Rejected { reason, .. } = state else {
            return String::new();
        };
        if codes::REASONS.contains(&reason.as_str()) {
            return self.text(&format!("rejected-{reason}"));
        }
        if let Some((code, words)) = codes::desk_reason(reason) {
            let told = self.text(&format!("decision-reason-{code}"));
            return format!("{told} {words}").trim_end().to_owned();
        }
        let reason = [("reason", reason.as_str().into())];
        self.catalogue
            .format(self.language, "rejected-other", &reason)
    }
}

/// Who took a step: the applicant, an operator of the registration centre (the centre, not a name), the authority, or time.
/// Operators sign what they decide; what nobody signed was decided by an administrator at the command line.
fn who(kind: ApplicationKind, last: &State, name: &str, signed: &[Signed]) -> &'static str {
    let decided = |step: Signed| {
        if signed.contains(&step) {
            BY_OPERATOR
        } else {
            BY_ADMINISTRATOR
        }
    };
    match name {
        "CONFIRMED" if kind == ApplicationKind::First => decided(Signed::Approve),
        "ISSUED" => BY_AUTHORITY,
        "EXPIRED" => BY_SYSTEM,
        "REJECTED" => {
            let by_rule = if let State::Rejected { reason, .. } = last {
                codes::REASONS.contains(&reason.as_str())
            } else {
                false
            };
            if by_rule {
                BY_SYSTEM
            } else {
                decided(Signed::Reject)
            }
        }
        _ if kind == ApplicationKind::First => BY_APPLICANT,
        _ => BY_OWNER,
    }
}
