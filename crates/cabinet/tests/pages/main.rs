//! The cabinet as browsers meet it, with a real registration and certification authority behind it.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that cannot go on fails there"
)]

mod api;
mod assets;
mod browser;
mod compromised;
mod console;
mod counter;
mod defence;
mod desk;
mod first;
mod guide;
mod keyless;
mod keys;
mod matrix;
mod messages;
mod obtain;
mod pages;
mod profile;
mod revoke;
mod sheet;
mod world;
