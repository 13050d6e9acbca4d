//! `generateCsr` and `importCertificate`, in a shape of our own: that of the real program is not public.
//!
//! ```text
//! generateCsr {"storage":"PKCS12","keys":[{"alg":"RSA-2048"}],"subject":{"cn":…,"surname":…,"serialNumber":…,"gn":…},
//!     "email":…,"locale":"kk"}                                → [{"keyId":"<40 hex>","csr":"-----BEGIN CERTIFICATE REQUEST…"}]
//! importCertificate {"storage":"PKCS12","certificates":["-----BEGIN CERTIFICATE…"],"chain":[…],"locale":"kk"}
//!     → [{"keyId":"<40 hex>","file":"RSA256_….p12","serial":"<hex>"}]; of a token, `file` is its label and serial number
//! ```
//!
//! Each text may hold several certificates. Of `certificates` one that issued another of them belongs to the chain; each of
//! the others is for a key of its own that waits, and is answered in the order given. When for one of several no key waits,
//! nothing is installed; when one fails later, `details` names the keys that were installed before it. The same request once
//! more goes on from there: a key that has its very certificate counts as one that waits.

use std::sync::Arc;

use serde_json::{Map, Value, json};
use tanba_crypto::KeyAlgorithm;
use tanba_pki::{
    Certificate, CertificateRequest, DistinguishedName, DistinguishedNameBuilder,
    RequestAttributes, StringKind, oid, pem,
};

use super::arguments::{LARGEST_CERTIFICATE, MOST_CHAIN};
use super::lineage::{self, Lineage};
use super::refused;
use crate::Agent;
use crate::consent::{Asked, SecretPurpose, Taken, Withdrawal, ask_secret};
use crate::containers::{ManageFault, Storage};
use crate::modules::Caller;
use crate::modules::caller::language;
use crate::protocol::Basics;

/// Keys that are made at once, and certificates that are installed.
const MOST_KEYS: usize = 4;
/// Characters of a name that are shown.
const LONGEST_NAME: usize = 200;

fn not_made(details: impl Into<String>) -> Basics {
    Basics::failed(
        "CSR_GENERATING_FAILURE",
        "CSR generating has failed.",
        details,
    )
}

fn not_installed(details: impl Into<String>) -> Basics {
    Basics::failed(
        "CERTIFICATE_IMPORTING_FAILURE",
        "Certificate importing has failed.",
        details,
    )
}

/// The kind of container that is meant, if it can be used now: nobody is asked for the PIN of a token that is not there.
pub(in crate::modules) async fn storage(
    agent: &Arc<Agent>,
    named: Option<&Map<String, Value>>,
) -> Result<Storage, Basics> {
    let storage = match named.and_then(|named| named.get("storage")) {
        None | Some(Value::Null) => Some(Storage::Pkcs12),
        Some(name) => name.as_str().and_then(Storage::from_identifier),
    };
    let storage = storage.ok_or_else(|| Basics::general("storage.unknown"))?;
    let owned = Arc::clone(agent);
    let look = move || {
        let containers = owned.containers();
        if storage.is_token() {
            return containers.tokens_present().contains(&storage);
        }
        containers.serves(storage)
    };
    match tokio::task::spawn_blocking(look).await {
        Ok(true) => Ok(storage),
        Ok(false) if storage.is_token() => Err(Basics::general("storage.empty")),
        Ok(false) | Err(_) => Err(Basics::general("storage.unknown")),
    }
}

fn locale(named: &Map<String, Value>) -> Option<tanba_model::language::Language> {
    named
        .get("locale")
        .and_then(Value::as_str)
        .and_then(language)
}

/// Makes keys and gives the requests for their certificates.
pub(super) async fn generate(
    agent: &Arc<Agent>,
    caller: &Caller,
    withdrawal: &Withdrawal,
    named: &Map<String, Value>,
) -> Result<Basics, Basics> {
    let storage = storage(agent, Some(named)).await?;
    let algorithms = algorithms(named)?;
    let subject = subject(named)?;
    let email = named
        .get("email")
        .and_then(Value::as_str)
        .map(str::to_owned);
    let labels = algorithms
        .iter()
        .map(|algorithm| algorithm.label())
        .collect();
    let asked = (SecretPurpose::NewKeys, storage, labels, locale(named));
    let made = ask_secret(agent, caller, withdrawal, asked, move |agent, taken| {
        let made = agent
            .containers()
            .make_keys(
                storage,
                taken.place(),
                &algorithms,
                &taken.secret,
                agent.random(),
            )
            .map_err(|fault| fault.to_string())?;
        let attributes = RequestAttributes {
            email: email.as_deref(),
            keystore: Some(storage.oid()),
        };
        made.into_iter()
            .map(|key| {
                let request = CertificateRequest::build(&subject, &*key.signer, &attributes)
                    .map_err(|error| error.to_string())?;
                let request = pem::encode("CERTIFICATE REQUEST", &request);
                Ok(json!({ "keyId": key.key_id, "csr": request }))
            })
            .collect::<Result<Vec<Value>, String>>()
    });
    match made.await {
        Ok(Ok(requests)) => Ok(Basics::done(&json!(requests))),
        Ok(Err(details)) => Err(not_made(details)),
        Err(reason) => Err(refused(reason)),
    }
}

/// Installs certificates beside the keys that wait for them.
pub(super) async fn import(
    agent: &Arc<Agent>,
    caller: &Caller,
    withdrawal: &Withdrawal,
    named: &Map<String, Value>,
) -> Result<Basics, Basics> {
    let storage = storage(agent, Some(named)).await?;
    let most = MOST_KEYS.saturating_add(MOST_CHAIN);
    let given = certificates(named, "certificates", most)?;
    let chain = certificates(named, "chain", MOST_CHAIN)?;
    // Signatures are verified: nobody else waits for that.
    let sorted = tokio::task::spawn_blocking(move || lineage::sorted(given, chain, MOST_KEYS));
    let wanted = match sorted.await {
        Ok(sorted) => sorted.map_err(|fault| not_installed(fault.to_string()))?,
        Err(_) => return Err(refused(Asked::Failed)),
    };
    let names = wanted
        .iter()
        .map(|(certificate, _)| certificate.subject().common_name().unwrap_or_default())
        .map(|name| name.chars().take(LONGEST_NAME).collect())
        .collect();
    let asked = (SecretPurpose::Install, storage, names, locale(named));
    let installed = ask_secret(agent, caller, withdrawal, asked, move |agent, taken| {
        install(agent, storage, &taken, &wanted)
    });
    match installed.await {
        Ok(Ok(files)) => Ok(Basics::done(&json!(files))),
        Ok(Err(details)) => Err(not_installed(details)),
        Err(reason) => Err(refused(reason)),
    }
}

/// Puts each beside its key, as often as it is asked. What fails before the first one changes nothing.
fn install(
    agent: &Agent,
    storage: Storage,
    taken: &Taken,
    wanted: &[Lineage],
) -> Result<Vec<Value>, String> {
    let containers = agent.containers();
    if let [_, _, ..] = wanted {
        let waiting = containers.waiting(storage);
        for (certificate, _) in wanted {
            let key_id = tanba_pki::hex::encode(&certificate.public_key().key_id());
            // One that an earlier request installed before it failed keeps the others from nothing.
            let fits = waiting.contains(&key_id)
                || containers
                    .is_installed(storage, certificate, &taken.secret)
                    .map_err(|fault| fault.to_string())?;
            if !fits {
                return Err(ManageFault::NoSuchKey.to_string());
            }
        }
    }
    let mut installed: Vec<Value> = Vec::new();
    let mut keys: Vec<String> = Vec::new();
    for (certificate, above) in wanted {
        let done = containers
            .install(
                storage,
                taken.place(),
                certificate,
                above,
                &taken.secret,
                agent.random(),
            )
            .map_err(|fault| match keys.as_slice() {
                [] => fault.to_string(),
                keys => format!("{fault}; installed before: {}", keys.join(", ")),
            })?;
        keys.push(done.key_id.clone());
        installed.push(json!({
            "keyId": done.key_id, "file": done.place, "serial": certificate.serial_hex(),
        }));
    }
    Ok(installed)
}

fn algorithms(named: &Map<String, Value>) -> Result<Vec<KeyAlgorithm>, Basics> {
    let keys = named.get("keys").and_then(Value::as_array);
    let keys = keys.filter(|keys| (1..=MOST_KEYS).contains(&keys.len()));
    let keys = keys.ok_or_else(|| not_made("keys is not a list of one to four keys"))?;
    keys.iter()
        .map(|key| match key.get("alg").and_then(Value::as_str) {
            Some("RSA-2048") => Ok(KeyAlgorithm::Rsa { bits: 2048 }),
            Some("RSA-3072") => Ok(KeyAlgorithm::Rsa { bits: 3072 }),
            Some("RSA-4096") => Ok(KeyAlgorithm::Rsa { bits: 4096 }),
            Some("EC-P256") => Ok(KeyAlgorithm::EcP256),
            Some("EC-P384") => Ok(KeyAlgorithm::EcP384),
            other => Err(not_made(format!(
                "algorithm not supported yet: {}",
                other.unwrap_or_default()
            ))),
        })
        .collect()
}

fn subject(named: &Map<String, Value>) -> Result<DistinguishedName, Basics> {
    let members = named
        .get("subject")
        .and_then(Value::as_object)
        .ok_or_else(|| not_made("subject is not an object"))?;
    let text = StringKind::Utf8;
    let parts = [
        ("cn", oid::COMMON_NAME, text),
        ("surname", oid::SURNAME, text),
        ("serialNumber", oid::SERIAL_NUMBER, StringKind::Printable),
        ("c", oid::COUNTRY, StringKind::Printable),
        ("o", oid::ORGANIZATION, text),
        ("ou", oid::ORGANIZATIONAL_UNIT, text),
        ("gn", oid::GIVEN_NAME, text),
    ];
    let mut name = DistinguishedNameBuilder::new();
    for (member, kind, string) in parts {
        if let Some(value) = members.get(member).and_then(Value::as_str) {
            name = name.push(kind, string, value);
        }
    }
    name.build().map_err(|error| not_made(error.to_string()))
}

fn certificates(
    named: &Map<String, Value>,
    name: &str,
    most: usize,
) -> Result<Vec<Certificate>, Basics> {
    let refused = |details| {
        Basics::failed(
            "INVALID_IMPORTING_CERTIFICATE",
            "Invalid importing certificate.",
            details,
        )
    };
    let invalid = || {
        refused(format!(
            "{name} has something that is no certificate in PEM"
        ))
    };
    let members = match named.get(name) {
        None | Some(Value::Null) => return Ok(Vec::new()),
        Some(Value::Array(members)) => members,
        Some(_) => return Err(invalid()),
    };
    let mut read = Vec::new();
    for member in members {
        let text = member.as_str().ok_or_else(invalid)?;
        if text.len() > LARGEST_CERTIFICATE {
            return Err(refused(format!("{name} has something that is too large")));
        }
        read.extend(Certificate::from_pem_or_der(text.as_bytes()).map_err(|_| invalid())?);
        if read.len() > most {
            return Err(refused(format!("{name} is too long")));
        }
    }
    Ok(read)
}
