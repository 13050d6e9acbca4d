//! The people of the demo, with key files as their owners would have them.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow};
use rand_core::CryptoRng;
use serde::Serialize;
use tanba_ca::Authority;
use tanba_crypto::{KeyAlgorithm, SoftwareKey};
use tanba_keystore::{Computing, Container, Password, Profile};
use tanba_model::audit::facts::{self, Fact};
use tanba_model::audit::{Actor, AuditEvent, origin};
use tanba_model::centre::Centres;
use tanba_model::certificate::{CertificateRecord, Channel};
use tanba_model::iin::Iin;
use tanba_model::keystore_kind::KeystoreKind;
use tanba_model::language::Language;
use tanba_model::person::{EmailAddress, NewPerson};
use tanba_model::phone::PhoneNumber;
use tanba_model::place::Gazetteer;
use tanba_model::ports::{Issuance, IssuanceOrder, RandomSource, SourceRng, Storage};
use tanba_model::staff::Role;
use tanba_pki::profile::Subject;
use tanba_pki::{Certificate, CertificateRequest, Timestamp};
use tanba_ra::{Employment, employ};

const DAY: i64 = 86_400;
const PROFILES: [&str; 2] = [
    "kz-individual-authentication-rsa",
    "kz-individual-signature-rsa",
];

/// Who a person of the demo is. All of them are invented.
pub(super) struct Character {
    surname: &'static str,
    given_name: &'static str,
    patronymic: Option<&'static str>,
    /// Eleven digits; the twelfth checks them.
    iin: &'static str,
    email: &'static str,
    phone: Option<&'static str>,
    password: &'static str,
    folder: &'static str,
    format: Profile,
    language: Language,
    /// Days until the keys expire; negative when they did.
    days_left: i64,
    /// What she is at the authority; citizens are nothing.
    role: Option<Role>,
    /// What to try as this person.
    idea: &'static str,
}

/// Where the staff of the demo works.
const CENTRE: &str = "kz-75-almaty-1";

pub(super) const CAST: [Character; 3] = [
    Character {
        surname: "САҒЫНТАЕВА",
        given_name: "ӘЙГЕРІМ",
        patronymic: Some("НҰРЛАНҚЫЗЫ"),
        iin: "90031240013",
        email: "aigerim@demo.kz",
        phone: Some("+77000000001"),
        password: "Aigerim2026",
        folder: "aigerim",
        format: Profile::Nca,
        language: Language::Kk,
        days_left: 20,
        role: None,
        idea: "renew the keys; look at the application and its letters",
    },
    Character {
        surname: "АХМЕТОВ",
        given_name: "ДАНИЯР",
        patronymic: Some("СЕРІКҰЛЫ"),
        iin: "85070130045",
        email: "daniyar@demo.kz",
        phone: Some("+77000000002"),
        password: "Daniyar2026",
        folder: "daniyar",
        format: Profile::Modern,
        language: Language::Ru,
        days_left: 3,
        role: None,
        idea: "change the password of a key, revoke one; sign in and freeze everything by the link “It was not me” of the letter about it",
    },
    Character {
        surname: "КИМ",
        given_name: "ЕЛЕНА",
        patronymic: None,
        iin: "96113040077",
        email: "elena@demo.kz",
        phone: None,
        password: "Elena2026",
        folder: "elena",
        format: Profile::Nca,
        language: Language::En,
        days_left: -1,
        role: None,
        idea: "expired keys sign in nowhere: apply for first keys at /en/obtain (name and IIN as above, centre “Almaty Registration Centre No. 1”)",
    },
];

/// Those who work at the registration centre and at the authority.
pub(super) const STAFF: [Character; 4] = [
    Character {
        surname: "ЖҮНІСОВ",
        given_name: "БОЛАТ",
        patronymic: Some("ҚАЙРАТҰЛЫ"),
        iin: "79041530021",
        email: "bolat@demo.kz",
        phone: None,
        password: "Bolat2026",
        folder: "bolat-operator",
        format: Profile::Modern,
        language: Language::Kk,
        days_left: 300,
        role: Some(Role::Operator),
        idea: "find Elena’s application by its number, compare her data, approve or refuse it",
    },
    Character {
        surname: "ОМАРОВА",
        given_name: "ДАНА",
        patronymic: Some("ЕРЛАНҚЫЗЫ"),
        iin: "82092240036",
        email: "dana@demo.kz",
        phone: None,
        password: "Dana2026",
        folder: "dana-senior-operator",
        format: Profile::Modern,
        language: Language::Kk,
        days_left: 300,
        role: Some(Role::SeniorOperator),
        idea: "give the second signature to what Bolat proposed: a release, a changed address, a corrected name",
    },
    Character {
        surname: "ПЕТРОВ",
        given_name: "АНДРЕЙ",
        patronymic: Some("ИВАНОВИЧ"),
        iin: "75110730019",
        email: "andrey@demo.kz",
        phone: None,
        password: "Andrey2026",
        folder: "andrey-administrator",
        format: Profile::Modern,
        language: Language::Ru,
        days_left: 300,
        role: Some(Role::Administrator),
        idea: "opens on the console: stop and start issuance, profiles, lists, queues, health",
    },
    Character {
        surname: "ТӨЛЕГЕН",
        given_name: "МӘДИНА",
        patronymic: None,
        iin: "88020340028",
        email: "madina@demo.kz",
        phone: None,
        password: "Madina2026",
        folder: "madina-auditor",
        format: Profile::Modern,
        language: Language::En,
        days_left: 300,
        role: Some(Role::Auditor),
        idea: "opens on the audit log: search it; everything is shown and nothing can be changed",
    },
];

impl Character {
    /// Where she works, if at a registration centre.
    fn centre(&self) -> Option<&'static str> {
        self.role.filter(|role| role.has_centre()).map(|_| CENTRE)
    }

    /// The profiles of her keys.
    fn profiles(&self) -> Vec<String> {
        match self.role {
            Some(role) => vec![format!("kz-{}", role.name())],
            None => PROFILES.map(str::to_owned).into(),
        }
    }
}

/// A person with key files on the disk.
#[derive(Debug, Serialize)]
pub(super) struct Made {
    /// Surname, given name and patronymic.
    pub(super) name: String,
    /// Individual identification number.
    pub(super) iin: String,
    /// Confirmed address.
    pub(super) email: String,
    /// Password of the key files.
    pub(super) password: &'static str,
    /// Days until the keys expire; negative when they did.
    pub(super) days_left: i64,
    /// `modern` or `nca`.
    pub(super) format: &'static str,
    /// What she is at the authority; `null` for citizens.
    pub(super) role: Option<&'static str>,
    /// Code of the registration centre where she works, where her role has one.
    pub(super) centre: Option<&'static str>,
    /// What to try as this person.
    pub(super) idea: &'static str,
    /// Folder with the key files.
    pub(super) folder: PathBuf,
    /// Key files: first the one to sign in with, then the one to sign with.
    pub(super) files: Vec<PathBuf>,
}

/// What people are made with.
pub(super) struct Workshop<'a> {
    pub(super) storage: &'a dyn Storage,
    pub(super) authority: &'a Authority,
    pub(super) random: &'a dyn RandomSource,
    pub(super) keys: &'a Path,
    pub(super) now: Timestamp,
}

impl Workshop<'_> {
    /// Enters a person and writes her key files, as of the day on which her keys were issued.
    pub(super) fn make(&self, character: &Character) -> Result<Made> {
        let issued = Timestamp::from_unix(self.now.unix() + character.days_left * DAY);
        let issued = one_year_before(issued);
        let iin = Iin::complete(character.iin).context("the IIN of the demo has no check digit")?;
        let person = NewPerson {
            iin: iin.clone(),
            surname: character.surname.to_owned(),
            given_name: character.given_name.to_owned(),
            patronymic: character.patronymic.map(str::to_owned),
            email: Some(EmailAddress::parse(character.email)?),
            language: character.language,
            phone: character.phone.map(PhoneNumber::parse).transpose()?,
        };
        let mut work = self.storage.begin()?;
        let id = work.persons().insert(&person, issued)?;
        let event = AuditEvent {
            at: issued,
            actor: Actor::Administrator("demo".to_owned()),
            action: "person.import".to_owned(),
            object: format!("person:{id}"),
            detail: facts::detail(work.as_mut(), id, "address confirmed", &Fact::ALL)?,
            origin: origin::here(),
        };
        let _ = work.audit_log().append(&event)?;
        work.commit()?;
        self.employ(character, &iin, issued)?;
        let folder = self.keys.join(character.folder);
        fs::create_dir_all(&folder).context("the folder for the keys cannot be made")?;
        let mut keys = Vec::new();
        let mut orders = Vec::new();
        for profile in character.profiles() {
            let random = &mut SourceRng(self.random);
            let key = SoftwareKey::generate(KeyAlgorithm::Rsa { bits: 2048 }, random)?;
            let order = order(&person, Some(id), &profile, &key)?;
            keys.push(key);
            orders.push(order);
        }
        let records = self.authority.issue(&orders, issued)?;
        let mut files = Vec::new();
        for (key, record) in keys.into_iter().zip(&records) {
            let password = Password::new(character.password.to_owned());
            let random: &mut dyn CryptoRng = &mut SourceRng(self.random);
            let (name, bytes) = write(key, record, character.format, &password, random)?;
            let file = folder.join(name);
            fs::write(&file, bytes).context("a key file cannot be written")?;
            files.push(file);
        }
        Ok(Made {
            name: [
                Some(character.surname),
                Some(character.given_name),
                character.patronymic,
            ]
            .into_iter()
            .flatten()
            .collect::<Vec<_>>()
            .join(" "),
            iin: iin.as_str().to_owned(),
            email: character.email.to_owned(),
            password: character.password,
            days_left: character.days_left,
            format: character.format.name(),
            role: character.role.map(Role::name),
            centre: character.centre(),
            idea: character.idea,
            folder,
            files,
        })
    }
}

impl Workshop<'_> {
    fn employ(&self, character: &Character, iin: &Iin, since: Timestamp) -> Result<()> {
        let Some(role) = character.role else {
            return Ok(());
        };
        let centres = Centres::kazakhstan(&Gazetteer::kazakhstan()?)?;
        let employment = Employment {
            role,
            centre: character.centre().map(str::to_owned),
            since,
            until: None,
        };
        let actor = Actor::Administrator("demo".to_owned());
        employ(self.storage, &centres, iin, &employment, &actor, since)?;
        Ok(())
    }
}

fn order(
    person: &NewPerson,
    id: Option<tanba_model::id::PersonId>,
    profile: &str,
    key: &SoftwareKey,
) -> Result<IssuanceOrder> {
    let subject = Subject {
        surname: person.surname.clone(),
        given_name: person.given_name.clone(),
        patronymic: person.patronymic.clone(),
        iin: person.iin.as_str().to_owned(),
        country: "KZ".to_owned(),
        ..Subject::default()
    };
    let rules = tanba_pki::profile::Profile::builtin(profile)
        .ok_or_else(|| anyhow!("the profile {profile} is missing"))?;
    let name = rules.subject_name(&subject)?;
    Ok(IssuanceOrder {
        person: id,
        application: None,
        profile: profile.to_owned(),
        subject,
        email: person.email.as_ref().map(|email| email.as_str().to_owned()),
        keystore: KeystoreKind::PersonalComputer,
        request: CertificateRequest::build(&name, key, &Default::default())?,
        channel: Channel::Administrator,
        actor: Actor::Administrator("demo".to_owned()),
    })
}

fn write(
    key: SoftwareKey,
    record: &CertificateRecord,
    format: Profile,
    password: &Password,
    random: &mut dyn CryptoRng,
) -> Result<(String, Vec<u8>)> {
    let der = record
        .der
        .as_deref()
        .context("a certificate of the demo was not issued")?;
    let certificate = Certificate::from_der(der)?;
    let mut container = Container::new();
    container.add_key(key);
    container.install(&certificate, &[])?;
    let plan = container.plan(format, random);
    let bytes = container.write(&plan, password, &mut Computing)?;
    let name = container
        .entries()
        .first()
        .and_then(|entry| entry.file_name(None))
        .context("a key of the demo has no file name")?;
    Ok((name, bytes))
}

/// The day a year earlier on which a certificate was issued that ends now; in leap years a day may be missing.
fn one_year_before(end: Timestamp) -> Timestamp {
    let start = Timestamp::from_unix(end.unix() - 365 * DAY);
    let excess = start.plus_years(1).unix() - end.unix();
    Timestamp::from_unix(start.unix() - excess)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_start_of_a_year_that_ends_at_a_given_instant() {
        for end in [
            "2026-12-14T10:00:00Z",
            "2028-03-01T00:00:01Z",
            "2028-02-28T12:00:00Z",
        ] {
            let end = Timestamp::parse_rfc3339(end).unwrap();
            assert_eq!(one_year_before(end).plus_years(1), end);
        }
    }

    #[test]
    fn every_character_has_a_check_digit_and_a_password_that_the_rule_accepts() {
        for character in CAST.iter().chain(&STAFF) {
            assert!(
                Iin::complete(character.iin).is_some(),
                "{}",
                character.folder
            );
            assert!(
                Password::new(character.password.to_owned())
                    .broken_rules()
                    .is_empty()
            );
        }
    }
}
