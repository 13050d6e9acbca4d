//! Decisions of the desk.

use tanba_model::audit::Actor;
use tanba_model::decision::{Decision, DecisionDocument, Step};
use tanba_model::id::PersonId;
use tanba_model::person::EmailAddress;
use tanba_model::ports::{StorageError, UnitOfWork};
use tanba_pki::hex;

use super::super::rows;
use super::super::share::Share;
use super::super::{Fault, another};
use super::message::{self, Message};
use super::{Kind, PAGE, Said, Signing, not_signed, other, unknown};

impl Said {
    pub(super) fn decisions(
        &mut self,
        unit: &mut dyn UnitOfWork,
        share: Share,
        go_on: &mut dyn FnMut() -> bool,
        fault: &mut dyn FnMut(Fault),
    ) -> anyhow::Result<()> {
        let mut after = None;
        loop {
            let rows = unit.decisions().page(after, PAGE)?;
            let Some(last) = rows.last() else {
                return Ok(());
            };
            after = Some(last.id);
            another(go_on)?;
            for row in rows.iter().filter(|row| share.has(row.made.person.0)) {
                let object = format!("person:{}", row.made.person);
                let digest = row.made.document_sha256();
                let Some(said) = self.signed.remove(&(Kind::Decision, digest)) else {
                    fault(unknown(&object, Kind::Decision, row.id.0));
                    continue;
                };
                self.decision_row(unit, row, &said, &object, fault)?;
            }
        }
    }

    fn decision_row(
        &self,
        unit: &mut dyn UnitOfWork,
        row: &Decision,
        said: &Signing,
        object: &str,
        fault: &mut dyn FnMut(Fault),
    ) -> anyhow::Result<()> {
        let (id, made) = (row.id.0, &row.made);
        let actor = Actor::Staff(made.staff);
        let same = (said.object.as_str(), said.at, &said.actor) == (object, made.at, &actor);
        // One that an older program made in another form is told by its digest and its signature alone.
        let document = DecisionDocument::from_bytes(&made.document).ok();
        let is_act = document.as_ref().is_none_or(|document| {
            document.act() == Some(made.act) && document.step() == Some(made.step)
        });
        let belongs = match &document {
            Some(document) => belongs(unit, row, document)?,
            None => true,
        };
        if !same || !is_act || !belongs || !went_so(row, said) {
            fault(other(object, Kind::Decision, id));
        }
        let message = Message {
            document: &made.document,
            signature: &made.signature,
            signer: made.signer,
        };
        if let Err(why) = self.by_staff(unit, &message, made.staff)? {
            fault(not_signed(object, Kind::Decision, id, why));
        }
        let last = self.deeds.get(&(object.to_owned(), made.act));
        if said.deed == Some(made.act)
            && last == Some(&Some(made.document_sha256()))
            && let Some(document) = &document
            && !is_done(unit, made.person, document)?
        {
            fault(Fault::new(
                object,
                "deed-other",
                format!(
                    "what is recorded of the person is not what was decided last (row {id}): ask her, and put it right at the desk"
                ),
            ));
        }
        let was_put_right = said.deed.is_some() && last != Some(&Some(made.document_sha256()));
        if made.step == Step::Confirm
            && !was_put_right
            && let Some(document) = &document
            && !self.is_asked_for(unit, row, document)?
        {
            fault(Fault::new(
                object,
                "deed-alone",
                format!(
                    "what needs the signatures of two was done by one: somebody else's decision that this one (row {id}) confirms \
                     is not there"
                ),
            ));
        }
        Ok(())
    }

    /// Whether somebody else signed before that it should be done.
    fn is_asked_for(
        &self,
        unit: &mut dyn UnitOfWork,
        row: &Decision,
        document: &DecisionDocument,
    ) -> anyhow::Result<bool> {
        let Some(named) = document.first.as_deref().and_then(digest) else {
            return Ok(false);
        };
        let Some(first) = unit.decisions().of_document(&named)? else {
            return Ok(false);
        };
        let is_first = first.id < row.id
            && first.made.step == Step::Propose
            && (first.made.act, first.made.person) == (row.made.act, row.made.person)
            && first.made.document_sha256() == named;
        // The document of the first was compared by itself; it was signed by whoever its row names.
        let (one, two) = (first.made.signer, row.made.signer);
        Ok(is_first && message::owner(unit, one)? != message::owner(unit, two)?)
    }
}

fn digest(text: &str) -> Option<[u8; 32]> {
    <[u8; 32]>::try_from(hex::decode(text)?).ok()
}

/// Whether the row names the application that was decided, and the act that was asked for or answered: pages find it by these.
fn belongs(
    unit: &mut dyn UnitOfWork,
    row: &Decision,
    document: &DecisionDocument,
) -> anyhow::Result<bool> {
    let decided = document.application.as_ref();
    let number = decided.map(|decided| decided.number.as_str());
    let is_of = match row.made.application {
        Some(id) => match unit.applications().find(id) {
            // It is told where applications are compared.
            Err(StorageError::Damaged(_)) => number.is_some(),
            found => found?.as_ref().map(|found| found.number.as_str()) == number,
        },
        None => number.is_none(),
    };
    let asked = match row.made.pending {
        Some(id) => unit.decisions().asked_document(id)?,
        None => None,
    };
    let first = match row.made.step {
        Step::Propose => Some(row.made.document_sha256()),
        Step::Approve => None,
        Step::Reject | Step::Confirm | Step::Withdraw => document.first.as_deref().and_then(digest),
    };
    Ok(row.made.application.is_some() == number.is_some()
        && is_of
        && row.made.pending.is_some() == first.is_some()
        && asked.map(|asked| tanba_crypto::sha256(&asked)) == first)
}

/// Whether the row is of what the events beside it say was done on it. Applications have events of their own.
fn went_so(row: &Decision, said: &Signing) -> bool {
    let step = match row.made.step {
        Step::Approve | Step::Reject => "act",
        step @ (Step::Propose | Step::Confirm | Step::Withdraw) => step.name(),
    };
    let is_done = matches!(row.made.step, Step::Approve | Step::Confirm);
    said.went
        .is_none_or(|(act, went)| act == row.made.act && went == step)
        && said.deed.is_none_or(|deed| deed == row.made.act && is_done)
}

/// Whether a person has the address, or the names, that were decided. What somebody else set later is not asked here.
fn is_done(
    unit: &mut dyn UnitOfWork,
    person: PersonId,
    document: &DecisionDocument,
) -> anyhow::Result<bool> {
    let Some(person) = rows::found(unit.persons().find(person))? else {
        return Ok(true);
    };
    let email = person.email.as_ref().map(EmailAddress::as_str);
    let recorded = [
        ("email", email.unwrap_or_default()),
        ("surname", person.surname.as_str()),
        ("given_name", person.given_name.as_str()),
        (
            "patronymic",
            person.patronymic.as_deref().unwrap_or_default(),
        ),
    ];
    Ok(recorded.iter().all(|(name, recorded)| {
        let decided = document.changes.get(*name);
        decided.is_none_or(|decided| decided == recorded)
    }))
}
