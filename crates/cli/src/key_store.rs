//! `--key-store`: where `tanba init` puts the keys, as one word or as a PKCS#11 URI (RFC 7512).

use std::path::PathBuf;
use std::str::FromStr;

/// Where the keys of a new authority go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum KeyStore {
    /// Into the database, sealed under a passphrase.
    Software,
    /// Into a token.
    Token(TokenUri),
}

/// What of a PKCS#11 URI names a token.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct TokenUri {
    /// `token`: its label.
    pub(crate) label: Option<String>,
    /// `serial`.
    pub(crate) serial: Option<String>,
    /// `module-path`.
    pub(crate) module: PathBuf,
    /// `pin-source`: the file with the PIN.
    pub(crate) pin_file: PathBuf,
}

impl FromStr for KeyStore {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "software" {
            return Ok(Self::Software);
        }
        let uri = text
            .strip_prefix("pkcs11:")
            .ok_or("it is neither \"software\" nor a URI that begins with pkcs11:")?;
        TokenUri::parse(uri).map(Self::Token)
    }
}

impl TokenUri {
    fn parse(uri: &str) -> Result<Self, String> {
        let (path, query) = uri.split_once('?').unwrap_or((uri, ""));
        let mut token = Self::default();
        let attributes = path
            .split(';')
            .chain(query.split('&'))
            .filter(|attribute| !attribute.is_empty());
        for attribute in attributes {
            let (name, value) = attribute
                .split_once('=')
                .ok_or_else(|| format!("\"{attribute}\" has no value"))?;
            let value = decoded(value)
                .ok_or_else(|| format!("the value of {name} is not percent-encoded text"))?;
            match name {
                "token" => token.label = Some(value),
                "serial" => token.serial = Some(value),
                "module-path" => token.module = value.into(),
                "pin-source" => {
                    token.pin_file = value.strip_prefix("file:").unwrap_or(&value).into();
                }
                "pin-value" => {
                    return Err(
                        "a PIN never stands in an argument; put it into a file and name that with pin-source"
                            .to_owned(),
                    );
                }
                other => return Err(format!("{other} is not known here")),
            }
        }
        if token.label.is_none() && token.serial.is_none() {
            return Err("it names no token: add token=LABEL or serial=NUMBER".to_owned());
        }
        if token.module.as_os_str().is_empty() {
            return Err("it names no module: add ?module-path=FILE".to_owned());
        }
        if token.pin_file.as_os_str().is_empty() {
            return Err("it names no PIN: add &pin-source=FILE".to_owned());
        }
        Ok(token)
    }
}

/// Percent-decoding (RFC 3986, 2.1).
fn decoded(text: &str) -> Option<String> {
    let mut octets = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(octet) = rest.next() {
        if octet == b'%' {
            let digits = [rest.next()?, rest.next()?];
            let digits = std::str::from_utf8(&digits).ok()?;
            octets.push(u8::from_str_radix(digits, 16).ok()?);
        } else {
            octets.push(octet);
        }
    }
    String::from_utf8(octets).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uri_names_token_module_and_pin() {
        let uri = "pkcs11:token=NCA%202026;serial=0A1B?module-path=/usr/lib/m.so&pin-source=file:/etc/tanba/pin";
        let expected = TokenUri {
            label: Some("NCA 2026".to_owned()),
            serial: Some("0A1B".to_owned()),
            module: "/usr/lib/m.so".into(),
            pin_file: "/etc/tanba/pin".into(),
        };
        assert_eq!(uri.parse(), Ok(KeyStore::Token(expected)));
        assert_eq!("software".parse(), Ok(KeyStore::Software));
    }

    #[test]
    fn what_is_missing_unknown_or_secret_is_named() {
        for (uri, word) in [
            ("hsm", "pkcs11:"),
            ("pkcs11:?module-path=/m.so&pin-source=/pin", "token=LABEL"),
            ("pkcs11:token=a?pin-source=/pin", "module-path"),
            ("pkcs11:token=a?module-path=/m.so", "pin-source"),
            (
                "pkcs11:token=a?module-path=/m.so&pin-value=1234",
                "never stands in an argument",
            ),
            ("pkcs11:token=a;object=b?module-path=/m.so", "object"),
            ("pkcs11:token=%zz", "percent"),
            ("pkcs11:token", "no value"),
        ] {
            let said = uri.parse::<KeyStore>().unwrap_err();
            assert!(said.contains(word), "{uri}: {said}");
            assert!(!said.contains("1234"), "{said}");
        }
    }
}
