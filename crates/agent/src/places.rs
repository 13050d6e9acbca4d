//! Where the agent keeps what is its own.

use std::path::{Path, PathBuf};

/// The folders of this user that the agent uses.
#[derive(Clone, Debug)]
pub struct Places {
    /// Identity and grants; for its owner alone.
    data: PathBuf,
    /// `agent.toml`, written by a person.
    config: PathBuf,
    /// The user's own folder, where key files are looked for.
    home: Option<PathBuf>,
}

impl Places {
    /// Everything in one folder.
    #[must_use]
    pub fn within(folder: &Path) -> Self {
        Self {
            data: folder.to_owned(),
            config: folder.join("agent.toml"),
            home: None,
        }
    }

    /// The places of this system, from the environment; `None` when it names no home.
    #[must_use]
    pub(crate) fn of_user(environment: impl Fn(&str) -> Option<PathBuf>) -> Option<Self> {
        let set = |name: &str| environment(name).filter(|path| path.is_absolute());
        if cfg!(windows) {
            let roaming = set("APPDATA")?.join("Tanba Agent");
            return Some(Self {
                config: roaming.join("agent.toml"),
                data: roaming,
                home: set("USERPROFILE"),
            });
        }
        let home = set("HOME")?;
        if cfg!(target_os = "macos") {
            let support = home.join("Library/Application Support/Tanba Agent");
            return Some(Self {
                config: support.join("agent.toml"),
                data: support,
                home: Some(home),
            });
        }
        let data = set("XDG_DATA_HOME").unwrap_or_else(|| home.join(".local/share"));
        let config = set("XDG_CONFIG_HOME").unwrap_or_else(|| home.join(".config"));
        Some(Self {
            data: data.join("tanba-agent"),
            config: config.join("tanba-agent/agent.toml"),
            home: Some(home),
        })
    }

    /// The configuration file, which need not be there.
    #[must_use]
    pub fn config(&self) -> &Path {
        &self.config
    }

    /// The agent's own folder.
    #[must_use]
    pub fn data(&self) -> &Path {
        &self.data
    }

    /// The folder of the TLS identity.
    #[must_use]
    pub fn identity(&self) -> PathBuf {
        self.data.join("identity")
    }

    /// The file of grants.
    #[must_use]
    pub fn grants(&self) -> PathBuf {
        self.data.join("grants.toml")
    }

    /// The file of the language that was chosen in a window.
    #[must_use]
    pub fn language(&self) -> PathBuf {
        self.data.join("language")
    }

    /// The folder of keys that wait for their certificates.
    #[must_use]
    pub fn waiting(&self) -> PathBuf {
        self.data.join("waiting")
    }

    /// The folder that new key files go to when nothing else is configured.
    #[must_use]
    pub fn new_keys(&self) -> PathBuf {
        self.home
            .as_ref()
            .map_or_else(|| self.data.join("keys"), |home| home.join("ECP"))
    }

    /// Where this user registers drivers of tokens with p11-kit, which knows one place on every system.
    #[must_use]
    pub fn own_token_registrations(&self) -> Option<PathBuf> {
        Some(self.home.as_ref()?.join(".config/pkcs11/modules"))
    }

    /// Where people keep key files when nothing else is configured.
    #[must_use]
    pub fn key_folders(&self) -> Vec<PathBuf> {
        let Some(home) = &self.home else {
            return Vec::new();
        };
        [
            "",
            "ECP",
            "Documents",
            "Downloads",
            "Desktop",
            "Документы",
            "Загрузки",
            "Құжаттар",
        ]
        .iter()
        .map(|name| home.join(name))
        .collect()
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::Places;

    #[test]
    #[cfg(target_os = "linux")]
    fn the_environment_may_move_them() {
        let plain = |name: &str| (name == "HOME").then(|| PathBuf::from("/home/a"));
        let places = Places::of_user(plain).unwrap();
        assert_eq!(
            places.config(),
            PathBuf::from("/home/a/.config/tanba-agent/agent.toml")
        );
        assert_eq!(
            places.grants(),
            PathBuf::from("/home/a/.local/share/tanba-agent/grants.toml")
        );
        let moved = |name: &str| match name {
            "HOME" => Some(PathBuf::from("/home/a")),
            "XDG_DATA_HOME" => Some(PathBuf::from("/data")),
            _ => Some(PathBuf::from("relative")),
        };
        let places = Places::of_user(moved).unwrap();
        assert_eq!(
            places.grants(),
            PathBuf::from("/data/tanba-agent/grants.toml")
        );
        assert!(Places::of_user(|_| None).is_none());
    }
}
