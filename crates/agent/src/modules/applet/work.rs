//! What the methods of the old interface do.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tanba_crypto::{DigestAlgorithm, ObjectIdentifier, Signer};
use tanba_pki::cms::VerifyOptions;
use tanba_pki::{Certificate, Timestamp};

use super::call::{Content, Free, KeyPlace, What};
use super::reply::Reply;
use super::tries::{may_try, opened};
use crate::Agent;
use crate::consent::{
    Asked, Document, KeyFilter, KeyKind, Purpose, Unread, Withdrawal, confirm_key, read_file,
    read_file_alone,
};
use crate::containers::{HeldKey, Storage};
use crate::modules::common_utils::name;
use crate::modules::{Caller, documents};
use crate::origin::Use;
use crate::sign::SigningKey;
use crate::sign::cms;
use crate::sign::xml::{self, XmlTarget};

/// The tokens of a kind, one on each line.
pub(super) fn slots(agent: &Agent, storage: &str) -> Reply {
    let Some(storage) = Storage::from_identifier(storage) else {
        return Reply::failed("UNKNOWN_STORAGE");
    };
    let names: Vec<String> = agent
        .containers()
        .list(storage)
        .into_iter()
        .map(|container| container.id.place)
        .collect();
    if names.is_empty() {
        return Reply::failed("EMPTY_SLOT");
    }
    Reply::done(names.join("\n"))
}

/// What needs no key. A file is read for a site that may ask for signatures.
pub(super) async fn free(
    agent: &Arc<Agent>,
    caller: &Caller,
    withdrawal: &Withdrawal,
    mut free: Free,
) -> Reply {
    let mut read = Vec::new();
    let mut _share = None;
    if let Free::VerifyCms { content, .. } = &mut free {
        match content {
            Content::File(path) => {
                let (usage, path) = (Use::Signature, Path::new(path.as_str()));
                match read_file_alone(agent, caller, withdrawal, usage, path).await {
                    Ok(content) => {
                        let (octets, share) = content.into_parts();
                        (read, _share) = (octets, Some(share));
                    }
                    Err(unread) => return not_read(unread),
                }
            }
            Content::Base64(text) => match STANDARD.decode(text) {
                Ok(octets) => read = octets,
                Err(_) => return Reply::failed("COMMON"),
            },
        }
    }
    tokio::task::spawn_blocking(move || done(free, &read))
        .await
        .unwrap_or_else(|_| Reply::failed("COMMON"))
}

fn not_read(unread: Unread) -> Reply {
    match unread {
        Unread::Absent => Reply::failed("FILE_READ_ERROR"),
        Unread::Asked(Asked::Cancelled | Asked::TooOften | Asked::Failed) => {
            Reply::failed("COMMON")
        }
    }
}

fn done(free: Free, content: &[u8]) -> Reply {
    match free {
        Free::Hash { data, algorithm } => {
            let digest = match algorithm.to_ascii_uppercase().replace('-', "").as_str() {
                "SHA1" => DigestAlgorithm::Sha1,
                "SHA256" => DigestAlgorithm::Sha256,
                "SHA384" => DigestAlgorithm::Sha384,
                "SHA512" => DigestAlgorithm::Sha512,
                _ => return Reply::failed("COMMON"),
            };
            Reply::done(STANDARD.encode(digest.digest(data.as_bytes())))
        }
        Free::VerifyXml(text) => match xml::verify_xml(&text) {
            Ok(holds) => Reply::said(holds),
            Err(_) => Reply::failed("XML_PARSE_EXCEPTION"),
        },
        Free::VerifyCms { message, .. } => {
            let Ok(message) = STANDARD.decode(message) else {
                return Reply::failed("SIGNATURE_VALIDATION_ERROR");
            };
            let options = VerifyOptions {
                content: (!content.is_empty()).then_some(content),
                trusted: &[],
                intermediates: &[],
                crls: &[],
                at: Timestamp::from_unix(0),
                check_chain: false,
                legacy_algorithms: false,
            };
            match tanba_pki::cms::verify(&message, &options) {
                Ok(verdict) => Reply::said(verdict.is_valid()),
                Err(_) => Reply::failed("SIGNATURE_VALIDATION_ERROR"),
            }
        }
    }
}

/// Opens the container with the password that the page gave, has the use confirmed, and does it.
pub(super) async fn with_key(
    agent: &Arc<Agent>,
    caller: &Caller,
    withdrawal: &Withdrawal,
    place: KeyPlace,
    what: What,
) -> Reply {
    // No site that nobody allowed tries passwords, and least of all PINs, of which a token counts the wrong ones.
    if !may_try(agent, caller, withdrawal, &place).await {
        return Reply::failed("COMMON");
    }
    let (keys, alias) = match opened(agent, caller, withdrawal, place).await {
        Ok(opened) => opened,
        Err(reply) => return reply,
    };
    let mut order = match order(what, keys, &alias) {
        Ok(order) => order,
        Err(reply) => return reply,
    };
    let (mut entry, mut _share) = (None, None);
    if let Some(path) = order.file() {
        // A file is read when it is the turn of the question about it.
        match read_file(agent, caller, withdrawal, Use::Signature, &path).await {
            Ok((content, turn)) => {
                let (octets, share) = content.into_parts();
                (order.content, entry, _share) = (octets, Some(turn), Some(share));
            }
            Err(unread) => return not_read(unread),
        }
    }
    let origin = caller.origin().as_str();
    let is_foreign = documents::is_of_another_site(order.signed(), origin)
        || matches!(&order.what, What::SignPlain(data) if documents::is_handshake(data.as_bytes()));
    if order.what.signs() && is_foreign {
        // Somebody else's page holds a document that was made for another site, or wants to speak TLS to one.
        return Reply::failed("COMMON");
    }
    let purpose = if order.what.signs() {
        Purpose::Signature
    } else {
        Purpose::KeyInformation
    };
    let documents = order.documents();
    let Some(shown) = order.key.clone().or_else(|| order.keys.first().cloned()) else {
        return Reply::failed("EMPTY_KEY_LIST");
    };
    let confirmed = confirm_key(
        entry,
        agent,
        caller,
        withdrawal,
        (purpose, documents, false),
        shown,
        move |now| order.done(now),
    );
    match confirmed.await {
        Ok(reply) => reply,
        Err(Asked::Cancelled | Asked::TooOften | Asked::Failed) => Reply::failed("COMMON"),
    }
}

/// A call whose key was found and whose content was read.
struct Order {
    what: What,
    key: Option<HeldKey>,
    keys: Vec<HeldKey>,
    content: Vec<u8>,
    /// The part of XML that would be signed.
    part: Option<Document>,
}

fn order(mut what: What, keys: Vec<HeldKey>, alias: &str) -> Result<Order, Reply> {
    let key = keys
        .iter()
        .find(|key| key.alias == alias && key.certificate.is_some() && key.signer.is_some())
        .cloned();
    if key.is_none() && !matches!(what, What::Keys(_)) {
        return Err(Reply::failed("EMPTY_KEY_LIST"));
    }
    let mut read = Vec::new();
    if let What::SignCms {
        content: Content::Base64(text),
        ..
    } = &mut what
    {
        let text = std::mem::take(text);
        read = STANDARD.decode(text).map_err(|_| Reply::failed("COMMON"))?;
    }
    let mut part = None;
    if let What::SignXml {
        text,
        signed,
        parent,
    } = &what
    {
        let found = xml::signed_part(text, XmlTarget { signed, parent });
        part = Some(documents::xml(
            found.map_err(|error| Reply::unsigned(&error))?,
        ));
    }
    Ok(Order {
        part,
        what,
        key,
        keys,
        content: read,
    })
}

impl Order {
    /// The file that is to be signed, if it is one.
    fn file(&self) -> Option<PathBuf> {
        let What::SignCms { content, .. } = &self.what else {
            return None;
        };
        match content {
            Content::File(path) => Some(path.into()),
            Content::Base64(_) => None,
        }
    }

    /// The octets that would be signed.
    fn signed(&self) -> &[u8] {
        match &self.what {
            What::SignPlain(data) => data.as_bytes(),
            What::SignXml { text, .. } => text.as_bytes(),
            What::SignCms { .. }
            | What::Keys(_)
            | What::NotBefore
            | What::NotAfter
            | What::Subject
            | What::Issuer
            | What::Rdn { .. }
            | What::VerifyPlain { .. } => &self.content,
        }
    }

    fn documents(&self) -> Vec<Document> {
        match &self.what {
            What::SignPlain(data) => vec![documents::octets(data.as_bytes(), None)],
            What::SignCms { .. } => vec![documents::octets(&self.content, None)],
            What::SignXml { .. } => self.part.iter().cloned().collect(),
            What::Keys(_)
            | What::NotBefore
            | What::NotAfter
            | What::Subject
            | What::Issuer
            | What::Rdn { .. }
            | What::VerifyPlain { .. } => Vec::new(),
        }
    }

    fn done(&self, now: Timestamp) -> Reply {
        if let What::Keys(kind) = &self.what {
            return self.key_list(kind, now);
        }
        let Some((certificate, signer)) = self
            .key
            .as_ref()
            .and_then(|key| Some((key.certificate.clone()?, Arc::clone(key.signer.as_ref()?))))
        else {
            return Reply::failed("EMPTY_KEY_LIST");
        };
        self.with(&certificate, signer, now)
    }

    fn with(&self, certificate: &Certificate, signer: Arc<dyn Signer>, now: Timestamp) -> Reply {
        let key = SigningKey {
            signer,
            certificate: certificate.clone(),
            now,
        };
        match &self.what {
            What::Keys(_) => Reply::failed("COMMON"),
            What::NotBefore => Reply::date(certificate.not_before()),
            What::NotAfter => Reply::date(certificate.not_after()),
            What::Subject => Reply::done(name(certificate.subject())),
            What::Issuer => Reply::done(name(certificate.issuer())),
            What::Rdn { oid, index } => ObjectIdentifier::new(oid)
                .ok()
                .and_then(|oid| {
                    certificate
                        .subject()
                        .attributes()
                        .into_iter()
                        .filter(|(kind, _)| *kind == oid)
                        .nth(*index)
                })
                .map_or(Reply::failed("RDN_NOT_FOUND"), |(_, value)| {
                    Reply::done(value)
                }),
            What::SignPlain(data) => match key.signer.sign(data.as_bytes()) {
                Ok(value) => Reply::done(STANDARD.encode(value)),
                Err(_) => Reply::failed("COMMON"),
            },
            What::VerifyPlain { data, signature } => {
                let Ok(value) = STANDARD.decode(signature) else {
                    return Reply::failed("SIGNATURE_VALIDATION_ERROR");
                };
                let algorithm = key.signer.algorithm();
                let public = certificate.public_key();
                Reply::said(public.verify(algorithm, data.as_bytes(), &value).is_ok())
            }
            What::SignCms { attached, .. } => {
                let content = cms::Content::Octets {
                    content: &self.content,
                    detached: !attached,
                };
                match key.sign_cms(content) {
                    Ok(message) => Reply::done(STANDARD.encode(message)),
                    Err(_) => Reply::failed("COMMON"),
                }
            }
            What::SignXml {
                text,
                signed,
                parent,
            } => match key.sign_xml(text, XmlTarget { signed, parent }) {
                Ok(signed) => Reply::done(signed),
                Err(error) => Reply::unsigned(&error),
            },
        }
    }

    /// `algorithm|name|serial|alias`, one key on each line.
    fn key_list(&self, kind: &str, now: Timestamp) -> Reply {
        let filter = KeyFilter {
            kind: match kind {
                "SIGN" => KeyKind::Signature,
                "AUTH" => KeyKind::Authentication,
                _ => KeyKind::Any,
            },
            ..KeyFilter::default()
        };
        let line = |key: &HeldKey| {
            let certificate = key.certificate.as_ref()?;
            Some(format!(
                "{}|{}|{}|{}",
                certificate.public_key().algorithm_label(),
                certificate.subject().common_name().unwrap_or_default(),
                certificate.serial_hex(),
                key.alias
            ))
        };
        let lines: Vec<String> = self
            .keys
            .iter()
            .filter(|key| filter.judge(key, now).is_none())
            .filter_map(line)
            .collect();
        if lines.is_empty() {
            return Reply::failed("EMPTY_KEY_LIST");
        }
        Reply::done(lines.join("\n"))
    }
}
