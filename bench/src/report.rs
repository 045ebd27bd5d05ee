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
    /// Least share that arrived in any round.
    pub arrived: f64,
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(0.0)
}

fn side(samples: &mut [Sample]) -> Side {
    let least = |a: f64, b: f64| a.min(b);
    let best = samples.iter().min_by(|a, b| a.cpu_us().total_cmp(&b.cpu_us()));
    Side {
        cpu_us: samples.iter().map(Sample::cpu_us).fold(f64::INFINITY, least),
        softirq_us: best.and_then(|s| Some(s.spent.softirq?.as_secs_f64() * 1e6 / s.forwarded.max(1) as f64)),
        rate: median(samples.iter().map(Sample::rate).collect()),
        arrived: samples.iter().map(Sample::arrived).fold(1.0, least),
        p50_us: median(samples.iter_mut().map(|s| s.latencies.quantile_us(0.5)).collect()),
        p99_us: median(samples.iter_mut().map(|s| s.latencies.quantile_us(0.99)).collect()),
    }
}

/// Latency added over the floor, paired round by round: median of the differences.
fn added(case: &mut Case, share: f64) -> f64 {
    let pairs = case.ours.iter_mut().zip(&mut case.floor);
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
    for case in cases {
        let (p50, p99) = (added(case, 0.5), added(case, 0.99));
        let (floor, ours) = (side(&mut case.floor), side(&mut case.ours));
        let over = ours.cpu_us / floor.cpu_us;
        let _ = writeln!(
            markdown,
            "| {} | {:.0} of {:.0} | {:.2} | {:.2} | **{over:.2}** | {:.0} / {:.0} | {:.0} / {:.0} | {p50:+.0} / {p99:+.0} | {:.2} |",
            case.name,
            ours.rate,
            case.plan.asked(),
            floor.cpu_us,
            ours.cpu_us,
            floor.p50_us,
            floor.p99_us,
            ours.p50_us,
            ours.p99_us,
            ours.arrived * 100.0
        );
        keys.insert(format!("cpu_{}_over_floor", case.name), json!(over));
        keys.insert(format!("added_{}_p50_us", case.name), json!(p50));
        keys.insert(format!("added_{}_p99_us", case.name), json!(p99));
        all.insert(case.name.to_owned(), json!({ "packets_per_second_in": case.plan.packets_per_second, "receivers": case.plan.receivers, "floor": floor, "ours": ours }));
    }
    keys.insert("cpu_1_10_over_best_peer".into(), json!(null));
    let _ = writeln!(markdown, "\nPeers:");
    for peer in peers {
        let _ = writeln!(
            markdown,
            "- {}: missing ({})",
            peer.name,
            peer.missing.unwrap_or("measured")
        );
    }
    keys.insert("conditions".into(), json!(conditions));
    keys.insert("rounds".into(), json!(rounds));
    keys.insert("cases".into(), all.into());
    keys.insert("peers".into(), json!(peers));
    Report {
        json: keys.into(),
        markdown,
    }
}

fn heading(conditions: &Conditions, rounds: usize) -> String {
    let versions: Vec<String> = conditions
        .versions
        .iter()
        .map(|(name, version)| format!("{name} {version}"))
        .collect();
    format!(
        "# One node's media loop beside the floor\n\n{} cores of {}, kernel {}, load {:.1} before the run; {}; seed {}; {rounds} interleaved rounds{}.\n\
         {}.\nCPU: thread time and its core's softirq, least of all rounds. Latency: median of rounds; added: paired by round.\n\n\
         | Case | forwarded/s of those asked | floor CPU µs | ours CPU µs | ours / floor | floor p50 / p99 µs | ours p50 / p99 µs | added p50 / p99 µs | arrived % |\n\
         |---|---|---|---|---|---|---|---|---|\n",
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

/// Writes `latest.json` and `latest.md` into a folder.
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
    Ok(())
}
