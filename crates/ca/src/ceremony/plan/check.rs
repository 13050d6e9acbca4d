//! What a plan must have and must not have.

use tanba_model::certificate::RevocationReason;
use tanba_pki::hex;
use tanba_pki::profile::KeySpecification;

use super::{Act, ListPlan, PlannedRevocation, Quorum, Service};
use crate::ceremony::written::{Section, Written};

/// Gathers what is wrong.
#[derive(Default)]
pub(super) struct Check {
    pub(super) faults: Vec<String>,
}

pub(super) const MAXIMUM_SHARDS: u16 = 4096;
const LONGEST_TEXT: usize = 200;
/// What a printed plan has where somebody has to write something: a certificate with it in its name is for ever.
const PLACEHOLDERS: [&str; 3] = ["TITLE", "NAME", "ORGANISATION"];

impl Check {
    pub(super) fn that(&mut self, so: bool, fault: impl Into<String>) {
        if !so {
            self.faults.push(fault.into());
        }
    }

    pub(super) fn text(&mut self, what: &str, text: &str) {
        let usable = !text.trim().is_empty()
            && text.chars().count() <= LONGEST_TEXT
            && !text.chars().any(char::is_control);
        self.that(
            usable,
            format!("{what} must be a line of 1 to {LONGEST_TEXT} characters"),
        );
        self.that(
            !PLACEHOLDERS.contains(&text.trim()),
            format!(
                "{what} still says {}: fill it in, and let the plan be reviewed again",
                text.trim()
            ),
        );
    }

    /// A section that this kind of ceremony needs.
    pub(super) fn need<T>(&mut self, section: Option<T>, name: &str, ceremony: &str) -> Option<T> {
        self.that(
            section.is_some(),
            format!("a ceremony \"{ceremony}\" needs {name}"),
        );
        section
    }

    pub(super) fn act(&mut self, mut written: Written) -> Option<Act> {
        let ceremony = std::mem::take(&mut written.ceremony);
        let ceremony = ceremony.as_str();
        let allowed: &[Section] = match ceremony {
            "root" => &[Section::Authority, Section::Shares, Section::Certificate],
            "issuing" | "rollover" => {
                &[Section::Authority, Section::SignedBy, Section::Certificate]
            }
            "cross" => &[Section::Subject, Section::SignedBy, Section::Certificate],
            "ocsp-signer" | "tsa-signer" => {
                &[Section::Signer, Section::SignedBy, Section::Certificate]
            }
            "crl" => &[Section::SignedBy, Section::List],
            _ => {
                self.that(
                    false,
                    "ceremony must be \"root\", \"issuing\", \"rollover\", \"cross\", \"crl\", \"ocsp-signer\" or \"tsa-signer\"",
                );
                return None;
            }
        };
        for section in written.sections() {
            self.that(
                allowed.contains(&section),
                format!("a ceremony \"{ceremony}\" has no [{}]", section.name()),
            );
        }
        match ceremony {
            "root" => self.root(written, ceremony),
            "issuing" | "rollover" => self.issuing(written, ceremony),
            "cross" => self.cross(written, ceremony),
            "crl" => self.list(written, ceremony),
            _ => self.signer(written, ceremony),
        }
    }

    pub(super) fn root(&mut self, written: Written, ceremony: &str) -> Option<Act> {
        let authority = self.authority(written.authority, ceremony);
        let certificate = self.certificate(written.certificate, ceremony);
        let shares = written.shares.map(|shares| {
            let right = (2..=shares.of).contains(&shares.needed) && shares.of <= 16;
            self.that(
                right,
                "[shares] must have needed from 2 to of, and of up to 16",
            );
            Quorum {
                needed: shares.needed,
                of: shares.of,
            }
        });
        let (authority, replaces) = authority?;
        self.that(
            replaces.is_none() && authority.shards == 1,
            "a root has neither replaces nor shards in [authority]",
        );
        Some(Act::Root {
            authority,
            shares,
            certificate: certificate?,
        })
    }

    pub(super) fn issuing(&mut self, written: Written, ceremony: &str) -> Option<Act> {
        let authority = self.authority(written.authority, ceremony);
        let signed_by = self.signed_by(written.signed_by, ceremony);
        let certificate = self.certificate(written.certificate, ceremony);
        let (authority, replaces) = authority?;
        self.that(
            replaces.is_some() == (ceremony == "rollover"),
            "replaces in [authority] belongs to a rollover, which needs it",
        );
        self.that(
            replaces.as_ref() != Some(&authority.name),
            "the new authority needs another short name than the one that it replaces",
        );
        Some(Act::Issuing {
            authority,
            replaces,
            signed_by: signed_by?,
            certificate: certificate?,
        })
    }

    pub(super) fn cross(&mut self, written: Written, ceremony: &str) -> Option<Act> {
        let subject = self.need(written.subject, "[subject]", ceremony);
        let subject = subject.and_then(|subject| {
            self.digest(
                "certificate-sha256 in [subject]",
                &subject.certificate_sha256,
            )
        });
        let signed_by = self.signed_by(written.signed_by, ceremony);
        let certificate = self.need(written.certificate, "[certificate]", ceremony);
        if let Some(certificate) = &certificate {
            self.that(
                certificate.subject.is_none() && certificate.request_sha256.is_none(),
                "a cross-certificate has the name of the other certificate: leave subject and request-sha256 out of [certificate]",
            );
        }
        let certificate = certificate.and_then(|certificate| self.times(certificate));
        Some(Act::Cross {
            subject_sha256: subject?,
            signed_by: signed_by?,
            certificate: certificate?,
        })
    }

    pub(super) fn signer(&mut self, written: Written, ceremony: &str) -> Option<Act> {
        let service = if ceremony == "ocsp-signer" {
            Service::Ocsp
        } else {
            Service::TimeStamping
        };
        let key = written
            .signer
            .and_then(|signer| signer.key)
            .map(KeySpecification::algorithm);
        self.that(
            key.is_none() || service == Service::Ocsp,
            "the key of a time-stamping authority is made where it works: leave [signer] out and bring a request",
        );
        let signed_by = self.signed_by(written.signed_by, ceremony);
        let certificate = self.certificate(written.certificate, ceremony);
        Some(Act::Signer {
            service,
            key,
            signed_by: signed_by?,
            certificate: certificate?,
        })
    }

    pub(super) fn list(&mut self, written: Written, ceremony: &str) -> Option<Act> {
        let signed_by = self.signed_by(written.signed_by, ceremony);
        let list = self.need(written.list, "[list]", ceremony)?;
        self.that(list.number > 0, "number in [list] begins at 1");
        self.that(
            list.this_update < list.next_update,
            "next-update in [list] must be after this-update",
        );
        let mut revoke = Vec::with_capacity(list.revoke.len());
        for entry in list.revoke {
            let reason = RevocationReason::from_name(&entry.reason)
                .filter(|reason| *reason != RevocationReason::CertificateHold);
            self.that(
                reason.is_some(),
                format!("\"{}\" is no reason to revoke for ever", entry.reason),
            );
            revoke.extend(reason.map(|reason| PlannedRevocation {
                serial: entry.serial,
                reason,
            }));
        }
        Some(Act::List {
            issuer: signed_by?.issuer,
            list: ListPlan {
                number: list.number,
                this_update: list.this_update,
                next_update: list.next_update,
                revoke,
            },
        })
    }

    pub(super) fn digest(&mut self, what: &str, text: &str) -> Option<[u8; 32]> {
        let digest = hex::decode(text).and_then(|octets| octets.try_into().ok());
        self.that(
            digest.is_some(),
            format!("{what} must be 64 hexadecimal digits"),
        );
        digest
    }
}
