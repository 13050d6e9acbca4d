//! The part `[ra.desk]`: what needs a second signature at a registration centre.

use std::time::Duration;

use serde::Deserialize;
use tanba_model::decision::Act;
use tanba_model::staff::Role;

use super::ConfigError;

/// The part `[ra.desk]`, as written. Every field may be absent.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DeskSection {
    /// Acts that a second member of staff has to agree to: `release`, `email`, `names`, `freeze`, `revoke`.
    pub second_operator: Vec<String>,
    /// The role that the second one needs at least: `operator` or `senior-operator`.
    pub second_role: String,
    /// Hours for which an act waits for its second signature: 1 to 720.
    pub second_within_hours: u32,
}

impl Default for DeskSection {
    fn default() -> Self {
        Self {
            second_operator: ["release", "email", "names"].map(str::to_owned).into(),
            second_role: Role::Operator.name().to_owned(),
            second_within_hours: 72,
        }
    }
}

/// What needs a second signature, checked.
#[derive(Clone, Debug)]
pub struct DeskPolicy {
    second: Vec<Act>,
    second_role: Role,
    patience: Duration,
}

impl DeskSection {
    pub(super) fn check(&self) -> Result<DeskPolicy, ConfigError> {
        let act = |name: &String| {
            Act::from_name(name)
                .filter(|act| *act != Act::Application)
                .ok_or(ConfigError::Desk(
                    "second_operator has to name acts: release, email, names, freeze, revoke",
                ))
        };
        let second_role = Role::from_name(&self.second_role)
            .filter(|role| role.has_centre())
            .ok_or(ConfigError::Desk(
                "second_role has to be operator or senior-operator",
            ))?;
        if !(1..=720).contains(&self.second_within_hours) {
            return Err(ConfigError::Desk("second_within_hours has to be 1 to 720"));
        }
        Ok(DeskPolicy {
            second: self
                .second_operator
                .iter()
                .map(act)
                .collect::<Result<_, _>>()?,
            second_role,
            patience: Duration::from_secs(u64::from(self.second_within_hours) * 3600),
        })
    }
}

impl DeskPolicy {
    /// Whether an act needs a second signature.
    #[must_use]
    pub fn needs_second(&self, act: Act) -> bool {
        self.second.contains(&act)
    }

    /// Whether somebody in this role may be the second one.
    #[must_use]
    pub fn may_be_second(&self, role: Role) -> bool {
        role == Role::SeniorOperator || role == self.second_role
    }

    /// How long an act waits.
    pub(crate) const fn patience(&self) -> Duration {
        self.patience
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_act_no_role_or_no_time_is_refused() {
        let section = |text: &str| serde_json::from_str::<DeskSection>(text).unwrap();
        assert!(section("{}").check().is_ok());
        for wrong in [
            r#"{"second_operator":["application"]}"#,
            r#"{"second_operator":["everything"]}"#,
            r#"{"second_role":"auditor"}"#,
            r#"{"second_within_hours":0}"#,
        ] {
            assert!(
                matches!(section(wrong).check(), Err(ConfigError::Desk(_))),
                "{wrong}"
            );
        }
    }

    #[test]
    fn a_senior_operator_may_always_be_the_second_one_and_those_who_read_never() {
        for role in ["operator", "senior-operator"] {
            let section = DeskSection {
                second_role: role.to_owned(),
                ..DeskSection::default()
            };
            let policy = section.check().unwrap();
            assert!(policy.may_be_second(Role::SeniorOperator));
            assert_eq!(policy.may_be_second(Role::Operator), role == "operator");
            assert!(!policy.may_be_second(Role::Administrator));
            assert!(!policy.may_be_second(Role::Auditor));
        }
    }
}
