//! `tanba validate`: whether a certificate is to be believed, and if not, why and because of which certificate.

mod facts;
mod files;

use std::path::PathBuf;

use clap::ValueEnum;
use facts::Facts;
use files::Material;
use tanba_crypto::ObjectIdentifier;
use tanba_pki::path::{
    Path, PathError, PathOptions, PeerName, PolicyOptions, Refusal, Revocation, Rules, judge,
};
use tanba_pki::{Certificate, KeyUsage, Timestamp, oid};

use crate::context::Context;
use crate::outcome::Outcome;

/// Arguments of `tanba validate`. Names are stable: scripts rely on them.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Exit codes: 0 valid; 1 not valid, with the reason; 2 nothing was judged (an option or a file that cannot be \
    read).\nTrusted certificates are not looked up in lists.\n\nExample:\n  tanba validate --trusted root.pem --untrusted \
    issuing.pem --crl root.crl --crl issuing.crl --purpose sign person.pem"
)]
pub(crate) struct Args {
    /// Certificate to judge (PEM or DER); further ones in its file are taken as --untrusted
    leaf: PathBuf,
    /// Certificates to believe (PEM or DER), self-signed or not
    #[arg(long, value_name = "FILE", required = true)]
    trusted: Vec<PathBuf>,
    /// Certificates that may lie between (PEM or DER)
    #[arg(long, value_name = "FILE")]
    untrusted: Vec<PathBuf>,
    /// Revocation lists (PEM or DER), complete and delta; with any, every certificate but the trusted one must be
    /// covered for all reasons
    #[arg(long, value_name = "FILE")]
    crl: Vec<PathBuf>,
    /// Time at which everything must be valid, instead of now
    #[arg(long, value_name = "RFC3339", value_parser = time, overrides_with = "time")]
    time: Option<Timestamp>,
    /// What the certificate is to be used for
    #[arg(long, value_enum, default_value_t = Purpose::Any, overrides_with = "purpose")]
    purpose: Purpose,
    /// Names that the certificate must all have: dns:HOST, ip:ADDRESS, email:ADDRESS
    #[arg(long, value_name = "KIND:NAME", value_parser = name)]
    name: Vec<PeerName>,
    /// Policies that are acceptable; without any, or with anyPolicy, each is
    #[arg(long, value_name = "OID", value_parser = policy)]
    policy: Vec<ObjectIdentifier>,
    /// Require an acceptable policy
    #[arg(long, overrides_with = "explicit_policy")]
    explicit_policy: bool,
    /// Do not let anyPolicy stand for other policies
    #[arg(long, overrides_with = "inhibit_any")]
    inhibit_any: bool,
    /// Do not follow policy mappings
    #[arg(long, overrides_with = "inhibit_mapping")]
    inhibit_mapping: bool,
}

/// What the certificate is to be used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Purpose {
    /// Nothing in particular (RFC 5280, section 6 alone)
    Any,
    /// A web server's key; RFC 5280 and the Baseline Requirements of the CA/Browser Forum
    TlsServer,
    /// A client's key; RFC 5280
    TlsClient,
    /// Signing documents
    Sign,
    /// Logging in
    Authenticate,
}

impl Purpose {
    /// Asks what the purpose needs.
    fn apply(self, options: &mut PathOptions<'_>) {
        let signature = KeyUsage::DIGITAL_SIGNATURE;
        match self {
            Self::Any => {}
            Self::TlsServer => {
                options.rules = Rules::WebServers;
                options.extended_key_usage = Some(oid::SERVER_AUTH);
                options.key_usage = signature
                    .with(KeyUsage::KEY_ENCIPHERMENT)
                    .with(KeyUsage::KEY_AGREEMENT);
            }
            Self::TlsClient => {
                options.rules = Rules::Certificates;
                options.extended_key_usage = Some(oid::CLIENT_AUTH);
                options.key_usage = signature.with(KeyUsage::KEY_AGREEMENT);
            }
            Self::Sign => {
                options.nested_purposes = true;
                options.key_usage = signature.with(KeyUsage::NON_REPUDIATION);
            }
            Self::Authenticate => {
                options.nested_purposes = true;
                options.key_usage = signature;
            }
        }
    }

    /// Whether key usage, extended key usage and policy together say that a person's key is for this.
    fn allows(self, certificate: &Certificate) -> bool {
        match self {
            Self::Any | Self::TlsServer | Self::TlsClient => true,
            Self::Sign => certificate.purpose().signs(),
            Self::Authenticate => certificate.purpose().authenticates(),
        }
    }
}

/// A policy by its identifier, or the one that has a name.
fn policy(text: &str) -> Result<ObjectIdentifier, String> {
    if text == "anyPolicy" {
        return Ok(oid::ANY_POLICY);
    }
    text.parse()
        .map_err(|_| "expected an object identifier".to_owned())
}

/// A name that a certificate can have: a slip of the pen is no verdict about a certificate.
fn name(text: &str) -> Result<PeerName, String> {
    let name: PeerName = text.parse().map_err(|error| format!("{error}"))?;
    let is_written_right = match &name {
        PeerName::Dns(host) => host
            .split('.')
            .all(|label| !label.is_empty() && label.bytes().all(|octet| octet.is_ascii_graphic())),
        PeerName::Email(address) => address.bytes().all(|octet| octet.is_ascii_graphic()),
        PeerName::Ip(_) => true,
    };
    if is_written_right {
        Ok(name)
    } else {
        Err(
            "no certificate has such a name: it is of ASCII letters without blanks (a host in other letters begins with \
             xn--), and between dots stands something"
                .to_owned(),
        )
    }
}

/// A time, which needs its zone.
fn time(text: &str) -> Result<Timestamp, String> {
    Timestamp::parse_rfc3339(text).map_err(|error| {
        let with_zone = format!("{text}Z");
        match Timestamp::parse_rfc3339(&with_zone) {
            Ok(_) => format!("the zone is missing: {with_zone} is that time in UTC"),
            Err(_) => error.to_string(),
        }
    })
}

/// Judges the certificate.
pub(crate) fn run(args: &Args, context: &Context) -> anyhow::Result<Outcome> {
    let material = match Material::read(args) {
        Ok(material) => material,
        // A file that is not there says nothing about a certificate.
        Err(error) => return Ok(Outcome::Usage(crate::outcome::sentence(&error))),
    };
    let facts = match &material.leaf {
        Ok(leaf) => Facts::of(&decide(leaf, args, &material, context), &material),
        Err(damage) => Facts::damaged(damage, &material),
    };
    context.print(&facts, facts.text())?;
    Ok(match facts.sentence(&args.leaf) {
        None => Outcome::Done,
        Some(sentence) => Outcome::Refused(sentence),
    })
}

fn decide(
    leaf: &Certificate,
    args: &Args,
    material: &Material,
    context: &Context,
) -> Result<Path, Refusal> {
    let mut options = PathOptions {
        intermediates: &material.untrusted.certificates,
        crls: &material.lists,
        revocation: if args.crl.is_empty() {
            Revocation::Ignored
        } else {
            Revocation::Required
        },
        names: &args.name,
        policies: PolicyOptions {
            acceptable: &args.policy,
            explicit: args.explicit_policy,
            inhibit_mapping: args.inhibit_mapping,
            inhibit_any: args.inhibit_any,
        },
        ..PathOptions::new(
            &material.trusted.certificates,
            args.time.unwrap_or_else(|| context.now()),
        )
    };
    args.purpose.apply(&mut options);
    let path = judge(leaf, &options)?;
    if args.purpose.allows(leaf) {
        Ok(path)
    } else {
        Err(Refusal {
            error: PathError::KeyUsage,
            certificate: leaf.clone(),
        })
    }
}
