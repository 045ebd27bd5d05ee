//! Runs a plan: publishes, gives all receivers their turns, and collects what came of it in the window.

use std::time::{Duration, Instant};

use anyhow::{Context, ensure};

use super::client::Client;
use super::source::Source;
use super::{Plan, Sample};
use crate::measure::{Latencies, Spent};

/// How long connecting may take.
const CONNECT_MAX: Duration = Duration::from_secs(10);

/// The program under test, as far as the load sees it.
pub trait Subject {
    /// CPU time spent so far.
    fn spent(&self) -> Spent;

    /// Packets sent on so far; `None` where it does not tell: what arrived counts then.
    ///
    /// # Errors
    /// When it has ended.
    fn forwarded(&self) -> anyhow::Result<Option<u64>>;
}

/// Gives all connections their turns until all are connected.
///
/// # Errors
/// When one is not in time.
pub fn connect(source: &mut Source, receivers: &mut [Client]) -> anyhow::Result<()> {
    let start = Instant::now();
    while !source.client.connected() || receivers.iter().any(|r| !r.connected()) {
        let missing = receivers.iter().filter(|r| !r.connected()).count();
        ensure!(
            start.elapsed() < CONNECT_MAX,
            "not connected within {CONNECT_MAX:?}: publisher {}, {missing} of {} receivers missing",
            source.client.connected(),
            receivers.len()
        );
        source.client.turn(|_| {})?;
        receivers.iter_mut().try_for_each(|r| r.turn(|_| {}))?;
    }
    Ok(())
}

/// Runs the plan over connections that stand.
///
/// # Errors
/// As a connection or the program under test says.
pub fn pump(
    plan: Plan,
    subject: &impl Subject,
    source: &mut Source,
    receivers: &mut [Client],
) -> anyhow::Result<Sample> {
    let (mut latencies, mut received) = (Latencies::default(), 0u64);
    let start = Instant::now();
    let (measured, end) = (start + plan.warm_up, start + plan.warm_up + plan.time);
    let mut window = None;
    loop {
        let now = Instant::now();
        if now >= end {
            break;
        }
        if window.is_none() && now >= measured {
            let forwarded = subject.forwarded()?;
            window = Some((subject.spent(), forwarded, Instant::now()));
            received = 0;
        }
        source.turn(now)?;
        let stamps = source.stamps;
        for receiver in receivers.iter_mut() {
            receiver.turn(|stamp| {
                received += 1;
                if window.is_some() {
                    latencies.add(stamps.age(stamp));
                }
            })?;
        }
    }
    let (spent, before, began) = window.context("the window never began")?;
    let spent = subject.spent().since(spent);
    let time = began.elapsed();
    let forwarded = subject.forwarded()?.zip(before).map(|(after, before)| after - before);
    Ok(Sample {
        spent,
        forwarded: forwarded.unwrap_or(received),
        received,
        time,
        latencies,
    })
}
