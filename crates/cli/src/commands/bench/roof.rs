//! The roof: signatures of one key in one thread.

use std::fmt;
use std::time::Duration;

use serde::Serialize;
use tanba_crypto::{Signer, SoftwareKey};
use tanba_model::meter::Stopwatch;
use tanba_model::ports::SourceRng;

use super::Options;
use super::report::{milliseconds, per_second, processors, timed};
use crate::context::Context;

/// How fast the issuing key is.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Roof {
    key: String,
    processors: usize,
    signatures: u32,
    pub(super) signature_ms: f64,
    signatures_per_second_and_thread: f64,
}

const AT_LEAST: Duration = Duration::from_millis(500);
/// About the size of a certificate.
const MESSAGE: [u8; 1200] = [0x5A; 1200];

pub(super) fn measure(options: &Options, context: &Context) -> anyhow::Result<Roof> {
    let algorithm = options.algorithm();
    let key = SoftwareKey::generate(algorithm, &mut SourceRng(context.random().as_ref()))?;
    // The first ones fill caches.
    for _ in 0..20 {
        key.sign(&MESSAGE)?;
    }
    let mut signatures = 0_u32;
    let mut time = Duration::ZERO;
    while time < AT_LEAST || signatures < options.count(20) {
        let (signature, one) = timed(|| key.sign(&MESSAGE));
        signature?;
        signatures = signatures.saturating_add(1);
        time = time.saturating_add(one);
    }
    Ok(Roof {
        key: algorithm.label(),
        processors: processors(),
        signatures,
        signature_ms: milliseconds(time.checked_div(signatures).unwrap_or_default()),
        signatures_per_second_and_thread: per_second(signatures, time),
    })
}

/// Signatures a second of a key by so many threads at once, for so long at least. As many threads and as much time as what is
/// compared with it had: else whoever else needs the processors takes more of the one than of the other.
pub(super) fn by_all(key: &SoftwareKey, threads: usize, time: Duration) -> anyhow::Result<f64> {
    let watch = Stopwatch::start();
    let work = || -> anyhow::Result<u32> {
        let mut signatures = 0_u32;
        while watch.elapsed() < time {
            key.sign(&MESSAGE)?;
            signatures = signatures.saturating_add(1);
        }
        Ok(signatures)
    };
    let signatures = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        let mut signatures = 0_u32;
        for worker in workers {
            let made = worker
                .join()
                .map_err(|_| anyhow::anyhow!("a thread ended"))??;
            signatures = signatures.saturating_add(made);
        }
        anyhow::Ok(signatures)
    })?;
    Ok(per_second(signatures, watch.elapsed()))
}

impl fmt::Display for Roof {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            key,
            processors,
            signature_ms,
            signatures_per_second_and_thread,
            ..
        } = self;
        write!(
            formatter,
            "{key}: {signature_ms} ms a signature, {signatures_per_second_and_thread} a second in one thread of {processors}"
        )
    }
}
