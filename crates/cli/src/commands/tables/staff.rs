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
    /// When it was ended, and what the row was then; of before, the role alone.
    ended: Option<(Timestamp, String)>,
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
            // The number of a row that was taken away may be given again.
            *work = Work {
                entered: Some(event.detail.clone()),
                ended: None,
            };
        } else {
            work.ended = Some((event.at, event.detail.clone()));
        }
    }

    pub(super) fn judge(
        mut self,
        unit: &mut dyn UnitOfWork,
        fault: &mut dyn FnMut(Fault),
    ) -> anyhow::Result<u64> {
        let mut by_role = 0_u64;
        let current = self.current();
        let mut after = None;
        loop {
            let rows = unit.staff().page(after, PAGE)?;
            let Some(last) = rows.last() else {
                break;
            };
            after = Some(last.id);
            for row in &rows {
                let object = format!("staff:{}", row.id);
                let said = self.0.remove(&row.id.0);
                if said.as_ref().is_some_and(Work::is_by_role) {
                    by_role = by_role.saturating_add(1);
                }
                match said {
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
        for (id, work) in self.0 {
            if work.is_entered_again(id, &current) {
                continue;
            }
            fault(Fault::new(
                format!("staff:{id}"),
                "staff-missing",
                "the audit log says that somebody works or worked here of whom there is no record",
            ));
        }
        Ok(by_role)
    }
}

impl Said {
    /// Whoever was not dismissed, as the log says it.
    fn current(&self) -> Vec<(i64, String)> {
        let entered = |(id, work): (&i64, &Work)| {
            let entered = work.entered.as_ref().filter(|_| work.ended.is_none())?;
            Some((*id, entered.clone()))
        };
        self.0.iter().filter_map(entered).collect()
    }
}

impl Work {
    /// Whether it was entered before more than the role was recorded, and nothing was said of it since.
    fn is_by_role(&self) -> bool {
        let is_role = |said: &str| !said.contains(' ');
        self.entered.as_deref().is_some_and(is_role)
            && self.ended.as_ref().is_none_or(|(_, was)| is_role(was))
    }

    fn is(&self, row: &StaffMember) -> bool {
        let now = row.evidence();
        if let Some((ended, was)) = &self.ended {
            if row.until != Some(*ended) {
                return false;
            }
            // Whatever was put into the row before was ended with it: that is how it is put right.
            if was.contains(' ') {
                return until_end(was) == until_end(&now);
            }
            let entered_as = self.entered.as_deref().map(role);
            if entered_as != Some(was.as_str()) {
                return was == row.role.name();
            }
        }
        let Some(entered) = &self.entered else {
            return false;
        };
        if !entered.contains(' ') {
            return entered == row.role.name();
        }
        match self.ended {
            None => *entered == now,
            Some(_) => until_end(entered) == until_end(&now),
        }
    }

    /// Whether a row that is gone was put back: nobody who works is entered a second time, unless her row was taken away.
    fn is_entered_again(&self, id: i64, current: &[(i64, String)]) -> bool {
        let Some(entered) = self.entered.as_ref().filter(|_| self.ended.is_none()) else {
            return false;
        };
        // Times are written so that they can be compared as texts.
        let follows = |other: &str| {
            let until = entered.split_once(" until=").map(|(_, until)| until);
            let since = until_end(other).split_once(" since=");
            who(other) == who(entered)
                && since.is_some_and(|(_, since)| until.is_none_or(|until| since < until))
        };
        (current.iter()).any(|(other, said)| *other > id && follows(said))
    }
}

/// All of it but the end.
fn until_end(entered: &str) -> &str {
    entered.split(" until=").next().unwrap_or_default()
}

/// Who, as what and where.
fn who(entered: &str) -> &str {
    entered.split(" since=").next().unwrap_or_default()
}

fn role(entered: &str) -> &str {
    entered.split(' ').next().unwrap_or_default()
}
