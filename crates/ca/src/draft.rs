//! The bytes of a certificate, before anything is recorded of it.

use std::sync::Arc;

use tanba_crypto::{PublicKey, SignatureAlgorithm};
use tanba_model::audit::Actor;
use tanba_model::certificate::{Channel, NewCertificate};
use tanba_model::id::{ApplicationId, IssuerId, PersonId};
use tanba_model::keystore_kind::KeystoreKind;
use tanba_model::ports::{CrlKind, IssuanceError, IssuanceOrder, IssuerKind, RequestFault};
use tanba_pki::lint::{Severity, lint_certificate};
use tanba_pki::profile::{IssuerUrls, Profile, ProfileError, TbsInput};
use tanba_pki::{Certificate, DistinguishedName, SerialNumber, Timestamp};

use crate::desk::{Desk, audit};
use crate::issuer::{Issuer, Refused};

/// Characters of what is wrong that the audit log keeps; the log of the program has the rest.
const MOST_SAID: usize = 1_000;

/// A certificate that was composed and linted, and not yet recorded. [`Desk::compose`] alone makes one.
#[derive(Debug)]
pub(crate) struct Draft {
    pub(crate) issuer: Arc<Issuer>,
    pub(crate) new: NewCertificate,
    _linted: Linted,
}

/// Says that the bytes were read again and found to be right.
#[derive(Debug)]
struct Linted;

/// What a certificate says.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Contents<'a> {
    pub(crate) profile: &'a Profile,
    pub(crate) name: &'a DistinguishedName,
    pub(crate) public_key: &'a PublicKey,
    pub(crate) email: Option<&'a str>,
    pub(crate) keystore: Option<KeystoreKind>,
    pub(crate) not_before: Timestamp,
    pub(crate) not_after: Timestamp,
}

/// Whose certificate it will be, and how it came about.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Holder {
    pub(crate) person: Option<PersonId>,
    pub(crate) application: Option<ApplicationId>,
    pub(crate) channel: Channel,
}

impl Holder {
    /// The authority itself.
    pub(crate) const AUTHORITY: Self = Self {
        person: None,
        application: None,
        channel: Channel::Authority,
    };
}

impl Desk {
    /// Writes the bytes to be signed, and lints them. Takes no lock: this is the slow part.
    pub(crate) fn compose(
        &self,
        issuer: &Arc<Issuer>,
        contents: &Contents<'_>,
        holder: &Holder,
        now: Timestamp,
    ) -> Result<Draft, IssuanceError> {
        let serial = self.new_serial(now);
        let urls = urls(issuer, issuer.shard_of(&serial));
        self.compose_as(issuer, contents, holder, (serial, &urls), now)
    }

    /// The same with a serial number and addresses that somebody decided.
    pub(crate) fn compose_as(
        &self,
        issuer: &Arc<Issuer>,
        contents: &Contents<'_>,
        holder: &Holder,
        (serial, urls): (SerialNumber, &IssuerUrls),
        now: Timestamp,
    ) -> Result<Draft, IssuanceError> {
        let to_be_signed = write(
            contents,
            serial,
            (issuer.certificate.subject(), &issuer.key_id),
            issuer.algorithm()?,
            urls,
        )?;
        self.lint(
            contents.profile.name(),
            &to_be_signed,
            Some(&issuer.certificate),
        )?;
        Ok(Draft {
            issuer: Arc::clone(issuer),
            new: new(
                issuer.id,
                issuer.shard_of(&serial),
                contents,
                holder,
                serial,
                to_be_signed,
                now,
            ),
            _linted: Linted,
        })
    }

    /// Evidence that a certificate was asked for and would not have been as its profile and the standards say: lints are
    /// part of what auditors look at. Sentences of rules name no person. What waits is asked for again every few seconds;
    /// the log, which only grows, has it once.
    pub(crate) fn note_refusal(
        &self,
        issuer: &Issuer,
        about: &About<'_>,
        actor: &Actor,
        error: &IssuanceError,
        now: Timestamp,
    ) {
        let IssuanceError::Lint(why) = error else {
            return;
        };
        let (profile, object) = match about {
            About::Order(order) => (order.profile.as_str(), object(order)),
            About::Helper(profile) => (*profile, format!("issuer:{}", issuer.id)),
        };
        let is_new = match about {
            About::Order(order) => order
                .application
                .is_none_or(|application| issuer.refuses_first(application, Refused::Faulty)),
            About::Helper(profile) => issuer.refuses_anew(profile, why),
        };
        if !is_new {
            return;
        }
        tracing::error!(
            profile,
            findings = why,
            "a certificate was refused by the lint"
        );
        let detail: String = format!("profile={profile} {why}")
            .chars()
            .take(MOST_SAID)
            .collect();
        let noted = self.storage.durably(&mut |unit| {
            let object = object.clone();
            audit(
                unit,
                actor,
                "certificate.refuse",
                object,
                detail.clone(),
                now,
            )
        });
        // Nothing was issued either way.
        if let Err(error) = noted {
            tracing::error!(profile, error = %error, "a refusal by the lint was not recorded");
        }
    }

    /// Reads the bytes again, with other eyes, before they may be signed. `issuer` is `None` for a root.
    pub(crate) fn lint(
        &self,
        profile: &str,
        to_be_signed: &[u8],
        issuer: Option<&Certificate>,
    ) -> Result<(), IssuanceError> {
        let findings = lint_certificate(to_be_signed, self.profile(profile)?, issuer);
        let (errors, others): (Vec<_>, Vec<_>) = findings
            .into_iter()
            .partition(|finding| finding.severity == Severity::Error);
        for finding in others {
            tracing::warn!(profile, %finding, "lint");
        }
        if errors.is_empty() {
            return Ok(());
        }
        let sentences: Vec<String> = errors.iter().map(ToString::to_string).collect();
        Err(IssuanceError::Lint(sentences.join("; ")))
    }
}

/// What a certificate was asked for by that was refused.
#[derive(Clone, Copy, Debug)]
pub(crate) enum About<'a> {
    /// An order.
    Order(&'a IssuanceOrder),
    /// The authority itself, by this profile.
    Helper(&'a str),
}

/// What an order is about, as evidence names it.
fn object(order: &IssuanceOrder) -> String {
    match (order.application, order.person) {
        (Some(application), _) => format!("application:{application}"),
        (None, Some(person)) => format!("person:{person}"),
        (None, None) => format!("profile:{}", order.profile),
    }
}

/// The bytes of a certificate; `issuer` is its name and key identifier.
pub(crate) fn write(
    contents: &Contents<'_>,
    serial: SerialNumber,
    (issuer_name, issuer_key_id): (&DistinguishedName, &[u8]),
    signature_algorithm: SignatureAlgorithm,
    urls: &IssuerUrls,
) -> Result<Vec<u8>, IssuanceError> {
    let input = TbsInput {
        serial,
        issuer_name,
        issuer_key_id,
        signature_algorithm,
        not_before: contents.not_before,
        not_after: contents.not_after,
        subject: contents.name,
        public_key: contents.public_key,
        email: contents.email,
        keystore: contents.keystore.and_then(keystore_oid),
        urls,
    };
    contents
        .profile
        .prepare(&input)
        .map_err(|error| refusal(&error))
}

/// What is recorded of it.
pub(crate) fn new(
    issuer: IssuerId,
    shard: u16,
    contents: &Contents<'_>,
    holder: &Holder,
    serial: SerialNumber,
    to_be_signed: Vec<u8>,
    now: Timestamp,
) -> NewCertificate {
    NewCertificate {
        issuer,
        serial,
        person: holder.person,
        application: holder.application,
        profile: contents.profile.name().to_owned(),
        purpose: contents.profile.purpose(),
        keystore: contents.keystore,
        channel: holder.channel,
        public_key_sha256: contents.public_key.sha256(),
        to_be_signed,
        shard,
        not_before: contents.not_before,
        not_after: contents.not_after,
        created_at: now,
    }
}

/// The identifier of a store in certificates.
pub(crate) fn keystore_oid(keystore: KeystoreKind) -> Option<tanba_crypto::ObjectIdentifier> {
    tanba_crypto::ObjectIdentifier::new(keystore.oid()).ok()
}

/// A root has one list and no OCSP responder; an issuing authority has shards, deltas and a responder.
pub(crate) fn urls(issuer: &Issuer, shard: u16) -> IssuerUrls {
    let Some(urls) = &issuer.urls else {
        return IssuerUrls::default();
    };
    let ca_issuers = Some(urls.certificate());
    match issuer.kind {
        IssuerKind::Root => IssuerUrls {
            ca_issuers,
            crl: Some(urls.crl(CrlKind::Full)),
            ocsp: None,
            freshest_crl: None,
        },
        IssuerKind::Issuing => IssuerUrls {
            ca_issuers,
            ocsp: Some(urls.ocsp()),
            crl: Some(urls.crl(CrlKind::Shard(shard))),
            freshest_crl: Some(urls.crl(CrlKind::Delta(shard))),
        },
    }
}

/// Keys are the applicant's to change; everything else that a profile refuses is ours.
pub(crate) fn refusal(error: &ProfileError) -> IssuanceError {
    if matches!(error, ProfileError::Key { .. } | ProfileError::WeakKey(_)) {
        return IssuanceError::Request(RequestFault::WeakKey);
    }
    IssuanceError::Lint(error.to_string())
}
