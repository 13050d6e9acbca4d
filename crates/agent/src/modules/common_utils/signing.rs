//! The signing methods.

use std::path::Path;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::method::{Order, What};
use super::refused;
use crate::Agent;
use crate::consent::{
    Asking, Document, KeyFilter, KeyKind, Purpose, Unread, Withdrawal, ask_key_in, enter, read_file,
};
use crate::containers::Storage;
use crate::modules::documents::{self, DESCRIBED};
use crate::modules::{Caller, FileContent};
use crate::protocol::Common;
use crate::sign::SigningKey;
use crate::sign::cms::{Content, is_message, without_armour};
use crate::sign::xml::{self, XmlTarget};

/// Something that was read and can be signed.
enum Ready {
    Xml {
        texts: Vec<String>,
        many: bool,
        signed: String,
        parent: String,
    },
    Octets {
        content: Vec<u8>,
        attached: bool,
        stamped: bool,
    },
    Digest(Vec<u8>),
    Stamp(Vec<u8>),
}

pub(super) async fn answer(
    agent: &Arc<Agent>,
    caller: &Caller,
    withdrawal: &Withdrawal,
    storage: Storage,
    order: Order,
) -> Common {
    let Order { kind, what, .. } = order;
    let origin = caller.origin().as_str().to_owned();
    // A file is read when it is the turn of the question about it; what came along was read already.
    let mut read = None;
    if let What::File { path, .. } = &what {
        let path = Path::new(path);
        // Whatever key signs it, a file is never for signing in.
        let usage = Purpose::Signature.usage();
        read = match read_file(agent, caller, withdrawal, usage, path).await {
            Ok(read) => Some(read),
            Err(Unread::Absent) => return Common::failed("file.not_found"),
            Err(Unread::Asked(reason)) => return refused(reason),
        };
    }
    let (content, entry) = read.unzip();
    let (content, _share) = content.map(FileContent::into_parts).unzip();
    // Reading may decode megabytes.
    let read = tokio::task::spawn_blocking(move || ready(what, content, &origin)).await;
    let (ready, documents, count) = match read {
        Ok(Ok(read)) => read,
        Ok(Err(refused)) => return refused,
        Err(_) => return Common::failed("agent.failed"),
    };
    let asking = Asking {
        purpose: purpose(kind, &ready, &documents, count),
        documents,
        document_count: count,
        storages: vec![storage],
        filter: KeyFilter {
            kind,
            ..KeyFilter::default()
        },
        language: caller.language(),
    };
    let entry = match entry {
        Some(entry) => entry,
        None => match enter(agent, caller.origin(), withdrawal).await {
            Ok(entry) => entry,
            Err(reason) => return refused(reason),
        },
    };
    let (working, waited_for) = (Arc::clone(agent), withdrawal.clone());
    let origin = caller.origin();
    let signed = ask_key_in(entry, agent, origin, withdrawal, asking, move |chosen| {
        let key = SigningKey {
            signer: chosen.signer,
            certificate: chosen.certificate,
            now: chosen.now,
        };
        sign(&working, &key, ready, &waited_for)
    });
    match signed.await {
        Ok(Ok(result)) => Common::done(Some(result)),
        Ok(Err(message)) => Common::failed(message),
        Err(reason) => refused(reason),
    }
}

fn purpose(kind: KeyKind, ready: &Ready, documents: &[Document], count: usize) -> Purpose {
    match (ready, kind) {
        (Ready::Stamp(_), _) => Purpose::TimeStamp,
        (_, KeyKind::Authentication) if documents::is_login(documents, count) => Purpose::Login,
        (_, KeyKind::Authentication | KeyKind::Signature | KeyKind::Any) => Purpose::Signature,
    }
}

/// Reads what is to be signed, and describes it; the content of a file was read before.
fn ready(
    what: What,
    content: Option<Vec<u8>>,
    origin: &str,
) -> Result<(Ready, Vec<Document>, usize), Common> {
    match what {
        What::Xml {
            texts,
            many,
            signed,
            parent,
        } => {
            let target = XmlTarget {
                signed: &signed,
                parent: &parent,
            };
            let mut documents = Vec::new();
            for text in &texts {
                let part = xml::signed_part(text, target)
                    .map_err(|error| Common::failed(error.to_string()))?;
                if documents.len() < DESCRIBED {
                    documents.push(documents::xml(part));
                }
            }
            let count = texts.len();
            let ready = Ready::Xml {
                texts,
                many,
                signed,
                parent,
            };
            Ok((ready, documents, count))
        }
        What::Base64 {
            data,
            attached,
            stamped,
        } => octets(decode(&data)?, None, attached, stamped, origin),
        What::File {
            path,
            attached,
            stamped,
        } => {
            let content = content.ok_or_else(|| Common::failed("file.not_found"))?;
            octets(content, Some(&path), attached, stamped, origin)
        }
        What::Hash(hash) => {
            let digest = decode(&hash)?;
            if digest.is_empty() {
                return Err(Common::failed_silently());
            }
            if documents::is_of_refused_digest(&digest) {
                return Err(Common::failed("digest.unsupported"));
            }
            let document = documents::digest(&digest);
            Ok((Ready::Digest(digest), vec![document], 1))
        }
        What::Stamp(message) => {
            let message = without_armour(decode(&message)?);
            if !is_message(&message) {
                return Err(Common::failed("Malformed content."));
            }
            let document = documents::octets(&message, None);
            Ok((Ready::Stamp(message), vec![document], 1))
        }
    }
}

fn octets(
    content: Vec<u8>,
    file: Option<&str>,
    attached: bool,
    stamped: bool,
    origin: &str,
) -> Result<(Ready, Vec<Document>, usize), Common> {
    let content = without_armour(content);
    if documents::is_of_another_site(&content, origin) {
        // Somebody else's page holds a document that was made for another site.
        return Err(Common::failed("document.other.site"));
    }
    let document = documents::octets(&content, file);
    let ready = Ready::Octets {
        content,
        attached,
        stamped,
    };
    Ok((ready, vec![document], 1))
}

fn decode(text: &str) -> Result<Vec<u8>, Common> {
    STANDARD.decode(text).map_err(|error| {
        Common::failed(match error {
            base64::DecodeError::InvalidByte(_, byte) => {
                format!("Illegal base64 character {byte:x}")
            }
            base64::DecodeError::InvalidLength(_)
            | base64::DecodeError::InvalidLastSymbol(..)
            | base64::DecodeError::InvalidPadding => {
                "Input byte array has wrong 4-byte ending unit".to_owned()
            }
        })
    })
}

fn sign(
    agent: &Agent,
    key: &SigningKey,
    ready: Ready,
    withdrawal: &Withdrawal,
) -> Result<Value, String> {
    let text = |error: &dyn std::error::Error| error.to_string();
    let message = match ready {
        Ready::Xml {
            texts,
            many,
            signed,
            parent,
        } => {
            let target = XmlTarget {
                signed: &signed,
                parent: &parent,
            };
            let mut results = Vec::with_capacity(texts.len());
            for xml in &texts {
                if withdrawal.is_withdrawn() {
                    return Err("action.canceled".to_owned());
                }
                results.push(key.sign_xml(xml, target).map_err(|error| text(&error))?);
            }
            return Ok(match (many, results.as_slice()) {
                (false, [one]) => json!(one),
                _ => json!(results),
            });
        }
        Ready::Octets {
            content,
            attached,
            stamped,
        } => {
            let content_or_message = if is_message(&content) {
                Content::Message(&content)
            } else {
                Content::Octets {
                    content: &content,
                    detached: !attached,
                }
            };
            let message = key
                .sign_cms(content_or_message)
                .map_err(|error| text(&error))?;
            if stamped {
                agent.stamp(&message, Some(&key.certificate))?
            } else {
                message
            }
        }
        Ready::Digest(digest) => key
            .sign_cms(Content::Digest(&digest))
            .map_err(|error| text(&error))?,
        Ready::Stamp(message) => agent.stamp(&message, Some(&key.certificate))?,
    };
    Ok(Value::String(STANDARD.encode(message)))
}
