//! `tanba ceremony verify`: whether a transcript is what was signed, and the files are what it names.

use std::path::{Path, PathBuf};

use serde::Serialize;
use tanba_ca::ceremony::Transcript;
use tanba_pki::cms::{self, Trust, VerifyOptions};
use tanba_pki::hex;

use super::hold::{certificate, read};
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
}

/// Checks it.
pub(crate) fn run(args: &Args, context: &Context) -> anyhow::Result<Outcome> {
    let document = read(&args.transcript)?;
    let Ok(transcript) = Transcript::from_bytes(&document) else {
        return refuse("the transcript is damaged, or not a transcript of a ceremony");
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
        return refuse("the signature of the transcript is damaged");
    };
    let [signer] = verdict.signers.as_slice() else {
        return refuse("the transcript must have one signature");
    };
    if let Err(fault) = &signer.signature {
        return refuse(&format!(
            "the signature of the transcript does not hold: {fault}"
        ));
    }
    if let Trust::Refused(error) = &signer.trust {
        return refuse(&format!(
            "who signed the transcript is not trusted: {error}"
        ));
    }
    if let Some(path) = &args.plan
        && hex::encode(&tanba_crypto::sha256(&read(path)?)) != transcript.plan_sha256
    {
        return refuse("the plan is not the one that was carried out");
    }
    let beside = args.transcript.parent().unwrap_or_else(|| Path::new(""));
    let folder = args.files.as_deref().unwrap_or(beside);
    for artefact in &transcript.artefacts {
        let content = read(&folder.join(&artefact.file))?;
        if hex::encode(&tanba_crypto::sha256(&content)) != artefact.sha256 {
            return refuse(&format!(
                "the file {} is not the one that came out of the ceremony",
                artefact.file
            ));
        }
    }
    let facts = Facts {
        valid: true,
        signer: signer
            .certificate
            .as_ref()
            .map(|certificate| hex::encode(&certificate.sha256()))
            .unwrap_or_default(),
        transcript,
    };
    let text = format!("Valid\n\n{}", facts.transcript.text(&document));
    context.print(&facts, text)?;
    Ok(Outcome::Done)
}

fn refuse(sentence: &str) -> anyhow::Result<Outcome> {
    Ok(Outcome::Refused(sentence.to_owned()))
}
