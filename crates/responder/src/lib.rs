//! OCSP, CRLs and issuer certificates over HTTP, for machines.
