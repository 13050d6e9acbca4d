//! Certificates of the authority itself: what hangs on each, and how deliberately it is revoked.

use anyhow::Context as _;
use tanba_model::audit::{Actor, AuditEvent};
use tanba_model::certificate::{CertificateRecord, Status};
use tanba_model::ports::{StorageError, UnitOfWork};
use tanba_pki::{Certificate, SerialNumber, Timestamp};

/// What a certificate of the authority itself is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Own {
    /// A root's own certificate.
    Root,
    /// Of an authority below a root, or of another organisation's that was cross-certified; its short name where it is one
    /// of this installation.
    Authority(Option<String>),
    /// Of something that works for an authority: an OCSP responder, a seal, time stamps.
    Service(String),
}

impl Own {
    /// What the certificate of a record is; `None` for a person's.
    pub(crate) fn of(
        unit: &mut dyn UnitOfWork,
        record: &CertificateRecord,
    ) -> anyhow::Result<Option<Self>> {
        if record.person.is_some() {
            return Ok(None);
        }
        let der = record.der.as_deref().unwrap_or_default();
        let Ok(certificate) = Certificate::from_der(der) else {
            return Ok(Some(Self::Service(record.profile.clone())));
        };
        if !certificate.is_ca() {
            return Ok(Some(Self::Service(record.profile.clone())));
        }
        if certificate.is_self_issued() {
            return Ok(Some(Self::Root));
        }
        let issuers = unit.issuers().all()?;
        let name = issuers
            .into_iter()
            .find(|known| known.issuer.certificate == der)
            .map(|known| known.issuer.name);
        Ok(Some(Self::Authority(name)))
    }

    /// What is said when this was named without the word that means it; `None` where the word was there.
    pub(crate) fn refusal(&self, serial: &SerialNumber, word: Word, act: Act) -> Option<String> {
        match self {
            Self::Root => Some(format!(
                "{serial} is the root's own certificate, and a root cannot {} itself: whoever doubts its key does not \
                 believe its list (RFC 5280, 6.1). Nothing was changed. Stop issuance (`tanba issuer stop`), revoke the \
                 authorities below it with --authority, have everybody who trusts the root remove it, and where another root \
                 certified it, have that root revoke the cross-certificate (`tanba ceremony plan crl`)",
                act.verb()
            )),
            Self::Authority(_) if word == Word::Authority => None,
            Self::Authority(name) => {
                let whose = name.as_deref().map_or_else(
                    || "another authority, which a root here certified".to_owned(),
                    |name| format!("the authority {name}"),
                );
                Some(format!(
                    "{serial} is the certificate of {whose}. {} Nothing was changed; if that is meant, say it again with \
                     --authority",
                    act.consequence()
                ))
            }
            Self::Service(profile) if act == Act::Hold => Some(format!(
                "{serial} is of a service of the authority ({profile}), and those are not frozen: revoke it with --service, \
                 and the server makes another one. Nothing was changed"
            )),
            Self::Service(_) if word == Word::Service => None,
            Self::Service(profile) => Some(format!(
                "{serial} is of a service of the authority ({profile}): what it signed is doubted from then on, and the \
                 server makes another one where it made this one. Nothing was changed; if that is meant, say it again with \
                 --service"
            )),
        }
    }

    /// Evidence beside that of the certificate itself: which authority, and why.
    pub(crate) fn record(
        &self,
        unit: &mut dyn UnitOfWork,
        act: Act,
        reason: &str,
        actor: &Actor,
        now: Timestamp,
    ) -> Result<(), StorageError> {
        let Self::Authority(Some(name)) = self else {
            return Ok(());
        };
        let event = AuditEvent {
            at: now,
            actor: actor.clone(),
            action: format!("issuer.{}", act.verb()),
            object: format!("issuer/{name}"),
            detail: reason.to_owned(),
            origin: String::new(),
        };
        unit.audit_log().append(&event).map(drop)
    }

    /// What has to be done after the change; `published` says whether the root's list says so, where its key is here.
    pub(crate) fn next_step(&self, act: Act, published: Option<bool>) -> Option<String> {
        let Self::Authority(name) = self else {
            return None;
        };
        let list = match published {
            Some(true) => "The root's list says so now.",
            Some(false) => "The root's list does not say so yet.",
            None => {
                "The root's key signs at ceremonies only: hold the one of its list now (`tanba ceremony plan crl`), or nobody \
                 learns of it."
            }
        };
        let issuing = match (name, act) {
            (None, _) | (_, Act::Release) => "",
            (Some(_), Act::Revoke) => {
                "\nNothing is issued by this authority any more; its lists and OCSP answers go on. For a new one: `tanba \
                 ceremony plan rollover`, then restart the server."
            }
            (Some(_), Act::Hold) => {
                "\nNothing is issued by this authority until `tanba certificate release --authority`; its lists and OCSP \
                 answers go on, and confirmed applications wait."
            }
        };
        Some(format!("{list}{issuing}"))
    }
}

/// By which word the certificate was meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Word {
    /// None: a person's.
    None,
    /// `--authority`.
    Authority,
    /// `--service`.
    Service,
}

/// What is done to a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Act {
    Revoke,
    Hold,
    Release,
}

impl Act {
    const fn verb(self) -> &'static str {
        match self {
            Self::Revoke => "revoke",
            Self::Hold => "hold",
            Self::Release => "release",
        }
    }

    const fn consequence(self) -> &'static str {
        match self {
            Self::Revoke => {
                "Revoked, it is never valid again: every certificate that it issued is worthless to whoever checks, people \
                 cannot sign or sign in elsewhere with theirs, and nothing is issued before there is a new authority."
            }
            Self::Hold => {
                "While it is frozen, every certificate that it issued is worthless to whoever checks, and nothing is issued."
            }
            Self::Release => {
                "Released, everything that it issued counts again, and it issues: look first why it was frozen."
            }
        }
    }
}

/// What to do about a certificate of the authority itself whose key must not be used.
pub(crate) fn advice(unit: &mut dyn UnitOfWork, serial: &SerialNumber) -> anyhow::Result<String> {
    let mut found = None;
    for issuer in unit.issuers().all()? {
        found = found.or(unit.certificates().find_by_serial(issuer.id, serial)?);
    }
    let record = found.context("a certificate is gone")?;
    if !matches!(record.status, Status::Valid) {
        return Ok(format!(
            "{serial} is not valid any more; nothing is left to do"
        ));
    }
    let revoke =
        |word: &str| format!("`tanba certificate revoke {serial} {word} --reason keyCompromise`");
    Ok(match Own::of(unit, &record)? {
        None => format!("`tanba certificate revoke {serial} --reason keyCompromise`"),
        Some(Own::Root) => format!(
            "{serial} is the root's own certificate, which nobody can revoke: nothing is issued below it any more; found a \
             new root (`tanba ceremony plan root`), and have everybody remove this one"
        ),
        Some(Own::Authority(_)) => format!(
            "{serial} is of an authority, which issues nothing from now on. Decide, and say {}; then make a new authority \
             with `tanba ceremony plan rollover`",
            revoke("--authority")
        ),
        Some(Own::Service(profile)) => format!(
            "{serial} is of a service of the authority ({profile}). Decide, and say {}; the server makes another one",
            revoke("--service")
        ),
    })
}
