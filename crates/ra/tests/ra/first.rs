//! First issuance, from the agreement to installed keys, and everything that goes wrong on the way.

use std::cell::Cell;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use rand::SeedableRng as _;
use rand::rngs::StdRng;
use tanba_crypto::{KeyAlgorithm, Signer, SoftwareKey};
use tanba_model::application::{Application, State};
use tanba_model::document::ApplicationDocument;
use tanba_model::iin::Iin;
use tanba_model::intake::{IntakeStage, Standing};
use tanba_model::keystore_kind::KeystoreKind;
use tanba_model::language::Language;
use tanba_model::message::{MessageBody, OutboxMessage};
use tanba_model::person::{EmailAddress, NewPerson};
use tanba_model::ports::{PersonFacts, PersonRegister, RegisterAnswer, Storage as _};
use tanba_pki::cms::{self, SignOptions};
use tanba_pki::{Certificate, CertificateRequest, RequestAttributes, Timestamp};
use tanba_ra::{
    AddressError, ClaimError, ClaimForm, DeskSection, FirstError, FirstSecret, FirstSection,
    FirstStep, NextStep, ProfileSet, Proof, RaSection, Register, RegistrationAuthority, Solution,
};

use crate::world::{DAY, NOON, World, after};

const NETWORK: &str = "203.0.113.7";
const CENTRE: &str = "kz-75-almaty-1";

fn section() -> RaSection {
    RaSection {
        profiles: ProfileSet::Neutral,
        first: FirstSection {
            work_bits: 4,
            ..FirstSection::default()
        },
        ..RaSection::default()
    }
}

fn iin() -> Iin {
    Iin::complete("85010130012").unwrap()
}

/// A country with a register that knows the person of [`form`], who has no keys.
fn scene() -> World {
    let world = World::with(section());
    enter(&world);
    world
}

/// Somebody whom the table of persons knows as a register, without keys and without an address.
fn enter(world: &World) {
    let mut work = world.storage.begin().unwrap();
    let new = NewPerson {
        iin: iin(),
        surname: "СЕРІКҚЫЗЫ".to_owned(),
        given_name: "ӘЙГЕРІМ".to_owned(),
        patronymic: Some("МАРАТҚЫЗЫ".to_owned()),
        email: None,
        language: Language::Kk,
        phone: None,
    };
    work.persons().insert(&new, NOON).unwrap();
    work.commit().unwrap();
}

fn form() -> ClaimForm {
    ClaimForm {
        iin: iin().as_str().to_owned(),
        surname: "Серікқызы".to_owned(),
        given_name: "Әйгерім".to_owned(),
        patronymic: "Маратқызы".to_owned(),
    }
}

fn solved(ra: &RegistrationAuthority, now: Timestamp) -> Solution {
    let challenge = ra.work_challenge(now);
    let number = (0u64..)
        .find(|number| {
            let digest = tanba_crypto::sha256(format!("{challenge}:{number}").as_bytes());
            digest[0] < 16
        })
        .unwrap();
    Solution {
        challenge,
        number: number.to_string(),
    }
}

fn claim(
    ra: &RegistrationAuthority,
    secret: &FirstSecret,
    form: &ClaimForm,
    now: Timestamp,
) -> Result<Standing, ClaimError> {
    ra.claim(secret, form, &solved(ra, now), NETWORK, now)
}

/// Delivers and returns what was mailed.
fn mails(world: &World, now: Timestamp) -> Vec<OutboxMessage> {
    world.ra.deliver_outbox(&world.mailbox, now).unwrap();
    std::mem::take(&mut world.mailbox.messages.lock().unwrap())
}

fn kinds(mails: &[OutboxMessage]) -> Vec<&'static str> {
    mails.iter().map(|mail| mail.body.kind()).collect()
}

fn code(mails: &[OutboxMessage]) -> String {
    let found = mails.iter().find_map(|mail| {
        let MessageBody::AddressCode { code, .. } = &mail.body else {
            return None;
        };
        Some(code.clone())
    });
    found.unwrap()
}

fn link(mails: &[OutboxMessage]) -> FirstSecret {
    let path = mails.iter().find_map(|mail| {
        let (MessageBody::FirstSubmitted { link_path, .. }
        | MessageBody::FirstKept { link_path, .. }
        | MessageBody::FirstIssued { link_path, .. }) = &mail.body
        else {
            return None;
        };
        Some(link_path.clone())
    });
    FirstSecret::read(path.unwrap().rsplit_once('/').unwrap().1).unwrap()
}

/// Everything up to the keys.
fn filled(world: &World, ra: &RegistrationAuthority, now: Timestamp) -> FirstSecret {
    let secret = ra.begin_first(Language::Ru, now).unwrap();
    let _ = claim(ra, &secret, &form(), now).unwrap();
    ra.set_address(&secret, "new@example.kz", NETWORK, now)
        .unwrap();
    ra.confirm_address(&secret, &code(&mails(world, now)), now)
        .unwrap();
    ra.choose_place(&secret, "KZ-75", "almaty", now).unwrap();
    ra.choose_centre(&secret, CENTRE, "PKCS12", now).unwrap();
    assert_eq!(ra.first(&secret).unwrap().step, FirstStep::Confirm);
    secret
}

struct Keys {
    keys: [SoftwareKey; 2],
}

impl Keys {
    fn make() -> Self {
        static SEED: AtomicU64 = AtomicU64::new(7_000);
        let mut random = StdRng::seed_from_u64(SEED.fetch_add(1, Ordering::Relaxed));
        let mut key = || SoftwareKey::generate(KeyAlgorithm::EcP256, &mut random).unwrap();
        Self {
            keys: [key(), key()],
        }
    }

    fn requests(&self) -> Vec<Vec<u8>> {
        let subject = tanba_pki::DistinguishedNameBuilder::new().build().unwrap();
        let attributes = RequestAttributes {
            email: None,
            keystore: None,
        };
        self.keys
            .iter()
            .map(|key| CertificateRequest::build(&subject, key, &attributes).unwrap())
            .collect()
    }

    fn sign(&self, document: &[u8]) -> Vec<u8> {
        self.keys[1].sign(document).unwrap()
    }
}

fn submitted(world: &World, ra: &RegistrationAuthority, now: Timestamp) -> (FirstSecret, Keys) {
    let secret = filled(world, ra, now);
    let keys = file(ra, &secret, NETWORK, now).unwrap();
    (secret, keys)
}

/// Makes keys for what was filled in, and submits it.
fn file(
    ra: &RegistrationAuthority,
    secret: &FirstSecret,
    network: &str,
    now: Timestamp,
) -> Result<Keys, FirstError> {
    let keys = Keys::make();
    let (_, document) = ra.prepare_first(secret, &keys.requests(), now)?;
    ra.submit_first(secret, &keys.sign(&document), network, now)?;
    Ok(keys)
}

#[test]
fn a_person_without_keys_applies_and_an_operator_gets_a_signed_document() {
    let world = scene();
    let secret = filled(&world, &world.ra, NOON);
    let keys = Keys::make();
    let requests = keys.requests();
    let (number, document) = world.ra.prepare_first(&secret, &requests, NOON).unwrap();
    let again = world
        .ra
        .prepare_first(&secret, &requests, after(5))
        .unwrap();
    assert!(again == (number.clone(), document.clone()));
    let read = ApplicationDocument::from_bytes(&document).unwrap();
    assert_eq!(read.kind, "first");
    assert_eq!(read.centre.as_deref(), Some(CENTRE));
    assert_eq!(read.applicant.surname, "СЕРІКҚЫЗЫ");
    let view = world
        .ra
        .submit_first(&secret, &keys.sign(&document), NETWORK, after(9))
        .unwrap();
    let application = view.application.unwrap();
    assert_eq!(application.number, number);
    assert!(matches!(application.state, State::Submitted { .. }));
    let first = application.first.as_ref().unwrap();
    assert_eq!(first.document, document);
    assert_eq!(first.email.as_str(), "new@example.kz");
    // 24 November, thirty days on: 24 December counts whole in Almaty.
    assert_eq!(
        first.appear_by,
        Timestamp::parse_rfc3339("2026-12-24T19:00:00Z").unwrap()
    );
    let told = mails(&world, after(10));
    assert_eq!(kinds(&told), ["first_submitted"]);
    assert_eq!(told[0].language, Language::Ru);
    // The address is not the person's before an operator has seen her.
    let mut work = world.storage.snapshot().unwrap();
    let person = work.persons().find_by_iin(&iin()).unwrap().unwrap();
    assert_eq!((person.id, person.email), (application.person, None));
    drop(work);
    // A lost answer: the same again.
    let repeated = world
        .ra
        .submit_first(&secret, &keys.sign(&document), NETWORK, after(11))
        .unwrap();
    assert_eq!(repeated.application.unwrap().id, application.id);
    assert!(mails(&world, after(12)).is_empty());
    let by_link = world.ra.first_by_link(&link(&told), after(13)).unwrap();
    assert_eq!(by_link.application.unwrap().id, application.id);
}

#[test]
fn keys_that_the_chosen_device_cannot_make_are_refused_and_another_choice_helps() {
    let world = World::with(RaSection {
        keystores: KeystoreKind::ALL.into(),
        ..section()
    });
    enter(&world);
    let secret = filled(&world, &world.ra, NOON);
    let requests = Keys::make().requests();
    for keystore in KeystoreKind::ALL {
        let keystore = keystore.identifier();
        world
            .ra
            .choose_centre(&secret, CENTRE, keystore, NOON)
            .unwrap();
        let prepared = world.ra.prepare_first(&secret, &requests, NOON);
        if keystore == "PKCS12" {
            assert!(prepared.is_ok());
            continue;
        }
        assert_eq!(prepared.unwrap_err().code(), "keystore-cannot");
    }
    let again = world.ra.choose_centre(&secret, CENTRE, "PKCS12", NOON);
    assert!(again.is_ok());
    assert!(world.ra.prepare_first(&secret, &requests, NOON).is_ok());
}

#[test]
fn a_wrong_name_an_unknown_number_and_a_dead_person_get_the_same_answer() {
    let world = scene();
    let dead = Iin::complete("40010130013").unwrap();
    let mut work = world.storage.begin().unwrap();
    let facts = PersonFacts {
        surname: "СЕРІКҚЫЗЫ".to_owned(),
        given_name: "ӘЙГЕРІМ".to_owned(),
        patronymic: Some("МАРАТҚЫЗЫ".to_owned()),
    };
    let new = NewPerson {
        iin: dead.clone(),
        surname: facts.surname.clone(),
        given_name: facts.given_name.clone(),
        patronymic: facts.patronymic.clone(),
        email: None,
        language: Language::Kk,
        phone: None,
    };
    let id = work.persons().insert(&new, NOON).unwrap();
    work.persons()
        .set_identity(id, &facts, "table", true)
        .unwrap();
    work.commit().unwrap();
    let secret = world.ra.begin_first(Language::Kk, NOON).unwrap();
    let wrong_name = ClaimForm {
        surname: "Басқа".to_owned(),
        ..form()
    };
    let unknown = ClaimForm {
        iin: Iin::complete("90010130014").unwrap().as_str().to_owned(),
        ..form()
    };
    let died = ClaimForm {
        iin: dead.as_str().to_owned(),
        ..form()
    };
    for form in [wrong_name, unknown, died] {
        let answer = claim(&world.ra, &secret, &form, NOON);
        assert!(matches!(
            answer,
            Err(ClaimError::First(FirstError::NotConfirmed))
        ));
        let view = world.ra.first(&secret).unwrap();
        assert_eq!(view.step, FirstStep::Person);
        // What was typed is kept, so that it can be corrected.
        assert_eq!(view.intake.content.claim.unwrap().iin, form.iin);
    }
    assert_eq!(
        claim(&world.ra, &secret, &form(), NOON).unwrap(),
        Standing::Confirmed
    );
}

#[test]
fn guessing_is_limited_by_number_and_by_network_and_costs_work() {
    let world = World::with(RaSection {
        first: FirstSection {
            work_bits: 4,
            tries_per_person_a_day: 3,
            tries_per_network_a_day: 5,
            ..FirstSection::default()
        },
        ..section()
    });
    enter(&world);
    let secret = world.ra.begin_first(Language::Kk, NOON).unwrap();
    let solution = solved(&world.ra, NOON);
    let wrong = ClaimForm {
        surname: "Басқа".to_owned(),
        ..form()
    };
    let ask = |form: &ClaimForm, solution: &Solution, network: &str, now| {
        world.ra.claim(&secret, form, solution, network, now)
    };
    assert!(matches!(
        ask(&wrong, &Solution::default(), NETWORK, NOON),
        Err(ClaimError::Work)
    ));
    assert!(matches!(
        ask(&wrong, &solution, NETWORK, NOON),
        Err(ClaimError::First(FirstError::NotConfirmed))
    ));
    assert!(
        matches!(ask(&wrong, &solution, NETWORK, NOON), Err(ClaimError::Work)),
        "a solution counts once"
    );
    for _ in 0..2 {
        let answer = claim(&world.ra, &secret, &wrong, NOON);
        assert!(matches!(
            answer,
            Err(ClaimError::First(FirstError::NotConfirmed))
        ));
    }
    // Even the right name is not told any more, from whatever network.
    let elsewhere = ask(&form(), &solved(&world.ra, NOON), "198.51.100.1", NOON);
    let Err(ClaimError::TooMany { until }) = elsewhere else {
        panic!("the number is guessed at no more: {elsewhere:?}")
    };
    assert_eq!(
        until,
        Timestamp::parse_rfc3339("2026-11-24T19:00:00Z").unwrap()
    );
    assert_eq!(
        claim(&world.ra, &secret, &form(), until).unwrap(),
        Standing::Confirmed
    );
    // Other numbers from the same network end too.
    let other = |eleven: &str| ClaimForm {
        iin: Iin::complete(eleven).unwrap().as_str().to_owned(),
        ..form()
    };
    for eleven in ["90010130014", "91010130012", "92010130011", "93010130010"] {
        let answer = claim(&world.ra, &secret, &other(eleven), until);
        assert!(
            matches!(answer, Err(ClaimError::First(FirstError::NotConfirmed))),
            "{answer:?}"
        );
    }
    let answer = claim(&world.ra, &secret, &other("94010130010"), until);
    assert!(matches!(answer, Err(ClaimError::TooMany { .. })));
}

#[test]
fn wrong_names_of_a_stranger_do_not_close_her_day() {
    let world = scene();
    let strangers = world.ra.begin_first(Language::Kk, NOON).unwrap();
    let wrong = ClaimForm {
        surname: "Жалғанова".to_owned(),
        ..form()
    };
    // Few enough a minute for the work to stay as easy as it is.
    let second = Cell::new(0);
    let tries = |network: &str| {
        second.set(second.get() + 3);
        let now = after(second.get());
        let solution = solved(&world.ra, now);
        world
            .ra
            .claim(&strangers, &wrong, &solution, network, now)
            .unwrap_err()
            .code()
            .to_owned()
    };
    for _ in 0..10 {
        assert_eq!(tries(NETWORK), "person-not-confirmed");
    }
    // What is refused to his network takes nothing from her either.
    for _ in 0..50 {
        assert_eq!(tries(NETWORK), "too-many-tries");
    }
    let now = after(second.get());
    let hers = world.ra.begin_first(Language::Kk, now).unwrap();
    let solution = solved(&world.ra, now);
    let answer = world
        .ra
        .claim(&hers, &form(), &solution, "198.51.100.1", now);
    assert_eq!(answer.unwrap(), Standing::Confirmed);
    // Sixty for one IIN are the end of a day, wherever they come from.
    let taken = (11..).position(|which| {
        let network = format!("198.51.100.{}", which / 10 + 10);
        tries(&network) == "too-many-tries"
    });
    assert_eq!(taken, Some(60 - 11));
}

#[test]
fn what_is_no_number_or_no_name_is_said_before_anything_is_counted() {
    let world = World::with(section());
    let secret = world.ra.begin_first(Language::Kk, NOON).unwrap();
    let with = |change: fn(&mut ClaimForm)| {
        let mut typed = form();
        change(&mut typed);
        world
            .ra
            .claim(&secret, &typed, &Solution::default(), NETWORK, NOON)
            .unwrap_err()
    };
    assert!(matches!(
        with(|form| form.iin = "850101300123".to_owned()),
        ClaimError::Iin
    ));
    assert!(matches!(with(|form| form.iin.clear()), ClaimError::Iin));
    for name in ["", "  ", "123", "A1", "<b>", &"Ә".repeat(65), "A\u{7}"] {
        let typed = ClaimForm {
            surname: name.to_owned(),
            ..form()
        };
        let answer = world
            .ra
            .claim(&secret, &typed, &Solution::default(), NETWORK, NOON);
        assert!(matches!(answer, Err(ClaimError::Name("surname"))), "{name}");
    }
}

#[test]
fn an_address_is_confirmed_by_a_code_that_can_be_tried_five_times() {
    let world = scene();
    let (ra, secret) = (&world.ra, world.ra.begin_first(Language::Kk, NOON).unwrap());
    assert!(matches!(
        ra.set_address(&secret, "a@example.kz", NETWORK, NOON),
        Err(AddressError::First(FirstError::Incomplete(
            FirstStep::Person
        )))
    ));
    let _ = claim(ra, &secret, &form(), NOON).unwrap();
    assert!(matches!(
        ra.set_address(&secret, "nowhere", NETWORK, NOON),
        Err(AddressError::Email)
    ));
    ra.set_address(&secret, "a@example.kz", NETWORK, NOON)
        .unwrap();
    assert!(matches!(
        ra.set_address(&secret, "b@example.kz", NETWORK, after(59)),
        Err(AddressError::TooEarly { .. })
    ));
    let first = code(&mails(&world, NOON));
    let wrong = if first == "000000" {
        "111111"
    } else {
        "000000"
    };
    assert!(matches!(
        ra.confirm_address(&secret, "12345", NOON),
        Err(AddressError::Malformed)
    ));
    for left in (1..5).rev() {
        let Err(AddressError::Wrong { tries_left }) = ra.confirm_address(&secret, wrong, NOON)
        else {
            panic!("wrong")
        };
        assert_eq!(tries_left, left);
    }
    assert!(matches!(
        ra.confirm_address(&secret, wrong, NOON),
        Err(AddressError::NoTriesLeft)
    ));
    assert!(matches!(
        ra.confirm_address(&secret, &first, NOON),
        Err(AddressError::NoTriesLeft)
    ));
    ra.set_address(&secret, "b@example.kz", NETWORK, after(60))
        .unwrap();
    let second = code(&mails(&world, after(60)));
    assert!(matches!(
        ra.confirm_address(&secret, &second, after(60 + 600)),
        Err(AddressError::Expired)
    ));
    ra.set_address(&secret, "b@example.kz", NETWORK, after(700))
        .unwrap();
    let third = code(&mails(&world, after(700)));
    let spaced = format!("{} {}", &third[..3], &third[3..]);
    ra.confirm_address(&secret, &spaced, after(701)).unwrap();
    assert_eq!(ra.first(&secret).unwrap().step, FirstStep::Place);
    // The address of a victim cannot be flooded from many browsers either.
    let mut refused = false;
    for turn in 0..7 {
        let now = after(1000 + turn * 100);
        let other = ra.begin_first(Language::Kk, now).unwrap();
        let _ = claim(ra, &other, &form(), now).unwrap();
        let answer = ra.set_address(&other, "B@example.kz", NETWORK, now);
        refused |= matches!(answer, Err(AddressError::TooMany { .. }));
    }
    assert!(refused);
}

#[test]
fn only_the_new_signing_key_submits_and_only_what_was_prepared() {
    let world = scene();
    let secret = filled(&world, &world.ra, NOON);
    let (keys, others) = (Keys::make(), Keys::make());
    let ra = &world.ra;
    assert!(matches!(
        ra.submit_first(&secret, &[1, 2, 3], NETWORK, NOON),
        Err(FirstError::KeysMissing)
    ));
    let (_, document) = ra.prepare_first(&secret, &keys.requests(), NOON).unwrap();
    for signature in [
        others.sign(&document),
        keys.keys[0].sign(&document).unwrap(),
        keys.sign(b"something else"),
        Vec::new(),
    ] {
        let answer = ra.submit_first(&secret, &signature, NETWORK, NOON);
        assert!(matches!(answer, Err(FirstError::Signature)), "{answer:?}");
    }
    // Another centre is another document: keys and signature are made anew.
    ra.choose_centre(&secret, "kz-75-almaty-2", "PKCS12", NOON)
        .unwrap();
    assert!(matches!(
        ra.submit_first(&secret, &keys.sign(&document), NETWORK, NOON),
        Err(FirstError::KeysMissing)
    ));
    assert!(matches!(
        ra.choose_centre(&secret, "kz-71-astana-1", "PKCS12", NOON),
        Err(FirstError::Centre)
    ));
    assert!(matches!(
        ra.choose_place(&secret, "KZ-75", "semey", NOON),
        Err(FirstError::Place)
    ));
    let (_, document) = ra.prepare_first(&secret, &keys.requests(), NOON).unwrap();
    ra.submit_first(&secret, &keys.sign(&document), NETWORK, NOON)
        .unwrap();
    // Nobody else gets the same key certified.
    let second = filled(&world, ra, after(100));
    let (_, document) = ra
        .prepare_first(&second, &keys.requests(), after(100))
        .unwrap();
    let answer = ra.submit_first(&second, &keys.sign(&document), NETWORK, after(100));
    assert!(matches!(answer, Err(FirstError::Request(_))), "{answer:?}");
}

#[test]
fn first_keys_that_are_blocked_are_refused() {
    use tanba_model::key::{BlockSource, BlockedKey};
    let world = World::with(section());
    let ra = &world.ra;
    enter(&world);
    let (secret, keys) = (filled(&world, ra, NOON), Keys::make());
    let requests = keys.requests();
    let request = CertificateRequest::from_der(&requests[0]).unwrap();
    let mut work = world.storage.begin().unwrap();
    let blocked = BlockedKey {
        public_key_sha256: request.public_key().sha256(),
        at: NOON,
        source: BlockSource::List,
        reason: "published".to_owned(),
        attestation: None,
    };
    assert!(work.keys().block(&blocked).unwrap());
    work.commit().unwrap();
    let refused = ra.prepare_first(&secret, &requests, NOON).unwrap_err();
    assert_eq!(refused.code(), "request-blocked-key");
    ra.prepare_first(&secret, &Keys::make().requests(), NOON)
        .unwrap();
}

#[test]
fn somebody_with_an_address_is_told_there_that_first_keys_are_applied_for() {
    let world = World::with(section());
    let citizen = world.citizen("Aigerim");
    let mine = ClaimForm {
        iin: citizen.subject.iin.clone(),
        surname: citizen.subject.surname.clone(),
        given_name: citizen.subject.given_name,
        patronymic: String::new(),
    };
    let ra = &world.ra;
    let secret = ra.begin_first(Language::Kk, NOON).unwrap();
    let _ = claim(ra, &secret, &mine, NOON).unwrap();
    ra.set_address(&secret, "thief@example.kz", NETWORK, NOON)
        .unwrap();
    ra.confirm_address(&secret, &code(&mails(&world, NOON)), NOON)
        .unwrap();
    ra.choose_place(&secret, "KZ-75", "almaty", NOON).unwrap();
    ra.choose_centre(&secret, CENTRE, "PKCS12", NOON).unwrap();
    let keys = Keys::make();
    let (_, document) = ra.prepare_first(&secret, &keys.requests(), NOON).unwrap();
    ra.submit_first(&secret, &keys.sign(&document), NETWORK, NOON)
        .unwrap();
    let told = mails(&world, after(1));
    let mut to: Vec<(&str, &str)> = told
        .iter()
        .map(|mail| (mail.body.kind(), mail.to.as_str()))
        .collect();
    to.sort_unstable();
    assert_eq!(
        to,
        [
            ("application_accepted", "aigerim@example.kz"),
            ("first_submitted", "thief@example.kz")
        ]
    );
    // The next one of that day costs her nothing, neither a mail nor a text.
    let again = |now| {
        file_again(ra, &secret, NETWORK, now).unwrap();
        kinds(&mails(&world, now))
    };
    let quiet = again(after(1));
    assert!(!quiet.contains(&"application_accepted"), "{quiet:?}");
    let number = ra.first(&secret).unwrap().intake.number.unwrap();
    // "It was not me" ends it.
    let path = told.iter().find_map(|mail| {
        let MessageBody::ApplicationAccepted { not_me_path, .. } = &mail.body else {
            return None;
        };
        Some(not_me_path.clone())
    });
    let token = path.unwrap().rsplit_once('/').unwrap().1.to_owned();
    ra.not_me(&token, after(2)).unwrap();
    let application = ra.first(&secret).unwrap().application.unwrap();
    assert_eq!(application.number, number);
    assert!(matches!(application.state, State::Rejected { .. }));
}

#[test]
fn after_thirty_days_an_application_expires_with_a_notice_and_not_a_day_earlier() {
    let world = scene();
    let (secret, _) = submitted(&world, &world.ra, NOON);
    drop(mails(&world, NOON));
    let end = Timestamp::parse_rfc3339("2026-12-24T19:00:00Z").unwrap();
    let state = || world.ra.first(&secret).unwrap().application.unwrap().state;
    for now in [after(29 * DAY), Timestamp::from_unix(end.unix() - 1)] {
        world.ra.expire_old(now).unwrap();
        assert!(matches!(state(), State::Submitted { .. }));
    }
    assert_eq!(world.ra.expire_old(end).unwrap().applications, 1);
    assert!(matches!(state(), State::Expired { .. }));
    assert_eq!(kinds(&mails(&world, end)), ["first_expired"]);
    assert_eq!(world.ra.expire_old(end).unwrap().applications, 0);
    // What was typed is still there for a new application.
    world
        .ra
        .begin_first_again(&secret, &solved(&world.ra, end), end)
        .unwrap();
    assert_eq!(world.ra.first(&secret).unwrap().step, FirstStep::Confirm);
}

/// Withdraws, begins again, and files another one at once.
fn file_again(
    ra: &RegistrationAuthority,
    secret: &FirstSecret,
    network: &str,
    now: Timestamp,
) -> Result<(), FirstError> {
    ra.cancel_first(secret, now)?;
    ra.begin_first_again(secret, &solved(ra, now), now)?;
    file(ra, secret, network, now).map(drop)
}

#[test]
fn three_applications_of_one_person_are_taken_in_a_day_and_the_fourth_is_refused_in_words() {
    let world = scene();
    let (secret, _) = submitted(&world, &world.ra, NOON);
    for second in [1, 2] {
        file_again(&world.ra, &secret, NETWORK, after(second)).unwrap();
    }
    let refused = file_again(&world.ra, &secret, NETWORK, after(3)).unwrap_err();
    assert_eq!(refused.code(), "too-many-first-applications");
    let view = world.ra.first(&secret).unwrap();
    assert_eq!(view.step, FirstStep::Confirm, "what was typed is kept");
    // The day ends by the clocks of Almaty.
    let _ = file(&world.ra, &secret, NETWORK, after(DAY)).unwrap();
    assert_eq!(world.ra.first(&secret).unwrap().step, FirstStep::Done);
}

#[test]
fn a_stranger_who_files_three_in_her_name_does_not_close_her_day() {
    let world = scene();
    let (strangers, _) = submitted(&world, &world.ra, NOON);
    for second in [1, 2] {
        file_again(&world.ra, &strangers, NETWORK, after(second)).unwrap();
    }
    world.ra.cancel_first(&strangers, after(3)).unwrap();
    let hers = filled(&world, &world.ra, after(4));
    file(&world.ra, &hers, "198.51.100.1", after(5)).unwrap();
    assert_eq!(world.ra.first(&hers).unwrap().step, FirstStep::Done);
    // Twenty of one IIN are the end of a day, wherever they come from.
    let mut taken = 4;
    let refused = loop {
        let network = format!("198.51.100.{}", 10 + taken);
        match file_again(&world.ra, &hers, &network, after(10 + taken)) {
            Ok(()) => taken += 1,
            Err(refused) => break refused,
        }
    };
    assert_eq!((refused.code(), taken), ("too-many-first-applications", 20));
}

#[test]
fn one_network_files_so_many_applications_in_a_day() {
    let world = World::with(RaSection {
        first: FirstSection {
            applications_per_person_and_network_a_day: 9,
            applications_per_person_a_day: 9,
            applications_per_network_a_day: 2,
            ..section().first
        },
        ..section()
    });
    enter(&world);
    let (secret, _) = submitted(&world, &world.ra, NOON);
    file_again(&world.ra, &secret, NETWORK, NOON).unwrap();
    let refused = file_again(&world.ra, &secret, NETWORK, NOON).unwrap_err();
    assert_eq!(refused.code(), "too-many-first-applications");
    let elsewhere = file(&world.ra, &secret, "198.51.100.1", NOON);
    assert!(elsewhere.is_ok(), "another network is another count");
}

#[test]
fn an_intake_that_nobody_goes_on_with_is_forgotten() {
    let world = scene();
    let secret = world.ra.begin_first(Language::Kk, NOON).unwrap();
    let _ = claim(&world.ra, &secret, &form(), after(3 * DAY)).unwrap();
    world.ra.expire_old(after(9 * DAY)).unwrap();
    assert!(
        world.ra.first(&secret).is_ok(),
        "seven days from the last step"
    );
    world.ra.expire_old(after(10 * DAY)).unwrap();
    assert!(matches!(world.ra.first(&secret), Err(FirstError::Ended)));
}

#[test]
fn an_applicant_withdraws_by_the_link_and_begins_again_with_what_was_typed() {
    let world = scene();
    let (secret, _) = submitted(&world, &world.ra, NOON);
    let told = mails(&world, NOON);
    let view = world.ra.cancel_by_link(&link(&told), after(1)).unwrap();
    let cancelled = view.intake.number.clone();
    assert!(matches!(
        view.application.unwrap().state,
        State::Cancelled { .. }
    ));
    assert_eq!(kinds(&mails(&world, after(2))), ["first_cancelled"]);
    world.ra.cancel_by_link(&link(&told), after(3)).unwrap();
    assert!(mails(&world, after(3)).is_empty(), "said once");
    assert_eq!(
        world
            .ra
            .begin_first_again(&secret, &Solution::default(), after(4))
            .unwrap_err()
            .code(),
        "work-invalid",
        "another application costs work, too"
    );
    let solution = solved(&world.ra, after(4));
    world
        .ra
        .begin_first_again(&secret, &solution, after(4))
        .unwrap();
    let view = world.ra.first(&secret).unwrap();
    assert_eq!(view.step, FirstStep::Confirm);
    assert_ne!(
        view.intake.number, cancelled,
        "another application, another number"
    );
    assert_eq!(view.intake.content.email.as_deref(), Some("new@example.kz"));
    let keys = Keys::make();
    let (_, document) = world
        .ra
        .prepare_first(&secret, &keys.requests(), after(5))
        .unwrap();
    let view = world
        .ra
        .submit_first(&secret, &keys.sign(&document), NETWORK, after(6))
        .unwrap();
    assert!(matches!(
        view.application.unwrap().state,
        State::Submitted { .. }
    ));
    // A stranger's guess opens nothing.
    let guess = FirstSecret::read("AAAAAAAAAAAAAAAAAAAAAA").unwrap();
    assert!(matches!(
        world.ra.first_by_link(&guess, after(7)),
        Err(FirstError::Ended)
    ));
    assert!(FirstSecret::read("short").is_none());
}

/// A register that says what it is told to.
#[derive(Debug)]
pub(crate) struct Told(pub(crate) Mutex<RegisterAnswer>);

impl PersonRegister for Told {
    fn look_up(&self, _: &Iin) -> RegisterAnswer {
        self.0.lock().unwrap().clone()
    }

    fn name(&self) -> &str {
        "register.example"
    }
}

fn facts() -> PersonFacts {
    PersonFacts {
        surname: "СЕРІКҚЫЗЫ".to_owned(),
        given_name: "ӘЙГЕРІМ".to_owned(),
        patronymic: Some("МАРАТҚЫЗЫ".to_owned()),
    }
}

#[test]
fn while_the_register_is_silent_the_application_is_kept_and_goes_on_by_itself() {
    let world = World::with(section());
    let register = std::sync::Arc::new(Told(Mutex::new(RegisterAnswer::Unavailable)));
    let ra = world.second_process().with_register(register.clone());
    let says = |answer| *register.0.lock().unwrap() = answer;
    let (secret, _) = submitted(&world, &ra, NOON);
    let view = ra.first(&secret).unwrap();
    assert_eq!(view.intake.stage, IntakeStage::Waiting);
    assert!(view.application.is_none());
    let told = mails(&world, after(1));
    assert_eq!(kinds(&told), ["first_kept"]);
    assert!(ra.first_by_link(&link(&told), after(1)).is_ok());
    let number = view.intake.number.unwrap();
    let (own, stranger) = (iin(), Iin::complete("90010130010").unwrap());
    let asked = |proof| ra.prove(&number, proof, after(1), "").unwrap();
    let proved = asked(Proof::Iin(&own)).unwrap();
    assert!(proved.opened.is_none(), "there is nothing to act for");
    assert_eq!(proved.status.next, NextStep::WaitForRegister);
    assert_eq!(
        (proved.status.state, proved.status.kind),
        ("DRAFT", "first")
    );
    assert!(asked(Proof::Iin(&stranger)).is_none());
    assert!(asked(Proof::Secret("guessed")).is_none());
    assert_eq!(ra.retry_register(after(30)).unwrap().waiting, 0, "not yet");
    assert_eq!(ra.retry_register(after(60)).unwrap().waiting, 1);
    assert_eq!(
        ra.retry_register(after(90)).unwrap().waiting,
        0,
        "later again"
    );
    // A week is not too long.
    assert_eq!(ra.expire_old(after(8 * DAY)).unwrap().intakes, 0);
    says(RegisterAnswer::Person(facts()));
    let now = after(8 * DAY);
    assert_eq!(ra.retry_register(now).unwrap().accepted, 1);
    let application = ra.first(&secret).unwrap().application.unwrap();
    assert!(matches!(application.state, State::Submitted { at } if at == now));
    assert_eq!(kinds(&mails(&world, now)), ["first_submitted"]);
    let mut work = world.storage.snapshot().unwrap();
    let source = work.persons().source(application.person).unwrap();
    assert_eq!(source, Some(("register.example".to_owned(), false)));
}

#[test]
fn a_kept_application_that_was_changed_meanwhile_waits_until_it_is_put_right() {
    let world = World::with(section());
    let register = std::sync::Arc::new(Told(Mutex::new(RegisterAnswer::Unavailable)));
    let ra = world.second_process().with_register(register.clone());
    let (secret, _) = submitted(&world, &ra, NOON);
    *register.0.lock().unwrap() = RegisterAnswer::Person(facts());
    let kept = || ra.first(&secret).unwrap().intake;
    let right = kept().content;
    let changes: [fn(&mut tanba_model::intake::IntakeContent); 4] = [
        |content| content.email = Some("thief@example.kz".to_owned()),
        |content| content.keystore = Some("AKJaCartaStore".to_owned()),
        |content| content.keys.reverse(),
        |content| content.signature = Some("00".to_owned()),
    ];
    for (day, change) in (1..).zip(changes) {
        let mut intake = kept();
        intake.content = right.clone();
        change(&mut intake.content);
        let mut work = world.storage.begin().unwrap();
        work.intakes().update(&mut intake).unwrap();
        work.commit().unwrap();
        let round = ra.retry_register(after(day * DAY)).unwrap();
        assert_eq!((round.accepted, round.waiting), (0, 1), "change {day}");
        assert_eq!(kept().stage, IntakeStage::Waiting);
    }
    let mut intake = kept();
    intake.content = right;
    let mut work = world.storage.begin().unwrap();
    work.intakes().update(&mut intake).unwrap();
    work.commit().unwrap();
    assert_eq!(ra.retry_register(after(6 * DAY)).unwrap().accepted, 1);
}

#[test]
fn a_kept_application_that_the_register_does_not_confirm_is_closed_with_a_notice() {
    let world = World::with(section());
    for answer in [RegisterAnswer::Dead, RegisterAnswer::Unknown] {
        let register = std::sync::Arc::new(Told(Mutex::new(RegisterAnswer::Unavailable)));
        let ra = world.second_process().with_register(register.clone());
        let (secret, _) = submitted(&world, &ra, NOON);
        drop(mails(&world, NOON));
        *register.0.lock().unwrap() = answer;
        assert_eq!(ra.retry_register(after(60)).unwrap().refused, 1);
        assert_eq!(kinds(&mails(&world, after(60))), ["first_not_confirmed"]);
        assert_eq!(
            ra.first(&secret).unwrap().intake.stage,
            IntakeStage::Refused
        );
        let number = ra.first(&secret).unwrap().intake.number.unwrap();
        let proved = ra
            .prove(&number, Proof::Iin(&iin()), after(60), "")
            .unwrap();
        let status = proved.unwrap().status;
        assert_eq!(
            (status.state, status.next),
            ("REJECTED", NextStep::BeginAgain)
        );
        ra.begin_first_again(&secret, &solved(&ra, after(61)), after(61))
            .unwrap();
        assert_eq!(ra.first(&secret).unwrap().step, FirstStep::Person);
    }
}

#[test]
fn a_person_twice_in_the_register_learns_it_only_with_her_right_name() {
    let world = World::with(section());
    let register = std::sync::Arc::new(Told(Mutex::new(RegisterAnswer::Ambiguous(vec![
        facts(),
        PersonFacts {
            given_name: "ӘСЕЛ".to_owned(),
            ..facts()
        },
    ]))));
    let ra = world.second_process().with_register(register);
    let secret = ra.begin_first(Language::Kk, NOON).unwrap();
    let stranger = ClaimForm {
        given_name: "Жанна".to_owned(),
        ..form()
    };
    assert!(matches!(
        claim(&ra, &secret, &stranger, NOON),
        Err(ClaimError::First(FirstError::NotConfirmed))
    ));
    assert!(matches!(
        claim(&ra, &secret, &form(), NOON),
        Err(ClaimError::First(FirstError::Ambiguous))
    ));
}

#[test]
fn an_operator_learns_of_a_death_and_of_a_new_name_since_the_application() {
    let world = World::with(section());
    let register = std::sync::Arc::new(Told(Mutex::new(RegisterAnswer::Person(facts()))));
    let ra = world.second_process().with_register(register.clone());
    let (secret, _) = submitted(&world, &ra, NOON);
    let id = ra.first(&secret).unwrap().application.unwrap().person;
    let person = world
        .storage
        .snapshot()
        .unwrap()
        .persons()
        .find(id)
        .unwrap()
        .unwrap();
    let now = |answer| {
        *register.0.lock().unwrap() = answer;
        ra.compare_with_register(&person)
    };
    assert_eq!(now(RegisterAnswer::Person(facts())), Register::Agrees);
    let renamed = PersonFacts {
        surname: "ҚАСЫМОВА".to_owned(),
        ..facts()
    };
    assert_eq!(
        now(RegisterAnswer::Person(renamed.clone())),
        Register::Renamed(renamed)
    );
    assert_eq!(now(RegisterAnswer::Dead), Register::Dead);
    assert_eq!(now(RegisterAnswer::Unavailable), Register::Unavailable);
}

/// What an operator's decision does, and what follows from it.
fn approve(world: &World, secret: &FirstSecret) {
    let mut application = world.ra.first(secret).unwrap().application.unwrap();
    let mut work = world.storage.begin().unwrap();
    application.state = application.state.confirm(after(10)).unwrap();
    work.applications().update(&mut application).unwrap();
    work.commit().unwrap();
    assert_eq!(world.ra.resume(after(11)).unwrap().finished, 1);
}

/// What the policy asks two signatures for does not come about by one, not even at the command line.
#[test]
fn a_first_application_of_somebody_with_another_address_moves_none_where_the_policy_wants_two() {
    let world = scene();
    let known = EmailAddress::parse("known@example.kz").unwrap();
    let mut work = world.storage.begin().unwrap();
    let id = work.persons().find_by_iin(&iin()).unwrap().unwrap().id;
    work.persons().set_email(id, Some(&known)).unwrap();
    work.commit().unwrap();
    let (secret, _) = submitted(&world, &world.ra, NOON);
    drop(mails(&world, NOON));
    approve(&world, &secret);
    let told = mails(&world, after(12));
    let told: Vec<_> = told
        .iter()
        .map(|mail| (mail.body.kind(), mail.to.as_str()))
        .collect();
    assert!(
        told.contains(&("certificates_issued", "known@example.kz")),
        "{told:?}"
    );
    assert!(
        told.contains(&("first_issued", "new@example.kz")),
        "{told:?}"
    );
    let mut work = world.storage.snapshot().unwrap();
    let person = work.persons().find(id).unwrap().unwrap();
    assert_eq!(person.email, Some(known));
    assert_eq!(
        person.language,
        Language::Kk,
        "her notices stay in her language"
    );
}

/// Whoever shows a stranger's document at a counter gains no renewal by it: the address of before goes on counting.
#[test]
fn an_address_that_a_first_application_replaces_goes_on_counting_and_is_taken_back_by_its_owner() {
    let world = World::with(RaSection {
        desk: DeskSection {
            second_operator: Vec::new(),
            ..DeskSection::default()
        },
        ..section()
    });
    enter(&world);
    let known = EmailAddress::parse("known@example.kz").unwrap();
    let mut work = world.storage.begin().unwrap();
    let id = work.persons().find_by_iin(&iin()).unwrap().unwrap().id;
    work.persons().set_email(id, Some(&known)).unwrap();
    work.commit().unwrap();
    let (secret, _) = submitted(&world, &world.ra, NOON);
    drop(mails(&world, NOON));
    approve(&world, &secret);
    let person = |world: &World| {
        let mut work = world.storage.snapshot().unwrap();
        work.persons().find(id).unwrap().unwrap()
    };
    let now = person(&world);
    assert_eq!(now.email.as_ref().unwrap().as_str(), "new@example.kz");
    assert_eq!(now.code_address(after(12)), Some(&known));
    let told = mails(&world, after(12));
    let changed: Vec<_> = told
        .iter()
        .filter(|mail| mail.body.kind() == "address_changed")
        .collect();
    let addresses: Vec<&str> = changed.iter().map(|mail| mail.to.as_str()).collect();
    assert!(addresses.contains(&"known@example.kz"), "{addresses:?}");
    assert!(addresses.contains(&"new@example.kz"), "{addresses:?}");
    let MessageBody::AddressChanged { not_me_path, .. } = &changed[0].body else {
        panic!("another message");
    };
    let link = not_me_path.rsplit('/').next().unwrap();
    world.ra.not_me(link, after(13)).unwrap();
    let now = person(&world);
    assert_eq!(now.email, Some(known));
    assert!(now.frozen_at.is_some());
}

#[test]
fn a_confirmed_application_is_issued_and_makes_the_address_the_persons() {
    let world = scene();
    let (secret, _) = submitted(&world, &world.ra, NOON);
    drop(mails(&world, NOON));
    approve(&world, &secret);
    let application = world.ra.first(&secret).unwrap().application.unwrap();
    assert!(matches!(application.state, State::Issued { .. }));
    let told = mails(&world, after(12));
    assert_eq!(kinds(&told), ["first_issued"]);
    assert_eq!(told[0].to.as_str(), "new@example.kz");
    let mut work = world.storage.snapshot().unwrap();
    let person = work.persons().find(application.person).unwrap().unwrap();
    assert_eq!(person.email.unwrap().as_str(), "new@example.kz");
    let records = work.certificates().of_application(application.id).unwrap();
    assert_eq!(records.len(), 2);
    assert!(
        records
            .iter()
            .all(|record| record.channel.name() == "centre")
    );
}

/// The state of first keys after somebody with the database changed something between approval and issue.
fn approved_and(change: impl FnOnce(&World, &mut Application)) -> State {
    let world = scene();
    let (secret, _) = submitted(&world, &world.ra, NOON);
    let mut application = world.ra.first(&secret).unwrap().application.unwrap();
    change(&world, &mut application);
    application.state = application.state.confirm(after(10)).unwrap();
    let mut work = world.storage.begin().unwrap();
    work.applications().update(&mut application).unwrap();
    work.commit().unwrap();
    let _ = world.ra.resume(after(11)).unwrap();
    world.ra.first(&secret).unwrap().application.unwrap().state
}

#[test]
fn first_keys_whose_record_was_changed_after_the_approval_are_not_issued() {
    let named = |world: &World, application: &Application, surname: &str, given_name: &str| {
        let facts = PersonFacts {
            surname: surname.to_owned(),
            given_name: given_name.to_owned(),
            patronymic: None,
        };
        let mut work = world.storage.begin().unwrap();
        work.persons()
            .set_identity(application.person, &facts, "table", false)
            .unwrap();
        work.commit().unwrap();
    };
    let refused = |state: State, expected: &str| {
        assert!(
            matches!(&state, State::Rejected { reason, .. } if reason == expected),
            "{state:?}"
        );
    };
    let state = approved_and(|_, application| {
        application.email = EmailAddress::parse("minister@example.kz").ok();
    });
    refused(state, "record-differs");
    let state = approved_and(|world, application| named(world, application, "ИВАНОВА", "МАРИЯ"));
    refused(state, "data-changed");
    let state = approved_and(|_, application| {
        let request = application.requests[0].request.clone();
        application.requests[1].request = request;
    });
    refused(state, "record-differs");
    let state = approved_and(|_, _| {});
    assert!(matches!(state, State::Issued { .. }), "{state:?}");
}

/// Nobody asks at first keys what is to become of old ones: the notice must not speak of a wish.
#[test]
fn the_notice_of_installed_first_keys_says_that_they_are_the_first() {
    let world = scene();
    let (secret, Keys { keys }) = submitted(&world, &world.ra, NOON);
    approve(&world, &secret);
    drop(mails(&world, after(12)));
    let number = world.ra.first(&secret).unwrap().application.unwrap().number;
    let now = after(13);
    let proof = Proof::Iin(&iin());
    let opened = world.ra.prove(&number, proof, now, "").unwrap().unwrap();
    let token = opened.opened.unwrap().token;
    let found = world.ra.limited_session(token.expose(), now).unwrap();
    let (limited, _) = found.unwrap();
    let issued = world.ra.certificates(&limited, &number).unwrap();
    let challenge = world
        .ra
        .installation_challenge(&limited, &number, now)
        .unwrap();
    let proofs: Vec<Vec<u8>> = issued
        .certificates
        .iter()
        .zip(&keys)
        .map(|(der, key)| {
            let certificate = Certificate::from_der(der).unwrap();
            let mut options = SignOptions::new(&certificate);
            options.signing_time = Some(now);
            cms::sign(&challenge, key, &options).unwrap()
        })
        .collect();
    world
        .ra
        .installed(&limited, &number, &proofs, false, now)
        .unwrap();
    let told = mails(&world, after(14));
    let installed = told.iter().find(|mail| mail.body.kind() == "installed");
    let MessageBody::Installed {
        first, not_me_path, ..
    } = &installed.unwrap().body
    else {
        panic!("another message");
    };
    assert!(*first);
    let link = not_me_path.strip_prefix("/not-me/").unwrap();
    assert_eq!(
        world.ra.not_me(link, after(15)).unwrap().serials.len(),
        keys.len()
    );
}
