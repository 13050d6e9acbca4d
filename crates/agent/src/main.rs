//! The `tanba-agent` program.

fn main() -> std::process::ExitCode {
    tanba_agent::run(std::env::args_os())
}
