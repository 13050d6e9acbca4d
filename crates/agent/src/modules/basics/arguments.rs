//! The arguments of `sign`, read as the real program's JSON library reads them.

use serde_json::{Map, Value};
use tanba_crypto::ObjectIdentifier;
use tanba_model::language::Language;
use tanba_pki::Certificate;

use crate::containers::Storage;
use crate::modules::caller::language;
use crate::protocol::Basics;

/// Characters of a logo at most, in Base64.
const LARGEST_LOGO: usize = 50_000;
/// Certificates of authorities that a site names at most, and octets of one of them.
pub(super) const MOST_CHAIN: usize = 32;
pub(super) const LARGEST_CERTIFICATE: usize = 64 * 1024;
/// Usages that a site names at most.
const MOST_USAGES: usize = 32;

/// Form of the signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    Cms,
    Xml,
    /// The value alone.
    Raw,
}

/// The arguments of `sign`.
#[derive(Debug)]
pub(super) struct SignArguments {
    /// Kinds of containers that the site accepts; none for all.
    pub(super) storages: Option<Vec<Storage>>,
    pub(super) format: Format,
    pub(super) data: Vec<String>,
    pub(super) decode: bool,
    pub(super) encapsulate: bool,
    pub(super) digested: bool,
    pub(super) stamped: bool,
    pub(super) allow_expired: bool,
    pub(super) output_certificate: bool,
    pub(super) usages: Vec<ObjectIdentifier>,
    pub(super) iin: Option<String>,
    pub(super) bin: Option<String>,
    pub(super) serial: Option<String>,
    pub(super) chain: Chain,
    pub(super) language: Option<Language>,
}

/// From which authority the certificate must come.
#[derive(Debug)]
pub(super) enum Chain {
    /// The current one, by the agent's configuration.
    Current,
    /// One of these; of any when there are none.
    Of(Vec<Certificate>),
}

/// A member that is not of its type, as Java's library complains.
fn not_a(name: &str, kind: &str) -> Basics {
    Basics::exception(format!(
        "org.json.JSONException: JSONObject[\"{name}\"] is not a {kind}."
    ))
}

fn not_found(name: &str) -> Basics {
    Basics::exception(format!(
        "org.json.JSONException: JSONObject[\"{name}\"] not found."
    ))
}

impl SignArguments {
    pub(super) fn read(named: &Map<String, Value>) -> Result<Self, Basics> {
        let signing = object(named, "signingParams")?;
        let signer = object(named, "signerParams")?;
        if let Some(Value::String(logo)) = named.get("logo")
            && logo.len() > LARGEST_LOGO
        {
            return Err(invalid("logo is too large"));
        }
        let format = match named.get("format") {
            Some(Value::String(name)) => match name.as_str() {
                "cms" => Format::Cms,
                "xml" => Format::Xml,
                "raw" => Format::Raw,
                other => return Err(invalid(format!("format {other} is not supported"))),
            },
            Some(_) => return Err(not_a("format", "string")),
            None => return Err(not_found("format")),
        };
        Ok(Self {
            storages: storages(named.get("allowedStorages"))?,
            format,
            data: data(named.get("data"))?,
            decode: flag(signing, "decode", false)?,
            encapsulate: flag(signing, "encapsulate", true)?,
            digested: flag(signing, "digested", false)?,
            stamped: signing
                .get("tsaProfile")
                .is_some_and(|profile| !profile.is_null()),
            allow_expired: flag(signing, "allowExpired", false)?,
            output_certificate: flag(signing, "outputCert", false)?,
            usages: usages(signer)?,
            iin: text(signer, "iin")?,
            bin: text(signer, "bin")?,
            serial: text(signer, "serialNumber")?,
            chain: chain(signer.get("chain"))?,
            language: named
                .get("locale")
                .and_then(Value::as_str)
                .and_then(language),
        })
    }
}

pub(super) fn invalid(details: impl Into<String>) -> Basics {
    Basics::failed(
        "INVALID_SIGNING_PARAMS",
        "Invalid signing parameters.",
        details,
    )
}

fn object<'a>(named: &'a Map<String, Value>, name: &str) -> Result<&'a Map<String, Value>, Basics> {
    match named.get(name) {
        Some(Value::Object(members)) => Ok(members),
        Some(_) => Err(not_a(name, "JSONObject")),
        None => Err(not_found(name)),
    }
}

/// A boolean, or the string that some pages send for one.
fn flag(members: &Map<String, Value>, name: &str, default: bool) -> Result<bool, Basics> {
    match members.get(name) {
        None | Some(Value::Null) => Ok(default),
        Some(Value::Bool(flag)) => Ok(*flag),
        Some(Value::String(text)) if text.eq_ignore_ascii_case("true") => Ok(true),
        Some(Value::String(text)) if text.eq_ignore_ascii_case("false") => Ok(false),
        Some(_) => Err(not_a(name, "Boolean")),
    }
}

/// A text; an empty one asks for nothing. Something else is no wish that could be passed over: another's key would sign.
fn text(members: &Map<String, Value>, name: &str) -> Result<Option<String>, Basics> {
    match members.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone()).filter(|text| !text.is_empty())),
        Some(_) => Err(not_a(name, "string")),
    }
}

fn storages(value: Option<&Value>) -> Result<Option<Vec<Storage>>, Basics> {
    let members = match value {
        None | Some(Value::Null) => return Ok(None),
        // A list of nothing asks for nothing in particular.
        Some(Value::Array(members)) if members.is_empty() => return Ok(None),
        Some(Value::Array(members)) => members,
        Some(_) => return Err(not_a("allowedStorages", "JSONArray")),
    };
    // Kinds that nobody knows are passed over: newer sites name newer tokens.
    let known: Vec<Storage> = members
        .iter()
        .filter_map(Value::as_str)
        .filter_map(Storage::from_identifier)
        .collect();
    if known.is_empty() {
        return Err(invalid(
            "allowedStorages names no keystore that is known here",
        ));
    }
    Ok(Some(known))
}

fn data(value: Option<&Value>) -> Result<Vec<String>, Basics> {
    match value {
        Some(Value::String(one)) => Ok(vec![one.clone()]),
        Some(Value::Array(many)) if !many.is_empty() => many
            .iter()
            .map(|one| one.as_str().map(str::to_owned))
            .collect::<Option<Vec<String>>>()
            .ok_or_else(|| not_a("data", "string")),
        Some(Value::Array(_)) => Err(invalid("data is empty")),
        Some(_) => Err(not_a("data", "string")),
        None => Err(not_found("data")),
    }
}

fn usages(signer: &Map<String, Value>) -> Result<Vec<ObjectIdentifier>, Basics> {
    let members = match signer.get("extKeyUsageOids") {
        Some(Value::Array(members)) => members,
        Some(_) => return Err(not_a("extKeyUsageOids", "JSONArray")),
        None => return Err(not_found("extKeyUsageOids")),
    };
    if members.len() > MOST_USAGES {
        return Err(invalid("extKeyUsageOids is too long"));
    }
    members
        .iter()
        .map(|member| {
            member
                .as_str()
                .and_then(|text| ObjectIdentifier::new(text).ok())
        })
        .collect::<Option<Vec<ObjectIdentifier>>>()
        .ok_or_else(|| invalid("extKeyUsageOids has something that is no identifier"))
}

fn chain(value: Option<&Value>) -> Result<Chain, Basics> {
    let members = match value {
        None | Some(Value::Null) => return Ok(Chain::Current),
        Some(Value::Array(members)) => members,
        Some(_) => return Err(not_a("chain", "JSONArray")),
    };
    if members.len() > MOST_CHAIN {
        return Err(invalid("chain is too long"));
    }
    let mut certificates = Vec::new();
    for member in members {
        let text = member.as_str().unwrap_or_default();
        if text.len() > LARGEST_CERTIFICATE {
            return Err(invalid("chain has a certificate that is too large"));
        }
        let read = Certificate::from_pem_or_der(text.as_bytes())
            .map_err(|_| invalid("chain has something that is no certificate in PEM"))?;
        certificates.extend(read);
    }
    Ok(Chain::Of(certificates))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{Chain, Format, SignArguments};

    fn read(value: &Value) -> Result<SignArguments, String> {
        SignArguments::read(value.as_object().unwrap()).map_err(|failed| failed.written())
    }

    fn least() -> Value {
        json!({ "format": "cms", "data": "MTEK", "signingParams": {}, "signerParams": { "extKeyUsageOids": [] } })
    }

    #[test]
    fn what_is_not_said_is_as_in_the_real_program() {
        let arguments = read(&least()).unwrap();
        assert_eq!(arguments.format, Format::Cms);
        assert!(arguments.encapsulate && !arguments.decode && !arguments.digested);
        assert!(!arguments.stamped && arguments.storages.is_none());
        assert!(matches!(arguments.chain, Chain::Current));
    }

    #[test]
    fn booleans_may_be_strings_and_the_stamp_is_an_object() {
        let mut value = least();
        value["signingParams"] =
            json!({ "decode": "true", "encapsulate": "false", "tsaProfile": {} });
        value["allowedStorages"] = json!(["PKCS12", "NewTokenStore"]);
        let arguments = read(&value).unwrap();
        assert!(arguments.decode && !arguments.encapsulate && arguments.stamped);
        assert_eq!(arguments.storages.unwrap().len(), 1);
        value["allowedStorages"] = json!([]);
        assert!(read(&value).unwrap().storages.is_none());
        value["signingParams"] = json!({ "tsaProfile": null });
        assert!(!read(&value).unwrap().stamped);
    }

    #[test]
    fn complaints_are_those_of_the_real_program() {
        let mut value = least();
        value["signingParams"] = json!(555);
        assert_eq!(
            read(&value).unwrap_err(),
            r#"{"status":false,"code":"INVOCATION_ERROR","message":"An invoked method threw an exception.","details":"org.json.JSONException: JSONObject[\"signingParams\"] is not a JSONObject."}"#
        );
        for (name, wrong) in [
            ("format", json!("pdf")),
            ("format", json!(1)),
            ("data", json!(1)),
            ("data", json!([])),
            ("data", json!(["a", 1])),
            ("allowedStorages", json!("PKCS12")),
            ("allowedStorages", json!(["Nope", 1])),
            ("signerParams", json!({})),
            ("signerParams", json!({ "extKeyUsageOids": ["x"] })),
            (
                "signerParams",
                json!({ "extKeyUsageOids": [], "chain": ["x"] }),
            ),
            (
                "signerParams",
                json!({ "extKeyUsageOids": [], "iin": 900_101_400_017_u64 }),
            ),
            (
                "signerParams",
                json!({ "extKeyUsageOids": [], "serialNumber": ["5"] }),
            ),
            ("logo", json!("a".repeat(50_001))),
            (
                "signerParams",
                json!({ "extKeyUsageOids": [], "chain": vec!["x"; 33] }),
            ),
            (
                "signerParams",
                json!({ "extKeyUsageOids": vec!["1.2"; 33] }),
            ),
        ] {
            let mut value = least();
            value[name] = wrong;
            assert!(read(&value).is_err(), "{name}");
        }
    }
}
