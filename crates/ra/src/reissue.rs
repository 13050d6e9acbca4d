//! Reissue: new keys for somebody who signs with valid ones.
//!
//! `begin` → `prepare` → `submit` → `confirm` (which issues) → `install`. What the signature covers is made by
//! `prepare` from the draft and the requests, and made again by `submit`, byte for byte.

mod begin;
mod cancel;
mod confirm;
mod identity;
mod install;
mod issue;
mod prepare;
mod refuse;
mod submit;

pub use begin::{BeginError, ReissueForm};
pub(crate) use confirm::reject;
pub use confirm::{ConfirmError, ResendError};
pub use identity::is_named;
pub use install::{InstallError, Installed};
pub use issue::{IssueError, IssuedCertificates};
pub use prepare::PrepareError;
pub(crate) use prepare::{check as check_request, document_keys};
pub(crate) use refuse::refuse_confirmed;
pub use submit::SubmitError;
pub(crate) use submit::is_signed_here;
