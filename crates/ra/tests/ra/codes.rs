//! The list of machine codes.

use std::collections::BTreeSet;

use tanba_model::application::State;
use tanba_ra::{NextStep, codes};

use crate::world::NOON;

#[test]
fn codes_are_kebab_case_sorted_and_listed_once() {
    for list in [codes::ERRORS, codes::REASONS, codes::NEXT_STEPS] {
        assert!(list.is_sorted());
        assert_eq!(list.iter().collect::<BTreeSet<_>>().len(), list.len());
        for code in list {
            assert!(
                code.bytes().all(|octet| octet.is_ascii_lowercase()
                    || octet.is_ascii_digit()
                    || octet == b'-'),
                "{code}"
            );
        }
    }
}

#[test]
fn every_constant_is_in_a_list() {
    let source = concat!(
        include_str!("../../src/codes.rs"),
        include_str!("../../src/codes/desk.rs")
    );
    for constant in source
        .lines()
        .filter(|line| line.starts_with("pub const") && line.contains(": &str ="))
    {
        let code = constant.split('"').nth(1).unwrap();
        assert!(
            codes::ERRORS.contains(&code) || codes::REASONS.contains(&code),
            "{code}"
        );
    }
}

#[test]
fn every_state_has_a_next_step_with_a_text() {
    let reason = String::new();
    let states = [
        State::Draft,
        State::Submitted { at: NOON },
        State::Awaiting2fa { at: NOON },
        State::Confirmed { at: NOON },
        State::Rejected { at: NOON, reason },
        State::Expired { at: NOON },
        State::Issued { at: NOON },
        State::Installed { at: NOON },
        State::Cancelled { at: NOON },
    ];
    let keys: BTreeSet<&str> = states
        .iter()
        .map(|state| NextStep::of(state).key())
        // Of what waits for the register of people before it is an application.
        .chain([NextStep::WaitForRegister.key()])
        .collect();
    assert_eq!(keys, codes::NEXT_STEPS.iter().copied().collect());
}
