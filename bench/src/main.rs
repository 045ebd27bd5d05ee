//! `make bench`: the media loop beside its floor and other forwarders, in interleaved rounds. See [`bench`].
#![allow(clippy::print_stdout, reason = "the table is its output")]

use std::path::PathBuf;
use std::time::Duration;

use bench::conditions::Conditions;
use bench::load::Plan;
use bench::report::{self, Case};
use bench::{floor, line, ours, peers, product};
use clap::Parser;

/// Measures CPU per forwarded packet and added latency of one node's media loop over loopback, beside the floor and
/// other forwarders.
#[derive(Parser)]
struct Arguments {
    /// Fewer and shorter rounds, under five minutes in all.
    #[arg(
        long,
        env = "QUICK",
        action = clap::ArgAction::Set,
        value_parser = clap::builder::FalseyValueParser::new(),
        num_args = 0..=1,
        default_value = "0",
        default_missing_value = "1"
    )]
    quick: bool,
    /// Runs these cases alone.
    #[arg(long)]
    case: Vec<String>,
    /// Seed of the payloads.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Where the results go.
    #[arg(long, default_value = concat!(env!("CARGO_MANIFEST_DIR"), "/results"))]
    results: PathBuf,
    /// The binary whose size and demo are measured.
    #[arg(long, env = "VISAVIS")]
    visavis: Option<PathBuf>,
    /// Where the stories left what they measured in browsers.
    #[arg(long, default_value = concat!(env!("CARGO_MANIFEST_DIR"), "/../web/e2e/artefacts"))]
    stories: PathBuf,
}

/// Stories that measure.
const STORIES: [&str; 3] = ["onset", "glass", "footage"];

/// Name, receivers, packets a second from the publisher, and whether a quick run takes it. A call is what two people make;
/// the others forward at least 7,000 a second, where waking up no longer decides.
const CASES: [(&str, usize, u32, bool); 4] = [
    ("call", 1, 250, true),
    ("1_1", 1, 7_000, true),
    ("1_10", 10, 750, true),
    ("1_50", 50, 150, false),
];

/// The one case that the others take part in when it has to be quick.
const QUICK_PEERS: &str = "1_10";

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let (rounds, time, warm_up) = if arguments.quick { (3, 4, 2) } else { (7, 6, 3) };
    let conditions = Conditions::read(arguments.seed);
    let mut cases: Vec<Case> = CASES
        .iter()
        .filter(|(.., quick)| *quick || !arguments.quick)
        .filter(|(name, ..)| arguments.case.is_empty() || arguments.case.iter().any(|case| case == name))
        .map(|(name, receivers, packets_per_second, _)| Case {
            name,
            plan: Plan {
                receivers: *receivers,
                packets_per_second: *packets_per_second,
                payload: 1_100,
                warm_up: Duration::from_secs(warm_up),
                time: Duration::from_secs(time),
                core: 0,
                seed: arguments.seed,
            },
            floor: Vec::new(),
            ours: Vec::new(),
            peers: Vec::new(),
        })
        .collect();
    let mut peers = peers::all();
    for round in 1..=rounds {
        for case in &mut cases {
            eprintln!("round {round} of {rounds}: {}", case.name);
            case.floor.push(floor::run(case.plan)?);
            case.ours.push(ours::run(case.plan)?);
            if !arguments.quick || case.name == QUICK_PEERS {
                peers.iter_mut().for_each(|peer| case.challenge(peer));
            }
        }
    }
    let mut report = report::summarise(&conditions, &mut cases, &peers, rounds);
    for name in STORIES {
        report.take_story(&arguments.stories, name)?;
    }
    report.take_line(line::report::summarise(&line::plan::run(
        arguments.quick,
        arguments.seed,
    )));
    report.take_product(arguments.visavis.as_deref().map(product::measure));
    report::write(&report, &arguments.results)?;
    println!("{}", report.markdown);
    Ok(())
}
