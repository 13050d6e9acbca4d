//! First issuance: keys for somebody who has none.
//!
//! `begin_first` → `claim` → `set_address` → `confirm_address` → `choose_place` → `choose_centre` → `prepare_first` →
//! `submit_first`. Until then there is an intake, whose secret a cookie holds; afterwards an application that waits for
//! an operator, and a secret link in a mail. Nobody is signed in on the way, so whatever a stranger could use for
//! guessing costs a proof of work and is counted by number, by network and by address.

mod accept;
mod address;
mod calendar;
mod cancel;
mod claim;
mod keys;
mod known;
mod metered;
mod name;
mod place;
mod register;
mod step;
mod waiting;
mod work;

pub use address::AddressError;
pub use claim::{ClaimError, ClaimForm};
pub use known::Known;
pub(crate) use metered::Metered;
pub(crate) use name::same_name;
pub use name::same_person;
pub use register::Register;
pub(crate) use register::TableRegister;
pub use step::{FirstError, FirstStep, FirstView};
pub use waiting::Retried;
pub use work::Solution;
pub(crate) use work::WorkDesk;

pub(crate) use accept::{announce_approved, announce_expired, announce_issued, appear_by};
