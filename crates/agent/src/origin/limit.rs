//! How often a site may ask.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use super::{Origin, Site};

/// Sites that are remembered at once. Those whose budget is full again are forgotten; where none is, whoever comes besides
/// shares one budget with all who do.
const SITES: usize = 4096;

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
    sites: Mutex<HashMap<Site, Bucket>>,
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
        let mut sites = self.sites.lock().unwrap_or_else(PoisonError::into_inner);
        let mut site = origin.site();
        if !sites.contains_key(&site) && sites.len() >= SITES {
            sites.retain(|_, bucket| self.filled(*bucket, now) < self.full());
            if sites.len() >= SITES {
                site = Site::others();
            }
        }
        let full = Bucket {
            thousandths: self.full(),
            at: now,
        };
        let bucket = sites.entry(site).or_insert(full);
        bucket.thousandths = self.filled(*bucket, now);
        bucket.at = now;
        let taken = bucket.thousandths >= 1000;
        if taken {
            bucket.thousandths -= 1000;
        }
        taken
    }

    fn full(&self) -> u64 {
        u64::from(self.budget.burst).saturating_mul(1000)
    }

    /// What is in a bucket now.
    fn filled(&self, bucket: Bucket, now: u64) -> u64 {
        // Per minute and thousandth, divided by milliseconds of a minute: one sixtieth.
        let gained = now
            .saturating_sub(bucket.at)
            .saturating_mul(self.budget.per_minute.into())
            / 60;
        bucket.thousandths.saturating_add(gained).min(self.full())
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
    fn subdomains_have_one_budget() {
        let limits = Limits::new(Budget {
            burst: 3,
            per_minute: 60,
        });
        let page = |name: u32| Origin::Site(format!("https://{name}.flood.example"));
        assert!((0..3).all(|name| limits.take(&page(name), 0)));
        assert!(!limits.take(&page(4), 0));
    }

    /// Memory is bounded, and whoever has spent a budget gets no new one by making others known.
    #[test]
    fn sites_are_forgotten_when_their_budget_is_full_and_not_before() {
        let limits = Limits::new(Budget {
            burst: 1,
            per_minute: 1,
        });
        let site = |number| Origin::Site(format!("https://site{number}.example"));
        for number in 0..2 * super::SITES {
            limits.take(&site(number), 0);
        }
        assert!(limits.sites.lock().unwrap().len() <= super::SITES + 1);
        assert!(!limits.take(&site(0), 0));
        assert!(
            !limits.take(&site(2 * super::SITES), 0),
            "all others share one"
        );
        assert!(limits.take(&site(0), 60_000));
        assert!(limits.take(&site(2 * super::SITES), 60_000));
        assert_eq!(limits.sites.lock().unwrap().len(), 2);
    }
}
