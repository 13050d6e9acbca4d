//! Keys in PKCS#11 tokens and hardware modules.
//!
//! A [`Token`] is named by label or serial number, because numbers of slots change, and is looked for when it is needed:
//! a program starts without it, goes on without it, and finds it again after it was away. Keys are made in the token,
//! never leave it and are found by their identifier; a [`KeyReference`] is what is stored elsewhere. A PIN that was
//! refused is not tried again, because tokens lock themselves.
//!
//! `C_Initialize` is called with flags alone: the pointer that some modules take for more would need `unsafe`; such
//! modules read a file or a variable of the environment as well.
//!
//! People's tokens are another matter: a [`Driver`] tells what is plugged in, and a token is [opened](Plugged::open) with
//! the PIN that its owner typed, once, and never again by itself.
//!
//! Start reading at [`Token`], then [`TokenKey`]; for people's tokens at [`Driver`], then [`Opened`].

mod connection;
mod driver;
mod error;
mod keys;
mod mechanism;
mod module;
mod opened;
mod opened_key;
mod public_key;
mod reference;
mod signer;
mod token;

pub use driver::{Driver, PinState, Plugged};
pub use error::TokenError;
pub use opened::{CertificateParts, Opened, StoredKey};
pub use opened_key::OpenedKey;
pub use reference::KeyReference;
pub use signer::TokenKey;
pub use token::{PinSource, Token, TokenSettings};
