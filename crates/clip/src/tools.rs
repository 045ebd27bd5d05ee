//! The programs that cut and check.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use crate::run::{Job, Ran};
use crate::{ClipError, NoTools};

/// `ffmpeg` and `ffprobe` as found on `PATH`, with what they can do.
#[derive(Clone, Debug)]
pub struct Tools {
    pub(crate) ffmpeg: PathBuf,
    pub(crate) ffprobe: PathBuf,
    pub(crate) nice: Option<PathBuf>,
    /// Whether names can be written into pictures: needs a font too.
    pub(crate) text: bool,
}

/// How long a question about the programs themselves may take.
const ASK: Duration = Duration::from_secs(30);

fn on_path(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .map(|folder| folder.join(name))
        .find(|file| executable(file))
}

fn executable(file: &Path) -> bool {
    file.metadata()
        .is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
}

impl Tools {
    /// Looks for `ffmpeg` and `ffprobe`, and whether they encode H.264 (`libx264`) and AAC. Runs `ffmpeg` twice.
    ///
    /// # Errors
    /// The first thing that is missing.
    pub fn find() -> Result<Self, NoTools> {
        let mut tools = Self {
            ffmpeg: on_path("ffmpeg").ok_or(NoTools::Missing("ffmpeg"))?,
            ffprobe: on_path("ffprobe").ok_or(NoTools::Missing("ffprobe"))?,
            nice: on_path("nice"),
            text: false,
        };
        let encoders = tools
            .ask(&["-hide_banner", "-v", "error", "-encoders"])
            .ok_or(NoTools::Missing("ffmpeg"))?;
        for encoder in ["libx264", "aac"] {
            if !encoders.stdout.split_whitespace().any(|word| word == encoder) {
                return Err(NoTools::Lacks(encoder));
            }
        }
        let write = "color=s=64x64:d=0.04,drawtext=text=x";
        let wrote = tools.ask(&["-nostdin", "-v", "error", "-f", "lavfi", "-i", write, "-f", "null", "-"]);
        tools.text = wrote.is_some_and(|ran| ran.stderr.is_empty());
        Ok(tools)
    }

    /// Whether names can be written where a side has no pictures: `ffmpeg` needs a font for it.
    #[must_use]
    pub fn writes_names(&self) -> bool {
        self.text
    }

    fn ask(&self, arguments: &[&str]) -> Option<Ran> {
        let never = AtomicBool::new(false);
        let job = self.ffmpeg(arguments.iter().map(|word| (*word).to_owned()).collect(), ASK, &never);
        job.run(&mut |_| {}).ok().filter(|ran| ran.success)
    }

    pub(crate) fn ffmpeg<'a>(&'a self, arguments: Vec<String>, limit: Duration, stop: &'a AtomicBool) -> Job<'a> {
        Job {
            tools: self,
            program: &self.ffmpeg,
            arguments,
            folder: None,
            limit,
            stop,
        }
    }

    pub(crate) fn ffprobe<'a>(&'a self, arguments: Vec<String>, limit: Duration, stop: &'a AtomicBool) -> Job<'a> {
        Job {
            program: &self.ffprobe,
            ..self.ffmpeg(arguments, limit, stop)
        }
    }
}

/// A file as an input that is nothing but a file, whatever it is called: no pattern, no playlist, no network.
pub(crate) fn file(path: &Path) -> Result<String, ClipError> {
    // The programs run in folders of their own.
    let path = std::path::absolute(path).map_err(ClipError::failed("a path"))?;
    let path = path.to_str().ok_or(ClipError::Cut("a path that is not UTF-8"))?;
    Ok(format!("file:{path}"))
}
