//! Somebody who renews: her keys, what she signs, and her mailbox.

use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Context as _;
use tanba_crypto::{KeyAlgorithm, SoftwareKey};
use tanba_model::audit::Actor;
use tanba_model::certificate::Channel;
use tanba_model::id::{ApplicationId, PersonId};
use tanba_model::iin::Iin;
use tanba_model::keystore_kind::KeystoreKind;
use tanba_model::language::Language;
use tanba_model::message::{MessageBody, OutboxMessage};
use tanba_model::person::{EmailAddress, NewPerson};
use tanba_model::ports::{
    Carrier, CarrierError, Issuance as _, IssuanceOrder, NewMessage, RandomSource, SourceRng,
    Storage as _, StorageError, UnitOfWork,
};
use tanba_pki::cms::{self, SignOptions};
use tanba_pki::profile::Subject;
use tanba_pki::{
    Certificate, CertificateRequest, DistinguishedNameBuilder, RequestAttributes, SerialNumber,
    Timestamp,
};

use super::nation;
use super::scratch::Scratch;

/// Her profiles, in the order of requests.
pub(super) const PROFILES: [&str; 2] = [
    "kz-individual-authentication-rsa",
    "kz-individual-signature-rsa",
];

/// A key with its certificate.
pub(super) struct Key {
    pub(super) software: SoftwareKey,
    pub(super) certificate: Certificate,
}

impl Key {
    pub(super) fn sign(&self, content: &[u8], now: Timestamp) -> anyhow::Result<Vec<u8>> {
        let mut options = SignOptions::new(&self.certificate);
        options.signing_time = Some(now);
        Ok(cms::sign(content, &self.software, &options)?)
    }
}

/// Enters a person into the register.
pub(super) fn enter(scratch: &Scratch) -> anyhow::Result<PersonId> {
    enter_as(scratch, iin()?)
}

/// Enters another one.
pub(super) fn enter_another(scratch: &Scratch) -> anyhow::Result<PersonId> {
    let iin = (0..10).find_map(|last| Iin::complete(&format!("9002024124{last}")));
    enter_as(scratch, iin.context("no personal number fits")?)
}

/// Enters somebody who works for the authority.
pub(super) fn enter_clerk(scratch: &Scratch) -> anyhow::Result<PersonId> {
    let iin = (0..10).find_map(|last| Iin::complete(&format!("9003034125{last}")));
    enter_as(scratch, iin.context("no personal number fits")?)
}

/// Enters somebody who looks after the authority.
pub(super) fn enter_administrator(scratch: &Scratch) -> anyhow::Result<PersonId> {
    let iin = (0..10).find_map(|last| Iin::complete(&format!("9003034126{last}")));
    enter_as(scratch, iin.context("no personal number fits")?)
}

fn enter_as(scratch: &Scratch, iin: Iin) -> anyhow::Result<PersonId> {
    let mut unit = scratch.storage.begin()?;
    let new = NewPerson {
        iin,
        surname: "ӨЛШЕМОВА".to_owned(),
        given_name: "АЙГЕРІМ".to_owned(),
        patronymic: None,
        email: Some(EmailAddress::parse("bench@example.kz")?),
        language: Language::Kk,
        phone: None,
    };
    let id = unit.persons().insert(&new, scratch.made_at)?;
    unit.commit()?;
    Ok(id)
}

fn iin() -> anyhow::Result<Iin> {
    (0..10)
        .find_map(|last| Iin::complete(&format!("9001014123{last}")))
        .context("no personal number fits")
}

/// Makes two keys, as her browser would.
pub(super) fn new_keys(random: &dyn RandomSource) -> anyhow::Result<[SoftwareKey; 2]> {
    let key = || SoftwareKey::generate(KeyAlgorithm::Rsa { bits: 2048 }, &mut SourceRng(random));
    Ok([key()?, key()?])
}

/// A request without a name in it: the authority knows who she is.
pub(super) fn request(key: &SoftwareKey) -> anyhow::Result<Vec<u8>> {
    let nobody = DistinguishedNameBuilder::new().build()?;
    Ok(CertificateRequest::build(
        &nobody,
        key,
        &RequestAttributes::default(),
    )?)
}

/// Orders for two keys.
pub(super) fn orders(
    person: PersonId,
    application: Option<ApplicationId>,
    keys: &[SoftwareKey; 2],
) -> anyhow::Result<Vec<IssuanceOrder>> {
    let subject = Subject {
        surname: "ӨЛШЕМОВА".to_owned(),
        given_name: "АЙГЕРІМ".to_owned(),
        iin: iin()?.as_str().to_owned(),
        country: "KZ".to_owned(),
        ..Subject::default()
    };
    let order = |(profile, key): (&str, &SoftwareKey)| {
        Ok(IssuanceOrder {
            person: Some(person),
            application,
            profile: profile.to_owned(),
            subject: subject.clone(),
            email: None,
            keystore: KeystoreKind::PersonalComputer,
            request: request(key)?,
            channel: Channel::Administrator,
            actor: Actor::System,
        })
    };
    PROFILES.into_iter().zip(keys).map(order).collect()
}

/// Enters so many people into the register.
pub(super) fn many(scratch: &Scratch, count: u64) -> anyhow::Result<Vec<PersonId>> {
    let mut unit = scratch.storage.begin()?;
    let mut people = Vec::new();
    let mut iins = nation::iins();
    for _ in 0..count {
        let new = NewPerson {
            iin: iins.next().context("there are no more personal numbers")?,
            surname: "ӨЛШЕМОВА".to_owned(),
            given_name: "АЙГЕРІМ".to_owned(),
            patronymic: None,
            email: Some(EmailAddress::parse("bench@example.kz")?),
            language: Language::Kk,
            phone: None,
        };
        people.push(unit.persons().insert(&new, scratch.made_at)?);
    }
    unit.commit()?;
    Ok(people)
}

/// An order for one certificate.
pub(super) fn single_order(person: PersonId, key: &SoftwareKey) -> anyhow::Result<IssuanceOrder> {
    Ok(IssuanceOrder {
        person: Some(person),
        application: None,
        profile: "neutral-individual-signature".to_owned(),
        subject: Subject {
            surname: "ӨЛШЕМОВА".to_owned(),
            given_name: "АЙГЕРІМ".to_owned(),
            iin: iin()?.as_str().to_owned(),
            country: "KZ".to_owned(),
            ..Subject::default()
        },
        email: None,
        keystore: KeystoreKind::PersonalComputer,
        request: request(key)?,
        channel: Channel::Administrator,
        actor: Actor::System,
    })
}

/// Puts a notice of certificates into the outbox.
pub(super) fn notice(
    unit: &mut dyn UnitOfWork,
    person: PersonId,
    serials: &[SerialNumber],
    now: Timestamp,
) -> Result<(), StorageError> {
    let address = EmailAddress::parse("bench@example.kz")
        .map_err(|_| StorageError::Damaged("message.recipient".to_owned()))?;
    let message = NewMessage {
        person,
        to: address.into(),
        language: Language::Kk,
        body: MessageBody::CertificatesIssued {
            number: String::new(),
            serials: serials.iter().map(SerialNumber::hex).collect(),
            not_me_path: "/not-me/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA".to_owned(),
        },
    };
    unit.outbox().insert(&message, now).map(drop)
}

/// Her first keys, from the counter.
pub(super) fn first_keys(
    scratch: &Scratch,
    person: PersonId,
    random: &dyn RandomSource,
    now: Timestamp,
) -> anyhow::Result<[Key; 2]> {
    let keys = new_keys(random)?;
    let issued = scratch
        .authority
        .issue(&orders(person, None, &keys)?, now)?;
    let ders = issued.into_iter().filter_map(|record| record.der).collect();
    with_certificates(keys, ders)
}

/// Puts certificates to keys, in the same order.
pub(super) fn with_certificates(
    keys: [SoftwareKey; 2],
    ders: Vec<Vec<u8>>,
) -> anyhow::Result<[Key; 2]> {
    let [first, second] = <[Vec<u8>; 2]>::try_from(ders)
        .ok()
        .context("two certificates were expected")?;
    let [one, two] = keys;
    Ok([
        Key {
            software: one,
            certificate: Certificate::from_der(&first)?,
        },
        Key {
            software: two,
            certificate: Certificate::from_der(&second)?,
        },
    ])
}

/// Keeps the last code that was mailed.
#[derive(Debug, Default)]
pub(super) struct Mailbox(Arc<Mutex<Option<String>>>);

impl Mailbox {
    pub(super) fn code(&self) -> anyhow::Result<String> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take()
            .context("no code was mailed")
    }
}

impl Carrier for Mailbox {
    fn send(&self, message: &OutboxMessage, _now: Timestamp) -> Result<(), CarrierError> {
        if let MessageBody::ConfirmationCode { code, .. } = &message.body {
            *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(code.clone());
        }
        Ok(())
    }
}
