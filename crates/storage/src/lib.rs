//! Tables of the server behind the ports of the model: SQLite, in one file beside the program.
//!
//! Everything is hand-written SQL, one file for each aggregate in `sqlite/`. A [`UnitOfWork`] is one transaction: one
//! connection writes, a few others read beside it, and what was committed survives a power cut (write-ahead log,
//! `synchronous = FULL`); units that come together share a commit. This crate knows no rule of the applications; it makes sure that what must be unique is
//! unique, that evidence is only ever appended, and that errors carry no personal data.
//!
//! Start reading at [`SqliteStorage`] and `migrations/sqlite/0001_initial.sql`.
//!
//! [`UnitOfWork`]: tanba_model::ports::UnitOfWork

mod damage;
mod error;
mod fold;
mod identity;
mod migrate;
mod open;
mod pool;
mod queue;
mod restored;
mod schema;
mod sqlite;
mod witness;
mod writer;

pub use migrate::SCHEMA_VERSION;
pub use open::{OpenError, SqliteStorage};
pub use restored::AcceptedRestore;
pub use schema::MendedSchema;
pub use witness::{Testimony, WitnessError};
