//! What is brought to a ceremony, against the plan.

use tanba_crypto::PublicKey;

use super::certify::Order;
use super::plan::Act;
use super::{CeremonyError, Materials, Room};

impl Room {
    /// The key that was brought, if the plan wants one.
    pub(super) fn brought(
        &self,
        act: &Act,
        materials: &Materials,
        order: &Order<'_>,
    ) -> Result<Option<PublicKey>, CeremonyError> {
        let refuse = |text: &str| Err(CeremonyError::Material(text.to_owned()));
        if let Act::Cross { subject_sha256, .. } = act {
            let Some(subject) = &materials.subject else {
                return refuse("bring the certificate of the authority that is cross-certified");
            };
            if subject.sha256() != *subject_sha256 {
                return refuse(
                    "the certificate is not the one whose SHA-256 the plan names as certificate-sha256",
                );
            }
            if !subject.is_ca() {
                return refuse("the certificate that was brought is not one of an authority");
            }
            self.has_foreign_name(subject)?;
            // RFC 5280, 4.2.1.2: what that authority issued names its key by this identifier.
            if subject.subject_key_id() != Some(subject.public_key().key_id().as_slice()) {
                return refuse(
                    "the other authority names its key by another identifier than the SHA-1 of its octets, which no profile here can repeat",
                );
            }
            return Ok(Some(subject.public_key().clone()));
        }
        let wanted = matches!(act, Act::Signer { key: None, .. });
        let Some(request) = &materials.request else {
            return if wanted || order.certificate.request_sha256.is_some() {
                refuse("bring the request (PKCS#10) of the key that is to be certified")
            } else {
                Ok(None)
            };
        };
        if matches!(act, Act::Signer { key: Some(_), .. }) {
            return refuse("the plan has the key made here: a request has no place in it");
        }
        if let Some(expected) = order.certificate.request_sha256
            && tanba_crypto::sha256(request.der()) != expected
        {
            return refuse(
                "the request is not the one whose SHA-256 the plan names as request-sha256",
            );
        }
        if request.verify_possession().is_err() {
            return refuse("the request is not signed with the key that it asks for");
        }
        if !request.subject().is_empty() && request.subject() != order.name() {
            return refuse("the request has another name than the plan");
        }
        if let Act::Issuing { authority, .. } = act
            && request.public_key().algorithm() != Ok(authority.key)
        {
            return refuse("the request asks for another kind of key than the plan");
        }
        Ok(Some(request.public_key().clone()))
    }
}
