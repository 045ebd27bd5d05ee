//! What the line measured, as keys for machines and as text for readers. What could not be measured is said, with the reason.

use std::fmt::Write as _;

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::plan::Measured;
use super::{added, loss, machine::Machine, speech, start};

/// The line's part of a report.
pub struct Report {
    /// The targets' keys, and all details under `line`.
    pub keys: Map<String, Value>,
    /// For readers.
    pub markdown: String,
}

/// Details, or why there are none.
fn details<T: Serialize>(result: &Result<T, String>) -> Value {
    match result {
        Ok(value) => json!(value),
        Err(why) => json!({ "missing": why }),
    }
}

fn all<T: Serialize>(results: &[Result<T, String>]) -> Value {
    results.iter().map(details).collect()
}

/// Sums it up.
#[must_use]
pub fn summarise(measured: &Measured) -> Report {
    let mut keys = Map::new();
    let mut markdown = String::from(
        "\n# The line: two media loops and the link between them\n\nBoth nodes, the network and both terminals in this \
         process, in real time. A call: both sides send a picture of at most 2.5 Mb/s, as the node's rate tells them, and \
         sealed Opus of 32 kb/s in packets of 20 ms; what arrives at one side counts. Loss is on the link, in both \
         directions. *starved*: less than a fifth of the machine was idle. *late*: one datagram in a hundred left the \
         wire more than 5 ms too late, which a virtual machine with nothing to do can bring about as well.\n",
    );
    say_loss(measured, &mut keys, &mut markdown);
    say_added(measured, &mut keys, &mut markdown);
    say_start(measured, &mut keys, &mut markdown);
    if !measured.quick {
        say_step(measured, &mut keys, &mut markdown);
        say_speech(measured, &mut keys, &mut markdown);
        say_memory(measured, &mut keys, &mut markdown);
    }
    keys.insert(
        "line".into(),
        json!({
            "seed": measured.seed,
            "quick": measured.quick,
            "loss": all(&measured.loss),
            "added": details(&measured.added),
            "added_over_50_ms": details(&measured.added_wire),
            "start": details(&measured.start),
            "start_over_100_ms": details(&measured.start_far),
            "step": all(&measured.step),
            "speech": all(&measured.speech),
            "speech_in_long_packets": all(&measured.speech_long),
            "memory": details(&measured.memory),
        }),
    );
    Report { keys, markdown }
}

/// How the machine did, in a table's cell.
fn machine(machine: Machine) -> String {
    let starved = if machine.is_starved() { ", *starved*" } else { "" };
    let late = if machine.is_late() { ", *late*" } else { "" };
    format!(
        "{:.0} % idle, wire late {:.1} ms{starved}{late}",
        machine.idle * 100.0,
        machine.wire_late_ms_p99
    )
}

fn rounded(value: f64) -> Value {
    json!((value * 1_000.0).round() / 1_000.0)
}

/// The key of a condition that has a target.
fn key_of(condition: &loss::Condition) -> Option<String> {
    let call = condition.two_way && condition.burst == 1 && condition.most_kbps > 2_000;
    let has_target = [20, 30].contains(&condition.loss_percent) && call;
    has_target.then(|| format!("video_whole_{}ms_{}", condition.round_trip_ms, condition.loss_percent))
}

fn say_loss(measured: &Measured, keys: &mut Map<String, Value>, text: &mut String) {
    text.push_str(
        "\n## Loss\n\nWhole: all packets there within 300 ms and a round trip of the frame's sending. Freeze: over three \
         frames and over a frame and 150 ms between two frames that can be shown. Concealed: sound not there within \
         100 ms and one way.\n\n\
         | Round trip, loss | Frames whole % | at the far node % | late / lost base / lost upper | Freezes (s) | Sound concealed % | Told kb/s | Machine |\n\
         |---|---|---|---|---|---|---|---|\n",
    );
    for result in &measured.loss {
        let one = match result {
            Ok(one) => one,
            Err(why) => {
                let _ = writeln!(text, "| missing: {why} | | | | | | | |");
                continue;
            }
        };
        let (condition, outcome) = (&one.condition, &one.outcome);
        if let Some(key) = key_of(condition) {
            keys.insert(key, rounded(one.whole_percent));
            if (condition.round_trip_ms, condition.loss_percent) == (130, 30) {
                keys.insert("sound_concealed_30".into(), rounded(one.concealed_percent));
            }
        }
        let mut name = format!("{} ms, {} %", condition.round_trip_ms, condition.loss_percent);
        if condition.burst > 1 {
            let _ = write!(name, " in bursts of {}", condition.burst);
        }
        if !condition.two_way {
            name.push_str(", one side sends");
        }
        if condition.most_kbps < 2_500 {
            let _ = write!(name, ", at most {} kb/s", condition.most_kbps);
        }
        let _ = writeln!(
            text,
            "| {name} | {:.2} | {:.2} | {} / {} / {} | {} ({:.1}) | {:.2} | {} | {} |",
            one.whole_percent,
            one.at_node.whole_percent(),
            outcome.late,
            outcome.lost_base,
            outcome.lost_upper,
            outcome.freezes,
            outcome.frozen_ms as f64 / 1_000.0,
            one.concealed_percent,
            one.rate_kbps,
            machine(one.machine)
        );
    }
}

fn say_added(measured: &Measured, keys: &mut Map<String, Value>, text: &mut String) {
    text.push_str(
        "\n## Latency added by two nodes and the link\n\nOne side sends. Over the link's delay and the floor's, paired by \
         round: median of the differences. The link paces pictures, so the tail is the end of large frames; sound is not \
         paced.\n\n\
         | Link | added p50 / p99 ms | of sound p50 / p99 ms | floor p50 / p99 ms | Machine |\n|---|---|---|---|---|\n",
    );
    let rows = [("loopback", &measured.added), ("50 ms, a wire", &measured.added_wire)];
    for (name, result) in rows {
        let rounds = match result {
            Ok(rounds) if !rounds.is_empty() => rounds,
            Ok(_) => continue,
            Err(why) => {
                let _ = writeln!(text, "| {name} | missing: {why} | | | |");
                continue;
            }
        };
        let of = |of: fn(&added::Round) -> f64| added::median(rounds, of);
        let (p50, p99) = (
            of(|r| r.all.p50_ms - r.floor.p50_ms),
            of(|r| r.all.p99_ms - r.floor.p99_ms),
        );
        if name == "loopback" {
            keys.insert("two_nodes_added_ms_p50".into(), rounded(p50));
            keys.insert("two_nodes_added_ms_p99".into(), rounded(p99));
        }
        let worst = rounds
            .iter()
            .map(|r| r.machine)
            .min_by(|a, b| a.idle.total_cmp(&b.idle));
        let _ = writeln!(
            text,
            "| {name} | {p50:.2} / {p99:.2} | {:.2} / {:.2} | {:.2} / {:.2} | {} |",
            of(|r| r.sound.p50_ms - r.floor.p50_ms),
            of(|r| r.sound.p99_ms - r.floor.p99_ms),
            of(|r| r.floor.p50_ms),
            of(|r| r.floor.p99_ms),
            worst.map(machine).unwrap_or_default()
        );
    }
}

fn say_start(measured: &Measured, keys: &mut Map<String, Value>, text: &mut String) {
    text.push_str(
        "\n## Start, in round trips\n\nThe receiver's way to its node takes 100 ms there and back; offer and answer are one \
         of them. The other side sends already.\n\n\
         | Link | | answer | connected | first media | first whole key frame after that |\n|---|---|---|---|---|---|\n",
    );
    let rows = [
        ("loopback", &measured.start),
        ("100 ms there and back", &measured.start_far),
    ];
    for (name, result) in rows {
        let starts = match result {
            Ok(starts) => starts,
            Err(why) => {
                let _ = writeln!(text, "| {name} | missing: {why} | | | | |");
                continue;
            }
        };
        let mut worst = (0.0f64, 0.0f64);
        for cold in [true, false] {
            let some: Vec<_> = starts.iter().filter(|start| start.cold == cold).collect();
            let median = |of: fn(&start::Start) -> f64| {
                let mut values: Vec<f64> = some.iter().map(|start| of(start)).collect();
                values.sort_by(f64::total_cmp);
                values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
            };
            let (media, extra) = (median(|s| s.media_rtt), median(|s| s.frame_extra_rtt));
            worst = (worst.0.max(media), worst.1.max(extra));
            let _ = writeln!(
                text,
                "| {name} | {} | {:.2} | {:.2} | {media:.2} | {extra:.2} |",
                if cold { "cold" } else { "rejoining, median" },
                median(|s| s.answer_rtt),
                median(|s| s.connected_rtt),
            );
        }
        // Without a delay on the link, what is counted is the way to the browser alone.
        if name == "loopback" {
            keys.insert("first_media_rtt".into(), rounded(worst.0));
            keys.insert("first_frame_extra_rtt".into(), rounded(worst.1));
        }
    }
}

fn say_step(measured: &Measured, keys: &mut Map<String, Value>, text: &mut String) {
    text.push_str(
        "\n## A link that steps 2.5 → 0.3 → 2.5 Mb/s\n\n60 ms round trip, both directions step, a queue that keeps two \
         seconds; 15 s narrow, 20 s after. Queue: share of time from 5 s before the step down to the end. Back: the \
         publisher may send 90 % of what it did.\n\n\
         | | queue p95 / narrow p95 / most ms | sound concealed | told before / narrow kb/s | back after s | freezes (s) | Machine |\n\
         |---|---|---|---|---|---|---|\n",
    );
    for result in &measured.step {
        let one = match result {
            Ok(one) => one,
            Err(why) => {
                let _ = writeln!(text, "| missing: {why} | | | | | | |");
                continue;
            }
        };
        if one.two_way {
            keys.insert("step_queue_ms_p95".into(), rounded(one.queue_ms_p95));
            keys.insert("step_recover_s".into(), one.recover_s.map_or(Value::Null, rounded));
        }
        let _ = writeln!(
            text,
            "| {} | {:.0} / {:.0} / {:.0} | {:.2} % ({:.1} s) | {:.0} / {:.0} | {} | {} ({:.1}) | {} |",
            if one.two_way {
                "both sides send"
            } else {
                "one side sends"
            },
            one.queue_ms_p95,
            one.queue_narrow_ms_p95,
            one.queue_ms_max,
            one.concealed_percent,
            one.concealed_ms as f64 / 1_000.0,
            one.before_kbps,
            one.narrow_kbps,
            one.recover_s.map_or("not in 20".to_owned(), |s| format!("{s:.1}")),
            one.outcome.freezes,
            one.outcome.frozen_ms as f64 / 1_000.0,
            machine(one.machine)
        );
    }
}

fn say_speech(measured: &Measured, keys: &mut Map<String, Value>, text: &mut String) {
    let _ = writeln!(
        text,
        "\n## The narrowest link for speech\n\n60 ms round trip, both sides speak, IP headers counted, a queue of 500 ms; \
         whole: at most {} % concealed.\n",
        speech::WHOLE_PERCENT
    );
    let rows = [
        (
            "as the terminals send it, 80 bytes and the seal each 20 ms",
            &measured.speech,
        ),
        (
            "Opus at 20 kb/s in packets of 60 ms, which no terminal sends yet",
            &measured.speech_long,
        ),
    ];
    for (number, (name, results)) in rows.into_iter().enumerate() {
        let known: Vec<_> = results.iter().filter_map(|result| result.as_ref().ok()).collect();
        let narrowest = speech::narrowest(known.iter().map(|one| (one.kbps, one.concealed_percent)).collect());
        let key = ["speech_min_kbps", "speech_long_packets_min_kbps"][number];
        keys.insert(key.into(), json!(narrowest));
        let widths: Vec<String> = known
            .iter()
            .map(|one| format!("{} kb/s {:.1} %", one.kbps, one.concealed_percent))
            .collect();
        let least = narrowest.map_or("none of these".to_owned(), |kbps| format!("{kbps} kb/s"));
        let starved = known.iter().filter(|one| one.machine.is_starved()).count();
        let _ = writeln!(
            text,
            "- {name}: **{least}**. Concealed: {}. Starved: {starved} of {}.",
            widths.join(", "),
            results.len()
        );
    }
}

fn say_memory(measured: &Measured, keys: &mut Map<String, Value>, text: &mut String) {
    match &measured.memory {
        Ok(memory) => {
            keys.insert("memory_per_participant_mb".into(), rounded(memory.each_mb));
            let _ = writeln!(
                text,
                "\n## Memory\n\n{} receivers more, sound and picture: {:.2} MB each, the load's own end of the connection \
                 included.",
                memory.participants, memory.each_mb
            );
        }
        Err(why) => {
            let _ = writeln!(text, "\n## Memory\n\nMissing: {why}.");
        }
    }
}
