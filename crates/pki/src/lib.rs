//! Certificates, requests, CRLs, OCSP and CMS, built and read.

pub mod cms;
pub mod crl;
pub mod ocsp;
pub mod path;
