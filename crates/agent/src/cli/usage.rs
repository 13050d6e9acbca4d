//! Help and wrong usage in the reader's language.

use clap::error::{ContextKind, ErrorKind};
use clap::{Arg, ArgAction, Command, CommandFactory as _};
use tanba_model::language::Language;

use super::Arguments;
use crate::Catalogue;
use crate::locale::Argument;

/// The command line, described in a language.
pub(super) fn command(texts: &Catalogue, language: Language) -> Command {
    let say = |key: &str| texts.text(language, key);
    let help = Arg::new("help").short('h').long("help").global(true);
    let version = Arg::new("version").short('V').long("version");
    let command = Arguments::command()
        .disable_help_flag(true)
        .disable_version_flag(true)
        .disable_help_subcommand(true)
        .arg(help.action(ArgAction::Help))
        .arg(version.action(ArgAction::Version));
    described(command, "cli", &say)
}

fn described(mut command: Command, name: &str, say: &impl Fn(&str) -> String) -> Command {
    let arguments: Vec<String> = command
        .get_arguments()
        .map(|argument| argument.get_id().to_string())
        .collect();
    for id in arguments {
        command = command.mut_arg(&id, |argument| {
            let heading = if argument.is_positional() {
                "cli-arguments"
            } else {
                "cli-options"
            };
            let has_value = argument.get_action().takes_values();
            argument
                .help(say(&format!("cli-arg-{}", id.replace('_', "-"))))
                .help_heading(heading_of(say(heading)))
                // The words for them stand in the text.
                .hide_default_value(has_value)
                .hide_possible_values(has_value)
        });
    }
    let inner: Vec<String> = command
        .get_subcommands()
        .filter(|inner| !inner.is_hide_set())
        .map(|inner| inner.get_name().to_owned())
        .collect();
    for inner in inner {
        let path = format!("{name}-{inner}");
        command = command.mut_subcommand(inner, |inner| described(inner, &path, say));
    }
    command
        .about(say(&format!("{name}-about")))
        .subcommand_help_heading(heading_of(say("cli-commands")))
        .help_template(format!(
            "{{about-with-newline}}\n{}: {{usage}}\n\n{{all-args}}",
            say("cli-usage")
        ))
}

/// The library keeps headings as long as the program runs.
fn heading_of(text: String) -> &'static str {
    text.leak()
}

/// The commands that may be named; the one that the agent itself uses is none of them.
fn commands(error: &clap::Error) -> Argument {
    let named = error
        .get(ContextKind::ValidSubcommand)
        .map(ToString::to_string);
    let named = named.unwrap_or_default();
    let for_people = named.split(", ").filter(|name| *name != "dialog");
    Argument::Text(for_people.collect::<Vec<_>>().join(", "))
}

/// What is wrong with the arguments, in one sentence, and where to read more.
pub(super) fn wrong(error: &clap::Error, texts: &Catalogue, language: Language) -> String {
    let told = |kind| {
        let value = error.get(kind).map(ToString::to_string);
        Argument::Text(value.unwrap_or_default())
    };
    let format = |key, arguments: &[_]| texts.format(language, key, arguments);
    let argument = ("name", told(ContextKind::InvalidArg));
    let sentence = match error.kind() {
        ErrorKind::InvalidSubcommand => format(
            "cli-wrong-command",
            &[("name", told(ContextKind::InvalidSubcommand))],
        ),
        ErrorKind::UnknownArgument => format("cli-wrong-argument", &[argument]),
        ErrorKind::InvalidValue | ErrorKind::ValueValidation => {
            let value = ("value", told(ContextKind::InvalidValue));
            format("cli-wrong-value", &[argument, value])
        }
        ErrorKind::MissingSubcommand => format("cli-missing-command", &[("name", commands(error))]),
        ErrorKind::MissingRequiredArgument => format("cli-missing", &[argument]),
        ErrorKind::NoEquals
        | ErrorKind::TooManyValues
        | ErrorKind::TooFewValues
        | ErrorKind::WrongNumberOfValues
        | ErrorKind::ArgumentConflict
        | ErrorKind::InvalidUtf8
        | ErrorKind::DisplayHelp
        | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand
        | ErrorKind::DisplayVersion
        | ErrorKind::Io
        | ErrorKind::Format
        | _ => format("cli-wrong-usage", &[]),
    };
    format!("{sentence}\n{}", texts.text(language, "cli-see-help"))
}

#[cfg(test)]
mod tests {
    use tanba_model::language::Language;

    use super::{command, wrong};
    use crate::Catalogue;

    /// Every command and every option of the whole tree has its words in each language.
    #[test]
    fn help_is_told_in_each_language() {
        let texts = Catalogue::shipped().unwrap();
        let mut helps = Vec::new();
        for language in Language::ALL {
            let mut all = String::new();
            let mut waiting = vec![command(&texts, language)];
            while let Some(mut command) = waiting.pop() {
                let help = command.render_long_help().to_string();
                assert!(!help.contains("cli-"), "{help}");
                for word in [
                    "Usage",
                    "Options:",
                    "Commands:",
                    "Print",
                    "Folder",
                    "[default",
                ] {
                    assert!(language == Language::En || !help.contains(word), "{help}");
                }
                all.push_str(&help);
                waiting.extend(
                    command
                        .get_subcommands()
                        .filter(|c| !c.is_hide_set())
                        .cloned(),
                );
            }
            helps.push(all);
        }
        helps.dedup();
        assert_eq!(helps.len(), 3);
    }

    #[test]
    fn wrong_usage_is_told_in_each_language() {
        let texts = Catalogue::shipped().unwrap();
        for (arguments, named) in [
            (&["a", "dance"][..], "dance"),
            (&["a", "doctor", "--dance"], "--dance"),
            (&["a", "run", "--ui", "dance"], "dance"),
            (&["a", "grants", "revoke"], "ORIGIN"),
            (&["a", "install", "--system", "linux"], "--dry-run"),
            (&["a", "--verbose"], "uninstall"),
        ] {
            for (language, word) in [
                (Language::Kk, "Толығырақ"),
                (Language::Ru, "Подробнее"),
                (Language::En, "For more"),
            ] {
                let command = command(&texts, language);
                let error = command.try_get_matches_from(arguments).unwrap_err();
                let told = wrong(&error, &texts, language);
                assert!(told.contains(named) && told.contains(word), "{told}");
                assert!(!told.contains("cli-"), "{told}");
            }
        }
    }
}
