//! Revocations by owners: the documents, and which certificates are recorded as revoked by them.

use std::collections::BTreeSet;

use tanba_model::audit::Actor;
use tanba_model::ports::UnitOfWork;
use tanba_model::revocation::{Revocation, RevocationDocument};

use super::super::share::Share;
use super::super::{Fault, another};
use super::message::{self, Message};
use super::{Kind, PAGE, Said, not_signed, other, unknown};

impl Said {
    pub(super) fn revocations(
        &mut self,
        unit: &mut dyn UnitOfWork,
        share: Share,
        go_on: &mut dyn FnMut() -> bool,
        fault: &mut dyn FnMut(Fault),
    ) -> anyhow::Result<()> {
        if share.is_first() {
            let orphans = unit.revocations().orphans()?;
            if orphans > 0 {
                fault(Fault::new(
                    "revocations",
                    "signed-covers",
                    format!(
                        "certificates are recorded ({orphans} times) as revoked by a document that is not there"
                    ),
                ));
            }
        }
        let mut after = None;
        loop {
            let rows = unit.revocations().page(after.as_ref(), PAGE)?;
            let Some((last, _)) = rows.last() else {
                return Ok(());
            };
            after = Some(*last);
            another(go_on)?;
            for (_, row) in rows.iter().filter(|(_, row)| share.has(row.person.0)) {
                let (object, kind) = (format!("person:{}", row.person), Kind::Revocation);
                let Some(said) = self.signed.remove(&(kind, row.document_sha256())) else {
                    fault(unknown(&object, kind, row.at.unix()));
                    continue;
                };
                let actor = Actor::Person(row.person);
                if (&said.object, said.at, &said.actor) != (&object, row.at, &actor) {
                    fault(other(&object, kind, row.at.unix()));
                }
                let message = Message {
                    document: &row.document,
                    signature: &row.signature,
                    signer: row.signer,
                };
                if !covers(unit, row)? {
                    fault(Fault::new(
                        object.as_str(),
                        "signed-covers",
                        format!(
                            "a signed revocation (row {}) is recorded as of another event, or of other certificates, than its \
                             document names: put it back as the document says it",
                            row.at.unix()
                        ),
                    ));
                }
                let signer = message.signer(unit)?;
                if let Err(why) = signer.and_then(|by| message::is_by(by, Some(row.person))) {
                    fault(not_signed(&object, kind, row.at.unix(), why));
                }
            }
        }
    }
}

/// Whether it is recorded as of what its document names: the citizen is told by these rows what she revoked.
fn covers(unit: &mut dyn UnitOfWork, row: &Revocation) -> anyhow::Result<bool> {
    // One that an older program made in another form is told by its digest and its signature alone.
    let Ok(document) = RevocationDocument::from_bytes(&row.document) else {
        return Ok(true);
    };
    let named: BTreeSet<String> = (document.certificates.iter())
        .map(|certificate| certificate.serial.clone())
        .collect();
    let mut recorded = BTreeSet::new();
    for id in &row.certificates {
        let Some(record) = unit.certificates().find(*id)? else {
            return Ok(false);
        };
        let _ = recorded.insert(record.serial.hex());
    }
    Ok(named == recorded && document.event() == Some(row.event))
}
