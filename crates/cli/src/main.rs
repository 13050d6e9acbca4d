//! The `tanba` program.

/// Issuing allocates small things in many threads, for which the system's allocator takes a tenth of the processors.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    tanba_cli::run(std::env::args_os())
}
