//! The configuration file, `agent.toml`: every field may be absent, unknown ones are refused.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;
use tanba_model::language::Language;

use crate::containers::KindRule;
use crate::origin::{Budget, OriginPolicy};

/// Of the time stamps of one request.
const STAMPING: Duration = Duration::from_secs(120);
/// The port that sites look at.
const PORT: u16 = 13579;

/// How the owner of the keys is asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Ui {
    /// In a window where there is a screen, else at the terminal.
    #[default]
    Auto,
    /// In a window.
    #[cfg(feature = "window")]
    Window,
    /// At the terminal where the agent runs.
    Terminal,
    /// By a file of answers; tests only.
    #[cfg(feature = "scripted")]
    Script(PathBuf),
}

/// The checked configuration.
#[derive(Clone, Debug)]
pub struct Config {
    /// TCP port on loopback; 0 lets the system choose, for tests.
    pub port: u16,
    /// Language of dialogs where the site names none.
    pub language: Language,
    /// Whether the file names it.
    pub(crate) names_language: bool,
    /// Which origins are heard.
    pub origins: OriginPolicy,
    /// Folders in which key files are listed; others can be typed in.
    pub key_folders: Vec<PathBuf>,
    /// The folder that new key files go to.
    pub new_key_folder: Option<PathBuf>,
    /// Drivers of tokens that the configuration names.
    pub token_modules: Vec<PathBuf>,
    /// Whether drivers that are registered with p11-kit are used.
    pub token_p11_kit: bool,
    /// Whether drivers are looked for where their makers put them.
    pub token_well_known: bool,
    /// Which tokens are of which kind, before what is known of their makers.
    pub token_kinds: Vec<KindRule>,
    /// Where time stamps are asked for (RFC 3161), `http://…`; none turns them off.
    pub time_stamp_url: Option<String>,
    /// PEM files of authorities whose certificates a site means by "of the current authority"; empty means any.
    pub issuers: Vec<PathBuf>,
    /// Whether the old interface, in which pages handle passwords, answers.
    pub legacy_applet: bool,
    /// Requests of one site.
    pub(crate) requests: Budget,
    /// Dialogs of one site.
    pub(crate) dialogs: Budget,
    /// Refusals in a row after which a site that is allowed nothing is silent for a while; 0 for never.
    pub(crate) refusals_in_a_row: u32,
    /// How long the time stamps of one request may take.
    pub(crate) stamping: Duration,
}

/// Why the configuration cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("the configuration {path} cannot be read")]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The file is not what it should be.
    #[error("the configuration {path} has a mistake in line {line}: {reason}")]
    Mistake {
        /// Which.
        path: PathBuf,
        /// Where, from 1.
        line: usize,
        /// What is written there.
        written: String,
        /// What is wrong, in the words of the parser.
        reason: String,
    },
    /// Time stamps are asked for over plain HTTP alone.
    #[error("time-stamp.url in {path} does not begin with http://")]
    TimeStampUrl {
        /// Which.
        path: PathBuf,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
struct Written {
    port: u16,
    language: Option<Language>,
    origins: WrittenOrigins,
    files: WrittenFiles,
    tokens: WrittenTokens,
    time_stamp: WrittenTimeStamp,
    trust: WrittenTrust,
    legacy: WrittenLegacy,
    limits: WrittenLimits,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
struct WrittenOrigins {
    programs: bool,
    insecure: Vec<String>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
struct WrittenFiles {
    folders: Option<Vec<PathBuf>>,
    new: Option<PathBuf>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
struct WrittenTokens {
    modules: Vec<PathBuf>,
    p11_kit: bool,
    well_known: bool,
    kind: Vec<KindRule>,
}

impl Default for WrittenTokens {
    fn default() -> Self {
        Self {
            modules: Vec::new(),
            p11_kit: true,
            well_known: true,
            kind: Vec::new(),
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
struct WrittenTimeStamp {
    url: String,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
struct WrittenTrust {
    issuers: Vec<PathBuf>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
struct WrittenLegacy {
    applet: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
struct WrittenLimits {
    requests_at_once: u32,
    requests_per_minute: u32,
    dialogs_at_once: u32,
    dialogs_per_minute: u32,
    refusals_in_a_row: u32,
}

impl Default for Written {
    fn default() -> Self {
        Self {
            port: PORT,
            language: None,
            origins: WrittenOrigins::default(),
            files: WrittenFiles::default(),
            tokens: WrittenTokens::default(),
            time_stamp: WrittenTimeStamp::default(),
            trust: WrittenTrust::default(),
            legacy: WrittenLegacy::default(),
            limits: WrittenLimits::default(),
        }
    }
}

impl Default for WrittenTimeStamp {
    fn default() -> Self {
        // The national authority's own service, which sites written for NCALayer count on.
        Self {
            url: "http://tsp.pki.gov.kz:80".to_owned(),
        }
    }
}

impl Default for WrittenLimits {
    fn default() -> Self {
        Self {
            requests_at_once: 200,
            requests_per_minute: 600,
            dialogs_at_once: 60,
            dialogs_per_minute: 30,
            refusals_in_a_row: 3,
        }
    }
}

impl Config {
    /// What holds where nothing is written.
    #[must_use]
    pub fn standard(key_folders: Vec<PathBuf>) -> Self {
        Self::checked(Written::default(), key_folders)
    }

    /// Reads the file; where there is none, everything is as it is without one.
    ///
    /// # Errors
    /// [`ConfigError`]
    pub fn read(path: &Path, key_folders: Vec<PathBuf>) -> Result<Self, ConfigError> {
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
            Err(source) => {
                return Err(ConfigError::File {
                    path: path.to_owned(),
                    source,
                });
            }
        };
        let written: Written = toml::from_str(&text).map_err(|error| {
            let start = error.span().map_or(0, |span| span.start);
            let before = text.get(..start).unwrap_or_default();
            let line = before.matches('\n').count();
            ConfigError::Mistake {
                path: path.to_owned(),
                line: line + 1,
                written: text.lines().nth(line).unwrap_or_default().trim().to_owned(),
                reason: error.message().to_owned(),
            }
        })?;
        let url = &written.time_stamp.url;
        if !url.is_empty() && !url.starts_with("http://") {
            return Err(ConfigError::TimeStampUrl {
                path: path.to_owned(),
            });
        }
        Ok(Self::checked(written, key_folders))
    }

    /// Changes how often a site may ask: at once, and more each minute.
    pub const fn limit_requests(&mut self, burst: u32, per_minute: u32) {
        self.requests = Budget { burst, per_minute };
    }

    /// Changes how often a site may open a dialog: at once, and more each minute.
    pub const fn limit_dialogs(&mut self, burst: u32, per_minute: u32) {
        self.dialogs = Budget { burst, per_minute };
    }

    /// Changes after how many refusals in a row a site that is allowed nothing is silent for a while.
    pub const fn bear_refusals(&mut self, in_a_row: u32) {
        self.refusals_in_a_row = in_a_row;
    }

    /// Changes how long the time stamps of one request may take.
    pub const fn limit_stamping(&mut self, longest: Duration) {
        self.stamping = longest;
    }

    fn checked(written: Written, key_folders: Vec<PathBuf>) -> Self {
        Self {
            port: written.port,
            names_language: written.language.is_some(),
            language: written.language.unwrap_or_default(),
            origins: OriginPolicy {
                programs: written.origins.programs,
                insecure: written.origins.insecure,
            },
            new_key_folder: written.files.new,
            key_folders: written.files.folders.unwrap_or(key_folders),
            token_modules: written.tokens.modules,
            token_p11_kit: written.tokens.p11_kit,
            token_well_known: written.tokens.well_known,
            token_kinds: written.tokens.kind,
            time_stamp_url: Some(written.time_stamp.url).filter(|url| !url.is_empty()),
            issuers: written.trust.issuers,
            legacy_applet: written.legacy.applet,
            requests: Budget {
                burst: written.limits.requests_at_once,
                per_minute: written.limits.requests_per_minute,
            },
            dialogs: Budget {
                burst: written.limits.dialogs_at_once,
                per_minute: written.limits.dialogs_per_minute,
            },
            refusals_in_a_row: written.limits.refusals_in_a_row,
            stamping: STAMPING,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Config, ConfigError};

    fn read(text: &str) -> Result<Config, ConfigError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("agent.toml");
        std::fs::write(&path, text).unwrap();
        Config::read(&path, vec!["/home/a".into()])
    }

    #[test]
    fn nothing_written_is_the_safe_form() {
        let config = read("").unwrap();
        assert_eq!(config.port, 13579);
        assert!(!config.legacy_applet);
        assert!(!config.origins.programs);
        assert_eq!(config.key_folders, [std::path::PathBuf::from("/home/a")]);
        let absent = Config::read(std::path::Path::new("/no/such/file"), vec![]).unwrap();
        assert_eq!(absent.port, 13579);
    }

    #[test]
    fn what_is_written_counts_and_mistakes_are_named() {
        let config = read(
            "port = 1\nlanguage = \"ru\"\n[origins]\nprograms = true\n[files]\nfolders = []\n\
             [tokens]\nmodules = [\"/lib/a.so\"]\nwell-known = false\n[[tokens.kind]]\nlabel = \"x\"\n\
             storage = \"AKKaztokenStore\"\n[time-stamp]\nurl = \"\"\n[legacy]\napplet = true\n[limits]\ndialogs-at-once = 1\n",
        )
        .unwrap();
        assert!(config.origins.programs && config.legacy_applet);
        assert!(config.key_folders.is_empty() && config.time_stamp_url.is_none());
        assert_eq!(config.dialogs.burst, 1);
        assert!(config.token_p11_kit && !config.token_well_known);
        assert_eq!(config.token_kinds.len(), 1);
        for (text, word) in [
            ("prot = 1", "prot"),
            ("[[tokens.kind]]\nstorage = \"x\"", "unknown variant"),
            ("[legacy]\napplets = true", "applets"),
            ("[time-stamp]\nurl = \"https://tsa.example\"", "http://"),
        ] {
            let error = read(text).unwrap_err().to_string();
            assert!(error.contains(word), "{error}");
        }
    }
}
