//! The registration authority with a real certification authority, real storage and real keys.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on fails there"
)]

mod address;
mod codes;
mod compromise;
mod delivery;
mod desk;
mod first;
mod forged;
mod frozen;
mod happy;
mod identity;
mod install;
mod keyless;
mod limits;
mod login;
#[cfg(test)]
mod phone;
mod remind;
mod requests;
mod resume;
mod revoke;
mod signing;
mod thief;
mod world;
