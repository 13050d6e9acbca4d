//! The register of people over HTTP: asked about one number, answered in JSON. What it sends is documented in
//! `docs/operator.md`; whatever else comes is "no answer", and the application waits.

use std::fmt;
use std::time::Duration;

use anyhow::Context as _;
use axum::http::Request;
use axum::http::header::{ACCEPT, AUTHORIZATION, HeaderValue};
use serde::Deserialize;
use tanba_model::iin::Iin;
use tanba_model::ports::{PersonFacts, PersonRegister, RegisterAnswer};
use ureq::Agent;

use crate::config::Register;
use crate::{outbound, password};

/// Octets of the longest answer that is read.
const LONGEST_ANSWER: u64 = 64 * 1024;
/// Wait before the second try; it doubles with each further one.
const FIRST_WAIT: Duration = Duration::from_millis(200);
/// People of one number that are looked at.
const MOST_PEOPLE: usize = 20;

/// A register over HTTP.
pub(crate) struct HttpRegister {
    agent: Agent,
    url: String,
    host: String,
    authorization: Option<HeaderValue>,
    tries: u32,
}

impl fmt::Debug for HttpRegister {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("HttpRegister")
            .field("host", &self.host)
            .finish_non_exhaustive()
    }
}

/// The answer of the register.
#[derive(Deserialize)]
struct Answer {
    /// Everybody who has the number: nobody, one, or more where the register contradicts itself.
    persons: Vec<Found>,
}

#[derive(Deserialize)]
struct Found {
    iin: String,
    surname: String,
    given_name: String,
    #[serde(default)]
    patronymic: Option<String>,
    #[serde(default)]
    deceased: bool,
}

/// Why there was no answer. Nothing of it is personal: the address that was asked holds a number.
enum Silence {
    /// Trying again at once may help.
    Passing(&'static str),
    /// It is the register's or the configuration's fault; somebody has to act.
    Lasting(&'static str),
}

impl HttpRegister {
    /// Gets ready to ask; nothing is connected yet.
    pub(crate) fn new(register: &Register) -> anyhow::Result<Self> {
        let authorization = register
            .token_file
            .as_deref()
            .map(|path| {
                let token = password::from_file(path)?;
                let value = [b"Bearer ".as_slice(), token.expose()].concat();
                let mut value = HeaderValue::from_bytes(&value)
                    .context("the token of the register has characters that no header may have")?;
                value.set_sensitive(true);
                anyhow::Ok(value)
            })
            .transpose()?;
        Ok(Self {
            agent: outbound::agent(register.trusted.as_deref(), register.patience)?,
            url: register.url.clone(),
            host: register.host.clone(),
            authorization,
            tries: register.tries,
        })
    }

    fn ask(&self, iin: &Iin) -> Result<RegisterAnswer, Silence> {
        let mut request = Request::builder()
            .method("GET")
            .uri(self.url.replace("{iin}", iin.as_str()))
            .header(ACCEPT, "application/json");
        if let Some(authorization) = &self.authorization {
            request = request.header(AUTHORIZATION, authorization);
        }
        let request = request
            .body(())
            .map_err(|_| Silence::Lasting("its address cannot be used"))?;
        // The error of the client may name the address, and with it the number.
        let mut response = self
            .agent
            .run(request)
            .map_err(|_| Silence::Passing("it cannot be reached in time"))?;
        match response.status().as_u16() {
            200 => {}
            404 => return Ok(RegisterAnswer::Unknown),
            429 | 500..=599 => return Err(Silence::Passing("it is overloaded or broken")),
            _ => return Err(Silence::Lasting("it refuses to answer us")),
        }
        let body = response
            .body_mut()
            .with_config()
            .limit(LONGEST_ANSWER)
            .read_to_vec()
            .map_err(|_| Silence::Passing("its answer is too long or breaks off"))?;
        read(&body, iin).ok_or(Silence::Lasting("its answer cannot be understood"))
    }
}

impl PersonRegister for HttpRegister {
    fn look_up(&self, iin: &Iin) -> RegisterAnswer {
        for turn in 0..self.tries {
            if turn > 0 {
                std::thread::park_timeout(FIRST_WAIT.saturating_mul(1 << (turn - 1).min(5)));
            }
            match self.ask(iin) {
                Ok(answer) => return answer,
                Err(Silence::Passing(why)) => {
                    tracing::warn!(register = self.host, turn, "the register of people: {why}");
                }
                Err(Silence::Lasting(why)) => {
                    tracing::error!(register = self.host, "the register of people: {why}");
                    return RegisterAnswer::Unavailable;
                }
            }
        }
        RegisterAnswer::Unavailable
    }

    fn name(&self) -> &str {
        &self.host
    }
}

/// Reads an answer about a number; an answer about another one is none.
fn read(body: &[u8], iin: &Iin) -> Option<RegisterAnswer> {
    let answer: Answer = serde_json::from_slice(body).ok()?;
    if answer.persons.len() > MOST_PEOPLE
        || answer.persons.iter().any(|found| found.iin != iin.as_str())
    {
        return None;
    }
    let mut people = Vec::with_capacity(answer.persons.len());
    for found in &answer.persons {
        let patronymic = found.patronymic.as_deref().unwrap_or_default();
        people.push(PersonFacts::read(&found.surname, &found.given_name, patronymic).ok()?);
    }
    Some(match (people.len(), answer.persons.first()) {
        (0, _) => RegisterAnswer::Unknown,
        (1, Some(found)) if found.deceased => RegisterAnswer::Dead,
        (1, _) => RegisterAnswer::Person(people.pop()?),
        _ => RegisterAnswer::Ambiguous(people),
    })
}

#[cfg(test)]
mod tests;
