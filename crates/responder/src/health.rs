//! `/health/live`, `/health/ready` and `/metrics`.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use tanba_model::fitness::{Unfitness, judge_all, needed};
use tanba_model::id::IssuerId;
use tanba_model::ports::{CrlKind, IssuanceStop, IssuerKind, IssuerRecord, StorageError};
use tanba_pki::Certificate;

use crate::metrics::Gauge;
use crate::reply::{fleeting, sentence, unavailable};
use crate::router::App;
use crate::service::{Issuer, Service};
use crate::watch;

/// The process answers.
pub(crate) async fn live() -> Response {
    sentence(StatusCode::OK, "live")
}

/// Everything that answers depend on is there. What an administrator stopped is said as well and is no failure: a server
/// that was taken out of service for it could not tell status any more.
pub(crate) async fn ready(State(app): State<App>) -> Response {
    let (status, mut lines, stopped) = match app.service.run(Service::examine).await {
        Ok((problems, stopped)) if problems.is_empty() => {
            (StatusCode::OK, vec!["ready".to_owned()], stopped)
        }
        Ok((problems, stopped)) => (StatusCode::SERVICE_UNAVAILABLE, problems, stopped),
        Err(_) => return unavailable(),
    };
    lines.extend(stopped);
    sentence(status, &lines.join("\n"))
}

pub(crate) async fn metrics(State(app): State<App>) -> Response {
    let ask = |service: &Service| {
        let gauges = service.gauges()?;
        let groups = watch::groups(&service.parts.storage.commit_groups());
        Ok::<_, StorageError>((gauges, groups))
    };
    match app.service.run(ask).await {
        Ok(Ok((gauges, groups))) => {
            let mut text = app.metrics.render(&gauges);
            text.push_str(&app.meters.text());
            text.push_str(&groups);
            fleeting(
                StatusCode::OK,
                "text/plain; version=0.0.4; charset=utf-8",
                text.into_bytes(),
            )
        }
        Ok(Err(_)) | Err(_) => unavailable(),
    }
}

impl Service {
    /// What keeps the service from answering, and what is stopped, in sentences.
    fn examine(&self) -> (Vec<String>, Vec<String>) {
        let mut problems = self.problems();
        let stopped = self.stopped().unwrap_or_else(|error| {
            problems = vec![error.to_string()];
            Vec::new()
        });
        (problems, stopped)
    }

    /// What is stopped. Why is not for everybody: this listener answers the whole world.
    fn stopped(&self) -> Result<Vec<String>, StorageError> {
        let mut unit = self.parts.storage.snapshot()?;
        let stops = unit.issuers().stops()?;
        // Why a certificate does not count is for everybody: it stands in a list.
        let judged = judge_all(unit.as_mut(), self.parts.clock.now())?;
        let mut all = Vec::new();
        for (record, unfit) in judged {
            let name = &record.issuer.name;
            if let Some(unfit) = unfit {
                all.push(format!("{name}: it may not issue ({unfit})"));
            }
            if self.is_newer(&record) {
                all.push(format!(
                    "{name}: it was made after this server was started; restart the server"
                ));
            }
        }
        let lines = stops.iter().filter_map(|stop| {
            let name = self.name_of(stop.issuer)?;
            Some(match &stop.profile {
                None => format!("{name}: issuance is stopped"),
                Some(profile) => format!("{name}: issuance by the profile {profile} is stopped"),
            })
        });
        all.extend(lines);
        Ok(all)
    }

    /// Whether an authority came after the start: keys and certificates are opened then.
    fn is_newer(&self, record: &IssuerRecord) -> bool {
        !self.issuers.iter().any(|issuer| {
            issuer.id == record.id && issuer.certificate.der() == record.issuer.certificate
        })
    }

    fn name_of(&self, id: IssuerId) -> Option<&str> {
        let issuer = self.issuers.iter().find(|issuer| issuer.id == id)?;
        Some(&issuer.name)
    }

    /// What keeps the service from answering, in sentences.
    fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        for issuer in &self.issuers {
            match self.problem_of(issuer) {
                Ok(None) => {}
                Ok(Some(problem)) => problems.push(format!("{}: {problem}", issuer.name)),
                Err(error) => return vec![error.to_string()],
            }
        }
        problems.extend(self.parts.signers.problem());
        problems
    }

    fn problem_of(&self, issuer: &Issuer) -> Result<Option<&'static str>, StorageError> {
        let now = self.parts.clock.now();
        if !issuer.certificate.is_valid_at(now) {
            return Ok(Some("the certificate of the authority is not valid"));
        }
        let mut unit = self.parts.storage.snapshot()?;
        let mut kinds = vec![CrlKind::Full];
        if issuer.kind == IssuerKind::Issuing {
            let signer = self.parts.signers.of(issuer.id);
            let certificate =
                signer.and_then(|signer| Certificate::from_der(&signer.certificate).ok());
            if !certificate.is_some_and(|certificate| certificate.is_valid_at(now)) {
                return Ok(Some("the OCSP responder has no valid certificate"));
            }
            let last = issuer.shards.saturating_sub(1);
            kinds.extend([
                CrlKind::Shard(0),
                CrlKind::Delta(0),
                CrlKind::Shard(last),
                CrlKind::Delta(last),
            ]);
        }
        for kind in kinds {
            let list = unit.crls().latest(issuer.id, kind)?;
            if list.is_none_or(|list| now > list.next_update) {
                return Ok(Some("a revocation list is missing or too old"));
            }
        }
        Ok(None)
    }

    fn gauges(&self) -> Result<Vec<Gauge>, StorageError> {
        // Keys may be in a device that answers late: never within a piece of work.
        let available = self.parts.signers.available();
        let mut unit = self.parts.storage.snapshot()?;
        let count = i64::try_from(unit.certificates().count()?).unwrap_or(i64::MAX);
        let mut gauges = vec![(
            "tanba_certificates",
            "Certificates issued so far.",
            String::new(),
            count,
        )];
        gauges.push((
            "tanba_dead_messages",
            "Messages that were given up and wait for somebody to decide.",
            String::new(),
            i64::try_from(unit.outbox().count_dead()?).unwrap_or(i64::MAX),
        ));
        gauges.push((
            "tanba_key_findings",
            "Valid certificates whose keys must not be used: somebody has to decide.",
            String::new(),
            i64::try_from(unit.keys().count_open(self.parts.clock.now())?).unwrap_or(i64::MAX),
        ));
        let check = unit.keys().check()?;
        let finished = check.and_then(|check| check.finished_at);
        gauges.push((
            "tanba_key_check_finished_seconds",
            "When the last look over all keys ended, in seconds since 1970; 0 while none did.",
            String::new(),
            finished.map_or(0, tanba_pki::Timestamp::unix),
        ));
        for issuer in &self.issuers {
            if let Some(list) = unit.crls().latest(issuer.id, CrlKind::Full)? {
                let labels = format!("{{issuer=\"{}\"}}", issuer.name);
                let help = "When the full list ends, in seconds since 1970.";
                gauges.push((
                    "tanba_crl_next_update_seconds",
                    help,
                    labels,
                    list.next_update.unix(),
                ));
            }
        }
        for issuer in &self.issuers {
            let signer = self.parts.signers.of(issuer.id);
            if let Some(certificate) =
                signer.and_then(|signer| Certificate::from_der(&signer.certificate).ok())
            {
                let labels = format!("{{issuer=\"{}\"}}", issuer.name);
                let help =
                    "When the certificate of the OCSP responder ends, in seconds since 1970.";
                gauges.push((
                    "tanba_ocsp_signer_not_after_seconds",
                    help,
                    labels,
                    certificate.not_after().unix(),
                ));
            }
        }
        gauges.extend(self.switches(&unit.issuers().stops()?));
        let judged = judge_all(unit.as_mut(), self.parts.clock.now())?;
        let newer = judged.iter().filter(|(record, _)| self.is_newer(record));
        gauges.push((
            "tanba_restart_due",
            "Authorities that were made after this server was started: it does not know them yet.",
            String::new(),
            i64::try_from(newer.count()).unwrap_or(i64::MAX),
        ));
        gauges.extend(fitness(judged));
        gauges.extend(available.into_iter().filter_map(|(id, available)| {
            let labels = format!("{{issuer=\"{}\"}}", self.name_of(id)?);
            let help = "Whether the key of the authority could sign now.";
            Some(("tanba_signer_available", help, labels, i64::from(available)))
        }));
        drop(unit);
        gauges.extend(self.watch()?);
        Ok(gauges)
    }

    /// A gauge for each issuing authority, and one for each profile that is stopped.
    fn switches(&self, stops: &[IssuanceStop]) -> Vec<Gauge> {
        let issuing = self
            .issuers
            .iter()
            .filter(|issuer| issuer.kind == IssuerKind::Issuing);
        issuing
            .flat_map(|issuer| {
                let mine = stops.iter().filter(|stop| stop.issuer == issuer.id);
                let (mut all, mut lines) = (0, Vec::new());
                for stop in mine {
                    match &stop.profile {
                        None => all = 1,
                        Some(profile) => lines.push((profile.as_str(), 1)),
                    }
                }
                lines.insert(0, ("", all));
                lines.into_iter().map(|(profile, value)| {
                    let labels = format!("{{issuer=\"{}\",profile=\"{profile}\"}}", issuer.name);
                    let help = "Whether an administrator stopped issuance, of all (profile empty) or by one profile.";
                    ("tanba_issuance_stopped", help, labels, value)
                })
            })
            .collect()
    }
}

/// A gauge for each authority; none for one that may not issue and that nothing needs: an alarm about what was replaced would
/// never end.
fn fitness(judged: Vec<(IssuerRecord, Option<Unfitness>)>) -> impl Iterator<Item = Gauge> {
    let known: Vec<IssuerRecord> = judged.iter().map(|(record, _)| record.clone()).collect();
    let needed = needed(&known);
    let told = judged
        .into_iter()
        .filter(move |(record, unfit)| unfit.is_none() || needed.contains(&record.id));
    told.map(|(record, unfit)| {
        let labels = format!("{{issuer=\"{}\"}}", record.issuer.name);
        let help = "Whether the authority and all above it are valid, unrevoked, and with keys that are not blocked.";
        ("tanba_authority_fit", help, labels, i64::from(unfit.is_none()))
    })
}
