//! What a newcomer meets first: how large the binary is, and how soon a demo is ready.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use anyhow::Context;

/// How long a demo may take to be ready.
const READY_MAX: Duration = Duration::from_secs(60);

/// The binary as it was found.
#[derive(Clone, Copy, Debug)]
pub struct Product {
    /// Its size in bytes.
    pub bytes: u64,
    /// From the start of `visavis demo` until it says that both nodes are ready and paired.
    pub demo: Duration,
}

/// Ends with the measurement, however that goes.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Measures a binary: the least of three starts.
///
/// # Errors
/// When it is not there, or its demo is not ready in time.
pub fn measure(binary: &Path) -> anyhow::Result<Product> {
    let bytes = fs::metadata(binary).context("the binary")?.len();
    let starts = [start(binary)?, start(binary)?, start(binary)?];
    Ok(Product {
        bytes,
        demo: starts.into_iter().min().unwrap_or_default(),
    })
}

fn start(binary: &Path) -> anyhow::Result<Duration> {
    let began = Instant::now();
    let mut command = Command::new(binary);
    command
        .args(["demo", "--json"])
        .stdin(Stdio::null())
        .stderr(Stdio::null());
    let mut running = Running(command.stdout(Stdio::piped()).spawn().context("the demo")?);
    let said = running.0.stdout.take().context("what the demo says")?;
    let (tell, told) = mpsc::channel();
    std::thread::spawn(move || {
        let mut line = String::new();
        let ready = BufReader::new(said).read_line(&mut line).is_ok_and(|bytes| bytes > 0);
        let _ = tell.send(ready.then(Instant::now));
    });
    let ready = told.recv_timeout(READY_MAX).context("the demo is not ready in time")?;
    let ready = ready.context("the demo ended before it was ready")?;
    Ok(ready.duration_since(began))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_binary_that_says_nothing_is_no_demo() {
        assert!(measure(Path::new("/nonexistent")).is_err());
        let said = measure(Path::new("/bin/true")).unwrap_err().to_string();
        assert!(said.contains("ended before"), "{said}");
        assert!(measure(Path::new("/bin/echo")).unwrap().demo > Duration::ZERO);
    }
}
