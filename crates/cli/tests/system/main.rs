//! The whole program from outside, and the rules of the house.

#[cfg(test)]
mod cms;
mod house;
mod keystore;
