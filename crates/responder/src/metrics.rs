//! Counters in the text format of Prometheus.

use std::fmt::Write;
use std::sync::atomic::{AtomicU64, Ordering};

use tanba_model::ports::CrlKind;

/// How an OCSP request ended; of several certificates the first counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Good,
    Revoked,
    Unknown,
    Malformed,
    Unauthorized,
    TryLater,
    InternalError,
}

impl Outcome {
    const ALL: [Self; 7] = [
        Self::Good,
        Self::Revoked,
        Self::Unknown,
        Self::Malformed,
        Self::Unauthorized,
        Self::TryLater,
        Self::InternalError,
    ];

    const fn label(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Revoked => "revoked",
            Self::Unknown => "unknown",
            Self::Malformed => "malformed_request",
            Self::Unauthorized => "unauthorized",
            Self::TryLater => "try_later",
            Self::InternalError => "internal_error",
        }
    }
}

/// Name, help, labels in braces, value.
pub(crate) type Gauge = (&'static str, &'static str, String, i64);

/// The counters of this process.
#[derive(Debug, Default)]
pub(crate) struct Metrics {
    ocsp: [AtomicU64; Outcome::ALL.len()],
    full: AtomicU64,
    shard: AtomicU64,
    delta: AtomicU64,
}

impl Metrics {
    pub(crate) fn ocsp(&self, outcome: Outcome) {
        let counter = Outcome::ALL
            .iter()
            .zip(&self.ocsp)
            .find(|(candidate, _)| **candidate == outcome);
        if let Some((_, counter)) = counter {
            counter.fetch_add(1, Ordering::Relaxed);
        }
    }

    pub(crate) fn crl(&self, kind: CrlKind) {
        let counter = match kind {
            CrlKind::Full => &self.full,
            CrlKind::Shard(_) => &self.shard,
            CrlKind::Delta(_) => &self.delta,
        };
        counter.fetch_add(1, Ordering::Relaxed);
    }

    /// All counters, and the numbers that were asked of storage.
    pub(crate) fn render(&self, gauges: &[Gauge]) -> String {
        let mut text = String::new();
        let mut line = |arguments: std::fmt::Arguments<'_>| {
            // Writing to a String does not fail.
            let _ = text.write_fmt(arguments);
        };
        line(format_args!(
            "# HELP tanba_ocsp_responses_total OCSP responses by outcome.\n"
        ));
        line(format_args!("# TYPE tanba_ocsp_responses_total counter\n"));
        for (outcome, counter) in Outcome::ALL.iter().zip(&self.ocsp) {
            let value = counter.load(Ordering::Relaxed);
            line(format_args!(
                "tanba_ocsp_responses_total{{outcome=\"{}\"}} {value}\n",
                outcome.label()
            ));
        }
        line(format_args!(
            "# HELP tanba_crl_downloads_total Revocation lists given out, by kind.\n"
        ));
        line(format_args!("# TYPE tanba_crl_downloads_total counter\n"));
        for (kind, counter) in [
            ("full", &self.full),
            ("shard", &self.shard),
            ("delta", &self.delta),
        ] {
            let value = counter.load(Ordering::Relaxed);
            line(format_args!(
                "tanba_crl_downloads_total{{kind=\"{kind}\"}} {value}\n"
            ));
        }
        let mut described = "";
        for (name, help, labels, value) in gauges {
            if *name != described {
                line(format_args!("# HELP {name} {help}\n# TYPE {name} gauge\n"));
                described = name;
            }
            line(format_args!("{name}{labels} {value}\n"));
        }
        text
    }
}
