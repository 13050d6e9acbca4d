//! Asking synchronous services from handlers.

use std::sync::Arc;

use tanba_model::audit::origin;
use tanba_ra::RegistrationAuthority;

use crate::problem::Problem;
use crate::state::CabinetState;

tokio::task_local! {
    /// A name for the network of the request that is answered, for evidence; nobody outside this process can turn it back.
    pub(crate) static NETWORK: String;
}

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
        let from = NETWORK.try_with(Clone::clone).unwrap_or_default();
        let work = move || origin::within(&from, || use_case(&ra));
        match tokio::task::spawn_blocking(work).await {
            Ok(outcome) => outcome.map_err(Into::into),
            Err(error) => Err(Problem::internal(&error)),
        }
    }
}
