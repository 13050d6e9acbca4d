//! Where log lines go: to the standard error output, which systemd or a container keeps.
//!
//! Lines carry ids and serial numbers that were chosen by hand, never names, numbers of people or requests.

use std::io::IsTerminal as _;

use tracing_subscriber::filter::LevelFilter;

use crate::config::{Format, Level, Logging};

/// Starts writing log lines. Only the first call counts.
pub(crate) fn start(logging: Logging) {
    let level = match logging.level {
        Level::Error => LevelFilter::ERROR,
        Level::Warn => LevelFilter::WARN,
        Level::Info => LevelFilter::INFO,
        Level::Debug => LevelFilter::DEBUG,
    };
    let lines = tracing_subscriber::fmt()
        .with_ansi(std::io::stderr().is_terminal())
        .with_max_level(level)
        .with_writer(std::io::stderr)
        .with_target(false);
    // A second subscriber in one process is not an error of anybody's.
    let _ = match logging.format {
        Format::Text => lines.try_init(),
        Format::Json => lines.json().flatten_event(true).try_init(),
    };
    report_panics();
}

/// A panic says where it happened and nothing else: its words may hold what was being read, such as somebody's name.
fn report_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string);
        tracing::error!(place, "the program made a mistake");
    }));
}
