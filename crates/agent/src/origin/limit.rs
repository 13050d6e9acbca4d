//! How often a site may ask.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use super::Origin;

/// Sites that are remembered at once; past that the calmest are forgotten, which gives them a full budget.
const SITES: usize = 256;

/// Buckets that fill again with time, in thousandths.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Budget {
    /// How many at once.
    pub(crate) burst: u32,
    /// How many more each minute.
    pub(crate) per_minute: u32,
}

#[derive(Clone, Copy, Debug)]
struct Bucket {
    thousandths: u64,
    /// Milliseconds of the monotonic clock.
    at: u64,
}

/// One budget, kept for each site.
#[derive(Debug)]
pub(crate) struct Limits {
    budget: Budget,
    sites: Mutex<HashMap<Origin, Bucket>>,
}

impl Limits {
    pub(crate) fn new(budget: Budget) -> Self {
        Self {
            budget,
            sites: Mutex::new(HashMap::new()),
        }
    }

    /// Takes one from the site's budget; whether there was one. `now` in milliseconds of a clock that never goes back.
    pub(crate) fn take(&self, origin: &Origin, now: u64) -> bool {
        let full = u64::from(self.budget.burst).saturating_mul(1000);
        let mut sites = self.sites.lock().unwrap_or_else(PoisonError::into_inner);
        let mut bucket = sites.get(origin).copied().unwrap_or(Bucket {
            thousandths: full,
            at: now,
        });
        // Per minute and thousandth, divided by milliseconds of a minute: one sixtieth.
        let gained = now
            .saturating_sub(bucket.at)
            .saturating_mul(self.budget.per_minute.into())
            / 60;
        bucket.thousandths = bucket.thousandths.saturating_add(gained).min(full);
        bucket.at = now;
        let taken = bucket.thousandths >= 1000;
        if taken {
            bucket.thousandths -= 1000;
        }
        if !sites.contains_key(origin) && sites.len() >= SITES {
            let calmest = sites
                .iter()
                .max_by_key(|(_, bucket)| bucket.thousandths)
                .map(|(origin, _)| origin.clone());
            calmest.and_then(|origin| sites.remove(&origin));
        }
        sites.insert(origin.clone(), bucket);
        taken
    }
}

#[cfg(test)]
mod tests {
    use super::{Budget, Limits};
    use crate::origin::Origin;

    #[test]
    fn a_flood_ends_and_patience_helps() {
        let limits = Limits::new(Budget {
            burst: 3,
            per_minute: 60,
        });
        let site = Origin::Site("https://flood.example".to_owned());
        let other = Origin::Site("https://calm.example".to_owned());
        assert!((0..3).all(|_| limits.take(&site, 0)));
        assert!(!limits.take(&site, 0));
        assert!(limits.take(&other, 0));
        assert!(!limits.take(&site, 999));
        assert!(limits.take(&site, 1000));
        assert!(!limits.take(&site, 1000));
    }

    #[test]
    fn memory_is_bounded() {
        let limits = Limits::new(Budget {
            burst: 1,
            per_minute: 1,
        });
        for number in 0..1000 {
            limits.take(&Origin::Site(format!("https://{number}.example")), 0);
        }
        assert!(limits.sites.lock().unwrap().len() <= super::SITES);
    }
}
