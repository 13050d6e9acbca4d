//! Key files made, completed and locked anew. Each file is read back before anything old goes.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use tanba_crypto::{KeyAlgorithm, Secret, Signer, SoftwareKey};
use tanba_keystore::{Computing, Container as Pkcs12, Password, Profile};
use tanba_model::ports::{RandomSource, SourceRng};
use tanba_pki::Certificate;

use super::{fault, read};
use crate::containers::manage::{Installed, MadeKey, ManageFault};
use crate::containers::store::OpenFault;
use crate::trust::{make_folder, write_private};

/// The file of a key that waits for its certificate.
pub(super) fn waiting_file(folder: &Path, key_id: &str) -> PathBuf {
    folder.join(format!("{key_id}.p12"))
}

/// Makes keys, each in a file of its own among those that wait.
pub(super) fn make(
    waiting: &Path,
    algorithms: &[KeyAlgorithm],
    secret: &Secret,
    random: &dyn RandomSource,
) -> Result<Vec<MadeKey>, ManageFault> {
    make_folder(waiting).map_err(|_| ManageFault::NotWritten)?;
    let mut made = Vec::new();
    for algorithm in algorithms {
        let key = SoftwareKey::generate(*algorithm, &mut SourceRng(random))
            .map_err(|_| ManageFault::NotMade)?;
        let key_id = tanba_pki::hex::encode(&key.public_key().key_id());
        let mut container = Pkcs12::new();
        container.add_key(key);
        let path = waiting_file(waiting, &key_id);
        write(&path, &container, Profile::Modern, secret, random)?;
        made.push(MadeKey {
            signer: Arc::new(key_of(&path, secret)?),
            key_id,
        });
    }
    Ok(made)
}

/// Puts a certificate beside the key that waits for it, and moves both to where key files are kept.
pub(super) fn install(
    (waiting, kept): (&Path, &Path),
    certificate: &Certificate,
    chain: &[Certificate],
    secret: &Secret,
    random: &dyn RandomSource,
) -> Result<Installed, ManageFault> {
    let key_id = tanba_pki::hex::encode(&certificate.public_key().key_id());
    let from = waiting_file(waiting, &key_id);
    if !from.exists() {
        return Err(ManageFault::NoSuchKey);
    }
    let mut container = open(&from, secret)?;
    container
        .install(certificate, chain)
        .map_err(|_| ManageFault::NoSuchKey)?;
    let name = container
        .entries()
        .iter()
        .find_map(|entry| entry.file_name(None))
        .ok_or(ManageFault::NoSuchKey)?;
    let to = kept.join(&name);
    make_folder(kept).map_err(|_| ManageFault::NotWritten)?;
    write(&to, &container, Profile::Modern, secret, random)?;
    let installed = open(&to, secret)?.into_entries().into_iter().next();
    let (key, read_back) = installed
        .ok_or(ManageFault::NotWritten)?
        .into_signer()
        .map_err(|_| ManageFault::NotWritten)?;
    if read_back.der() != certificate.der() || !key.matches(certificate.public_key()) {
        return Err(ManageFault::NotWritten);
    }
    // The key is safe in its new place; what waited is not needed any more.
    std::fs::remove_file(&from).map_err(|_| ManageFault::NotWritten)?;
    let id = certificate
        .subject_key_id()
        .map_or(key_id, tanba_pki::hex::encode);
    Ok(Installed {
        key_id: id,
        place: name,
    })
}

/// Locks a file with another password.
pub(super) fn change_secret(
    path: &Path,
    old: &Secret,
    new: &Secret,
    random: &dyn RandomSource,
) -> Result<(), ManageFault> {
    let container = open(path, old)?;
    let mut beside = path.as_os_str().to_owned();
    beside.push(".changed");
    let beside = PathBuf::from(beside);
    let written = write(&beside, &container, container.profile(), new, random)
        .and_then(|()| open(&beside, new))
        .and_then(|read_back| {
            let same = read_back.entries().len() == container.entries().len();
            same.then_some(()).ok_or(ManageFault::NotWritten)
        })
        .and_then(|()| std::fs::rename(&beside, path).map_err(|_| ManageFault::NotWritten));
    if written.is_err() {
        let _ = std::fs::remove_file(&beside);
    }
    written
}

fn key_of(path: &Path, secret: &Secret) -> Result<SoftwareKey, ManageFault> {
    open(path, secret)?
        .into_entries()
        .into_iter()
        .next()
        .and_then(|entry| entry.into_key())
        .ok_or(ManageFault::NotWritten)
}

fn open(path: &Path, secret: &Secret) -> Result<Pkcs12, ManageFault> {
    let octets = read(path)?;
    let opened = Pkcs12::open(octets.expose(), &password(secret)?, &mut Computing);
    Ok(opened.map_err(|error| fault(&error))?)
}

fn write(
    path: &Path,
    container: &Pkcs12,
    profile: Profile,
    secret: &Secret,
    random: &dyn RandomSource,
) -> Result<(), ManageFault> {
    let plan = container.plan(profile, &mut SourceRng(random));
    let octets = container
        .write(&plan, &password(secret)?, &mut Computing)
        .map_err(|error| fault(&error))?;
    write_private(path, &octets).map_err(|_| ManageFault::NotWritten)
}

fn password(secret: &Secret) -> Result<Password, OpenFault> {
    Password::from_secret(secret.clone()).map_err(|_| OpenFault::WrongSecret { tries_left: None })
}
