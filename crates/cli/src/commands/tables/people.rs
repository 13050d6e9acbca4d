//! People: where codes and notices go, and who is frozen.

use std::collections::BTreeMap;

use tanba_model::audit::AuditEvent;
use tanba_model::audit::channels::{Channels, KEY};
use tanba_model::audit::identity::Identity;
use tanba_model::id::PersonId;
use tanba_model::person::Person;
use tanba_model::ports::UnitOfWork;

use super::share::Share;
use super::{Compared, Fault, PAGE, number};

/// Acts that change where codes and notices go. Programs of before said no digest, and still run on this database.
const CHANGE: [&str; 9] = [
    "person.import",
    "person.enter",
    "person.address",
    "person.email",
    "person.email-change",
    "person.email-back",
    "person.phone-change",
    "person.phone-remove",
    "person.phone-back",
];

/// Acts that say who a person is. Programs of before said no digest.
const NAMING: [&str; 4] = [
    "person.import",
    "person.enter",
    "person.update",
    "person.names",
];

/// What the log says last of a person.
#[derive(Clone, Copy, Debug, Default)]
struct Last {
    channels: Option<Channels>,
    identity: Option<Identity>,
    is_frozen: bool,
}

/// What the log says of everybody.
#[derive(Debug, Default)]
pub(super) struct Said(BTreeMap<i64, Last>);

impl Said {
    pub(super) fn take(&mut self, event: &AuditEvent) {
        let Some(id) = number(&event.object, "person") else {
            return;
        };
        let last = self.0.entry(id).or_default();
        match event.action.as_str() {
            "person.freeze" => last.is_frozen = true,
            "person.release" => last.is_frozen = false,
            action => {
                let said = Channels::said(&event.detail);
                let is_lost = CHANGE.contains(&action) && said.is_none();
                last.channels = if is_lost {
                    None
                } else {
                    said.or(last.channels)
                };
                if NAMING.contains(&action) {
                    last.identity = Identity::said(&event.detail);
                }
            }
        }
    }

    pub(super) fn judge(
        self,
        unit: &mut dyn UnitOfWork,
        share: Share,
        fault: &mut dyn FnMut(Fault),
    ) -> anyhow::Result<Compared> {
        let key = unit.secrets().server_secret(KEY)?;
        if key.is_none() && share.is_first() {
            fault(Fault::new(
                "people",
                "channels-key",
                "the key is not there with which the audit log tells addresses and telephones apart; put it back from a backup",
            ));
        }
        let mut compared = Compared::default();
        // Both come by id, so that nothing has to be looked up.
        let mut said = self.0.into_iter().peekable();
        let mut after = PersonId(share.before());
        loop {
            let mut rows = unit.persons().page(after, PAGE)?;
            rows.retain(|row| share.has(row.id.0));
            let Some(end) = rows.last() else {
                break;
            };
            after = end.id;
            for row in &rows {
                while let Some((id, _)) = said.next_if(|(id, _)| *id < row.id.0) {
                    fault(missing(id));
                }
                compared.people = compared.people.saturating_add(1);
                let Some((_, last)) = said.next_if(|(id, _)| *id == row.id.0) else {
                    fault(Fault::new(
                        object(row.id.0),
                        "person-unknown",
                        "the audit log does not say that this person was entered",
                    ));
                    continue;
                };
                let now = key.as_ref().map(|key| Channels::of(key, row));
                if last.channels.is_none() {
                    compared.not_comparable = compared.not_comparable.saturating_add(1);
                } else if now.is_some() && now != last.channels {
                    fault(Fault::new(
                        object(row.id.0),
                        "person-channels",
                        "the addresses or telephones that codes and notices go to are not those that the audit log says: ask \
                         the person, and set them right at the desk",
                    ));
                }
                if last.identity.is_none() {
                    compared.unnamed = compared.unnamed.saturating_add(1);
                } else if let Some(key) = &key
                    && let Some((source, deceased)) = unit.persons().source(row.id)?
                    && last.identity != Some(Identity::of(key, row, &source, deceased))
                {
                    fault(Fault::new(
                        object(row.id.0),
                        "person-identity",
                        "the number or the names of this person, or whether she died, are not what the audit log says: put her \
                         right from the register, and revoke what was issued since",
                    ));
                }
                frozen(row, last, fault);
            }
        }
        for (id, _) in said {
            fault(missing(id));
        }
        Ok(compared)
    }
}

fn frozen(row: &Person, last: Last, fault: &mut dyn FnMut(Fault)) {
    if row.frozen_at.is_some() == last.is_frozen {
        return;
    }
    let what = if last.is_frozen {
        "the audit log says that this person is frozen, and she is not: keys could be issued in her name"
    } else {
        "this person is frozen, and the audit log does not say so"
    };
    fault(Fault::new(object(row.id.0), "person-frozen", what));
}

fn object(id: i64) -> String {
    format!("person:{id}")
}

fn missing(id: i64) -> Fault {
    Fault::new(
        object(id),
        "person-missing",
        "the audit log says that this person was entered, and nothing is recorded of her",
    )
}
