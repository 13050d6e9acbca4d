//! The origin of a page (RFC 6454) as the browser tells it, and which origins are heard at all.

use std::fmt;

/// Longer origins are nobody's: a host name has at most 253 characters.
const LONGEST: usize = 300;
/// Labels before the last that are no name of a site but a kind of sites, as in `gov.kz`.
const KINDS: [&str; 9] = ["ac", "co", "com", "edu", "gov", "info", "mil", "net", "org"];
/// Domains under which everybody may have a name: whoever has one is not the others. The well-known ones alone; who is not
/// told apart from others has less, never more.
const SHARED: [&str; 27] = [
    "azurewebsites.net",
    "blogspot.com",
    "firebaseapp.com",
    "fly.dev",
    "github.io",
    "gitlab.io",
    "glitch.me",
    "herokuapp.com",
    "msk.ru",
    "msk.su",
    "neocities.org",
    "netlify.app",
    "nov.ru",
    "onrender.com",
    "pages.dev",
    "pp.ru",
    "pp.ua",
    "railway.app",
    "spb.ru",
    "spb.su",
    "surge.sh",
    "trycloudflare.com",
    "vercel.app",
    "web.app",
    "wixsite.com",
    "wordpress.com",
    "workers.dev",
];

/// The site behind a connection.
///
/// Host names are kept in the form the browser sends, so a name that imitates another in foreign letters shows as
/// `xn--…`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Origin {
    /// A page of a site: `https://egov.example`.
    Site(String),
    /// A program of this computer that names no site; heard only where the configuration says so.
    Program,
}

/// Whose pages share what one site may have at once. A domain has as many subdomains and ports as its owner likes, so that
/// limits go by the domain; what a site was allowed goes by its whole [`Origin`].
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Site(String);

impl Site {
    /// All sites that are not told apart.
    pub(crate) const fn others() -> Self {
        Self(String::new())
    }
}

/// Why nobody is heard at this connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OriginFault {
    /// No `Origin` header: not a browser.
    #[error("the request names no site")]
    Missing,
    /// `Origin: null`: a page without an identity, such as a file or a sandboxed frame.
    #[error("the page has no identity of its own (origin null)")]
    Null,
    /// A page that came unprotected over the network: anybody on the way could have written it.
    #[error("the page came over unprotected http")]
    Insecure,
    /// Not an origin.
    #[error("the origin of the request is malformed")]
    Malformed,
}

/// Which origins are heard.
#[derive(Clone, Debug, Default)]
pub struct OriginPolicy {
    /// Whether programs that name no site are heard.
    pub programs: bool,
    /// Origins over plain http that are heard nevertheless, written as the browser does.
    pub insecure: Vec<String>,
}

impl OriginPolicy {
    /// Judges the `Origin` header of a connection.
    ///
    /// Heard are pages over https, pages of browser extensions, and pages of this computer over http.
    ///
    /// # Errors
    /// [`OriginFault`]
    pub fn judge(&self, header: Option<&str>) -> Result<Origin, OriginFault> {
        let Some(text) = header else {
            return if self.programs {
                Ok(Origin::Program)
            } else {
                Err(OriginFault::Missing)
            };
        };
        if text == "null" {
            return Err(OriginFault::Null);
        }
        let (scheme, authority) = text.split_once("://").ok_or(OriginFault::Malformed)?;
        let host = host(authority).ok_or(OriginFault::Malformed)?;
        let heard = match scheme {
            "https" | "chrome-extension" | "moz-extension" | "safari-web-extension" => true,
            "http" => is_loopback(host) || self.insecure.iter().any(|known| known == text),
            _ => return Err(OriginFault::Malformed),
        };
        if text.len() > LONGEST {
            return Err(OriginFault::Malformed);
        }
        if heard {
            Ok(Origin::Site(text.to_owned()))
        } else {
            Err(OriginFault::Insecure)
        }
    }
}

impl Origin {
    /// As it is shown, kept and compared.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Site(text) => text,
            Self::Program => "program",
        }
    }

    /// Whose page it is: scheme and the last two labels of the host, three where the last but one is a kind of sites, as in
    /// `example.com.kz`, or both are everybody's, as in `example.github.io`; addresses and names of one label whole.
    pub(crate) fn site(&self) -> Site {
        let Self::Site(text) = self else {
            return Site("program".to_owned());
        };
        let (scheme, authority) = text.split_once("://").unwrap_or(("", text));
        let host = host(authority).unwrap_or(authority);
        let is_address = host.parse::<std::net::IpAddr>().is_ok();
        let mut labels = host.trim_end_matches('.').rsplit('.');
        let domain = match (labels.next(), labels.next(), labels.next()) {
            (Some(top), Some(second), third) if !is_address => match third {
                Some(third)
                    if KINDS.contains(&second)
                        || SHARED.contains(&format!("{second}.{top}").as_str()) =>
                {
                    format!("{third}.{second}.{top}")
                }
                _ => format!("{second}.{top}"),
            },
            _ => host.trim_end_matches('.').to_owned(),
        };
        Site(format!("{scheme}://{domain}"))
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// The host of `host[:port]`, if both are written as browsers write them.
fn host(authority: &str) -> Option<&str> {
    let (host, port) = match authority.strip_prefix('[') {
        Some(rest) => {
            let (address, rest) = rest.split_once(']')?;
            address.parse::<std::net::Ipv6Addr>().ok()?;
            let port = match rest {
                "" => None,
                _ => Some(rest.strip_prefix(':')?),
            };
            (address, port)
        }
        None => match authority.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (authority, None),
        },
    };
    if let Some(port) = port {
        port.parse::<u16>().ok()?;
    }
    let named = |character: char| {
        character.is_ascii_lowercase()
            || character.is_ascii_digit()
            || matches!(character, '.' | '-' | '_' | ':')
    };
    (!host.is_empty() && host.chars().all(named)).then_some(host)
}

fn is_loopback(host: &str) -> bool {
    host == "localhost"
        || host.ends_with(".localhost")
        || host
            .parse::<std::net::IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::{Origin, OriginFault, OriginPolicy};

    fn judge(header: &str) -> Result<Origin, OriginFault> {
        OriginPolicy::default().judge(Some(header))
    }

    #[test]
    fn a_domain_is_one_site_with_all_its_subdomains_and_ports() {
        let site = |text: &str| judge(text).unwrap().site();
        for (one, other) in [
            ("https://a.shop.example", "https://b.c.shop.example:8443"),
            ("https://shop.example", "https://a.shop.example."),
            ("https://ab.kz", "https://a.ab.kz"),
            ("https://a.shop.com.kz", "https://shop.com.kz"),
            ("https://a.shop.github.io", "https://shop.github.io"),
            ("http://127.0.0.1:3000", "http://127.0.0.1"),
            ("http://[::1]:3000", "http://[::1]"),
            ("http://localhost", "http://localhost:8080"),
        ] {
            assert_eq!(site(one), site(other), "{one}");
        }
        for (one, other) in [
            ("https://shop.example", "https://bank.example"),
            ("https://shop.com.kz", "https://bank.com.kz"),
            ("https://shop.github.io", "https://bank.github.io"),
            ("https://shop.msk.ru", "https://bank.msk.ru"),
            ("https://shop.kz", "https://bank.kz"),
            ("http://127.0.0.1", "http://127.0.0.2"),
            ("http://localhost", "https://localhost"),
            ("chrome-extension://shop", "chrome-extension://bank"),
        ] {
            assert_ne!(site(one), site(other), "{one}");
        }
        assert_ne!(Origin::Program.site(), site("https://program"));
    }

    #[test]
    fn pages_with_a_trustworthy_origin_are_heard() {
        for text in [
            "https://egov.example",
            "https://xn--80ak6aa92e.example:8443",
            "http://localhost:8080",
            "http://127.0.0.1",
            "http://[::1]:3000",
            "chrome-extension://abcdefghijklmnop",
        ] {
            assert_eq!(judge(text), Ok(Origin::Site(text.to_owned())), "{text}");
        }
    }

    #[test]
    fn nobody_without_a_name_is_heard() {
        assert_eq!(
            OriginPolicy::default().judge(None),
            Err(OriginFault::Missing)
        );
        assert_eq!(judge("null"), Err(OriginFault::Null));
        assert_eq!(judge("http://egov.example"), Err(OriginFault::Insecure));
        assert_eq!(
            judge("http://localhost.example"),
            Err(OriginFault::Insecure)
        );
        for text in [
            "",
            "egov.example",
            "file://",
            "https://",
            "https://Egov.example",
            "https://egov.example/",
            "https://egov.example:99999",
            "https://egov example",
            "https://egov.example\u{202e}",
            "javascript://egov.example",
            "https://[egov]",
        ] {
            assert_eq!(judge(text), Err(OriginFault::Malformed), "{text}");
        }
    }

    #[test]
    fn the_configuration_widens_it() {
        let policy = OriginPolicy {
            programs: true,
            insecure: vec!["http://intranet.example".to_owned()],
        };
        assert_eq!(policy.judge(None), Ok(Origin::Program));
        assert!(policy.judge(Some("http://intranet.example")).is_ok());
        assert!(policy.judge(Some("http://intranet.example:81")).is_err());
        assert_eq!(policy.judge(Some("null")), Err(OriginFault::Null));
    }
}
