//! Foreign samples, a second opinion, and a small certification authority of OpenSSL's making.

use std::path::{Path, PathBuf};
use std::process::Command;

use tanba_crypto::{Signer, SoftwareKey};
use tanba_pki::{Certificate, Timestamp};
use tempfile::TempDir;

/// The folder of foreign samples; says so loudly when it is absent.
#[expect(
    clippy::disallowed_methods,
    reason = "tests are told where samples are by the environment"
)]
pub(crate) fn fixtures(folder: &str) -> Option<PathBuf> {
    let root = std::env::var("TANBA_FIXTURES").map_or_else(
        |_| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/fixtures"),
        PathBuf::from,
    );
    let folder = root.join(folder);
    if folder.is_dir() {
        return Some(folder);
    }
    eprintln!("SKIPPED: fixtures folder absent: {}", folder.display());
    None
}

/// A temporary folder with files that OpenSSL makes and judges.
pub(crate) struct Desk(TempDir);

impl Desk {
    pub(crate) fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        std::fs::write(self.path(name), content).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.path(name)).unwrap()
    }

    /// Runs OpenSSL in the folder; gives its output and whether it was content.
    pub(crate) fn try_openssl(&self, arguments: &str) -> (bool, String) {
        let output = Command::new("openssl")
            .args(arguments.split_whitespace())
            .current_dir(self.0.path())
            .output()
            .expect("openssl is installed");
        let text = [output.stdout, output.stderr].concat();
        (
            output.status.success(),
            String::from_utf8_lossy(&text).into_owned(),
        )
    }

    /// Runs OpenSSL, which must be content.
    pub(crate) fn openssl(&self, arguments: &str) -> String {
        let (ok, text) = self.try_openssl(arguments);
        assert!(ok, "openssl {arguments}\n{text}");
        text
    }

    pub(crate) fn certificate(&self, name: &str) -> Certificate {
        Certificate::from_pem(&self.read(name)).unwrap()
    }

    /// A private key in PEM as OpenSSL wrote it.
    pub(crate) fn key(&self, name: &str) -> SoftwareKey {
        self.openssl(&format!(
            "pkcs8 -topk8 -nocrypt -in {name} -outform DER -out {name}.der"
        ));
        SoftwareKey::from_pkcs8_der(&self.read(&format!("{name}.der"))).unwrap()
    }
}

/// Kinds of keys as `openssl req -newkey` takes them.
pub(crate) const KEY_KINDS: [&str; 3] = [
    "rsa:2048",
    "ec -pkeyopt ec_paramgen_curve:P-256",
    "ec -pkeyopt ec_paramgen_curve:P-384",
];

/// A root and what it issued, with validity from an hour ago to some days ahead of the machine's clock.
pub(crate) struct Authority {
    pub(crate) desk: Desk,
    pub(crate) root: Certificate,
    pub(crate) key: SoftwareKey,
}

impl Authority {
    pub(crate) fn new(kind: &str) -> Self {
        let desk = Desk::new();
        desk.write(
            "root.cnf",
            "[req]\ndistinguished_name=dn\nx509_extensions=v3\nprompt=no\n[dn]\nCN=Test Root\nC=KZ\n[v3]\n\
             basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign,digitalSignature\n\
             subjectKeyIdentifier=hash\n",
        );
        desk.openssl(&format!(
            "req -x509 -newkey {kind} -nodes -keyout root.key -out root.pem -days 30 -config root.cnf"
        ));
        Self {
            root: desk.certificate("root.pem"),
            key: desk.key("root.key"),
            desk,
        }
    }

    /// Issues a certificate with these extensions (lines of OpenSSL's configuration); files `name.pem`, `name.key`.
    pub(crate) fn issue(
        &self,
        name: &str,
        kind: &str,
        serial: &str,
        extensions: &str,
    ) -> Certificate {
        let extensions =
            format!("authorityKeyIdentifier=keyid\nsubjectKeyIdentifier=hash\n{extensions}\n");
        self.desk.write(&format!("{name}.ext"), extensions);
        self.desk.openssl(&format!(
            "req -newkey {kind} -nodes -keyout {name}.key -out {name}.csr -subj /CN={name}"
        ));
        self.desk.openssl(&format!(
            "x509 -req -in {name}.csr -CA root.pem -CAkey root.key -set_serial {serial} -days 20 -extfile {name}.ext -out {name}.pem"
        ));
        self.desk.certificate(&format!("{name}.pem"))
    }

    /// An hour after the certificates were made.
    pub(crate) fn now(&self) -> Timestamp {
        self.root
            .not_before()
            .plus(std::time::Duration::from_secs(3600))
    }

    pub(crate) fn sign(&self, tbs: &[u8]) -> Vec<u8> {
        self.key.sign(tbs).unwrap()
    }
}

/// Every place of a single flipped bit that a test tries: each octet once, bits in turn.
pub(crate) fn flips(octets: &[u8]) -> impl Iterator<Item = (usize, Vec<u8>)> {
    (0..octets.len()).map(|at| {
        let mut changed = octets.to_vec();
        changed[at] ^= 1 << (at % 8);
        (at, changed)
    })
}
