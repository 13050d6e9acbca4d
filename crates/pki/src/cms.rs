//! Signed data (RFC 5652) in the CAdES-BES form.
