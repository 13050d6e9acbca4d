//! One program that joins everything.
