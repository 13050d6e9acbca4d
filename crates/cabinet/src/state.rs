//! What handlers share.

use std::sync::Arc;

use tanba_model::meter::Meters;
use tanba_model::ports::{Clock, RandomSource};
use tanba_pki::Timestamp;
use tanba_print::Fonts;
use tanba_ra::RegistrationAuthority;

use crate::assets::Assets;
use crate::config::CabinetConfig;
use crate::guide::{Guide, GuideError};
use crate::locale::{Catalogue, CatalogueError};
use crate::rate_limit::RateLimiter;
use crate::render::Pages;

/// Why the cabinet cannot start. A test shows that what ships can.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The texts cannot be used.
    #[error("the texts of the cabinet cannot be used")]
    Catalogue(#[from] CatalogueError),
    /// The guide cannot be used.
    #[error("the guide of the cabinet cannot be used")]
    Guide(#[from] GuideError),
    /// A template cannot be used.
    #[error("the templates of the cabinet cannot be used")]
    Template(#[from] minijinja::Error),
    /// The list of embedded assets cannot be used.
    #[error("the list of browser assets cannot be used")]
    Assets(#[source] serde_json::Error),
}

/// What handlers share; cheap to clone.
#[derive(Clone, Debug)]
pub struct CabinetState {
    shared: Arc<Shared>,
    /// `None` where nothing can be printed.
    fonts: Option<Arc<Fonts>>,
    meters: Arc<Meters>,
}

#[derive(Debug)]
struct Shared {
    ra: Arc<RegistrationAuthority>,
    config: CabinetConfig,
    clock: Arc<dyn Clock>,
    random: Arc<dyn RandomSource>,
    catalogue: Arc<Catalogue>,
    guide: Guide,
    pages: Pages,
    assets: Assets,
    limiter: RateLimiter,
}

impl CabinetState {
    /// Gets pages, texts and assets ready, and says in the log when there is nothing for browsers to run.
    ///
    /// # Errors
    /// [`StartError`] when what ships is damaged.
    pub fn new(
        ra: Arc<RegistrationAuthority>,
        config: CabinetConfig,
        clock: Arc<dyn Clock>,
        random: Arc<dyn RandomSource>,
    ) -> Result<Self, StartError> {
        // The Kazakh set of profiles is that of the national authority.
        let national = ra
            .config()
            .profiles()
            .iter()
            .any(|name| name.starts_with("kz-"));
        let catalogue = Arc::new(Catalogue::named(config.authority(), national)?);
        crate::mail::word_by(&catalogue);
        let guide = Guide::shipped(&catalogue)?;
        // Without an index the guide can still be read, and the next start tries again.
        if let Err(error) = ra.index_help(&guide.entries(), guide.version()) {
            tracing::warn!(%error, "the guide was not indexed");
        }
        let assets = Assets::embedded().map_err(StartError::Assets)?;
        if !crate::assets::are_embedded() {
            tracing::warn!(
                "built without browser assets: pages have no scripts and nobody can sign in; run `make build`, \
                 or build with the feature `embed-assets`"
            );
        }
        let pages = Pages::new(&catalogue, &assets, ra.gazetteer(), ra.centres())?;
        let limiter = RateLimiter::default();
        let shared = Arc::new(Shared {
            ra,
            config,
            clock,
            random,
            catalogue,
            guide,
            pages,
            assets,
            limiter,
        });
        // Only a program with embedded assets carries a typeface.
        let fonts = Fonts::embedded().ok().map(Arc::new);
        Ok(Self {
            shared,
            fonts,
            meters: Arc::default(),
        })
    }

    /// Prints in this typeface, and not in the one that the program carries; with `None` nothing can be printed.
    #[must_use]
    pub fn with_fonts(self, fonts: Option<Fonts>) -> Self {
        Self {
            fonts: fonts.map(Arc::new),
            ..self
        }
    }

    /// Counts answers with these meters, which somebody else tells of.
    #[must_use]
    pub fn with_meters(self, meters: Arc<Meters>) -> Self {
        Self { meters, ..self }
    }

    pub(crate) fn meters(&self) -> &Meters {
        &self.meters
    }

    /// The typeface; `None` where nothing can be printed. A page that offers a print asks first.
    pub(crate) fn fonts(&self) -> Option<Arc<Fonts>> {
        self.fonts.clone()
    }

    pub(crate) fn authority(&self) -> &Arc<RegistrationAuthority> {
        &self.shared.ra
    }

    pub(crate) fn config(&self) -> &CabinetConfig {
        &self.shared.config
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.shared.clock.now()
    }

    pub(crate) fn catalogue(&self) -> &Catalogue {
        &self.shared.catalogue
    }

    pub(crate) fn guide(&self) -> &Guide {
        &self.shared.guide
    }

    pub(crate) fn pages(&self) -> &Pages {
        &self.shared.pages
    }

    pub(crate) fn assets(&self) -> &Assets {
        &self.shared.assets
    }

    pub(crate) fn limiter(&self) -> &RateLimiter {
        &self.shared.limiter
    }

    /// A fresh secret for the cookie that tells a device: 32 hexadecimal digits.
    pub(crate) fn device_secret(&self) -> String {
        let mut octets = [0; 16];
        self.shared.random.fill(&mut octets);
        octets.iter().map(|octet| format!("{octet:02x}")).collect()
    }

    /// A fresh request id: 16 hexadecimal digits.
    pub(crate) fn request_id(&self) -> String {
        let mut octets = [0; 8];
        self.shared.random.fill(&mut octets);
        octets.iter().map(|octet| format!("{octet:02x}")).collect()
    }
}
