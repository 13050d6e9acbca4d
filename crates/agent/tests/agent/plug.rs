//! Tokens to plug in and pull out: SoftHSM2, alone or behind a driver that locks and comes loose.
//!
//! The driver reads where its tokens are from the environment, so each story runs in a process of its own: the test starts
//! this very binary again.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use tanba_agent::containers::{ContainerStore, KindRule, Storage, TokenStore};

use crate::harness::{Running, run, text};

const FOLDER: &str = "TANBA_AGENT_TEST_TOKENS";
pub(crate) const PIN: &str = "12345678";
const SO_PIN: &str = "87654321";

/// Kinds of tokens, by the label of the token that stands for each.
pub(crate) const KINDS: [(&str, Storage); 6] = [
    ("kaztoken", Storage::Kaztoken),
    ("id-card", Storage::IdCard),
    ("etoken-72k", Storage::EToken72K),
    ("etoken-5110", Storage::EToken5110),
    ("jacarta", Storage::JaCarta),
    ("akey", Storage::AKey),
];

#[expect(clippy::disallowed_methods, reason = "a test is told where things are")]
fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// Where the tokens of a story lie.
pub(crate) struct Table {
    folder: PathBuf,
    pub(crate) driver: PathBuf,
}

/// Whether the tokens are behind the driver that locks and comes loose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Plug {
    Fast,
    Loose,
}

fn softhsm() -> Option<PathBuf> {
    let found = [
        "/usr/lib/softhsm/libsofthsm2.so",
        "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
        "/usr/lib64/libsofthsm2.so",
    ]
    .iter()
    .map(PathBuf::from)
    .find(|path| path.exists());
    assert!(
        found.is_some() || environment("CI").is_none(),
        "SoftHSM2 is not installed: scripts/setup.sh test"
    );
    if found.is_none() {
        eprintln!("SKIPPED: SoftHSM2 is not there");
    }
    found
}

/// Runs a story in a process of its own; `story` is the path of the test that calls this. Gives what it said there.
pub(crate) fn stage(plug: Plug, story: &str, play: impl FnOnce(&Table)) -> String {
    let Some(behind) = softhsm() else {
        return String::new();
    };
    if let Some(folder) = environment(FOLDER) {
        let folder = PathBuf::from(folder);
        let driver = match plug {
            Plug::Fast => behind,
            Plug::Loose => folder.join("loose.so"),
        };
        play(&Table { folder, driver });
        return String::new();
    }
    let folder = tempfile::tempdir().unwrap();
    let tokens = folder.path().join("tokens");
    std::fs::create_dir(&tokens).unwrap();
    let settings = format!(
        "directories.tokendir = {}\nobjectstore.backend = file\nlog.level = ERROR\n",
        tokens.display()
    );
    let configuration = folder.path().join("softhsm2.conf");
    std::fs::write(&configuration, settings).unwrap();
    if plug == Plug::Loose {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/agent/loose.c");
        let made = folder.path().join("loose.so");
        let arguments = [
            "-shared",
            "-fPIC",
            "-w",
            "-o",
            text(&made),
            text(&source),
            "-ldl",
        ];
        let (compiled, words) = run("cc", &arguments);
        assert!(compiled, "{words}");
    }
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", story, "--nocapture", "--test-threads", "1"])
        // Figures are stories that run when they are asked for.
        .arg("--include-ignored")
        .env("SOFTHSM2_CONF", &configuration)
        .env("LOOSE_BEHIND", &behind)
        .env("LOOSE_FOLDER", folder.path())
        .env(FOLDER, folder.path())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned()
        + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    assert!(said.contains("1 passed"), "the story was not found: {said}");
    said
}

impl Table {
    /// Makes a new token as its maker does; its PIN is the published one.
    pub(crate) fn plug_in(&self, label: &str) {
        let arguments = [
            "--init-token",
            "--free",
            "--label",
            label,
            "--so-pin",
            SO_PIN,
            "--pin",
            PIN,
        ];
        let (made, words) = run("softhsm2-util", &arguments);
        assert!(made, "{words}");
    }

    /// Takes a token away for good.
    pub(crate) fn take_away(&self, label: &str) {
        let (gone, words) = run("softhsm2-util", &["--delete-token", "--token", label]);
        assert!(gone, "{words}");
    }

    /// What the tool of another project says about a token, with its PIN.
    pub(crate) fn tool(&self, label: &str, pin: &str, arguments: &[&str]) -> (bool, String) {
        let driver = softhsm().unwrap();
        let mut all = vec![
            "--module",
            text(&driver),
            "--token-label",
            label,
            "--login",
            "--pin",
            pin,
        ];
        all.extend(arguments);
        run("pkcs11-tool", &all)
    }

    /// The tokens as the agent sees them, each of the kind that its label says.
    pub(crate) fn store(&self) -> TokenStore {
        TokenStore::new(std::slice::from_ref(&self.driver), self.store_rules())
    }

    #[expect(
        clippy::unused_self,
        reason = "it is the table's to say what lies on it"
    )]
    pub(crate) fn store_rules(&self) -> Vec<KindRule> {
        let rule = |(label, storage): &(&str, Storage)| KindRule {
            label: Some((*label).to_owned()),
            storage: Some(*storage),
            ..KindRule::default()
        };
        KINDS.iter().map(rule).collect()
    }

    /// An agent with these tokens.
    pub(crate) fn agent(&self) -> Running {
        let store: Arc<dyn ContainerStore> = Arc::new(self.store());
        Running::over(vec![store], |_| {})
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }
}
