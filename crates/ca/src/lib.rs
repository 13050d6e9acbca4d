//! Issues, revokes and publishes certificates.
