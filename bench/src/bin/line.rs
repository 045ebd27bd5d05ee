//! The line alone, without the rest of the benchmark. See [`bench::line`].
#![allow(clippy::print_stdout, reason = "the tables are its output")]

use std::fs;
use std::path::PathBuf;

use bench::line::{plan, report};
use clap::Parser;

/// Measures the line between two nodes under loss, over narrow links and at the start of a call.
#[derive(Parser)]
struct Arguments {
    /// Only what has a target under loss, added latency and starts, within a minute.
    #[arg(long)]
    quick: bool,
    /// Seed of all networks.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Where the figures go, as JSON.
    #[arg(long)]
    json: Option<PathBuf>,
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let report = report::summarise(&plan::run(arguments.quick, arguments.seed));
    if let Some(path) = arguments.json {
        fs::write(path, serde_json::to_string_pretty(&report.keys)? + "\n")?;
    }
    println!("{}", report.markdown);
    Ok(())
}
