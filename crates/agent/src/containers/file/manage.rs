//! Key files made, completed and locked anew. Each file is read back before anything old goes, and whatever touches the drive
//! is done on a thread of its own: a drive that never answers keeps the dialog from nobody.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tanba_crypto::{KeyAlgorithm, Secret, Signer, SoftwareKey};
use tanba_keystore::{Computing, Container as Pkcs12, Password, Profile};
use tanba_model::ports::{RandomSource, SourceRng};
use tanba_pki::Certificate;

use super::{fault, read};
use crate::containers::manage::{Installed, MadeKey, ManageFault};
use crate::containers::patience::{own_random, patiently, patiently_unless};
use crate::containers::store::OpenFault;
use crate::trust::{make_folder, write_new, write_private};

/// How long a drive may take with a file, and what protects it with computing.
const WRITING: Duration = Duration::from_secs(60);
/// Files whose names differ by a number alone at most.
const MOST_OF_A_NAME: u32 = 99;

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
    let mut made = Vec::new();
    for algorithm in algorithms {
        let key = SoftwareKey::generate(*algorithm, &mut SourceRng(random))
            .map_err(|_| ManageFault::NotMade)?;
        let key_id = tanba_pki::hex::encode(&key.public_key().key_id());
        let mut container = Pkcs12::new();
        container.add_key(key);
        let path = waiting_file(waiting, &key_id);
        let (waiting, secret, random) = (waiting.to_owned(), secret.clone(), own_random(random));
        let read_back = patiently(WRITING, move || {
            Ok(make_folder(&waiting)
                .map_err(|_| ManageFault::NotWritten)
                .and_then(|()| write(&path, &container, Profile::Modern, &secret, &random))
                .and_then(|()| key_of(&path, &secret)))
        });
        made.push(MadeKey {
            signer: Arc::new(read_back??),
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
    let (waiting, kept) = (waiting.to_owned(), kept.to_owned());
    let (certificate, chain) = (certificate.clone(), chain.to_vec());
    let (secret, random) = (secret.clone(), own_random(random));
    patiently_unless(WRITING, move |chance| {
        let put = put_beside((&waiting, &kept), (&certificate, &chain), &secret, &random);
        Ok(put.and_then(|(from, installed)| {
            let Some(from) = from else {
                return Ok(installed);
            };
            // The key is safe in its new place; what waited is not needed any more.
            if !chance.take() {
                return Err(ManageFault::Open(OpenFault::Slow));
            }
            std::fs::remove_file(&from).map_err(|_| ManageFault::NotWritten)?;
            Ok(installed)
        }))
    })?
}

/// Whether the file of this certificate and its key is among those that are kept.
pub(super) fn is_installed(
    kept: &Path,
    certificate: &Certificate,
    secret: &Secret,
) -> Result<bool, ManageFault> {
    let (kept, certificate, secret) = (kept.to_owned(), certificate.clone(), secret.clone());
    patiently(WRITING, move || {
        Ok(kept_before(&kept, &certificate, &secret).map(|name| name.is_some()))
    })?
}

/// The file that has this certificate and its key already. Of several that bear its name each is looked into.
///
/// # Errors
/// [`OpenFault::WrongSecret`] where one does not open and no other is it: it may be the one.
fn kept_before(
    kept: &Path,
    certificate: &Certificate,
    secret: &Secret,
) -> Result<Option<String>, ManageFault> {
    let Some(name) = tanba_keystore::file_name(certificate) else {
        return Ok(None);
    };
    let mut shut = None;
    for number in 1..=MOST_OF_A_NAME {
        let name = numbered(&name, number);
        let path = kept.join(&name);
        if !path.exists() {
            break;
        }
        match open(&path, secret) {
            Ok(container) => {
                if is_of(container, certificate) {
                    return Ok(Some(name));
                }
            }
            Err(fault @ ManageFault::Open(OpenFault::WrongSecret { .. })) => shut = Some(fault),
            Err(_) => {}
        }
    }
    shut.map_or(Ok(None), Err)
}

/// Writes key and certificate to where key files are kept; the file of the key that waited, and what was installed. Where no
/// key waits any more because this was done before, there is nothing to write.
fn put_beside(
    (waiting, kept): (&Path, &Path),
    (certificate, chain): (&Certificate, &[Certificate]),
    secret: &Secret,
    random: &dyn RandomSource,
) -> Result<(Option<PathBuf>, Installed), ManageFault> {
    let key_id = tanba_pki::hex::encode(&certificate.public_key().key_id());
    let from = waiting_file(waiting, &key_id);
    let named = certificate.subject_key_id();
    let named = named.map_or_else(|| key_id.clone(), tanba_pki::hex::encode);
    let installed = |place| Installed {
        key_id: named,
        place,
    };
    if !from.exists() {
        let place = kept_before(kept, certificate, secret)?.ok_or(ManageFault::NoSuchKey)?;
        return Ok((None, installed(place)));
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
    make_folder(kept).map_err(|_| ManageFault::NotWritten)?;
    let octets = written(&container, Profile::Modern, secret, random)?;
    let place = keep(kept, &name, &octets, certificate, secret)?;
    if !holds(&kept.join(&place), certificate, secret) {
        return Err(ManageFault::NotWritten);
    }
    Ok((Some(from), installed(place)))
}

/// Writes a file under its name, or the next one that is free: a certificate names its key as it likes, and what bears the
/// name already is somebody's key.
fn keep(
    kept: &Path,
    name: &str,
    octets: &[u8],
    certificate: &Certificate,
    secret: &Secret,
) -> Result<String, ManageFault> {
    for number in 1..=MOST_OF_A_NAME {
        let name = numbered(name, number);
        let path = kept.join(&name);
        match write_new(&path, octets) {
            Ok(()) => return Ok(name),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                if holds(&path, certificate, secret) {
                    return Ok(name);
                }
            }
            Err(_) => return Err(ManageFault::NotWritten),
        }
    }
    Err(ManageFault::NotWritten)
}

/// The name of a file, or of the next ones where it is taken.
fn numbered(name: &str, number: u32) -> String {
    let stem = name.strip_suffix(".p12").unwrap_or(name);
    match number {
        1 => name.to_owned(),
        _ => format!("{stem}-{number}.p12"),
    }
}

/// Whether a file has this certificate and its key.
fn holds(path: &Path, certificate: &Certificate, secret: &Secret) -> bool {
    open(path, secret).is_ok_and(|container| is_of(container, certificate))
}

fn is_of(container: Pkcs12, certificate: &Certificate) -> bool {
    let first = container.into_entries().into_iter().next();
    first
        .and_then(|entry| entry.into_signer().ok())
        .is_some_and(|(key, found)| {
            found.der() == certificate.der() && key.matches(certificate.public_key())
        })
}

/// Locks a file with another password.
pub(super) fn change_secret(
    path: &Path,
    old: &Secret,
    new: &Secret,
    random: &dyn RandomSource,
) -> Result<(), ManageFault> {
    let (path, old, new) = (path.to_owned(), old.clone(), new.clone());
    let random = own_random(random);
    patiently_unless(WRITING, move |chance| {
        let container = match open(&path, &old) {
            Ok(container) => container,
            Err(fault) => return Ok(Err(fault)),
        };
        let mut beside = path.as_os_str().to_owned();
        beside.push(".changed");
        let beside = PathBuf::from(beside);
        let written = write(&beside, &container, container.profile(), &new, &random)
            .and_then(|()| open(&beside, &new))
            .and_then(|read_back| {
                let same = read_back.entries().len() == container.entries().len();
                same.then_some(()).ok_or(ManageFault::NotWritten)
            })
            .and_then(|()| {
                let goes_on = chance.take();
                goes_on
                    .then_some(())
                    .ok_or(ManageFault::Open(OpenFault::Slow))
            })
            .and_then(|()| std::fs::rename(&beside, &path).map_err(|_| ManageFault::NotWritten));
        if written.is_err() {
            let _ = std::fs::remove_file(&beside);
        }
        Ok(written)
    })?
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
    let octets = written(container, profile, secret, random)?;
    write_private(path, &octets).map_err(|_| ManageFault::NotWritten)
}

fn written(
    container: &Pkcs12,
    profile: Profile,
    secret: &Secret,
    random: &dyn RandomSource,
) -> Result<Vec<u8>, ManageFault> {
    let plan = container.plan(profile, &mut SourceRng(random));
    let octets = container
        .write(&plan, &password(secret)?, &mut Computing)
        .map_err(|error| fault(&error))?;
    Ok(octets)
}

fn password(secret: &Secret) -> Result<Password, OpenFault> {
    Password::from_secret(secret.clone()).map_err(|_| OpenFault::WrongSecret { tries_left: None })
}
