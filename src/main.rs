//! The command `log-gardener`. Everything it does lives in the library's `cli` room.

fn main() -> std::process::ExitCode {
    log_gardener::cli::run()
}
