//! What a new authority and its helpers are called.

use tanba_pki::Certificate;
use tanba_pki::profile::Subject;

/// The names of a new authority.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthorityNames {
    /// Name of the root.
    pub root: Subject,
    /// Name of the issuing authority.
    pub issuing: Subject,
}

impl AuthorityNames {
    /// Names as the national authority of Kazakhstan has them, with a remark that tells them apart: `(RSA) DEMO`.
    #[must_use]
    pub fn kazakh(remark: &str) -> Self {
        let name = |what: &str| {
            let common = format!("{what} КУӘЛАНДЫРУШЫ ОРТАЛЫҚ {remark}");
            Subject::service(common.trim(), None, "KZ")
        };
        Self {
            root: name("НЕГІЗГІ"),
            issuing: name("ҰЛТТЫҚ"),
        }
    }

    /// Names of any other organisation: `CN=Example Root CA, O=Example, C=KZ`.
    #[must_use]
    pub fn neutral(organization: &str, country: &str) -> Self {
        let name = |what: &str| {
            Subject::service(
                &format!("{organization} {what}"),
                Some(organization),
                country,
            )
        };
        Self {
            root: name("Root CA"),
            issuing: name("Issuing CA"),
        }
    }
}

/// The name of an issuer's helper, its OCSP responder or its seal: its organisation is the issuer's, or the issuer.
pub(crate) fn helper(what: &str, issuer: &Certificate) -> Subject {
    let name = issuer.subject();
    let organization = name.organization().or_else(|| name.common_name());
    Subject::service(
        what,
        organization.as_deref(),
        &name.country().unwrap_or_default(),
    )
}
