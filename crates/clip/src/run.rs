//! Runs a program beside us: at low priority, without an environment, within a time, with bounded output, and stoppable.

use std::io::{BufRead as _, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use crate::{ClipError, Tools};

/// What is kept of a program's standard error, and of its output where that is wanted. The rest is read and dropped.
const STDERR_MAX: usize = 4 << 10;
const STDOUT_MAX: usize = 1 << 20;
/// Longest line of `-progress`.
const LINE_MAX: u64 = 4 << 10;
/// How often it is looked whether to stop.
const LOOK: Duration = Duration::from_millis(100);
/// A program that says nothing of its progress for so long is stuck.
const STUCK: Duration = Duration::from_secs(180);

/// What a program left behind.
pub(crate) struct Ran {
    pub success: bool,
    pub stdout: String,
    pub stderr: String,
    /// The last `frame=` of `-progress`.
    pub frames: u64,
}

/// What the reader of standard output passes on.
enum News {
    /// Microseconds of film done.
    Time(u64),
    Frames(u64),
    Line(String),
}

/// How a program is to be run.
pub(crate) struct Job<'a> {
    pub tools: &'a Tools,
    /// `None` for `ffmpeg`, else another program of the tools.
    pub program: &'a Path,
    pub arguments: Vec<String>,
    pub folder: Option<&'a Path>,
    /// It is killed after so long.
    pub limit: Duration,
    pub stop: &'a AtomicBool,
}

/// A child that does not outlive us.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Job<'_> {
    fn command(&self) -> Command {
        // ffmpeg comes last to media: a call that is running needs the machine more.
        let mut command = match &self.tools.nice {
            Some(nice) => {
                let mut command = Command::new(nice);
                command.args(["-n", "15"]).arg(self.program);
                command
            }
            None => Command::new(self.program),
        };
        command
            .args(&self.arguments)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("LC_ALL", "C.UTF-8")
            .env("AV_LOG_FORCE_NOCOLOR", "1")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        if let Some(folder) = self.folder {
            command.current_dir(folder);
        }
        command
    }

    /// Runs it to its end. `heard` is told microseconds of film that are done.
    pub(crate) fn run(&self, heard: &mut dyn FnMut(u64)) -> Result<Ran, ClipError> {
        let name = self
            .program
            .file_name()
            .map_or_else(String::new, |name| name.to_string_lossy().into_owned());
        let child = self.command().spawn().map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => ClipError::NoTools("ffmpeg"),
            _ => ClipError::Failed(format!("{name}: {error}")),
        })?;
        let mut running = Running(child);
        let errors = running
            .0
            .stderr
            .take()
            .map(|pipe| thread::spawn(move || head_of(pipe, STDERR_MAX)));
        let (tell, news) = sync_channel(64);
        if let Some(pipe) = running.0.stdout.take() {
            thread::spawn(move || read_lines(pipe, &tell));
        }
        let (stdout, frames) = self.listen(&name, &news, heard)?;
        let success = running.0.wait().is_ok_and(|status| status.success());
        let stderr = errors.and_then(|reader| reader.join().ok()).unwrap_or_default();
        if !success && stderr.contains("No space left on device") {
            return Err(ClipError::DiskFull);
        }
        Ok(Ran {
            success,
            stdout,
            stderr,
            frames,
        })
    }

    /// Listens until the program closes its output.
    fn listen(
        &self,
        name: &str,
        news: &Receiver<News>,
        heard: &mut dyn FnMut(u64),
    ) -> Result<(String, u64), ClipError> {
        let begun = Instant::now();
        let (mut stdout, mut frames, mut last) = (String::new(), 0, begun);
        loop {
            match news.recv_timeout(LOOK) {
                Ok(News::Time(micros)) => {
                    last = Instant::now();
                    heard(micros);
                }
                Ok(News::Frames(count)) => frames = count,
                Ok(News::Line(line)) if stdout.len() + line.len() <= STDOUT_MAX => stdout.push_str(&line),
                Ok(News::Line(_)) | Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return Ok((stdout, frames)),
            }
            if self.stop.load(Ordering::Relaxed) {
                return Err(ClipError::Stopped);
            }
            if begun.elapsed() > self.limit || last.elapsed() > STUCK.min(self.limit) {
                return Err(ClipError::Failed(format!("{name} took too long")));
            }
        }
    }
}

fn head_of(mut pipe: impl Read, most: usize) -> String {
    let mut kept = Vec::new();
    let _ = (&mut pipe).take(most as u64).read_to_end(&mut kept);
    let _ = std::io::copy(&mut pipe, &mut std::io::sink());
    String::from_utf8_lossy(&kept).into_owned()
}

fn read_lines(pipe: impl Read, tell: &SyncSender<News>) {
    let mut pipe = BufReader::new(pipe);
    loop {
        let mut line = Vec::new();
        match (&mut pipe).take(LINE_MAX).read_until(b'\n', &mut line) {
            Ok(0) | Err(_) => return,
            Ok(_) => {}
        }
        let line = String::from_utf8_lossy(&line).into_owned();
        let news = match line.trim().split_once('=') {
            Some(("out_time_us", micros)) => micros.parse().ok().map(News::Time),
            Some(("frame", count)) => count.trim().parse().ok().map(News::Frames),
            _ => None,
        };
        if tell.send(news.unwrap_or(News::Line(line))).is_err() {
            return;
        }
    }
}
