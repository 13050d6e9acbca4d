//! People, applications, certificates and the ports to them.
//!
//! The rules that hold whatever the database, the pages and the keys are: which steps an application may take
//! ([`application`]), what a person signs when she applies ([`document`]), what is recorded of a certificate
//! ([`certificate`]) and what evidence each change leaves ([`audit`]). The [`ports`] say what the use cases need of
//! the outside; `storage` and `cli` provide it. Nothing here reads a clock, a file or a socket.
//!
//! Start reading at [`application::Application`] and [`ports::UnitOfWork`].

pub mod administration;
pub mod application;
pub mod audit;
pub mod canonical;
pub mod capability;
pub mod centre;
pub mod certificate;
pub mod decision;
pub mod document;
pub mod fitness;
pub mod help;
pub mod id;
pub mod iin;
pub mod intake;
pub mod key;
pub mod keystore_kind;
pub mod language;
pub mod login;
pub mod message;
pub mod meter;
pub mod name;
pub mod person;
pub mod phone;
pub mod place;
pub mod ports;
pub mod reason_line;
pub mod revocation;
pub mod staff;
pub mod unseen;
