//! What the use cases need of the outside. A trait lives here, with its callers; `storage`, `ca` and `cli` implement it.

mod applications;
mod audit_log;
mod certificates;
mod clock;
mod crls;
mod intakes;
mod issuance;
mod issuers;
mod ocsp_signers;
mod outbox;
mod persons;
mod randomness;
mod register;
mod revocations;
mod secrets;
mod sessions;
mod storage;

pub use applications::{Applications, NewApplication};
pub use audit_log::AuditLog;
pub use certificates::Certificates;
pub use clock::Clock;
pub use crls::{CrlKind, CrlRecord, Crls};
pub use intakes::{Intakes, NewIntake};
pub use issuance::{Issuance, IssuanceError, IssuanceOrder, RequestFault, certificate_object};
pub use issuers::{IssuerKind, IssuerRecord, Issuers, NewIssuer};
pub use ocsp_signers::{OcspSigner, OcspSigners};
pub use outbox::{ApplicantMessage, Carrier, CarrierError, NewMessage, Outbox};
pub use persons::Persons;
pub use randomness::{RandomSource, SharedRandom, SourceRng};
pub use register::{PersonFacts, PersonRegister, RegisterAnswer};
pub use revocations::Revocations;
pub use secrets::{CodeCheck, NewCode, Secrets, TokenPurpose};
pub use sessions::{Session, Sessions};
pub use storage::{Storage, StorageError, UnitOfWork};
