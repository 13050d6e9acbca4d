//! Revocation lists, full, base and delta (RFC 5280, section 5).
