//! The transcript of a ceremony: what its witnesses take home.

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};
use tanba_model::canonical::{self, DocumentError};
use tanba_pki::{Timestamp, hex};

use super::plan::Plan;

/// The value of `schema`. The first version did not name the certificate of the authority.
pub const TRANSCRIPT_SCHEMA: &str = "tanba.ceremony-transcript/2";

/// What happened. Sent as canonical JSON (RFC 8785): never rename a field.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Transcript {
    /// [`TRANSCRIPT_SCHEMA`].
    pub schema: String,
    /// What kind of ceremony it was.
    pub ceremony: String,
    /// What the plan calls it.
    pub title: String,
    /// SHA-256 of the plan's file.
    pub plan_sha256: String,
    /// Short name of the authority whose key signed.
    pub issuer: String,
    /// SHA-256 of its certificate (DER).
    pub issuer_sha256: String,
    /// Who was there, as the plan says.
    pub present: Vec<Attendance>,
    /// Account at the computer.
    pub account: String,
    /// Program and version.
    pub program: String,
    /// Begin, by the clock of the computer.
    pub started: Timestamp,
    /// End.
    pub ended: Timestamp,
    /// Shares that were made or used.
    pub shares: Option<SharesNote>,
    /// What came out.
    pub artefacts: Vec<ArtefactNote>,
    /// What is stopped of the new authority, because it was of the one that it replaces.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stopped: Vec<StopNote>,
}

/// Issuance that is stopped.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StopNote {
    /// As the audit log names it: `issuer/NAME`, or `issuer/NAME/PROFILE` for one profile.
    pub object: String,
    /// Why, in the words of whoever stopped it.
    pub reason: String,
}

/// Somebody who was there.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Attendance {
    /// Her name.
    pub name: String,
    /// What she was there for.
    pub role: String,
}

/// Shares that were made or used: their numbers, never what they hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SharesNote {
    /// Name of the set.
    pub set: String,
    /// Shares that open the key.
    pub needed: u8,
    /// Shares that there are.
    pub of: u8,
    /// Numbers of those that were made.
    pub made: Vec<u8>,
    /// Numbers of those that opened the key.
    pub used: Vec<u8>,
}

/// Something that came out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ArtefactNote {
    /// Name of the file.
    pub file: String,
    /// `certificate` or `revocation-list`.
    pub kind: String,
    /// SHA-256 of the file.
    pub sha256: String,
    /// SHA-256 of its DER: what is called fingerprint of a certificate.
    pub fingerprint: String,
}

/// What only the computer knows of a ceremony.
#[derive(Clone, Debug)]
pub struct Circumstances {
    /// SHA-256 of the certificate (DER) of the authority whose key signed.
    pub issuer_sha256: String,
    /// Account at the computer.
    pub account: String,
    /// Program and version.
    pub program: String,
    /// Begin.
    pub started: Timestamp,
    /// End.
    pub ended: Timestamp,
    /// Shares that were made or used.
    pub shares: Option<SharesNote>,
    /// What came out.
    pub artefacts: Vec<ArtefactNote>,
    /// What is stopped of the new authority.
    pub stopped: Vec<StopNote>,
}

impl std::fmt::Debug for Attendance {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Attendance(…)")
    }
}

impl std::fmt::Debug for Transcript {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Transcript")
            .field("ceremony", &self.ceremony)
            .field("plan_sha256", &self.plan_sha256)
            .finish_non_exhaustive()
    }
}

impl Transcript {
    /// The transcript of a plan that was carried out.
    #[must_use]
    pub fn of(plan: &Plan, circumstances: Circumstances) -> Self {
        Self {
            schema: TRANSCRIPT_SCHEMA.to_owned(),
            ceremony: plan.act.name().to_owned(),
            title: plan.title.clone(),
            plan_sha256: hex::encode(&plan.sha256),
            issuer: plan.act.issuer().to_owned(),
            issuer_sha256: circumstances.issuer_sha256,
            present: plan
                .present
                .iter()
                .map(|witness| Attendance {
                    name: witness.name.clone(),
                    role: witness.role.clone(),
                })
                .collect(),
            account: circumstances.account,
            program: circumstances.program,
            started: circumstances.started,
            ended: circumstances.ended,
            shares: circumstances.shares,
            artefacts: circumstances.artefacts,
            stopped: circumstances.stopped,
        }
    }

    /// The bytes that are signed.
    ///
    /// # Errors
    /// [`DocumentError`], which no value of this type can cause.
    pub fn to_bytes(&self) -> Result<Vec<u8>, DocumentError> {
        canonical::to_bytes(self)
    }

    /// Reads a transcript and insists on its canonical form.
    ///
    /// # Errors
    /// [`DocumentError`] with what is wrong.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DocumentError> {
        canonical::from_bytes(bytes, |transcript: &Self| {
            transcript.schema == TRANSCRIPT_SCHEMA
        })
    }

    /// The same for people, with lines for their signatures; `document` is what was signed by the computer.
    #[must_use]
    pub fn text(&self, document: &[u8]) -> String {
        let mut text = String::new();
        // Writing to a string does not fail.
        let _ = self.write(&mut text, document);
        text
    }

    fn write(&self, text: &mut String, document: &[u8]) -> std::fmt::Result {
        writeln!(text, "TRANSCRIPT OF A KEY CEREMONY\n\n{}\n", self.title)?;
        writeln!(text, "Ceremony   {}", self.ceremony)?;
        writeln!(text, "Plan       SHA-256 {}", self.plan_sha256)?;
        writeln!(text, "Signed by  {}", self.issuer)?;
        writeln!(text, "  fingerprint (DER)  {}", self.issuer_sha256)?;
        writeln!(text, "Began      {}", self.started.rfc3339())?;
        writeln!(text, "Ended      {}", self.ended.rfc3339())?;
        writeln!(
            text,
            "Computer   account {}, {}",
            self.account, self.program
        )?;
        if let Some(shares) = &self.shares {
            let (set, needed, of) = (&shares.set, shares.needed, shares.of);
            writeln!(
                text,
                "\nShares     set {set}: {needed} of {of} open the key"
            )?;
            for (what, numbers) in [("made", &shares.made), ("used", &shares.used)] {
                if !numbers.is_empty() {
                    let list: Vec<String> = numbers.iter().map(u8::to_string).collect();
                    writeln!(text, "  {what}     {}", list.join(", "))?;
                }
            }
        }
        for artefact in &self.artefacts {
            writeln!(text, "\n{}  {}", artefact.kind, artefact.file)?;
            writeln!(text, "  SHA-256 of the file  {}", artefact.sha256)?;
            writeln!(text, "  fingerprint (DER)    {}", artefact.fingerprint)?;
        }
        for stop in &self.stopped {
            writeln!(
                text,
                "\nSTOPPED    {}: {}\n  It was of the authority that is replaced, and goes on until somebody starts it: tanba issuer start",
                stop.object, stop.reason
            )?;
        }
        let digest = hex::encode(&tanba_crypto::sha256(document));
        writeln!(
            text,
            "\nThe signed document of this transcript has the SHA-256\n  {digest}"
        )?;
        writeln!(text, "\nPresent, with their signatures:\n")?;
        for witness in &self.present {
            writeln!(
                text,
                "  {} ({})\n\n  ______________________________________\n",
                witness.name, witness.role
            )?;
        }
        Ok(())
    }
}
