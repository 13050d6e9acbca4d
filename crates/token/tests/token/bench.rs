//! A folder with a token in it, and this binary started again with that token in its environment.

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use tanba_crypto::Secret;
use tanba_token::{PinSource, Token, TokenSettings};
use tempfile::TempDir;

pub(crate) const PIN: &str = "1234-kazakh";
pub(crate) const LABEL: &str = "tanba test";
const FOLDER: &str = "TANBA_TOKEN_TEST_FOLDER";
const MODULE: &str = "TANBA_TOKEN_TEST_MODULE";

/// A maker of tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Maker {
    SoftHsm,
    Kryoptic,
    /// SoftHSM2 behind a driver that counts wrong PINs and locks itself, as hardware does.
    Loose,
}

#[expect(clippy::disallowed_methods, reason = "a test is told where things are")]
fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

impl Maker {
    /// The module, where it is installed; on a build server SoftHSM2 has to be.
    fn module(self) -> Option<PathBuf> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let candidates = match self {
            Self::SoftHsm | Self::Loose => vec![
                PathBuf::from("/usr/lib/softhsm/libsofthsm2.so"),
                PathBuf::from("/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so"),
                PathBuf::from("/usr/lib64/libsofthsm2.so"),
            ],
            Self::Kryoptic => vec![root.join("target/kryoptic/libkryoptic_pkcs11.so")],
        };
        let found = candidates.into_iter().find(|path| path.exists());
        assert!(
            found.is_some() || self == Self::Kryoptic || environment("CI").is_none(),
            "SoftHSM2 is not installed: scripts/setup.sh test"
        );
        if found.is_none() {
            eprintln!("SKIPPED: {self:?} is not there");
        }
        found
    }

    fn variable(self, folder: &Path) -> (&'static str, String) {
        let text = |path: PathBuf| path.to_str().expect("text").to_owned();
        match self {
            Self::SoftHsm | Self::Loose => ("SOFTHSM2_CONF", text(folder.join("softhsm2.conf"))),
            Self::Kryoptic => ("KRYOPTIC_CONF", text(folder.join("kryoptic.conf"))),
        }
    }

    fn configure(self, folder: &Path) {
        match self {
            Self::SoftHsm | Self::Loose => {
                let tokens = folder.join("tokens");
                fs::create_dir_all(&tokens).expect("a folder");
                let text = format!(
                    "directories.tokendir = {}\nobjectstore.backend = file\nlog.level = ERROR\n",
                    tokens.display()
                );
                fs::write(folder.join("softhsm2.conf"), text).expect("a file");
            }
            Self::Kryoptic => {
                let text = format!(
                    "[[slots]]\nslot = 1\ndbtype = \"sqlite\"\ndbargs = \"{}\"\n",
                    folder.join("token.sql").display()
                );
                fs::write(folder.join("kryoptic.conf"), text).expect("a file");
            }
        }
    }
}

/// Compiles the driver that stands before SoftHSM2; the agent's tests have its text.
fn loose(folder: &Path) -> PathBuf {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../agent/tests/agent/loose.c");
    let made = folder.join("loose.so");
    let output = Command::new("cc")
        .args(["-shared", "-fPIC", "-w", "-o"])
        .args([&made, &source])
        .arg("-ldl")
        .output()
        .expect("a compiler runs");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{said}");
    made
}

/// What a story finds when it runs.
pub(crate) struct Scene {
    pub(crate) folder: PathBuf,
    pub(crate) module: PathBuf,
}

/// Runs a story in a process of its own; `story` is the path of the test that calls this.
pub(crate) fn stage(maker: Maker, story: &str, play: impl FnOnce(&Scene)) {
    if let (Some(folder), Some(module)) = (environment(FOLDER), environment(MODULE)) {
        play(&Scene {
            folder: folder.into(),
            module: module.into(),
        });
        return;
    }
    let Some(module) = maker.module() else { return };
    let folder = TempDir::new().expect("a folder");
    maker.configure(folder.path());
    let variable = maker.variable(folder.path());
    make_token(&module, (variable.0, &variable.1), LABEL);
    let behind = module.clone();
    let module = match maker {
        Maker::SoftHsm | Maker::Kryoptic => module,
        Maker::Loose => loose(folder.path()),
    };
    let output = Command::new(std::env::current_exe().expect("this binary"))
        .args(["--exact", story, "--nocapture", "--test-threads", "1"])
        .env(variable.0, &variable.1)
        .env("LOOSE_BEHIND", behind)
        .env("LOOSE_FOLDER", folder.path())
        .env(FOLDER, folder.path())
        .env(MODULE, &module)
        .output()
        .expect("this binary runs");
    let said = String::from_utf8_lossy(&output.stdout).into_owned()
        + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    assert!(said.contains("1 passed"), "the story was not found: {said}");
}

/// Makes a token as an operator does: with the tool of another project.
pub(crate) fn make_token(module: &Path, variable: (&str, &str), label: &str) {
    let tool = |arguments: &[&str]| {
        let output = Command::new("pkcs11-tool")
            .arg("--module")
            .arg(module)
            .args(arguments)
            .env(variable.0, variable.1)
            .output()
            .expect("pkcs11-tool runs: scripts/setup.sh test");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{arguments:?}: {said}");
    };
    tool(&[
        "--slot-index",
        "0",
        "--init-token",
        "--label",
        label,
        "--so-pin",
        "87654321",
    ]);
    tool(&[
        "--token-label",
        label,
        "--login",
        "--login-type",
        "so",
        "--so-pin",
        "87654321",
        "--init-pin",
        "--new-pin",
        PIN,
    ]);
}

/// The PIN in a file of the scene, so that a story can correct it.
struct PinFile(PathBuf);

impl PinSource for PinFile {
    fn pin(&self) -> Result<Secret, Box<dyn Error + Send + Sync>> {
        Ok(Secret::new(fs::read(&self.0)?))
    }
}

impl Scene {
    pub(crate) fn settings(&self) -> TokenSettings {
        TokenSettings {
            module: self.module.clone(),
            label: Some(LABEL.to_owned()),
            serial: None,
            sessions: 2,
            os_locking: true,
            own_threads: true,
        }
    }

    pub(crate) fn enter_pin(&self, pin: &str) {
        fs::write(self.folder.join("pin"), pin).expect("a file");
    }

    pub(crate) fn token(&self) -> Arc<Token> {
        self.enter_pin(PIN);
        self.token_of(self.settings())
    }

    pub(crate) fn token_of(&self, settings: TokenSettings) -> Arc<Token> {
        let pin = PinFile(self.folder.join("pin"));
        Arc::new(Token::new(settings, Box::new(pin)))
    }
}
