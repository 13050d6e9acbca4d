//! Requests that the program makes of other servers: TLS by rustls over AWS-LC, no proxy from the environment, no
//! redirect followed, because a token must not travel further than the address that the operator wrote.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use axum::http::Uri;
use ureq::Agent;
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, TlsProvider, parse_pem};

/// How long a connection may take to be made.
const CONNECT_PATIENCE: Duration = Duration::from_secs(5);

/// Makes a client. `trusted` is a PEM file with authorities to trust instead of the public ones; `patience` is for a whole
/// request. Statuses other than success are answers like any other.
pub(crate) fn agent(trusted: Option<&Path>, patience: Duration) -> anyhow::Result<Agent> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let tls = TlsConfig::builder()
        .provider(TlsProvider::Rustls)
        .unversioned_rustls_crypto_provider(provider)
        .root_certs(match trusted {
            None => RootCerts::WebPki,
            Some(path) => RootCerts::Specific(Arc::new(authorities(path)?)),
        })
        .build();
    Ok(Agent::config_builder()
        .tls_config(tls)
        .proxy(None)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .http_status_as_error(false)
        .timeout_connect(Some(CONNECT_PATIENCE.min(patience)))
        .timeout_global(Some(patience))
        .user_agent("tanba")
        .build()
        .new_agent())
}

fn authorities(path: &Path) -> anyhow::Result<Vec<Certificate<'static>>> {
    let pem = std::fs::read(path)
        .with_context(|| format!("the file {} cannot be read", path.display()))?;
    let mut found = Vec::new();
    for item in parse_pem(&pem) {
        if let PemItem::Certificate(certificate) = item? {
            found.push(certificate);
        }
    }
    ensure!(
        !found.is_empty(),
        "the file {} has no certificate in PEM",
        path.display()
    );
    Ok(found)
}

/// Whether nobody on the way can read what is sent there: `https`, or `http` to this computer.
pub(crate) fn is_protected(url: &str) -> bool {
    let Ok(url) = url.parse::<Uri>() else {
        return false;
    };
    let local = ["localhost", "127.0.0.1", "[::1]"];
    match (url.scheme_str(), url.host()) {
        (Some("https"), Some(host)) => !host.is_empty(),
        (Some("http"), Some(host)) => local.contains(&host),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_protected_addresses_are_asked() {
        for url in [
            "https://sms.example.kz/send",
            "http://127.0.0.1:8000/send",
            "http://localhost/",
            "http://[::1]:9/",
        ] {
            assert!(is_protected(url), "{url}");
        }
        for url in [
            "",
            "sms.example.kz",
            "/send",
            "http://sms.example.kz/",
            "http://localhost.example.kz/",
            "ftp://127.0.0.1/",
        ] {
            assert!(!is_protected(url), "{url}");
        }
    }
}
