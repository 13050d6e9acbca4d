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
    /// When the same person was entered once more while she was at work: then this row had been taken away, or ended beside
    /// the log. It stays so whatever becomes of the new row.
    again: Option<Timestamp>,
    /// Which entry it is.
    order: usize,
}

/// What the log says of all rows.
#[derive(Debug, Default)]
pub(super) struct Said {
    rows: BTreeMap<i64, Work>,
    /// Rows whose number was given again: then they had been taken away.
    gone: Vec<(i64, Work)>,
    entries: usize,
}

impl Said {
    pub(super) fn take(&mut self, event: &AuditEvent) {
        let Some(id) = number(&event.object, "staff") else {
            return;
        };
        if event.action != "staff.add" {
            let work = self.rows.entry(id).or_default();
            work.ended = Some((event.at, event.detail.clone()));
            return;
        }
        if let Some(before) = self.rows.remove(&id)
            && before.entered.is_some()
        {
            self.gone.push((id, before));
        }
        let gone = self.gone.iter_mut().map(|(_, work)| work);
        for work in self.rows.values_mut().chain(gone) {
            if work.again.is_none() && work.is_entered_again(&event.detail) {
                work.again = Some(event.at);
            }
        }
        self.entries = self.entries.saturating_add(1);
        let work = Work {
            entered: Some(event.detail.clone()),
            order: self.entries,
            ..Work::default()
        };
        let _ = self.rows.insert(id, work);
    }

    /// Whether what was ended was not what had been entered, as the log says it.
    pub(super) fn was_ended_as_another(&self, id: i64) -> bool {
        let Some(work) = self.rows.get(&id) else {
            return true;
        };
        match (&work.entered, &work.ended) {
            (Some(entered), Some((_, was))) if entered.contains(' ') && was.contains(' ') => {
                entered != was
            }
            (Some(entered), Some((_, was))) => role(entered) != role(was),
            _ => true,
        }
    }

    pub(super) fn judge(
        mut self,
        unit: &mut dyn UnitOfWork,
        fault: &mut dyn FnMut(Fault),
    ) -> anyhow::Result<u64> {
        let mut by_role = 0_u64;
        let mut later = self.entered_later();
        let mut after = None;
        loop {
            let rows = unit.staff().page(after, PAGE)?;
            let Some(last) = rows.last() else {
                break;
            };
            after = Some(last.id);
            for row in &rows {
                let object = format!("staff:{}", row.id);
                let said = self.rows.remove(&row.id.0);
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
        for (id, work) in self.gone.into_iter().chain(self.rows) {
            if work.again.is_some() || work.is_covered(&mut later) {
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

    /// Which entry, and as what: of those that say more than the role.
    fn entered_later(&self) -> Vec<(usize, String)> {
        let gone = self.gone.iter().map(|(_, work)| work);
        let entered = self.rows.values().chain(gone).filter_map(|work| {
            let entered = work.entered.as_ref().filter(|said| said.contains(' '))?;
            Some((work.order, role(entered).to_owned()))
        });
        entered.collect()
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
        match (&self.ended, self.again) {
            (None, None) => *entered == now,
            // Nobody is at work as what she was before she was entered again.
            (None, Some(again)) => {
                row.until.is_some_and(|until| until <= again)
                    && until_end(entered) == until_end(&now)
            }
            (Some(_), _) => until_end(entered) == until_end(&now),
        }
    }

    /// Whether this says that she was entered a second time: nobody is who works, or will, unless her row was taken away or
    /// ended beside the log.
    fn is_entered_again(&self, other: &str) -> bool {
        let Some(entered) = self.entered.as_ref().filter(|_| self.ended.is_none()) else {
            return false;
        };
        // Times are written so that they can be compared as texts.
        let until = entered.split_once(" until=").map(|(_, until)| until);
        let since = until_end(other).split_once(" since=");
        person(other).is_some()
            && person(other) == person(entered)
            && since.is_some_and(|(_, since)| until.is_none_or(|until| since < until))
    }

    /// Whether somebody was entered in the same role after an entry that says the role alone: nobody knows who that was. An
    /// entry stands for one.
    fn is_covered(&self, later: &mut Vec<(usize, String)>) -> bool {
        let Some(entered) = self.entered.as_ref().filter(|_| self.ended.is_none()) else {
            return false;
        };
        let is_same = |(order, role): &(usize, String)| *order > self.order && role == entered;
        let place = later.iter().position(is_same);
        place.map(|place| later.swap_remove(place)).is_some()
    }
}

/// All of it but the end.
fn until_end(entered: &str) -> &str {
    entered.split(" until=").next().unwrap_or_default()
}

/// Who; nobody knows it of before.
fn person(entered: &str) -> Option<&str> {
    entered.split(' ').find(|word| word.starts_with("person:"))
}

fn role(entered: &str) -> &str {
    entered.split(' ').next().unwrap_or_default()
}
