//! People: who they are, where codes and notices go, and who is frozen.

use std::collections::{BTreeMap, BTreeSet};

use tanba_crypto::Secret;
use tanba_model::audit::AuditEvent;
use tanba_model::audit::channels::Channels;
use tanba_model::audit::facts::{Fact, FactDigest, KEY, Known};
use tanba_model::audit::identity::Identity;
use tanba_model::id::PersonId;
use tanba_model::person::Person;
use tanba_model::ports::{PersonFacts, UnitOfWork};

use super::rows::PEOPLE;
use super::share::Share;
use super::{Compared, Fault, another, number};

/// What an act sets. Programs of before said no digest, and still run on this database.
fn sets(action: &str) -> &'static [Fact] {
    match action {
        "person.import" | "person.enter" => &Fact::ALL,
        // Of the number it is not more than a beginning, for people of whom nothing was said before.
        "person.update" => &[Fact::Number, Fact::Names, Fact::Register],
        "person.names" => &[Fact::Number, Fact::Names],
        "person.address" | "person.email" | "person.email-change" | "person.email-back" => {
            &[Fact::Address]
        }
        "person.phone-change" | "person.phone-remove" | "person.phone-back" => &[Fact::Telephone],
        _ => &[],
    }
}

fn is_entering(action: &str) -> bool {
    matches!(action, "person.import" | "person.enter")
}

/// What the log says last of a person.
#[derive(Clone, Copy, Debug, Default)]
struct Last {
    is_entered: bool,
    /// The first one: nothing renews it.
    number: Option<FactDigest>,
    names: Option<FactDigest>,
    register: Option<FactDigest>,
    address: Option<FactDigest>,
    telephone: Option<FactDigest>,
    /// Of an event that said several of them in one.
    identity: Option<Identity>,
    channels: Option<Channels>,
    /// Her telephone was changed when they were not as the log says, and nobody set the address since.
    is_address_unsaid: bool,
    is_frozen: bool,
}

/// What the log says of everybody.
#[derive(Debug, Default)]
pub(super) struct Said {
    last: BTreeMap<i64, Last>,
    /// Those whose record was given to somebody else who was entered later.
    gone: Vec<(i64, Last)>,
    /// Whoever was released once.
    released: BTreeSet<i64>,
}

impl Said {
    pub(super) fn take(&mut self, event: &AuditEvent) {
        let Some(id) = number(&event.object, "person") else {
            return;
        };
        let last = self.last.entry(id).or_default();
        match event.action.as_str() {
            "person.freeze" => last.is_frozen = true,
            "person.release" => {
                last.is_frozen = false;
                let _ = self.released.insert(id);
            }
            action if is_entering(action) => {
                let before = std::mem::take(last);
                last.set(action, &event.detail);
                last.is_entered = true;
                if before.is_entered {
                    // A record is given again when the newest one was taken away.
                    self.gone.push((id, before));
                }
            }
            action => last.set(action, &event.detail),
        }
    }

    /// Of people of another share: whoever was taken away may have been entered again there.
    pub(super) fn take_beyond(&mut self, event: &AuditEvent) {
        if event.action == "person.release"
            && let Some(id) = number(&event.object, "person")
        {
            let _ = self.released.insert(id);
        }
    }

    pub(super) fn known(&self) -> usize {
        self.last.len().saturating_add(self.gone.len())
    }

    pub(super) fn judge(
        self,
        unit: &mut dyn UnitOfWork,
        share: Share,
        go_on: &mut dyn FnMut() -> bool,
        fault: &mut dyn FnMut(Fault),
    ) -> anyhow::Result<Compared> {
        let key = unit.secrets().server_secret(KEY)?;
        if key.is_none() && share.is_first() {
            fault(Fault::new(
                "people",
                "channels-key",
                "the key is not there with which the audit log tells people, addresses and telephones apart; put it back from a backup",
            ));
        }
        let mut compared = Compared::default();
        let mut gone = self.gone;
        // Both come by id, so that nothing has to be looked up.
        let mut said = self.last.into_iter().peekable();
        let mut after = share.before();
        loop {
            let mut piece = PEOPLE.read(unit, after)?;
            piece.rows.retain(|row| share.has(row.id.0));
            piece.unreadable = piece.unreadable.filter(|id| share.has(*id));
            let Some(end) = PEOPLE.end(&piece) else {
                break;
            };
            after = end;
            another(go_on)?;
            for row in &piece.rows {
                gone.extend(std::iter::from_fn(|| {
                    said.next_if(|(id, _)| *id < row.id.0)
                }));
                compared.people = compared.people.saturating_add(1);
                let last = said.next_if(|(id, _)| *id == row.id.0);
                let last = last.map(|(_, last)| last).unwrap_or_default();
                if !last.is_entered {
                    fault(Fault::new(
                        object(row.id.0),
                        "person-unknown",
                        "the audit log does not say that this person was entered",
                    ));
                    continue;
                }
                if let Some(key) = &key
                    && let Some((source, deceased)) = unit.persons().source(row.id)?
                {
                    let known = Known {
                        person: row,
                        source: &source,
                        deceased,
                    };
                    last.compare(key, &known, fault);
                }
                let (channels, identity) = (last.has_channels(), last.has_identity());
                compared.not_comparable =
                    (compared.not_comparable).saturating_add(u64::from(!channels));
                compared.unnamed = compared.unnamed.saturating_add(u64::from(!identity));
                frozen(row, last, fault);
            }
            if let Some(damaged) = piece.unreadable {
                gone.extend(std::iter::from_fn(|| said.next_if(|(id, _)| *id < damaged)));
                // She is there.
                let _ = said.next_if(|(id, _)| *id == damaged);
                fault(Fault::new(
                    object(damaged),
                    "person-unreadable",
                    "what is recorded of this person cannot be read, and was not compared: put her row back from a backup",
                ));
            }
        }
        gone.extend(said);
        missing(&gone, &self.released, key.as_ref(), unit, fault)?;
        Ok(compared)
    }
}

impl Last {
    /// What an act set; where it does not say so, it is not known any more.
    fn set(&mut self, action: &str, detail: &str) {
        for fact in sets(action) {
            let said = fact.said(detail);
            match fact {
                Fact::Number => self.number = self.number.or(said),
                Fact::Names => self.names = said,
                Fact::Register => self.register = said,
                Fact::Address => self.address = said,
                Fact::Telephone => self.telephone = said,
            }
            match fact {
                Fact::Names | Fact::Register => {
                    self.identity = Identity::said(detail);
                    if self.identity.is_some() {
                        (self.names, self.register) = (None, None);
                    }
                }
                Fact::Address => {
                    self.is_address_unsaid = false;
                    self.set_channels(detail);
                }
                Fact::Telephone => {
                    if let (Some(said), Some(before)) = (self.channels, Channels::before(detail)) {
                        // The address that this act found is the one that the log has, or is not.
                        self.is_address_unsaid = said != before;
                        self.address = Fact::Address.said(detail).filter(|_| said == before);
                    }
                    self.set_channels(detail);
                }
                Fact::Number => {}
            }
        }
    }

    fn set_channels(&mut self, detail: &str) {
        self.channels = Channels::said(detail);
        if self.channels.is_some() {
            (self.address, self.telephone) = (None, None);
        }
    }

    const fn has_channels(&self) -> bool {
        self.channels.is_some()
            || self.is_address_unsaid
            || (self.address.is_some() && self.telephone.is_some())
    }

    const fn has_identity(&self) -> bool {
        self.identity.is_some()
            || (self.number.is_some() && self.names.is_some() && self.register.is_some())
    }

    /// What is not as it was said.
    fn compare(&self, key: &Secret, known: &Known<'_>, fault: &mut dyn FnMut(Fault)) {
        let row = known.person;
        let is_other = |fact: Fact, said: Option<FactDigest>| {
            said.is_some_and(|said| said != fact.of(key, known))
        };
        let channels = (self.channels).is_some_and(|said| said != Channels::of(key, row));
        if channels
            || self.is_address_unsaid
            || is_other(Fact::Address, self.address)
            || is_other(Fact::Telephone, self.telephone)
        {
            fault(Fault::new(
                object(row.id.0),
                "person-channels",
                "the addresses or telephones that codes and notices go to are not those that the audit log says: ask the \
                 person, and set them right at the desk",
            ));
        }
        let number = is_other(Fact::Number, self.number);
        if number {
            fault(Fault::new(
                object(row.id.0),
                "person-number",
                "the IIN of this person is not the one that she was entered with, and nothing but the database itself puts it \
                 right: go back to a backup, and revoke what was issued since",
            ));
        }
        let identity = self.identity.is_some_and(|said| {
            // The number is in it.
            !number && said != Identity::of(key, row, known.source, known.deceased)
        });
        if identity || is_other(Fact::Names, self.names) || is_other(Fact::Register, self.register)
        {
            fault(Fault::new(
                object(row.id.0),
                "person-identity",
                "the names of this person, the register that says them, or whether she died, are not what the audit log says: \
                 put her right from the register, and revoke what was issued since",
            ));
        }
    }
}

/// Records that are not there. Whoever was entered again, under another record, is known by her number; a freeze goes with her.
fn missing(
    gone: &[(i64, Last)],
    released: &BTreeSet<i64>,
    key: Option<&Secret>,
    unit: &mut dyn UnitOfWork,
    fault: &mut dyn FnMut(Fault),
) -> anyhow::Result<()> {
    let back = match key {
        Some(key) if !gone.is_empty() => entered_again(gone, key, unit)?,
        _ => BTreeMap::new(),
    };
    for (id, last) in gone {
        // Of somebody who was put there by hand, and looked at, the log says no more than that.
        if !last.is_entered {
            continue;
        }
        match last.number.and_then(|number| back.get(&number)) {
            Some((_, true)) => {}
            Some((again, false)) if !last.is_frozen || released.contains(again) => {}
            Some((again, false)) => fault(Fault::new(
                object(*again),
                "person-frozen",
                "the audit log says that this person was frozen when her record was taken away, and she is not: freeze her at \
                 the desk",
            )),
            None => fault(Fault::new(
                object(*id),
                "person-missing",
                "the audit log says that this person was entered, and nothing is recorded of her",
            )),
        }
    }
    Ok(())
}

/// Under which record somebody has one of these numbers, and whether she is frozen. All are looked at, once.
fn entered_again(
    gone: &[(i64, Last)],
    key: &Secret,
    unit: &mut dyn UnitOfWork,
) -> anyhow::Result<BTreeMap<FactDigest, (i64, bool)>> {
    let sought: BTreeSet<FactDigest> = gone.iter().filter_map(|(_, last)| last.number).collect();
    let (mut found, mut after) = (BTreeMap::new(), 0);
    while !sought.is_empty() {
        let piece = PEOPLE.read(unit, after)?;
        let Some(end) = PEOPLE.end(&piece) else {
            break;
        };
        after = end;
        for row in &piece.rows {
            let known = Known {
                person: row,
                source: "",
                deceased: false,
            };
            let number = Fact::Number.of(key, &known);
            if sought.contains(&number) {
                let _ = found.insert(number, (row.id.0, row.frozen_at.is_some()));
            }
        }
    }
    Ok(found)
}

/// Who somebody is said to be by whoever brings her up to date.
#[derive(Debug)]
pub(crate) struct Claimed {
    pub(crate) facts: PersonFacts,
    pub(crate) source: &'static str,
    pub(crate) deceased: bool,
}

/// Those of these people whose number is not the one that was said first.
pub(super) fn moved(
    unit: &mut dyn UnitOfWork,
    people: &BTreeMap<i64, Claimed>,
) -> anyhow::Result<Vec<i64>> {
    let Some(key) = unit.secrets().server_secret(KEY)? else {
        return Ok(Vec::new());
    };
    let mut said = Said::default();
    super::each(unit, &[b"person."], &mut |event| {
        if number(&event.object, "person").is_some_and(|id| people.contains_key(&id)) {
            said.take(event);
        }
    })?;
    let mut moved = Vec::new();
    for (id, last) in said.last {
        let person = PersonId(id);
        if let Some(claimed) = people.get(&id)
            && let Some(row) = unit.persons().find(person)?
            && let Some((source, deceased)) = unit.persons().source(person)?
            && !last.has_number(&key, &row, (&source, deceased), claimed)
        {
            moved.push(id);
        }
    }
    Ok(moved)
}

impl Last {
    /// Whether the number of a row is the one that was said, as far as that can be told. Where it was said in one with the
    /// names, it is right when the whole is, with the names of the row or with those that put them right.
    fn has_number(
        &self,
        key: &Secret,
        row: &Person,
        (source, deceased): (&str, bool),
        claimed: &Claimed,
    ) -> bool {
        if let Some(number) = self.number {
            let known = Known {
                person: row,
                source,
                deceased,
            };
            return number == Fact::Number.of(key, &known);
        }
        let Some(identity) = self.identity else {
            return true;
        };
        let renamed = Person {
            surname: claimed.facts.surname.clone(),
            given_name: claimed.facts.given_name.clone(),
            patronymic: claimed.facts.patronymic.clone(),
            ..row.clone()
        };
        [row, &renamed].into_iter().any(|person| {
            [source, claimed.source].into_iter().any(|source| {
                [deceased, claimed.deceased]
                    .into_iter()
                    .any(|deceased| identity == Identity::of(key, person, source, deceased))
            })
        })
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
