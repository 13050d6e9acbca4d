//! `GET /api/v1/keystores`: what each keystore can do, for programs that choose one.

use axum::Json as Answer;
use axum::extract::State;
use serde::Serialize;
use tanba_model::capability::{Capability, SecretRule};
use tanba_model::keystore_kind::KeystoreKind;

use crate::state::CabinetState;

#[derive(Debug, Serialize)]
pub(super) struct List {
    keystores: Vec<Compared>,
}

/// What a keystore can do here.
#[derive(Debug, Serialize)]
pub(crate) struct Compared {
    pub(crate) keystore: &'static str,
    pub(crate) algorithms: Vec<&'static str>,
    pub(crate) validity_years: u32,
    pub(crate) needs_agent: bool,
    pub(crate) never_leaves: bool,
    pub(crate) secret: SecretRule,
    pub(crate) default_pin: Option<&'static str>,
    /// Whether keys of this keystore are taken here.
    pub(crate) taken: bool,
}

pub(super) async fn list(State(state): State<CabinetState>) -> Answer<List> {
    Answer(List {
        keystores: state.capabilities(),
    })
}

impl CabinetState {
    /// What each keystore can do here, in the order of the list.
    pub(crate) fn capabilities(&self) -> Vec<Compared> {
        let config = self.authority().config();
        KeystoreKind::ALL
            .into_iter()
            .map(|kind| {
                let capability = Capability::of(kind);
                Compared {
                    keystore: capability.keystore,
                    algorithms: config.algorithms(kind),
                    validity_years: capability.validity_years,
                    needs_agent: capability.needs_agent,
                    never_leaves: capability.never_leaves,
                    secret: capability.secret,
                    default_pin: capability.default_pin,
                    taken: config.keystores().contains(&kind),
                }
            })
            .collect()
    }
}
