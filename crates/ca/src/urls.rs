//! Where machines find what an authority publishes.

use tanba_model::ports::CrlKind;
use tanba_pki::Certificate;

/// The URLs of one authority, all below the same public URL.
///
/// They are baked into certificates and lists, so they stay what they were when the authority was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Urls {
    public_url: String,
    issuer: String,
}

/// The public URL cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the public URL must be plain http with a host, such as http://pki.example.kz, and without a final slash"
)]
pub struct PublicUrlError;

impl Urls {
    /// The URLs of the authority with this short name. Verifiers fetch them without TLS: they cannot check a
    /// certificate before they have what they come for.
    ///
    /// # Errors
    /// [`PublicUrlError`] unless the URL is `http://host[:port][/path]` in ASCII.
    pub fn new(public_url: &str, issuer: &str) -> Result<Self, PublicUrlError> {
        let host = public_url.strip_prefix("http://").ok_or(PublicUrlError)?;
        let plain = host
            .chars()
            .all(|c| c.is_ascii_graphic() && !"\"<>\\^`{|}?#@".contains(c));
        if !plain || host.is_empty() || host.starts_with(['/', ':']) || host.ends_with('/') {
            return Err(PublicUrlError);
        }
        Ok(Self {
            public_url: public_url.to_owned(),
            issuer: issuer.to_owned(),
        })
    }

    /// The URLs that were baked into the certificate of an issuing authority when it was made: the public URL stands
    /// before `/ca/` in its caIssuers. `None` for a root, which says nothing of them.
    #[must_use]
    pub fn of_certificate(certificate: &Certificate, issuer: &str) -> Option<Self> {
        certificate.ca_issuer_urls().iter().find_map(|url| {
            let (public_url, _) = url.rsplit_once("/ca/")?;
            Self::new(public_url, issuer).ok()
        })
    }

    /// What stands before all paths.
    #[must_use]
    pub fn public_url(&self) -> &str {
        &self.public_url
    }

    /// The certificate of the authority, DER.
    #[must_use]
    pub fn certificate(&self) -> String {
        format!("{}/ca/{}.cer", self.public_url, self.issuer)
    }

    /// The OCSP responder.
    #[must_use]
    pub fn ocsp(&self) -> String {
        format!("{}/ocsp", self.public_url)
    }

    /// A revocation list.
    #[must_use]
    pub fn crl(&self, kind: CrlKind) -> String {
        let Self { public_url, issuer } = self;
        match kind {
            CrlKind::Full => format!("{public_url}/crl/{issuer}.crl"),
            CrlKind::Shard(shard) => format!("{public_url}/crl/{issuer}/{shard}.crl"),
            CrlKind::Delta(shard) => format!("{public_url}/crl/{issuer}/{shard}-delta.crl"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_have_the_paths_of_the_responder() {
        let urls = Urls::new("http://pki.example.kz:8081/base", "rsa").unwrap();
        assert_eq!(urls.ocsp(), "http://pki.example.kz:8081/base/ocsp");
        assert_eq!(
            urls.certificate(),
            "http://pki.example.kz:8081/base/ca/rsa.cer"
        );
        assert_eq!(
            urls.crl(CrlKind::Full),
            "http://pki.example.kz:8081/base/crl/rsa.crl"
        );
        assert_eq!(
            urls.crl(CrlKind::Shard(7)),
            "http://pki.example.kz:8081/base/crl/rsa/7.crl"
        );
        assert_eq!(
            urls.crl(CrlKind::Delta(7)),
            "http://pki.example.kz:8081/base/crl/rsa/7-delta.crl"
        );
    }

    #[test]
    fn a_public_url_that_verifiers_could_not_fetch_is_refused() {
        for url in [
            "https://x",
            "http://",
            "http:///a",
            "http://x/",
            "http://x?y",
            "http://қ.kz",
            "ftp://x",
            "http://a b",
        ] {
            assert_eq!(Urls::new(url, "rsa"), Err(PublicUrlError), "{url}");
        }
    }
}
