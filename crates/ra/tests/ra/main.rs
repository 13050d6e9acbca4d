//! The registration authority with a real certification authority, real storage and real keys.

mod codes;
mod delivery;
mod frozen;
mod happy;
mod install;
mod limits;
mod login;
mod requests;
mod resume;
mod signing;
mod thief;
mod world;
