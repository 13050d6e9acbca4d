//! OCSP, revocation lists and issuer certificates over HTTP, for machines.
//!
//! Everything is answered from what storage says at that moment: a revocation is visible as soon as it is recorded.
//! The crate holds no issuing key; OCSP responses are signed by delegated responders that it asks for each time.
//! It renders no pages and changes nothing.
//!
//! Start reading at [`router`].

mod blocking;
mod config;
mod crl;
mod health;
mod http_date;
mod issuer_certificate;
mod kept;
mod metrics;
mod ocsp;
mod reply;
mod router;
mod service;
mod watch;

pub use config::{Config, ConfigError, Rules};
pub use router::{metered_router, router};
pub use service::{OpenError, Parts};
