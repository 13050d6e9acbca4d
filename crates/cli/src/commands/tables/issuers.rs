//! Authorities, as far as the log says what they are: their certificates, and those of their responders and seals.

use std::collections::BTreeMap;

use tanba_model::audit::AuditEvent;
use tanba_model::ports::{IssuerKind, IssuerRecord, UnitOfWork};
use tanba_pki::{Certificate, hex};

use super::{Fault, number};

/// What the log says of an authority.
#[derive(Debug, Default)]
struct Made {
    /// `sha256=` and digits of its certificate.
    certificate: Option<String>,
    /// Its name and its shards, of which events of before say nothing.
    shape: Option<String>,
    /// `serial=` or `sha256=` and digits, of the last one.
    responder: Option<String>,
    seal: Option<String>,
    /// The greatest number of a list that was to be signed.
    number: Option<u64>,
}

/// What the log says of all of them.
#[derive(Debug, Default)]
pub(super) struct Said {
    issuers: BTreeMap<i64, Made>,
    /// Digests of the requests of awaited ones, by the names of their objects.
    awaited: BTreeMap<String, String>,
}

impl Said {
    pub(super) fn take(&mut self, event: &AuditEvent) {
        if event.action == "issuer.request" {
            let detail = event.detail.clone();
            let _ = self.awaited.insert(event.object.clone(), detail);
            return;
        }
        let Some(id) = number(&event.object, "issuer") else {
            return;
        };
        let made = self.issuers.entry(id).or_default();
        match event.action.as_str() {
            "issuer.create" | "issuer.import" => {
                let (certificate, shape) = event
                    .detail
                    .split_once(' ')
                    .map_or((event.detail.as_str(), None), |(certificate, shape)| {
                        (certificate, Some(shape.to_owned()))
                    });
                made.certificate = Some(certificate.to_owned());
                made.shape = shape;
            }
            "crl.intend" => made.number = made.number.max(greatest(&event.detail)),
            "issuer.responder" => made.responder = Some(event.detail.clone()),
            "issuer.seal" => made.seal = Some(event.detail.clone()),
            _ => {}
        }
    }

    pub(super) fn judge(
        mut self,
        unit: &mut dyn UnitOfWork,
        fault: &mut dyn FnMut(Fault),
    ) -> anyhow::Result<()> {
        for row in unit.issuers().all()? {
            let object = format!("issuer:{}", row.id);
            let Some(made) = self.issuers.remove(&row.id.0) else {
                fault(Fault::new(
                    object,
                    "issuer-unknown",
                    "there is an authority that the audit log does not know",
                ));
                continue;
            };
            for (code, what) in made.faults(&row) {
                fault(Fault::new(object.as_str(), code, what));
            }
            let next = unit.crls().upcoming_number(row.id)?;
            if let Some(used) = made.number
                && next.is_none_or(|next| next <= used)
            {
                let what = format!(
                    "the next revocation list of this authority could get a number that one had before: the audit log has {used}; \
                     write a greater one back into `issuer.next_crl_number`"
                );
                fault(Fault::new(object, "issuer-numbers", what));
            }
        }
        for (id, made) in self.issuers {
            if made.certificate.is_some() {
                fault(Fault::new(
                    format!("issuer:{id}"),
                    "issuer-missing",
                    "the audit log says that this authority was made, and nothing is recorded of it",
                ));
            }
        }
        for row in unit.issuers().awaited()? {
            let object = format!("awaited:{}", row.name);
            let request = format!("request {}", fingerprint(&row.request));
            if self.awaited.get(&object) != Some(&request) {
                fault(Fault::new(
                    object,
                    "issuer-awaited",
                    "an authority is awaited here whose request is not one that the audit log says",
                ));
            }
        }
        Ok(())
    }
}

impl Made {
    fn faults(&self, row: &IssuerRecord) -> Vec<(&'static str, &'static str)> {
        let mut faults = Vec::new();
        let certificate = Certificate::from_der(&row.issuer.certificate).ok();
        let is_root = certificate.is_some_and(|certificate| certificate.is_self_issued());
        if self.certificate.as_deref() != Some(&fingerprint(&row.issuer.certificate)) {
            faults.push((
                "issuer-certificate",
                "the certificate of this authority is not the one that the audit log says",
            ));
        }
        let is_shaped = (self.shape.as_ref()).is_none_or(|shape| *shape == row.issuer.evidence());
        if is_root != (row.issuer.kind == IssuerKind::Root) || !is_shaped {
            faults.push((
                "issuer-other",
                "this authority has another kind, another name or other shards than its certificate and the audit log say",
            ));
        }
        if !is_named(
            self.responder.as_deref(),
            row.responder_certificate.as_deref(),
        ) {
            faults.push((
                "issuer-responder",
                "the responder of this authority is not the last one that the audit log says",
            ));
        }
        if !is_named(self.seal.as_deref(), row.seal_certificate.as_deref()) {
            faults.push((
                "issuer-seal",
                "the seal of this authority is not the last one that the audit log says: nobody signs the log, or somebody else does",
            ));
        }
        faults
    }
}

/// The greatest number of the lists of an event: `numbers 7 8 tbs sha256=…`.
fn greatest(detail: &str) -> Option<u64> {
    let words = detail.strip_prefix("numbers ")?.split(' ');
    words.map_while(|word| word.parse().ok()).max()
}

/// Whether a certificate is the one that an event names, and there is none where none does.
fn is_named(said: Option<&str>, certificate: Option<&[u8]>) -> bool {
    match (said, certificate) {
        (None, None) => true,
        (Some(said), Some(der)) => match said.strip_prefix("serial=") {
            Some(serial) => Certificate::from_der(der)
                .is_ok_and(|certificate| certificate.serial_hex() == serial),
            None => said == fingerprint(der),
        },
        (Some(_), None) | (None, Some(_)) => false,
    }
}

fn fingerprint(octets: &[u8]) -> String {
    format!("sha256={}", hex::encode(&tanba_crypto::sha256(octets)))
}
