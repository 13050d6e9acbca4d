//! Certificates of nobody: what a profile would give, so that what is wrong with it is told before anybody asks for one.

use anyhow::Context as _;
use tanba_crypto::{KeyAlgorithm, PublicKey, Signer as _, SoftwareKey};
use tanba_model::ports::SourceRng;
use tanba_pki::lint::{Finding, lint_certificate};
use tanba_pki::profile::{IssuerUrls, Profile, Subject, TbsInput};
use tanba_pki::{
    Certificate, DistinguishedName, Purpose, SerialNumber, Timestamp, assemble_certificate, oid,
};

use crate::context::Context;

/// The profile of the authority above the samples.
const AUTHORITY: &str = "issuing-ca";

/// A sample and what is wrong with it.
pub(super) struct Sample {
    /// Its kind of key.
    pub(super) key: KeyAlgorithm,
    pub(super) findings: Vec<Finding>,
}

/// Makes one certificate for each family of keys that the profile takes, and reads it as before a signature.
///
/// # Errors
/// What the profile cannot write, as a sentence.
pub(super) fn samples(profile: &Profile, context: &Context) -> anyhow::Result<Vec<Sample>> {
    let authority = new_key(KeyAlgorithm::EcP256, context)?;
    let issuer = issuer(&authority, context)?;
    families(profile)
        .into_iter()
        .map(|kind| {
            let key = new_key(kind, context)?;
            let findings = sample(profile, &key, (&issuer, &authority), context)?;
            Ok(Sample {
                key: kind,
                findings,
            })
        })
        .collect()
}

/// The shortest RSA key and each other kind; no RSA of 4096 bits, which takes seconds to make, where there is another.
fn families(profile: &Profile) -> Vec<KeyAlgorithm> {
    let kinds = profile.keys().iter().map(|key| key.algorithm());
    let is_rsa = |kind: &KeyAlgorithm| matches!(kind, KeyAlgorithm::Rsa { .. });
    let (rsa, mut others): (Vec<_>, Vec<_>) = kinds.partition(is_rsa);
    let quick =
        |kind: &KeyAlgorithm| others.is_empty() || *kind != KeyAlgorithm::Rsa { bits: 4096 };
    let rsa = rsa.into_iter().find(quick);
    others.splice(0..0, rsa);
    others
}

fn new_key(algorithm: KeyAlgorithm, context: &Context) -> anyhow::Result<SoftwareKey> {
    SoftwareKey::generate(algorithm, &mut SourceRng(context.random().as_ref()))
        .context("the key of a sample cannot be made")
}

fn urls() -> IssuerUrls {
    let url = |path: &str| Some(format!("http://pki.example.kz/{path}"));
    IssuerUrls {
        ca_issuers: url("ca/sample.cer"),
        ocsp: url("ocsp"),
        crl: url("crl/sample/0.crl"),
        freshest_crl: url("crl/sample/0-delta.crl"),
    }
}

fn subject() -> Subject {
    Subject {
        surname: "Үлгі".to_owned(),
        given_name: "Айгүл".to_owned(),
        patronymic: Some("Асқарқызы".to_owned()),
        iin: "000000000000".to_owned(),
        country: "KZ".to_owned(),
        organization: Some("Үлгі ЖШС".to_owned()),
        bin: Some("000000000000".to_owned()),
        common_name: Some("sample.example.kz".to_owned()),
    }
}

/// Who issues a sample, under which name and key, and how it will sign.
struct Above<'a> {
    name: &'a DistinguishedName,
    key: &'a SoftwareKey,
}

fn write(
    profile: &Profile,
    subject: &DistinguishedName,
    public_key: &PublicKey,
    above: &Above<'_>,
    (from, to): (Timestamp, Timestamp),
    context: &Context,
) -> anyhow::Result<Vec<u8>> {
    let random = context.random();
    Ok(profile.prepare(&TbsInput {
        serial: SerialNumber::random(&mut SourceRng(random.as_ref())),
        issuer_name: above.name,
        issuer_key_id: &above.key.public_key().key_id(),
        signature_algorithm: above.key.algorithm(),
        not_before: from,
        not_after: to,
        subject,
        public_key,
        email: Some("sample@example.kz"),
        keystore: Some(oid::KZ_KEYSTORE_PKCS12),
        urls: &urls(),
    })?)
}

/// An issuing authority that lives as long as any sample.
fn issuer(key: &SoftwareKey, context: &Context) -> anyhow::Result<Certificate> {
    let profile = Profile::builtin(AUTHORITY).context("there is no profile of authorities")?;
    let name = |name: &str| {
        let subject = Subject::service(name, Some("Үлгі ЖШС"), "KZ");
        profile.subject_name(&subject)
    };
    let (own, root) = (name("Үлгі КО")?, name("Үлгі НКО")?);
    let above = Above { name: &root, key };
    let period = (context.now(), context.now().plus_years(100));
    let tbs = write(&profile, &own, key.public_key(), &above, period, context)?;
    let signature = key.sign(&tbs)?;
    Ok(Certificate::from_der(&assemble_certificate(
        &tbs,
        key.algorithm(),
        &signature,
    ))?)
}

fn sample(
    profile: &Profile,
    key: &SoftwareKey,
    (issuer, issuer_key): (&Certificate, &SoftwareKey),
    context: &Context,
) -> anyhow::Result<Vec<Finding>> {
    let subject = profile.subject_name(&subject())?;
    let now = context.now();
    let period = (now, profile.not_after(now, Some(oid::KZ_KEYSTORE_PKCS12)));
    // An authority that names no key above itself is a root.
    let is_root = profile.purpose() == Purpose::CertificationAuthority
        && profile
            .extensions()
            .iter()
            .all(|extension| extension.oid() != oid::AUTHORITY_KEY_IDENTIFIER);
    let above = if is_root {
        Above {
            name: &subject,
            key,
        }
    } else {
        Above {
            name: issuer.subject(),
            key: issuer_key,
        }
    };
    let tbs = write(profile, &subject, key.public_key(), &above, period, context)?;
    Ok(lint_certificate(
        &tbs,
        profile,
        (!is_root).then_some(issuer),
    ))
}
