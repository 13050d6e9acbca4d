//! `/crl/{issuer}.crl`, `/crl/{issuer}/{shard}.crl` and `/crl/{issuer}/{shard}-delta.crl` (RFC 5280; RFC 2585, 3).

use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::Response;
use tanba_model::ports::{CrlKind, CrlRecord, StorageError};

use crate::reply::{Document, not_found, unavailable};
use crate::router::App;
use crate::service::Service;

pub(crate) async fn full(
    State(app): State<App>,
    Path(file): Path<String>,
    headers: HeaderMap,
) -> Response {
    let Some(issuer) = file.strip_suffix(".crl") else {
        return not_found();
    };
    list(&app, issuer.to_owned(), CrlKind::Full, &headers).await
}

pub(crate) async fn shard(
    State(app): State<App>,
    Path((issuer, file)): Path<(String, String)>,
    headers: HeaderMap,
) -> Response {
    let Some(kind) = kind_of(&file) else {
        return not_found();
    };
    list(&app, issuer, kind, &headers).await
}

/// One name for one list: no leading zeros, no signs.
fn kind_of(file: &str) -> Option<CrlKind> {
    let name = file.strip_suffix(".crl")?;
    let (digits, delta) = name
        .strip_suffix("-delta")
        .map_or((name, false), |digits| (digits, true));
    let shard: u16 = digits.parse().ok()?;
    (shard.to_string() == digits).then_some(if delta {
        CrlKind::Delta(shard)
    } else {
        CrlKind::Shard(shard)
    })
}

async fn list(app: &App, issuer: String, kind: CrlKind, headers: &HeaderMap) -> Response {
    let found = app
        .service
        .run(move |service| service.latest(&issuer, kind))
        .await;
    let record = match found {
        Ok(Ok(Some(record))) => record,
        Ok(Ok(None)) => return not_found(),
        Ok(Err(error)) => {
            tracing::warn!(%error, "storage did not give a revocation list");
            return unavailable();
        }
        Err(error) => {
            tracing::error!(%error, "a revocation list was not given");
            return unavailable();
        }
    };
    app.metrics.crl(kind);
    let max_age = match kind {
        CrlKind::Delta(_) => app.rules.delta_cache,
        CrlKind::Full | CrlKind::Shard(_) => app.rules.crl_cache,
    };
    let document = Document {
        content_type: "application/pkix-crl",
        tag: format!("{}-{}", kind.name(), record.number),
        body: record.der,
        modified: record.this_update,
        max_age,
        expires: None,
    };
    document.answer(headers)
}

impl Service {
    fn latest(&self, issuer: &str, kind: CrlKind) -> Result<Option<CrlRecord>, StorageError> {
        let Some(issuer) = self.issuer(issuer) else {
            return Ok(None);
        };
        self.parts
            .storage
            .snapshot()?
            .crls()
            .latest(issuer.id, kind)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_has_one_name() {
        assert_eq!(kind_of("0.crl"), Some(CrlKind::Shard(0)));
        assert_eq!(kind_of("17-delta.crl"), Some(CrlKind::Delta(17)));
        for name in [
            "",
            ".crl",
            "01.crl",
            "+1.crl",
            "-delta.crl",
            "1-delta",
            "65536.crl",
            "1.crl.crl",
            "1-delta-delta.crl",
        ] {
            assert_eq!(kind_of(name), None, "{name}");
        }
    }
}
