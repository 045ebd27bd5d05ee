//! Where a forwarder runs: a network namespace of its own, and a child process that ends with whoever started it.
//!
//! The namespace lives as long as a process in it, and that process as long as its standard input: nothing is left
//! behind, however the program ends.

use std::fs::File;
use std::io::{BufRead, BufReader, ErrorKind};
use std::net::{IpAddr, Ipv4Addr};
use std::os::fd::AsFd as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};
use tempfile::TempDir;

use crate::load::Subject;
use crate::measure::{Spent, pin, spent_by};

/// The address of everything in a place. Packets to it take the same way as over loopback; some forwarders gather no
/// candidate there.
pub const ADDRESS: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 77, 0, 1));
const LAY_OUT: &str = "ip link set lo up && ip link add bench0 type veth peer name bench1 && \
     echo 1 > /proc/sys/net/ipv6/conf/all/disable_ipv6 && \
     ip addr add 10.77.0.1/24 dev bench0 && ip link set bench0 up && ip link set bench1 up && echo up && exec cat";
/// Lines of a forwarder's log that are told when it fails.
const LAST_LINES: usize = 3;

/// A network namespace in which the calling thread, and what it starts, runs.
pub struct Place {
    holder: Child,
}

impl Place {
    /// Makes one and moves the calling thread there for good.
    ///
    /// # Errors
    /// Without the right to, or the means.
    pub fn enter() -> anyhow::Result<Self> {
        let mut holder = Command::new("unshare")
            .args(["--net", "sh", "-c", LAY_OUT])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .context("unshare")?;
        let mut said = String::new();
        if let Some(out) = holder.stdout.take() {
            BufReader::new(out).read_line(&mut said)?;
        }
        let place = Self { holder };
        ensure!(said == "up\n", "no network namespace: it takes root, unshare and ip");
        let namespace = File::open(format!("/proc/{}/ns/net", place.holder.id()))?;
        move_into_link_name_space(namespace.as_fd(), Some(LinkNameSpaceType::Network))?;
        Ok(place)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = self.holder.kill();
        let _ = self.holder.wait();
    }
}

/// A forwarder's process on its core; killed when dropped, or when the thread that started it ends.
pub struct Program {
    child: Child,
    /// The process that forwards.
    watched: u32,
    core: usize,
    folder: TempDir,
}

impl Program {
    /// Starts it on `core`, and leaves the calling thread on the next. `arguments` are told the folder for its files.
    ///
    /// # Errors
    /// When it does not start.
    pub fn start(
        program: &Path,
        core: usize,
        arguments: impl FnOnce(&Path) -> anyhow::Result<Vec<String>>,
    ) -> anyhow::Result<Self> {
        let folder = TempDir::new()?;
        let log = File::create(folder.path().join("log"))?;
        let arguments = arguments(folder.path())?;
        let _ = pin(core);
        let child = Command::new("setpriv")
            .args(["--pdeathsig", "KILL"])
            .arg(program)
            .args(arguments)
            .current_dir(folder.path())
            .env("GOMAXPROCS", "1")
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn();
        let _ = pin(core + 1);
        let child = child.context("setpriv")?;
        Ok(Self {
            watched: child.id(),
            child,
            core,
            folder,
        })
    }

    /// Watches another process than the one started: one that it has started itself.
    pub fn watch(&mut self, process: u32) {
        self.watched = process;
    }

    /// What a failure is better told with: the last that it said.
    #[must_use]
    pub fn last_words(&mut self) -> String {
        let log = std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
        let lines: Vec<&str> = log.lines().filter(|line| !line.trim().is_empty()).collect();
        let ended = match self.child.try_wait() {
            Ok(Some(status)) => format!("ended ({status}), "),
            _ => String::new(),
        };
        format!(
            "{ended}last said: {}",
            lines[lines.len().saturating_sub(LAST_LINES)..].join(" | ")
        )
    }
}

impl Subject for Program {
    fn spent(&self) -> Spent {
        spent_by(self.watched, self.core)
    }

    fn forwarded(&self) -> anyhow::Result<Option<u64>> {
        Ok(None)
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Runs a program to its end and gives its first line of output that is not empty.
///
/// # Errors
/// When it is not there, fails, says nothing, or takes longer than `time`: with the last line that it said.
pub fn say(command: &mut Command, time: Duration) -> anyhow::Result<String> {
    let log = tempfile::NamedTempFile::new()?;
    let name = command.get_program().to_string_lossy().into_owned();
    let child = command
        .stdin(Stdio::null())
        .stdout(log.reopen()?)
        .stderr(log.reopen()?)
        .spawn();
    let mut child = match child {
        Err(error) if error.kind() == ErrorKind::NotFound => bail!("{name} is not installed"),
        child => child?,
    };
    let start = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break status;
        }
        if start.elapsed() > time {
            child.kill()?;
            child.wait()?;
            bail!("{name} took longer than {time:?}");
        }
        std::thread::sleep(Duration::from_millis(10));
    };
    let said = std::fs::read_to_string(log.path())?;
    let mut lines = said.lines().map(str::trim).filter(|line| !line.is_empty());
    let line = if status.success() {
        lines.next()
    } else {
        lines.next_back()
    };
    let line = line.unwrap_or("nothing said").to_owned();
    ensure!(status.success(), "{name}: {line}");
    Ok(line)
}
