//! Ports and the mail server.

use std::io::ErrorKind;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};
use std::time::Duration;

use crate::carrier::SmtpCarrier;
use crate::config::{Config, Finding, Mail};
use crate::outbound;
use crate::outcome::sentence;

/// How long the server may take to say how it is.
const PATIENCE: Duration = Duration::from_secs(5);
/// How its lines end that ask for a restart.
const RESTART: &str = "restart the server";

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

/// Whether the server that runs knows all authorities: it says of itself what it does not.
pub(super) fn restart(config: &Config) -> Vec<Finding> {
    let [_, machines] = config.addresses();
    let ask = || -> anyhow::Result<String> {
        let host = if machines.ip().is_unspecified() {
            IpAddr::from(Ipv4Addr::LOCALHOST)
        } else {
            machines.ip()
        };
        let url = format!(
            "http://{}/health/ready",
            SocketAddr::new(host, machines.port())
        );
        let mut answer = outbound::agent(None, PATIENCE)?.get(&url).call()?;
        Ok(answer.body_mut().read_to_string()?)
    };
    // Where no server answers, there is nothing to restart.
    let said = ask().unwrap_or_default();
    let due = said.lines().filter(|line| line.ends_with(RESTART));
    due.map(|line| {
        Finding::warning(
            "server-restart-due",
            format!("the running server says: {line}"),
            "restart it; until then it goes on with the authorities that it knows",
        )
    })
    .collect()
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
