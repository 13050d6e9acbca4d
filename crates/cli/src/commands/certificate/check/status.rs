//! What a responder says of certificates, against their records.

use tanba_crypto::DigestAlgorithm;
use tanba_model::certificate::{CertificateRecord, Status};
use tanba_model::ports::{IssuerKind, Storage};
use tanba_pki::Timestamp;
use tanba_pki::ocsp::{self, Response, Status as Said};

use super::Report;
use super::issuer::Issuer;

/// Certificates in one request.
const ASKED: usize = 16;

/// Asks with a request in DER, and gives the response.
pub(super) type Ask<'a> = Box<dyn FnMut(&[u8]) -> anyhow::Result<Vec<u8>> + 'a>;

/// A responder.
pub(super) struct Responder<'a> {
    pub(super) now: Timestamp,
    pub(super) ask: Ask<'a>,
}

impl Responder<'_> {
    /// Asks about the certificates of one issuer.
    ///
    /// # Errors
    /// When nobody answers.
    pub(super) fn judge(
        &mut self,
        storage: &dyn Storage,
        issuer: &Issuer,
        records: &[CertificateRecord],
        report: &mut Report,
    ) -> anyhow::Result<()> {
        if issuer.kind != IssuerKind::Issuing {
            return Ok(());
        }
        let names = ocsp::Issuer::new(&issuer.certificate);
        let issued: Vec<&CertificateRecord> =
            records.iter().filter(|one| one.der.is_some()).collect();
        for some in issued.chunks(ASKED) {
            let ids: Vec<Vec<u8>> = some
                .iter()
                .map(|record| names.cert_id(DigestAlgorithm::Sha1, record.serial.as_bytes()))
                .collect();
            let der = (self.ask)(&ocsp::request(&ids, None))?;
            for record in some {
                report.asked = report.asked.saturating_add(1);
                // Whatever changed since the records were read counts as it is now.
                let fresh = storage.snapshot()?.certificates().find(record.id)?;
                let status = fresh.map_or(record.status, |fresh| fresh.status);
                if let Some((code, what)) = self.fault(issuer, record, status, &der) {
                    report.fault(&record.serial, code, what);
                }
            }
        }
        Ok(())
    }

    fn fault(
        &self,
        issuer: &Issuer,
        record: &CertificateRecord,
        status: Status,
        der: &[u8],
    ) -> Option<(&'static str, String)> {
        let response = match Response::parse(der) {
            Ok(response) => response,
            Err(error) => return Some(("ocsp-answer", format!("OCSP does not answer: {error}"))),
        };
        let verified = match response.verify(&issuer.certificate, self.now, false) {
            Ok(verified) => verified,
            Err(error) => {
                return Some((
                    "ocsp-signature",
                    format!("the OCSP answer does not verify: {error}"),
                ));
            }
        };
        let said = match verified.status(record.serial.as_bytes(), self.now) {
            Ok(said) => said,
            Err(error) => return Some(("ocsp-answer", format!("OCSP does not answer: {error}"))),
        };
        let same = match (status, said) {
            (Status::Valid, Said::Good) => true,
            (
                Status::Revoked { at, reason },
                Said::Revoked {
                    at: since,
                    reason: why,
                },
            ) => at == since && reason.code() == why.map_or(0, |why| why.code()),
            _ => false,
        };
        (!same).then(|| {
            let what = match said {
                Said::Good => "good".to_owned(),
                Said::Unknown => "unknown".to_owned(),
                Said::Revoked { at, .. } => format!("revoked since {}", super::at(at)),
            };
            (
                "ocsp-status",
                format!("OCSP says {what}, which is not what the record says"),
            )
        })
    }
}
