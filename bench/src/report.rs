//! Rounds into ratios, ratios into `results/latest.json` and a Markdown table.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use serde::Serialize;
use serde_json::json;

use crate::conditions::Conditions;
use crate::load::{Plan, Sample};
use crate::peers::Peer;
use crate::product::Product;

/// Share of what was asked for below which a side is called saturated.
const SATURATED: f64 = 0.98;
/// The case that the ratio to the best peer is taken from, and the peer that ratios are meant for.
const BEST_OF: (&str, &str) = ("1_10", "mediasoup");

/// One kind of work, measured over all rounds.
#[derive(Debug)]
pub struct Case {
    /// Its name in the results.
    pub name: &'static str,
    /// What was run.
    pub plan: Plan,
    /// The floor's rounds.
    pub floor: Vec<Sample>,
    /// Ours.
    pub ours: Vec<Sample>,
    /// The other forwarders' that took part.
    pub peers: Vec<Challenger>,
}

/// Another forwarder in one case.
#[derive(Debug)]
pub struct Challenger {
    /// Its name.
    pub name: &'static str,
    /// Its rounds.
    pub rounds: Vec<Sample>,
    /// Why it takes no further part.
    pub failed: Option<String>,
}

impl Case {
    /// Lets a peer run one round, unless it is missing or has failed in this case.
    pub fn challenge(&mut self, peer: &mut Peer) {
        let at = self.peers.iter().position(|c| c.name == peer.name);
        if at.is_some_and(|at| self.peers[at].failed.is_some()) {
            return;
        }
        let Some(result) = peer.run(self.plan) else { return };
        let at = at.unwrap_or_else(|| {
            let (name, rounds, failed) = (peer.name, Vec::new(), None);
            self.peers.push(Challenger { name, rounds, failed });
            self.peers.len() - 1
        });
        match result {
            Ok(sample) => self.peers[at].rounds.push(sample),
            Err(error) => {
                eprintln!("{}: {error:#}", peer.name);
                self.peers[at].failed = Some(format!("{error:#}"));
            }
        }
    }
}

/// One side of a case, over all rounds.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Side {
    /// CPU microseconds per forwarded packet, the least of all rounds.
    pub cpu_us: f64,
    /// Of those, softirq on its core; `None` where it cannot be read.
    pub softirq_us: Option<f64>,
    /// One-way microseconds, median of the rounds' medians.
    pub p50_us: f64,
    /// One-way microseconds that 99 % stay within, median of rounds.
    pub p99_us: f64,
    /// Packets forwarded a second.
    pub rate: f64,
    /// Least share of the forwarded that arrived in any round; 1 where only what arrived is known.
    pub arrived: f64,
    /// It forwarded clearly less than it was asked to.
    pub saturated: bool,
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(0.0)
}

fn side(samples: &mut [Sample], asked: f64) -> Side {
    let least = |a: f64, b: f64| a.min(b);
    let best = samples.iter().min_by(|a, b| a.cpu_us().total_cmp(&b.cpu_us()));
    let rate = median(samples.iter().map(Sample::rate).collect());
    Side {
        cpu_us: samples.iter().map(Sample::cpu_us).fold(f64::INFINITY, least),
        softirq_us: best.and_then(|s| Some(s.spent.softirq?.as_secs_f64() * 1e6 / s.forwarded.max(1) as f64)),
        rate,
        arrived: samples.iter().map(Sample::arrived).fold(1.0, least),
        p50_us: median(samples.iter_mut().map(|s| s.latencies.quantile_us(0.5)).collect()),
        p99_us: median(samples.iter_mut().map(|s| s.latencies.quantile_us(0.99)).collect()),
        saturated: rate < asked * SATURATED,
    }
}

/// Latency added over the floor, paired round by round: median of the differences.
fn added(rounds: &mut [Sample], floor: &mut [Sample], share: f64) -> f64 {
    let pairs = rounds.iter_mut().zip(floor);
    median(
        pairs
            .map(|(ours, floor)| ours.latencies.quantile_us(share) - floor.latencies.quantile_us(share))
            .collect(),
    )
}

/// The results of a run.
pub struct Report {
    /// For machines: the keys of the targets at the top.
    pub json: serde_json::Value,
    /// For readers.
    pub markdown: String,
}

/// Sums a run up.
#[must_use]
pub fn summarise(conditions: &Conditions, cases: &mut [Case], peers: &[Peer], rounds: usize) -> Report {
    let mut markdown = heading(conditions, rounds);
    let mut keys = serde_json::Map::new();
    let mut all = serde_json::Map::new();
    let mut best = None;
    for case in cases {
        let asked = case.plan.asked();
        let floor = side(&mut case.floor, asked);
        row(&mut markdown, (case.name, "floor"), asked, floor, None);
        let (p50, p99) = (
            added(&mut case.ours, &mut case.floor, 0.5),
            added(&mut case.ours, &mut case.floor, 0.99),
        );
        let ours = side(&mut case.ours, asked);
        let over = ours.cpu_us / floor.cpu_us;
        row(&mut markdown, ("", "**ours**"), asked, ours, Some((over, p50, p99)));
        keys.insert(format!("cpu_{}_over_floor", case.name), json!(over));
        keys.insert(format!("added_{}_p50_us", case.name), json!(p50));
        keys.insert(format!("added_{}_p99_us", case.name), json!(p99));
        let others = challengers(&mut markdown, case, &floor);
        if case.name == BEST_OF.0 {
            let ready = others.iter().filter(|(_, side)| !side.saturated);
            let least = ready.min_by(|(_, a), (_, b)| a.cpu_us.total_cmp(&b.cpu_us));
            best = least.map(|(name, side)| (*name, ours.cpu_us / side.cpu_us));
        }
        let failed: BTreeMap<_, _> = case
            .peers
            .iter()
            .filter_map(|c| Some((c.name, c.failed.clone()?)))
            .collect();
        let sides: BTreeMap<_, _> = others.into_iter().collect();
        all.insert(case.name.to_owned(), json!({ "packets_per_second_in": case.plan.packets_per_second, "receivers": case.plan.receivers, "floor": floor, "ours": ours, "peers": sides, "failed": failed }));
    }
    keys.insert("cpu_1_10_over_best_peer".into(), json!(best.map(|(_, over)| over)));
    keys.insert("best_peer".into(), json!(best.map(|(name, _)| name)));
    compare(&mut markdown, best, peers);
    keys.insert("conditions".into(), json!(conditions));
    keys.insert("rounds".into(), json!(rounds));
    keys.insert("cases".into(), all.into());
    keys.insert("peers".into(), json!(peers));
    Report {
        json: keys.into(),
        markdown,
    }
}

/// The rows of the other forwarders of a case, and their sides.
fn challengers(markdown: &mut String, case: &mut Case, floor: &Side) -> Vec<(&'static str, Side)> {
    let asked = case.plan.asked();
    let mut sides = Vec::new();
    for peer in &mut case.peers {
        if let Some(why) = &peer.failed {
            let _ = writeln!(
                markdown,
                "|  | {} | failed: {} | | | | | |",
                peer.name,
                why.replace('|', "/")
            );
            continue;
        }
        let (p50, p99) = (
            added(&mut peer.rounds, &mut case.floor, 0.5),
            added(&mut peer.rounds, &mut case.floor, 0.99),
        );
        let side = side(&mut peer.rounds, asked);
        row(
            markdown,
            ("", peer.name),
            asked,
            side,
            Some((side.cpu_us / floor.cpu_us, p50, p99)),
        );
        sides.push((peer.name, side));
    }
    sides
}

/// One row: case and side, and how it compares to the floor where it is not the floor itself.
fn row(markdown: &mut String, names: (&str, &str), asked: f64, side: Side, beside: Option<(f64, f64, f64)>) {
    let (over, added) = beside.map_or_else(Default::default, |(over, p50, p99)| {
        (format!("{over:.2}"), format!("{p50:+.0} / {p99:+.0}"))
    });
    let _ = writeln!(
        markdown,
        "| {} | {} | {:.0} of {asked:.0}{} | {:.2} | {over} | {:.0} / {:.0} | {added} | {:.2} |",
        names.0,
        names.1,
        side.rate,
        if side.saturated { " (saturated)" } else { "" },
        side.cpu_us,
        side.p50_us,
        side.p99_us,
        side.arrived * 100.0
    );
}

/// Says how ours compares to the best peer, and what is to be known of each.
fn compare(markdown: &mut String, best: Option<(&str, f64)>, peers: &[Peer]) {
    let _ = match best {
        Some((name, over)) => writeln!(
            markdown,
            "\nAt 1:10 ours takes {over:.2} of the CPU per forwarded packet that {name} does, the best peer present."
        ),
        None => writeln!(
            markdown,
            "\nNo peer was measured at 1:10: there is no ratio to the best one."
        ),
    };
    if peers
        .iter()
        .any(|peer| peer.name == BEST_OF.1 && peer.missing.is_some())
    {
        let _ = writeln!(markdown, "{} is the one to beat, and was not there.", BEST_OF.1);
    }
    let _ = writeln!(markdown, "\nPeers:");
    for peer in peers {
        let said = match (&peer.missing, &peer.notes) {
            (Some(why), _) => format!("missing ({why})"),
            (None, Some(notes)) => notes.clone(),
            (None, None) => "not measured".to_owned(),
        };
        let version = peer.version.as_ref().map(|v| format!(" {v}")).unwrap_or_default();
        let _ = writeln!(markdown, "- {}{version}: {said}", peer.name);
    }
}

fn heading(conditions: &Conditions, rounds: usize) -> String {
    let versions: Vec<String> = conditions
        .versions
        .iter()
        .map(|(name, version)| format!("{name} {version}"))
        .collect();
    format!(
        "# One node's media loop beside the floor and other forwarders\n\n{} cores of {}, kernel {}, load {:.1} before the run; {}; seed {}; {rounds} interleaved rounds{}.\n\
         {}.\nCPU: time of the thread, or of all threads of the process, and its core's softirq, per forwarded packet, least of all rounds. \
         Latency: median of rounds; added: over the floor, paired by round.\n\n\
         | Case | Side | forwarded/s of those asked | CPU µs | / floor | p50 / p99 µs | added p50 / p99 µs | arrived % |\n\
         |---|---|---|---|---|---|---|---|\n",
        conditions.cores,
        conditions.cpu,
        conditions.kernel,
        conditions.load_before,
        versions.join(", "),
        conditions.seed,
        if conditions.optimised {
            ""
        } else {
            "; NOT AN OPTIMISED BUILD"
        },
        conditions.work
    )
}

impl Report {
    /// Adds what a story measured in browsers: the numbers in `<stories>/<name>/figures.json`, or that there are none.
    ///
    /// # Errors
    /// A file that is there and holds something else.
    pub fn take_story(&mut self, stories: &Path, name: &str) -> anyhow::Result<()> {
        let text = match fs::read_to_string(stories.join(name).join("figures.json")) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                let _ = writeln!(self.markdown, "\nStory `{name}`: not told, nothing measured.");
                return Ok(());
            }
            Err(error) => return Err(error.into()),
        };
        let figures: BTreeMap<String, f64> = serde_json::from_str(&text)?;
        let words: Vec<String> = figures.iter().map(|(key, value)| format!("{key} {value}")).collect();
        let _ = writeln!(self.markdown, "\nStory `{name}` in Chromium: {}.", words.join(", "));
        for (key, value) in figures {
            self.json[key] = json!(value);
        }
        Ok(())
    }
}

impl Report {
    /// Adds what was measured on the line.
    pub fn take_line(&mut self, line: crate::line::report::Report) {
        self.markdown.push_str(&line.markdown);
        for (key, value) in line.keys {
            self.json[key] = value;
        }
    }
}

impl Report {
    /// Adds what the binary weighs and how soon its demo is ready, or why that is not known.
    pub fn take_product(&mut self, product: Option<anyhow::Result<Product>>) {
        match product {
            Some(Ok(Product { bytes, demo })) => {
                let (megabytes, ms) = (bytes as f64 / 1e6, demo.as_secs_f64() * 1e3);
                let _ = writeln!(
                    self.markdown,
                    "\nThe binary has {megabytes:.1} MB; its demo is ready after {ms:.0} ms, the least of three starts."
                );
                self.json["binary_mb"] = json!(megabytes);
                self.json["demo_start_ms"] = json!(ms);
            }
            Some(Err(why)) => drop(writeln!(self.markdown, "\nThe binary was not measured: {why}.")),
            None => drop(writeln!(
                self.markdown,
                "\nThe binary was not measured: none was named."
            )),
        }
    }
}

/// Writes `latest.json`, `latest.md` and the pictures into a folder.
///
/// # Errors
/// As the file system says.
pub fn write(report: &Report, folder: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(folder)?;
    fs::write(
        folder.join("latest.json"),
        serde_json::to_string_pretty(&report.json)? + "\n",
    )?;
    fs::write(folder.join("latest.md"), &report.markdown)?;
    crate::pictures::draw(&report.json, folder)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::time::Duration;

    use super::*;
    use crate::measure::{Latencies, Spent};

    fn sample(cpu_us: u64, forwarded: u64) -> Sample {
        let (thread, softirq) = (Duration::from_micros(cpu_us * forwarded), None);
        let mut latencies = Latencies::default();
        latencies.add(cpu_us * 1000);
        Sample {
            spent: Spent { thread, softirq },
            forwarded,
            received: forwarded,
            time: Duration::from_secs(1),
            latencies,
        }
    }

    fn report(peers: &[(&'static str, u64, u64)], missing: &[Peer]) -> Report {
        let plan = Plan {
            receivers: 10,
            packets_per_second: 100,
            payload: 1_100,
            warm_up: Duration::ZERO,
            time: Duration::from_secs(1),
            core: 0,
            seed: 1,
        };
        let challenger = |&(name, cpu_us, forwarded): &(&'static str, u64, u64)| Challenger {
            name,
            rounds: vec![sample(cpu_us, forwarded)],
            failed: None,
        };
        let mut cases = [Case {
            name: "1_10",
            plan,
            floor: vec![sample(2, 1000)],
            ours: vec![sample(4, 1000)],
            peers: peers.iter().map(challenger).collect(),
        }];
        summarise(&Conditions::read(1), &mut cases, missing, 1)
    }

    #[test]
    fn without_peers_there_is_no_ratio_and_the_reason_is_told() {
        let report = report(&[], &[Peer::missing("mediasoup", "no worker")]);
        assert!(report.json["cpu_1_10_over_best_peer"].is_null() && report.json["best_peer"].is_null());
        assert_eq!(report.json["cpu_1_10_over_floor"], 2.0);
        assert!(report.markdown.contains("No peer was measured"));
        assert!(report.markdown.contains("- mediasoup: missing (no worker)"));
    }

    #[test]
    fn the_best_peer_is_the_one_that_takes_least_and_keeps_up() {
        let report = report(&[("Janus", 16, 1000), ("Galene", 8, 1000), ("LiveKit", 5, 900)], &[]);
        assert_eq!(report.json["best_peer"], "Galene");
        assert_eq!(report.json["cpu_1_10_over_best_peer"], 0.5);
        assert!(
            report.markdown.contains("|  | LiveKit | 900 of 1000 (saturated) |"),
            "{}",
            report.markdown
        );
        assert_eq!(report.json["cases"]["1_10"]["peers"]["Janus"]["cpu_us"], 16.0);
    }

    #[test]
    fn a_failure_is_a_row_of_its_own() {
        let plan_failed = Challenger {
            name: "Janus",
            rounds: vec![],
            failed: Some("it | ended".into()),
        };
        let mut cases = [Case {
            name: "1_10",
            plan: Plan {
                receivers: 1,
                packets_per_second: 1,
                payload: 100,
                warm_up: Duration::ZERO,
                time: Duration::from_secs(1),
                core: 0,
                seed: 1,
            },
            floor: vec![sample(1, 1)],
            ours: vec![sample(1, 1)],
            peers: vec![plan_failed],
        }];
        let report = summarise(&Conditions::read(1), &mut cases, &[], 1);
        assert!(report.markdown.contains("|  | Janus | failed: it / ended |"));
        assert!(report.json["best_peer"].is_null());
    }
}
