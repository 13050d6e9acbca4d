//! Pages for citizens: the personal cabinet and its API.
//!
//! Everything a browser sees comes from here: pages under `/{kk,ru,en}/…` rendered on the server, `/api/v1/…` for the
//! steps at which a key must sign, `/assets/…`. Rules live in `ra`; a handler parses, asks it, and shows. HTTP status,
//! machine code and translated text exist only here.
//!
//! Start reading at [`router`], then `pages/` and `api/`, whose file paths are the paths of the URLs.

mod api;
mod assets;
mod blocking;
mod body;
mod calendar;
mod clerk;
mod config;
mod csrf;
mod dates;
mod device;
mod doors;
mod guide;
mod headers;
mod limited;
mod locale;
pub mod mail;
mod mishap;
mod names;
mod pages;
pub mod paper;
mod places;
mod problem;
mod rate_limit;
mod render;
mod router;
mod session;
pub mod sms;
mod state;
mod view;
mod visit;

pub use assets::are_embedded as assets_are_embedded;
pub use config::{CabinetConfig, CabinetSection, ConfigError, LimitsSection};
pub use doors::{Door, Rule, Verb};
pub use guide::GuideError;
pub use locale::{Catalogue, CatalogueError};
pub use names::{AuthoritySection, InEachLanguage};
pub use router::{doors, router};
pub use state::{CabinetState, StartError};

use axum::http::HeaderMap;
use tanba_model::language::Language;
use tanba_pki::Timestamp;

/// The language that whoever asks wants to read: her cookie, her browser, Kazakh.
#[must_use]
pub fn preferred_language(headers: &HeaderMap) -> Language {
    visit::preferred(headers)
}

/// Date and time of day as a language writes them, by the clocks of Kazakhstan.
///
/// # Errors
/// [`CatalogueError`] when the texts that ship are damaged.
pub fn date_time(language: Language, at: Timestamp) -> Result<String, CatalogueError> {
    Ok(dates::date_time(mail::shared()?.as_ref(), language, at))
}
