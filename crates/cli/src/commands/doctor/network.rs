//! Ports and the mail server.

use std::io::ErrorKind;
use std::net::{SocketAddr, TcpListener};

use crate::carrier::SmtpCarrier;
use crate::config::{Config, Finding, Mail};
use crate::outcome::sentence;

/// Whether both addresses can be listened on.
pub(super) fn ports(config: &Config) -> Vec<Finding> {
    let [people, machines] = config.addresses();
    [("server.listen", people), ("server.machines", machines)]
        .into_iter()
        .filter_map(|(key, at)| port(key, at))
        .collect()
}

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "kinds of errors are open-ended"
)]
fn port(key: &str, address: SocketAddr) -> Option<Finding> {
    let error = TcpListener::bind(address).err()?;
    let (code, what, remedy) = match error.kind() {
        ErrorKind::AddrInUse => (
            "port-in-use",
            "is in use",
            "end the other program or choose another port; if it is the running server, all is well",
        ),
        ErrorKind::PermissionDenied => (
            "port-forbidden",
            "may not be used by this account",
            "choose a port from 1024 on, or allow it to the service",
        ),
        ErrorKind::AddrNotAvailable => (
            "address-absent",
            "is not an address of this computer",
            "choose one of its own, or 0.0.0.0",
        ),
        _ => (
            "port-unusable",
            "cannot be listened on",
            "choose another one",
        ),
    };
    let what = format!("{key} {address} {what}");
    // Nothing is wrong when it is our own server that answers there.
    Some(if code == "port-in-use" {
        Finding::warning(code, what, remedy)
    } else {
        Finding::error(code, what, remedy)
    })
}

/// Whether the mail server would take mails.
pub(super) fn mail(mail: &Mail) -> Option<Finding> {
    let at = format!("{}:{}", mail.server, mail.port);
    let (what, remedy) = match SmtpCarrier::try_connection(mail) {
        Ok(true) => return None,
        Ok(false) => (
            format!("the mail server {at} does not talk to us"),
            "ask its operator",
        ),
        Err(error) => (
            format!("the mail server {at} cannot be used: {}", sentence(&error)),
            "correct [mail], or start the mail server; until then codes and notices wait in the outbox, and nothing is lost",
        ),
    };
    // The server works all the same: what it has to say is kept until the mail server is back.
    Some(Finding::warning("mail-unreachable", what, remedy))
}
