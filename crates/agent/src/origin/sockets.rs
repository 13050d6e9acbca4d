//! How many sockets a site has at once.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::{Origin, Site};

/// Sockets of one site: as many pages of it as anybody has open, and far from all that there are.
const EACH: usize = 32;

/// The sockets that are open, by site.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sockets(Arc<Mutex<HashMap<Site, usize>>>);

/// The place of one socket; given back when dropped.
#[derive(Debug)]
pub(crate) struct Place {
    sockets: Sockets,
    site: Site,
}

impl Sockets {
    /// A place for one more socket of this site; `None` when it has as many as it may.
    pub(crate) fn take(&self, origin: &Origin) -> Option<Place> {
        let mut sites = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let site = origin.site();
        let open = sites.get(&site).copied().unwrap_or_default();
        if open >= EACH {
            return None;
        }
        sites.insert(site.clone(), open.saturating_add(1));
        Some(Place {
            sockets: self.clone(),
            site,
        })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut sites = self
            .sockets
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let left = sites.get(&self.site).copied().unwrap_or_default();
        if left > 1 {
            sites.insert(self.site.clone(), left.saturating_sub(1));
        } else {
            sites.remove(&self.site);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{EACH, Sockets};
    use crate::origin::Origin;

    #[test]
    fn one_site_does_not_take_the_places_of_others() {
        let sockets = Sockets::default();
        let site = |name: &str| Origin::Site(format!("https://{name}.example"));
        let mut places: Vec<_> = (0..EACH)
            .map(|_| sockets.take(&site("a")).unwrap())
            .collect();
        assert!(sockets.take(&site("a")).is_none());
        assert!(sockets.take(&site("www.a")).is_none());
        assert!(sockets.take(&site("b")).is_some());
        places.pop();
        assert!(sockets.take(&site("a")).is_some());
        drop(places);
        assert!(sockets.0.lock().unwrap().is_empty());
    }
}
