//! `tanba-agent run`

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::bail;
use rand::SeedableRng as _;
use rand::rngs::{StdRng, SysRng};
use tanba_model::ports::{Clock, RandomSource, SharedRandom};
use tanba_pki::Certificate;

use super::said::Said;
use super::{Setting, install};
#[cfg(feature = "window")]
use crate::Window;
use crate::clock::SystemClock;
use crate::consent::{Dialog, Terminal};
use crate::containers::{Containers, DriverSearch, FileStore, TokenStore};
use crate::doctor::readers;
use crate::{Agent, Catalogue, Doctor, Grants, Identity, Listeners, Parts, Ui};

#[derive(Debug, clap::Args)]
pub(super) struct RunArguments {
    /// How you are asked: `window`, `terminal`, or `auto`: in a window where there is a screen
    #[arg(long, value_name = "UI", default_value = "auto", value_parser = ui)]
    ui: Ui,
}

/// A generator seeded by the operating system.
pub(super) fn random() -> anyhow::Result<Arc<dyn RandomSource>> {
    let generator = StdRng::try_from_rng(&mut SysRng)
        .map_err(|error| Said::new("cli-no-random").because(error))?;
    Ok(Arc::new(SharedRandom::new(generator)))
}

/// The TLS identity of this installation, made where there is none yet.
pub(super) fn identity(setting: &Setting) -> anyhow::Result<Identity> {
    Ok(Identity::open(
        &setting.places.identity(),
        SystemClock.now(),
        &*random()?,
    )?)
}

/// The key files of this user.
pub(super) fn file_store(setting: &Setting) -> FileStore {
    let config = &setting.config;
    let kept = config.new_key_folder.clone();
    FileStore::new(
        config.key_folders.clone(),
        setting.places.waiting(),
        kept.unwrap_or_else(|| setting.places.new_keys()),
    )
}

/// The tokens of this computer.
pub(super) fn token_store(setting: &Setting) -> TokenStore {
    let config = &setting.config;
    let search = DriverSearch {
        modules: config.token_modules.clone(),
        p11_kit: config.token_p11_kit,
        well_known: config.token_well_known,
        own_registrations: setting.places.own_token_registrations(),
    };
    TokenStore::new(&search.find(), config.token_kinds.clone())
}

/// Who looks for what is wrong on this computer.
pub(super) fn doctor(setting: &Setting, identity: Option<&Identity>) -> Doctor {
    Doctor {
        machine: identity.and_then(|identity| install::own_machine(setting, identity).ok()),
        folder: Some(setting.places.data().to_owned()),
        tokens: Some(token_store(setting)),
        reader_service: readers::SERVICE.map(PathBuf::from),
    }
}

pub(super) fn run(setting: Setting, arguments: &RunArguments) -> anyhow::Result<()> {
    let texts = Arc::clone(&setting.texts);
    let kept = (!setting.names_language).then(|| setting.places.language());
    let dialog = dialog(&arguments.ui, &texts, kept)?;
    let identity = Arc::new(identity(&setting)?);
    let doctor = doctor(&setting, Some(&identity));
    let parts = Parts {
        doctor,
        identity,
        grants: Grants::at(setting.places.grants()),
        issuers: issuers(&setting.config.issuers)?,
        containers: Containers::new(vec![
            Arc::new(file_store(&setting)),
            Arc::new(token_store(&setting)),
        ]),
        dialog,
        texts,
        clock: Arc::new(SystemClock),
        random: random()?,
        config: setting.config,
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        // One dialog works at a time; the others read files.
        .max_blocking_threads(8)
        .build()
        .map_err(|error| Said::new("cli-no-system").because(error))?;
    let served = runtime.block_on(serve(parts));
    // A dialog that is open does not hold up the end.
    runtime.shutdown_background();
    served
}

async fn serve(parts: Parts) -> anyhow::Result<()> {
    // Whoever reads that it listens may end it at once.
    let mut end = End::new()?;
    let listeners = Listeners::open(parts.config.port).await?;
    tracing::info!(port = listeners.port(), "the agent listens");
    let agent = Agent::new(parts);
    tokio::select! {
        served = agent.serve(listeners) => Ok(served?),
        () = end.comes() => Ok(()),
    }
}

/// The wish of the system or the person to end the program.
struct End {
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
}

impl End {
    fn new() -> anyhow::Result<Self> {
        Ok(Self {
            #[cfg(unix)]
            terminate: tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())
                .map_err(|error| Said::new("cli-no-system").because(error))?,
        })
    }

    /// Waits for it.
    async fn comes(&mut self) {
        #[cfg(unix)]
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = tokio::signal::ctrl_c() => {}
        }
        #[cfg(not(unix))]
        let _ = tokio::signal::ctrl_c().await;
    }
}

fn ui(text: &str) -> anyhow::Result<Ui> {
    match text {
        "auto" => Ok(Ui::Auto),
        #[cfg(feature = "window")]
        "window" => Ok(Ui::Window),
        "terminal" => Ok(Ui::Terminal),
        #[cfg(feature = "scripted")]
        _ if text.starts_with("script:") => Ok(Ui::Script(
            text.trim_start_matches("script:").to_owned().into(),
        )),
        _ => bail!("there is no dialog called {text}; use --ui window or --ui terminal"),
    }
}

#[cfg_attr(
    not(feature = "window"),
    expect(unused_variables, reason = "only a window keeps what was chosen in it")
)]
fn dialog(
    ui: &Ui,
    texts: &Arc<Catalogue>,
    kept: Option<PathBuf>,
) -> anyhow::Result<Arc<dyn Dialog>> {
    match ui {
        #[cfg(feature = "window")]
        Ui::Auto if Window::has_screen() => window(kept),
        #[cfg(feature = "window")]
        Ui::Window => window(kept),
        Ui::Auto | Ui::Terminal => Ok(Arc::new(Terminal::new(Arc::clone(texts)))),
        #[cfg(feature = "scripted")]
        Ui::Script(path) => Ok(Arc::new(crate::consent::Scripted::read(path)?)),
    }
}

#[cfg(feature = "window")]
fn window(kept: Option<PathBuf>) -> anyhow::Result<Arc<dyn Dialog>> {
    let window = Window::new(kept).map_err(|error| Said::new("cli-no-system").because(error))?;
    Ok(Arc::new(window))
}

fn issuers(paths: &[PathBuf]) -> anyhow::Result<Vec<Certificate>> {
    let mut certificates = Vec::new();
    for path in paths {
        let content = std::fs::read(path)
            .map_err(|error| Said::of_file("cli-no-issuers", path).because(error))?;
        let read = Certificate::from_pem_or_der(&content)
            .map_err(|error| Said::of_file("cli-empty-issuers", path).because(error))?;
        certificates.extend(read);
    }
    Ok(certificates)
}
