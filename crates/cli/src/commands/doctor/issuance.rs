//! What keeps certificates from being issued, now or soon.

use std::time::Duration;

use tanba_ca::Profiles;
use tanba_model::application::State;
use tanba_model::ports::{IssuerKind, Storage};
use tanba_pki::{Certificate, Timestamp};

use crate::config::Finding;

/// So long before an authority is too short for what it issues, it is spoken of: the next one is a ceremony.
const ROLLOVER_NOTICE: Duration = Duration::from_secs(180 * 24 * 60 * 60);
/// Applications are issued within seconds; one that waits longer waits for somebody.
const WAITS: Duration = Duration::from_secs(10 * 60);
/// What was begun is signed at once; what is not within this time was left.
const LEFT_AFTER: Duration = Duration::from_secs(60);

/// All of it. What cannot be read is told of elsewhere.
pub(super) fn examine(storage: &dyn Storage, profiles: &Profiles, now: Timestamp) -> Vec<Finding> {
    let mut findings = stops(storage);
    findings.extend(too_short(storage, profiles, now));
    findings.extend(left_open(storage, now));
    findings.extend(waiting(storage, now));
    findings
}

/// Whether the authority that issues outlives what it issues: a certificate never ends after its issuer's, so those that
/// would are not issued.
fn too_short(storage: &dyn Storage, profiles: &Profiles, now: Timestamp) -> Option<Finding> {
    let records = storage.snapshot().ok()?.issuers().all().ok()?;
    let newest = records
        .iter()
        .rfind(|record| record.issuer.kind == IssuerKind::Issuing)?;
    let end = Certificate::from_der(&newest.issuer.certificate)
        .ok()?
        .not_after();
    let (first, last) = profiles
        .all()
        .filter(|profile| profile.is_for_persons())
        .map(|profile| profile.ends(now))
        .reduce(|(first, last), (one, other)| (first.min(one), last.max(other)))?;
    if last.plus(ROLLOVER_NOTICE) <= end || now > end {
        return None;
    }
    let name = &newest.issuer.name;
    let until = end.rfc3339();
    let remedy = "make the next authority (`tanba ceremony plan rollover`), take it in and restart the server: it issues what waits";
    if first > end {
        let what = format!(
            "the authority {name} ends on {until}, before any certificate of people would: none is issued, applications wait"
        );
        return Some(Finding::error("issuer-ending", what, remedy));
    }
    let what = if last > end {
        format!(
            "the authority {name} ends on {until}, before the certificates of people that live longest (in tokens, as a \
             rule) would: those are not issued any more, and applications for them wait"
        )
    } else {
        format!(
            "the authority {name} ends on {until}: within half a year it cannot issue those certificates of people any more \
             that live longest (in tokens, as a rule)"
        )
    };
    Some(Finding::warning("issuer-ending", what, remedy))
}

/// What an administrator stopped, and nobody started again yet.
fn stops(storage: &dyn Storage) -> Vec<Finding> {
    let Ok(mut unit) = storage.snapshot() else {
        return Vec::new();
    };
    let (Ok(stops), Ok(issuers)) = (unit.issuers().stops(), unit.issuers().all()) else {
        return Vec::new();
    };
    let name = |id| issuers.iter().find(|record| record.id == id);
    stops
        .iter()
        .filter_map(|stop| Some((stop, &name(stop.issuer)?.issuer.name)))
        .map(|(stop, name)| {
            let what = stop.profile.as_deref().map_or_else(
                || format!("the authority {name} issues nothing"),
                |profile| format!("the authority {name} does not issue by the profile {profile}"),
            );
            let what = format!("{what} since {}: {}", stop.since.rfc3339(), stop.reason);
            let remedy = "when the cause is gone, start it again with `tanba issuer start`; what waits is issued by itself";
            Finding::warning("issuance-stopped", what, remedy)
        })
        .collect()
}

/// Intents that nobody completed within a minute: a command or a server ended between intent and signature.
fn left_open(storage: &dyn Storage, now: Timestamp) -> Option<Finding> {
    let mut unit = storage.snapshot().ok()?;
    let oldest = unit.certificates().open_intents(None, 1).ok()?;
    let since = oldest.first()?.created_at;
    if now < since.plus(LEFT_AFTER) {
        return None;
    }
    let count = unit.certificates().count_open_intents().ok()?;
    let what = format!(
        "{count} certificates were begun and are not signed, the first since {}; their serial numbers and keys are taken",
        since.rfc3339()
    );
    let remedy = "start the server: it completes them or gives them up, also beside a command, within a minute; what an \
                  administrator stopped waits for `tanba issuer start`";
    Some(Finding::warning("intents-open", what, remedy))
}

/// Confirmed applications that nobody issued within minutes.
fn waiting(storage: &dyn Storage, now: Timestamp) -> Option<Finding> {
    let mut unit = storage.snapshot().ok()?;
    let oldest = unit
        .applications()
        .in_state_after("CONFIRMED", None, 1)
        .ok()?;
    let State::Confirmed { at } = oldest.first()?.state else {
        return None;
    };
    (now >= at.plus(WAITS)).then(|| {
        let what = format!(
            "confirmed applications wait for their certificates, the first since {}; nothing of them is lost",
            at.rfc3339()
        );
        let remedy = "look at what else is said here, and at `certificate.refuse` in the audit log: a stop, a key that is \
                      away, an authority that ends, a profile that is wrong; then they are issued by themselves";
        Finding::warning("applications-waiting", what, remedy)
    })
}
