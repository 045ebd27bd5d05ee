//! The `visavis` binary: one program for the node, the operator's commands and checking a record.
//!
//! Driven by a person's shell or a service manager; every command is a short file under `commands`, and what they do
//! lives in `node`, `store` and `call`.

mod cli;
mod commands;
mod output;

use std::process::ExitCode;

use clap::Parser as _;

fn main() -> ExitCode {
    let cli = cli::Cli::parse();
    commands::log(&cli.command);
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return output::failed(&anyhow::Error::from(error).context("the runtime did not start")),
    };
    match runtime.block_on(commands::run(cli.command)) {
        Ok(code) => code,
        Err(error) => output::failed(&error),
    }
}
