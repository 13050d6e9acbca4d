//! The authority on a real database: order of issuance, crashes, revocation, and what openssl makes of it.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that cannot go on fails there"
)]

mod bad_input;
mod blocked;
mod ceremony;
mod crash;
mod disk;
mod evidence;
mod faults;
mod harness;
mod init;
mod issuance;
mod openssl;
mod ports;
mod publication;
mod revocation;
mod switch;
mod unfit;
