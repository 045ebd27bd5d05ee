//! A UDP relay with a seeded bad network inside, for stories and benches. See [`bench::relay`].
#![allow(clippy::print_stdout, reason = "its first line of output is its interface")]

use std::net::SocketAddr;

use anyhow::Context;
use bench::impairment::Settings;
use bench::relay::{Relay, Setup};
use clap::Parser;

/// Relays UDP between whoever sends to it and a target, through a bad network.
///
/// Prints one line of JSON when it is ready: {"address", "control", "seed"}. Settings are words such as
/// "delay=65 jitter=5 loss=0.2 burst=4 reorder=0.01 rate=2500 queue=200 cut=1" (milliseconds, shares, kb/s); they can be
/// changed at any time by a datagram to the control port: "up loss=0.3", "down ...", "both ...", "counts".
#[derive(Parser)]
struct Arguments {
    /// Where datagrams go.
    #[arg(long)]
    to: SocketAddr,
    /// Where to listen.
    #[arg(long, default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// Seed of all chances; another one each time unless given.
    #[arg(long)]
    seed: Option<u64>,
    /// Settings of both directions.
    #[arg(long, default_value = "")]
    both: String,
    /// Settings towards the target, on top of --both.
    #[arg(long, default_value = "")]
    up: String,
    /// Settings from the target, on top of --both.
    #[arg(long, default_value = "")]
    down: String,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let seed = arguments.seed.unwrap_or_else(rand::random);
    let both: Settings = arguments.both.parse()?;
    let (mut up, mut down) = (both, both);
    up.change(&arguments.up)?;
    down.change(&arguments.down)?;
    let setup = Setup {
        listen: arguments.listen,
        target: arguments.to,
        seed,
        up,
        down,
    };
    let relay = Relay::open(setup).await.context("open the relay's ports")?;
    println!(
        "{}",
        serde_json::json!({ "address": relay.address()?, "control": relay.control_address()?, "seed": seed })
    );
    relay.run().await?;
    Ok(())
}
