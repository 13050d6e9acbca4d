//! Where the drivers of tokens are: configured, registered with p11-kit, or where their makers put them.

use std::path::{Path, PathBuf};

/// Folders in which p11-kit looks for what is registered: the system's, the administrator's, then the user's own.
const REGISTERED: [&str; 2] = ["/usr/share/p11-kit/modules", "/etc/pkcs11/modules"];
/// Where p11-kit looks for a module that is registered without a path.
const PLACES: [&str; 4] = [
    "/usr/lib/x86_64-linux-gnu/pkcs11",
    "/usr/lib/aarch64-linux-gnu/pkcs11",
    "/usr/lib64/pkcs11",
    "/usr/lib/pkcs11",
];

/// Where makers put their drivers: Kaztoken and Rutoken, eToken, JaCarta, then OpenSC for whatever it knows.
#[cfg(target_os = "linux")]
const KNOWN: [&str; 13] = [
    "/usr/lib/librtpkcs11ecp.so",
    "/usr/lib64/librtpkcs11ecp.so",
    "/opt/aktivco/rutokenecp/x86_64/librtpkcs11ecp.so",
    "/usr/lib/libeTPkcs11.so",
    "/usr/lib64/libeTPkcs11.so",
    "/usr/lib/libeToken.so",
    "/usr/lib64/libeToken.so",
    "/usr/lib/sac-10.0/libeToken.so",
    "/usr/lib/libjcPKCS11-2.so",
    "/usr/lib64/libjcPKCS11-2.so",
    "/usr/lib/x86_64-linux-gnu/opensc-pkcs11.so",
    "/usr/lib/aarch64-linux-gnu/opensc-pkcs11.so",
    "/usr/lib64/opensc-pkcs11.so",
];
#[cfg(windows)]
const KNOWN: [&str; 4] = [
    r"C:\Windows\System32\rtPKCS11ECP.dll",
    r"C:\Windows\System32\eTPKCS11.dll",
    r"C:\Windows\System32\jcPKCS11-2.dll",
    r"C:\Program Files\OpenSC Project\OpenSC\pkcs11\opensc-pkcs11.dll",
];
#[cfg(target_os = "macos")]
const KNOWN: [&str; 5] = [
    "/Library/Frameworks/rtpkcs11ecp.framework/rtpkcs11ecp",
    "/usr/local/lib/pkcs11/libeTPkcs11.dylib",
    "/usr/local/lib/libeTPkcs11.dylib",
    "/Library/Frameworks/jcPKCS11-2.framework/jcPKCS11-2",
    "/Library/OpenSC/lib/opensc-pkcs11.so",
];
#[cfg(not(any(target_os = "linux", windows, target_os = "macos")))]
const KNOWN: [&str; 0] = [];

/// How drivers are looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DriverSearch {
    /// Drivers that the configuration names; they come first.
    pub modules: Vec<PathBuf>,
    /// Whether those that are registered with p11-kit are used.
    pub p11_kit: bool,
    /// Whether the usual places of makers are looked at.
    pub well_known: bool,
    /// The user's own folder of registrations, where there is one.
    pub own_registrations: Option<PathBuf>,
}

impl DriverSearch {
    /// The drivers, each file once. Those of the configuration are named even where they are not there, so that people are
    /// told.
    #[must_use]
    pub fn find(&self) -> Vec<PathBuf> {
        let mut found: Vec<PathBuf> = Vec::new();
        let mut seen: Vec<PathBuf> = Vec::new();
        let mut add = |path: PathBuf| {
            let real = path.canonicalize().unwrap_or_else(|_| path.clone());
            if !seen.contains(&real) {
                seen.push(real);
                found.push(path);
            }
        };
        self.modules.iter().cloned().for_each(&mut add);
        if self.p11_kit {
            let folders = REGISTERED.iter().map(PathBuf::from);
            folders
                .chain(self.own_registrations.clone())
                .flat_map(|folder| registered(&folder))
                .for_each(&mut add);
        }
        if self.well_known {
            KNOWN
                .iter()
                .map(PathBuf::from)
                .filter(|path| path.is_file())
                .for_each(&mut add);
        }
        found
    }
}

/// The modules that the files of a folder register, in the order of their names.
fn registered(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut files: Vec<PathBuf> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|ending| ending == "module"))
        .collect();
    files.sort();
    files
        .iter()
        .filter_map(|file| module_of(&std::fs::read_to_string(file).ok()?))
        .filter(|path| path.is_file())
        .collect()
}

/// The module of one registration (`pkcs11.conf(5)`): lines `name: value`. Lists of trusted certificates hold no keys, and
/// what is meant for certain other programs is not meant for us.
fn module_of(text: &str) -> Option<PathBuf> {
    let value = |name: &str| {
        text.lines()
            .filter_map(|line| line.split_once(':'))
            .find(|(key, _)| key.trim() == name)
            .map(|(_, value)| value.trim())
    };
    let is_list = value("trust-policy") == Some("yes");
    if is_list || value("enable-in").is_some() || value("remote").is_some() {
        return None;
    }
    let module = Path::new(value("module")?);
    if module.is_absolute() {
        return Some(module.to_owned());
    }
    PLACES
        .iter()
        .map(|place| Path::new(place).join(module))
        .find(|path| path.is_file())
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::{DriverSearch, module_of};

    #[test]
    fn drivers_are_found_once_in_the_order_of_trust() {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str| {
            let path = folder.path().join(name);
            std::fs::write(&path, "").unwrap();
            path
        };
        let (first, second) = (file("first.so"), file("second.so"));
        let own = folder.path().join("modules");
        std::fs::create_dir(&own).unwrap();
        for (name, module) in [("b.module", &second), ("a.module", &first)] {
            std::fs::write(own.join(name), format!("module: {}\n", module.display())).unwrap();
        }
        std::fs::write(own.join("c.module"), "module: /no/such/file.so\n").unwrap();
        let absent = PathBuf::from("/no/such/driver.so");
        let search = DriverSearch {
            modules: vec![absent.clone(), second.clone()],
            p11_kit: true,
            well_known: false,
            own_registrations: Some(own),
        };
        let found = search.find();
        assert_eq!(found.first(), Some(&absent));
        assert_eq!(found.get(1), Some(&second));
        assert_eq!(found.iter().filter(|path| **path == second).count(), 1);
        assert_eq!(found.last(), Some(&first));
        let nothing = DriverSearch {
            modules: vec![],
            p11_kit: false,
            well_known: false,
            own_registrations: None,
        };
        assert!(nothing.find().is_empty());
    }

    #[test]
    fn lists_of_trust_and_other_programs_modules_are_left_out() {
        let module = |text: &str| module_of(text).map(|path| path.display().to_string());
        assert_eq!(
            module("# a note\nmodule: /lib/a.so\npriority: 1\n").as_deref(),
            Some("/lib/a.so")
        );
        assert_eq!(module("module: /lib/a.so\ntrust-policy: yes"), None);
        assert_eq!(module("module: /lib/a.so\nenable-in: p11-kit-proxy"), None);
        assert_eq!(module("remote: |ssh host"), None);
        assert_eq!(module("module: no-such-module.so"), None);
    }
}
