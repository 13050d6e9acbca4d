//! A registration centre before which very many people wait, and somebody who works there.

use anyhow::Context as _;
use tanba_model::application::{ApplicationKind, ApplicationNumber, FirstIssuance};
use tanba_model::audit::Actor;
use tanba_model::certificate::Channel;
use tanba_model::id::PersonId;
use tanba_model::iin::Iin;
use tanba_model::keystore_kind::KeystoreKind;
use tanba_model::language::Language;
use tanba_model::ports::{Issuance as _, IssuanceOrder, NewApplication, SourceRng, Storage as _};
use tanba_model::staff::Role;
use tanba_pki::profile::Subject;
use tanba_pki::{Certificate, Timestamp};
use tanba_ra::{DeskOpened, Employment, RegistrationAuthority, employ};

use super::nation;
use super::person::{self, Key};
use super::scratch::Scratch;
use crate::context::Context;

/// The centre where all of them wait.
pub(super) const CENTRE: &str = "kz-75-almaty-1";
/// Applications of one unit of work.
const BATCH: usize = 5_000;
/// As long as one has to appear.
const MONTH: std::time::Duration = std::time::Duration::from_secs(30 * 24 * 3600);

/// Puts an application for first keys of each of so many people into the queue of the centre, a second apart; the last of
/// them, and whose it is.
pub(super) fn fill(
    scratch: &Scratch,
    count: u32,
    now: Timestamp,
    context: &Context,
) -> anyhow::Result<(ApplicationNumber, Iin)> {
    context.progress(format_args!("{count} people apply at one centre"));
    let source = context.random();
    let mut random = SourceRng(source.as_ref());
    let mut last = None;
    let everybody: Vec<_> = nation::iins().take(usize::try_from(count)?).collect();
    for some in everybody.chunks(BATCH) {
        let mut unit = scratch.storage.begin()?;
        for iin in some {
            let person = unit.persons().find_by_iin(iin)?.context("a person")?;
            let email = person.email.context("an address")?;
            let new = NewApplication {
                number: ApplicationNumber::random(&mut random),
                person: person.id,
                kind: ApplicationKind::First,
                email: Some(email.clone()),
                region: "KZ-75".to_owned(),
                settlement: "almaty".to_owned(),
                keystore: KeystoreKind::PersonalComputer,
                login_certificate: None,
            };
            let mut application = unit.applications().insert(&new, now)?;
            application.state = application.state.submit(now)?;
            unit.applications().update(&mut application)?;
            let first = FirstIssuance {
                centre: CENTRE.to_owned(),
                email,
                language: Language::Kk,
                appear_by: now.plus(MONTH),
                agreement: "1".to_owned(),
                agreed_at: now,
                // As many octets as a document and its signature have.
                document: vec![b' '; 900],
                signature: vec![0; 256],
            };
            unit.applications().submit_first(&mut application, first)?;
            last = Some((new.number, iin.clone()));
        }
        unit.commit()?;
    }
    last.context("nobody waits")
}

/// Hires somebody, for the centre where the role has one, with a key for the desk, and signs her in.
pub(super) fn sit_down(
    scratch: &Scratch,
    ra: &RegistrationAuthority,
    (who, role): (PersonId, Role),
    context: &Context,
) -> anyhow::Result<DeskOpened> {
    let now = context.now();
    let random = context.random();
    let somebody = scratch.storage.snapshot()?.persons().find(who)?;
    let somebody = somebody.context("a clerk")?;
    let employment = Employment {
        role,
        centre: role.has_centre().then(|| CENTRE.to_owned()),
        since: now,
        until: None,
    };
    let storage = scratch.storage.as_ref();
    let _ = employ(
        storage,
        ra.centres(),
        &somebody.iin,
        &employment,
        &Actor::System,
        now,
    )?;
    let [software, _] = person::new_keys(random.as_ref())?;
    let order = IssuanceOrder {
        person: Some(who),
        application: None,
        profile: format!("kz-{}", role.name()),
        subject: Subject {
            surname: somebody.surname,
            given_name: somebody.given_name,
            iin: somebody.iin.as_str().to_owned(),
            country: "KZ".to_owned(),
            ..Subject::default()
        },
        email: None,
        keystore: KeystoreKind::PersonalComputer,
        request: person::request(&software)?,
        channel: Channel::Administrator,
        actor: Actor::System,
    };
    let issued = scratch.authority.issue(&[order], now)?;
    let record = issued.first().context("a certificate")?;
    let der = record.der.as_deref().context("a certificate")?;
    let key = Key {
        software,
        certificate: Certificate::from_der(der)?,
    };
    let challenge = ra.desk_challenge(now)?;
    Ok(ra.desk_login(&key.sign(&challenge, now)?, now, "")?)
}
