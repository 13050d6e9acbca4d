//! `tanba cms verify`.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use serde::Serialize;
use tanba_pki::cms::{
    CmsError, Message, SignatureFault, SignedData, SignerVerdict, Trust, Verdict, VerifyOptions,
    content_type, content_type_name, verify_signed_data,
};
use tanba_pki::crl::Crl;
use tanba_pki::{Certificate, Timestamp};

use super::{CertificateFacts, read, write};
use crate::context::Context;
use crate::outcome::{self, Outcome};

/// Arguments of `tanba cms verify`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Message to judge
    file: PathBuf,
    /// Content of a detached signature; with an attached one it must be the same
    #[arg(long, value_name = "FILE")]
    content: Option<PathBuf>,
    /// Certificates to believe (PEM or DER); without any, only the signatures are judged, not the signers
    #[arg(long, value_name = "FILE")]
    trusted: Vec<PathBuf>,
    /// Certificates of issuers that the message lacks (PEM or DER)
    #[arg(long, alias = "intermediate", value_name = "FILE")]
    untrusted: Vec<PathBuf>,
    /// Revocation lists (PEM or DER), complete and delta; with any, every certificate must be in the scope of one
    #[arg(long, value_name = "FILE")]
    crl: Vec<PathBuf>,
    /// Time at which the certificates must be valid, instead of now
    #[arg(long, value_name = "RFC3339")]
    time: Option<Timestamp>,
    /// Refuse SHA-1, in the message and in certificates
    #[arg(long)]
    strict: bool,
    /// Write the content there if the verdict is good
    #[arg(long, short, alias = "out", value_name = "FILE")]
    output: Option<PathBuf>,
}

#[derive(Debug, Default, Serialize)]
struct Facts {
    /// Whether somebody signed, each signature holds and no signer is refused.
    valid: bool,
    /// Whether the file is a CMS message at all.
    parsed: bool,
    #[serde(rename = "type")]
    kind: Option<String>,
    content_type: Option<String>,
    detached: Option<bool>,
    signers: Vec<SignerFacts>,
    /// Why not, in one sentence.
    error: Option<String>,
}

#[derive(Debug, Serialize)]
struct SignerFacts {
    signature: &'static str,
    fault: Option<String>,
    trust: &'static str,
    trust_fault: Option<String>,
    algorithm: Option<&'static str>,
    /// Whether the algorithm is one that nobody should sign with today.
    legacy: bool,
    /// Claimed, not proved.
    signing_time: Option<Timestamp>,
    certificate: Option<CertificateFacts>,
}

impl SignerFacts {
    fn of(verdict: &SignerVerdict) -> Self {
        let fault = verdict.signature.as_ref().err();
        let (trust, trust_fault) = match &verdict.trust {
            Trust::NotChecked => ("not-checked", None),
            Trust::Trusted(_) => ("trusted", None),
            Trust::Refused(error) => ("refused", Some(sentence(error.clone()))),
            _ => ("refused", None),
        };
        Self {
            signature: match fault {
                None => "valid",
                Some(SignatureFault::Unsupported(_)) => "unsupported",
                Some(_) => "invalid",
            },
            fault: fault.cloned().map(sentence),
            trust,
            trust_fault,
            algorithm: verdict.algorithm.map(|algorithm| algorithm.label()),
            legacy: verdict.legacy,
            signing_time: verdict.signing_time,
            certificate: verdict.certificate.as_ref().map(CertificateFacts::of),
        }
    }
}

/// Judges the file.
pub(crate) fn run(args: &Args, context: &Context) -> anyhow::Result<Outcome> {
    let file = read(&args.file)?;
    let mut facts = Facts::default();
    let result = judge(&file, args, context, &mut facts)?;
    if let (Ok(content), Some(out)) = (&result, &args.output) {
        write(out, content)?;
    }
    let outcome = match result {
        Ok(_) => Outcome::Done,
        Err(error) => {
            facts.error = Some(error.clone());
            Outcome::Refused(error)
        }
    };
    if context.json() || outcome == Outcome::Done || !facts.signers.is_empty() {
        context.print(&facts, text(&facts))?;
    }
    Ok(outcome)
}

/// The content if the verdict is good, else why not. Errors are about the other files.
fn judge(
    file: &[u8],
    args: &Args,
    context: &Context,
    facts: &mut Facts,
) -> anyhow::Result<Result<Vec<u8>, String>> {
    let given = args.content.as_deref().map(read).transpose()?;
    let trusted = certificates(&args.trusted)?;
    let intermediates = certificates(&args.untrusted)?;
    let crls = lists(&args.crl)?;
    let (message, content) = match open(file, facts) {
        Ok(opened) => opened,
        Err(error) => return Ok(Err(sentence(error))),
    };
    let content = given.or(content);
    let options = VerifyOptions {
        content: content.as_deref(),
        trusted: &trusted,
        intermediates: &intermediates,
        crls: &crls,
        at: args.time.unwrap_or_else(|| context.now()),
        check_chain: !trusted.is_empty(),
        legacy_algorithms: !args.strict,
    };
    let verdict = match verify_signed_data(&message, &options) {
        Ok(verdict) => verdict,
        Err(error) => return Ok(Err(sentence(error))),
    };
    facts.signers = verdict.signers.iter().map(SignerFacts::of).collect();
    facts.valid = verdict.is_valid();
    Ok(if facts.valid {
        Ok(message
            .content()
            .map(<[u8]>::to_vec)
            .or(content)
            .unwrap_or_default())
    } else {
        Err(fault(&verdict, facts))
    })
}

/// Opens the message, and the content beside it in signed mail.
fn open(file: &[u8], facts: &mut Facts) -> anyhow::Result<(SignedData, Option<Vec<u8>>)> {
    let message = Message::read(file)?;
    let kind = content_type(&message.octets)?;
    facts.parsed = true;
    facts.kind = Some(content_type_name(kind).map_or_else(|| kind.to_string(), str::to_owned));
    let signed = SignedData::parse(&message.octets).inspect_err(|error| {
        facts.parsed = matches!(error, CmsError::NotSigned { .. });
    })?;
    facts.content_type = Some(signed.content_type().to_string());
    facts.detached = Some(signed.content().is_none());
    Ok((signed, message.content))
}

/// The first fault.
fn fault(verdict: &Verdict, facts: &Facts) -> String {
    if verdict.signers.is_empty() {
        return "nobody signed the message".to_owned();
    }
    for (number, signer) in (1..).zip(&facts.signers) {
        if let Some(fault) = &signer.fault {
            return format!("signature {number} does not hold: {fault}");
        }
        if let Some(fault) = &signer.trust_fault {
            return format!("the signer of signature {number} is not trusted: {fault}");
        }
    }
    "the message is not valid".to_owned()
}

fn text(facts: &Facts) -> String {
    let mut out = String::from(if facts.valid { "Valid" } else { "Not valid" });
    for (number, signer) in (1..).zip(&facts.signers) {
        let name = signer
            .certificate
            .as_ref()
            .map_or("unknown signer", |certificate| certificate.subject.as_str());
        // Writing into a String does not fail.
        let _ = write!(
            out,
            "\n{number}. {name}\n   signature: {}",
            signer.signature
        );
        if let Some(fault) = &signer.fault {
            let _ = write!(out, " ({fault})");
        }
        let _ = write!(out, "\n   signer: {}", signer.trust);
        if let Some(fault) = &signer.trust_fault {
            let _ = write!(out, " ({fault})");
        }
        if signer.trust == "not-checked" && signer.fault.is_none() {
            out.push_str(" (name certificates to believe with --trusted)");
        }
        if let Some(time) = signer.signing_time {
            let _ = write!(out, "\n   claimed time: {time}");
        }
        if let Some(algorithm) = signer.algorithm {
            let old = if signer.legacy {
                ", too weak for new signatures"
            } else {
                ""
            };
            let _ = write!(out, "\n   algorithm: {algorithm}{old}");
        }
    }
    out
}

/// An error and its causes as one sentence.
fn sentence(error: impl Into<anyhow::Error>) -> String {
    outcome::sentence(&error.into())
}

fn certificates(paths: &[PathBuf]) -> anyhow::Result<Vec<Certificate>> {
    let mut found = Vec::new();
    for path in paths {
        let read = Certificate::from_pem_or_der(&read(path)?);
        found.extend(
            read.with_context(|| format!("no certificates can be read from {}", path.display()))?,
        );
    }
    Ok(found)
}

fn lists(paths: &[PathBuf]) -> anyhow::Result<Vec<Crl>> {
    let list = |path: &PathBuf| -> anyhow::Result<Crl> {
        Crl::from_der_or_pem(&read(path)?).with_context(|| no_list(path))
    };
    paths.iter().map(list).collect()
}

fn no_list(path: &Path) -> String {
    format!("no revocation list can be read from {}", path.display())
}
