//! The `tanba` program.

fn main() -> std::process::ExitCode {
    tanba_cli::run(std::env::args_os())
}
