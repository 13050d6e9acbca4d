//! `POST /ocsp` and `GET /ocsp/{base64}` (RFC 6960, appendix A; RFC 5019, 5).

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use base64::Engine;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use base64::engine::{DecodePaddingMode, general_purpose};
use tanba_model::certificate::{RevocationReason, Status};
use tanba_model::ports::{OcspSigner, StorageError, UnitOfWork};
use tanba_pki::crl::Reason;
use tanba_pki::ocsp::{
    Answer, CertId, Request, Responder, ResponseStatus, Single, Status as CertificateStatus,
    error_response,
};
use tanba_pki::{Certificate, SerialNumber, Timestamp, hex};

use crate::kept::Kept;
use crate::metrics::Outcome;
use crate::reply::{Document, fleeting};
use crate::router::App;
use crate::service::{Issuer, Service};

const CONTENT_TYPE: &str = "application/ocsp-response";
/// Base64 as it comes in URLs: with or without padding.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);
/// Longer requests by GET are not for caches and not for us.
const MAXIMUM_BASE64: usize = 8 * 1024;

pub(crate) async fn post(State(app): State<App>, body: Bytes) -> Response {
    let reply = answer(&app, body).await;
    fleeting(StatusCode::OK, CONTENT_TYPE, reply.body)
}

pub(crate) async fn get(
    State(app): State<App>,
    Path(text): Path<String>,
    headers: HeaderMap,
) -> Response {
    let decoded = if text.len() > MAXIMUM_BASE64 {
        None
    } else {
        decode(&text)
    };
    let Some(request) = decoded else {
        app.metrics.ocsp(Outcome::Malformed);
        return fleeting(
            StatusCode::OK,
            CONTENT_TYPE,
            error_response(ResponseStatus::MalformedRequest),
        );
    };
    let reply = answer(&app, Bytes::from(request)).await;
    let Some(fresh) = reply.fresh else {
        return fleeting(StatusCode::OK, CONTENT_TYPE, reply.body);
    };
    let document = Document {
        content_type: CONTENT_TYPE,
        tag: hex::encode(&tanba_crypto::sha256(&reply.body)),
        body: reply.body,
        modified: fresh,
        max_age: app.rules.ocsp_cache,
        expires: Some(fresh.plus(app.rules.ocsp_cache)),
    };
    document.answer(&headers)
}

/// The standard alphabet; some clients use that of URLs.
fn decode(text: &str) -> Option<Vec<u8>> {
    let text = text.trim_end_matches('/');
    BASE64
        .decode(text)
        .or_else(|_| general_purpose::URL_SAFE_NO_PAD.decode(text.trim_end_matches('=')))
        .ok()
}

/// A response in DER.
struct Reply {
    body: Vec<u8>,
    outcome: Outcome,
    /// When it was made, if others may be given the same.
    fresh: Option<Timestamp>,
}

async fn answer(app: &App, request: Bytes) -> Reply {
    let reply = app
        .service
        .run(move |service| service.status(&request))
        .await
        .unwrap_or_else(|error| {
            tracing::error!(%error, "an OCSP request was not answered");
            Reply::refusal(ResponseStatus::InternalError)
        });
    app.metrics.ocsp(reply.outcome);
    reply
}

impl Reply {
    fn refusal(status: ResponseStatus) -> Self {
        let outcome = match status {
            ResponseStatus::MalformedRequest => Outcome::Malformed,
            ResponseStatus::TryLater => Outcome::TryLater,
            ResponseStatus::Unauthorized | ResponseStatus::SignatureRequired => {
                Outcome::Unauthorized
            }
            ResponseStatus::InternalError | ResponseStatus::Successful => Outcome::InternalError,
        };
        Self {
            body: error_response(status),
            outcome,
            fresh: None,
        }
    }
}

impl Service {
    #[tracing::instrument(name = "responder.ocsp", skip_all)]
    fn status(&self, request: &[u8]) -> Reply {
        let now = self.parts.clock.now();
        let Ok(request) = Request::parse(request) else {
            return Reply::refusal(ResponseStatus::MalformedRequest);
        };
        // One signature covers the whole response, so one issuer answers: the first that is asked about. Certificates
        // of others in the same request are unknown to its responder.
        let asked = request
            .certificates
            .iter()
            .find_map(|id| self.issuers.iter().find(|one| one.names.matches(id)));
        let Some((issuer, signer)) =
            asked.and_then(|issuer| Some((issuer, self.parts.signers.of(issuer.id)?)))
        else {
            return Reply::refusal(ResponseStatus::Unauthorized);
        };
        match self.signed(issuer, &signer, &request, now) {
            Ok(reply) => reply,
            Err(Failure::Storage(error)) => {
                tracing::warn!(%error, "storage did not answer an OCSP request");
                Reply::refusal(ResponseStatus::TryLater)
            }
            Err(Failure::Signer(reason)) => {
                tracing::error!(reason, issuer = %issuer.id, "an OCSP response could not be signed");
                Reply::refusal(ResponseStatus::TryLater)
            }
        }
    }

    fn signed(
        &self,
        issuer: &Issuer,
        signer: &OcspSigner,
        request: &Request<'_>,
        now: Timestamp,
    ) -> Result<Reply, Failure> {
        let certificate = Certificate::from_der(&signer.certificate)
            .ok()
            .filter(|certificate| certificate.is_valid_at(now))
            .ok_or(Failure::Signer(
                "the responder's certificate is not valid now",
            ))?;
        let mut unit = self.parts.storage.snapshot().map_err(Failure::Storage)?;
        let mut singles = request
            .certificates
            .iter()
            .map(|id| {
                Ok(Single {
                    cert_id: id.der(),
                    status: status_of(unit.as_mut(), issuer, id)?,
                    this_update: now,
                    next_update: Some(now.plus(self.parts.rules.ocsp_life)),
                })
            })
            .collect::<Result<Vec<_>, StorageError>>()
            .map_err(Failure::Storage)?;
        drop(unit);
        let responder = Responder::delegated(&certificate, signer.signer.algorithm());
        let sign = |singles: &[Single<'_>], nonce| {
            let answer = Answer {
                singles,
                nonce,
                produced_at: now,
                extended_revoke: false,
            };
            let tbs = responder.prepare(&answer);
            let signature = self.devices.sign(&signer.signer, &tbs).ok()?;
            Some(responder.assemble(&tbs, &signature))
        };
        let signed = sign(&singles, request.nonce);
        // A key in this process is never away.
        let is_device = signer.signer.may_hang();
        if let Some(body) = signed.as_ref().filter(|_| is_device) {
            let without_nonce = || match request.nonce {
                Some(_) => sign(&singles, None),
                None => Some(body.clone()),
            };
            self.keep(&singles, certificate.not_after(), without_nonce);
        }
        let outcome = match singles.first().map(|single| single.status) {
            Some(CertificateStatus::Good) => Outcome::Good,
            Some(CertificateStatus::Revoked { .. }) => Outcome::Revoked,
            Some(CertificateStatus::Unknown) | None => Outcome::Unknown,
        };
        let known = singles
            .iter()
            .all(|single| single.status != CertificateStatus::Unknown);
        if let Some(body) = signed {
            let fresh = (request.nonce.is_none() && known).then_some(now);
            return Ok(Reply {
                body,
                outcome,
                fresh,
            });
        }
        // The device may have taken its time, and a revocation may have come meanwhile: what storage says now counts.
        let mut unit = self.parts.storage.snapshot().map_err(Failure::Storage)?;
        for (single, id) in singles.iter_mut().zip(&request.certificates) {
            single.status = status_of(unit.as_mut(), issuer, id).map_err(Failure::Storage)?;
        }
        drop(unit);
        let kept = self
            .kept(&singles, now)
            .ok_or(Failure::Signer("the key does not answer"))?;
        tracing::warn!(issuer = %issuer.id, "the key does not answer; an OCSP response that it signed before was given");
        Ok(Reply {
            body: kept,
            outcome,
            fresh: None,
        })
    }

    /// Keeps a response about one certificate that was issued, without a nonce, unless there is a young one.
    fn keep(
        &self,
        singles: &[Single<'_>],
        end_of_responder: Timestamp,
        without_nonce: impl FnOnce() -> Option<Vec<u8>>,
    ) {
        let [single] = singles else {
            return;
        };
        let life = self.parts.rules.ocsp_life;
        let (from, Some(next)) = (single.this_update, single.next_update) else {
            return;
        };
        if single.status == CertificateStatus::Unknown
            || !self.kept.is_due(single.cert_id, single.status, life, from)
        {
            return;
        }
        if let Some(body) = without_nonce() {
            let kept = Kept {
                body,
                status: single.status,
                from,
                until: next.min(end_of_responder),
            };
            self.kept.keep(single.cert_id, kept);
        }
    }

    /// What was kept for this certificate; whoever sent a nonce sees that the answer has none.
    fn kept(&self, singles: &[Single<'_>], now: Timestamp) -> Option<Vec<u8>> {
        match singles {
            [single] => self.kept.find(single.cert_id, single.status, now),
            _ => None,
        }
    }
}

enum Failure {
    Storage(StorageError),
    Signer(&'static str),
}

/// Good is said only of a certificate that was issued; one that is unknown, intended or given up is not good.
fn status_of(
    unit: &mut dyn UnitOfWork,
    issuer: &Issuer,
    id: &CertId<'_>,
) -> Result<CertificateStatus, StorageError> {
    if !issuer.names.matches(id) {
        return Ok(CertificateStatus::Unknown);
    }
    let Ok(serial) = SerialNumber::from_bytes(id.serial()) else {
        return Ok(CertificateStatus::Unknown);
    };
    let record = unit.certificates().find_by_serial(issuer.id, &serial)?;
    Ok(match record.map(|record| record.status) {
        None | Some(Status::Intended | Status::Void) => CertificateStatus::Unknown,
        Some(Status::Valid) => CertificateStatus::Good,
        Some(Status::Revoked { at, reason }) => CertificateStatus::Revoked {
            at,
            reason: reason_of(reason),
        },
    })
}

/// "Unspecified" is said by leaving the reason out.
fn reason_of(reason: RevocationReason) -> Option<Reason> {
    Reason::from_code(reason.code()).filter(|reason| *reason != Reason::Unspecified)
}
