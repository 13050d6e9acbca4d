//! Records as pages show them.

use serde::Serialize;
use tanba_model::application::{Application, ApplicationKind, State};
use tanba_model::centre::Centres;
use tanba_model::certificate::{CertificateRecord, RevocationReason, Status};
use tanba_model::decision;
use tanba_model::id::CertificateId;
use tanba_model::language::Language;
use tanba_model::person::Person;
use tanba_model::staff::Role;
use tanba_pki::{Certificate, Purpose, Timestamp};

use crate::dates;
use crate::locale::Catalogue;

mod issued;
mod older;
mod remaining;
pub(crate) mod timeline;
mod under_way;

use issued::{newest_first, together};
pub(crate) use older::Newest;
use timeline::Step;

/// Days before the end of a certificate from which on its owner is urged to renew it.
const SOON: i64 = 30;

/// Words records in one language, as of one moment.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Words<'a> {
    pub(crate) catalogue: &'a Catalogue,
    pub(crate) language: Language,
    pub(crate) now: Timestamp,
    /// The registration centres, whose names stand where an operator did something; absent on paper.
    pub(crate) centres: Option<&'a Centres>,
}

/// A certificate as a card.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct CertificateCard {
    purpose: &'static str,
    tone: &'static str,
    tag: &'static str,
    status: String,
    validity: String,
    days: String,
    serial: String,
    algorithm: String,
    keystore: String,
    issued: String,
    revoked: String,
    /// Whether what stands in `revoked` is a freeze.
    frozen: bool,
    /// Of a usable key with a newer one beside it: what replaced it, and what may be done.
    older: String,
}

/// An application as its owner sees it.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct ApplicationView {
    number: String,
    grouped: String,
    state: &'static str,
    kind: &'static str,
    keystore: &'static str,
    next: &'static str,
    created: String,
    since: String,
    tag: &'static str,
    /// Whether it can still be withdrawn.
    open: bool,
    timeline: Vec<Step>,
}

/// A person as pages show her to herself.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct PersonView {
    name: String,
    surname: String,
    given_name: String,
    patronymic: Option<String>,
    iin: String,
    email: Option<String>,
    mail_language: String,
    /// Since when her address takes no mail.
    email_refused: Option<String>,
}

/// Whether a certificate can be used now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    Valid,
    Soon,
    Future,
    Expired,
    Frozen,
    Revoked,
}

impl Standing {
    fn of(record: &CertificateRecord, now: Timestamp) -> Option<Self> {
        match record.status {
            Status::Intended | Status::Void => None,
            Status::Revoked {
                reason: RevocationReason::CertificateHold,
                ..
            } => Some(Self::Frozen),
            Status::Revoked { .. } => Some(Self::Revoked),
            Status::Valid if now >= record.not_after => Some(Self::Expired),
            Status::Valid if now < record.not_before => Some(Self::Future),
            Status::Valid if dates::days_between(now, record.not_after) <= SOON => Some(Self::Soon),
            Status::Valid => Some(Self::Valid),
        }
    }

    const fn key(self) -> &'static str {
        match self {
            Self::Valid => "key-status-valid",
            Self::Soon => "key-status-soon",
            Self::Future => "key-status-future",
            Self::Expired => "key-status-expired",
            Self::Frozen => "key-status-frozen",
            Self::Revoked => "key-status-revoked",
        }
    }

    const fn tag(self) -> &'static str {
        match self {
            Self::Valid => "green",
            Self::Soon => "yellow",
            Self::Future => "blue",
            Self::Expired => "grey",
            Self::Frozen => "orange",
            Self::Revoked => "red",
        }
    }

    const fn usable(self) -> bool {
        matches!(self, Self::Valid | Self::Soon)
    }
}

/// Whether a certificate can be used now.
pub(crate) fn is_usable(record: &CertificateRecord, now: Timestamp) -> bool {
    Standing::of(record, now).is_some_and(Standing::usable)
}

/// Whether one of these keys could sign an application for new ones.
pub(crate) fn can_renew(records: &[CertificateRecord], now: Timestamp) -> bool {
    records.iter().any(|record| {
        matches!(record.purpose, Purpose::Signature | Purpose::Both)
            && is_usable(record, now)
            && !is_staff(record)
    })
}

/// Certificates that are issued and wait for being installed beside their private keys.
fn certificates_to_install(applications: &[Application]) -> Vec<CertificateId> {
    let issued = applications
        .iter()
        .filter(|application| matches!(application.state, State::Issued { .. }));
    issued
        .flat_map(|application| &application.requests)
        .filter_map(|request| request.certificate)
        .collect()
}

/// Whether somebody has to come with a document before anything happens. Whoever filed it showed no key, so it is perhaps a
/// stranger's, and is nothing that whoever reads this left half-way or should wait for.
pub(crate) const fn waits_at_a_centre(application: &Application) -> bool {
    matches!(
        (application.kind, &application.state),
        (ApplicationKind::First, State::Submitted { .. })
    )
}

/// Whether the key is for the desk: it neither opens the cabinet nor renews.
fn is_staff(record: &CertificateRecord) -> bool {
    let certificate = record.der.as_deref().map(Certificate::from_der);
    certificate
        .and_then(Result::ok)
        .is_some_and(|certificate| Role::of_certificate(&certificate).is_some())
}

pub(crate) const fn purpose(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::Authentication => "authentication",
        Purpose::Signature => "signature",
        Purpose::Both => "both",
        Purpose::CertificationAuthority => "certification-authority",
        Purpose::Other => "other",
    }
}

/// A serial number as pages, papers and mails show it: in groups of four digits, which eyes can compare and lines can
/// break at.
pub(crate) fn grouped_serial(hexadecimal: &str) -> String {
    let mut text = String::new();
    for (place, digit) in hexadecimal.chars().enumerate() {
        if place > 0 && place % 4 == 0 {
            text.push(' ');
        }
        text.push(digit);
    }
    text
}

/// What people call the algorithm of a certificate's key; nothing where the certificate cannot be read.
pub(crate) fn algorithm(record: &CertificateRecord) -> String {
    record
        .der
        .as_deref()
        .and_then(|der| Certificate::from_der(der).ok())
        .map(|certificate| certificate.public_key().algorithm_label())
        .unwrap_or_default()
}

impl Words<'_> {
    fn text(&self, key: &str) -> String {
        self.catalogue.text(self.language, key)
    }

    pub(crate) fn date(&self, at: Timestamp) -> String {
        dates::date(self.catalogue, self.language, at)
    }

    pub(crate) fn date_time(&self, at: Timestamp) -> String {
        dates::date_time(self.catalogue, self.language, at)
    }

    /// The cards of issued certificates; intents that came to nothing are none.
    pub(crate) fn certificates(&self, records: &[CertificateRecord]) -> Vec<CertificateCard> {
        self.certificates_beside(records, &Newest::default())
    }

    /// The same, and of each whether a newer one replaced it.
    pub(crate) fn certificates_beside(
        &self,
        records: &[CertificateRecord],
        newest: &Newest,
    ) -> Vec<CertificateCard> {
        newest_first(records)
            .into_iter()
            .filter_map(|record| self.certificate(record, records, newest))
            .collect()
    }

    fn certificate(
        &self,
        record: &CertificateRecord,
        all: &[CertificateRecord],
        newest: &Newest,
    ) -> Option<CertificateCard> {
        let standing = Standing::of(record, self.now)?;
        let range = [
            ("from", self.date(record.not_before).into()),
            ("to", self.date(record.not_after).into()),
        ];
        let left = dates::days_between(self.now, record.not_after);
        let days = standing.usable().then(|| {
            self.catalogue
                .format(self.language, "days-left-count", &[("days", left.into())])
        });
        Some(CertificateCard {
            purpose: purpose(record.purpose),
            tone: if standing.usable() {
                "usable"
            } else {
                "unusable"
            },
            tag: standing.tag(),
            status: self.text(standing.key()),
            validity: self.catalogue.format(self.language, "date-range", &range),
            days: days.map(|days| format!("({days})")).unwrap_or_default(),
            serial: record.serial.hex(),
            algorithm: algorithm(record),
            keystore: self.keystore(record),
            issued: self.issued(record, all),
            revoked: self.revoked(record),
            frozen: standing == Standing::Frozen,
            older: newest
                .replaces(record, self.now)
                .map(|at| {
                    let date = [("date", self.date(at).into())];
                    self.catalogue.format(self.language, "key-older", &date)
                })
                .unwrap_or_default(),
        })
    }

    /// Where the key of a certificate lives.
    pub(crate) fn keystore(&self, record: &CertificateRecord) -> String {
        record.keystore.map_or_else(
            || self.text("key-keystore-unknown"),
            |kind| self.text(&format!("keystore-{}", kind.identifier())),
        )
    }

    /// Whether a certificate can be used now, in words; `None` of what was never issued.
    pub(crate) fn status(&self, record: &CertificateRecord) -> Option<String> {
        Some(self.text(Standing::of(record, self.now)?.key()))
    }

    pub(crate) fn revoked(&self, record: &CertificateRecord) -> String {
        let Status::Revoked { at, reason } = record.status else {
            return String::new();
        };
        if reason == RevocationReason::CertificateHold {
            return self.date_time(at);
        }
        let reason = self.text(&format!("reason-{}", reason.name()));
        let arguments = [
            ("date", self.date_time(at).into()),
            ("reason", reason.into()),
        ];
        self.catalogue
            .format(self.language, "key-revoked-reason", &arguments)
    }

    /// The state of somebody's keys in one sentence: what she can work with, where older keys that were kept beside newer
    /// ones do not count, nor do those that are issued and not installed yet.
    pub(crate) fn keys_sentence(
        &self,
        records: &[CertificateRecord],
        applications: &[Application],
    ) -> String {
        let to_install = certificates_to_install(applications);
        let usable: Vec<&CertificateRecord> = records
            .iter()
            .filter(|record| is_usable(record, self.now) && !is_staff(record))
            .collect();
        let installed = usable
            .iter()
            .filter(|record| !to_install.contains(&record.id));
        let ends = |purpose: Purpose| {
            let of_purpose = installed
                .clone()
                .filter(|record| record.purpose == purpose || record.purpose == Purpose::Both);
            of_purpose.map(|record| record.not_after).max()
        };
        // Only a signing key renews: whoever can merely sign in is told so, and sent to a registration centre.
        let Some(signs_until) = ends(Purpose::Signature) else {
            let waits = usable.iter().any(|record| to_install.contains(&record.id));
            let key = if waits {
                "cabinet-keys-issued"
            } else if ends(Purpose::Authentication).is_some() {
                "cabinet-keys-sign-in"
            } else {
                "cabinet-keys-none"
            };
            return self.text(key);
        };
        let end = ends(Purpose::Authentication).map_or(signs_until, |end| end.min(signs_until));
        let (today, soon) = under_way::keys_end(applications);
        match dates::days_between(self.now, end) {
            ..=0 => self.text(today),
            days @ 1..=SOON => self
                .catalogue
                .format(self.language, soon, &[("days", days.into())]),
            _ => self.catalogue.format(
                self.language,
                "cabinet-keys-good",
                &[("date", self.date(end).into())],
            ),
        }
    }

    /// An application with its timeline, as far as its own record tells it.
    pub(crate) fn application(&self, application: &Application) -> ApplicationView {
        self.history(application, &[], &[])
    }

    /// An application with its timeline, from the states that it entered and what staff signed about it.
    pub(crate) fn history(
        &self,
        application: &Application,
        steps: &[(State, Timestamp)],
        signed: &[decision::Step],
    ) -> ApplicationView {
        let state = application.state.name();
        ApplicationView {
            number: application.number.as_str().to_owned(),
            grouped: application.number.grouped(),
            state,
            kind: application.kind.name(),
            keystore: application.keystore.identifier(),
            next: timeline::next_words(application),
            created: self.date_time(application.created_at),
            since: application
                .state
                .since()
                .map(|at| self.date_time(at))
                .unwrap_or_default(),
            tag: match application.state {
                State::Installed { .. } => "green",
                State::Issued { .. } | State::Confirmed { .. } => "blue",
                State::Draft | State::Submitted { .. } | State::Awaiting2fa { .. } => "yellow",
                State::Rejected { .. } => "red",
                State::Expired { .. } | State::Cancelled { .. } => "grey",
            },
            timeline: self.timeline(application, steps, signed),
            open: application.state.cancel(self.now).is_ok(),
        }
    }

    /// A person to herself; her address mostly hidden, for those who look over her shoulder.
    pub(crate) fn person(&self, person: &Person) -> PersonView {
        PersonView {
            name: person.full_name(),
            surname: person.surname.clone(),
            given_name: person.given_name.clone(),
            patronymic: person.patronymic.clone(),
            iin: person.iin.as_str().to_owned(),
            email: person
                .email
                .as_ref()
                .map(tanba_model::person::EmailAddress::masked),
            mail_language: self.text(&format!("language-{}", person.language.tag())),
            email_refused: person.email_refused_at.map(|at| self.date(at)),
        }
    }
}
