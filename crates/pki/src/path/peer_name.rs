//! Names that somebody expects in a certificate.

use std::net::IpAddr;
use std::str::FromStr;

use super::general_name::GeneralName;
use super::{PathError, syntax};
use crate::Certificate;

/// A name that a certificate is to have among its alternative names (RFC 9525, 6).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PeerName {
    /// A host; an asterisk in the certificate stands for its first label.
    Dns(String),
    /// An address.
    Ip(IpAddr),
    /// A mailbox; case matters before the `@` only.
    Email(String),
}

/// The text names nothing that can be looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected dns:HOST, ip:ADDRESS or email:ADDRESS")]
pub struct PeerNameError;

impl FromStr for PeerName {
    type Err = PeerNameError;

    fn from_str(text: &str) -> Result<Self, PeerNameError> {
        let (kind, value) = text.split_once(':').ok_or(PeerNameError)?;
        match kind.to_ascii_lowercase().as_str() {
            "dns" if !value.is_empty() => Ok(Self::Dns(
                value.strip_suffix('.').unwrap_or(value).to_owned(),
            )),
            "ip" => {
                // An address of IPv6 as it stands in a URL.
                let inside = value
                    .strip_prefix('[')
                    .and_then(|rest| rest.strip_suffix(']'))
                    .filter(|inside| inside.contains(':'));
                let address = inside.unwrap_or(value).parse();
                address.map(Self::Ip).map_err(|_| PeerNameError)
            }
            "email" if value.contains('@') => Ok(Self::Email(value.to_owned())),
            _ => Err(PeerNameError),
        }
    }
}

impl PeerName {
    fn is(&self, name: &GeneralName<'_>) -> bool {
        match (self, name) {
            (Self::Dns(wanted), GeneralName::Dns(text)) => match text.strip_prefix("*.") {
                Some(base) => wanted.split_once('.').is_some_and(|(label, rest)| {
                    !label.is_empty()
                        && base.contains('.')
                        && syntax::is_host(base)
                        && rest.eq_ignore_ascii_case(base)
                }),
                None => syntax::is_host(text) && text.eq_ignore_ascii_case(wanted),
            },
            (Self::Ip(IpAddr::V4(wanted)), GeneralName::Ip(octets)) => wanted.octets() == *octets,
            (Self::Ip(IpAddr::V6(wanted)), GeneralName::Ip(octets)) => wanted.octets() == *octets,
            (Self::Email(wanted), GeneralName::Email(text)) => {
                let (wanted, its) = (syntax::mailbox(wanted), syntax::mailbox(text));
                wanted.zip(its).is_some_and(|((local, host), (its, at))| {
                    local == its && host.eq_ignore_ascii_case(at)
                })
            }
            _ => false,
        }
    }
}

/// Whether the certificate has all of these; its subject is not looked at.
pub(super) fn check(certificate: &Certificate, wanted: &[PeerName]) -> Result<(), PathError> {
    if wanted.is_empty() {
        return Ok(());
    }
    let names = GeneralName::of(certificate)?;
    if wanted
        .iter()
        .all(|wanted| names.iter().any(|name| wanted.is(name)))
    {
        Ok(())
    } else {
        Err(PathError::WrongName)
    }
}

#[cfg(test)]
mod tests {
    use super::{GeneralName, PeerName};

    fn matches(wanted: &str, name: &GeneralName<'_>) -> bool {
        wanted.parse::<PeerName>().unwrap().is(name)
    }

    #[test]
    fn an_asterisk_is_one_whole_first_label() {
        let name = |wanted, text| matches(wanted, &GeneralName::Dns(text));
        assert!(name("dns:Foo.example.com", "*.EXAMPLE.com") && name("dns:a.b.", "A.b"));
        for (wanted, text) in [
            ("dns:a.b.example.com", "*.example.com"),
            ("dns:example.com", "*.example.com"),
            ("dns:baz.example.com", "ba*.example.com"),
            ("dns:a.b.c", "a.*.c"),
            ("dns:a.com", "*.com"),
            ("dns:a.com", "*"),
            ("dns:.example.com", "*.example.com"),
            ("dns:*.example.com", "*.*.com"),
            ("dns:a_b.c", "a_b.c"),
        ] {
            assert!(!name(wanted, text), "{wanted} {text}");
        }
    }

    #[test]
    fn addresses_and_mailboxes_are_compared_whole() {
        assert!(matches("ip:192.0.2.1", &GeneralName::Ip(&[192, 0, 2, 1])));
        assert!(!matches(
            "ip:192.0.2.1",
            &GeneralName::Ip(&[192, 0, 2, 1, 255, 255, 255, 0])
        ));
        assert!(!matches("ip:::1", &GeneralName::Ip(&[1])));
        assert!(!matches("dns:192.0.2.1", &GeneralName::Ip(&[192, 0, 2, 1])));
        assert!(matches("email:A@B.c", &GeneralName::Email("A@b.C")));
        assert!(!matches("email:a@b.c", &GeneralName::Email("A@b.c")));
        assert!(!matches("email:a@b@c", &GeneralName::Email("a@b@c")));
    }

    #[test]
    fn what_cannot_be_looked_for_is_said() {
        for text in [
            "",
            "dns:",
            "example.com",
            "ip:1.2.3",
            "ip:example",
            "email:a",
            "uri:a:b",
        ] {
            assert!(text.parse::<PeerName>().is_err(), "{text}");
        }
    }
}
