//! What only a first issuance has.

use std::fmt;

use tanba_pki::Timestamp;

use crate::document::ApplicationDocument;
use crate::language::Language;
use crate::person::EmailAddress;

/// The part of an application for first keys that a reissue has not. Written once, when it is submitted; kept as
/// evidence.
///
/// Nobody has seen the applicant yet: the address was confirmed by whoever applied, and becomes the person's own only
/// when an operator established who that was.
#[derive(Clone, PartialEq, Eq)]
pub struct FirstIssuance {
    /// Code of the registration centre where she has to appear.
    pub centre: String,
    /// The address that the applicant confirmed by a code.
    pub email: EmailAddress,
    /// The language that she applied in.
    pub language: Language,
    /// The last day to appear ends just before this: midnight by the clocks of the cabinet.
    pub appear_by: Timestamp,
    /// Version of the user agreement that she accepted.
    pub agreement: String,
    /// When she accepted it.
    pub agreed_at: Timestamp,
    /// Canonical JSON (RFC 8785) of [`crate::document::ApplicationDocument`].
    pub document: Vec<u8>,
    /// Signature over the document, made by the new signing key with the algorithm of its request: proof of possession,
    /// bound to everything that the document says.
    pub signature: Vec<u8>,
}

impl FirstIssuance {
    /// The address that the applicant signed; of a document without one, that of the record.
    #[must_use]
    pub fn address(&self) -> EmailAddress {
        ApplicationDocument::from_bytes(&self.document)
            .ok()
            .and_then(|document| EmailAddress::parse(&document.email?).ok())
            .unwrap_or_else(|| self.email.clone())
    }
}

impl fmt::Debug for FirstIssuance {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("FirstIssuance")
            .field("centre", &self.centre)
            .field("appear_by", &self.appear_by)
            .finish_non_exhaustive()
    }
}
