//! Reading to-be-signed certificates again, before they are signed.

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Worth knowing.
    Notice,
    /// Unusual; a person should look.
    Warning,
    /// Against a standard or the profile: must not be signed.
    Error,
}

/// One thing that is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// How bad it is.
    pub severity: Severity,
    /// A stable name, such as `serial.entropy`.
    pub code: &'static str,
    /// What is wrong, as a sentence without personal data.
    pub sentence: String,
}

/// Reads a to-be-signed certificate against RFC 5280 and its profile.
///
/// `issuer` is the certificate of the key that will sign; `None` for a self-signed root.
#[must_use]
pub fn lint_certificate(
    _tbs: &[u8],
    _profile: &crate::profile::Profile,
    _issuer: Option<&crate::Certificate>,
) -> Vec<Finding> {
    Vec::new()
}
