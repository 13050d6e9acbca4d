//! Every address beside its rule: who may pass. The router is made of this table and of nothing else, so there is no
//! address without a rule.

use axum::Router;
use axum::extract::{Request, State};
use axum::handler::Handler;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{MethodRouter, get, post};

use tanba_model::staff::Right;

use crate::clerk::AtDesk;
use crate::csrf;
use crate::limited::{ForApplication, MaybeLimited};
use crate::problem::Problem;
use crate::session::MaybeSignedIn;
use crate::state::CabinetState;

/// Who may pass a door. It is checked before the handler runs; what belongs to whom is checked behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Rule {
    /// Anybody, signed in or not. What such a door opens is guarded by what is sent: a signature, the secret of a link.
    Anybody,
    /// A person who signed in with a key of hers. Whoever changes something has to send the session's token against
    /// cross-site requests.
    Citizen,
    /// A person who entered with a code and may revoke and freeze, and nothing else. Whoever changes something has to send the
    /// token of that session.
    LimitedCitizen,
    /// Whoever may act for one application: its owner in her session, or whoever proved its number. Which application that is
    /// is checked behind the door. Whoever changes something has to send the token of one of these sessions.
    Applicant,
    /// A member of staff whose role has the right. The token is checked as for citizens.
    Staff(Right),
}

/// How a door is knocked at. [`Verb::Get`] answers HEAD too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Verb {
    /// Reads; changes nothing.
    Get,
    /// Changes something.
    Post,
}

/// An address with its rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Door {
    /// GET or POST.
    pub verb: Verb,
    /// The path, with `{names}` in place of what differs.
    pub path: String,
    /// Who may pass.
    pub rule: Rule,
}

/// Doors with what is behind them.
#[derive(Debug, Default)]
pub(crate) struct Doors(Vec<(Door, MethodRouter<CabinetState>)>);

impl Doors {
    /// A door that reads.
    pub(crate) fn get<H, T>(self, path: &str, rule: Rule, handler: H) -> Self
    where
        H: Handler<T, CabinetState>,
        T: 'static,
    {
        self.door(Verb::Get, path, rule, get(handler))
    }

    /// A door that changes something.
    pub(crate) fn post<H, T>(self, path: &str, rule: Rule, handler: H) -> Self
    where
        H: Handler<T, CabinetState>,
        T: 'static,
    {
        self.door(Verb::Post, path, rule, post(handler))
    }

    fn door(
        mut self,
        verb: Verb,
        path: &str,
        rule: Rule,
        behind: MethodRouter<CabinetState>,
    ) -> Self {
        let path = path.to_owned();
        self.0.push((Door { verb, path, rule }, behind));
        self
    }

    /// These doors and others.
    pub(crate) fn and(mut self, others: Self) -> Self {
        self.0.extend(others.0);
        self
    }

    /// The same doors under a path: `/` becomes the path itself.
    pub(crate) fn under(mut self, path: &str) -> Self {
        for (door, _) in &mut self.0 {
            door.path = format!("{path}{}", door.path.trim_end_matches('/'));
        }
        self
    }

    /// The table without what is behind the doors.
    pub(crate) fn list(self) -> Vec<Door> {
        self.0.into_iter().map(|(door, _)| door).collect()
    }

    /// The router, each door with its guard.
    pub(crate) fn into_router(self, state: &CabinetState) -> Router<CabinetState> {
        self.0
            .into_iter()
            .fold(Router::new(), |router, (door, behind)| {
                let guard = from_fn_with_state((state.clone(), door.rule), guard);
                router.route(&door.path, behind.route_layer(guard))
            })
    }
}

/// The nearest page above an address, for whoever opens an address that only takes forms: she reloads what a form answered.
pub(crate) fn page_above<'p>(pages: &[String], path: &'p str) -> Option<&'p str> {
    path.rmatch_indices('/')
        .map(|(end, _)| &path[..end])
        .find(|above| pages.iter().any(|page| is_at(page, above)))
}

/// Whether a path is one of those that a door's path names.
fn is_at(door: &str, path: &str) -> bool {
    let (mut parts, mut named) = (path.split('/'), door.split('/'));
    loop {
        match (named.next(), parts.next()) {
            (None, None) => return true,
            (Some(name), Some(part)) if name == part || name.starts_with('{') => {}
            _ => return false,
        }
    }
}

async fn guard(
    State((state, rule)): State<(CabinetState, Rule)>,
    request: Request,
    next: Next,
) -> Response {
    match admit(&state, rule, request).await {
        Ok(request) => next.run(request).await,
        Err(problem) => problem.into_response(),
    }
}

/// Lets a request pass, with who it is of.
async fn admit(state: &CabinetState, rule: Rule, request: Request) -> Result<Request, Problem> {
    match rule {
        Rule::Anybody => Ok(request),
        Rule::Citizen => {
            let MaybeSignedIn(found) = MaybeSignedIn::find(state, request.headers()).await?;
            let signed_in = found.ok_or_else(Problem::session_required)?;
            let mut request = csrf::checked(request, &[&signed_in.session.csrf]).await?;
            let _ = request.extensions_mut().insert(signed_in);
            Ok(request)
        }
        Rule::LimitedCitizen => {
            let found = MaybeLimited::find(state, request.headers()).await?;
            let limited = found.by_code().ok_or_else(Problem::code_required)?;
            let mut request = csrf::checked(request, &[&limited.session.csrf]).await?;
            let _ = request.extensions_mut().insert(limited);
            Ok(request)
        }
        Rule::Applicant => {
            let found = ForApplication::find(state, request.headers()).await?;
            let applicant = found.ok_or_else(Problem::session_required)?;
            let tokens = applicant.tokens();
            let tokens: Vec<&str> = tokens.iter().map(String::as_str).collect();
            let mut request = csrf::checked(request, &tokens).await?;
            let _ = request.extensions_mut().insert(applicant);
            Ok(request)
        }
        Rule::Staff(right) => {
            csrf::not_embedded(request.headers())?;
            let found = AtDesk::find(state, request.headers()).await?;
            let at_desk = found.ok_or_else(Problem::desk_session_required)?;
            if !at_desk.0.may(right) {
                return Err(Problem::desk_forbidden());
            }
            let mut request = csrf::checked(request, &[&at_desk.0.session.csrf]).await?;
            let _ = request.extensions_mut().insert(at_desk);
            Ok(request)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doors_under_a_path_have_no_slash_at_their_end() {
        let paths: Vec<String> = Doors::default()
            .get("/", Rule::Anybody, async || ())
            .post("/enter", Rule::Citizen, async || ())
            .under("/kk")
            .list()
            .into_iter()
            .map(|door| door.path)
            .collect();
        assert_eq!(paths, ["/kk", "/kk/enter"]);
    }

    #[test]
    fn an_address_of_a_form_leads_to_the_page_of_that_form() {
        let pages: Vec<String> = crate::router::doors()
            .into_iter()
            .filter(|door| door.verb == Verb::Get)
            .map(|door| door.path)
            .collect();
        for (form, page) in [
            ("/kk/cabinet/profile/email/code", "/kk/cabinet/profile"),
            (
                "/ru/cabinet/profile/sessions/Kx7/end",
                "/ru/cabinet/profile",
            ),
            (
                "/kk/cabinet/reissue/confirm/code",
                "/kk/cabinet/reissue/confirm",
            ),
            (
                "/en/cabinet/applications/711828083077/cancel",
                "/en/cabinet/applications/711828083077",
            ),
            ("/kk/obtain/address/code", "/kk/obtain/address"),
            ("/kk/obtain/application/cancel", "/kk/obtain/application"),
            ("/kk/revoke/certificates", "/kk/revoke"),
            ("/kk/desk/find", "/kk/desk"),
            ("/kk/logout", "/kk"),
        ] {
            assert_eq!(page_above(&pages, form), Some(page));
        }
        // Every address of a form has one.
        for door in crate::router::doors() {
            let in_language = door.path.starts_with("/kk/");
            if in_language && door.verb == Verb::Post && !pages.contains(&door.path) {
                assert!(page_above(&pages, &door.path).is_some(), "{}", door.path);
            }
        }
    }
}
