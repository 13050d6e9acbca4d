//! `/{lang}/desk/admin`: what the authority itself is made of, for administrators and auditors.

use axum::extract::State;
use axum::response::Html;
use minijinja::{Value, context};
use tanba_model::ports::{CrlKind, IssuanceStop, IssuerKind};
use tanba_ra::IssuerView;

use crate::clerk::AtDesk;
use crate::problem::Problem;
use crate::render::Screen;
use crate::state::CabinetState;
use crate::visit::Visit;

pub(crate) mod blocked;
pub(crate) mod health;
pub(crate) mod issuer;
pub(crate) mod lists;
pub(crate) mod profiles;
pub(crate) mod queues;

const SCREEN: Screen = Screen::new("desk/admin.html", "desk-admin", "desk-admin-title");

pub(crate) async fn show(
    State(state): State<CabinetState>,
    visit: Visit,
    at_desk: AtDesk,
) -> Result<Html<String>, Problem> {
    let (clerk, now) = (at_desk.0.clone(), state.now());
    let issuers = state.ra(move |ra| ra.console_issuers(&clerk, now)).await?;
    let issuers: Vec<Value> = issuers
        .iter()
        .map(|issuer| view(&state, &visit, issuer))
        .collect();
    let centres: Vec<_> = state
        .authority()
        .centres()
        .iter()
        .map(|centre| {
            context! {
                code => centre.code.as_str(), name => centre.name(visit.language), address => centre.address(visit.language),
                hours => centre.hours.text(visit.language),
            }
        })
        .collect();
    Ok(state.render_desk(&visit, &at_desk, &SCREEN, context! { issuers, centres }))
}

/// The file name of a list within its authority's.
pub(crate) fn list_file(kind: CrlKind) -> String {
    match kind {
        CrlKind::Full => "full.crl".to_owned(),
        CrlKind::Shard(shard) => format!("{shard}.crl"),
        CrlKind::Delta(shard) => format!("{shard}-delta.crl"),
    }
}

fn stop(state: &CabinetState, visit: &Visit, stop: &IssuanceStop) -> Value {
    context! {
        profile => stop.profile.as_deref(), since => state.words(visit).date_time(stop.since), reason => stop.reason.as_str(),
    }
}

/// An authority as pages show it.
fn view(state: &CabinetState, visit: &Visit, issuer: &IssuerView) -> Value {
    let words = state.words(visit);
    let certificate = &issuer.certificate;
    let standing = match (issuer.kind, &issuer.stop, issuer.profile_stops.as_slice()) {
        _ if issuer.unfit.is_some() => "unfit",
        (IssuerKind::Root, _, _) => "root",
        (IssuerKind::Issuing, Some(_), _) => "stopped",
        (IssuerKind::Issuing, None, []) => "issues",
        (IssuerKind::Issuing, None, _) => "part",
    };
    let algorithm = certificate
        .public_key()
        .algorithm()
        .map_or_else(|_| "?".to_owned(), |algorithm| algorithm.to_string());
    context! {
        name => issuer.name.as_str(),
        kind => issuer.kind.name(),
        standing,
        subject => certificate.subject().rfc4514(),
        serial => certificate.serial_hex(),
        algorithm,
        signature => certificate.signature_algorithm_label(),
        from => words.date(certificate.not_before()),
        until => words.date(certificate.not_after()),
        digest => tanba_pki::hex::encode(&certificate.sha256()),
        key => issuer.key.map(tanba_model::ports::KeyPlace::name),
        available => issuer.key_available,
        shards => issuer.shards,
        responder => issuer.responder.as_ref().map(|helper| words.date_time(helper.not_after())),
        seal => issuer.seal.as_ref().map(|helper| words.date_time(helper.not_after())),
        next_list => issuer.list.as_ref().map(|list| words.date_time(list.next_update)),
        unfit => issuer.unfit.as_ref().map(|unfit| context! { authority => unfit.authority.as_str(), why => unfit.why.name() }),
        stop => issuer.stop.as_ref().map(|one| stop(state, visit, one)),
        profile_stops => issuer.profile_stops.iter().map(|one| stop(state, visit, one)).collect::<Vec<_>>(),
    }
}
