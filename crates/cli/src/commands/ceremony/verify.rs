//! `tanba ceremony verify`: whether a transcript is what was signed, and the files are what it names.

use std::path::{Path, PathBuf};

use serde::Serialize;
use tanba_ca::ceremony::Transcript;
use tanba_pki::cms::{self, SignerVerdict, Trust, VerifyOptions};
use tanba_pki::crl::Crl;
use tanba_pki::{Certificate, hex};

use super::hold::{certificate, read};
use crate::commands::revocation::Lists;
use crate::commands::standing::{can_be_revoked, direct_issuer, is_for_documents_alone};
use crate::context::Context;
use crate::outcome::Outcome;

/// Arguments of `tanba ceremony verify`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The transcript (JSON)
    transcript: PathBuf,
    /// Its signature; else the file beside it that ends in .p7s
    #[arg(long, value_name = "FILE")]
    signature: Option<PathBuf>,
    /// Certificate of the root (PEM or DER), compared with the fingerprint that the witnesses have
    #[arg(long, value_name = "FILE", required = true)]
    trusted: Vec<PathBuf>,
    /// A revocation list (PEM or DER) in which to look up whether the key under the transcript was revoked, or the authority
    /// above it; may be given again
    #[arg(long, value_name = "FILE")]
    crl: Vec<PathBuf>,
    /// The plan, to see whether it is the one that was carried out
    #[arg(long, value_name = "FILE")]
    plan: Option<PathBuf>,
    /// Folder with what came out; else the transcript's
    #[arg(long, value_name = "FOLDER")]
    files: Option<PathBuf>,
}

#[derive(Debug, Serialize)]
struct Facts {
    valid: bool,
    transcript: Transcript,
    /// Fingerprint of the certificate that signed the transcript.
    signer: String,
    /// Its name and that of the authority that issued it.
    signer_name: String,
    signer_issuer: String,
    /// Whether it was looked up in lists whether that certificate, or the authority's, was revoked.
    revocation_checked: bool,
}

impl Facts {
    fn text(&self, document: &[u8]) -> String {
        let revocation = if self.revocation_checked {
            "looked up in the lists that were given"
        } else {
            "not looked at: give the lists with --crl"
        };
        format!(
            "Valid\nSigned with the key of {}\n  issued by    {}\n  fingerprint  {}\n  revocation   {revocation}\n\n{}",
            self.signer_name,
            self.signer_issuer,
            self.signer,
            self.transcript.text(document)
        )
    }
}

/// Checks it.
pub(crate) fn run(args: &Args, context: &Context) -> anyhow::Result<Outcome> {
    let document = read(&args.transcript)?;
    let Ok(transcript) = Transcript::from_bytes(&document) else {
        return refuse(
            context,
            "the transcript is damaged, or not a transcript of a ceremony",
        );
    };
    let signature = args
        .signature
        .clone()
        .unwrap_or_else(|| args.transcript.with_extension("p7s"));
    let trusted = args
        .trusted
        .iter()
        .map(|path| certificate(path))
        .collect::<anyhow::Result<Vec<_>>>()?;
    let options = VerifyOptions {
        content: Some(&document),
        trusted: &trusted,
        intermediates: &[],
        crls: &[],
        // Its key is gone since then.
        at: transcript.ended,
        check_chain: true,
        legacy_algorithms: false,
    };
    let Ok(verdict) = cms::verify(&read(&signature)?, &options) else {
        return refuse(context, "the signature of the transcript is damaged");
    };
    let [signer] = verdict.signers.as_slice() else {
        return refuse(context, "the transcript must have one signature");
    };
    if let Err(fault) = &signer.signature {
        return refuse(
            context,
            &format!("the signature of the transcript does not hold: {fault}"),
        );
    }
    let (record, issuer) = match witness(signer, &transcript) {
        Ok(found) => found,
        Err(sentence) => return refuse(context, &sentence),
    };
    let lists = Lists::read(&args.crl)?;
    if let Err(sentence) = still_counts(&lists, signer, &transcript) {
        return refuse(context, &sentence);
    }
    if let Some(path) = &args.plan
        && hex::encode(&tanba_crypto::sha256(&read(path)?)) != transcript.plan_sha256
    {
        return refuse(context, "the plan is not the one that was carried out");
    }
    if let Some(sentence) = what_came_out(args, issuer, &transcript)? {
        return refuse(context, &sentence);
    }
    let facts = Facts {
        valid: true,
        signer: hex::encode(&record.sha256()),
        signer_name: record.subject().rfc4514(),
        signer_issuer: record.issuer().rfc4514(),
        revocation_checked: !lists.is_empty(),
        transcript,
    };
    let text = facts.text(&document);
    context.print(&facts, text)?;
    Ok(Outcome::Done)
}

/// Ceremonies that the root itself holds; the others are held by the authority that issues.
const OF_THE_ROOT: [&str; 5] = ["root", "issuing", "rollover", "cross", "crl"];

/// The certificate under the transcript and the authority that issued it, if that is the authority of the ceremony and the
/// certificate one that was made for this signature. Whoever has a certificate below the root has a key that signs.
fn witness<'a>(
    signer: &'a SignerVerdict,
    transcript: &Transcript,
) -> Result<(&'a Certificate, &'a Certificate), String> {
    if let Trust::Refused(error) = &signer.trust {
        return Err(format!("who signed the transcript is not trusted: {error}"));
    }
    let Trust::Trusted(way) = &signer.trust else {
        return Err("who signed the transcript is not known".to_owned());
    };
    let Some(record) = way.first() else {
        return Err("who signed the transcript is not known".to_owned());
    };
    let is_made_for_it = is_for_documents_alone(record)
        && !can_be_revoked(record)
        && (transcript.started..=transcript.ended).contains(&record.not_before());
    if !is_made_for_it {
        return Err(format!(
            "the transcript was not signed at a ceremony: the key of {} (serial number {}) was not made for it",
            record.subject().rfc4514(),
            record.serial_hex()
        ));
    }
    let issuer = direct_issuer(way)
        .filter(|issuer| hex::encode(&issuer.sha256()) == transcript.issuer_sha256)
        .filter(|_| way.len() == 2 || !OF_THE_ROOT.contains(&transcript.ceremony.as_str()));
    issuer.map(|issuer| (record, issuer)).ok_or_else(|| {
        format!(
            "the transcript was not signed by the authority that it names: {} certified the key",
            record.issuer().rfc4514()
        )
    })
}

/// Whether the lists that were given leave the key under the transcript and the authority above it what they were.
fn still_counts(
    lists: &Lists,
    signer: &SignerVerdict,
    transcript: &Transcript,
) -> Result<(), String> {
    let Trust::Trusted(way) = &signer.trust else {
        return Ok(());
    };
    if lists.is_empty() {
        return Ok(());
    }
    let worth = lists.of_way(way)?;
    match worth.until {
        Some(until) if worth.is_compromised || until < transcript.ended => Err(format!(
            "the key under the transcript, or the authority above it, was revoked as of {until}, so nothing proves what it says"
        )),
        _ => Ok(()),
    }
}

/// The DER of what came out, if the authority made it and a ceremony of this kind makes such a thing.
fn made_by(issuer: &Certificate, transcript: &Transcript, content: &[u8]) -> Option<Vec<u8>> {
    let key = issuer.public_key();
    if transcript.ceremony == "crl" {
        let list = Crl::from_der_or_pem(content).ok()?;
        let own = list.issuer() == issuer.subject() && list.verify(key).is_ok();
        return own.then(|| list.der().to_vec());
    }
    let made = Certificate::from_pem_or_der(content).ok()?;
    let [made] = made.as_slice() else { return None };
    let right = match transcript.ceremony.as_str() {
        "root" => made == issuer,
        "issuing" | "rollover" | "cross" => made.is_ca() && made != issuer,
        "ocsp-signer" | "tsa-signer" => !made.is_ca(),
        _ => false,
    };
    let own = made.issuer() == issuer.subject() && made.verify_signed_by(key).is_ok();
    (right && own).then(|| made.der().to_vec())
}

/// What is wrong with the file that the ceremony made, if anything.
fn what_came_out(
    args: &Args,
    issuer: &Certificate,
    transcript: &Transcript,
) -> anyhow::Result<Option<String>> {
    let beside = args.transcript.parent().unwrap_or_else(|| Path::new(""));
    let folder = args.files.as_deref().unwrap_or(beside);
    let [artefact] = transcript.artefacts.as_slice() else {
        return Ok(Some(
            "the transcript does not name the one thing that comes out of a ceremony".to_owned(),
        ));
    };
    let content = read(&folder.join(&artefact.file))?;
    if hex::encode(&tanba_crypto::sha256(&content)) != artefact.sha256 {
        return Ok(Some(format!(
            "the file {} is not the one that came out of the ceremony",
            artefact.file
        )));
    }
    let Some(der) = made_by(issuer, transcript, &content) else {
        return Ok(Some(format!(
            "the file {} is nothing that the authority of the transcript makes in such a ceremony",
            artefact.file
        )));
    };
    if hex::encode(&tanba_crypto::sha256(&der)) != artefact.fingerprint {
        return Ok(Some(format!(
            "the file {} has another fingerprint than the transcript says",
            artefact.file
        )));
    }
    Ok(None)
}

/// Says no, to programs too.
fn refuse(context: &Context, sentence: &str) -> anyhow::Result<Outcome> {
    if context.json() {
        context.print(&serde_json::json!({"valid": false, "fault": sentence}), "")?;
    }
    Ok(Outcome::Refused(sentence.to_owned()))
}
