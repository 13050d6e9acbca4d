//! A signature as it is kept.

use tanba_model::id::{CertificateId, PersonId};
use tanba_model::ports::UnitOfWork;
use tanba_pki::Timestamp;
use tanba_pki::cms::{self, SignedData, VerifyOptions};

/// Signed data with its document inside, as a table has it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Message<'a> {
    pub(super) document: &'a [u8],
    pub(super) signature: &'a [u8],
    pub(super) signer: CertificateId,
}

impl Message<'_> {
    /// Whose certificate it is that is named as the signer's, if that is the one that signed this document, and nobody else
    /// did. Whether it counted then was judged when it was taken.
    pub(super) fn signer(
        &self,
        unit: &mut dyn UnitOfWork,
    ) -> anyhow::Result<Result<Option<PersonId>, &'static str>> {
        let Some(record) = unit.certificates().find(self.signer)? else {
            return Ok(Err("the certificate that it names is not recorded"));
        };
        let is_der = |der: &[u8]| record.der.as_deref() == Some(der);
        Ok(self.check(is_der).map(|()| record.person))
    }

    fn check(&self, is_der: impl Fn(&[u8]) -> bool) -> Result<(), &'static str> {
        const UNREADABLE: &str = "it is not signed data of one signer with its content";
        let data = SignedData::parse(self.signature).map_err(|_| UNREADABLE)?;
        if data.signers().len() != 1 {
            return Err(UNREADABLE);
        }
        if data.content() != Some(self.document) {
            return Err("another document was signed");
        }
        let options = VerifyOptions {
            content: None,
            trusted: &[],
            intermediates: &[],
            crls: &[],
            at: Timestamp::from_unix(0),
            check_chain: false,
            legacy_algorithms: false,
        };
        let verdict = cms::verify_signed_data(&data, &options).map_err(|_| UNREADABLE)?;
        let [signer] = verdict.signers.as_slice() else {
            return Err(UNREADABLE);
        };
        let certificate = signer.certificate.as_ref().ok_or(UNREADABLE)?;
        if !is_der(certificate.der()) {
            return Err("another certificate signed it than the one that it names");
        }
        match signer.signature {
            Ok(()) => Ok(()),
            Err(_) => Err("it does not hold"),
        }
    }
}

/// Whose certificate it is.
pub(super) fn owner(
    unit: &mut dyn UnitOfWork,
    certificate: CertificateId,
) -> anyhow::Result<Option<PersonId>> {
    let record = unit.certificates().find(certificate)?;
    Ok(record.and_then(|record| record.person))
}

/// Whether that is the person who should have signed; of somebody unknown nothing can be said.
pub(super) fn is_by(
    signer: Option<PersonId>,
    person: Option<PersonId>,
) -> Result<(), &'static str> {
    if person.is_some() && signer != person {
        return Err("it was made with somebody else's certificate");
    }
    Ok(())
}
