//! `GET /api/v1/certificates/report.{pdf,csv.p7s}`: what was ever issued in one's name, with the seal of the authority.

use axum::body::Body;
use axum::extract::State;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse as _, Response};
use tanba_model::certificate::CertificateRecord;
use tanba_model::ports::CertificateFilter;
use tanba_pki::Certificate;
use tanba_print::{SealWords, Sealer};

use super::report;
use crate::paper;
use crate::problem::Problem;
use crate::session::SignedIn;
use crate::state::CabinetState;
use crate::view::Words;
use crate::visit::Visit;

/// Pages of certificates in a sealed document at most: nobody has ten thousand, and a document is made in memory.
const PAGES: usize = 50;

/// The detached signature over the table (CAdES-BES) as it is at this moment, in this language.
pub(super) async fn signature(
    State(state): State<CabinetState>,
    visit: Visit,
    signed_in: SignedIn,
) -> Result<Response, Problem> {
    state.limit_reports(signed_in.session.person)?;
    let words = state.words(&visit);
    let table = report::whole(
        &words,
        &signed_in.person,
        &state.all_certificates(&signed_in).await?,
    )
    .into_bytes();
    let sealer = state.sealer(&signed_in, table.clone()).await?;
    let signature = sealer
        .sign_detached(&table, words.now)
        .map_err(|error| Problem::internal(&error).because(&error))?;
    Ok(file(
        &words,
        "application/pkcs7-signature",
        "csv.p7s",
        signature,
    ))
}

/// The report, sealed.
pub(super) async fn document(
    State(state): State<CabinetState>,
    visit: Visit,
    signed_in: SignedIn,
) -> Result<Response, Problem> {
    state.limit_reports(signed_in.session.person)?;
    let words = state.words(&visit);
    let fonts = state.fonts().ok_or_else(Problem::no_printing)?;
    let records = state.all_certificates(&signed_in).await?;
    let report = paper::report(&words, &signed_in.person, &records);
    // Setting a thousand certificates takes a while.
    let printed = tokio::task::spawn_blocking(move || report.to_pdf(&fonts)).await;
    let pdf = printed
        .map_err(|error| Problem::internal(&error))?
        .map_err(|error| Problem::internal(&error).because(&error))?;
    let sealer = state.sealer(&signed_in, pdf.clone()).await?;
    let name = words.catalogue.text(words.language, "authority-name");
    let reason = words
        .catalogue
        .text(words.language, "report-reason-of-seal");
    let seal = SealWords {
        name: &name,
        reason: &reason,
        at: words.now,
    };
    let sealed = sealer
        .seal_pdf(&pdf, &seal)
        .map_err(|error| Problem::internal(&error).because(&error))?;
    Ok(file(&words, "application/pdf", "pdf", sealed))
}

/// A download; its name has no letter of a person in it.
fn file(words: &Words<'_>, media_type: &'static str, ending: &str, octets: Vec<u8>) -> Response {
    let disposition = format!(
        "attachment; filename=\"{}\"",
        paper::file_name(words, ending)
    );
    let headers = [
        (CONTENT_TYPE, media_type.to_owned()),
        (CONTENT_DISPOSITION, disposition),
    ];
    (headers, Body::from(octets)).into_response()
}

impl CabinetState {
    /// Every certificate of the person, newest first.
    async fn all_certificates(
        &self,
        signed_in: &SignedIn,
    ) -> Result<Vec<CertificateRecord>, Problem> {
        let session = signed_in.session.clone();
        self.ra(move |ra| {
            let filter = CertificateFilter::default();
            let mut all: Vec<CertificateRecord> = Vec::new();
            for _ in 0..PAGES {
                let after = all.last().map(|record| record.serial);
                let page = ra.certificate_page(&session, &filter, after.as_ref(), report::PAGE)?;
                all.extend(page.items);
                if !page.more {
                    break;
                }
            }
            Ok::<_, tanba_ra::Unavailable>(all)
        })
        .await
    }

    /// The seal for a document, after its use is on record.
    async fn sealer(&self, signed_in: &SignedIn, document: Vec<u8>) -> Result<Sealer, Problem> {
        let (session, now) = (signed_in.session.clone(), self.now());
        let seal = self
            .ra(move |ra| ra.seal_for(&session, &document, now))
            .await?;
        let read =
            |der: &[u8]| Certificate::from_der(der).map_err(|error| Problem::internal(&error));
        let chain = seal.chain.iter().map(|der| read(der));
        Ok(Sealer::new(
            seal.signer,
            read(&seal.certificate)?,
            chain.collect::<Result<_, _>>()?,
        ))
    }
}
