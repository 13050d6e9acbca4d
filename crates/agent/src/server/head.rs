//! The head of an HTTP request, as far as it matters here.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tanba_crypto::DigestAlgorithm;

/// Octets of a head at most.
pub(super) const LARGEST: usize = 16 * 1024;
const MOST_HEADERS: usize = 64;
/// RFC 6455, 1.3.
const WEBSOCKET: &str = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// Method, path and headers of a request.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) method: String,
    pub(super) path: String,
    headers: BTreeMap<String, String>,
    /// Octets that the head took.
    pub(super) length: usize,
}

/// What the octets read so far are.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Reading {
    /// More has to come.
    Partial,
    /// A whole head.
    Whole(Head),
    /// No head of HTTP/1.1.
    Malformed,
}

impl Head {
    /// Reads a head.
    pub(super) fn read(octets: &[u8]) -> Reading {
        let mut headers = [httparse::EMPTY_HEADER; MOST_HEADERS];
        let mut request = httparse::Request::new(&mut headers);
        let length = match request.parse(octets) {
            Ok(httparse::Status::Complete(length)) => length,
            Ok(httparse::Status::Partial) => return Reading::Partial,
            Err(_) => return Reading::Malformed,
        };
        let (Some(method), Some(path), Some(1)) = (request.method, request.path, request.version)
        else {
            return Reading::Malformed;
        };
        let mut named = BTreeMap::new();
        for header in request.headers.iter() {
            let Ok(value) = std::str::from_utf8(header.value) else {
                return Reading::Malformed;
            };
            let name = header.name.to_ascii_lowercase();
            // Two hosts or two origins are somebody's trick.
            if named.insert(name, value.to_owned()).is_some()
                && !header.name.eq_ignore_ascii_case("cookie")
            {
                return Reading::Malformed;
            }
        }
        Reading::Whole(Self {
            method: method.to_owned(),
            path: path.to_owned(),
            headers: named,
            length,
        })
    }

    /// A header, by its name in lower case.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }

    /// Whether the host asked for is this computer's loopback at this port, under one of its three names.
    ///
    /// A page that lets its own name point to 127.0.0.1 (DNS rebinding) asks for its own name here.
    pub(super) fn is_for_loopback(&self, port: u16) -> bool {
        let hosts = ["127.0.0.1", "localhost", "[::1]"];
        self.header("host").is_some_and(|host| {
            hosts
                .iter()
                .any(|name| host.eq_ignore_ascii_case(&format!("{name}:{port}")))
        })
    }

    /// Whether a socket is asked for.
    pub(super) fn wants_socket(&self) -> bool {
        self.has_token("upgrade", "websocket")
    }

    /// The value of `Sec-WebSocket-Accept` (RFC 6455, 4.2.2), if the request asks for a socket as it must.
    pub(super) fn socket_accept(&self) -> Option<String> {
        let whole = self.method == "GET"
            && self.wants_socket()
            && self.has_token("connection", "upgrade")
            && self.header("sec-websocket-version") == Some("13");
        let key = self.header("sec-websocket-key")?;
        let is_key = STANDARD.decode(key).is_ok_and(|octets| octets.len() == 16);
        (whole && is_key).then(|| {
            let digest = DigestAlgorithm::Sha1.digest(format!("{key}{WEBSOCKET}").as_bytes());
            STANDARD.encode(digest)
        })
    }

    fn has_token(&self, name: &str, token: &str) -> bool {
        self.header(name).is_some_and(|value| {
            value
                .split(',')
                .any(|part| part.trim().eq_ignore_ascii_case(token))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{Head, Reading};

    fn head(text: &str) -> Head {
        let Reading::Whole(head) = Head::read(text.as_bytes()) else {
            panic!("{text}");
        };
        head
    }

    #[test]
    fn the_sample_of_the_standard_is_accepted() {
        let text = "GET / HTTP/1.1\r\nHost: localhost:13579\r\nUpgrade: websocket\r\nConnection: keep-alive, Upgrade\r\n\
            Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";
        assert_eq!(
            head(text).socket_accept().as_deref(),
            Some("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
        );
        for (old, new) in [
            ("GET", "POST"),
            ("Version: 13", "Version: 8"),
            ("dGhlIHNhbXBsZSBub25jZQ==", "dGhl"),
            ("Upgrade: websocket", "Upgrade: h2c"),
            ("keep-alive, Upgrade", "close"),
        ] {
            assert_eq!(head(&text.replace(old, new)).socket_accept(), None, "{new}");
        }
    }

    #[test]
    fn only_loopback_names_are_this_host() {
        for (host, is) in [
            ("127.0.0.1:13579", true),
            ("LOCALHOST:13579", true),
            ("[::1]:13579", true),
            ("127.0.0.1", false),
            ("127.0.0.1:80", false),
            ("rebinding.example:13579", false),
            ("localhost.example:13579", false),
            ("127.0.0.1:13579.example", false),
        ] {
            let head = head(&format!("GET / HTTP/1.1\r\nHost: {host}\r\n\r\n"));
            assert_eq!(head.is_for_loopback(13579), is, "{host}");
        }
        assert!(!head("GET / HTTP/1.1\r\n\r\n").is_for_loopback(13579));
    }

    #[test]
    fn tricks_are_malformed() {
        for text in [
            "GET / HTTP/1.0\r\nHost: localhost:13579\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: localhost:13579\r\nHost: other\r\n\r\n",
            "GET / HTTP/1.1\r\nOrigin: https://a\r\norigin: https://b\r\n\r\n",
            "\u{1}\r\n\r\n",
        ] {
            assert_eq!(Head::read(text.as_bytes()), Reading::Malformed, "{text}");
        }
        assert_eq!(Head::read(b"GET / HT"), Reading::Partial);
    }
}
