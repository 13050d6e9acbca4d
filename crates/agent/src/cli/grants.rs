//! `tanba-agent grants list|revoke`

use super::said::Said;
use super::{Setting, print};
use crate::locale::Argument;
use crate::{Grants, Use};

#[derive(Debug, clap::Subcommand)]
pub(super) enum GrantsCommand {
    /// List the sites and what each may ask for
    List {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Take back what a site may ask for; it is asked about again
    Revoke {
        /// The site as `grants list` shows it
        origin: String,
        /// One use alone: login, signature or keys
        #[arg(long = "use", value_name = "USE")]
        usage: Option<String>,
    },
}

pub(super) fn run(setting: &Setting, command: &GrantsCommand) -> anyhow::Result<()> {
    let grants = Grants::at(setting.places.grants());
    match command {
        GrantsCommand::List { json: true } => print(&serde_json::to_string(&grants.list()?)?),
        GrantsCommand::List { json: false } => {
            for grant in grants.list()? {
                print(&format!(
                    "{}\t{}\t{}",
                    grant.origin,
                    grant.usage.name(),
                    grant.since
                ))?;
            }
            Ok(())
        }
        GrantsCommand::Revoke { origin, usage } => {
            let usage = match usage.as_deref() {
                None => None,
                Some(name) => match Use::ALL.into_iter().find(|usage| usage.name() == name) {
                    Some(usage) => Some(usage),
                    None => return Err(Said::about("cli-no-use", "name", name).into()),
                },
            };
            match grants.revoke(origin, usage)? {
                0 => Err(Said::about("cli-no-grant", "origin", origin).into()),
                count => {
                    let count = [("count", Argument::from(count))];
                    print(
                        &setting
                            .texts
                            .format(setting.language, "cli-revoked", &count),
                    )
                }
            }
        }
    }
}
