//! `/{lang}/cabinet/reissue`: the form. Works without script.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{Html, IntoResponse as _, Redirect, Response};
use minijinja::value::Serde;
use minijinja::{Value, context};
use serde::{Deserialize, Serialize};
use tanba_model::keystore_kind::KeystoreKind;
use tanba_model::person::EmailAddress;
use tanba_ra::{ReissueForm, SecondFactorPolicy, codes};

use crate::body::Form;
use crate::places;
use crate::problem::Problem;
use crate::render::Screen;
use crate::session::SignedIn;
use crate::state::CabinetState;
use crate::view::can_renew;
use crate::visit::Visit;

const SCREEN: Screen =
    Screen::new("cabinet/reissue.html", "reissue", "menu-keys-reissue").help(&[9]);

/// The form as it was sent; everything may be missing.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Fields {
    csrf: String,
    email: String,
    region: String,
    settlement: String,
    keystore: String,
}

/// What is wrong with each field: keys of texts, or whole sentences.
#[derive(Debug, Default)]
struct Mistakes {
    email: Option<String>,
    region: Option<String>,
    settlement: Option<String>,
    keystore: Option<String>,
    whole: Option<String>,
    /// Whether first keys may help.
    obtain: bool,
    /// Whether no key is there to sign with, so that nothing else helps and there is nothing to fill in.
    keyless: bool,
}

#[derive(Debug, Serialize)]
struct Mistake<'a> {
    field: &'static str,
    text: &'a str,
}

pub(crate) async fn show(
    State(state): State<CabinetState>,
    visit: Visit,
    signed_in: SignedIn,
) -> Result<Html<String>, Problem> {
    let session = signed_in.session.clone();
    let earlier = state.ra(move |ra| ra.applications(&session)).await?;
    let newest = earlier.first();
    let email = newest.map_or(signed_in.person.email.as_ref(), |application| {
        application.email.as_ref()
    });
    let fields = Fields {
        csrf: String::new(),
        email: email
            .map(|email| email.as_str().to_owned())
            .unwrap_or_default(),
        region: newest
            .map(|application| application.region.clone())
            .unwrap_or_default(),
        settlement: newest
            .map(|application| application.settlement.clone())
            .unwrap_or_default(),
        keystore: KeystoreKind::PersonalComputer.identifier().to_owned(),
    };
    let needs_address = state.authority().config().second_factor() == SecondFactorPolicy::EmailCode;
    let mut mistakes = Mistakes::default();
    if needs_address && signed_in.person.email.is_none() {
        let problem = Problem::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            codes::NO_CONFIRMED_ADDRESS,
        );
        mistakes.whole = Some(problem.sentence(state.catalogue(), &visit));
    }
    let valid = state.valid_certificates_of(&signed_in).await?;
    if !can_renew(&valid, state.now()) {
        let problem = Problem::new(StatusCode::UNPROCESSABLE_ENTITY, codes::NO_SIGNING_KEY);
        mistakes.place(&problem, problem.sentence(state.catalogue(), &visit));
    }
    page(&state, &visit, &signed_in, &fields, &mistakes).await
}

pub(crate) async fn submit(
    State(state): State<CabinetState>,
    visit: Visit,
    signed_in: SignedIn,
    headers: HeaderMap,
    Form(fields): Form<Fields>,
) -> Result<Response, Problem> {
    signed_in.check(&headers, &fields.csrf)?;
    let mut mistakes = examine(&state, &visit, &fields);
    let mut status = StatusCode::UNPROCESSABLE_ENTITY;
    if mistakes.is_none() {
        let form = ReissueForm {
            email: Some(fields.email.clone()),
            region: fields.region.clone(),
            settlement: fields.settlement.clone(),
            keystore: fields.keystore.clone(),
        };
        let (session, now) = (signed_in.session.clone(), state.now());
        match state
            .ra(move |ra| {
                ra.begin_reissue(&session, &form, now)
                    .map_err(Problem::from)
            })
            .await
        {
            Ok(application) => {
                let lang = visit.language.tag();
                let address = format!(
                    "/{lang}/cabinet/reissue/confirm?number={}",
                    application.number
                );
                return Ok(Redirect::to(&address).into_response());
            }
            // What the register says of her is told at the form, too: it may be mended while she waits.
            Err(problem)
                if problem.status() == StatusCode::UNPROCESSABLE_ENTITY
                    || [codes::PERSON_DIED, codes::DATA_CHANGED].contains(&problem.code()) =>
            {
                status = problem.status();
                mistakes.place(&problem, problem.sentence(state.catalogue(), &visit));
            }
            Err(problem) => return Err(problem),
        }
    }
    let page = page(&state, &visit, &signed_in, &fields, &mistakes).await?;
    Ok((status, page).into_response())
}

/// All mistakes at once, so that nobody corrects them one by one.
fn examine(state: &CabinetState, visit: &Visit, fields: &Fields) -> Mistakes {
    let gazetteer = state.authority().gazetteer();
    let wrong = |is_wrong: bool, key: &str| is_wrong.then(|| state.text(visit, key));
    let region = gazetteer
        .regions
        .iter()
        .any(|region| region.code == fields.region);
    let settlement = gazetteer.find(&fields.region, &fields.settlement).is_some();
    let email = fields.email.trim();
    Mistakes {
        email: wrong(
            !email.is_empty() && EmailAddress::parse(email).is_err(),
            "field-email",
        ),
        region: wrong(!region, "field-region"),
        settlement: wrong(
            (region || fields.settlement.is_empty()) && !settlement,
            "field-settlement",
        ),
        keystore: wrong(
            KeystoreKind::from_identifier(&fields.keystore).is_none(),
            "field-keystore",
        ),
        whole: None,
        obtain: false,
        keyless: false,
    }
}

impl Mistakes {
    const fn is_none(&self) -> bool {
        self.email.is_none()
            && self.region.is_none()
            && self.settlement.is_none()
            && self.keystore.is_none()
            && self.whole.is_none()
    }

    /// Puts a refusal beside the field that caused it.
    fn place(&mut self, problem: &Problem, sentence: String) {
        self.obtain |= [codes::NO_SIGNING_KEY, codes::DATA_CHANGED].contains(&problem.code());
        self.keyless |= problem.code() == codes::NO_SIGNING_KEY;
        let field = match problem.code() {
            codes::EMAIL_INVALID | codes::EMAIL_NOT_CONFIRMED => &mut self.email,
            codes::PLACE_UNKNOWN => &mut self.settlement,
            codes::KEYSTORE_NEEDS_AGENT | codes::KEYSTORE_UNKNOWN => &mut self.keystore,
            _ => &mut self.whole,
        };
        *field = Some(sentence);
    }

    fn list(&self) -> Vec<Mistake<'_>> {
        let fields = [
            ("", &self.whole),
            ("email", &self.email),
            ("region", &self.region),
            ("settlement", &self.settlement),
            ("keystore", &self.keystore),
        ];
        fields
            .into_iter()
            .filter_map(|(field, text)| {
                Some(Mistake {
                    field,
                    text: text.as_deref()?,
                })
            })
            .collect()
    }
}

async fn page(
    state: &CabinetState,
    visit: &Visit,
    signed_in: &SignedIn,
    fields: &Fields,
    mistakes: &Mistakes,
) -> Result<Html<String>, Problem> {
    let field = |value: &str, error: &Option<String>| -> Value {
        context! { value, error }
    };
    let person = &signed_in.person;
    let values = context! {
        person => Serde(state.words(visit).person(person)),
        code_address => person.code_address(state.now()).map(EmailAddress::masked),
        regions => Serde(places::regions(state.authority().gazetteer(), visit.language)),
        errors => Serde(mistakes.list()),
        obtain => mistakes.obtain,
        keyless => mistakes.keyless,
        stopped => state.is_issuance_stopped().await?,
        capabilities => Serde(state.capabilities()),
        fields => context! {
            email => field(&fields.email, &mistakes.email),
            region => field(&fields.region, &mistakes.region),
            settlement => field(&fields.settlement, &mistakes.settlement),
            keystore => field(&fields.keystore, &mistakes.keystore),
        },
    };
    let screen = Screen {
        has_errors: !mistakes.is_none(),
        ..SCREEN
    };
    Ok(state.render(visit, Some(signed_in), &screen, values))
}
