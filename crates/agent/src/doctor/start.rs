//! Whether the agent starts with the session.

use super::{Cause, Finding};
use crate::machine::{Machine, Step, System};

/// Only files tell; on Windows the registry does.
pub(super) fn look(machine: &Machine) -> Option<Finding> {
    if machine.system == System::Windows {
        return None;
    }
    // Whatever step writes a file that is not there was never taken.
    let starts = machine.install().iter().all(|step| {
        let Step::Write { what, path, .. } = step else {
            return true;
        };
        *what != "setup-start" || path.exists()
    });
    Some(if starts {
        Finding::good(Cause::Start, "doctor-start", "")
    } else {
        Finding::note(Cause::Start, "doctor-start-missing", "")
    })
}
