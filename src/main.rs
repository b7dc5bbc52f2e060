//! The `gotit` program: everything is in the library.

use std::{io::Write, process::ExitCode};

#[actix_web::main]
async fn main() -> ExitCode {
    match gotit::cli::run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Nobody is left to tell when standard error is gone.
            let _ = writeln!(std::io::stderr().lock(), "gotit: {error:#}");
            ExitCode::FAILURE
        }
    }
}
