//! What travels over the socket: text frames with one JSON object each.
//!
//! Clients take the next frame as the answer to what they asked last, without any number on it. So there is one answer
//! to each frame, in the order of the frames, and nothing else is ever sent after the greeting.

mod envelope;
mod frame;

pub(crate) use envelope::{Basics, Common, refusal};
pub use frame::{Frame, Request};

/// What the server says first. Sent: clients compare it letter for letter.
pub const GREETING: &str = r#"{"result":{"version":"1.4"}}"#;
/// The sign of life, sent back as it came.
pub const HEARTBEAT: &str = "--heartbeat--";
/// The largest message, in octets: a document of 70 MiB in Base64.
pub const LARGEST: usize = 96 * 1024 * 1024;
