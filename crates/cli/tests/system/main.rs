//! The whole program from outside, and the rules of the house.

mod cms;
mod house;
mod keystore;
