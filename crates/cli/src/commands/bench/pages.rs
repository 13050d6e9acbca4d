//! The pages that are measured: every page of the cabinet's own table, asked for by somebody who may see it.

use std::time::Duration;

use anyhow::Context as _;
use tanba_crypto::sha256;
use tanba_model::application::{ApplicationKind, ApplicationNumber};
use tanba_model::id::PersonId;
use tanba_model::iin::Iin;
use tanba_model::intake::{Claim, IntakeStage, Standing};
use tanba_model::keystore_kind::KeystoreKind;
use tanba_model::language::Language;
use tanba_model::ports::{NewApplication, NewPendingAct, SourceRng, Storage as _, TokenPurpose};
use tanba_model::staff::Role;
use tanba_pki::Timestamp;
use tanba_ra::{ActWish, Clerk, Proof, RegistrationAuthority};

use super::person::{self, Key};
use super::queue::{self, CENTRE};
use super::scratch::Scratch;
use super::server::Server;
use crate::context::Context;

const DAY: Duration = Duration::from_secs(24 * 3600);
/// The secrets of the links of mails, sixteen octets in base64: to an application, and "it was not me".
const LINK: &str = "AAAAAAAAAAAAAAAAAAAAAA";
const NOT_ME: &str = "AQEBAQEBAQEBAQEBAQEBAQ";

/// Who asks for a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Who {
    /// Anybody.
    Nobody,
    /// Signed in with a key.
    Citizen,
    /// Asked for a code, without a key.
    Entering,
    /// Fills in an application for first keys and is at its last step.
    Applicant,
    /// Submitted one.
    Submitted,
    /// Proved the number of one.
    Prover,
    /// Works at the centre where everybody waits.
    Operator,
    /// Looks after the authority.
    Administrator,
}

/// Doors of the table with whoever asks at them. The queue of the desk has a target of its own and is asked for beside them.
pub(super) const PAGES: [(&str, Who); 44] = [
    ("/kk", Who::Nobody),
    ("/kk/enter", Who::Nobody),
    ("/kk/status", Who::Nobody),
    ("/kk/status?number={number}", Who::Nobody),
    ("/kk/status/{number}", Who::Prover),
    ("/kk/status/{number}/{secret}", Who::Nobody),
    ("/kk/guide", Who::Nobody),
    ("/kk/guide/{article}", Who::Nobody),
    ("/kk/not-me/{token}", Who::Nobody),
    ("/kk/unsubscribe/{token}", Who::Nobody),
    ("/kk/revoke", Who::Nobody),
    ("/kk/revoke/code", Who::Entering),
    ("/kk/obtain", Who::Nobody),
    ("/kk/obtain/person", Who::Applicant),
    ("/kk/obtain/address", Who::Applicant),
    ("/kk/obtain/place", Who::Applicant),
    ("/kk/obtain/centre", Who::Applicant),
    ("/kk/obtain/confirm", Who::Applicant),
    ("/kk/obtain/application", Who::Submitted),
    ("/kk/obtain/application/{secret}", Who::Nobody),
    ("/kk/cabinet", Who::Citizen),
    ("/kk/cabinet/keys", Who::Citizen),
    ("/kk/cabinet/applications", Who::Citizen),
    ("/kk/cabinet/applications/{number}", Who::Citizen),
    ("/kk/cabinet/reissue", Who::Citizen),
    ("/kk/cabinet/reissue/confirm?number={number}", Who::Citizen),
    ("/kk/cabinet/revoke", Who::Citizen),
    ("/kk/cabinet/password", Who::Citizen),
    ("/kk/cabinet/profile", Who::Citizen),
    ("/kk/desk/enter", Who::Nobody),
    ("/kk/desk/applications/{number}", Who::Operator),
    ("/kk/desk/persons/{id}", Who::Operator),
    ("/kk/desk/pending", Who::Operator),
    ("/kk/desk/pending/{act}", Who::Operator),
    ("/kk/desk/messages", Who::Operator),
    ("/kk/desk/audit", Who::Administrator),
    ("/kk/desk/admin", Who::Administrator),
    ("/kk/desk/admin/issuers/{issuer}", Who::Administrator),
    ("/kk/desk/admin/profiles", Who::Administrator),
    ("/kk/desk/admin/profiles/{name}", Who::Administrator),
    ("/kk/desk/admin/lists", Who::Administrator),
    ("/kk/desk/admin/blocked", Who::Administrator),
    ("/kk/desk/admin/queues", Who::Administrator),
    ("/kk/desk/admin/health", Who::Administrator),
];

/// Cookies of all who ask, and what stands in their addresses.
pub(super) struct Visitors {
    citizen: String,
    applicant: String,
    submitted: String,
    prover: String,
    operator: String,
    administrator: String,
    /// The number of the citizen's own application.
    own: String,
    /// The number of one that waits at the centre, and the record of who applied.
    number: String,
    person: String,
    act: String,
}

impl Visitors {
    /// Signs everybody in; `waiting` is an application at the centre, and `who` has real keys.
    pub(super) fn make(
        server: &Server,
        scratch: &Scratch,
        (who, keys): (PersonId, &[Key; 2]),
        (number, iin): (ApplicationNumber, Iin),
        context: &Context,
    ) -> anyhow::Result<Self> {
        let (ra, now) = (server.authority(scratch, context)?, context.now());
        let [authentication, _] = keys;
        let challenge = ra.login_challenge(now)?;
        let citizen = ra.login(&authentication.sign(&challenge, now)?, now, "")?;
        let proved = ra.prove(&number, Proof::Iin(&iin), now, "")?;
        let proved = proved.and_then(|proved| proved.opened).context("a proof")?;
        let clerk = person::enter_clerk(scratch)?;
        let operator = queue::sit_down(scratch, &ra, (clerk, Role::Operator), context)?;
        let other = person::enter_administrator(scratch)?;
        let administrator = queue::sit_down(scratch, &ra, (other, Role::Administrator), context)?;
        let (person, act) = pending(scratch, &ra, &operator.clerk, &iin, now)?;
        let own = own_application(scratch, who, context)?;
        link(scratch, who, &number, now)?;
        Ok(Self {
            citizen: format!("tanba={}", citizen.token.expose()),
            applicant: first(scratch, &ra, None, now)?,
            submitted: first(scratch, &ra, Some(&number), now)?,
            prover: format!("tanba-limited={}", proved.token.expose()),
            operator: format!("tanba-desk={}", operator.token.expose()),
            administrator: format!("tanba-desk={}", administrator.token.expose()),
            own: own.as_str().to_owned(),
            number: number.as_str().to_owned(),
            person,
            act,
        })
    }

    /// The cookie of somebody.
    pub(super) fn cookie(&self, who: Who) -> Option<String> {
        Some(match who {
            Who::Nobody => return None,
            Who::Citizen => self.citizen.clone(),
            Who::Entering => format!("tanba-entry={}", "0".repeat(64)),
            Who::Applicant => self.applicant.clone(),
            Who::Submitted => self.submitted.clone(),
            Who::Prover => self.prover.clone(),
            Who::Operator => self.operator.clone(),
            Who::Administrator => self.administrator.clone(),
        })
    }

    /// The address of a door for somebody.
    pub(super) fn path(&self, door: &str, who: Who) -> String {
        let number = if who == Who::Citizen {
            &self.own
        } else {
            &self.number
        };
        let filled = [
            ("{number}", number.as_str()),
            ("{id}", &self.person),
            ("{act}", &self.act),
            ("{secret}", LINK),
            ("{token}", NOT_ME),
            ("{article}", "reissue"),
            ("{issuer}", "bench"),
            ("{name}", "kz-individual-signature-rsa"),
        ];
        let fill = |path: String, (name, value): (&str, &str)| path.replace(name, value);
        filled.into_iter().fold(door.to_owned(), fill)
    }
}

/// An application of the citizen's own.
fn own_application(
    scratch: &Scratch,
    who: PersonId,
    context: &Context,
) -> anyhow::Result<ApplicationNumber> {
    let random = context.random();
    let number = ApplicationNumber::random(&mut SourceRng(random.as_ref()));
    let new = NewApplication {
        number: number.clone(),
        person: who,
        kind: ApplicationKind::Reissue,
        email: None,
        region: "KZ-75".to_owned(),
        settlement: "almaty".to_owned(),
        keystore: KeystoreKind::PersonalComputer,
        login_certificate: None,
    };
    let mut unit = scratch.storage.begin()?;
    let _ = unit.applications().insert(&new, context.now())?;
    unit.commit()?;
    Ok(number)
}

/// The secrets of the mails: "it was not me" of a person, and the page of an application.
fn link(
    scratch: &Scratch,
    who: PersonId,
    number: &ApplicationNumber,
    now: Timestamp,
) -> anyhow::Result<()> {
    let end = now.plus(DAY);
    let mut unit = scratch.storage.begin()?;
    for (purpose, secret, person, subject) in [
        (TokenPurpose::NotMe, NOT_ME, Some(who), ""),
        (TokenPurpose::ApplicationLink, LINK, None, number.as_str()),
    ] {
        let digest = sha256(secret.as_bytes());
        unit.secrets()
            .insert_token(purpose, &digest, person, subject, end)?;
    }
    unit.commit()?;
    Ok(())
}

/// Somebody who fills in an application for first keys, or whose application waits; her cookie.
fn first(
    scratch: &Scratch,
    ra: &RegistrationAuthority,
    submitted: Option<&ApplicationNumber>,
    now: Timestamp,
) -> anyhow::Result<String> {
    let secret = ra.begin_first(Language::Kk, now)?;
    let mut unit = scratch.storage.begin()?;
    let intake = unit.intakes().find(&sha256(secret.expose().as_bytes()))?;
    let mut intake = intake.context("an intake")?;
    let content = &mut intake.content;
    content.claim = Some(Claim {
        iin: "900101412302".to_owned(),
        surname: "ӨЛШЕМОВА".to_owned(),
        given_name: "АЙГЕРІМ".to_owned(),
        patronymic: None,
    });
    content.standing = Standing::Confirmed;
    content.email = Some("bench@example.kz".to_owned());
    content.email_confirmed = true;
    content.region = Some("KZ-75".to_owned());
    content.settlement = Some("almaty".to_owned());
    content.centre = Some(CENTRE.to_owned());
    content.keystore = Some(KeystoreKind::PersonalComputer.identifier().to_owned());
    if let Some(number) = submitted {
        intake.number = Some(number.clone());
        intake.stage = IntakeStage::Submitted;
    }
    unit.intakes().update(&mut intake)?;
    unit.commit()?;
    Ok(format!("tanba-first={}", secret.expose()))
}

/// An act that waits for a second signature; its record.
fn pending(
    scratch: &Scratch,
    ra: &RegistrationAuthority,
    clerk: &Clerk,
    iin: &Iin,
    now: Timestamp,
) -> anyhow::Result<(String, String)> {
    let names = [("surname", "ӨЛШЕМБАЕВА"), ("given_name", "АЙГЕРІМ")];
    let names = names.map(|(field, name)| (field.to_owned(), name.to_owned()));
    let wish = ActWish {
        act: "names".to_owned(),
        reason: "data-changed".to_owned(),
        remark: String::new(),
        identification: "operator".to_owned(),
        serials: Vec::new(),
        changes: names.into(),
    };
    let mut unit = scratch.storage.begin()?;
    let person = unit.persons().id_by_iin(iin)?.context("a person")?;
    drop(unit);
    let document = ra.prepare_act(clerk, person, &wish, now)?;
    let mut unit = scratch.storage.begin()?;
    let asked = NewPendingAct {
        act: tanba_model::decision::Act::Names,
        person,
        centre: CENTRE.to_owned(),
        first: clerk.member.id,
        asked_at: now,
        expires_at: now.plus(DAY),
        document,
    };
    let id = unit.decisions().ask(&asked)?;
    unit.commit()?;
    Ok((person.to_string(), id.to_string()))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use tanba_cabinet::{Verb, doors};

    use super::*;
    use crate::commands::bench::cabinet::DESK;

    /// Doors that open no page: files, which are made for whoever asks for one.
    const FILES: [&str; 4] = [
        "/kk/status/{number}/sheet.pdf",
        "/kk/obtain/application/sheet.pdf",
        "/kk/obtain/application/{secret}/sheet.pdf",
        "/kk/desk/admin/lists/{issuer}/{file}",
    ];

    #[test]
    fn every_page_of_the_cabinet_is_measured() {
        let asked = PAGES.iter().map(|(door, _)| *door);
        let asked: BTreeSet<&str> = asked
            .chain(DESK)
            .map(|path| path.split('?').next().unwrap_or_default())
            .collect();
        let pages: BTreeSet<String> = doors()
            .into_iter()
            .filter(|door| door.verb == Verb::Get)
            .map(|door| door.path)
            .filter(|path| path == "/kk" || path.starts_with("/kk/"))
            .filter(|path| !FILES.contains(&path.as_str()))
            .collect();
        let pages: BTreeSet<&str> = pages.iter().map(String::as_str).collect();
        assert_eq!(asked, pages);
    }
}
