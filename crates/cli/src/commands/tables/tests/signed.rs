//! What people and staff signed.

use tanba_crypto::{Signer, sha256};
use tanba_model::administration::{AdministrationDocument, AdministrativeAct, NewAdministration};
use tanba_model::application::{
    ApplicationKind, ApplicationNumber, FirstIssuance, KeyRequest, SignedDocument, Submission,
};
use tanba_model::certificate::{CertificateRecord, Channel, RevocationReason};
use tanba_model::decision::{Act, DecidedApplication, DecisionDocument, NewDecision, SCHEMA, Step};
use tanba_model::document::{Applicant, ApplicationDocument, DocumentKey};
use tanba_model::id::{ActId, ApplicationId, PersonId, StaffId};
use tanba_model::keystore_kind::KeystoreKind;
use tanba_model::ports::{
    ActEnd, Issuance as _, IssuanceOrder, NewApplication, NewPendingAct, UnitOfWork,
};
use tanba_model::revocation::{LifeEvent, Revocation, RevocationDocument, RevokedCertificate};
use tanba_pki::cms::{self, SignOptions};
use tanba_pki::profile::Subject;
use tanba_pki::{CertificateRequest, RequestAttributes, hex};

use super::*;

/// Somebody with a certificate and its key.
pub(super) struct Seat {
    pub(super) record: CertificateRecord,
    key: SoftwareKey,
    pub(super) person: PersonId,
    staff: StaffId,
}

impl Seat {
    pub(super) fn new(house: &House, number: u32, role: Role) -> Self {
        let (record, key) = house.certify_with_key(number);
        let person = record.person.unwrap();
        let found = house.storage.snapshot().unwrap().persons().find(person);
        let iin = found.unwrap().unwrap().iin;
        let centres = Centres::kazakhstan(&Gazetteer::kazakhstan().unwrap()).unwrap();
        let work = Employment {
            role,
            centre: role.has_centre().then(|| "kz-75-almaty-1".to_owned()),
            since: NOW,
            until: None,
        };
        let storage = house.storage.as_ref();
        let member = employ(storage, &centres, &iin, &work, &Actor::System, NOW).unwrap();
        Self {
            record,
            key,
            person,
            staff: member.id,
        }
    }

    fn sign(&self, document: &[u8]) -> Vec<u8> {
        let certificate = Certificate::from_der(self.record.der.as_ref().unwrap()).unwrap();
        cms::sign(document, &self.key, &SignOptions::new(&certificate)).unwrap()
    }
}

fn told(
    unit: &mut dyn UnitOfWork,
    actor: &Actor,
    action: &str,
    object: &str,
    detail: String,
    at: Timestamp,
) {
    let event = AuditEvent {
        at,
        actor: actor.clone(),
        action: action.to_owned(),
        object: object.to_owned(),
        detail,
        origin: String::new(),
    };
    let _ = unit.audit_log().append(&event).unwrap();
}

fn somebody() -> Applicant {
    Applicant {
        iin: iin(1).as_str().to_owned(),
        surname: "ТЕСТОВА".to_owned(),
        given_name: "ТЕСТ".to_owned(),
        patronymic: None,
        country: "KZ".to_owned(),
    }
}

/// What an act sets: what the person has by now.
fn changes(storage: &dyn Storage, person: PersonId, act: Act) -> BTreeMap<String, String> {
    let found = storage.snapshot().unwrap().persons().find(person);
    let found = found.unwrap().unwrap();
    let set: &[(&str, Option<&str>)] = match act {
        Act::Email => &[("email", found.email.as_ref().map(EmailAddress::as_str))],
        Act::Names => &[
            ("surname", Some(&found.surname)),
            ("given_name", Some(&found.given_name)),
            ("patronymic", found.patronymic.as_deref()),
        ],
        Act::Application | Act::Freeze | Act::Release | Act::Revoke => &[],
    };
    set.iter()
        .map(|(name, value)| ((*name).to_owned(), value.unwrap_or_default().to_owned()))
        .collect()
}

fn document(
    (act, step): (Act, Step),
    nonce: u64,
    first: Option<[u8; 32]>,
    changes: BTreeMap<String, String>,
    application: Option<DecidedApplication>,
) -> Vec<u8> {
    let document = DecisionDocument {
        schema: SCHEMA.to_owned(),
        origin: "https://cabinet.example".to_owned(),
        nonce: format!("{nonce:064x}"),
        created: NOW,
        operator: somebody(),
        role: "operator".to_owned(),
        centre: "kz-75-almaty-1".to_owned(),
        act: act.name().to_owned(),
        step: step.name().to_owned(),
        person: somebody(),
        application,
        certificates: Vec::new(),
        changes,
        identification: None,
        reason: None,
        remark: String::new(),
        first: first.map(|digest| hex::encode(&digest)),
    };
    document.to_bytes().unwrap()
}

/// The act that a decision asks for, or answers.
fn pending(
    unit: &mut dyn UnitOfWork,
    seat: &Seat,
    person: PersonId,
    (act, step): (Act, Step),
    (document, first): (&[u8], Option<[u8; 32]>),
    at: Timestamp,
) -> Option<ActId> {
    if step == Step::Propose {
        let asked = NewPendingAct {
            act,
            person,
            centre: "kz-75-almaty-1".to_owned(),
            first: seat.staff,
            asked_at: at,
            expires_at: at.plus(Duration::from_secs(1_000)),
            document: document.to_vec(),
        };
        return Some(unit.decisions().ask(&asked).unwrap());
    }
    let first = unit.decisions().of_document(&first?).unwrap()?;
    let id = first.made.pending.unwrap();
    // An answer to one that was answered is tried, too.
    let _ = unit.decisions().end(id, ActEnd::Done, at);
    Some(id)
}

/// One signature at the desk as the registration authority records it, and what is done on it.
fn decide(
    storage: &dyn Storage,
    seat: &Seat,
    person: PersonId,
    (act, step): (Act, Step),
    first: Option<[u8; 32]>,
    seconds: u64,
) -> [u8; 32] {
    let (at, actor) = (later(seconds), Actor::Staff(seat.staff));
    let changes = changes(storage, person, act);
    let document = document((act, step), seconds, first, changes, None);
    let digest = sha256(&document);
    let object = format!("person:{person}");
    let mut unit = storage.begin().unwrap();
    let unit_ref = unit.as_mut();
    let asked = (document.as_slice(), first);
    let pending = pending(unit_ref, seat, person, (act, step), asked, at);
    let _ = unit_ref
        .decisions()
        .insert(&NewDecision {
            staff: seat.staff,
            person,
            application: None,
            pending,
            act,
            step,
            at,
            signer: seat.record.id,
            signature: seat.sign(&document),
            document,
        })
        .unwrap();
    told(
        unit_ref,
        &actor,
        "decision.sign",
        &object,
        hex::encode(&digest),
        at,
    );
    let went = match step {
        Step::Approve | Step::Reject => "desk.act",
        Step::Propose => "desk.propose",
        Step::Confirm => "desk.confirm",
        Step::Withdraw => "desk.withdraw",
    };
    told(unit_ref, &actor, went, &object, act.name().to_owned(), at);
    if matches!(step, Step::Approve | Step::Confirm) {
        let (done, detail) = match act {
            Act::Email => (
                "person.email",
                facts::detail(unit_ref, person, "", &[Fact::Address]).unwrap(),
            ),
            Act::Names => (
                "person.names",
                facts::detail(unit_ref, person, "", &[Fact::Number, Fact::Names]).unwrap(),
            ),
            Act::Release => ("person.release", String::new()),
            Act::Application | Act::Freeze | Act::Revoke => ("desk.freeze", String::new()),
        };
        told(unit_ref, &actor, done, &object, detail, at);
    }
    unit.commit().unwrap();
    digest
}

/// A signature about an application; what comes of it stands in its own steps.
fn decide_on(storage: &dyn Storage, seat: &Seat, id: ApplicationId) {
    let found = storage.snapshot().unwrap().applications().find(id);
    let application = found.unwrap().unwrap();
    let decided = DecidedApplication {
        number: application.number.as_str().to_owned(),
        document_sha256: None,
        keys: Vec::new(),
    };
    let what = (Act::Application, Step::Approve);
    let document = document(what, 60, None, BTreeMap::new(), Some(decided));
    let (at, actor, digest) = (later(60), Actor::Staff(seat.staff), sha256(&document));
    let decision = NewDecision {
        staff: seat.staff,
        person: application.person,
        application: Some(id),
        pending: None,
        act: what.0,
        step: what.1,
        at,
        signer: seat.record.id,
        signature: seat.sign(&document),
        document,
    };
    let mut unit = storage.begin().unwrap();
    let _ = unit.decisions().insert(&decision).unwrap();
    let object = format!("person:{}", application.person);
    let detail = hex::encode(&digest);
    told(unit.as_mut(), &actor, "decision.sign", &object, detail, at);
    unit.commit().unwrap();
}

/// An application, signed by its owner, or by its new key where it is for first keys.
pub(super) fn apply(storage: &dyn Storage, seat: &Seat, is_first: bool) -> ApplicationId {
    let email = is_first.then_some("her@example.kz");
    apply_with(storage, seat, is_first, (&fresh(), somebody(), email))
}

fn fresh() -> SoftwareKey {
    let random = Context::new(true).unwrap().random();
    SoftwareKey::generate(KeyAlgorithm::EcP256, &mut SourceRng(random.as_ref())).unwrap()
}

/// The same for a key, with names and an address.
#[expect(clippy::too_many_lines, reason = "an application has many parts")]
fn apply_with(
    storage: &dyn Storage,
    seat: &Seat,
    is_first: bool,
    (key, applicant, email): (&SoftwareKey, Applicant, Option<&str>),
) -> ApplicationId {
    let found = storage.snapshot().unwrap().persons().find(seat.person);
    let her = found.unwrap().unwrap().iin;
    let der = seat.record.der.as_ref().unwrap();
    let subject = Certificate::from_der(der).unwrap().subject().clone();
    let random = Context::new(true).unwrap().random();
    let request = CertificateRequest::build(&subject, key, &RequestAttributes::default()).unwrap();
    let number = ApplicationNumber::random(&mut SourceRng(random.as_ref()));
    let kind = if is_first {
        ApplicationKind::First
    } else {
        ApplicationKind::Reissue
    };
    let made = KeyRequest {
        profile: "neutral-individual-signature".to_owned(),
        public_key_sha256: key.public_key().sha256(),
        request,
        certificate: None,
    };
    let email = email.map(|email| EmailAddress::parse(email).unwrap());
    let document = ApplicationDocument {
        schema: tanba_model::document::SCHEMA.to_owned(),
        kind: kind.name().to_owned(),
        origin: "https://cabinet.example".to_owned(),
        number: number.as_str().to_owned(),
        created: NOW,
        applicant: Applicant {
            iin: her.as_str().to_owned(),
            ..applicant
        },
        email: email.as_ref().map(|email| email.as_str().to_owned()),
        region: "75".to_owned(),
        settlement: "almaty".to_owned(),
        keystore: KeystoreKind::PersonalComputer.identifier().to_owned(),
        centre: is_first.then(|| "kz-75-almaty-1".to_owned()),
        agreement: is_first.then(|| "1".to_owned()),
        keys: vec![DocumentKey {
            profile: made.profile.clone(),
            purpose: "signature".to_owned(),
            algorithm: "EC-P256".to_owned(),
            public_key_sha256: hex::encode(&made.public_key_sha256),
            request_sha256: hex::encode(&sha256(&made.request)),
        }],
    };
    let document = document.to_bytes().unwrap();
    let document_sha256 = sha256(&document);
    let new = NewApplication {
        number,
        person: seat.person,
        kind,
        email: email.clone(),
        region: "75".to_owned(),
        settlement: "almaty".to_owned(),
        keystore: KeystoreKind::PersonalComputer,
        login_certificate: None,
    };
    let mut unit = storage.begin().unwrap();
    let mut application = unit.applications().insert(&new, NOW).unwrap();
    application.requests = vec![made];
    if !is_first {
        application.signed = Some(SignedDocument {
            signature: seat.sign(&document),
            document: document.clone(),
            signer: seat.record.id,
        });
    }
    application.state = if is_first {
        application.state.submit(NOW).unwrap()
    } else {
        application.state.await_second_factor(NOW).unwrap()
    };
    let submission = Submission {
        document_sha256,
        state: Some(application.state.clone()),
    };
    unit.applications().update(&mut application).unwrap();
    if let Some(email) = email {
        let first = FirstIssuance {
            centre: "kz-75-almaty-1".to_owned(),
            email,
            language: Language::Kk,
            appear_by: later(90),
            agreement: "1".to_owned(),
            agreed_at: NOW,
            signature: key.sign(&document).unwrap(),
            document,
        };
        unit.applications()
            .submit_first(&mut application, first)
            .unwrap();
    }
    let object = format!("application:{}", application.id);
    told(
        unit.as_mut(),
        &Actor::Person(seat.person),
        "application.submit",
        &object,
        submission.evidence(),
        NOW,
    );
    unit.commit().unwrap();
    application.id
}

fn order(storage: &dyn Storage, seat: &Seat) {
    let object = "issuer/test".to_owned();
    let document = AdministrationDocument {
        schema: tanba_model::administration::SCHEMA.to_owned(),
        origin: "https://cabinet.example".to_owned(),
        nonce: "00".repeat(32),
        created: NOW,
        administrator: somebody(),
        role: "administrator".to_owned(),
        act: AdministrativeAct::StartIssuance.name().to_owned(),
        object: object.clone(),
        reason: "done".to_owned(),
    };
    let document = document.to_bytes().unwrap();
    let (at, actor, digest) = (later(3), Actor::Staff(seat.staff), sha256(&document));
    let mut unit = storage.begin().unwrap();
    let _ = unit
        .decisions()
        .insert_administration(&NewAdministration {
            staff: seat.staff,
            act: AdministrativeAct::StartIssuance,
            object: object.clone(),
            at,
            signer: seat.record.id,
            signature: seat.sign(&document),
            document,
        })
        .unwrap();
    told(
        unit.as_mut(),
        &actor,
        "administration.sign",
        &object,
        hex::encode(&digest),
        at,
    );
    unit.commit().unwrap();
}

fn revoke(storage: &dyn Storage, seat: &Seat) {
    let document = RevocationDocument {
        schema: tanba_model::revocation::SCHEMA.to_owned(),
        origin: "https://cabinet.example".to_owned(),
        nonce: "00".repeat(32),
        created: NOW,
        owner: somebody(),
        event: LifeEvent::NotNeeded.name().to_owned(),
        reason: LifeEvent::NotNeeded.reason().name().to_owned(),
        certificates: vec![RevokedCertificate {
            serial: seat.record.serial.hex(),
            purpose: "signature".to_owned(),
            keystore: None,
            not_after: seat.record.not_after,
        }],
    };
    let document = document.to_bytes().unwrap();
    let (at, actor, digest) = (later(4), Actor::Person(seat.person), sha256(&document));
    let mut unit = storage.begin().unwrap();
    let revocation = Revocation {
        person: seat.person,
        event: LifeEvent::NotNeeded,
        at,
        certificates: vec![seat.record.id],
        signature: seat.sign(&document),
        document,
        signer: seat.record.id,
    };
    unit.revocations().insert(&revocation).unwrap();
    let object = format!("person:{}", seat.person);
    told(
        unit.as_mut(),
        &actor,
        "revocation.sign",
        &object,
        hex::encode(&digest),
        at,
    );
    unit.commit().unwrap();
}

/// Two of staff who did everything that is signed, for a third person.
pub(super) fn desk() -> (House, Seat, Seat, PersonId) {
    let house = House::new();
    let first = Seat::new(&house, 1, Role::Operator);
    let second = Seat::new(&house, 2, Role::SeniorOperator);
    let person = house.certify(3).person.unwrap();
    let storage = Arc::clone(&house.storage);
    let storage = storage.as_ref();
    let act = |seat: &Seat, act, step, asked, seconds| {
        decide(storage, seat, person, (act, step), asked, seconds)
    };
    for (number, named) in [Act::Email, Act::Names, Act::Release]
        .into_iter()
        .enumerate()
    {
        let seconds = 10 * (u64::try_from(number).unwrap() + 1);
        let asked = act(&first, named, Step::Propose, None, seconds);
        let _ = act(&second, named, Step::Confirm, Some(asked), seconds + 1);
    }
    let asked = act(&first, Act::Email, Step::Propose, None, 50);
    let _ = act(&second, Act::Email, Step::Withdraw, Some(asked), 51);
    let _ = act(&first, Act::Freeze, Step::Approve, None, 52);
    let _ = apply(storage, &first, false);
    let applied = apply(storage, &second, true);
    decide_on(storage, &first, applied);
    order(storage, &second);
    revoke(storage, &first);
    (house, first, second, person)
}

const DECISIONS: &str = "DROP TRIGGER decision_stays; DROP TRIGGER decision_is_not_edited;";
const APPLICATIONS: &str =
    "DROP TRIGGER application_stays; DROP TRIGGER application_is_what_was_signed;
    DROP TRIGGER first_application_stays; DROP TRIGGER first_application_is_not_edited;
    DROP TRIGGER first_application_is_what_was_signed;";

/// Somebody's certificate is of the key that an application names.
const CERTIFIED: &str = "DROP TRIGGER certificate_is_what_it_was;
    UPDATE certificate SET public_key_sha256 = (SELECT public_key_sha256 FROM key_request WHERE application_id = 1) WHERE person_id = 3;
    UPDATE key_request SET certificate_id = (SELECT id FROM certificate WHERE person_id = 3) WHERE application_id = 1;";

#[test]
#[expect(clippy::too_many_lines, reason = "a table of what can be changed")]
fn what_was_signed_is_compared_with_its_digest_and_its_signature_both_ways() {
    let (house, ..) = desk();
    assert_eq!(compared(house.storage.as_ref()).0, [""; 0]);
    let cases: [(String, &[&str]); 49] = [
        (format!("{DECISIONS} DELETE FROM decision WHERE id = 2"), &["signed-missing"]),
        // What it was confirmed for is gone.
        (format!("{DECISIONS} DELETE FROM decision WHERE id = 1"), &["deed-alone", "signed-missing"]),
        (
            format!("{DECISIONS} UPDATE decision SET document = x'00', signature = x'00' WHERE id = 2"),
            &["signed-unknown", "signed-missing"],
        ),
        (format!("{DECISIONS} UPDATE decision SET signature = x'3000' WHERE id = 2"), &["signed-badly"]),
        (
            format!("{DECISIONS} UPDATE decision SET signature = (SELECT signature FROM decision WHERE id = 4) WHERE id = 2"),
            &["signed-badly"],
        ),
        (
            format!("{DECISIONS} UPDATE decision SET signer_certificate_id = (SELECT signer_certificate_id FROM decision WHERE id = 1) WHERE id = 2"),
            &["signed-badly", "deed-alone"],
        ),
        (format!("{DECISIONS} UPDATE decision SET staff_id = 1 WHERE id = 4"), &["signed-other", "signed-badly"]),
        (format!("{DECISIONS} UPDATE decision SET person_id = 1 WHERE id = 9"), &["signed-other"]),
        (format!("{DECISIONS} UPDATE decision SET act = 'names' WHERE id = 9"), &["signed-other"]),
        (format!("{DECISIONS} UPDATE decision SET step = 'confirm' WHERE id = 9"), &["signed-other", "deed-alone"]),
        (format!("{DECISIONS} UPDATE decision SET at = at + 1 WHERE id = 9"), &["signed-other"]),
        (
            "INSERT INTO decision (staff_id, person_id, act, step, at, signer_certificate_id, document_sha256, document, signature)
             SELECT staff_id, person_id, act, step, at, signer_certificate_id, zeroblob(32), x'00', signature FROM decision WHERE id = 1"
                .to_owned(),
            &["signed-unknown"],
        ),
        // By what it is found.
        (format!("{DECISIONS} UPDATE decision SET application_id = NULL WHERE id = 10"), &["signed-other"]),
        (format!("{DECISIONS} UPDATE decision SET application_id = 1 WHERE id = 10"), &["signed-other"]),
        (format!("{DECISIONS} UPDATE decision SET application_id = 2 WHERE id = 9"), &["signed-other"]),
        (format!("{DECISIONS} UPDATE decision SET pending_act_id = NULL WHERE id = 1"), &["signed-other"]),
        (format!("{DECISIONS} UPDATE decision SET pending_act_id = NULL WHERE id = 2"), &["signed-other"]),
        (format!("{DECISIONS} UPDATE decision SET pending_act_id = 2 WHERE id = 2"), &["signed-other"]),
        (
            "DROP TRIGGER pending_act_is_what_was_asked; UPDATE pending_act SET document = x'00' WHERE id = 1".to_owned(),
            &["signed-other", "signed-other"],
        ),
        ("UPDATE certificate SET application_id = 1 WHERE person_id = 3".to_owned(), &["application-signature"]),
        (format!("{CERTIFIED} UPDATE certificate SET application_id = 1 WHERE person_id = 3"), &[]),
        (CERTIFIED.to_owned(), &["application-signature"]),
        ("DROP TRIGGER administration_is_not_edited; UPDATE administration SET act = 'stop-issuance'".to_owned(), &["signed-other"]),
        ("DROP TRIGGER administration_stays; DELETE FROM administration".to_owned(), &["signed-missing"]),
        ("DROP TRIGGER administration_is_not_edited; UPDATE administration SET object = 'issuer/other'".to_owned(), &["signed-other"]),
        ("DROP TRIGGER administration_is_not_edited; UPDATE administration SET signature = x''".to_owned(), &["signed-badly"]),
        ("DROP TRIGGER revocation_stays; DELETE FROM revocation".to_owned(), &["signed-covers", "signed-missing"]),
        ("DROP TRIGGER revocation_is_not_edited; UPDATE revocation SET person_id = 2".to_owned(), &["signed-other", "signed-badly"]),
        ("DROP TRIGGER revocation_is_not_edited; UPDATE revocation SET document = x'00'".to_owned(), &["signed-unknown", "signed-missing"]),
        ("DROP TRIGGER revocation_is_not_edited; UPDATE revocation SET event = 'lost'".to_owned(), &["signed-covers"]),
        ("DELETE FROM revocation_certificate".to_owned(), &["signed-covers"]),
        ("INSERT INTO revocation_certificate SELECT 1, id FROM certificate WHERE person_id = 2".to_owned(), &["signed-covers"]),
        ("INSERT INTO revocation_certificate SELECT 2, id FROM certificate WHERE person_id = 2".to_owned(), &["signed-covers"]),
        ("UPDATE revocation_certificate SET certificate_id = (SELECT id FROM certificate WHERE person_id = 2)".to_owned(), &["signed-covers"]),
        ("UPDATE application SET email = 'thief@example.kz' WHERE id = 1".to_owned(), &["application-signature"]),
        ("UPDATE application SET keystore = 'AKKaztokenStore' WHERE id = 1".to_owned(), &["application-signature"]),
        (format!("{APPLICATIONS} UPDATE application SET person_id = 1 WHERE id = 2"), &["application-signature"]),
        (
            format!("{APPLICATIONS} UPDATE application SET signer_certificate_id = NULL, document = NULL, signature = NULL WHERE id = 1"),
            &["application-document"],
        ),
        (format!("{APPLICATIONS} UPDATE application SET document = x'00' WHERE id = 1"), &["application-document"]),
        (format!("{APPLICATIONS} UPDATE application SET person_id = 2 WHERE id = 1"), &["application-signature"]),
        // What stands beside the document, which certificates are made of, and where codes go.
        ("UPDATE application SET region = '10' WHERE id = 1".to_owned(), &["application-signature"]),
        ("UPDATE application SET settlement = 'semey' WHERE id = 1".to_owned(), &["application-signature"]),
        (format!("{APPLICATIONS} UPDATE first_application SET email = 'thief@example.kz'"), &["application-signature"]),
        (format!("{APPLICATIONS} UPDATE first_application SET agreement = '0'"), &["application-signature"]),
        (format!("{APPLICATIONS} UPDATE application SET centre = 'kz-10-semey-1' WHERE id = 2"), &["application-signature"]),
        (format!("{APPLICATIONS} DELETE FROM application WHERE id = 1"), &["application-missing"]),
        (format!("{APPLICATIONS} DELETE FROM first_application"), &["application-document"]),
        (format!("{APPLICATIONS} UPDATE first_application SET signature = x'00'"), &["application-signature"]),
        ("UPDATE key_request SET request = x'3000' WHERE application_id = 1".to_owned(), &["application-signature"]),
    ];
    for (number, (sql, expected)) in cases.iter().enumerate() {
        let storage = SqliteStorage::open(house.copy(number, sql)).unwrap();
        let (mut codes, _) = compared(&storage);
        let mut expected = expected.to_vec();
        codes.sort_unstable();
        expected.sort_unstable();
        assert_eq!(codes, expected, "{sql}");
    }
}

/// Issues what was applied for, as the registration authority does when the code was right.
fn issue(house: &House, seat: &Seat, id: ApplicationId, email: Option<&str>) -> CertificateRecord {
    let storage = house.storage.as_ref();
    let found = storage.snapshot().unwrap().applications().find(id);
    let mut application = found.unwrap().unwrap();
    let her = storage.snapshot().unwrap().persons().find(seat.person);
    let order = IssuanceOrder {
        person: Some(seat.person),
        application: Some(id),
        profile: "neutral-individual-signature".to_owned(),
        subject: Subject {
            surname: somebody().surname,
            given_name: somebody().given_name,
            iin: her.unwrap().unwrap().iin.as_str().to_owned(),
            country: "KZ".to_owned(),
            ..Subject::default()
        },
        email: email.map(str::to_owned),
        keystore: KeystoreKind::PersonalComputer,
        request: application.requests.remove(0).request,
        channel: Channel::Cabinet,
        actor: Actor::Person(seat.person),
    };
    let at = later(9);
    let record = house.authority.issue(&[order], at).unwrap().remove(0);
    for (action, at) in [("application.confirm", later(8)), ("application.issue", at)] {
        event(
            storage,
            action,
            format!("application:{id}"),
            String::new(),
            at,
        );
    }
    house.sql(&format!(
        "UPDATE key_request SET certificate_id = {} WHERE application_id = {id};
         UPDATE application SET state = 'ISSUED', state_at = {} WHERE id = {id}",
        record.id,
        at.unix()
    ));
    record
}

#[test]
fn a_certificate_with_a_name_or_an_address_that_was_not_signed_is_told_and_one_that_is_not_there() {
    let renamed = Applicant {
        surname: "ИВАНОВА".to_owned(),
        ..somebody()
    };
    let (hers, thief) = (Some("her@example.kz"), Some("thief@example.kz"));
    for (number, (applicant, signed, issued, expected)) in [
        (somebody(), hers, hers, &[][..]),
        (renamed, hers, hers, &["application-signature"]),
        (somebody(), hers, thief, &["application-signature"]),
        (somebody(), None, thief, &["application-signature"]),
    ]
    .into_iter()
    .enumerate()
    {
        let house = House::new();
        let seat = Seat::new(&house, 1, Role::Operator);
        let storage = house.storage.as_ref();
        let key = fresh();
        let id = apply_with(storage, &seat, false, (&key, applicant, signed));
        let record = issue(&house, &seat, id, issued);
        assert_eq!(compared(storage).0, expected, "{number}");
        for what in sentences(storage) {
            assert!(what.contains("not signed") && !what.contains("not there"));
        }
        // A freeze can be taken back; revoked for good it is put right.
        for (reason, quiet) in [
            (RevocationReason::CertificateHold, expected.is_empty()),
            (RevocationReason::CessationOfOperation, true),
        ] {
            let authority = &house.authority;
            authority
                .revoke(record.id, reason, Actor::System, later(11))
                .unwrap();
            assert_eq!(compared(storage).0.is_empty(), quiet, "{number}");
        }
        // One that was given up is not there, though its request names it.
        house.sql(&format!(
            "UPDATE certificate SET status = 'void', der = NULL, revoked_at = NULL, reason = NULL WHERE id = {}",
            record.id
        ));
        assert!(compared(storage).0.contains(&"application-signature"));
        let is_so = |what: &String| what.contains("not there") && !what.contains("not signed");
        assert!(sentences(storage).iter().any(is_so));
    }
}

/// Whose certificate an application's request names, and how it ended.
const NAMED: &str = "DROP TRIGGER certificate_is_what_it_was;
    UPDATE certificate SET public_key_sha256 = zeroblob(32), application_id = NULL WHERE application_id = 1;
    UPDATE key_request SET certificate_id = (SELECT id FROM certificate WHERE person_id = 2);";

#[test]
fn a_certificate_of_somebody_else_excuses_nothing_however_it_ended() {
    let house = House::new();
    let seat = Seat::new(&house, 1, Role::Operator);
    let storage = house.storage.as_ref();
    let _ = house.certify(2);
    let id = apply(storage, &seat, false);
    let _ = issue(&house, &seat, id, None);
    assert_eq!(compared(storage).0, [""; 0]);
    let ended = |status: &str, reason: &str| {
        format!(
            "UPDATE certificate SET status = '{status}', {reason}, application_id = ?1 WHERE person_id = 2;"
        )
    };
    let revoked = ended("revoked", "revoked_at = 1795500001, reason = 4");
    let void = ended("void", "der = NULL");
    let here = |ended: &str| ended.replace("?1", "1");
    let nowhere = |ended: &str| ended.replace("?1", "NULL");
    for (number, sql) in [
        // Its own is away, and the request names a stranger's, which is said to be of the application or not.
        format!("{NAMED} {}", nowhere(&revoked)),
        format!("{NAMED} {}", nowhere(&void)),
        format!("{NAMED} {}", here(&revoked)),
        format!("{NAMED} {}", here(&void)),
        // A stranger's is said to be of the application beside its own.
        here(&revoked),
        here(&void),
    ]
    .iter()
    .enumerate()
    {
        let storage = SqliteStorage::open(house.copy(number, sql)).unwrap();
        assert_eq!(compared(&storage).0, ["application-signature"], "{sql}");
    }
    // One of its own that was intended and given up is lawful.
    let own = "INSERT INTO certificate (issuer_id, serial, person_id, application_id, profile, purpose, keystore, channel,
            public_key_sha256, shard, not_before, not_after, created_at, status, to_be_signed)
        SELECT issuer_id, x'11223344556677889900112233445566778899aa', person_id, application_id, profile, purpose, keystore, channel,
            zeroblob(32), shard, not_before, not_after, created_at, 'void', to_be_signed FROM certificate WHERE application_id = 1";
    let storage = SqliteStorage::open(house.copy(20, own)).unwrap();
    assert_eq!(compared(&storage).0, [""; 0]);
}

#[test]
fn a_certificate_that_cannot_be_read_hides_no_other_application() {
    let house = House::new();
    let seat = Seat::new(&house, 1, Role::Operator);
    let storage = house.storage.as_ref();
    let id = apply(storage, &seat, false);
    let _ = issue(&house, &seat, id, None);
    let _ = apply(storage, &seat, false);
    assert_eq!(compared(storage).0, [""; 0]);
    let sql = format!(
        "{APPLICATIONS} UPDATE application SET region = '10' WHERE id = 2; DROP TRIGGER certificate_is_what_it_was;
         PRAGMA ignore_check_constraints = ON; UPDATE certificate SET purpose = 'nonsense' WHERE application_id = 1"
    );
    let storage = SqliteStorage::open(house.copy(1, &sql)).unwrap();
    let mut told = Vec::new();
    let mut fault = |fault: Fault| told.push((fault.object, fault.what));
    let _ = compare(&storage, &mut || true, &mut fault).unwrap();
    let is_told = |object: &str, what: &str| {
        (told.iter()).any(|(told, said)| told == object && said.contains(what))
    };
    assert!(is_told("application:1", "cannot be read"), "{told:?}");
    assert!(
        is_told("application:2", "is not what was signed"),
        "{told:?}"
    );
}

#[test]
fn nothing_is_asked_of_requests_once_all_that_was_issued_of_them_is_revoked_for_good() {
    let replaced = [
        "UPDATE key_request SET request = x'3000', public_key_sha256 = zeroblob(32)",
        "UPDATE key_request SET profile = 'another'",
        "DELETE FROM key_request",
    ];
    let told = ["application-signature"].as_slice();
    for is_first in [false, true] {
        let house = House::new();
        let seat = Seat::new(&house, 1, Role::Operator);
        let storage = house.storage.as_ref();
        let id = apply(storage, &seat, is_first);
        let email = is_first.then_some("her@example.kz");
        let record = issue(&house, &seat, id, email);
        assert_eq!(compared(storage).0, [""; 0]);
        let codes = |number: usize, sql: &str| {
            let storage = SqliteStorage::open(house.copy(number, sql)).unwrap();
            compared(&storage).0
        };
        let mut number = 0;
        for (reason, expected) in [
            (None, told),
            (Some(RevocationReason::CertificateHold), told),
            (Some(RevocationReason::CessationOfOperation), &[]),
        ] {
            if let Some(reason) = reason {
                let authority = &house.authority;
                authority
                    .revoke(record.id, reason, Actor::System, later(11))
                    .unwrap();
            }
            for sql in replaced {
                number += 1;
                assert_eq!(codes(number, sql), expected, "{is_first} {sql}");
            }
        }
        // Something may be issued of it again; its certificate is of another key, or another one counts that is of it.
        let request = replaced[0];
        let back = format!("{request}; UPDATE application SET state = 'CONFIRMED'");
        assert_eq!(codes(30, &back), ["application-state", told[0]]);
        let other = "DROP TRIGGER certificate_is_what_it_was; UPDATE certificate SET der = (SELECT der FROM certificate WHERE application_id IS NULL AND der IS NOT NULL LIMIT 1) WHERE application_id IS NOT NULL";
        assert_eq!(codes(31, &format!("{request}; {other}")), told);
        let counts = "INSERT INTO certificate (issuer_id, serial, person_id, application_id, profile, purpose, keystore, channel,
                public_key_sha256, shard, not_before, not_after, created_at, status, to_be_signed, der)
            SELECT issuer_id, x'11223344556677889900112233445566778899aa', person_id, application_id, profile, purpose, keystore, channel,
                zeroblob(32), shard, not_before, not_after, created_at, 'valid', to_be_signed, der FROM certificate WHERE application_id = 1";
        assert_eq!(codes(32, &format!("{request}; {counts}")), told);
        // Who signed is asked all the same.
        let signature = match is_first {
            true => "UPDATE first_application SET signature = x'00'",
            false => "UPDATE application SET signature = x'3000'",
        };
        let signed = format!("{APPLICATIONS} {signature}");
        assert_eq!(codes(33, &signed), told);
    }
}

fn sentences(storage: &dyn Storage) -> Vec<String> {
    let mut told = Vec::new();
    let mut fault = |fault: Fault| told.push(fault.what);
    let _ = compare(storage, &mut || true, &mut fault).unwrap();
    told
}

#[test]
#[expect(clippy::too_many_lines, reason = "one after the other")]
fn what_staff_did_to_a_person_rests_on_the_signatures_of_two() {
    let (house, first, second, person) = desk();
    let storage = house.storage.as_ref();
    let object = format!("person:{person}");
    let forge = |seat: &Seat, before: &[(&str, String)], seconds: u64| {
        let (at, actor) = (later(seconds), Actor::Staff(seat.staff));
        let mut unit = storage.begin().unwrap();
        for (action, detail) in before {
            told(unit.as_mut(), &actor, action, &object, detail.clone(), at);
        }
        let detail = facts::detail(unit.as_mut(), person, "", &[Fact::Address]).unwrap();
        told(unit.as_mut(), &actor, "person.email", &object, detail, at);
        unit.commit().unwrap();
    };
    let codes = || compared(storage).0;
    // An administrator at the command line signs nothing.
    event(
        storage,
        "person.release",
        object.clone(),
        String::new(),
        later(60),
    );
    assert_eq!(codes(), [""; 0]);
    // One alone, with her own signature.
    let alone = decide(
        storage,
        &first,
        person,
        (Act::Email, Step::Confirm),
        None,
        70,
    );
    assert_eq!(codes(), ["deed-alone"]);
    let own = decide(
        storage,
        &second,
        person,
        (Act::Email, Step::Propose),
        None,
        71,
    );
    let _ = decide(
        storage,
        &second,
        person,
        (Act::Email, Step::Confirm),
        Some(own),
        72,
    );
    assert_eq!(codes(), ["deed-alone"]);
    // It is done anew, by two.
    let _ = decide(
        storage,
        &first,
        person,
        (Act::Email, Step::Confirm),
        Some(own),
        73,
    );
    assert_eq!(codes(), [""; 0]);
    // A deed that nobody signed, though it says that somebody did; then she changes her address herself.
    forge(&first, &[], 74);
    assert_eq!(codes(), ["deed-unsigned"]);
    let mut unit = storage.begin().unwrap();
    let detail = facts::detail(unit.as_mut(), person, "", &[Fact::Address]).unwrap();
    let (herself, at) = (Actor::Person(person), later(75));
    told(
        unit.as_mut(),
        &herself,
        "person.email-change",
        &object,
        detail,
        at,
    );
    unit.commit().unwrap();
    assert_eq!(codes(), [""; 0]);
    // A second deed on the last decision, in its very second.
    let asked = decide(
        storage,
        &first,
        person,
        (Act::Email, Step::Propose),
        None,
        90,
    );
    let _ = decide(
        storage,
        &second,
        person,
        (Act::Email, Step::Confirm),
        Some(asked),
        91,
    );
    assert_eq!(codes(), [""; 0]);
    let copy = SqliteStorage::open(house.copy(90, "")).unwrap();
    let set = "UPDATE person SET email = 'thief@example.kz' WHERE id = ?1";
    let thief = house.copy(91, &set.replace("?1", &person.to_string()));
    let thief = SqliteStorage::open(thief).unwrap();
    for storage in [&copy, &thief] {
        let mut unit = storage.begin().unwrap();
        let detail = facts::detail(unit.as_mut(), person, "", &[Fact::Address]).unwrap();
        let (actor, at) = (Actor::Staff(second.staff), later(91));
        told(unit.as_mut(), &actor, "person.email", &object, detail, at);
        unit.commit().unwrap();
        assert_eq!(compared(storage).0, ["deed-unsigned"]);
    }
    // What a decision of another kind, or of somebody else, would carry.
    let names = decide(
        storage,
        &first,
        person,
        (Act::Names, Step::Propose),
        None,
        76,
    );
    let _ = decide(
        storage,
        &second,
        person,
        (Act::Names, Step::Confirm),
        Some(names),
        77,
    );
    forge(&second, &[], 77);
    assert_eq!(codes(), ["deed-unsigned"]);
    let confirm = ("desk.confirm", "email".to_owned());
    forge(
        &first,
        &[("decision.sign", "00".repeat(32)), confirm.clone()],
        74,
    );
    assert!(codes().contains(&"signed-missing"));
    // An old signature for a new deed.
    forge(
        &first,
        &[("decision.sign", hex::encode(&alone)), confirm],
        79,
    );
    assert!(codes().contains(&"signed-twice") && codes().contains(&"signed-other"));
}

/// What was done is what was decided, whatever the event beside it has the digest of.
#[test]
fn what_staff_did_to_a_person_is_what_their_decision_says() {
    let (house, first, second, person) = desk();
    let forged = [
        (
            "email = 'thief@example.kz'",
            Act::Email,
            Fact::Address,
            "person.email",
        ),
        (
            "surname = 'ДРУГАЯ'",
            Act::Names,
            Fact::Names,
            "person.names",
        ),
    ];
    for (number, (set, act, fact, action)) in (80..).zip(forged) {
        let sql = format!("UPDATE person SET {set} WHERE id = {person}");
        let right = house.storage.as_ref();
        let decided = [
            (Step::Propose, &first, "desk.propose"),
            (Step::Confirm, &second, "desk.confirm"),
        ];
        let mut documents = Vec::new();
        let mut asked = None;
        for (seconds, (step, ..)) in (200..).zip(decided) {
            let changes = changes(right, person, act);
            let bytes = document((act, step), seconds, asked, changes, None);
            asked = Some(sha256(&bytes));
            documents.push(bytes);
        }
        let storage = SqliteStorage::open(house.copy(number, &sql)).unwrap();
        let object = format!("person:{person}");
        let mut first = None;
        for ((seconds, (step, seat, went)), bytes) in (200..).zip(decided).zip(documents) {
            let (at, actor) = (later(seconds), Actor::Staff(seat.staff));
            let mut unit = storage.begin().unwrap();
            let digest = hex::encode(&sha256(&bytes));
            let answered = first.replace(sha256(&bytes));
            let (what, asked) = ((act, step), (bytes.as_slice(), answered));
            let pending = pending(unit.as_mut(), seat, person, what, asked, at);
            let decision = NewDecision {
                staff: seat.staff,
                person,
                application: None,
                pending,
                act,
                step,
                at,
                signer: seat.record.id,
                signature: seat.sign(&bytes),
                document: bytes,
            };
            let _ = unit.decisions().insert(&decision).unwrap();
            let mut tell = |action: &str, detail: String| {
                told(unit.as_mut(), &actor, action, &object, detail, at);
            };
            tell("decision.sign", digest);
            tell(went, act.name().to_owned());
            if step == Step::Confirm {
                let detail = facts::detail(unit.as_mut(), person, "", &[fact]).unwrap();
                told(unit.as_mut(), &actor, action, &object, detail, at);
            }
            unit.commit().unwrap();
        }
        assert_eq!(compared(&storage).0, ["deed-other"], "{set}");
    }
}

#[test]
fn an_application_of_before_its_digest_was_recorded_is_counted_and_no_fault() {
    let (house, first, ..) = desk();
    let storage = house.storage.as_ref();
    let id = apply(storage, &first, false);
    let (_, before) = compared(storage);
    assert_eq!(before.undigested, 0);
    let object = format!("application:{id}");
    let mut unit = storage.begin().unwrap();
    let actor = Actor::Person(first.person);
    told(
        unit.as_mut(),
        &actor,
        "application.submit",
        &object,
        String::new(),
        NOW,
    );
    unit.commit().unwrap();
    let (codes, after) = compared(storage);
    assert_eq!((codes, after.undigested), (vec![], 1));
}
