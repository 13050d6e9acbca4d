//! The authority on a real database: order of issuance, crashes, revocation, and what openssl makes of it.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that cannot go on fails there"
)]

mod crash;
mod evidence;
mod harness;
mod init;
mod issuance;
mod openssl;
mod publication;
mod revocation;
