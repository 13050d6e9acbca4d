//! What people and staff signed: the log has the digest of each document, and the tables have the document and the signature.

use std::collections::BTreeMap;

use tanba_model::administration::AdministrationDocument;
use tanba_model::application::Submission;
use tanba_model::audit::{Actor, AuditEvent};
use tanba_model::decision::{Act, Step};
use tanba_model::id::{ApplicationId, PersonId, StaffId};
use tanba_model::ports::UnitOfWork;
use tanba_pki::{Timestamp, hex};

use super::share::Share;
use super::{Fault, another, number};
use message::Message;

mod application;
mod certificates;
mod decision;
mod message;
mod revocation;
mod steps;

/// Documents with their signatures that are in memory at once.
const PAGE: u32 = 200;

/// A kind of signed document that is kept in a table of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Decision,
    Order,
    Revocation,
}

impl Kind {
    const fn name(self) -> &'static str {
        match self {
            Self::Decision => "decision",
            Self::Order => "order",
            Self::Revocation => "revocation",
        }
    }
}

/// What the log says of a signed document.
#[derive(Clone, Debug)]
struct Signing {
    at: Timestamp,
    /// Who signed; it is a person of staff, or somebody for herself.
    actor: Actor,
    object: String,
    /// What was done on it that changes who somebody is, where her codes go, or whether she is frozen.
    deed: Option<Act>,
    /// How far it went, as the event beside it says.
    went: Option<(Act, &'static str)>,
}

/// What the log says of all of them. An application costs some sixty octets of memory, a decision three times as many.
#[derive(Debug, Default)]
pub(super) struct Said {
    signed: BTreeMap<(Kind, [u8; 32]), Signing>,
    /// Digests of the documents of applications; of before it was recorded, none.
    applications: BTreeMap<i64, Option<[u8; 32]>>,
    /// Submitted ones whose record was given to another one later.
    replaced: Vec<i64>,
    steps: steps::Steps,
    /// Whose work it is, as the log says: the table can be changed, and what was signed stays what it was.
    staff: BTreeMap<i64, i64>,
    /// The decision that was signed last: what it does stands in the events after it.
    last: Option<[u8; 32]>,
    /// The last deed of staff of each kind for each person, and the decision that it rests on, if it does. One that was put
    /// right by a later one is no fault any more.
    deeds: BTreeMap<(String, Act), Option<[u8; 32]>>,
    twice: Vec<String>,
}

impl Said {
    pub(super) fn take(&mut self, event: &AuditEvent) {
        if event.action.starts_with("application.") {
            return self.application(event);
        }
        let digest = || <[u8; 32]>::try_from(hex::decode(&event.detail)?).ok();
        match event.action.as_str() {
            "decision.sign" => {
                self.last = digest();
                self.sign(Kind::Decision, digest(), event);
            }
            "administration.sign" => self.sign(Kind::Order, digest(), event),
            "revocation.sign" => self.sign(Kind::Revocation, digest(), event),
            "desk.act" | "desk.confirm" | "desk.propose" | "desk.withdraw" => self.went(event),
            "person.email" | "person.email-change" | "person.email-back" | "person.address" => {
                self.deed(event, Act::Email);
            }
            "person.names" | "person.update" => self.deed(event, Act::Names),
            "person.release" | "person.freeze" => self.deed(event, Act::Release),
            "staff.add" => {
                let person = event.detail.split(' ').nth(1);
                let person = person.and_then(|person| number(person, "person"));
                if let (Some(id), Some(person)) = (number(&event.object, "staff"), person) {
                    let _ = self.staff.insert(id, person);
                }
            }
            _ => {}
        }
    }

    fn application(&mut self, event: &AuditEvent) {
        self.steps.take(event);
        let Some(id) = number(&event.object, "application") else {
            return;
        };
        match event.action.as_str() {
            // A record is given again when the newest one was taken away.
            "application.begin" if self.applications.remove(&id).is_some() => {
                self.replaced.push(id);
            }
            "application.submit" => {
                let said = Submission::said(&event.detail, event.at);
                let digest = said.map(|said| said.document_sha256);
                let _ = self.applications.insert(id, digest);
            }
            _ => {}
        }
    }

    fn sign(&mut self, kind: Kind, digest: Option<[u8; 32]>, event: &AuditEvent) {
        let Some(digest) = digest else {
            return;
        };
        let signing = Signing {
            at: event.at,
            actor: event.actor.clone(),
            object: event.object.clone(),
            deed: None,
            went: None,
        };
        // A document is signed once: whoever names it again wants an old signature to count for something new.
        if self.signed.insert((kind, digest), signing).is_some() {
            self.twice.push(event.object.clone());
        }
    }

    /// The decision that this event belongs to: signed just before it by the same one about the same person.
    fn decision(&mut self, event: &AuditEvent) -> Option<&mut Signing> {
        let signing = self.signed.get_mut(&(Kind::Decision, self.last?))?;
        let belongs = signing.actor == event.actor
            && signing.object == event.object
            && signing.at == event.at;
        belongs.then_some(signing)
    }

    fn went(&mut self, event: &AuditEvent) {
        let step = match event.action.as_str() {
            "desk.act" => "act",
            "desk.confirm" => Step::Confirm.name(),
            "desk.propose" => Step::Propose.name(),
            _ => Step::Withdraw.name(),
        };
        let act = Act::from_name(&event.detail);
        if let Some(signing) = self.decision(event) {
            signing.went = act.map(|act| (act, step));
        }
    }

    /// What a member of staff does to a person rests on what she signed. What somebody does for herself, and administrators at
    /// the command line, does not, and stands in the place of what staff did.
    fn deed(&mut self, event: &AuditEvent, act: Act) {
        let is_of_staff = matches!(event.actor, Actor::Staff(_));
        let key = (event.object.clone(), act);
        if !is_of_staff || event.action == "person.freeze" {
            let _ = self.deeds.remove(&key);
            return;
        }
        let is_done = |went: Option<(Act, &str)>| {
            went == Some((act, "act")) || went == Some((act, Step::Confirm.name()))
        };
        let digest = match self.decision(event) {
            // One decision is for one deed.
            Some(signing) if is_done(signing.went) && signing.deed.is_none() => {
                signing.deed = Some(act);
                self.last
            }
            _ => None,
        };
        let _ = self.deeds.insert(key, digest);
    }

    /// How much was said of people and applications. What staff did is in the first share, whose size is given.
    pub(super) fn known(&self) -> usize {
        (self.signed.len())
            .saturating_add(self.applications.len())
            .saturating_add(self.replaced.len())
            .saturating_add(self.steps.known())
    }

    /// Compares, both ways; how many applications cannot be compared.
    pub(super) fn judge(
        mut self,
        unit: &mut dyn UnitOfWork,
        share: Share,
        go_on: &mut dyn FnMut() -> bool,
        fault: &mut dyn FnMut(Fault),
    ) -> anyhow::Result<u64> {
        for ((object, act), _) in self.deeds.iter().filter(|(_, digest)| digest.is_none()) {
            let what = format!(
                "the audit log says that staff did this ({}), and names no decision for it that was signed: ask the person, and put \
                 right what was done",
                act.name()
            );
            fault(Fault::new(object.as_str(), "deed-unsigned", what));
        }
        for object in std::mem::take(&mut self.twice) {
            fault(Fault::new(
                object,
                "signed-twice",
                "the audit log names the same signed document twice: an old signature was used for something new",
            ));
        }
        self.decisions(unit, share, go_on, fault)?;
        if share.is_first() {
            self.orders(unit, go_on, fault)?;
        }
        self.revocations(unit, share, go_on, fault)?;
        let not_comparable = self.of_applications(unit, share, go_on, fault)?;
        for ((kind, digest), signing) in self.signed {
            let what = format!(
                "the audit log says that a {} was signed whose document has the SHA-256 {}, and it is not there: put it back \
                 from a backup",
                kind.name(),
                hex::encode(&digest)
            );
            fault(Fault::new(signing.object, "signed-missing", what));
        }
        for id in self.applications.into_keys().chain(self.replaced) {
            fault(application::missing(ApplicationId(id)));
        }
        Ok(not_comparable)
    }

    fn orders(
        &mut self,
        unit: &mut dyn UnitOfWork,
        go_on: &mut dyn FnMut() -> bool,
        fault: &mut dyn FnMut(Fault),
    ) -> anyhow::Result<()> {
        let mut after = None;
        loop {
            let rows = unit.decisions().administrations_after(after, PAGE)?;
            let Some(last) = rows.last() else {
                return Ok(());
            };
            after = Some(last.id);
            another(go_on)?;
            for row in &rows {
                let made = &row.made;
                let (object, kind) = (made.object.as_str(), Kind::Order);
                let Some(said) = self.signed.remove(&(kind, made.document_sha256())) else {
                    fault(unknown(object, kind, row.id.0));
                    continue;
                };
                // One that an older program made in another form is told by its digest and its signature alone.
                let document = AdministrationDocument::from_bytes(&made.document).ok();
                let same = (&said.object, said.at) == (&made.object, made.at)
                    && document.is_none_or(|order| {
                        order.act() == Some(made.act) && order.object == made.object
                    });
                if !same || said.actor != Actor::Staff(made.staff) {
                    fault(other(object, kind, row.id.0));
                }
                let message = Message {
                    document: &made.document,
                    signature: &made.signature,
                    signer: made.signer,
                };
                if let Err(why) = self.by_staff(unit, &message, made.staff)? {
                    fault(not_signed(object, kind, row.id.0, why));
                }
            }
        }
    }

    /// Whether a message is signed by somebody of staff.
    fn by_staff(
        &self,
        unit: &mut dyn UnitOfWork,
        message: &Message<'_>,
        staff: StaffId,
    ) -> anyhow::Result<Result<(), &'static str>> {
        let person = self.person_of(unit, staff)?;
        let signer = message.signer(unit)?;
        Ok(signer.and_then(|by| message::is_by(by, person)))
    }

    /// Who that member of staff is, as the log says it; of before it did, as the table does.
    fn person_of(
        &self,
        unit: &mut dyn UnitOfWork,
        staff: StaffId,
    ) -> anyhow::Result<Option<PersonId>> {
        if let Some(person) = self.staff.get(&staff.0) {
            return Ok(Some(PersonId(*person)));
        }
        Ok(unit.staff().find(staff)?.map(|member| member.person))
    }
}

fn unknown(object: &str, kind: Kind, row: i64) -> Fault {
    let what = format!(
        "a signed {0} is recorded (row {row}) that the audit log does not name: it was put there, or its document was replaced",
        kind.name()
    );
    Fault::new(object, "signed-unknown", what)
}

fn other(object: &str, kind: Kind, row: i64) -> Fault {
    let what = format!(
        "a signed {} is recorded (row {row}) as of another instant, as somebody else's, or as another act than the audit log and \
         its document say",
        kind.name()
    );
    Fault::new(object, "signed-other", what)
}

fn not_signed(object: &str, kind: Kind, row: i64, why: &str) -> Fault {
    let what = format!(
        "the signature of a {} (row {row}) is not what it is kept as: {why}",
        kind.name()
    );
    Fault::new(object, "signed-badly", what)
}
