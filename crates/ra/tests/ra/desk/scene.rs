//! People at a desk and in front of it.

use tanba_model::application::{ApplicationKind, ApplicationNumber, FirstIssuance, KeyRequest};
use tanba_model::audit::Actor;
use tanba_model::centre::Centres;
use tanba_model::document::{ApplicationDocument, DocumentKey, SCHEMA};
use tanba_model::iin::Iin;
use tanba_model::keystore_kind::KeystoreKind;
use tanba_model::language::Language;
use tanba_model::person::EmailAddress;
use tanba_model::ports::{NewApplication, Storage as _};
use tanba_model::staff::Role;
use tanba_pki::{CertificateRequest, Timestamp};
use tanba_ra::{Clerk, DeskError, Employment, Outcome, Verdict, employ};

use crate::world::{Citizen, DAY, Key, NOON, World, after, request};

pub(super) const ALMATY: &str = "kz-75-almaty-1";
pub(super) const SEMEY: &str = "kz-10-semey-1";

/// A member of staff with her key, signed in.
pub(super) struct Seat {
    pub(super) clerk: Clerk,
    pub(super) key: Key,
    pub(super) citizen: Citizen,
}

pub(super) fn iin(citizen: &Citizen) -> Iin {
    Iin::parse(&citizen.subject.iin).unwrap()
}

pub(super) fn profile(role: Role) -> String {
    format!("neutral-{}", role.name())
}

pub(super) fn centres(world: &World) -> Centres {
    world.ra.config().centres().unwrap()
}

pub(super) fn hire(world: &World, citizen: &Citizen, role: Role, centre: &str) {
    let employment = Employment {
        role,
        centre: role.has_centre().then(|| centre.to_owned()),
        since: NOON,
        until: None,
    };
    let actor = Actor::Administrator("test".to_owned());
    employ(
        world.storage.as_ref(),
        &centres(world),
        &iin(citizen),
        &employment,
        &actor,
        NOON,
    )
    .unwrap();
}

pub(super) fn staff_key(world: &World, citizen: &Citizen, role: Role) -> Key {
    world.key(citizen.id, &citizen.subject, &profile(role), NOON)
}

/// Somebody who works at a centre and has signed in.
pub(super) fn seat(world: &World, name: &str, role: Role, centre: &str) -> Seat {
    let citizen = world.citizen(name);
    hire(world, &citizen, role, centre);
    let key = staff_key(world, &citizen, role);
    let challenge = world.ra.desk_challenge(NOON).unwrap();
    let opened = world
        .ra
        .desk_login(&key.sign(&challenge, NOON), NOON, "")
        .unwrap();
    Seat {
        clerk: opened.clerk,
        key,
        citizen,
    }
}

impl Seat {
    pub(super) fn sign(
        &self,
        world: &World,
        document: &[u8],
        now: Timestamp,
    ) -> Result<Outcome, DeskError> {
        let message = self.key.sign(document, now);
        world.ra.sign_decision(&self.clerk, &message, now)
    }

    /// Prepares a verdict and signs it.
    pub(super) fn decide(
        &self,
        world: &World,
        number: &ApplicationNumber,
        verdict: &Verdict,
        now: Timestamp,
    ) -> Result<Outcome, DeskError> {
        let document = world
            .ra
            .prepare_verdict(&self.clerk, number, verdict, now)?;
        self.sign(world, &document, now)
    }
}

pub(super) fn approval() -> Verdict {
    Verdict::Approve {
        identification: "operator".to_owned(),
        remark: String::new(),
    }
}

pub(super) fn refusal(reason: &str, remark: &str) -> Verdict {
    Verdict::Reject {
        reason: reason.to_owned(),
        remark: remark.to_owned(),
    }
}

/// An application for first keys that waits at a centre, as somebody submitted it.
pub(super) fn waiting(world: &World, citizen: &Citizen, centre: &str) -> ApplicationNumber {
    waiting_for(world, citizen, centre, TYPED)
}

/// The address that applicants confirm.
pub(super) const TYPED: &str = "new-keys@example.kz";

/// The same with another address in the record than in what was signed.
pub(super) fn waiting_for(
    world: &World,
    citizen: &Citizen,
    centre: &str,
    recorded: &str,
) -> ApplicationNumber {
    let number = (0..10)
        .find_map(|last| {
            let body = citizen.subject.iin.get(1..12).unwrap();
            ApplicationNumber::parse(&format!("{body}{last}")).ok()
        })
        .unwrap();
    let mut work = world.storage.begin().unwrap();
    let mut application = work
        .applications()
        .insert(
            &NewApplication {
                number: number.clone(),
                person: citizen.id,
                kind: ApplicationKind::First,
                email: EmailAddress::parse(TYPED).ok(),
                region: "KZ-75".to_owned(),
                settlement: "almaty".to_owned(),
                keystore: KeystoreKind::PersonalComputer,
                login_certificate: None,
            },
            NOON,
        )
        .unwrap();
    let mut keys = Vec::new();
    for (profile, purpose) in world
        .ra
        .config()
        .profiles()
        .into_iter()
        .zip(["authentication", "signature"])
    {
        let der = request(&world.new_key(), profile, &citizen.subject);
        let read = CertificateRequest::from_der(&der).unwrap();
        let digest = read.public_key().sha256();
        keys.push(DocumentKey {
            profile: profile.to_owned(),
            purpose: purpose.to_owned(),
            algorithm: "EC".to_owned(),
            public_key_sha256: tanba_pki::hex::encode(&digest),
            request_sha256: tanba_pki::hex::encode(&tanba_crypto::sha256(&der)),
        });
        application.requests.push(KeyRequest {
            profile: profile.to_owned(),
            request: der,
            public_key_sha256: digest,
            certificate: None,
        });
    }
    let document: ApplicationDocument = serde_json::from_value(serde_json::json!({
        "schema": SCHEMA, "kind": "first", "origin": crate::world::ORIGIN, "number": number.as_str(), "created": NOON,
        "applicant": {
            "iin": citizen.subject.iin, "surname": citizen.subject.surname, "given_name": citizen.subject.given_name,
            "patronymic": null, "country": "KZ",
        },
        "email": TYPED, "region": "KZ-75", "settlement": "almaty", "keystore": "PKCS12", "centre": centre,
        "agreement": "1", "keys": keys,
    }))
    .unwrap();
    application.state = application.state.submit(NOON).unwrap();
    let first = FirstIssuance {
        centre: centre.to_owned(),
        email: EmailAddress::parse(recorded).unwrap(),
        language: Language::Ru,
        appear_by: after(30 * DAY),
        agreement: "1".to_owned(),
        agreed_at: NOON,
        document: document.to_bytes().unwrap(),
        signature: vec![1],
    };
    work.applications().update(&mut application).unwrap();
    work.applications()
        .submit_first(&mut application, first)
        .unwrap();
    work.commit().unwrap();
    number
}
