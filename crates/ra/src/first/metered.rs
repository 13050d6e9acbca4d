//! A register of people with a look at the clock.

use std::sync::Arc;

use tanba_model::iin::Iin;
use tanba_model::meter::{Meters, Stopwatch};
use tanba_model::ports::{PersonRegister, RegisterAnswer};

/// Asks the register within, and notes how long it took. Whom it was about is not noted.
#[derive(Debug)]
pub(crate) struct Metered {
    within: Arc<dyn PersonRegister>,
    meters: Arc<Meters>,
}

impl Metered {
    pub(crate) fn new(within: Arc<dyn PersonRegister>, meters: Arc<Meters>) -> Self {
        Self { within, meters }
    }
}

impl PersonRegister for Metered {
    fn look_up(&self, iin: &Iin) -> RegisterAnswer {
        let watch = Stopwatch::start();
        let answer = self.within.look_up(iin);
        let word = match &answer {
            RegisterAnswer::Person(_) => "person",
            RegisterAnswer::Unknown => "unknown",
            RegisterAnswer::Dead => "dead",
            RegisterAnswer::Ambiguous(_) => "ambiguous",
            RegisterAnswer::Unavailable => "unavailable",
        };
        self.meters.register.observe([word], watch.elapsed());
        answer
    }

    fn name(&self) -> &str {
        self.within.name()
    }
}
