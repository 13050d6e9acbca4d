//! The TLS identity of one installation: an authority of its own, and the certificate that the browser sees.
//!
//! Every installation makes its own authority on first start; its key never leaves the data folder. It may certify
//! nothing but this computer's loopback names (RFC 5280, 4.2.1.10), so a browser that trusts it trusts it for nothing
//! else. The server's certificate is renewed by the agent itself, long before it ends.
//!
//! Start reading at [`Identity::open`].

mod certificate;
mod identity;
mod private_file;

pub use identity::{Identity, TrustError};
pub(crate) use private_file::{make_folder, write_new, write_private};
