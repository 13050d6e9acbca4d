//! `tanba ceremony plan`: a plan to fill in.

use std::time::Duration;

use clap::ValueEnum;
use serde::Serialize;
use tanba_model::fitness;
use tanba_model::ports::{IssuerKind, IssuerRecord, SourceRng, Storage as _};
use tanba_pki::profile::Profile;
use tanba_pki::{Certificate, SerialNumber, Timestamp};
use tanba_storage::SqliteStorage;

use crate::commands::config_args::ConfigArgs;
use crate::config::Config;
use crate::context::Context;
use crate::outcome::{Outcome, sentence};
use crate::wire;

/// Arguments of `tanba ceremony plan`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// What is to be done
    #[arg(value_enum)]
    ceremony: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Kind {
    Root,
    Issuing,
    Rollover,
    Cross,
    Crl,
    OcspSigner,
    TsaSigner,
}

#[derive(Debug, Serialize)]
struct Facts {
    plan: String,
}

/// Prints it.
pub(crate) fn run(args: &Args, config: &ConfigArgs, context: &Context) -> anyhow::Result<Outcome> {
    let serial = SerialNumber::random(&mut SourceRng(context.random().as_ref()));
    // A plan may be written where no installation is, or beside one whose configuration is not finished.
    let config = config.load_if_there().ok().flatten();
    let mut here = Here::default();
    if let Some(config) = &config {
        config.server.public_url().clone_into(&mut here.public_url);
        // A plan may be written beside a database that cannot be used now.
        if config.database.is_file()
            && let Err(error) = here.ask(config)
        {
            context.warn(format_args!(
                "the authorities in this plan have the names that `tanba init` gives, for the database cannot be asked: {}",
                sentence(&error)
            ));
        }
    }
    let plan = text(args.ceremony, serial, context.now(), &here);
    context.print(&Facts { plan: plan.clone() }, plan)?;
    Ok(Outcome::Done)
}

/// Between two lists of a root that signs at ceremonies: half a year.
const LIST_LIFE: Duration = Duration::from_secs(180 * 24 * 60 * 60);

const HEAD: &str = r#"# A plan for `tanba ceremony run`. Fill it in, let it be reviewed, rehearse it with --dry-run, and change nothing afterwards:
# the transcript names its SHA-256.
schema = "tanba.ceremony/1"
"#;

const PRESENT: &str = r#"
# Who has to be there; printed in the transcript with a line for each signature.
[[present]]
name = "NAME"
role = "custodian of share 1"

[[present]]
name = "NAME"
role = "witness"
"#;

/// What the installation is called, and its authorities; where there is none, what `tanba init` would call them.
#[derive(Clone, Debug)]
struct Here {
    /// What the addresses in certificates begin with.
    public_url: String,
    root: String,
    issuing: String,
    /// The kind of key of the authority that issues, as plans name it.
    key: &'static str,
}

impl Default for Here {
    fn default() -> Self {
        Self {
            public_url: "http://pki.example.kz".to_owned(),
            root: "root".to_owned(),
            issuing: "nca-rsa".to_owned(),
            key: "rsa-2048",
        }
    }
}

impl Here {
    /// The newest root, and the authority that issues. Reads, and changes nothing: neither database nor witness.
    fn ask(&mut self, config: &Config) -> anyhow::Result<()> {
        let storage = SqliteStorage::open_to_read(&config.database)
            .map_err(|error| wire::storage_finding(config, &error).into_error())?;
        storage
            .check_witness(&config.witness)
            .map_err(|error| wire::witness_finding(config, &error).into_error())?;
        let known = storage.snapshot()?.issuers().all()?;
        let is_root = |record: &&IssuerRecord| record.issuer.kind == IssuerKind::Root;
        if let Some(root) = known.iter().rfind(is_root) {
            self.root.clone_from(&root.issuer.name);
        }
        if let Some(issuing) = fitness::issuing(&known) {
            self.issuing.clone_from(&issuing.issuer.name);
            self.key = kind_of_key(&issuing.issuer.certificate).unwrap_or(self.key);
        }
        Ok(())
    }
}

/// The kind of key of an authority that issues, if a plan may name it.
fn kind_of_key(certificate: &[u8]) -> Option<&'static str> {
    let certificate = Certificate::from_der(certificate).ok()?;
    let algorithm = certificate.public_key().algorithm().ok()?;
    let profile = Profile::builtin("issuing-ca")?;
    let kind = profile
        .keys()
        .iter()
        .find(|kind| kind.algorithm() == algorithm)?;
    Some(kind.name())
}

/// Who signs where a root does.
fn signed_by(
    Here {
        public_url, root, ..
    }: &Here,
) -> String {
    format!(
        r#"
# Who signs, by its short name; and what stands before /ca/ and /crl/ in what a root signs: server.public_url of the
# installation that serves them.
[signed-by]
issuer = "{root}"
public-url = "{public_url}"
"#
    )
}

/// Who signs where an issuing authority does.
fn signed_by_issuing(here: &Here) -> String {
    format!(
        r#"
# Who signs, by its short name (`tanba issuer list`).
[signed-by]
issuer = "{}"
"#,
        here.issuing
    )
}

const SUBJECT: &str =
    "subject = { common-name = \"NAME\", organization = \"ORGANISATION\", country = \"KZ\" }\n";

/// Where a request is brought, or may be.
const REQUEST: &str = "# Which request it answers, where the way of the request is not watched: SHA-256 of its DER, as `tanba ceremony request`\n# prints it.\n# request-sha256 = \"64 HEXADECIMAL DIGITS\"\n";

/// The kinds of keys that the profile of what is made has.
fn kinds(profile: &str) -> String {
    Profile::builtin(profile).map_or_else(String::new, |profile| profile.names_of_keys())
}

fn text(kind: Kind, serial: SerialNumber, now: Timestamp, here: &Here) -> String {
    let (signed_by, signed_by_issuing) = (signed_by(here), signed_by_issuing(here));
    let head = |name: &str| format!("{HEAD}ceremony = \"{name}\"\ntitle = \"TITLE\"\n{PRESENT}");
    let certificate = |years: u16, subject: &str| {
        format!(
            "\n# Carried out at not-before or up to two days later.\n[certificate]\nserial = \"{serial}\"\nnot-before = \"{}\"\nnot-after = \"{}\"\n{subject}",
            now.rfc3339(),
            now.plus_years(years).rfc3339(),
        )
    };
    let of_request = |years: u16| certificate(years, &format!("{REQUEST}{SUBJECT}"));
    let authority = |name: &str, profile: &str, more: &str| {
        format!(
            "\n# Short name for URLs, and the kind of key: {}.\n[authority]\nname = \"{name}\"\n{more}",
            kinds(profile)
        )
    };
    match kind {
        Kind::Root => {
            let shares = "\n# The key lies under shares: so many of so many open it. Without this section it lies under the passphrase of the\n# installation, or in its token.\n[shares]\nneeded = 2\nof = 3\n";
            let authority = authority("root", "root-ca", "key = \"rsa-4096\"\n");
            format!(
                "{}{authority}{shares}{}",
                head("root"),
                certificate(20, SUBJECT)
            )
        }
        Kind::Issuing => {
            let authority = authority(
                "nca-rsa",
                "issuing-ca",
                "key = \"rsa-2048\"\n# Parts of its revocation list, for ever.\nshards = 16\n",
            );
            format!(
                "{}{authority}{signed_by}{}",
                head("issuing"),
                of_request(10)
            )
        }
        Kind::Rollover => {
            let authority = authority(
                &format!("{}-2", here.issuing),
                "issuing-ca",
                &format!(
                    "key = \"{}\"\n# Parts of its revocation list, for ever.\nshards = 16\n# Goes on to serve lists and OCSP, and issues no more.\nreplaces = \"{}\"\n",
                    here.key, here.issuing
                ),
            );
            format!(
                "{}{authority}{signed_by}{}",
                head("rollover"),
                of_request(10)
            )
        }
        Kind::Cross => {
            let subject = "\n# SHA-256 of the certificate (DER) that the other authority has already; its name and key are taken over.\n[subject]\ncertificate-sha256 = \"64 HEXADECIMAL DIGITS\"\n";
            format!(
                "{}{subject}{signed_by}{}",
                head("cross"),
                certificate(10, "")
            )
        }
        Kind::Crl => format!("{}{}", head("crl"), list(now, &here.root)),
        Kind::OcspSigner => {
            let signer = "\n# The key is made here, for this server's OCSP answers; without this section a request has to be brought.\n[signer]\nkey = \"rsa-2048\"\n";
            format!(
                "{}{signer}{signed_by_issuing}{}",
                head("ocsp-signer"),
                of_request(1)
            )
        }
        Kind::TsaSigner => {
            format!("{}{signed_by_issuing}{}", head("tsa-signer"), of_request(3))
        }
    }
}

/// What of a plan is about a list.
fn list(now: Timestamp, root: &str) -> String {
    let next = now.plus(LIST_LIFE);
    format!(
        "\n# Whose list, by its short name.\n[signed-by]\nissuer = \"{root}\"\n\n# The complete list; its number is the next one, and a rehearsal says which that is. What is revoked now stands in\n# revoke = [{{ serial = \"…\", reason = \"cessationOfOperation\" }}].\n[list]\nnumber = 1\nthis-update = \"{}\"\nnext-update = \"{}\"\n",
        now.rfc3339(),
        next.rfc3339(),
    )
}

#[cfg(test)]
mod tests {
    use tanba_ca::ceremony::Plan;

    use super::*;

    #[test]
    fn every_printed_plan_is_usable_once_it_is_filled_in() {
        let serial = SerialNumber::parse_hex("4f0a1b2c3d4e5f60718293a4b5c6d7e8f9012345").unwrap();
        let now = Timestamp::from_unix(1_795_500_000);
        for kind in Kind::value_variants() {
            let printed = text(*kind, serial, now, &Here::default())
                .replace("64 HEXADECIMAL DIGITS", &"ab".repeat(32));
            // As it is printed it is no plan, whatever of it was left.
            for left in ["TITLE", "NAME", "ORGANISATION"] {
                let quoted = format!("\"{left}\"");
                if !printed.contains(&quoted) {
                    continue;
                }
                let mut text = printed.clone();
                for other in ["TITLE", "NAME", "ORGANISATION"] {
                    if other != left {
                        text = text.replace(&format!("\"{other}\""), "\"Something\"");
                    }
                }
                let said = Plan::parse(&text).unwrap_err().to_string();
                assert!(said.contains(&format!("still says {left}")), "{said}");
            }
            let mut text = printed;
            for left in ["TITLE", "NAME", "ORGANISATION"] {
                text = text.replace(&format!("\"{left}\""), "\"Something\"");
            }
            // Whoever brings a request finds the line that binds the plan to it, and it is one.
            let takes_request = !matches!(kind, Kind::Root | Kind::Cross | Kind::Crl);
            assert_eq!(
                text.contains("\n# request-sha256 = "),
                takes_request,
                "{text}"
            );
            if takes_request {
                let with = text.replace("# request-sha256", "request-sha256");
                let with = if *kind == Kind::OcspSigner {
                    with.replace("[signer]\nkey = \"rsa-2048\"\n", "")
                } else {
                    with
                };
                Plan::parse(&with).unwrap_or_else(|error| panic!("{kind:?}: {error}\n{with}"));
            }
            let plan =
                Plan::parse(&text).unwrap_or_else(|error| panic!("{kind:?}: {error}\n{text}"));
            let name = kind.to_possible_value().unwrap();
            assert_eq!(plan.act.name(), name.get_name());
        }
    }
    #[test]
    fn a_plan_names_the_kinds_of_keys_that_are_taken_and_no_other() {
        let serial = SerialNumber::parse_hex("4f0a1b2c3d4e5f60718293a4b5c6d7e8f9012345").unwrap();
        let now = Timestamp::from_unix(1_795_500_000);
        for (kind, profile) in [
            (Kind::Root, "root-ca"),
            (Kind::Issuing, "issuing-ca"),
            (Kind::Rollover, "issuing-ca"),
        ] {
            let here = Here {
                public_url: "http://ca.example.org".to_owned(),
                ..Here::default()
            };
            let printed = text(kind, serial, now, &here);
            let line = printed.lines().find(|line| line.contains("kind of key"));
            let (_, kinds) = line.unwrap().split_once("key: ").unwrap();
            let kinds: Vec<&str> = kinds.trim_end_matches('.').split(", ").collect();
            let profile = Profile::builtin(profile).unwrap();
            let allowed: Vec<&str> = profile.keys().iter().map(|key| key.name()).collect();
            assert_eq!(kinds, allowed, "{kind:?}");
            assert!(
                kind == Kind::Root || printed.contains("public-url = \"http://ca.example.org\"")
            );
        }
    }
}
