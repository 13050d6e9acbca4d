//! Documents as readers see them: their octets, their text and their pictures.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails there"
)]

mod harness;
mod layout;
mod seal;
