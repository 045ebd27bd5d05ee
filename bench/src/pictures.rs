//! Which pictures are drawn of a report.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

use crate::plots::{Frame, Series, bars, lines};

/// Draws what a report holds into a folder: `cpu.svg` and, of a whole run, `loss.svg`.
///
/// # Errors
/// As the file system says.
pub fn draw(report: &Value, folder: &Path) -> anyhow::Result<()> {
    let title = "CPU for each forwarded packet, one publisher and ten receivers, microseconds";
    bars(&folder.join("cpu.svg"), title, &cpu(&report["cases"]["1_10"]))?;
    let frame = Frame {
        title: "Frames whole in time, of a call over a lossy link",
        x: "loss in both directions, %",
        y: "frames whole within 300 ms and a round trip, %",
    };
    lines(
        &folder.join("loss.svg"),
        frame,
        (90.0, 100.0),
        &whole(&report["line"]["loss"]),
    )
}

fn cpu(case: &Value) -> Vec<(String, f64)> {
    let named = |name: &str, side: &Value| Some((name.to_owned(), side["cpu_us"].as_f64()?));
    let peers = case["peers"].as_object().into_iter().flatten();
    [
        named("floor, no batching", &case["floor"]),
        named("Visavis", &case["ours"]),
    ]
    .into_iter()
    .chain(peers.map(|(name, side)| named(name, side)))
    .flatten()
    .collect()
}

/// A line for each round trip and kind of loss, of calls whose both sides send without a bound of their own.
fn whole(loss: &Value) -> Vec<Series> {
    let measured: Vec<&Value> = loss.as_array().into_iter().flatten().collect();
    let most = measured
        .iter()
        .filter_map(|one| one["condition"]["most_kbps"].as_u64())
        .max();
    let mut series: BTreeMap<(u64, u64), Vec<(f64, f64)>> = BTreeMap::new();
    for one in measured {
        let condition = &one["condition"];
        let (Some(round_trip), Some(burst), Some(percent), Some(whole)) = (
            condition["round_trip_ms"].as_u64(),
            condition["burst"].as_u64(),
            condition["loss_percent"].as_f64(),
            one["whole_percent"].as_f64(),
        ) else {
            continue;
        };
        if condition["two_way"] == Value::Bool(true) && condition["most_kbps"].as_u64() == most {
            series.entry((round_trip, burst)).or_default().push((percent, whole));
        }
    }
    let name = |(round_trip, burst)| match burst {
        0 | 1 => format!("{round_trip} ms there and back, independent losses"),
        _ => format!("{round_trip} ms there and back, in bursts of {burst}"),
    };
    series
        .into_iter()
        .map(|(key, mut points)| {
            points.sort_by(|a, b| a.0.total_cmp(&b.0));
            Series {
                name: name(key),
                points,
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn pictures_take_what_belongs_together() {
        let one = |rtt: u64, loss: u64, whole: f64, two_way: bool| {
            json!({
                "condition": { "round_trip_ms": rtt, "burst": 1, "loss_percent": loss, "most_kbps": 2500, "two_way": two_way },
                "whole_percent": whole,
            })
        };
        let loss = json!([one(50, 30, 99.5, true), one(50, 0, 100.0, true), one(50, 30, 60.0, false), { "missing": "no port" }]);
        let series = whole(&loss);
        assert_eq!(series.len(), 1);
        assert_eq!(series[0].points, [(0.0, 100.0), (30.0, 99.5)]);
        let case =
            json!({ "floor": { "cpu_us": 4.0 }, "ours": { "cpu_us": 7.0 }, "peers": { "Janus": { "cpu_us": 16.0 } } });
        let names: Vec<String> = cpu(&case).into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["floor, no batching", "Visavis", "Janus"]);
        assert!(cpu(&Value::Null).is_empty());
    }
}
