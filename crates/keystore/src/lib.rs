//! Containers that hold keys: PKCS#12 read, written and converted.
//!
//! Reads what programs of the last twenty-five years wrote (BER, PBES1, PBES2, PBMAC1, odd passwords) and writes two
//! [`Profile`]s. Bytes come in and bytes go out: this crate opens no file, knows no clock, makes no random numbers and
//! asks nobody for a password. It does not judge whether a certificate is valid; `tanba_pki` does.
//!
//! Start reading at [`Container`]. A file becomes [`Entry`]s: a key with its certificates, or a certificate alone.
//!
//! # In a browser
//!
//! PBKDF2 is WebCrypto's there, and asynchronous. So key derivation is a [`Derive`] that the caller passes in. With
//! [`Computing`] everything happens at once. With [`Prefetched`]:
//!
//! ```text
//! prefetched = Prefetched::new(2_000)                    // keep it for all files tried with this password
//! for request in Container::derivations(bytes, password) // optional: start WebCrypto before the check value is computed
//!     prefetched.supply(request, await deriveBits(request))
//! loop
//!     match Container::open(bytes, password, prefetched)
//!         DerivationNeeded(request) => prefetched.supply(request, await deriveBits(request))
//!         done                      => done
//! ```
//!
//! `deriveBits` is `crypto.subtle.deriveBits({name: "PBKDF2", hash: request.hash.label(), salt, iterations},
//! importKey("raw", request.password), request.length * 8)`; the hashes asked for are SHA-1, SHA-256, SHA-384 and SHA-512,
//! everything else is computed here. A repeated call repeats no derivation, because [`Prefetched`] remembers those of
//! RFC 7292 too. Writing is the same with [`Container::plan`], [`WritePlan::derivation`] and [`Container::write`]: the plan
//! holds what is random, so a repeated call writes the same file.

mod ber;
mod cipher;
mod container;
mod derive;
mod detect;
mod encode;
mod error;
mod hash;
mod mac;
mod oid;
mod password;
mod scheme;

pub use container::{Container, Entry, KeyEntry, Note, Profile, Protection, WritePlan, file_name};
pub use derive::{Computing, Derive, Pbkdf2Request, Pkcs12Request, Prefetched};
pub use detect::FileType;
pub use error::KeyStoreError;
pub use hash::{Hash, KeyPurpose};
pub use password::{Password, PasswordRule, Strength};
