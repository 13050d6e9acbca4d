//! The crate against samples of other implementations and against OpenSSL, in both directions.

mod cms;
mod crl;
mod harness;
mod hostile;
mod ocsp;
mod path;
