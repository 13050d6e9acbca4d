//! Gives web pages the keys of this computer: PKCS#12 files and tokens, with their owner's consent.
//!
//! Sites written for NCALayer work with it unmodified: it listens where they look and answers as they expect. What it
//! adds: consent that names the site and what is signed, a TLS identity of its own for each installation, and nothing of
//! any request on disk or in a log. It never signs without being told to in a dialog, never tries a password by itself,
//! and listens to this computer and this user alone.
//!
//! Start reading at [`Agent`], then [`consent`] for what is asked, [`containers`] for where keys lie and [`sign`] for what
//! comes out. [`protocol`] and the modules below it speak the language of the sites.

#[cfg(all(feature = "scripted", not(debug_assertions)))]
compile_error!(
    "the user that answers from a file signs without asking anybody: it is for tests, and never in a release"
);

mod agent;
mod cli;
mod clock;
mod config;
pub mod consent;
pub mod containers;
mod doctor;
mod locale;
pub mod machine;
mod modules;
mod origin;
mod places;
pub mod protocol;
mod server;
pub mod sign;
mod telemetry;
mod trust;
#[cfg(feature = "window")]
mod window;

pub use agent::{Agent, Parts};
pub use cli::run;
pub use config::{Config, ConfigError, Ui};
pub use doctor::Doctor;
pub use locale::{Catalogue, CatalogueError};
pub use origin::{Grant, GrantError, Grants, Origin, OriginFault, OriginPolicy, Use};
pub use places::Places;
#[doc(hidden)]
pub use server::read_head;
pub use server::{ListenError, Listeners};
pub use trust::{Identity, TrustError};
#[cfg(feature = "window")]
pub use window::Window;
