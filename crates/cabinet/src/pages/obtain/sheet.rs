//! The application for first keys on paper, for the registration centre. It is there while she may come; who asks proves
//! herself as for the page that offers it, and is led back to that page when there is nothing to print.

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse as _, Redirect, Response};
use tanba_model::application::{Application, ApplicationNumber, State as Stage};
use tanba_model::document::ApplicationDocument;
use tanba_model::language::Language;
use tanba_pki::Timestamp;
use tanba_ra::{FirstStep, Holder};

use super::{application, last_day, to_step};
use crate::limited::MaybeLimited;
use crate::paper::{Applicant, Edition, PrintedApplication, PrintedCentre};
use crate::places;
use crate::problem::Problem;
use crate::rate_limit::Limited;
use crate::state::CabinetState;
use crate::visit::Visit;

/// What the address of the sheet ends with, after that of the page that offers it.
pub(crate) const SHEET: &str = "/sheet.pdf";

/// Whether an application is one to be taken to a registration centre, and printing is of use.
pub(crate) const fn is_offered(application: &Application) -> bool {
    application.first.is_some() && matches!(application.state, Stage::Submitted { .. })
}

/// `GET /{lang}/obtain/application/sheet.pdf`: in the browser that applied.
pub(crate) async fn by_cookie(
    State(state): State<CabinetState>,
    visit: Visit,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let applicant = state.applicant(&headers).await?;
    state.limit_printing(&visit)?;
    let printed = state
        .print(&visit, applicant.view.application, true)
        .await?;
    Ok(printed.unwrap_or_else(|| to_step(&visit, FirstStep::Done)))
}

/// `GET /{lang}/obtain/application/{secret}/sheet.pdf`: by the link of a mail.
pub(crate) async fn by_link(
    State(state): State<CabinetState>,
    visit: Visit,
    Path(secret): Path<String>,
) -> Result<Response, Problem> {
    state.limit_printing(&visit)?;
    let (secret, view) = state.linked(&visit, &secret).await?;
    let printed = state.print(&visit, view.application, true).await?;
    let page = format!(
        "/{}{}",
        visit.language.tag(),
        application::link_path(&secret)
    );
    Ok(printed.unwrap_or_else(|| Redirect::to(&page).into_response()))
}

/// `GET /{lang}/status/{number}/sheet.pdf`: for whoever proved the number. A number and an IIN are less than the secret of a
/// mail, so the address for mails is left out.
pub(crate) async fn by_proof(
    State(state): State<CabinetState>,
    visit: Visit,
    Path(asked): Path<String>,
    MaybeLimited(limited): MaybeLimited,
) -> Result<Response, Problem> {
    let Ok(number) = ApplicationNumber::parse(&asked) else {
        return Ok(Redirect::to(&format!("/{}/status", visit.language.tag())).into_response());
    };
    state.limit_printing(&visit)?;
    let page = format!("/{}/status/{number}", visit.language.tag());
    let mut found = None;
    if let Some(limited) = limited {
        let holder = Holder::from(&limited.session);
        let history = state
            .ra(move |ra| Ok::<_, Problem>(ra.held_history(holder, &number)))
            .await?;
        found = history.ok().map(|history| history.application);
    }
    let printed = state.print(&visit, found, false).await?;
    Ok(printed.unwrap_or_else(|| Redirect::to(&page).into_response()))
}

impl CabinetState {
    fn limit_printing(&self, visit: &Visit) -> Result<(), Problem> {
        visit.count(self, Limited::Print)
    }

    /// The sheet; `None` where there is nothing to print.
    async fn print(
        &self,
        visit: &Visit,
        application: Option<Application>,
        with_address: bool,
    ) -> Result<Option<Response>, Problem> {
        let Some(application) = application.filter(is_offered) else {
            return Ok(None);
        };
        let fonts = self.fonts().ok_or_else(Problem::no_printing)?;
        let Some(mut sheet) = self.sheet(visit.language, &application)? else {
            return Ok(None);
        };
        if !with_address {
            sheet.email = None;
        }
        let name = sheet.file_name();
        let (state, edition) = (self.clone(), Edition::of(visit.language));
        let printed =
            tokio::task::spawn_blocking(move || sheet.to_pdf(state.catalogue(), edition, &fonts));
        let pdf = printed
            .await
            .map_err(|error| Problem::internal(&error))?
            .map_err(|error| Problem::internal(&error).because(&error))?;
        let headers = [
            (CONTENT_TYPE, "application/pdf".to_owned()),
            (
                CONTENT_DISPOSITION,
                format!("attachment; filename=\"{name}\""),
            ),
        ];
        Ok(Some((headers, Body::from(pdf)).into_response()))
    }

    /// What stands on the sheet: what was signed, and where and until when to come.
    fn sheet(
        &self,
        language: Language,
        application: &Application,
    ) -> Result<Option<PrintedApplication>, Problem> {
        let Some(first) = &application.first else {
            return Ok(None);
        };
        let document = ApplicationDocument::from_bytes(&first.document)
            .map_err(|error| Problem::internal(&error).because(&error))?;
        let submitted: Timestamp = application.state.since().unwrap_or(application.created_at);
        let number = application.number.clone();
        let lang = language.tag();
        Ok(Some(PrintedApplication {
            status_url: format!("{}/{lang}/status?number={number}", self.config().origin()),
            number,
            applicant: Applicant {
                surname: document.applicant.surname,
                given_name: document.applicant.given_name,
                patronymic: document.applicant.patronymic,
                iin: document.applicant.iin,
            },
            email: Some(first.address().as_str().to_owned()),
            keystore: application.keystore,
            submitted_at: submitted,
            last_day: last_day(first.appear_by),
            centre: self.printed_centre(&first.centre),
        }))
    }

    /// A centre in each language; without words where the list does not have it any more.
    fn printed_centre(&self, code: &str) -> [PrintedCentre; 3] {
        let Some(centre) = self.authority().centres().find(code) else {
            return Default::default();
        };
        let gazetteer = self.authority().gazetteer();
        Language::ALL.map(|language| {
            let (_, settlement) =
                places::named(gazetteer, language, &centre.region, &centre.settlement);
            PrintedCentre {
                name: centre.name(language).to_owned(),
                address: format!("{settlement}, {}", centre.address(language)),
                opening_hours: centre.hours.text(language),
                phone: None,
            }
        })
    }
}
