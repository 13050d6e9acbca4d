//! The desk of a registration centre: who sits at it, what is decided, and who has to agree.

mod acts;
mod decisions;
mod messages;
mod orders;
mod proposal;
mod scene;
mod sign_in;
