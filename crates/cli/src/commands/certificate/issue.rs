//! `tanba certificate issue`: first keys, before there is a registration centre.

use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, anyhow, bail};
use tanba_ca::{AnnounceIntents, Authority};
use tanba_model::certificate::{CertificateRecord, Channel, Status};
use tanba_model::id::PersonId;
use tanba_model::keystore_kind::KeystoreKind;
use tanba_model::person::{EmailAddress, Person};
use tanba_model::ports::{
    Issuance as _, IssuanceError, IssuanceOrder, RequestFault, Storage, UnitOfWork,
};
use tanba_pki::pem;
use tanba_pki::profile::Subject;
use tanba_pki::{Certificate, CertificateRequest, SerialNumber, Timestamp};
use tanba_ra::RegistrationAuthority;

use super::{CertificateFacts, ConfigArgs, issuer_names, person, refused};
use crate::config::Config;
use crate::context::Context;
use crate::outcome::Outcome;
use crate::wire;

/// Arguments of `tanba certificate issue`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Whose: individual identification number of a person in the register
    #[arg(long, value_name = "IIN")]
    person: String,
    /// Profile, such as kz-individual-authentication-rsa; see `tanba profile list`
    #[arg(long, value_name = "NAME")]
    profile: String,
    /// PKCS#10 request, PEM or DER, made where the key is
    #[arg(long, value_name = "FILE")]
    request: PathBuf,
    /// Where the key lives
    #[arg(long, value_name = "NAME", default_value = "PKCS12")]
    keystore: String,
    /// Organization that the certificate names; profiles of legal entities need it
    #[arg(long, value_name = "NAME")]
    organization: Option<String>,
    /// Business identification number of the organization, 12 digits
    #[arg(long, value_name = "BIN", requires = "organization", value_parser = bin)]
    bin: Option<String>,
    /// Common name where the profile does not make it of the person's: the host name of a server
    #[arg(long, value_name = "NAME")]
    common_name: Option<String>,
    /// Leave the person's confirmed address out of the certificate
    #[arg(long)]
    without_email: bool,
    /// File for the certificate and those above it, PEM
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// Issues one certificate.
pub(super) fn run(args: &Args, config: &ConfigArgs, context: &Context) -> anyhow::Result<Outcome> {
    let request = read_request(&args.request)?;
    // A file that cannot be written is found out before anything is issued.
    let output = args.output.as_deref().map(Output::open).transpose()?;
    let keystore = KeystoreKind::from_identifier(&args.keystore).ok_or_else(|| {
        anyhow!(
            "there is no keystore {:?}; there are {}",
            args.keystore,
            names()
        )
    })?;
    let config = configured(config, &args.profile)?;
    let ra_config = config.ra.clone();
    let country = ra_config.country().to_owned();
    let (storage, authority) = wire::installation(&config, context)?;
    let person = person::find(storage.snapshot()?.as_mut(), &args.person)?;
    must_live(storage.as_ref(), person.id)?;
    let order = IssuanceOrder {
        person: Some(person.id),
        application: None,
        profile: args.profile.clone(),
        subject: subject(&person, country, args),
        email: person
            .email
            .as_ref()
            .filter(|_| !args.without_email)
            .map(EmailAddress::as_str)
            .map(str::to_owned),
        keystore,
        request,
        channel: Channel::Administrator,
        actor: context.administrator(),
    };
    let now = context.now();
    let authority = Arc::new(authority);
    let ra = RegistrationAuthority::new(
        Arc::clone(&storage),
        authority.clone(),
        ra_config,
        context.random(),
    )?;
    let actor = context.administrator();
    let holder = person.id;
    let announce = move |work: &mut dyn UnitOfWork, serials: &[SerialNumber]| {
        ra.announce(work, holder, serials, actor.clone(), now)
    };
    let asked = order.request.clone();
    let record = &issue_once(&authority, storage.as_ref(), order, now, Box::new(announce))
        .map_err(|error| refused::explain(error, &config.profiles, &args.profile, &asked))?;
    tell_left_out(&asked, record, context);
    let chain = chain(&authority, record)?;
    if let Some(output) = output {
        output.write(&chain).with_context(|| {
            format!(
                "the certificate {} is issued, but its file cannot be written; repeat this command, or write it with \
                 `tanba certificate show {} --output FILE`",
                record.serial, record.serial
            )
        })?;
    }
    let issuers = issuer_names(storage.snapshot()?.as_mut())?;
    let facts = CertificateFacts::of(record, &issuers);
    let text = if args.output.is_some() {
        facts.to_string()
    } else {
        chain
    };
    context.print(&facts, text)?;
    Ok(Outcome::Done)
}

/// Says what the request asked for and did not get: whoever wrote it may take it for granted.
fn tell_left_out(request: &[u8], record: &CertificateRecord, context: &Context) {
    let Ok(request) = CertificateRequest::from_der(request) else {
        return;
    };
    if request.asks_for_more() {
        context.warn(
            "the request asks for extensions that the profile alone decides on; they were left out (`tanba certificate show` \
             tells what the certificate has)",
        );
    }
    let certificate = record.der.as_deref().map(Certificate::from_der);
    let Some(Ok(certificate)) = certificate else {
        return;
    };
    let names = request.names_left_out(&certificate).unwrap_or_default();
    if !names.is_empty() {
        context.warn(format_args!(
            "the request asks for alternative names that the certificate does not have: {}. The address of a person comes from \
             the register and the name of a host from --common-name, each where the profile has it",
            names.join(", ")
        ));
    }
}

/// Nothing is issued to the dead.
fn must_live(storage: &dyn Storage, person: PersonId) -> anyhow::Result<()> {
    if let Some((_, true)) = storage.snapshot()?.persons().source(person)? {
        bail!(
            "the register says that this person has died; nothing was issued. If that is a mistake, correct the register \
             first (`tanba person import --update`)"
        );
    }
    Ok(())
}

/// The installation's configuration, where the profile can be used.
fn configured(config: &ConfigArgs, profile: &str) -> anyhow::Result<Config> {
    let config = config.load()?;
    if let Some(why) = config.why_no_profile(profile) {
        bail!("{why}. Nothing was issued");
    }
    Ok(config)
}

/// The certificate of an order; where it was issued before, that one.
fn issue_once(
    authority: &Authority,
    storage: &dyn Storage,
    order: IssuanceOrder,
    now: Timestamp,
    announce: AnnounceIntents,
) -> anyhow::Result<CertificateRecord> {
    let asked = Asked::of(&order)?;
    let issued = authority
        .prepare_announced(&[order], now, announce)
        .and_then(|prepared| prepared.issue(now));
    match issued {
        Ok(issued) => {
            let mut issued = issued.into_iter();
            issued.next().context("no certificate was issued")
        }
        Err(IssuanceError::Request(RequestFault::ReusedKey)) => {
            asked.issued_before(storage.snapshot()?.as_mut(), now)
        }
        Err(error) => Err(error.into()),
    }
}

/// What was asked for, to find it again: a command may have been ended, or its disk been full, after the certificate was
/// issued.
struct Asked {
    person: Option<PersonId>,
    profile: String,
    public_key_sha256: [u8; 32],
}

impl Asked {
    fn of(order: &IssuanceOrder) -> anyhow::Result<Self> {
        let request = CertificateRequest::from_der(&order.request)
            .map_err(|_| IssuanceError::Request(RequestFault::Form))?;
        Ok(Self {
            person: order.person,
            profile: order.profile.clone(),
            public_key_sha256: request.public_key().sha256(),
        })
    }

    /// The certificate of the same key, where it is for the same person and of the same profile; the request proved that
    /// whoever asks has the key.
    fn issued_before(
        &self,
        unit: &mut dyn UnitOfWork,
        now: Timestamp,
    ) -> anyhow::Result<CertificateRecord> {
        let earlier = unit.certificates().of_key(&self.public_key_sha256)?;
        let mut same = earlier
            .into_iter()
            .filter(|record| record.person == self.person && record.profile == self.profile);
        let (Some(record), None) = (same.next(), same.next()) else {
            return Err(IssuanceError::Request(RequestFault::ReusedKey).into());
        };
        let serial = record.serial;
        match record.status {
            Status::Valid if now > record.not_after => bail!(
                "the certificate of this key, {serial}, ended on {}, and a key is certified once: make a new key and a new \
                 request",
                record.not_after.rfc3339()
            ),
            Status::Valid => Ok(record),
            Status::Intended => bail!(
                "a certificate of this key, {serial}, was begun earlier and is not signed yet: the server completes it \
                 within two minutes of its start or of the key's return (`tanba serve`); then repeat this command"
            ),
            Status::Void => bail!(
                "a certificate of this key, {serial}, was begun earlier and given up; its key is not used again: make a \
                 new key and a new request"
            ),
            Status::Revoked { .. } => bail!(
                "the certificate of this key, {serial}, is revoked or frozen: release it, or make a new key and a new \
                 request"
            ),
        }
    }
}

/// A file that is open for writing, and as it was until there is something to write.
struct Output {
    path: PathBuf,
    file: Option<File>,
    is_new: bool,
}

impl Output {
    fn open(path: &Path) -> anyhow::Result<Self> {
        let is_new = !path.exists();
        let file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .open(path)
            .with_context(|| {
                format!(
                    "the file {} cannot be written; nothing was issued",
                    path.display()
                )
            })?;
        Ok(Self {
            path: path.to_owned(),
            file: Some(file),
            is_new,
        })
    }

    fn write(mut self, text: &str) -> std::io::Result<()> {
        let Some(mut file) = self.file.take() else {
            return Ok(());
        };
        // A device or a pipe has no length to be cut.
        if file.metadata()?.is_file() {
            file.set_len(0)?;
        }
        file.write_all(text.as_bytes())?;
        file.flush()
    }
}

impl Drop for Output {
    /// Nothing was issued: an empty file must not look like a certificate.
    fn drop(&mut self) {
        if self.file.take().is_some() && self.is_new {
            let _: std::io::Result<()> = std::fs::remove_file(&self.path);
        }
    }
}

fn subject(person: &Person, country: String, args: &Args) -> Subject {
    Subject {
        surname: person.surname.clone(),
        given_name: person.given_name.clone(),
        patronymic: person.patronymic.clone(),
        iin: person.iin.as_str().to_owned(),
        country,
        organization: args.organization.clone(),
        bin: args.bin.clone(),
        common_name: args.common_name.clone(),
    }
}

fn bin(text: &str) -> Result<String, String> {
    if text.len() == 12 && text.bytes().all(|digit| digit.is_ascii_digit()) {
        Ok(text.to_owned())
    } else {
        Err("a business identification number has 12 digits".to_owned())
    }
}

/// The certificate and those above it, PEM.
fn chain(authority: &Authority, record: &CertificateRecord) -> anyhow::Result<String> {
    let own = record.der.clone().context("no certificate was issued")?;
    let all = std::iter::once(own).chain(authority.chain());
    Ok(all.map(|der| pem::encode("CERTIFICATE", &der)).collect())
}

/// A request in PEM or DER, as DER.
fn read_request(path: &Path) -> anyhow::Result<Vec<u8>> {
    let content = std::fs::read(path)
        .with_context(|| format!("the file {} cannot be read", path.display()))?;
    if pem::is_der(&content) {
        return Ok(content);
    }
    let blocks = pem::decode_all(&content)?;
    let request = blocks
        .into_iter()
        .find(|block| block.label.ends_with("CERTIFICATE REQUEST"));
    match request {
        Some(block) => Ok(block.der),
        None => bail!("the file {} holds no certificate request", path.display()),
    }
}

fn names() -> String {
    KeystoreKind::ALL.map(KeystoreKind::identifier).join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::testing::{House, NOW};

    #[test]
    fn a_certificate_that_ended_is_not_handed_out_again() {
        let house = House::new();
        let record = house.certify(1);
        let asked = Asked {
            person: record.person,
            profile: record.profile.clone(),
            public_key_sha256: record.public_key_sha256,
        };
        let again = |now| asked.issued_before(house.storage.snapshot().unwrap().as_mut(), now);
        assert_eq!(again(NOW).unwrap().serial, record.serial);
        assert_eq!(again(record.not_after).unwrap().serial, record.serial);
        let late = record.not_after.plus(std::time::Duration::from_secs(1));
        let refused = again(late).unwrap_err().to_string();
        assert!(
            refused.contains("ended on") && refused.contains("new key"),
            "{refused}"
        );
    }
}
