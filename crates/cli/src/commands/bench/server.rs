//! The cabinet over a scratch database, asked over HTTP by people who are signed in.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use tanba_cabinet::{CabinetSection, LimitsSection};
use tanba_model::ports::Storage;
use tanba_ra::{RaSection, RegistrationAuthority};
use ureq::Agent;

use super::report::timed;
use super::scratch::Scratch;
use crate::context::Context;
use crate::listen::{self, Listener};
use crate::outbound;
use crate::wire::{Policies, Services};

/// An answer that takes longer is none.
const PATIENCE: Duration = Duration::from_secs(30);

/// The cabinet, and somebody who asks it. Its thread ends with the program.
pub(super) struct Server {
    origin: String,
    agent: Agent,
}

/// An answer.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) octets: usize,
    pub(super) time: Duration,
}

impl Server {
    pub(super) fn start(scratch: &Scratch, context: &Context) -> anyhow::Result<Self> {
        let socket = listen::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))?;
        let origin = format!("http://{}", socket.local_addr()?);
        let often = 1_000_000_000;
        let cabinet = CabinetSection {
            limits: LimitsSection {
                look_ups_per_minute: often,
                look_ups_per_number_per_minute: often,
                steps_per_person_per_minute: often,
                persons_per_staff_per_minute: often,
                persons_per_staff_per_day: often,
                ..LimitsSection::default()
            },
            ..CabinetSection::default()
        };
        let policies = Policies {
            ra: RaSection::default().check(&origin)?,
            cabinet: cabinet.check(&origin, true)?,
            responder: tanba_responder::Rules::default(),
            register: None,
        };
        let storage: Arc<dyn Storage> = scratch.storage.clone();
        let authority = Arc::clone(&scratch.authority);
        authority.maintain(context.now())?;
        let services = Services::new(storage, authority, policies, Vec::new(), context)?;
        let router = services.cabinet;
        std::thread::Builder::new()
            .name("server".to_owned())
            .spawn(move || {
                listen::serve(vec![Listener {
                    socket,
                    router,
                    tls: None,
                }])
            })
            .context("a thread cannot be started")?;
        Ok(Self {
            origin,
            agent: outbound::agent(None, PATIENCE)?,
        })
    }

    /// Asks for a path, as a browser would, with the cookie of a session or without.
    pub(super) fn get(&self, path: &str, session: Option<&str>) -> anyhow::Result<Answer> {
        let mut request = self
            .agent
            .get(format!("{}{path}", self.origin))
            .header("accept", "text/html,application/json")
            .header("accept-encoding", "br, gzip");
        if let Some(cookie) = session {
            request = request.header("cookie", cookie);
        }
        let (answer, time) = timed(|| -> anyhow::Result<(u16, usize)> {
            let mut answer = request.call()?;
            let octets = answer.body_mut().read_to_vec()?;
            Ok((answer.status().as_u16(), octets.len()))
        });
        let (status, octets) = answer?;
        Ok(Answer {
            status,
            octets,
            time,
        })
    }

    /// Sends a form, as a browser would.
    pub(super) fn post_form(&self, path: &str, body: &str) -> anyhow::Result<Answer> {
        let request = self
            .agent
            .post(format!("{}{path}", self.origin))
            .header("accept", "text/html")
            .header("content-type", "application/x-www-form-urlencoded")
            .header("origin", self.origin.as_str());
        let (answer, time) = timed(|| -> anyhow::Result<(u16, usize)> {
            let mut answer = request.send(body)?;
            let octets = answer.body_mut().read_to_vec()?;
            Ok((answer.status().as_u16(), octets.len()))
        });
        let (status, octets) = answer?;
        Ok(Answer {
            status,
            octets,
            time,
        })
    }

    /// What decides behind this server, once more.
    pub(super) fn authority(
        &self,
        scratch: &Scratch,
        context: &Context,
    ) -> anyhow::Result<RegistrationAuthority> {
        let ra = RegistrationAuthority::new(
            scratch.storage.clone(),
            scratch.authority.clone(),
            RaSection::default().check(&self.origin)?,
            context.random(),
        )?;
        Ok(ra.with_session_key(scratch.authority.session_key()))
    }
}
