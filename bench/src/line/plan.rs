//! Everything that is measured on the line, in order, several calls at a time where one leaves the machine room.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::loss::Condition;
use super::publisher::PICTURE_MOST_KBPS;
use super::{added, loss, memory, speech, start, step};

/// Calls at a time. One takes less than a fifth of a core.
const BESIDE: usize = 4;
/// Loss before anything counts.
const WARM_UP: Duration = Duration::from_secs(5);

/// What was measured; `Err`: why not.
pub struct Measured {
    /// Seed that all others come from.
    pub seed: u64,
    /// Whether only the keys of a quick run were taken.
    pub quick: bool,
    /// Loss.
    pub loss: Vec<Result<loss::Measured, String>>,
    /// Added latency over loopback, and over a link with a round trip of 50 ms.
    pub added: Result<Vec<added::Round>, String>,
    /// The same over a wire.
    pub added_wire: Result<Vec<added::Round>, String>,
    /// Starts over a link without delay, and over one with a round trip of 100 ms.
    pub start: Result<Vec<start::Start>, String>,
    /// The same with the link as long as the way to the browser.
    pub start_far: Result<Vec<start::Start>, String>,
    /// Steps: both sides send; one does.
    pub step: Vec<Result<step::Measured, String>>,
    /// Narrow links: the terminals' speech.
    pub speech: Vec<Result<speech::Measured, String>>,
    /// The same with long packets.
    pub speech_long: Vec<Result<speech::Measured, String>>,
    /// Memory.
    pub memory: Result<memory::Measured, String>,
}

/// The conditions of loss. In a quick run: those that have a target.
#[must_use]
pub fn conditions(quick: bool, seed: u64) -> Vec<Condition> {
    let base = Condition {
        round_trip_ms: 0,
        loss_percent: 0,
        burst: 1,
        most_kbps: PICTURE_MOST_KBPS,
        two_way: true,
        seed,
    };
    let losses: &[u32] = if quick { &[20, 30] } else { &[0, 5, 10, 20, 30] };
    let bursts: &[u32] = if quick { &[1] } else { &[1, 3] };
    let mut all = Vec::new();
    for burst in bursts {
        for round_trip_ms in [50, 130] {
            for loss_percent in losses.iter().filter(|loss| **loss > 0 || *burst == 1) {
                all.push(Condition {
                    round_trip_ms,
                    loss_percent: *loss_percent,
                    burst: *burst,
                    ..base
                });
            }
        }
    }
    if !quick {
        for (round_trip_ms, most_kbps, two_way) in [(130, 2_500, false), (130, 1_100, true), (50, 2_500, false)] {
            all.push(Condition {
                round_trip_ms,
                loss_percent: 30,
                most_kbps,
                two_way,
                ..base
            });
        }
    }
    for (number, condition) in (0u64..).zip(&mut all) {
        condition.seed += number * 1_000;
    }
    all
}

/// Runs work on as many threads as may run beside each other; results in the order of the work.
fn beside<W: Sync, R: Send>(
    threads: usize,
    work: &[W],
    run: impl Fn(&W) -> anyhow::Result<R> + Sync,
) -> Vec<Result<R, String>> {
    let next = Mutex::new(0);
    let done = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..threads.min(work.len()) {
            scope.spawn(|| {
                loop {
                    let at = {
                        let mut next = next.lock().unwrap_or_else(PoisonError::into_inner);
                        *next += 1;
                        *next - 1
                    };
                    let Some(one) = work.get(at) else { return };
                    let result = said(run(one));
                    done.lock().unwrap_or_else(PoisonError::into_inner).push((at, result));
                }
            });
        }
    });
    let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    done.sort_by_key(|(at, _)| *at);
    done.into_iter().map(|(_, result)| result).collect()
}

fn said<T>(result: anyhow::Result<T>) -> Result<T, String> {
    result.map_err(|error| format!("{error:#}"))
}

fn left_out<T>() -> Result<T, String> {
    Err("not part of a quick run".to_owned())
}

/// Measures the line.
#[must_use]
pub fn run(quick: bool, seed: u64) -> Measured {
    let (time, rounds, again) = if quick { (15, 2, 2) } else { (25, 5, 5) };
    let round_time = Duration::from_secs(if quick { 3 } else { 5 });
    let rounds_of = |one_way: u64| -> Result<Vec<added::Round>, String> {
        let one_way = Duration::from_millis(one_way);
        (0..rounds)
            .map(|number| said(added::round(one_way, round_time, seed + number)))
            .collect()
    };
    let starts_of = |one_way: u64| said(start::run(Duration::from_millis(one_way), again, seed));
    tell("latency added by two nodes and the link");
    let added = rounds_of(0);
    let added_wire = if quick { left_out() } else { rounds_of(25) };
    tell("starts");
    let start = starts_of(0);
    let start_far = if quick { left_out() } else { starts_of(50) };
    tell("loss");
    let time = Duration::from_secs(time);
    let loss = beside(BESIDE, &conditions(quick, seed), |one| loss::run(*one, WARM_UP, time));
    let mut measured = Measured {
        seed,
        quick,
        loss,
        added,
        added_wire,
        start,
        start_far,
        step: Vec::new(),
        speech: Vec::new(),
        speech_long: Vec::new(),
        memory: left_out(),
    };
    if !quick {
        tell("a link that steps down and up");
        measured.step = beside(2, &[true, false], |two_way| step::run(*two_way, seed));
        tell("narrow links");
        let narrow = |long| {
            let widths = speech::widths(long);
            beside(widths.len(), &widths, |(kbps, speech)| {
                speech::run(*kbps, *speech, seed)
            })
        };
        measured.speech = narrow(false);
        measured.speech_long = narrow(true);
        tell("memory");
        measured.memory = said(memory::run());
    }
    measured
}

fn tell(what: &str) {
    eprintln!("the line: {what}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quick_run_has_the_conditions_with_a_target_and_no_more() {
        let quick = conditions(true, 1);
        let seen: Vec<_> = quick
            .iter()
            .map(|c| (c.round_trip_ms, c.loss_percent, c.burst))
            .collect();
        assert_eq!(seen, [(50, 20, 1), (50, 30, 1), (130, 20, 1), (130, 30, 1)]);
        let all = conditions(false, 1);
        assert_eq!(all.len(), 21);
        assert!(quick.iter().all(|one| {
            let same = |other: &&Condition| Condition { seed: 0, ..**other } == Condition { seed: 0, ..*one };
            all.iter().any(|other| same(&other))
        }));
        let mut seeds: Vec<_> = all.iter().map(|c| c.seed).collect();
        seeds.dedup();
        assert_eq!(seeds.len(), all.len());
    }

    #[test]
    fn work_is_done_beside_and_told_in_order() {
        let work: Vec<u64> = (0..20).collect();
        let done = beside(3, &work, |one| {
            std::thread::sleep(Duration::from_millis(20 - one));
            anyhow::ensure!(*one != 7, "seven");
            Ok(*one * 2)
        });
        assert_eq!(done.len(), 20);
        assert_eq!(done[7], Err("seven".to_owned()));
        assert_eq!(done[19], Ok(38));
    }
}
