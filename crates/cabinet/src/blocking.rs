//! Asking synchronous services from handlers.

use std::sync::Arc;

use tanba_ra::RegistrationAuthority;

use crate::problem::Problem;
use crate::state::CabinetState;

impl CabinetState {
    /// Runs a use case where blocking is allowed.
    pub(crate) async fn ra<T, E>(
        &self,
        use_case: impl FnOnce(&RegistrationAuthority) -> Result<T, E> + Send + 'static,
    ) -> Result<T, Problem>
    where
        T: Send + 'static,
        E: Into<Problem> + Send + 'static,
    {
        let ra = Arc::clone(self.authority());
        match tokio::task::spawn_blocking(move || use_case(&ra)).await {
            Ok(outcome) => outcome.map_err(Into::into),
            Err(error) => Err(Problem::internal(&error)),
        }
    }
}
