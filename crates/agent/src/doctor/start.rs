//! Whether the agent starts with the session.

use super::{Cause, Finding};
use crate::machine::{Machine, Step, System, starts};

/// On Windows only the registry tells, which is not read.
pub(super) fn look(machine: &Machine) -> Option<Finding> {
    let starts = match machine.system {
        System::Windows => return None,
        System::Linux => starts(machine),
        System::Macos => machine.install().iter().all(|step| {
            let Step::Write { path, .. } = step else {
                return true;
            };
            path.exists()
        }),
    };
    Some(if starts {
        Finding::good(Cause::Start, "doctor-start", "")
    } else {
        Finding::note(Cause::Start, "doctor-start-missing", "")
    })
}
