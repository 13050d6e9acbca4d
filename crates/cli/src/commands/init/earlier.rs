//! The configuration of an earlier try: it is used as it stands, and whoever asks for something else has to be told.

use std::path::Path;

use anyhow::bail;

use super::Args;
use crate::config::{Config, Keys, Passphrase};

/// Refuses what the file does not say; `asked` is what it would say if it were written now.
pub(super) fn compare(
    args: &Args,
    path: &Path,
    found: &Config,
    asked: &Config,
) -> anyhow::Result<()> {
    let mut others = Vec::new();
    let mut other = |is_other: bool, option: &str, written: String| {
        if is_other {
            others.push(format!("{option} (the file has {written})"));
        }
    };
    let (server, wanted) = (&found.server, &asked.server);
    other(
        server.origin() != wanted.origin(),
        "--origin",
        server.origin().to_owned(),
    );
    other(
        server.public_url() != wanted.public_url(),
        "--public-url",
        server.public_url().to_owned(),
    );
    other(
        !is_same_store(&found.keys, &asked.keys),
        "--key-store",
        store(&found.keys),
    );
    let passphrase = (found.keys.passphrase.as_ref()).zip(asked.keys.passphrase.as_ref());
    if let Some((found, asked)) = passphrase {
        let option = "--passphrase-file or --passphrase-env";
        other(!is_same(found, asked), option, source(found));
    }
    other(
        args.trusted_proxy.is_some() && found.trusted_proxy() != args.trusted_proxy,
        "--trusted-proxy",
        (found.trusted_proxy()).map_or_else(|| "none".to_owned(), |address| address.to_string()),
    );
    other(
        found.ra.other_profiles() != asked.ra.other_profiles(),
        "--profiles",
        "the other set".to_owned(),
    );
    if others.is_empty() {
        return Ok(());
    }
    bail!(
        "{} was written by an earlier `tanba init` and is used as it stands; it says something else than {}. Nothing was made and the \
         file was not changed: correct it there, or give the same options again; as long as there is no authority, the file may be \
         removed, and the same command writes it anew",
        path.display(),
        others.join(", ")
    )
}

fn is_same_store(found: &Keys, asked: &Keys) -> bool {
    match (&found.token, &asked.token) {
        (None, None) => true,
        (Some(found), Some(asked)) => {
            let (one, other) = (&found.settings, &asked.settings);
            // A PIN in the environment was written there by hand.
            let is_same_pin =
                matches!(found.pin, Passphrase::Variable(_)) || is_same(&found.pin, &asked.pin);
            let name = (&one.label, &one.serial) == (&other.label, &other.serial);
            is_same_pin && name && is_same_file(&one.module, &other.module)
        }
        _ => false,
    }
}

fn is_same(found: &Passphrase, asked: &Passphrase) -> bool {
    match (found, asked) {
        (Passphrase::File(one), Passphrase::File(other)) => is_same_file(one, other),
        _ => found == asked,
    }
}

fn is_same_file(one: &Path, other: &Path) -> bool {
    let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
    real(one) == real(other)
}

fn store(keys: &Keys) -> String {
    let Some(token) = &keys.token else {
        return "software".to_owned();
    };
    let settings = &token.settings;
    let name = settings.label.as_ref().or(settings.serial.as_ref());
    format!(
        "the token {:?} by {} with the PIN in {}",
        name.map_or("", String::as_str),
        settings.module.display(),
        source(&token.pin)
    )
}

fn source(passphrase: &Passphrase) -> String {
    match passphrase {
        Passphrase::File(path) => path.display().to_string(),
        Passphrase::Variable(name) => format!("the variable {name}"),
    }
}
