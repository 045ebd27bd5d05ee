//! Runs the configured command when the other side asks for a call: a lamp, a pager, a bell in another room.
//!
//! The command gets no text from outside on its command line: the call's id and the far side's enrolled name come in the
//! environment. One runs at a time; it is stopped after [`LONGEST`].

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tokio::process::Command;

/// The longest that a ring command may run.
pub const LONGEST: Duration = Duration::from_secs(60);

/// The ring command of one node.
#[derive(Clone, Debug)]
pub struct Ring {
    command: Arc<[String]>,
    busy: Arc<AtomicBool>,
}

impl Ring {
    /// A ring that runs `command` (program and arguments); an empty one does nothing.
    pub fn new(command: &[String]) -> Self {
        Self {
            command: command.into(),
            busy: Arc::default(),
        }
    }

    /// Rings for a request from `far` about `call`.
    pub fn ring(&self, far: &str, call: &str) {
        let Some((program, arguments)) = self.command.split_first() else {
            return;
        };
        if self.busy.swap(true, Ordering::AcqRel) {
            return;
        }
        let mut command = Command::new(program);
        command
            .args(arguments)
            .env("VISAVIS_RING_FROM", far)
            .env("VISAVIS_RING_CALL", call)
            .stdin(std::process::Stdio::null())
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .kill_on_drop(true);
        let busy = Arc::clone(&self.busy);
        tokio::spawn(async move {
            match command.spawn() {
                Ok(mut child) => match tokio::time::timeout(LONGEST, child.wait()).await {
                    Ok(Ok(status)) if status.success() => {}
                    Ok(Ok(status)) => tracing::warn!(%status, "the ring command failed"),
                    Ok(Err(error)) => tracing::warn!(%error, "the ring command failed"),
                    Err(_) => tracing::warn!("the ring command ran too long and was stopped"),
                },
                Err(error) => tracing::warn!(%error, "the ring command could not be started"),
            }
            busy.store(false, Ordering::Release);
        });
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[tokio::test]
    async fn the_command_learns_who_rings() {
        let dir = tempfile::tempdir().unwrap();
        let out = dir.path().join("rang");
        let script = format!(
            "printf '%s %s' \"$VISAVIS_RING_FROM\" \"$VISAVIS_RING_CALL\" > {0}.part && mv {0}.part {0}",
            out.display()
        );
        let ring = Ring::new(&["/bin/sh".into(), "-c".into(), script]);
        ring.ring("Moscow", "c0ffee");
        tokio::time::timeout(Duration::from_secs(10), async {
            while !out.exists() {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        })
        .await
        .unwrap();
        assert_eq!(std::fs::read_to_string(out).unwrap(), "Moscow c0ffee");
    }
}
