//! The `tanba` program.

/// What one thread gives back another takes: the system's own allocator keeps a heap for each few threads, and grows for hours
/// (docs/adr/0046).
#[global_allocator]
static MEMORY: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    tanba_cli::run(std::env::args_os())
}
