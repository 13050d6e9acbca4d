//! Algorithms, keys and the [`Signer`] trait.
//!
//! This crate knows what an algorithm is called, how a key is read, checked and used, and nothing about
//! certificates. Natively it signs and verifies with AWS-LC; in the browser, where AWS-LC cannot be built,
//! with the RustCrypto implementations. It never opens a file and makes no random generator of its own
//! (one exception is named at [`SoftwareKey::generate`]).
//!
//! Start reading at [`Signer`], then [`PublicKey`] and [`SoftwareKey`].

mod algorithm;
#[cfg(not(target_family = "wasm"))]
mod devices;
mod digest;
mod dsa;
mod ecdsa_value;
mod names;
#[cfg(not(target_family = "wasm"))]
mod native;
mod portable;
mod public_key;
mod secret;
#[cfg(not(target_family = "wasm"))]
mod shared_factor;
mod signer;
mod software_key;
mod strength;

pub use algorithm::{KeyAlgorithm, SignatureAlgorithm, UnsupportedAlgorithm};
pub use der::asn1::ObjectIdentifier;
#[cfg(not(target_family = "wasm"))]
pub use devices::{Devices, Late};
pub use digest::{DigestAlgorithm, Hasher, hmac_sha256, sha256};
pub use ecdsa_value::ecdsa_der_of_numbers;
pub use names::algorithm_name;
pub use public_key::{PublicKey, PublicKeyError, Verifier, VerifyError};
pub use secret::Secret;
#[cfg(not(target_family = "wasm"))]
pub use shared_factor::{Gathering, ModulusTree, share_a_factor};
pub use signer::{SignError, Signer};
pub use software_key::{KeyError, SoftwareKey};
pub use strength::WeakKey;
