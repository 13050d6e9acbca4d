//! Algorithms, keys and the Signer trait.
