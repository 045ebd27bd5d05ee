//! One file for each command, and which one to run.

mod call;
mod demo;
mod doctor;
mod enrol;
mod init;
mod line;
mod serve;
mod verify;
mod verify_clip;
mod version;

use std::{path::Path, process::ExitCode, time::SystemTime};

use anyhow::Context as _;
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

use crate::cli::Command;

/// Sets up diagnostics on standard error: everything worth knowing from a node, warnings from the rest.
/// `VISAVIS_LOG` says otherwise.
pub fn log(command: &Command) {
    let usual = match command {
        Command::Serve(_) => "info",
        _ => "warn",
    };
    let filter = EnvFilter::try_from_env("VISAVIS_LOG").unwrap_or_else(|_| EnvFilter::new(usual));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .init();
}

/// Runs a command and returns its exit code.
pub async fn run(command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Demo(demo) => demo::run(demo).await,
        Command::Init(init) => init::run(init),
        Command::Serve(serve) => serve::run(serve).await,
        Command::Line(line) => line::run(line).await,
        Command::Enrol(enrol) => enrol::run(enrol).await,
        Command::Call(call) => call::run(call).await,
        Command::Verify(verify) => verify::run(verify).await,
        Command::Doctor(doctor) => doctor::run(doctor).await,
        Command::Version(version) => Ok(version::run(&version)),
    }
}

/// This machine's clock, milliseconds UTC since 1970.
fn now_ms() -> i64 {
    let since = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// Returns when the process is asked to stop.
async fn asked_to_stop() -> anyhow::Result<()> {
    let mut terminate = signal(SignalKind::terminate()).context("signals")?;
    tokio::select! {
        _ = terminate.recv() => {}
        result = tokio::signal::ctrl_c() => result.context("signals")?,
    }
    Ok(())
}

/// Opens a data folder's store, or says that there is no node.
async fn store(dir: &Path) -> anyhow::Result<store::Store> {
    node::config::Config::load(dir).with_context(|| no_node(dir))?;
    Ok(node::shell::open_store(dir).await?)
}

fn no_node(dir: &Path) -> String {
    format!(
        "no node in {}; make one with `visavis init`, or name its folder with --data",
        dir.display()
    )
}
