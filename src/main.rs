//! The command `log-gardener`. Everything it does lives in the library's `cli` room.
fn main() -> std::process::ExitCode {
    std::process::ExitCode::SUCCESS
}
