//! Applications: what was signed, and the requests of the keys that it names.

use tanba_model::application::Application;
use tanba_model::document::ApplicationDocument;
use tanba_model::id::ApplicationId;
use tanba_model::iin::Iin;
use tanba_model::person::EmailAddress;
use tanba_model::ports::UnitOfWork;
use tanba_pki::{CertificateRequest, hex};

use super::super::Fault;
use super::super::share::Share;
use super::message::{self, Message};
use super::{PAGE, Said};

impl Said {
    pub(super) fn of_applications(
        &mut self,
        unit: &mut dyn UnitOfWork,
        share: Share,
        fault: &mut dyn FnMut(Fault),
    ) -> anyhow::Result<u64> {
        let mut not_comparable = 0_u64;
        let mut after = Some(ApplicationId(share.before()));
        loop {
            let mut rows = unit.applications().page(after, PAGE)?;
            rows.retain(|row| share.has(row.id.0));
            let Some(last) = rows.last() else {
                return Ok(not_comparable);
            };
            after = Some(last.id);
            for row in &rows {
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
    if let Some(read) = &read {
        if !is_its(row, read) {
            return Ok(Some(
                "its number, its address, where its keys live, or the requests of its keys are not those that were signed: \
                 certificates of it may be of keys that nobody applied for",
            ));
        }
        // Whoever signs with a certificate is known by it.
        if row.signed.is_none() && !is_of(unit, row, read)? {
            return Ok(Some(
                "it is recorded as another person's than the one that it names",
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
    let (Some(first), Some(read)) = (&row.first, &read) else {
        return Ok(None);
    };
    let place = read.keys.iter().position(|key| key.purpose == "signature");
    let request = place.and_then(|place| row.requests.get(place));
    let request = request.and_then(|request| CertificateRequest::from_der(&request.request).ok());
    let holds = request.is_some_and(|request| {
        let key = request.public_key();
        let algorithm = key
            .algorithm()
            .map(|algorithm| algorithm.default_signature());
        algorithm.is_ok_and(|algorithm| key.verify(algorithm, document, &first.signature).is_ok())
    });
    Ok((!holds).then_some("its signature does not hold: the new signing key did not make it"))
}

/// Whether the record is of the person who applied.
fn is_of(
    unit: &mut dyn UnitOfWork,
    row: &Application,
    document: &ApplicationDocument,
) -> anyhow::Result<bool> {
    let person = unit.persons().find(row.person)?;
    let named = Iin::parse(&document.applicant.iin).ok();
    Ok(person.map(|person| person.iin) == named)
}

/// Whether the record is of what was signed.
fn is_its(row: &Application, document: &ApplicationDocument) -> bool {
    let email = document.email.as_deref().map(EmailAddress::parse);
    document.number == row.number.as_str()
        && document.kind == row.kind.name()
        && email.transpose().is_ok_and(|email| email == row.email)
        && document.keystore == row.keystore.identifier()
        && document.keys.len() == row.requests.len()
        && (document.keys.iter().zip(&row.requests)).all(|(key, request)| {
            key.profile == request.profile
                && key.public_key_sha256 == hex::encode(&request.public_key_sha256)
                && key.request_sha256 == hex::encode(&tanba_crypto::sha256(&request.request))
        })
}
