//! Where log lines go: to the standard error output, which systemd keeps.
//!
//! Lines carry sites and what became of a request, never what was to be signed, never names or numbers of people.

use std::io::{self, IsTerminal as _, Write as _};

use tracing_subscriber::filter::LevelFilter;

/// Starts writing log lines. Only the first call counts.
pub(crate) fn start(verbose: bool) {
    let level = if verbose {
        LevelFilter::DEBUG
    } else {
        LevelFilter::INFO
    };
    let lines = tracing_subscriber::fmt()
        .with_ansi(io::stderr().is_terminal())
        .with_max_level(level)
        // Whoever read the lines may be gone; telling nobody so would end the connection that is being served.
        .log_internal_errors(false)
        .with_writer(io::stderr)
        .with_target(false);
    // A second subscriber in one process is not an error of anybody's.
    let _ = lines.try_init();
}

/// A panic says where it happened and nothing else: its words may hold what was to be signed, or somebody's name. The window's
/// process, which has no log, says it too.
pub(crate) fn report_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic
            .location()
            .map_or_else(String::new, ToString::to_string);
        let _ = writeln!(
            io::stderr(),
            "tanba-agent: the program made a mistake at {place}"
        );
    }));
}
