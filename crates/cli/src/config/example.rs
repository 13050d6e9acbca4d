//! The documented configuration file that `tanba init` writes.

/// What the file of a new installation says.
#[derive(Clone, Debug)]
pub(crate) struct Example<'a> {
    /// The cabinet as browsers see it.
    pub(crate) origin: &'a str,
    /// What stands before the paths of machines in certificates.
    pub(crate) public_url: &'a str,
    /// `passphrase_file = "…"` or `passphrase_env = "…"`.
    pub(crate) passphrase: (&'a str, &'a str),
    /// Address of the proxy that ends TLS, where there is one.
    pub(crate) trusted_proxy: Option<&'a str>,
    /// Name of the pair of profiles: `kz` or `neutral`.
    pub(crate) profiles: &'a str,
}

impl Example<'_> {
    /// The text.
    pub(crate) fn text(&self) -> String {
        let (key, value) = self.passphrase;
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
            .replace("{passphrase}", &format!("{key} = {}", quoted(value)))
            .replace("{tls}", tls)
            .replace("{profiles}", &quoted(self.profiles))
    }
}

/// A TOML string.
fn quoted(text: &str) -> String {
    toml::Value::from(text).to_string()
}
