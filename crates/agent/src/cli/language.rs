//! The language of the command line.

use std::ffi::OsString;

use tanba_model::language::Language;

/// The language that `--lang` names, else that of the environment (POSIX, 8.2); English where there is neither, or one that
/// the agent does not speak. Found before the arguments are read, because what is wrong with them is told in it.
pub(super) fn of(
    arguments: &[OsString],
    environment: impl Fn(&str) -> Option<OsString>,
) -> Language {
    named(arguments)
        .or_else(|| of_session(environment))
        .unwrap_or(Language::En)
}

/// The language that the environment of the session names, English for one that the agent does not speak; `None` where it
/// names none, or that of no people (`C`).
pub(super) fn of_session(environment: impl Fn(&str) -> Option<OsString>) -> Option<Language> {
    // An empty variable counts as one that is not there.
    let set = ["LC_ALL", "LC_MESSAGES", "LANG"]
        .into_iter()
        .filter_map(environment)
        .find(|value| !value.is_empty());
    let value = set?;
    let tag = value.to_str()?.split(['_', '-', '.', '@']).next()?;
    (!["C", "POSIX"].contains(&tag))
        .then(|| Language::from_tag(&tag.to_ascii_lowercase()).unwrap_or(Language::En))
}

/// What `--lang` names, wherever it stands.
fn named(arguments: &[OsString]) -> Option<Language> {
    let texts: Vec<&str> = arguments
        .iter()
        .map(|argument| argument.to_str().unwrap_or_default())
        .take_while(|argument| *argument != "--")
        .collect();
    let apart = texts.windows(2).filter_map(|pair| match pair {
        ["--lang", name] => Some(*name),
        _ => None,
    });
    let joined = texts
        .iter()
        .filter_map(|argument| argument.strip_prefix("--lang="));
    apart.chain(joined).find_map(Language::from_tag)
}

/// Reads the value of `--lang`.
pub(super) fn read(name: &str) -> Result<Language, String> {
    Language::from_tag(name).ok_or_else(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;

    use tanba_model::language::Language;

    use super::of;

    fn language(arguments: &[&str], variables: &[(&str, &str)]) -> Language {
        let arguments: Vec<OsString> = arguments.iter().map(OsString::from).collect();
        of(&arguments, |name| {
            let set = variables.iter().find(|(known, _)| *known == name);
            set.map(|(_, value)| OsString::from(value))
        })
    }

    #[test]
    fn the_environment_chooses_in_its_order_and_the_option_before_it() {
        let russian = ("LANG", "ru_RU.UTF-8");
        for (variables, wanted) in [
            (&[][..], Language::En),
            (&[("LANG", "C.UTF-8")], Language::En),
            (&[("LANG", "de_DE")], Language::En),
            (&[russian], Language::Ru),
            (&[russian, ("LC_MESSAGES", "kk_KZ")], Language::Kk),
            (
                &[russian, ("LC_MESSAGES", "kk"), ("LC_ALL", "C")],
                Language::En,
            ),
            (&[russian, ("LC_ALL", "")], Language::Ru),
            (&[("LC_ALL", "POSIX"), russian], Language::En),
        ] {
            assert_eq!(language(&["a"], variables), wanted, "{variables:?}");
            let lang = |words: &[&str]| language(words, variables);
            assert_eq!(lang(&["a", "--lang", "kk", "x"]), Language::Kk);
            assert_eq!(lang(&["a", "x", "--lang=ru"]), Language::Ru);
            assert_eq!(lang(&["a", "--", "--lang=ru"]), wanted);
            assert_eq!(lang(&["a", "--lang"]), wanted);
        }
    }
}
