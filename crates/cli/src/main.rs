//! The `tanba` program.
fn main() {}
