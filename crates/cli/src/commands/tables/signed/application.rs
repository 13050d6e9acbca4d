//! Applications: what was signed, and the requests of the keys that it names.

use tanba_crypto::PublicKey;
use tanba_model::application::Application;
use tanba_model::document::ApplicationDocument;
use tanba_model::id::ApplicationId;
use tanba_model::ports::{StorageError, UnitOfWork};
use tanba_pki::CertificateRequest;

use super::super::rows::{self, APPLICATIONS};
use super::super::share::Share;
use super::super::{Fault, another};
use super::Said;
use super::certificates::Certificates;
use super::message::{self, Message};

impl Said {
    pub(super) fn of_applications(
        &mut self,
        unit: &mut dyn UnitOfWork,
        share: Share,
        go_on: &mut dyn FnMut() -> bool,
        fault: &mut dyn FnMut(Fault),
    ) -> anyhow::Result<u64> {
        let mut not_comparable = 0_u64;
        let mut after = share.before();
        loop {
            let mut piece = APPLICATIONS.read(unit, after)?;
            piece.rows.retain(|row| share.has(row.id.0));
            piece.unreadable = piece.unreadable.filter(|id| share.has(*id));
            let Some(end) = APPLICATIONS.end(&piece) else {
                return Ok(not_comparable);
            };
            after = end;
            another(go_on)?;
            for row in &piece.rows {
                self.steps.judge(unit, row, fault)?;
                let said = self.applications.remove(&row.id.0);
                let document = document(row);
                let (code, what) = match (said, document) {
                    // A draft.
                    (None, None) => continue,
                    (None, Some(_)) => (
                        "application-unknown",
                        "the application is signed, and the audit log does not say that it was submitted",
                    ),
                    (Some(_), None) => (
                        "application-document",
                        "the audit log says that the application was submitted, and its signed document is not there: put it \
                         back from a backup",
                    ),
                    (Some(said), Some(document)) => {
                        if said.is_none() {
                            not_comparable = not_comparable.saturating_add(1);
                        }
                        if said.is_some_and(|said| said != tanba_crypto::sha256(document)) {
                            (
                                "application-document",
                                "the signed document is not the one whose digest the audit log has: put it back from a backup",
                            )
                        } else if let Some(why) = faulty(unit, row, document)? {
                            ("application-signature", why)
                        } else {
                            continue;
                        }
                    }
                };
                fault(Fault::new(object(row.id), code, what));
            }
            if let Some(id) = piece.unreadable {
                // It is there.
                let _ = self.applications.remove(&id);
                fault(Fault::new(
                    object(ApplicationId(id)),
                    "application-unreadable",
                    "what is recorded of this application cannot be read, and was not compared: put its row back from a backup",
                ));
            }
        }
    }
}

fn object(id: ApplicationId) -> String {
    format!("application:{id}")
}

/// A record that is gone.
pub(super) fn missing(id: ApplicationId) -> Fault {
    Fault::new(
        object(id),
        "application-missing",
        "the audit log says that this application was submitted, and nothing is recorded of it: put it back from a backup",
    )
}

fn document(row: &Application) -> Option<&[u8]> {
    let signed = row.signed.as_ref().map(|signed| signed.document.as_slice());
    signed.or_else(|| row.first.as_ref().map(|first| first.document.as_slice()))
}

/// What is wrong with what hangs on a document that is the right one.
fn faulty(
    unit: &mut dyn UnitOfWork,
    row: &Application,
    document: &[u8],
) -> anyhow::Result<Option<&'static str>> {
    // One that an older program made in another form is told by its digest and its signature alone.
    let read = ApplicationDocument::from_bytes(document).ok();
    let certificates = match &read {
        Some(read) => match Certificates::of(unit, row, read) {
            Err(StorageError::Damaged(_)) => {
                return Ok(Some(
                    "a certificate of it cannot be read, and it was not compared: put the certificate's row back from a backup",
                ));
            }
            found => Some(found?),
        },
        None => None,
    };
    if let (Some(read), Some(certificates)) = (&read, &certificates) {
        if !is_its(unit, row, read, certificates)? {
            return Ok(Some(
                "what is recorded beside the signed document (number, person, address, place, keystore, centre, or the requests of its \
                 keys) is not what was signed: certificates of it may be of keys or addresses that nobody applied for",
            ));
        }
        if !certificates.are_its_own() {
            return Ok(Some(
                "a certificate of it is not there, or is recorded as of another application than the one that names its key: \
                 write the record of the application back into it, as its signed document says it",
            ));
        }
        if !certificates.say_what_was_signed() {
            return Ok(Some(
                "a certificate of it has an address or a name that was not signed: revoke it",
            ));
        }
    }
    if let Some(signed) = &row.signed {
        let message = Message {
            document,
            signature: &signed.signature,
            signer: signed.signer,
        };
        let signer = message.signer(unit)?;
        return Ok(signer
            .and_then(|by| message::is_by(by, Some(row.person)))
            .err());
    }
    let (Some(first), Some(read), Some(certificates)) = (&row.first, &read, &certificates) else {
        return Ok(None);
    };
    let holds = signing_key(row, read, certificates).is_some_and(|key| {
        let algorithm = key
            .algorithm()
            .map(|algorithm| algorithm.default_signature());
        algorithm.is_ok_and(|algorithm| key.verify(algorithm, document, &first.signature).is_ok())
    });
    Ok((!holds).then_some("its signature does not hold: the new signing key did not make it"))
}

/// The key that signs a first application: that of its request, and of its certificate where nothing is asked of requests.
fn signing_key(
    row: &Application,
    document: &ApplicationDocument,
    certificates: &Certificates<'_>,
) -> Option<PublicKey> {
    let mut keys = document.keys.iter();
    let place = keys.position(|key| key.purpose == "signature")?;
    if certificates.are_over() {
        return certificates.key(place);
    }
    let request = CertificateRequest::from_der(&row.requests.get(place)?.request).ok()?;
    Some(request.public_key().clone())
}

/// Whether the record is of what was signed, and of whoever signed it. Of requests nothing is asked where all that was issued of
/// them is over: they are in no other place, and the alarm would never end.
fn is_its(
    unit: &mut dyn UnitOfWork,
    row: &Application,
    document: &ApplicationDocument,
    certificates: &Certificates<'_>,
) -> anyhow::Result<bool> {
    // A person who is not there, or cannot be read, is told where people are compared.
    let person = rows::found(unit.persons().find(row.person))?;
    let is_hers = person.is_none_or(|person| person.iin.as_str() == document.applicant.iin);
    let is_of = match certificates.are_over() {
        true => document.is_of_but_for_requests(row),
        false => document.is_of(row),
    };
    Ok(is_hers && is_of)
}
