//! The section `[server]`: addresses and URLs.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use serde::Deserialize;
use tanba_ca::Urls;

use super::finding::Finding;

/// The section as written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Section {
    /// The cabinet as browsers see it: `https://cabinet.example.kz`.
    origin: String,
    /// What stands before `/ocsp`, `/crl/…` and `/ca/…` in certificates: `http://pki.example.kz`. Fixed at `init`.
    public_url: String,
    /// Where browsers are listened to. Default `0.0.0.0:8443`.
    #[serde(default = "listen")]
    listen: SocketAddr,
    /// Where machines are listened to, without TLS. Default `0.0.0.0:8080`.
    #[serde(default = "machines")]
    machines: SocketAddr,
    /// Address of the proxy that ends TLS in front of `listen`; nobody else is served there.
    trusted_proxy: Option<IpAddr>,
    /// Names beside the origin's under which the cabinet answers: what a proxy in front writes into `Host`.
    #[serde(default)]
    other_hosts: Vec<String>,
}

const fn listen() -> SocketAddr {
    SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 8443)
}

const fn machines() -> SocketAddr {
    SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 8080)
}

/// Addresses and URLs, each right in itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Server {
    origin: String,
    public_url: String,
    listen: SocketAddr,
    machines: SocketAddr,
    trusted_proxy: Option<IpAddr>,
    other_hosts: Vec<String>,
}

impl Section {
    pub(super) fn check(self) -> Result<Server, Finding> {
        let Self {
            origin,
            public_url,
            listen,
            machines,
            trusted_proxy,
            other_hosts,
        } = self;
        if !is_origin(&origin) {
            return Err(Finding::error(
                "origin-malformed",
                format!("server.origin {origin:?} is not the address of a site"),
                "write it as browsers show it, without a path or a final slash: https://cabinet.example.kz (plain http only for \
                 localhost)",
            ));
        }
        let path = public_url
            .strip_prefix("http://")
            .is_some_and(|rest| rest.contains('/'));
        if path || Urls::new(&public_url, "root").is_err() {
            return Err(Finding::error(
                "public-url-malformed",
                format!(
                    "server.public_url {public_url:?} is not a plain http address without a path"
                ),
                "certificates name it, and what they name is fetched over plain http without a path, for https would need certificates \
                 first: http://pki.example.kz; of an installation that is there, the one that was given to `tanba init`",
            ));
        }
        if let Some(host) = other_hosts.iter().find(|host| !is_host(host)) {
            return Err(Finding::error(
                "host-malformed",
                format!("server.other_hosts: {host:?} is not the name of a host"),
                "write names or addresses alone, in small letters, without scheme, port and path: \"backend.example.kz\"",
            ));
        }
        Ok(Server {
            origin,
            public_url,
            listen,
            machines,
            trusted_proxy,
            other_hosts,
        })
    }
}

/// `https://host[:port]`, or `http://` of this computer, with nothing behind.
fn is_origin(origin: &str) -> bool {
    let secure = origin.strip_prefix("https://");
    let Some(authority) = secure.or_else(|| origin.strip_prefix("http://")) else {
        return false;
    };
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if !port.is_empty() && port.chars().all(|c| c.is_ascii_digit()) => {
            (host, Some(port))
        }
        _ => (authority, None),
    };
    let name = is_name(host);
    let local = ["localhost", "127.0.0.1"].contains(&host);
    name && port.is_none_or(|port| port.parse::<u16>().is_ok()) && (secure.is_some() || local)
}

/// A name as proxies write it, or an address; that of IPv6 in brackets. What a proxy calls its servers among themselves may
/// have an underscore, which no name of the net has.
fn is_host(host: &str) -> bool {
    let in_brackets = host
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'));
    is_name(&host.replace('_', "-"))
        || in_brackets.is_some_and(|address| address.parse::<Ipv6Addr>().is_ok())
}

fn is_name(host: &str) -> bool {
    let letter = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || ".-".contains(c);
    !host.is_empty() && host.chars().all(letter)
}

impl Server {
    /// The cabinet as browsers see it.
    pub(crate) fn origin(&self) -> &str {
        &self.origin
    }

    /// What stands before the paths of machines in certificates.
    pub(crate) fn public_url(&self) -> &str {
        &self.public_url
    }

    /// Where browsers are listened to.
    pub(crate) const fn listen(&self) -> SocketAddr {
        self.listen
    }

    /// Where machines are listened to.
    pub(crate) const fn machines(&self) -> SocketAddr {
        self.machines
    }

    /// The proxy in front.
    pub(crate) const fn trusted_proxy(&self) -> Option<IpAddr> {
        self.trusted_proxy
    }

    /// Names beside the origin's under which the cabinet answers.
    pub(crate) fn other_hosts(&self) -> &[String] {
        &self.other_hosts
    }

    /// What is wrong with values that are right alone.
    pub(super) fn contradictions(&self, tls: bool) -> Vec<Finding> {
        let mut findings = Vec::new();
        let (one, other) = (self.listen, self.machines);
        let everywhere = one.ip().is_unspecified() || other.ip().is_unspecified();
        if one.port() == other.port() && one.port() != 0 && (one.ip() == other.ip() || everywhere) {
            findings.push(Finding::error(
                "ports-equal",
                format!(
                    "server.listen and server.machines are the same port {}",
                    one.port()
                ),
                "give machines a port of their own: theirs is plain HTTP",
            ));
        }
        if self.origin.starts_with("https://") && !tls && self.trusted_proxy.is_none() {
            findings.push(Finding::error(
                "tls-absent",
                "server.origin is https, but there is neither a section [tls] nor server.trusted_proxy".to_owned(),
                "name certificate and key in [tls], or the address of the proxy that ends TLS",
            ));
        }
        findings
    }
}

#[cfg(test)]
mod tests {
    use super::{is_host, is_origin};

    #[test]
    fn a_host_is_a_name_or_an_address_alone() {
        for right in [
            "backend",
            "tanba_backend",
            "backend.example.kz",
            "10.0.0.5",
            "[2001:db8::5]",
        ] {
            assert!(is_host(right), "{right}");
        }
        for wrong in [
            "",
            "Backend",
            "backend:8443",
            "http://backend",
            "a/b",
            "a b",
            "*",
            "[::x]",
        ] {
            assert!(!is_host(wrong), "{wrong}");
        }
    }

    #[test]
    fn an_origin_is_what_browsers_send() {
        for right in [
            "https://cabinet.example.kz",
            "https://cabinet.example.kz:8443",
            "http://localhost:8080",
        ] {
            assert!(is_origin(right), "{right}");
        }
        for wrong in [
            "cabinet.example.kz",
            "https://cabinet.example.kz/",
            "https://Cabinet.example.kz",
            "https://",
            "https://a:b",
            "https://a:99999",
            "http://cabinet.example.kz",
            "https://a/b",
            "https://user@a",
            "https://a_b.example.kz",
        ] {
            assert!(!is_origin(wrong), "{wrong}");
        }
    }
}
