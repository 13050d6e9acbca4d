//! Results of foreign suites as a document that is compared with what the suites say today.

use std::fmt::Write as _;

/// What came of a suite.
pub(crate) struct Tally {
    pub(crate) name: &'static str,
    cases: Vec<Case>,
}

struct Case {
    name: String,
    valid: bool,
    accepted: bool,
}

impl Tally {
    pub(crate) const fn new(name: &'static str) -> Self {
        Self {
            name,
            cases: Vec::new(),
        }
    }

    pub(crate) fn count(&mut self, name: String, valid: bool, accepted: bool) {
        self.cases.push(Case {
            name,
            valid,
            accepted,
        });
    }

    pub(crate) fn run(&self) -> usize {
        self.cases.len()
    }

    pub(crate) fn agreed(&self) -> usize {
        self.run() - self.departures().count()
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.cases.iter().any(|case| case.name == name)
    }

    /// Cases that were accepted though invalid, or refused though valid.
    pub(crate) fn departures(&self) -> impl Iterator<Item = &String> {
        let wrong = self.cases.iter().filter(|case| case.valid != case.accepted);
        wrong.map(|case| &case.name)
    }

    pub(crate) fn false_accepts(&self) -> usize {
        let wrong = |case: &&Case| case.accepted && !case.valid;
        self.cases.iter().filter(wrong).count()
    }

    pub(crate) fn print(&self) {
        for name in self.departures() {
            println!("DIFFERS: {} {name}", self.name);
        }
        println!(
            "{}: {} run, 0 skipped, {} agree, {} accepted though invalid",
            self.name,
            self.run(),
            self.agreed(),
            self.false_accepts()
        );
    }

    fn row(&self, out: &mut String) {
        let _ = writeln!(
            out,
            "| {} | {} | {} | {} | {} |",
            self.name,
            self.run(),
            self.agreed(),
            self.run() - self.agreed() - self.false_accepts(),
            self.false_accepts()
        );
    }
}
