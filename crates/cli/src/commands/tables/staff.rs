//! Who works for the authority.

use std::collections::BTreeMap;

use tanba_model::audit::AuditEvent;
use tanba_model::ports::UnitOfWork;
use tanba_model::staff::StaffMember;
use tanba_pki::Timestamp;

use super::{Fault, PAGE, number};

/// What the log says of a row.
#[derive(Debug, Default)]
struct Work {
    /// What [`StaffMember::evidence`] was when it was entered; of before, the role alone.
    entered: Option<String>,
    ended: Option<Timestamp>,
}

/// What the log says of all rows.
#[derive(Debug, Default)]
pub(super) struct Said(BTreeMap<i64, Work>);

impl Said {
    pub(super) fn take(&mut self, event: &AuditEvent) {
        let Some(id) = number(&event.object, "staff") else {
            return;
        };
        let work = self.0.entry(id).or_default();
        if event.action == "staff.add" {
            work.entered = Some(event.detail.clone());
        } else {
            work.ended = Some(event.at);
        }
    }

    pub(super) fn judge(
        mut self,
        unit: &mut dyn UnitOfWork,
        fault: &mut dyn FnMut(Fault),
    ) -> anyhow::Result<()> {
        let mut after = None;
        loop {
            let rows = unit.staff().page(after, PAGE)?;
            let Some(last) = rows.last() else {
                break;
            };
            after = Some(last.id);
            for row in &rows {
                let object = format!("staff:{}", row.id);
                match self.0.remove(&row.id.0) {
                    Some(work) if work.is(row) => {}
                    Some(_) => fault(Fault::new(
                        object,
                        "staff-other",
                        "somebody works here in another role, at another centre, as another person or for another time than \
                         the audit log says",
                    )),
                    None => fault(Fault::new(
                        object,
                        "staff-unknown",
                        "somebody works here, and the audit log does not say so",
                    )),
                }
            }
        }
        for id in self.0.into_keys() {
            fault(Fault::new(
                format!("staff:{id}"),
                "staff-missing",
                "the audit log says that somebody works or worked here of whom there is no record",
            ));
        }
        Ok(())
    }
}

impl Work {
    fn is(&self, row: &StaffMember) -> bool {
        let Some(entered) = &self.entered else {
            return false;
        };
        let is_end_told = self.ended.is_none_or(|ended| row.until == Some(ended));
        if !entered.contains(' ') {
            return entered == row.role.name() && is_end_told;
        }
        let row_entered = row.evidence();
        match self.ended {
            None => *entered == row_entered,
            Some(_) => is_end_told && until_end(entered) == until_end(&row_entered),
        }
    }
}

/// All of it but the end.
fn until_end(entered: &str) -> &str {
    entered.split(" until=").next().unwrap_or_default()
}
