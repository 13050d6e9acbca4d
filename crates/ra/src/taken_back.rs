//! What the link of a notice does beside freezing: it takes back what whoever is disowned could have changed.

use tanba_model::person::Person;
use tanba_pki::Timestamp;

use crate::phone::{Disowned, Righted, righted};

/// What the button takes back, as its page says it before; addresses and numbers mostly hidden.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TakenBack {
    /// The address of before that is the confirmed one again; `None`: the address stays.
    pub address: Option<String>,
    /// What becomes of the telephone; `None`: it stays.
    pub phone: Option<PhoneTakenBack>,
}

/// What becomes of the telephone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PhoneTakenBack {
    /// The number of before counts again.
    Back(String),
    /// This number counts no more.
    Removed(String),
}

impl TakenBack {
    /// What a link takes back that disowns a number or none.
    pub(crate) fn by_link(person: &Person, disowned: Option<&Disowned>, now: Timestamp) -> Self {
        let phone = righted(person, disowned, now).map(|righted| match righted {
            Righted::Back(number) => PhoneTakenBack::Back(number.masked()),
            Righted::Removed { gone, .. } => PhoneTakenBack::Removed(gone.masked()),
        });
        Self {
            address: person.earlier(now).map(|earlier| earlier.masked()),
            phone,
        }
    }

    /// Whether it takes anything back.
    #[must_use]
    pub const fn is_any(&self) -> bool {
        self.address.is_some() || self.phone.is_some()
    }
}
