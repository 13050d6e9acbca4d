//! What the use cases need of the outside. A trait lives here, with its callers; `storage`, `ca` and `cli` implement it.

mod applications;
mod audit_log;
mod certificates;
mod crls;
mod issuance;
mod issuers;
mod outbox;
mod persons;
mod secrets;
mod sessions;
mod storage;

pub use applications::{Applications, NewApplication};
pub use audit_log::AuditLog;
pub use certificates::Certificates;
pub use crls::{CrlKind, CrlRecord, Crls};
pub use issuance::{Issuance, IssuanceError, IssuanceOrder, RequestFault, certificate_object};
pub use issuers::{IssuerKind, IssuerRecord, Issuers, NewIssuer};
pub use outbox::{Carrier, CarrierError, NewMessage, Outbox};
pub use persons::Persons;
pub use secrets::{CodeCheck, NewCode, Secrets, TokenPurpose};
pub use sessions::{Session, Sessions};
pub use storage::{Storage, StorageError, UnitOfWork};
