//! The whole program from outside, and the rules of the house.

mod house;
mod keystore;
