//! PKCS#12 files.

mod manage;

use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tanba_crypto::{KeyAlgorithm, Secret, Signer};
use tanba_keystore::{Computing, Container as Pkcs12, Entry, KeyStoreError, Note, Password};
use tanba_model::ports::RandomSource;
use tanba_pki::Certificate;

use super::Storage;
use super::manage::{Installed, MadeKey, ManageFault};
use super::patience::patiently;
use super::store::{Container, ContainerId, ContainerStore, HeldKey, KeyNote, OpenFault};

/// Larger files are no key stores.
const LARGEST: u64 = 4 * 1024 * 1024;
/// How long a drive may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// Files listed of one folder at most.
const MOST_FILES: usize = 200;

/// The key files of this computer.
#[derive(Clone, Debug)]
pub struct FileStore {
    folders: Vec<PathBuf>,
    waiting: PathBuf,
    kept: PathBuf,
}

impl FileStore {
    /// Lists the files of these folders; files elsewhere can be opened by their path. Keys that wait for certificates lie in
    /// a folder of the agent's own; finished ones go to `kept`.
    #[must_use]
    pub const fn new(folders: Vec<PathBuf>, waiting: PathBuf, kept: PathBuf) -> Self {
        Self {
            folders,
            waiting,
            kept,
        }
    }
}

impl ContainerStore for FileStore {
    fn serves(&self, storage: Storage) -> bool {
        storage == Storage::Pkcs12
    }

    fn list(&self, storage: Storage) -> Vec<Container> {
        if !self.serves(storage) {
            return Vec::new();
        }
        let folders = self.folders.clone();
        patiently(PATIENCE, move || {
            Ok(folders.iter().flat_map(|folder| files(folder)).collect())
        })
        .unwrap_or_default()
    }

    fn open(&self, container: &ContainerId, secret: &Secret) -> Result<Vec<HeldKey>, OpenFault> {
        let path = PathBuf::from(&container.place);
        let octets = patiently(PATIENCE, move || read(&path))?;
        let password = Password::from_secret(secret.clone())
            .map_err(|_| OpenFault::WrongSecret { tries_left: None })?;
        let open = Pkcs12::open(octets.expose(), &password, &mut Computing)
            .map_err(|error| fault(&error))?;
        let keys: Vec<HeldKey> = open
            .into_entries()
            .into_iter()
            .filter(|entry| entry.key().is_some())
            .map(held)
            .collect();
        if keys.is_empty() {
            return Err(OpenFault::Empty);
        }
        Ok(keys)
    }

    fn waiting(&self, _: Storage) -> Vec<String> {
        let stem = |file: Container| Some(file.name.strip_suffix(".p12")?.to_owned());
        let folder = self.waiting.clone();
        let waiting = patiently(PATIENCE, move || Ok(files(&folder))).unwrap_or_default();
        waiting.into_iter().filter_map(stem).collect()
    }

    fn is_installed(
        &self,
        _: Storage,
        certificate: &Certificate,
        secret: &Secret,
    ) -> Result<bool, ManageFault> {
        manage::is_installed(&self.kept, certificate, secret)
    }

    fn make_keys(
        &self,
        _: Option<&ContainerId>,
        algorithms: &[KeyAlgorithm],
        secret: &Secret,
        random: &dyn RandomSource,
    ) -> Result<Vec<MadeKey>, ManageFault> {
        manage::make(&self.waiting, algorithms, secret, random)
    }

    fn install(
        &self,
        _: Option<&ContainerId>,
        certificate: &Certificate,
        chain: &[Certificate],
        secret: &Secret,
        random: &dyn RandomSource,
    ) -> Result<Installed, ManageFault> {
        let folders = (self.waiting.as_path(), self.kept.as_path());
        manage::install(folders, certificate, chain, secret, random)
    }

    fn change_secret(
        &self,
        container: &ContainerId,
        old: &Secret,
        new: &Secret,
        random: &dyn RandomSource,
    ) -> Result<(), ManageFault> {
        manage::change_secret(Path::new(&container.place), old, new, random)
    }
}

/// The key files of a folder, by name.
fn files(folder: &Path) -> Vec<Container> {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut paths: Vec<PathBuf> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| {
            path.extension().is_some_and(|ending| {
                ["p12", "pfx"]
                    .iter()
                    .any(|known| ending.eq_ignore_ascii_case(known))
            })
        })
        .take(MOST_FILES)
        .collect();
    paths.sort();
    paths
        .iter()
        .filter_map(|path| {
            Some(Container {
                id: ContainerId {
                    storage: Storage::Pkcs12,
                    place: path.to_str()?.to_owned(),
                },
                name: path.file_name()?.to_str()?.to_owned(),
                tries_left: None,
                pin_was_wrong: false,
            })
        })
        .collect()
}

fn read(path: &Path) -> Result<Secret, OpenFault> {
    let file = File::open(path).map_err(|error| io_fault(&error))?;
    let facts = file.metadata().map_err(|error| io_fault(&error))?;
    // A pipe or a device would be read for ever.
    if !facts.is_file() || facts.len() > LARGEST {
        return Err(OpenFault::NotAContainer);
    }
    let mut octets = Vec::new();
    file.take(LARGEST)
        .read_to_end(&mut octets)
        .map_err(|error| io_fault(&error))?;
    Ok(Secret::new(octets))
}

fn io_fault(error: &io::Error) -> OpenFault {
    if error.kind() == io::ErrorKind::NotFound {
        OpenFault::Absent
    } else {
        OpenFault::Forbidden
    }
}

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "errors of the key store are open-ended"
)]
fn fault(error: &KeyStoreError) -> OpenFault {
    match error {
        KeyStoreError::NotAKeyStore { .. } => OpenFault::NotAContainer,
        KeyStoreError::WrongPassword | KeyStoreError::PasswordNotText => {
            OpenFault::WrongSecret { tries_left: None }
        }
        KeyStoreError::Damaged { .. } => OpenFault::Damaged,
        KeyStoreError::NoKey => OpenFault::Empty,
        other => OpenFault::Unsupported {
            reason: other.to_string(),
        },
    }
}

fn held(entry: Entry) -> HeldKey {
    let alias = entry
        .friendly_name()
        .map(str::to_owned)
        .or_else(|| Some(tanba_pki::hex::encode(&entry.key_id()?)))
        .unwrap_or_default();
    let certificate = entry.certificate().cloned();
    let chain = entry.certificates().skip(1).cloned().collect();
    let note = entry.notes().iter().find_map(note);
    let signer = entry
        .into_key()
        .map(|key| -> Arc<dyn Signer> { Arc::new(key) });
    HeldKey {
        certificate,
        chain,
        signer,
        alias,
        note,
    }
}

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "notes of the key store are open-ended, and only these concern the key itself"
)]
fn note(note: &Note) -> Option<KeyNote> {
    match note {
        Note::UnsupportedAlgorithm { algorithm } => Some(KeyNote::Unsupported {
            algorithm: algorithm.clone(),
        }),
        Note::KeyUnderAnotherPassword => Some(KeyNote::OtherPassword),
        Note::KeyDamaged => Some(KeyNote::Damaged),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    use tanba_crypto::Secret;

    use super::{ContainerId, ContainerStore, FileStore, OpenFault, Storage};

    fn store(folders: Vec<PathBuf>) -> FileStore {
        FileStore::new(folders, PathBuf::new(), PathBuf::new())
    }

    fn open(path: &Path) -> Result<usize, OpenFault> {
        let id = ContainerId {
            storage: Storage::Pkcs12,
            place: path.to_str().unwrap().to_owned(),
        };
        let secret = Secret::from("x".to_owned());
        store(vec![]).open(&id, &secret).map(|keys| keys.len())
    }

    #[test]
    fn what_is_no_key_file_is_told_apart() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.p12");
        assert_eq!(open(&path), Err(OpenFault::Absent));
        std::fs::write(&path, "text").unwrap();
        assert_eq!(open(&path), Err(OpenFault::NotAContainer));
        assert_eq!(open(folder.path()), Err(OpenFault::NotAContainer));
        #[cfg(unix)]
        assert_eq!(open(Path::new("/dev/zero")), Err(OpenFault::NotAContainer));
    }

    #[test]
    fn folders_are_listed_by_the_ending_of_the_name() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["b.P12", "a.pfx", "c.txt", "p12"] {
            std::fs::write(folder.path().join(name), "").unwrap();
        }
        let store = store(vec!["/no/such/folder".into(), folder.path().into()]);
        let names: Vec<String> = store
            .list(Storage::Pkcs12)
            .into_iter()
            .map(|container| container.name)
            .collect();
        assert_eq!(names, ["a.pfx", "b.P12"]);
        assert!(store.list(Storage::Kaztoken).is_empty());
    }
}
