//! `sign`: CMS, XML or the bare value, of one document or many, with one question.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use tanba_pki::oid;

use super::arguments::{Chain, Format, SignArguments, invalid};
use super::refused;
use crate::Agent;
use crate::consent::{Asking, Document, KeyFilter, Purpose, Withdrawal, ask_key};
use crate::containers::Storage;
use crate::modules::Caller;
use crate::modules::documents::{self, DESCRIBED};
use crate::protocol::Basics;
use crate::sign::SigningKey;
use crate::sign::cms::{self, Content, is_message};
use crate::sign::xml::{self, XmlTarget};

/// Documents that were read.
enum Ready {
    Xml(Vec<String>),
    Octets(Vec<Vec<u8>>),
}

/// How they are signed.
#[derive(Clone, Copy)]
struct Manner {
    format: Format,
    encapsulate: bool,
    digested: bool,
    stamped: bool,
    output_certificate: bool,
}

pub(super) async fn answer(
    agent: &Arc<Agent>,
    caller: &Caller,
    withdrawal: &Withdrawal,
    mut arguments: SignArguments,
) -> Result<Basics, Basics> {
    let manner = Manner {
        format: arguments.format,
        encapsulate: arguments.encapsulate,
        digested: arguments.digested,
        stamped: arguments.stamped,
        output_certificate: arguments.output_certificate,
    };
    let data = std::mem::take(&mut arguments.data);
    let origin = caller.origin().as_str().to_owned();
    let (decode, looking) = (arguments.decode, Arc::clone(agent));
    let wanted = arguments.storages.clone();
    let read = tokio::task::spawn_blocking(move || {
        let storages = storages(&looking, wanted);
        ready(data, decode, manner, &origin).map(|ready| (ready, storages))
    });
    let (read, storages) = read
        .await
        .unwrap_or_else(|_| Err(Basics::general("the agent failed")))?;
    let (ready, documents, count) = read;
    let asking = Asking {
        purpose: purpose(&arguments, &documents, count),
        documents,
        document_count: count,
        storages,
        filter: filter(agent, &arguments),
        language: arguments.language.unwrap_or(caller.language()),
    };
    let (working, waited_for) = (Arc::clone(agent), withdrawal.clone());
    let signed = ask_key(agent, caller.origin(), withdrawal, asking, move |chosen| {
        let key = SigningKey {
            signer: chosen.signer,
            certificate: chosen.certificate,
            now: chosen.now,
        };
        sign(&working, &key, &ready, manner, &waited_for)
    });
    match signed.await {
        Ok(Ok(result)) => Ok(Basics::done(&result)),
        Ok(Err(details)) => Err(Basics::failed(
            "SIGNING_FAILURE",
            "Signing has failed.",
            details,
        )),
        Err(reason) => Err(refused(reason)),
    }
}

/// Signing in is what asks for client authentication and for no other basic usage, over something that nobody is bound by.
fn purpose(arguments: &SignArguments, documents: &[Document], count: usize) -> Purpose {
    let wants = |usage| arguments.usages.contains(&usage);
    // A bare signature is good in whatever protocol has octets like these: nothing in it says what it was made for.
    let is_asked =
        wants(oid::CLIENT_AUTH) && !wants(oid::EMAIL_PROTECTION) && arguments.format != Format::Raw;
    if is_asked && documents::is_login(documents, count) {
        Purpose::Login
    } else {
        Purpose::Signature
    }
}

fn filter(agent: &Agent, arguments: &SignArguments) -> KeyFilter {
    KeyFilter {
        usages: arguments.usages.clone(),
        iin: arguments.iin.clone(),
        bin: arguments.bin.clone(),
        serial: arguments.serial.clone(),
        issuers: match &arguments.chain {
            Chain::Current => agent.current_issuers().to_vec(),
            Chain::Of(certificates) => certificates.clone(),
        },
        allow_expired: arguments.allow_expired,
        ..KeyFilter::default()
    }
}

/// The accepted kinds that are here. Where none is, all accepted kinds stay, so that the dialog can say what to plug in.
fn storages(agent: &Agent, wanted: Option<Vec<Storage>>) -> Vec<Storage> {
    let wanted = wanted.unwrap_or_else(|| Storage::ALL.to_vec());
    let is_here = |storage: &Storage| {
        let containers = agent.containers();
        containers.serves(*storage)
            && (!storage.is_token() || !containers.list(*storage).is_empty())
    };
    let here: Vec<Storage> = wanted.iter().copied().filter(is_here).collect();
    if here.is_empty() { wanted } else { here }
}

/// Reads what is to be signed, and describes it.
fn ready(
    data: Vec<String>,
    decode: bool,
    manner: Manner,
    origin: &str,
) -> Result<(Ready, Vec<Document>, usize), Basics> {
    let count = data.len();
    if manner.format == Format::Xml {
        let data = if decode { decoded_texts(&data)? } else { data };
        for text in &data {
            xml::parse(text).map_err(|fault| Basics::exception(fault.to_string()))?;
        }
        let documents = data
            .iter()
            .take(DESCRIBED)
            .map(|text| documents::xml(text))
            .collect();
        return Ok((Ready::Xml(data), documents, count));
    }
    let mut contents = Vec::with_capacity(count);
    let mut documents = Vec::new();
    for text in data {
        let mut content = if decode {
            decoded(&text)?
        } else {
            text.into_bytes()
        };
        if manner.format == Format::Cms && !manner.digested {
            content = cms::without_armour(content);
        }
        if manner.digested && documents::is_of_refused_digest(&content) {
            return Err(invalid("a digest of this length is not supported"));
        }
        if manner.format == Format::Raw && documents::is_handshake(&content) {
            return Err(Basics::general("the data belong to a handshake of TLS"));
        }
        // Each is judged, however many of them are described.
        if !manner.digested && documents::is_of_another_site(&content, origin) {
            return Err(Basics::general("the document was made for another site"));
        }
        if documents.len() < DESCRIBED {
            documents.push(if manner.digested {
                documents::digest(&content)
            } else {
                documents::octets(&content, None)
            });
        }
        contents.push(content);
    }
    Ok((Ready::Octets(contents), documents, count))
}

fn decoded(text: &str) -> Result<Vec<u8>, Basics> {
    STANDARD.decode(text).map_err(|_| {
        Basics::exception("java.lang.IllegalArgumentException: Illegal base64 character")
    })
}

/// XML that comes in Base64.
fn decoded_texts(data: &[String]) -> Result<Vec<String>, Basics> {
    let text = |octets| {
        String::from_utf8(octets).map_err(|_| {
            Basics::exception("org.xml.sax.SAXParseException; lineNumber: 1; columnNumber: 1; Invalid byte of UTF-8 sequence.")
        })
    };
    data.iter().map(|one| text(decoded(one)?)).collect()
}

fn sign(
    agent: &Agent,
    key: &SigningKey,
    ready: &Ready,
    manner: Manner,
    withdrawal: &Withdrawal,
) -> Result<Value, String> {
    let began = agent.milliseconds();
    // Of thousands of documents the rest is not signed for a page that is gone.
    let goes_on = || {
        let gone = withdrawal.is_withdrawn();
        (!gone).then_some(()).ok_or("the page is gone")
    };
    let signatures = match ready {
        Ready::Xml(texts) => texts
            .iter()
            .map(|text| {
                goes_on()?;
                key.sign_xml(text, XmlTarget::default())
                    .map_err(|error| error.to_string())
            })
            .collect::<Result<Vec<String>, String>>()?,
        Ready::Octets(contents) => contents
            .iter()
            .map(|content| {
                goes_on()?;
                let took = u128::from(agent.milliseconds().saturating_sub(began));
                if manner.stamped && took > agent.config().stamping.as_millis() {
                    return Err(
                        "the authority of time stamps is too slow for these documents".to_owned(),
                    );
                }
                sign_octets(agent, key, content, manner)
            })
            .collect::<Result<Vec<String>, String>>()?,
    };
    if manner.format == Format::Raw || manner.output_certificate {
        if !manner.output_certificate {
            return Ok(json!({ "signatures": signatures }));
        }
        let certificate = key.certificate.to_pem();
        return Ok(json!({ "signatures": signatures, "certificate": certificate }));
    }
    Ok(json!(signatures))
}

fn sign_octets(
    agent: &Agent,
    key: &SigningKey,
    content: &[u8],
    manner: Manner,
) -> Result<String, String> {
    if manner.format == Format::Raw {
        if manner.digested {
            return Err("a bare signature is made over the data, not over a digest".to_owned());
        }
        let value = key
            .signer
            .sign(content)
            .map_err(|error| error.to_string())?;
        return Ok(STANDARD.encode(value));
    }
    let content = if manner.digested {
        Content::Digest(content)
    } else if is_message(content) {
        Content::Message(content)
    } else {
        Content::Octets {
            content,
            detached: !manner.encapsulate,
        }
    };
    let mut message = key.sign_cms(content).map_err(|error| error.to_string())?;
    if manner.stamped {
        message = agent.stamp(&message, Some(&key.certificate))?;
    }
    Ok(cms::pem(&message))
}
