//! Web servers: Baseline Requirements of the CA/Browser Forum for TLS servers, 6.1 and 7.1.

use std::net::IpAddr;

use tanba_crypto::{KeyAlgorithm, ObjectIdentifier};

use super::{Place, Verdict, ensure, names_key_only};
use crate::asn1::{Malformed, Reader, parse_all, tag};
use crate::path::general_name::GeneralName;
use crate::{Certificate, oid};

pub(super) fn check(place: Place<'_>) -> Verdict {
    check_key(place.certificate)?;
    // A server's certificate that is believed as it is, is the end of the way and no root.
    if place.is_root() && !place.first {
        check_root(place.certificate)?;
    } else {
        ensure(
            points_are_uris(place.certificate)?,
            "distribution points are URIs (BR 7.1.2.11.2)",
        )?;
    }
    if place.first {
        check_purposes(place.certificate)?;
        check_server_names(place.certificate)?;
    }
    Ok(())
}

const EC_P521: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.35");

/// BR 6.1.5 and 6.1.6.
fn check_key(certificate: &Certificate) -> Verdict {
    let strong = match certificate.public_key().algorithm() {
        Ok(KeyAlgorithm::Rsa { bits }) => bits >= 2048 && bits.is_multiple_of(8),
        Ok(_) => true,
        // Permitted, though nothing here verifies with such a key.
        Err(unsupported) => unsupported.oid == EC_P521,
    };
    ensure(strong, "a key of a permitted algorithm and size (BR 6.1.5)")
}

/// BR 7.1.2.1.
fn check_root(root: &Certificate) -> Verdict {
    ensure(
        root.extension(oid::EXTENDED_KEY_USAGE).is_none(),
        "a root has no extended key usage (BR 7.1.2.1.2)",
    )?;
    let own = root
        .authority_key_id()
        .is_none_or(|id| root.subject_key_id() == Some(id));
    ensure(
        own && names_key_only(root)?,
        "a root's authority key identifier is its own key's (BR 7.1.2.1.3)",
    )
}

/// BR 7.1.2.7.8 and 7.1.2.7.10.
fn check_purposes(server: &Certificate) -> Verdict {
    ensure(!server.is_ca(), "a server is no authority (BR 7.1.2.7.8)")?;
    let extension = server.extension(oid::EXTENDED_KEY_USAGE);
    ensure(
        extension.is_some_and(|extension| !extension.critical),
        "a server has an extended key usage that is not critical (BR 7.1.2.7.6)",
    )?;
    const PRECERTIFICATE: ObjectIdentifier =
        ObjectIdentifier::new_unwrap("1.3.6.1.4.1.11129.2.4.4");
    let forbidden = [
        oid::ANY_EXTENDED_KEY_USAGE,
        oid::CODE_SIGNING,
        oid::EMAIL_PROTECTION,
        oid::TIME_STAMPING,
        oid::OCSP_SIGNING,
        PRECERTIFICATE,
    ];
    let purposes = server.extended_key_usage();
    ensure(
        purposes.contains(&oid::SERVER_AUTH)
            && !purposes.iter().any(|purpose| forbidden.contains(purpose)),
        "a server serves nothing else (BR 7.1.2.7.10)",
    )
}

/// BR 7.1.2.7.12 and 7.1.4.3.
fn check_server_names(server: &Certificate) -> Verdict {
    let extension = server.extension(oid::SUBJECT_ALT_NAME);
    let critical = extension.is_some_and(|extension| extension.critical);
    ensure(
        extension.is_some() && critical == server.subject().is_empty(),
        "alternative names, critical only without subject (BR 7.1.2.7.12)",
    )?;
    let names = GeneralName::of(server)?;
    ensure(
        !names.iter().any(is_wildcard_of_registry),
        "no wildcard for a whole public suffix (BR 3.2.2.6)",
    )?;
    let common = server.subject().attributes();
    let common = common.iter().filter(|(kind, _)| *kind == oid::COMMON_NAME);
    let copied = |text: &str| names.iter().any(|name| is_written(name, text));
    ensure(
        common
            .into_iter()
            .all(|(_, text)| !claims_a_host(text, &names) || copied(text)),
        "the common name copies an alternative name (BR 7.1.4.3)",
    )
}

/// Whether a common name claims to be that of a host and so has to copy an alternative name: an address in any
/// notation, a name of three labels or more, one with international labels, one that differs in case alone.
///
/// A bare domain of two labels is let pass though BR 7.1.4.3 knows no exception: organisations write it as their name,
/// and nothing here looks for hosts in the subject.
fn claims_a_host(text: &str, names: &[GeneralName<'_>]) -> bool {
    let hexadecimal = text.strip_prefix("0x").or(text.strip_prefix("0X"));
    let labels: Vec<&str> = text.split('.').collect();
    let numeric = |label: &&str| label.bytes().all(|octet| octet.is_ascii_digit());
    let international = |label: &&str| !label.is_ascii() || label.starts_with("xn--");
    let in_other_case = |name: &GeneralName<'_>| matches!(name, GeneralName::Dns(dns) if dns.eq_ignore_ascii_case(text));
    text.contains(':')
        || hexadecimal.is_some_and(|digits| u128::from_str_radix(digits, 16).is_ok())
        || (labels.len() > 1
            && (labels.len() > 2
                || labels.last().is_some_and(numeric)
                || labels.iter().any(international)))
        || names.iter().any(in_other_case)
}

/// Whether the text is this name, character for character; addresses as RFC 3986, 3.2.2 and RFC 5952, 4 write them.
fn is_written(name: &GeneralName<'_>, text: &str) -> bool {
    match name {
        GeneralName::Dns(dns) => *dns == text,
        GeneralName::Ip(octets) => {
            let four: Result<[u8; 4], _> = (*octets).try_into();
            let sixteen: Result<[u8; 16], _> = (*octets).try_into();
            let address = four
                .map(IpAddr::from)
                .or_else(|_| sixteen.map(IpAddr::from));
            address.is_ok_and(|address| address.to_string() == text)
        }
        GeneralName::Email(_)
        | GeneralName::Directory(_)
        | GeneralName::Uri(_)
        | GeneralName::Other(_) => false,
    }
}

/// Whether an asterisk stands for every name under a suffix that a registry gives names under: a top-level domain, or a
/// generic name below a country's. The public suffix list knows more, and is too large and too short-lived to carry.
fn is_wildcard_of_registry(name: &GeneralName<'_>) -> bool {
    const GENERIC: [&str; 10] = [
        "ac", "co", "com", "edu", "gov", "mil", "ne", "net", "or", "org",
    ];
    let GeneralName::Dns(text) = name else {
        return false;
    };
    let Some(base) = text.strip_prefix("*.") else {
        return text.contains('*');
    };
    let base = base.to_ascii_lowercase();
    match base.split_once('.') {
        None => true,
        Some((second, top)) => top.len() == 2 && GENERIC.contains(&second),
    }
}

/// Whether the distribution points are named by URIs alone, and no others issue their lists.
fn points_are_uris(certificate: &Certificate) -> Result<bool, Malformed> {
    let Some(extension) = certificate.extension(oid::CRL_DISTRIBUTION_POINTS) else {
        return Ok(true);
    };
    const STRUCTURE: &str = "CRL distribution points";
    let mut list = parse_all(&extension.value, STRUCTURE)?;
    while !list.is_empty() {
        let mut point = list.sequence()?;
        let Some(name) = point.optional(tag::context(0))? else {
            return Ok(false);
        };
        let mut choice = Reader::new(name.content, STRUCTURE);
        let Some(full) = choice.optional(tag::context(0))? else {
            return Ok(false);
        };
        let mut names = Reader::new(full.content, STRUCTURE);
        while !names.is_empty() {
            if names.next_value()?.tag != tag::context_primitive(6) {
                return Ok(false);
            }
        }
    }
    Ok(true)
}
