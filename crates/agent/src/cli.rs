//! The command line: `tanba-agent run|install|uninstall|doctor|grants|identity`.

mod doctor;
mod grants;
mod identity;
mod install;
mod language;
mod said;
mod start;
mod usage;

use std::ffi::OsString;
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::FromArgMatches as _;
use clap::error::ErrorKind;
use tanba_model::language::Language;

use crate::config::ConfigError;
use crate::places::Places;
use crate::{Catalogue, Config};
use install::Direction;
use said::Said;

/// Gives web pages the keys of this computer, with your consent.
#[derive(Debug, clap::Parser)]
#[command(name = "tanba-agent", version)]
struct Arguments {
    /// Folder for identity, grants and configuration, in place of the ones of this user
    #[arg(long, value_name = "DIR", global = true)]
    data: Option<PathBuf>,
    /// Configuration file, in place of the one of this user
    #[arg(long, value_name = "FILE", global = true)]
    config: Option<PathBuf>,
    /// Log more
    #[arg(long, global = true)]
    verbose: bool,
    /// Language: kk, ru or en; else that of `LC_ALL`, `LC_MESSAGES` or `LANG`
    #[arg(long, value_name = "LANG", global = true, value_parser = language::read)]
    lang: Option<Language>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Listen on loopback and answer sites, until interrupted
    Run(start::RunArguments),
    /// Make browsers of this computer trust the agent, and start it with the session
    Install(install::InstallArguments),
    /// Undo what `install` did
    Uninstall(install::InstallArguments),
    /// Say what works and what does not, and how to repair it; changes nothing
    Doctor(doctor::DoctorArguments),
    /// The sites that may ask for keys
    #[command(subcommand)]
    Grants(grants::GrantsCommand),
    /// The TLS identity of this installation
    #[command(subcommand)]
    Identity(identity::IdentityCommand),
    /// Ask one question in a window; the agent starts this by itself
    #[cfg(feature = "window")]
    #[command(hide = true)]
    Dialog,
}

/// What a command works with.
struct Setting {
    places: Places,
    config: Config,
    /// Why the configuration is the standard one in place of what is written.
    config_fault: Option<ConfigError>,
    /// Whether the command line names a language, which counts before what was chosen in an earlier window.
    names_language: bool,
    /// What the command says, and in which language.
    texts: Arc<Catalogue>,
    language: Language,
    /// The options that name folder and configuration, for those who start the agent again.
    options: Vec<String>,
    /// The user's own folder, where browsers keep what they trust.
    home: Option<PathBuf>,
    /// Where programs of the user keep their data, if not at the usual place.
    data_home: Option<PathBuf>,
    /// Where they keep how they are set, if not at the usual place.
    config_home: Option<PathBuf>,
}

/// Runs the program with these arguments, the first of which is its name. Exit codes: 0 done, 1 refused, 2 wrong usage.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    let language = language::of(&arguments, |name| std::env::var_os(name));
    let texts = match Catalogue::shipped() {
        Ok(texts) => Arc::new(texts),
        Err(error) => {
            let _ = writeln!(io::stderr(), "tanba-agent: {error}");
            return ExitCode::FAILURE;
        }
    };
    let read = usage::command(&texts, language)
        .try_get_matches_from(&arguments)
        .and_then(|matches| Arguments::from_arg_matches(&matches));
    let arguments = match read {
        Ok(arguments) => arguments,
        Err(error) if !error.use_stderr() => {
            let _: io::Result<()> = error.print();
            return ExitCode::SUCCESS;
        }
        Err(error) if error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            let _: io::Result<()> = error.print();
            return ExitCode::from(2);
        }
        Err(error) => {
            let sentence = usage::wrong(&error, &texts, language);
            let _ = writeln!(io::stderr(), "tanba-agent: {sentence}");
            return ExitCode::from(2);
        }
    };
    match dispatch(arguments, &texts, language) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let sentence = said::sentence(&error, &texts, language);
            let _ = writeln!(io::stderr(), "tanba-agent: {sentence}");
            ExitCode::FAILURE
        }
    }
}

/// What a crash leaves behind must hold neither PIN nor password, and no other program of this user reads our memory.
fn keep_memory_to_ourselves() -> anyhow::Result<()> {
    #[cfg(target_os = "linux")]
    rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable)
        .map_err(|error| Said::new("cli-no-memory-guard").because(error))?;
    Ok(())
}

fn dispatch(
    arguments: Arguments,
    texts: &Arc<Catalogue>,
    language: Language,
) -> anyhow::Result<()> {
    keep_memory_to_ourselves()?;
    crate::telemetry::report_panics();
    // The window needs no folder and no configuration, and its toolkit's lines are nobody's business.
    #[cfg(feature = "window")]
    if matches!(arguments.command, Command::Dialog) {
        return crate::window::run();
    }
    crate::telemetry::start(arguments.verbose);
    let options = options(&arguments);
    let places = match &arguments.data {
        Some(folder) => Places::within(folder),
        None => Places::of_user(environment).ok_or(Said::new("cli-no-home"))?,
    };
    if let Some(path) = arguments.config.as_ref().filter(|path| !path.exists()) {
        return Err(Said::of_file("cli-no-config", path).into());
    }
    let path = arguments.config.as_deref().unwrap_or(places.config());
    let read = Config::read(path, places.key_folders());
    // Trust and grants are taken back, and what is wrong is told, whatever stands in the configuration.
    let goes_on = matches!(
        arguments.command,
        Command::Doctor(_) | Command::Uninstall(_) | Command::Grants(_)
    );
    let (mut config, config_fault) = match read {
        Err(fault) if goes_on => (Config::standard(places.key_folders()), Some(fault)),
        read => (read?, None),
    };
    // Whoever names a language is asked in it, too; else the configuration counts, and then the session.
    let session =
        || (!config.names_language).then(|| language::of_session(|name| std::env::var_os(name)));
    if let Some(language) = arguments.lang.or_else(|| session().flatten()) {
        config.language = language;
    }
    let setting = Setting {
        places,
        config,
        config_fault,
        names_language: arguments.lang.is_some(),
        texts: Arc::clone(texts),
        language,
        options,
        home: environment(if cfg!(windows) { "USERPROFILE" } else { "HOME" }),
        data_home: environment("XDG_DATA_HOME").filter(|path| path.is_absolute()),
        config_home: environment("XDG_CONFIG_HOME").filter(|path| path.is_absolute()),
    };
    match arguments.command {
        Command::Run(arguments) => start::run(setting, &arguments),
        Command::Install(arguments) => install::run(&setting, &arguments, Direction::Install),
        Command::Uninstall(arguments) => install::run(&setting, &arguments, Direction::Uninstall),
        Command::Doctor(arguments) => doctor::run(&setting, &arguments),
        Command::Grants(command) => grants::run(&setting, &command),
        Command::Identity(command) => identity::run(&setting, &command),
        #[cfg(feature = "window")]
        Command::Dialog => crate::window::run(),
    }
}

fn environment(name: &str) -> Option<PathBuf> {
    std::env::var_os(name).map(PathBuf::from)
}

/// Folder and configuration as they were named, in full, because the session starts elsewhere.
fn options(arguments: &Arguments) -> Vec<String> {
    let named = [("--data", &arguments.data), ("--config", &arguments.config)];
    named
        .into_iter()
        .filter_map(|(name, path)| Some((name, path.as_ref()?)))
        .flat_map(|(name, path)| {
            let path = std::path::absolute(path).unwrap_or_else(|_| path.clone());
            [name.to_owned(), path.display().to_string()]
        })
        .collect()
}

/// Where systemd looks after a session it has a folder there, and where it starts the desktop it says so.
fn user_systemd() -> bool {
    let runs = std::env::var_os("XDG_RUNTIME_DIR")
        .is_some_and(|folder| PathBuf::from(folder).join("systemd/private").exists());
    runs && crate::machine::has_screen_target()
}

/// Prints a line of facts.
fn print(line: &str) -> anyhow::Result<()> {
    writeln!(io::stdout(), "{line}").map_err(|error| Said::new("cli-no-output").because(error))?;
    Ok(())
}
