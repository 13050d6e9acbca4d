//! Key stores that this crate did not write, and what other programs say about those that it did.

#[cfg(test)]
mod fixtures;
