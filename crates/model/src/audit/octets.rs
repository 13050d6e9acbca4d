//! The octets of an event as the chain covers them: canonical JSON, written in its order instead of sorted afterwards.
//! Two events stand behind each certificate, so a tree of values for each would be felt.

use serde::Serialize;

use super::{Actor, AuditEvent};

/// The members of [`AuditEvent`] in the order of RFC 8785.
#[derive(Serialize)]
struct Sorted<'a> {
    action: &'a str,
    actor: SortedActor<'a>,
    at: &'a tanba_pki::Timestamp,
    detail: &'a str,
    object: &'a str,
    origin: &'a str,
}

/// The members of [`Actor`] in that order.
#[derive(Serialize)]
struct SortedActor<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<Id<'a>>,
    kind: &'static str,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Id<'a> {
    Number(i64),
    Name(&'a str),
}

/// Canonical JSON (RFC 8785) of an event. What serde escapes in texts, and how, is what the RFC demands.
pub(super) fn canonical(event: &AuditEvent) -> Result<Vec<u8>, serde_json::Error> {
    let AuditEvent {
        at,
        actor,
        action,
        object,
        detail,
        origin,
    } = event;
    serde_json::to_vec(&Sorted {
        action,
        actor: sorted(actor),
        at,
        detail,
        object,
        origin,
    })
}

fn sorted(actor: &Actor) -> SortedActor<'_> {
    let (kind, id) = match actor {
        Actor::Person(id) => ("person", Some(Id::Number(id.0))),
        Actor::LinkHolder(id) => ("link_holder", Some(Id::Number(id.0))),
        Actor::Applicant(id) => ("applicant", Some(Id::Number(id.0))),
        Actor::KeyHolder => ("key_holder", None),
        Actor::Staff(id) => ("staff", Some(Id::Number(id.0))),
        Actor::Administrator(name) => ("administrator", Some(Id::Name(name))),
        Actor::System => ("system", None),
    };
    SortedActor { id, kind }
}

#[cfg(test)]
mod tests {
    use tanba_pki::Timestamp;

    use super::*;
    use crate::canonical::canonical_json;
    use crate::id::{IntakeId, PersonId, StaffId};

    /// Every control, what is escaped, what is not although it could be, and letters of every length.
    fn odd() -> String {
        let controls = (0..=0x20_u8).chain([0x7F]).map(char::from);
        controls
            .chain("\"\\/<>&'{}[]:,aәқ\u{80}\u{2028}\u{FFFD}😀".chars())
            .collect()
    }

    #[test]
    fn an_event_is_written_as_canonical_json_of_its_value() {
        let actors = [
            Actor::Person(PersonId(i64::MAX)),
            Actor::LinkHolder(PersonId(0)),
            Actor::Applicant(IntakeId(-1)),
            Actor::KeyHolder,
            Actor::Staff(StaffId(17)),
            Actor::Administrator(odd()),
            Actor::System,
        ];
        for (number, actor) in actors.into_iter().enumerate() {
            let event = AuditEvent {
                at: Timestamp::from_unix(1_800_000_000 * i64::try_from(number).unwrap()),
                actor,
                action: odd(),
                object: format!("certificate:{number}"),
                detail: odd(),
                origin: String::new(),
            };
            let written = String::from_utf8(canonical(&event).unwrap()).unwrap();
            assert_eq!(
                written,
                canonical_json(&serde_json::to_value(&event).unwrap())
            );
            assert_eq!(serde_json::from_str::<AuditEvent>(&written).unwrap(), event);
        }
    }
}
