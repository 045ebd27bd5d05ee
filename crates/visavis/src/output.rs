//! How the commands speak: plain lines for people, one line of JSON for programs, errors on standard error.

use std::{io::Write as _, process::ExitCode};

use node::{StartError, config::ConfigError, pair::PairError, setup::SetupError};

/// Exit code for a bad configuration (`EX_CONFIG` of sysexits).
pub const CONFIG: u8 = 78;

/// Exit code of `verify` for a record or a clip that holds but is signed by nobody trusted.
pub const UNTRUSTED: u8 = 3;

/// Prints one line on standard output; a closed pipe is no error.
pub fn line(text: impl std::fmt::Display) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{text}").and_then(|()| out.flush());
}

/// Prints a value as one line of JSON.
pub fn json(value: &serde_json::Value) {
    line(value);
}

/// Says what failed and picks the exit code.
pub fn failed(error: &anyhow::Error) -> ExitCode {
    let _ = writeln!(std::io::stderr(), "visavis: {error:#}");
    if is_configuration(error) {
        ExitCode::from(CONFIG)
    } else {
        ExitCode::FAILURE
    }
}

fn is_configuration(error: &anyhow::Error) -> bool {
    error.is::<ConfigError>()
        || matches!(error.downcast_ref(), Some(StartError::Config(_)))
        || matches!(error.downcast_ref(), Some(SetupError::Config(_)))
        || matches!(error.downcast_ref(), Some(PairError::Config(_)))
}
