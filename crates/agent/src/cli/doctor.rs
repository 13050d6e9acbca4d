//! `tanba-agent doctor`: what works, what does not, and how to repair it.

use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::bail;

use super::{Setting, print, start};
use crate::containers::{Containers, Storage};
use crate::{Catalogue, Grants};

/// How long the port may take to answer.
const PATIENCE: Duration = Duration::from_secs(2);

pub(super) fn run(setting: &Setting) -> anyhow::Result<()> {
    let texts = Catalogue::shipped()?;
    let language = setting.config.language;
    let mut broken = 0_usize;
    let mut line = |works: bool, key: &str, detail: &str| {
        let mark = if works { "✓" } else { "✗" };
        broken = broken.saturating_add(usize::from(!works));
        print(&format!("{mark} {} {detail}", texts.text(language, key)))
    };
    match start::identity(setting) {
        Ok(identity) => {
            let file = identity.authority_file().display().to_string();
            line(true, "doctor-identity", &file)?;
        }
        Err(error) => line(false, "doctor-identity-broken", &format!("{error:#}"))?,
    }
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, setting.config.port));
    let answers = TcpStream::connect_timeout(&address, PATIENCE).is_ok();
    let key = if answers {
        "doctor-port-answers"
    } else {
        "doctor-port-silent"
    };
    line(answers, key, &address.to_string())?;
    match Grants::at(setting.places.grants()).list() {
        Ok(grants) => line(true, "doctor-grants", &grants.len().to_string())?,
        Err(error) => line(false, "doctor-grants-broken", &error.to_string())?,
    }
    let store = start::file_store(setting);
    let containers = Containers::new(vec![std::sync::Arc::new(store)]);
    let files = containers.list(Storage::Pkcs12).len();
    line(true, "doctor-key-files", &files.to_string())?;
    if broken > 0 {
        bail!("{broken} of these do not work");
    }
    Ok(())
}
