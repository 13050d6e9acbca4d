//! The faults of the extensions of a profile, each with its own place.
//!
//! An extension says by its `type` what it is, so the reader takes in all of it before it judges, and then no longer knows what
//! stood where: it points to the first of all extensions. So each is read alone here, and of a faulty one each key alone.

use std::ops::Range;

use serde::Deserialize as _;
use toml::Spanned;
use toml::de::{DeArray, DeString, DeTable, DeValue, ValueDeserializer};

use super::{missing, quoted, words};
use crate::profile::specification::ExtensionSpecification;

/// A fault and where it stands; what is missing stands at the head of its table.
pub(super) type Fault = (Range<usize>, String);

/// Where the reader points for whatever is wrong with any extension, and what is wrong with each of them.
pub(super) fn faults(text: &str) -> Option<(Range<usize>, Vec<Fault>)> {
    let table = DeTable::parse(text).ok()?;
    let all = table.get_ref().get("extension")?;
    let each = all.get_ref().as_array()?.iter();
    Some((all.span(), each.flat_map(of_one).collect()))
}

fn of_one(extension: &Spanned<DeValue<'_>>) -> Vec<Fault> {
    let head = extension.span();
    let mut faults = Vec::new();
    let Some(table) = extension.get_ref().as_table() else {
        return said_of(extension.get_ref().clone())
            .map(|said| (head, said))
            .into_iter()
            .collect();
    };
    // What was told is taken out, and the rest read again.
    let (mut rest, mut told) = (table.clone(), Vec::new());
    while let Some(said) = said_of(DeValue::Table(rest.clone())) {
        let name = missing(&said);
        if name.is_some_and(|name| told.iter().any(|key| key == name)) {
            break;
        }
        let found = name.is_none().then(|| guilty(&rest, &said)).flatten();
        let Some((key, place)) = found else {
            faults.push((head, said));
            break;
        };
        faults.push((place, said));
        rest.remove(key.as_str());
        told.push(key);
    }
    faults.sort_by_key(|(place, _)| place.start);
    faults
}

/// Which key it is about, and where: the one that, with the type alone beside it, has the same fault.
fn guilty(table: &DeTable<'_>, said: &str) -> Option<(String, Range<usize>)> {
    let kind = table.get_key_value("type");
    let beside = |key: &Spanned<DeString<'_>>, value: DeValue<'_>| {
        let mut alone = DeTable::new();
        if let Some((name, kind)) = kind {
            alone.insert(name.clone(), kind.clone());
        }
        alone.insert(key.clone(), Spanned::new(key.span(), value));
        said_of(DeValue::Table(alone)).as_deref() == Some(said)
    };
    let mut others: Vec<_> = table
        .iter()
        .filter(|(key, _)| *key.get_ref() != "type")
        .collect();
    others.sort_by_key(|(key, _)| key.span().start);
    for (key, value) in others {
        if beside(key, value.get_ref().clone()) {
            let one = |item: &Spanned<DeValue<'_>>| {
                let alone: DeArray<'_> = std::iter::once(item.clone()).collect();
                beside(key, DeValue::Array(alone))
            };
            return Some((key.get_ref().to_string(), place(key, value, said, one)));
        }
    }
    let (name, kind) = kind?;
    (quoted(said, "unknown variant `").is_some() || !kind.get_ref().is_str())
        .then(|| (name.get_ref().to_string(), kind.span()))
}

/// The place within a key and its value.
fn place(
    key: &Spanned<DeString<'_>>,
    value: &Spanned<DeValue<'_>>,
    said: &str,
    is_it: impl Fn(&Spanned<DeValue<'_>>) -> bool,
) -> Range<usize> {
    let unknown = quoted(said, "unknown field `");
    if unknown == Some(key.get_ref()) {
        return key.span();
    }
    let items = value.get_ref().as_array();
    let Some(item) = items.and_then(|items| items.iter().find(|item| is_it(item))) else {
        return value.span();
    };
    let inner = item.get_ref().as_table();
    let named = unknown.zip(inner);
    let named = named.and_then(|(name, table)| Some(table.get_key_value(name)?.0.span()));
    named.unwrap_or_else(|| item.span())
}

/// What the reader says of an extension.
fn said_of(extension: DeValue<'_>) -> Option<String> {
    let alone = ValueDeserializer::from(Spanned::new(0..0, extension));
    let error = ExtensionSpecification::deserialize(alone).err()?;
    Some(words(error.message()))
}
