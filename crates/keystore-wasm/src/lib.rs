//! The key store in the browser.
//!
//! A thin surface over `keystore`, `pki` and `model` for the cabinet's worker: open key files, sign challenges and
//! applications, make requests for new keys, write and check the new files. It decides nothing that those crates
//! decide. Octets go in and come out; everything else is JSON (see [`KeyRing`]). Errors are JSON too:
//! `{"code": …, "values": {…}}`, where the code is the key of a text of the pages.
//!
//! The browser's PBKDF2 does the large derivations: a call that lacks one answers `{"derive": {…}}`, the worker does
//! it, gives it to [`KeyRing::supply`] and repeats the call. Clock and origin come from the worker; random octets from
//! the browser's generator.
//!
//! Start reading at [`KeyRing`].

mod derivation;
mod document;
mod entry;
mod failure;
mod fresh;
mod random;
mod ring;

pub use failure::Failure;
pub use ring::KeyRing;
