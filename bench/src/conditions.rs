//! Under what a run was made: what a reader needs to judge it, and nothing that names the machine.

use std::fs;

/// The conditions of a run.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Conditions {
    /// Logical cores.
    pub cores: usize,
    /// The processor's family as it calls itself.
    pub cpu: String,
    /// Kernel release.
    pub kernel: String,
    /// One-minute load average at the start, without this run.
    pub load_before: f64,
    /// Versions of the parts that matter.
    pub versions: Vec<(String, String)>,
    /// Optimised build or not: numbers of the latter mean nothing.
    pub optimised: bool,
    /// Seed of all payloads.
    pub seed: u64,
    /// What both sides of the comparison do.
    pub work: &'static str,
}

/// Parts whose version is worth saying.
const PARTS: [&str; 4] = ["str0m", "dimpl", "aws-lc-rs", "tokio"];

impl Conditions {
    /// Reads them from the system.
    #[must_use]
    pub fn read(seed: u64) -> Self {
        let text = |path| fs::read_to_string(path).unwrap_or_default();
        let cpu = text("/proc/cpuinfo");
        let cpu = cpu
            .lines()
            .find_map(|l| l.strip_prefix("model name"))
            .and_then(|l| l.split_once(':'))
            .map(|(_, n)| n.trim());
        Self {
            cores: std::thread::available_parallelism().map_or(0, usize::from),
            cpu: cpu.unwrap_or("unknown").to_owned(),
            kernel: text("/proc/sys/kernel/osrelease").trim().to_owned(),
            load_before: text("/proc/loadavg")
                .split(' ')
                .next()
                .and_then(|l| l.parse().ok())
                .unwrap_or(0.0),
            versions: versions(include_str!("../../Cargo.lock")),
            optimised: !cfg!(debug_assertions),
            seed,
            work: "loopback, 1,100-byte payloads; ours: SRTP AES-256-GCM, TWCC, NACK and RTX on, sdes:mid until acknowledged, \
                   congestion control on; floor: recvfrom, AES-128-GCM open, N x (seal, sendto), no batching; others: a process on one core with an \
                   address of its own in a network namespace, reached as over loopback, with what they negotiate",
        }
    }
}

fn versions(lock: &str) -> Vec<(String, String)> {
    let value = |line: &str, key: &str| line.strip_prefix(key).map(|v| v.trim_matches('"').to_owned());
    let mut found = Vec::new();
    let mut name = String::new();
    for line in lock.lines() {
        if let Some(value) = value(line, "name = ") {
            name = value;
        } else if let Some(value) = value(line, "version = ")
            && PARTS.contains(&name.as_str())
        {
            found.push((name.clone(), value));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_found_in_the_lock() {
        let lock =
            "[[package]]\nname = \"str0m\"\nversion = \"0.25.0\"\n[[package]]\nname = \"x\"\nversion = \"1.0.0\"\n";
        assert_eq!(versions(lock), [("str0m".to_owned(), "0.25.0".to_owned())]);
    }
}
