//! `tanba-agent identity show`

use serde_json::json;

use super::{Setting, print, start};

#[derive(Debug, clap::Subcommand)]
pub(super) enum IdentityCommand {
    /// Show the authority that browsers are asked to trust, and the certificate that they see
    Show {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

pub(super) fn run(setting: &Setting, command: &IdentityCommand) -> anyhow::Result<()> {
    let IdentityCommand::Show { json } = command;
    let identity = start::identity(setting)?;
    let (authority, server) = (identity.authority(), identity.server());
    let digest = tanba_pki::hex::encode(&authority.sha256());
    let file = identity.authority_file();
    if *json {
        return print(
            &json!({
                "authority_file": file,
                "authority_name": authority.subject().rfc4514(),
                "authority_sha256": digest,
                "authority_not_after": authority.not_after().rfc3339(),
                "server_serial": server.serial_hex(),
                "server_not_after": server.not_after().rfc3339(),
            })
            .to_string(),
        );
    }
    for (label, fact) in [
        ("cli-identity-authority", authority.subject().rfc4514()),
        ("cli-identity-file", file.display().to_string()),
        ("cli-identity-digest", digest),
        ("cli-identity-until", authority.not_after().rfc3339()),
        (
            "cli-identity-certifies",
            "127.0.0.1, ::1, localhost".to_owned(),
        ),
        ("cli-identity-server", server.serial_hex()),
        ("cli-identity-server-until", server.not_after().rfc3339()),
    ] {
        let label = setting.texts.text(setting.language, label);
        print(&format!("{label}: {fact}"))?;
    }
    Ok(())
}
