//! An authority that may not issue any more, and that another one replaced.

use tanba_model::certificate::{CertificateRecord, Status};
use tanba_model::fitness::{AuthorityPath, Unfit, Unfitness};
use tanba_model::ports::{IssuerRecord, StorageError, UnitOfWork};
use tanba_pki::{SerialNumber, Timestamp};

use super::{Report, at};

/// The profile of what goes on telling status, whatever became of the authority.
const RESPONDER: &str = "ocsp-responder";

/// Since when nothing that an authority signs is accepted, and what it issued nevertheless.
pub(super) struct Disowned {
    since: Option<Timestamp>,
    now: Timestamp,
    /// Its certificates of people that would count if it did.
    left: u64,
}

impl Disowned {
    pub(super) fn read(
        unit: &mut dyn UnitOfWork,
        record: &IssuerRecord,
        known: &[IssuerRecord],
        now: Timestamp,
    ) -> Result<Self, StorageError> {
        Ok(Self {
            since: AuthorityPath::of(record, known).disowned_since(unit)?,
            now,
            left: 0,
        })
    }

    /// One record of the authority. What it issued when nobody accepted it any more is a fault until that is revoked or has
    /// ended: somebody has it, and somebody let the key sign.
    pub(super) fn judge(&mut self, record: &CertificateRecord, report: &mut Report) {
        let counts = record.status == Status::Valid && self.now <= record.not_after;
        let Some(since) = self.since.filter(|_| counts) else {
            return;
        };
        if record.person.is_some() {
            self.left = self.left.saturating_add(1);
        }
        if record.created_at > since && record.profile != RESPONDER {
            report.fault(
                &record.serial,
                "issued-unfit",
                format!(
                    "it was issued on {}, and since {} nothing that its authority signs is accepted: revoke it (`tanba certificate revoke`)",
                    at(record.created_at),
                    at(since)
                ),
            );
        }
    }

    /// What an authority that may not issue means. A fault where nothing can be issued for it; where another one issues, that is
    /// what the change was for.
    pub(super) fn tell(
        &self,
        record: &IssuerRecord,
        serial: &SerialNumber,
        unfit: &Unfitness,
        is_needed: bool,
        report: &mut Report,
    ) {
        if is_needed {
            let what = format!(
                "nothing that this authority issued is accepted, and it may not issue ({unfit})"
            );
            report.fault(serial, "authority-unfit", what);
            return;
        }
        let name = &record.issuer.name;
        let rest = match (unfit.why, self.left) {
            (Unfit::Ended | Unfit::NotBegun, _) => {
                "what it issued counts no longer than it".to_owned()
            }
            (_, 0) => "no certificate of people that it issued counts any more".to_owned(),
            (_, left) => format!(
                "{left} certificates of people that it issued have not ended and are accepted nowhere: their owners need new ones"
            ),
        };
        report.notes.push(format!(
            "{name} may not issue any more ({unfit}), and another authority issues in its place; {rest}"
        ));
    }
}
