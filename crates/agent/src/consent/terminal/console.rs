//! A terminal: lines out, lines and secrets in.

use std::io::{self, IsTerminal as _, Write as _};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::time::Duration;

use tanba_crypto::Secret;

use crate::consent::Withdrawal;

/// Between two looks at whether the question was withdrawn.
const GLANCE: Duration = Duration::from_millis(100);

/// Where a dialog is held.
pub(super) trait Console: Send {
    /// Whether somebody can sit there: what is signed is shown to nobody else, least of all to a log.
    fn is_there(&self) -> bool;

    /// Shows a text.
    fn say(&mut self, text: &str);

    /// Reads a line; `None` when there is no more, or the question was withdrawn.
    fn line(&mut self, prompt: &str, withdrawal: &Withdrawal) -> Option<String>;

    /// Reads a password or PIN without showing it.
    fn secret(&mut self, prompt: &str, withdrawal: &Withdrawal) -> Option<Secret>;
}

/// The terminal of this process. A thread reads it, because reading cannot be broken off.
#[derive(Default)]
pub(super) struct Standard {
    reader: Option<Reader>,
}

struct Reader {
    orders: Sender<Order>,
    results: Receiver<Option<Secret>>,
    /// What is still being read for questions that were withdrawn; dropped when it comes.
    stale: u32,
}

enum Order {
    Line,
    Secret(String),
}

impl Standard {
    fn read(&mut self, order: Order, withdrawal: &Withdrawal) -> Option<Secret> {
        if self.reader.is_none() {
            self.reader = Reader::start();
        }
        let reader = self.reader.as_mut()?;
        reader.orders.send(order).ok()?;
        loop {
            match reader.results.recv_timeout(GLANCE) {
                Ok(_) if reader.stale > 0 => reader.stale -= 1,
                Ok(result) => return result,
                Err(RecvTimeoutError::Timeout) if withdrawal.is_withdrawn() => {
                    reader.stale += 1;
                    return None;
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return None,
            }
        }
    }
}

impl Reader {
    fn start() -> Option<Self> {
        let (orders, incoming) = mpsc::channel();
        let (outgoing, results) = mpsc::channel();
        std::thread::Builder::new()
            .name("terminal".to_owned())
            .spawn(move || {
                while let Ok(order) = incoming.recv() {
                    if outgoing.send(read(&order)).is_err() {
                        return;
                    }
                }
            })
            .ok()?;
        Some(Self {
            orders,
            results,
            stale: 0,
        })
    }
}

fn read(order: &Order) -> Option<Secret> {
    match order {
        Order::Line => {
            let mut line = String::new();
            let octets = io::stdin().read_line(&mut line).ok()?;
            (octets > 0).then(|| Secret::from(line))
        }
        Order::Secret(prompt) => rpassword::prompt_password(prompt).ok().map(Secret::from),
    }
}

impl Console for Standard {
    fn is_there(&self) -> bool {
        io::stdin().is_terminal() && io::stdout().is_terminal()
    }

    fn say(&mut self, text: &str) {
        // A terminal that is gone shows nothing, and then no line is read either.
        let _ = writeln!(io::stdout(), "{text}");
    }

    fn line(&mut self, prompt: &str, withdrawal: &Withdrawal) -> Option<String> {
        let mut out = io::stdout();
        let _ = write!(out, "{prompt} ");
        let _ = out.flush();
        let line = self.read(Order::Line, withdrawal)?;
        String::from_utf8(line.expose().to_vec()).ok()
    }

    fn secret(&mut self, prompt: &str, withdrawal: &Withdrawal) -> Option<Secret> {
        self.read(Order::Secret(format!("{prompt} ")), withdrawal)
    }
}
