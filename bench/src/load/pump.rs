//! Runs a plan: publishes, gives all receivers their turns, and collects what came of it in the window.

use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use str0m::media::Mid;

use super::client::Client;
use super::{FRAME, FRAMES_MAX, Plan, Sample, Stamps};
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
pub fn connect(publisher: &mut Client, receivers: &mut [Client]) -> anyhow::Result<()> {
    let start = Instant::now();
    while !publisher.connected() || receivers.iter().any(|r| !r.connected()) {
        ensure!(start.elapsed() < CONNECT_MAX, "not connected within {CONNECT_MAX:?}");
        publisher.turn(|_| {})?;
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
    publisher: &mut Client,
    mid: Mid,
    receivers: &mut [Client],
) -> anyhow::Result<Sample> {
    let mut payload: Vec<u8> = (0..plan.payload).map(|_| 0).collect();
    StdRng::seed_from_u64(plan.seed).fill(&mut payload[..]);
    let stamps = Stamps::new();
    let (mut latencies, mut received, mut number) = (Latencies::default(), 0u64, 0u64);
    let start = Instant::now();
    let (measured, end) = (start + plan.warm_up, start + plan.warm_up + plan.time);
    let mut window = None;
    let mut next = start;
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
        for _ in 0..FRAMES_MAX {
            if next > now {
                break;
            }
            next = plan.following(next, now);
            for _ in 0..FRAME {
                publisher.publish(mid, number, &mut payload, stamps)?;
                number += 1;
            }
        }
        publisher.turn(|_| {})?;
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
