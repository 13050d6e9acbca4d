//! Sites that were always refused, and ask on.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use super::{Origin, Site};

/// Sites that are remembered at once; each of them was refused by a person.
const SITES: usize = 4096;
/// Of the first silence, in milliseconds; each refusal after it doubles the next, up to an hour.
const SILENCE: u64 = 60_000;
const LONGEST: u64 = 60 * SILENCE;

#[derive(Clone, Copy, Debug, Default)]
struct Refused {
    in_a_row: u32,
    /// Milliseconds of the monotonic clock.
    silent_until: u64,
}

/// Refusals in a row, for each site that is allowed nothing.
#[derive(Debug)]
pub(crate) struct Refusals {
    /// How many a site has before it is silent; none for as many as it likes.
    borne: u32,
    sites: Mutex<HashMap<Site, Refused>>,
}

impl Refusals {
    pub(crate) fn new(borne: u32) -> Self {
        Self {
            borne,
            sites: Mutex::default(),
        }
    }

    /// Whether the site opens no window now.
    pub(crate) fn is_silent(&self, origin: &Origin, now: u64) -> bool {
        let sites = self.sites.lock().unwrap_or_else(PoisonError::into_inner);
        sites
            .get(&origin.site())
            .is_some_and(|refused| now < refused.silent_until)
    }

    /// Somebody said no to the site.
    pub(crate) fn add(&self, origin: &Origin, now: u64) {
        let mut sites = self.sites.lock().unwrap_or_else(PoisonError::into_inner);
        if self.borne == 0 {
            return;
        }
        if sites.len() >= SITES {
            sites.retain(|_, refused| now < refused.silent_until);
        }
        if sites.len() >= SITES {
            return;
        }
        let refused = sites.entry(origin.site()).or_default();
        refused.in_a_row = refused.in_a_row.saturating_add(1);
        if let Some(more) = refused.in_a_row.checked_sub(self.borne) {
            let silence = SILENCE.saturating_mul(1 << more.min(16)).min(LONGEST);
            refused.silent_until = now.saturating_add(silence);
        }
    }

    /// Somebody said yes to it.
    pub(crate) fn forget(&self, origin: &Origin) {
        let mut sites = self.sites.lock().unwrap_or_else(PoisonError::into_inner);
        sites.remove(&origin.site());
    }
}

#[cfg(test)]
mod tests {
    use super::Refusals;
    use crate::origin::Origin;

    #[test]
    fn after_three_refusals_a_site_is_silent_and_longer_each_time() {
        let refusals = Refusals::new(3);
        let site = Origin::Site("https://beggar.example".to_owned());
        let other = Origin::Site("https://calm.example".to_owned());
        refusals.add(&site, 0);
        refusals.add(&site, 0);
        assert!(!refusals.is_silent(&site, 0));
        refusals.add(&site, 0);
        assert!(refusals.is_silent(&site, 59_999) && !refusals.is_silent(&site, 60_000));
        assert!(!refusals.is_silent(&other, 0));
        refusals.add(&site, 60_000);
        assert!(refusals.is_silent(&site, 179_999) && !refusals.is_silent(&site, 180_000));
        for _ in 0..100 {
            refusals.add(&site, 200_000);
        }
        assert!(!refusals.is_silent(&site, 200_000 + 3_600_000));
        refusals.forget(&site);
        refusals.add(&site, 0);
        assert!(!refusals.is_silent(&site, 0));
        let bearing = Refusals::new(0);
        (0..9).for_each(|_| bearing.add(&site, 0));
        assert!(!bearing.is_silent(&site, 0));
    }
}
