//! What the drivers of tokens say.

use std::time::Duration;

use super::{Cause, Finding};
use crate::containers::{DriverReport, TokenStore};

pub(super) fn look(store: &TokenStore, patience: Duration) -> Vec<Finding> {
    let drivers = store.report_within(patience);
    if drivers.is_empty() {
        return vec![Finding::note(Cause::Driver, "doctor-no-driver", "")];
    }
    let mut findings = Vec::new();
    for (path, said) in drivers {
        let path = path.display().to_string();
        let (cause, note) = (Cause::Driver, Finding::note);
        match said {
            DriverReport::Broken(reason) => findings.push(Finding::bad(
                cause,
                "doctor-driver-broken",
                format!("{path}: {reason}"),
                "doctor-driver-repair",
            )),
            DriverReport::Silent => findings.push(Finding::bad(
                cause,
                "doctor-driver-silent",
                path,
                "doctor-driver-silent-repair",
            )),
            DriverReport::Works { slots: 0, .. } => {
                findings.push(note(Cause::Reader, "doctor-no-reader", path));
            }
            DriverReport::Works { tokens, .. } if tokens.is_empty() => {
                findings.push(note(cause, "doctor-no-token", path));
            }
            DriverReport::Works { tokens, .. } => {
                findings.extend(tokens.into_iter().map(|(model, kind)| {
                    let Some(kind) = kind else {
                        return Finding::bad(
                            cause,
                            "doctor-token-unknown",
                            format!("{model}, {path}"),
                            "doctor-token-unknown-repair",
                        );
                    };
                    Finding {
                        name: Some(kind.text_key()),
                        ..Finding::good(cause, "doctor-token", format!("({model}), {path}"))
                    }
                }));
            }
        }
    }
    findings
}
