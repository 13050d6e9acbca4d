//! What the log has by identifiers, as pages call it; and back again, for whoever searches for what she reads.

use tanba_model::audit::Actor;

use crate::locale::acts;
use crate::state::CabinetState;
use crate::visit::Visit;

/// Kinds of those who act: what the log calls them, and the key of their name. What ends with a colon has a record.
const KINDS: [(&str, &str); 7] = [
    ("person:", "act-by-person"),
    ("link-holder:", "act-by-link-holder"),
    ("key-holder", "act-by-key-holder"),
    ("applicant:", "act-by-applicant"),
    ("staff:", "act-by-staff"),
    ("administrator:", "act-by-administrator"),
    ("system", "act-by-system"),
];

/// Stands for a record in a name that is taken apart.
const RECORD: &str = "\u{1}";

/// What was done, in words; nothing where a later program wrote what this one has no words for.
pub(super) fn act(state: &CabinetState, visit: &Visit, action: &str) -> Option<String> {
    let key = format!("act-{}", action.replace('.', "-"));
    let known = state.catalogue().has(visit.language, &key);
    known.then(|| state.text(visit, &key))
}

/// Who acted, in words.
pub(super) fn who(state: &CabinetState, visit: &Visit, actor: &Actor) -> String {
    let (key, id) = match actor {
        Actor::Person(id) => ("act-by-person", id.to_string()),
        Actor::LinkHolder(id) => ("act-by-link-holder", id.to_string()),
        Actor::KeyHolder => ("act-by-key-holder", String::new()),
        Actor::Applicant(id) => ("act-by-applicant", id.to_string()),
        Actor::Staff(id) => ("act-by-staff", id.to_string()),
        Actor::Administrator(name) => ("act-by-administrator", name.clone()),
        Actor::System => ("act-by-system", String::new()),
    };
    let named = [("id", id.into())];
    state.catalogue().format(visit.language, key, &named)
}

/// Whatever can have been done, in words.
pub(super) fn all(state: &CabinetState, visit: &Visit) -> Vec<String> {
    acts()
        .map(|name| state.text(visit, &format!("act-{name}")))
        .collect()
}

/// What is done where its name is what somebody typed, or else where the name holds it; with hyphens for dots.
pub(super) fn actions(state: &CabinetState, visit: &Visit, typed: &str) -> Vec<String> {
    let typed = plain(typed);
    if typed.is_empty() {
        return Vec::new();
    }
    let named = |fits: &dyn Fn(&str) -> bool| -> Vec<String> {
        acts()
            .filter(|name| fits(&plain(&state.text(visit, &format!("act-{name}")))))
            .map(str::to_owned)
            .collect()
    };
    let exactly = named(&|name| name == typed);
    if exactly.is_empty() {
        named(&|name| name.contains(&typed))
    } else {
        exactly
    }
}

/// Who acts under the name that somebody typed: one of a kind, or all of it.
pub(super) fn actors(state: &CabinetState, visit: &Visit, typed: &str) -> Vec<String> {
    let typed = plain(typed);
    if typed.is_empty() {
        return Vec::new();
    }
    let of = |(kind, key): (&str, &str)| {
        let record = [("id", RECORD.into())];
        let name = plain(&state.catalogue().format(visit.language, key, &record));
        let Some((before, after)) = name.split_once(RECORD) else {
            return name.contains(&typed).then(|| kind.to_owned());
        };
        if before.contains(&typed) {
            return Some(kind.to_owned());
        }
        let id = typed.strip_prefix(before)?;
        let id = id.strip_suffix(after).unwrap_or(id).trim();
        (!id.is_empty()).then(|| format!("{kind}{id}"))
    };
    KINDS.into_iter().filter_map(of).collect()
}

/// Small letters and single spaces.
fn plain(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ").to_lowercase()
}
