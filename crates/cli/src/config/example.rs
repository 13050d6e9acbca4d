//! The documented configuration file that `tanba init` writes.

/// What the file of a new installation says.
#[derive(Clone, Debug)]
pub(crate) struct Example<'a> {
    /// The cabinet as browsers see it.
    pub(crate) origin: &'a str,
    /// What stands before the paths of machines in certificates.
    pub(crate) public_url: &'a str,
    /// `passphrase_file = "…"` or `passphrase_env = "…"`, where some keys are under a passphrase.
    pub(crate) passphrase: Option<(&'a str, &'a str)>,
    /// The token with the keys, where they are in one.
    pub(crate) token: Option<ExampleToken<'a>>,
    /// Address of the proxy that ends TLS, where there is one.
    pub(crate) trusted_proxy: Option<&'a str>,
    /// Name of the pair of profiles: `kz` or `neutral`.
    pub(crate) profiles: &'a str,
}

/// What the file says of a token.
#[derive(Clone, Debug)]
pub(crate) struct ExampleToken<'a> {
    /// Its module.
    pub(crate) module: &'a str,
    /// Its label.
    pub(crate) label: Option<&'a str>,
    /// Its serial number.
    pub(crate) serial: Option<&'a str>,
    /// The file with its PIN.
    pub(crate) pin_file: &'a str,
}

impl Example<'_> {
    /// The text.
    pub(crate) fn text(&self) -> String {
        let passphrase = match self.passphrase {
            Some((key, value)) => format!("{key} = {}", quoted(value)),
            None => "#passphrase_file = \"passphrase\"".to_owned(),
        };
        let token = self.token.as_ref().map(|token| {
            let ocsp = if self.passphrase.is_some() {
                "software"
            } else {
                "token"
            };
            token.text(ocsp)
        });
        let proxy = match self.trusted_proxy {
            Some(address) => format!("trusted_proxy = {}", quoted(address)),
            None => "#trusted_proxy = \"127.0.0.1\"".to_owned(),
        };
        let tls = if self.trusted_proxy.is_some() || self.origin.starts_with("http://") {
            "#"
        } else {
            ""
        };
        include_str!("example.toml")
            .replace("{origin}", &quoted(self.origin))
            .replace("{public_url}", &quoted(self.public_url))
            .replace("{proxy}", &proxy)
            .replace("{passphrase}", &passphrase)
            .replace("{token}", &token.unwrap_or_default())
            .replace("{tls}", tls)
            .replace("{profiles}", &quoted(self.profiles))
    }
}

impl ExampleToken<'_> {
    fn text(&self, ocsp: &str) -> String {
        let line = |key: &str, value: &str| format!("{key} = {}\n", quoted(value));
        let optional =
            |key: &str, value: Option<&str>| value.map_or_else(String::new, |v| line(key, v));
        [
            "\n[keys.token]\n# The keys are in this token and never leave it.\n".to_owned(),
            line("module", self.module),
            optional("label", self.label),
            optional("serial", self.serial),
            line("pin_file", self.pin_file),
            line("ocsp", ocsp),
        ]
        .concat()
    }
}

/// A TOML string.
fn quoted(text: &str) -> String {
    toml::Value::from(text).to_string()
}
