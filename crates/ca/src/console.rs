//! The authority as its administrators see it, and what it counts.

use std::fmt;
use std::sync::Arc;

use tanba_model::administration::{AdministrativeAct, IssuanceScope};
use tanba_model::audit::Actor;
use tanba_model::meter::Meters;
use tanba_model::ports::{AuthorityConsole, KeyPlace, KeyStanding, SwitchError, UnitOfWork};
use tanba_pki::Timestamp;
use tanba_pki::profile::Profile;

use crate::authority::{Authority, IssuerSummary};
use crate::key_vault::KeyVault;
use crate::switch::Switch;

impl Authority {
    /// What counts signatures and issuances of this program.
    #[must_use]
    pub fn meters(&self) -> Arc<Meters> {
        Arc::clone(self.desk().signing.meters())
    }
}

impl AuthorityConsole for Authority {
    fn keys(&self) -> Vec<KeyStanding> {
        self.parts()
            .map(|issuer| KeyStanding {
                issuer: issuer.id,
                place: if KeyVault::is_sealed(issuer.stored_key()) {
                    KeyPlace::Database
                } else {
                    KeyPlace::Token
                },
                available: issuer.check_key(&self.desk().chest).is_ok(),
            })
            .collect()
    }

    fn profiles(&self) -> Vec<&Profile> {
        self.desk().profiles.all().collect()
    }

    fn switch(
        &self,
        work: &mut dyn UnitOfWork,
        act: AdministrativeAct,
        scope: &IssuanceScope,
        reason: &str,
        actor: &Actor,
        now: Timestamp,
    ) -> Result<(), SwitchError> {
        let switch = Switch {
            issuer: &scope.issuer,
            profile: scope.profile.as_deref(),
        };
        match act {
            AdministrativeAct::StopIssuance => switch
                .stop_within(work, &self.desk().profiles, reason, actor, now)
                .map(drop),
            AdministrativeAct::StartIssuance => switch.start_within(work, reason, actor, now),
        }
    }
}

impl fmt::Display for IssuerSummary {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} ({})", self.name, self.kind.name())
    }
}
