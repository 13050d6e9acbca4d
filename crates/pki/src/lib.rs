//! Certificates, requests, CRLs, OCSP and CMS, built and read.
