//! A register of many people with a certificate each, made quickly: every row is what issuing leaves behind, but the same
//! signed octets stand in all of them. Serial numbers and key digests rise, which loads faster than chance; reading is as
//! deep either way.

use std::time::Duration;

use anyhow::Context as _;
use tanba_crypto::sha256;
use tanba_model::certificate::{Channel, NewCertificate};
use tanba_model::id::{IssuerId, PersonId};
use tanba_model::iin::Iin;
use tanba_model::keystore_kind::KeystoreKind;
use tanba_model::language::Language;
use tanba_model::person::{EmailAddress, NewPerson};
use tanba_model::phone::PhoneNumber;
use tanba_model::ports::{IssuerKind, RandomSource, Storage as _};
use tanba_pki::{Purpose, SerialNumber, Timestamp};

use super::person;
use super::report::timed;
use super::scratch::Scratch;
use crate::context::Context;

/// People of one unit of work.
const BATCH: u32 = 5_000;
/// One in so many has given a telephone number.
const PHONES: u32 = 3;
const YEAR: Duration = Duration::from_secs(365 * 24 * 3600);

/// When the certificates end: evenly from `from` on, over `over`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ends {
    pub(super) from: Timestamp,
    pub(super) over: Duration,
}

impl Ends {
    fn of(self, number: u32, count: u32) -> Timestamp {
        let part = f64::from(number) / f64::from(count.max(1));
        self.from.plus(self.over.mul_f64(part))
    }
}

/// The signed octets that stand in every row.
struct Octets {
    der: Vec<u8>,
    to_be_signed: Vec<u8>,
}

/// Enters so many people with a certificate each; how long it took.
pub(super) fn fill(
    scratch: &Scratch,
    count: u32,
    ends: Ends,
    context: &Context,
) -> anyhow::Result<Duration> {
    let random = context.random();
    let octets = octets(scratch, random.as_ref())?;
    let issuers = scratch.storage.snapshot()?.issuers().all()?;
    let issuer = issuers
        .iter()
        .find(|record| record.issuer.kind == IssuerKind::Issuing)
        .context("there is no issuing authority")?
        .id;
    let mut iins = iins();
    context.progress(format_args!("entering {count} people"));
    let (entered, time) = timed(|| -> anyhow::Result<()> {
        let mut number = 0;
        while number < count {
            let until = number.saturating_add(BATCH).min(count);
            let mut unit = scratch.storage.begin()?;
            while number < until {
                let iin = iins.next().context("there are no more personal numbers")?;
                let who = unit
                    .persons()
                    .insert(&citizen(iin, number)?, scratch.made_at)?;
                let not_after = ends.of(number, count);
                let new = certificate(issuer, who, number, not_after, &octets)?;
                let id = unit.certificates().intend(&new)?;
                unit.certificates()
                    .complete(id, &octets.der, new.created_at)?;
                number = number.saturating_add(1);
            }
            unit.commit()?;
        }
        Ok(())
    });
    entered?;
    let _ = scratch.storage.take();
    Ok(time)
}

fn octets(scratch: &Scratch, random: &dyn RandomSource) -> anyhow::Result<Octets> {
    let who = person::enter(scratch)?;
    let _keys = person::first_keys(scratch, who, random, scratch.made_at)?;
    let mut unit = scratch.storage.snapshot()?;
    let records = unit.certificates().of_person(who, 1)?;
    let record = records.into_iter().next().context("nothing was issued")?;
    Ok(Octets {
        der: record.der.context("nothing was issued")?,
        to_be_signed: record.to_be_signed,
    })
}

fn citizen(iin: Iin, number: u32) -> anyhow::Result<NewPerson> {
    let phone = if number.is_multiple_of(PHONES) {
        Some(PhoneNumber::parse(&format!("+7700{number:07}"))?)
    } else {
        None
    };
    Ok(NewPerson {
        iin,
        surname: format!("ӨЛШЕМОВА{number}"),
        given_name: "АЙГЕРІМ".to_owned(),
        patronymic: Some("ҚАНАТҚЫЗЫ".to_owned()),
        email: Some(EmailAddress::parse(&format!("p{number}@bench.example.kz"))?),
        language: match number % 3 {
            0 => Language::Kk,
            1 => Language::Ru,
            _ => Language::En,
        },
        phone,
    })
}

fn certificate(
    issuer: IssuerId,
    person: PersonId,
    number: u32,
    not_after: Timestamp,
    octets: &Octets,
) -> anyhow::Result<NewCertificate> {
    let rising = number.to_be_bytes();
    let rest = sha256(&rising);
    let mut serial = [1_u8; SerialNumber::LENGTH];
    for (octet, value) in serial.iter_mut().skip(1).zip(rising.iter().chain(&rest)) {
        *octet = *value;
    }
    let mut key = [0_u8; 32];
    for (octet, value) in key.iter_mut().zip(rising.iter().chain(&rest)) {
        *octet = *value;
    }
    let not_before = not_after.minus(YEAR);
    Ok(NewCertificate {
        issuer,
        serial: SerialNumber::from_bytes(&serial)?,
        person: Some(person),
        application: None,
        profile: "kz-individual-signature-rsa".to_owned(),
        purpose: Purpose::Signature,
        keystore: Some(KeystoreKind::PersonalComputer),
        channel: Channel::Administrator,
        public_key_sha256: key,
        to_be_signed: octets.to_be_signed.clone(),
        shard: u16::try_from(number % 16).unwrap_or_default(),
        not_before,
        not_after,
        created_at: not_before,
    })
}

/// Personal numbers of people born from 1950 on, one after the other.
pub(super) fn iins() -> impl Iterator<Item = Iin> {
    (50..100_u32)
        .flat_map(|year| (1..=12_u32).map(move |month| (year, month)))
        .flat_map(|(year, month)| (1..=28_u32).map(move |day| (year, month, day)))
        .flat_map(|(year, month, day)| {
            (0..10_000_u32).filter_map(move |number| {
                Iin::complete(&format!("{year:02}{month:02}{day:02}4{number:04}"))
            })
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_enough_personal_numbers_and_none_comes_twice() {
        let some: std::collections::BTreeSet<String> = iins()
            .take(30_000)
            .map(|iin| iin.as_str().to_owned())
            .collect();
        assert_eq!(some.len(), 30_000);
    }

    #[test]
    fn certificates_end_evenly_over_the_time() {
        let from = Timestamp::from_unix(1000);
        let ends = Ends {
            from,
            over: Duration::from_secs(100),
        };
        assert_eq!(ends.of(0, 4), from);
        assert_eq!(ends.of(3, 4), from.plus(Duration::from_secs(75)));
    }
}
