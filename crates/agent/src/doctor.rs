//! Finding out what keeps the agent from working.

pub(crate) mod port;
