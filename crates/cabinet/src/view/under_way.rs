//! Applications for new keys that are signed and not at their end.

use tanba_model::application::{Application, State};

use super::waits_at_a_centre;

/// What the sentence about keys that end soon says of the application for new ones: the keys of today's text and of that of other days.
pub(super) fn keys_end(applications: &[Application]) -> (&'static str, &'static str) {
    let under_way = || {
        applications
            .iter()
            .filter(|application| is_under_way(application))
    };
    // Whoever has confirmed can do nothing but wait, and is not urged to.
    let is_confirmed =
        |application: &Application| matches!(application.state, State::Confirmed { .. });
    if under_way().next().is_none() {
        ("cabinet-keys-today", "cabinet-keys-soon")
    } else if under_way().all(is_confirmed) {
        (
            "cabinet-keys-today-confirmed",
            "cabinet-keys-soon-confirmed",
        )
    } else {
        ("cabinet-keys-today-waiting", "cabinet-keys-soon-waiting")
    }
}

/// Whether an application is signed and not at its end.
const fn is_under_way(application: &Application) -> bool {
    !waits_at_a_centre(application)
        && matches!(
            application.state,
            State::Submitted { .. }
                | State::Awaiting2fa { .. }
                | State::Confirmed { .. }
                | State::Issued { .. }
        )
}
