//! Issues, revokes and publishes certificates.
//!
//! Nothing is signed that is not first stored, linted and logged: an order becomes a [`Prepared`], whose serial number
//! and bytes are durable, and only [`Prepared::issue`], which uses it up, reaches the signing key. After a crash
//! [`Authority::recover`] completes or gives up what was intended. The crate opens no file and no connection; it is
//! given storage, keys and randomness, and every call says what time it is.
//!
//! Start reading at [`Authority`], then [`Prepared`]; [`init`] makes a new authority in one go, and
//! [`ceremony`] does so before witnesses, with a root that may never see a network.

mod authority;
pub mod ceremony;
mod checkpoint;
mod console;
mod desk;
mod draft;
mod error;
mod fitness;
mod helper;
mod hygiene;
mod init;
mod issue;
mod issuer;
mod key_place;
mod key_vault;
mod names;
mod own_profile;
mod prepare;
mod probe;
mod publish;
mod recover;
mod responder_key;
mod revoke;
mod rules;
mod seal;
mod session_key;
mod signing;
mod switch;
mod together;
mod urls;

pub use tanba_model::ports::SwitchError;

pub use authority::{Authority, IssuerSummary, Maintained, Parts};
pub use checkpoint::CheckpointError;
pub use desk::Profiles;
pub use error::AuthorityError;
pub use hygiene::{KeyCheckStep, KeyChecker};
pub use init::{InitOptions, InitStep, IssuingKey, init};
pub use key_place::KeyPlace;
pub use key_vault::{Cost, KeyChest, KeyPurpose, KeyVault, KeyVaultError};
pub use names::AuthorityNames;
pub use own_profile::OwnProfileError;
pub use prepare::{Announce, AnnounceIntents, Prepared};
pub use publish::Published;
pub use recover::Recovered;
pub use rules::{Config, ConfigError, Rules};
pub use seal::Seal;
pub use switch::Switch;
pub use urls::{PublicUrlError, Urls};
