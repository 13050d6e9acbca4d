//! Certificates, requests, CRLs, OCSP and CMS, built and read.
//!
//! What is foreign is kept as the bytes it came in and never encoded again; what is ours is written byte by byte,
//! so that it can be stored and linted before it is signed. Nothing here asks a clock, makes a random generator,
//! opens a file or a connection.
//!
//! Start reading at [`Certificate`] for what others made, at [`profile`] for what we issue.

pub mod asn1;
mod assemble;
pub mod ber;
mod certificate;
pub mod cms;
mod compromise;
pub mod crl;
mod distinguished_name;
mod extension;
pub mod hex;
pub mod lint;
pub mod ocsp;
pub mod oid;
pub mod path;
pub mod pem;
pub mod profile;
mod purpose;
mod request;
mod serial_number;
#[cfg(test)]
mod testing;
pub mod time_stamp;
mod timestamp;

pub use assemble::assemble_certificate;
pub use certificate::{Certificate, CertificateError, Envelope, TbsCertificate};
pub use compromise::{AttestError, AttestationError, CompromiseAttestation};
pub use distinguished_name::{
    DistinguishedName, DistinguishedNameBuilder, NameAttribute, NameError, StringKind,
};
pub use extension::{BasicConstraints, Extension, KeyUsage, PolicyInformation};
pub use purpose::Purpose;
pub use request::{CertificateRequest, RequestAttributes, RequestError};
pub use serial_number::{SerialNumber, SerialNumberError};
pub use timestamp::{Civil, Timestamp, TimestampError};
