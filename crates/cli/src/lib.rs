//! One program that joins everything: the server, the demo and the command line.
//!
//! The only crate that knows concrete back ends, reads the clock and the environment, and makes the random generator.
//! Each command is a module of `commands` with its arguments and a `run`; `wire` builds the server's parts from the
//! checked configuration (`config`); `worker` does by itself what is due in time.
//!
//! Start reading at [`run`], then `commands/serve.rs`.

use std::ffi::OsString;
use std::io::Write as _;
use std::process::ExitCode;

use clap::Parser as _;

mod carrier;
mod chest;
mod commands;
mod config;
mod context;
mod count;
mod hosts;
mod key_store;
mod listen;
mod locked;
mod outbound;
mod outcome;
mod password;
mod proxy;
mod register;
mod telemetry;
mod tls;
mod wire;
mod worker;

pub use outcome::Outcome;

/// Runs the program with these arguments, the first of which is its name.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let arguments = commands::Tanba::without_help_of_help(arguments.into_iter().collect());
    let tanba = match commands::Tanba::try_parse_from(&arguments) {
        Ok(tanba) => tanba,
        Err(error) => {
            // Help and version are asked for, not wrong usage; clap knows which.
            let wrong = error.use_stderr();
            let _: std::io::Result<()> = error.print();
            if wrong && let Some(said) = commands::Tanba::misunderstood(&arguments, &error) {
                let _: std::io::Result<()> = writeln!(std::io::stdout(), "{said}");
            }
            return if wrong {
                Outcome::Usage(String::new()).exit_code()
            } else {
                ExitCode::SUCCESS
            };
        }
    };
    let outcome = tanba.run().unwrap_or_else(Outcome::from);
    outcome.report();
    outcome.exit_code()
}
