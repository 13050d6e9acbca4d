//! Real tokens: SoftHSM2 always, Kryoptic where it was built (`scripts/build-kryoptic.sh`).
//!
//! A module reads where its tokens are from a variable of the environment, so each story runs in a process of its own: the
//! test starts this very binary again with the variable set.

#[cfg(test)]
mod bench;
#[cfg(test)]
mod stories;
