//! Makes a clip: cut, decoded from first to last, a poster, signed, checked once more; then it takes its name.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use sha2::{Digest as _, Sha256};

use crate::cut::{self, Input, RATE, Recipe};
use crate::sign::Unsigned;
use crate::verify::{Verdict, stamped};
use crate::{ClipError, Cut, Facts, Progress, Signer, Source, Stage, Tools, check, probe};

/// How long a program may take: so many times the film's length, and this much more.
const TIMES: u32 = 40;
const MORE: Duration = Duration::from_secs(120);

/// A finished clip: decode-checked and signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clip {
    /// `<sha256>.mp4` in the folder that was given.
    pub path: PathBuf,
    /// `<sha256>.jpg` beside it: a frame about a second in.
    pub poster: Option<PathBuf>,
    /// Of the whole file, signature included.
    pub sha256: [u8; 32],
    /// Its length in bytes.
    pub bytes: u64,
    /// How long it plays.
    pub length: Duration,
    /// What the time stamp authority said, UTC milliseconds; none where none is configured.
    pub time_stamp: Option<i64>,
}

/// What all of the work needs.
struct Work<'a> {
    tools: &'a Tools,
    facts: &'a Facts,
    signer: &'a Signer,
    folder: &'a Path,
    progress: &'a mut dyn FnMut(Progress),
    stop: &'a AtomicBool,
}

/// A folder for what is not finished; it goes when the work ends, however it ends.
struct Desk(PathBuf);

impl Desk {
    fn new(folder: &Path) -> io::Result<Self> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = folder.join(format!("{}-{number}.part", std::process::id()));
        // One that a crash left behind, of a process with the same number.
        let _ = fs::remove_dir_all(&path);
        fs::create_dir(&path)?;
        fs::set_permissions(&path, fs::Permissions::from_mode(0o700))?;
        Ok(Self(path))
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Cuts, checks and signs a clip of a take. Blocks, about as long as the film for one core; `progress` is called a few times
/// a second. `folder` exists.
///
/// # Errors
/// [`ClipError`]; nothing but the finished clip is left in `folder`.
#[expect(clippy::too_many_arguments, reason = "each is an input of its own")]
pub fn make(
    tools: &Tools,
    cut: &Cut,
    sources: &[Source],
    facts: &Facts,
    signer: &Signer,
    folder: &Path,
    progress: &mut dyn FnMut(Progress),
    stop: &AtomicBool,
) -> Result<Clip, ClipError> {
    let mut inputs = Vec::new();
    for source in cut::chosen(*cut, sources)? {
        let tracks = probe::tracks(tools, &source.path, false, stop)?;
        inputs.push(Input::new(source, &tracks));
    }
    let recipe = cut::recipe(*cut, &inputs, facts, tools.text)?;
    let mut work = Work {
        tools,
        facts,
        signer,
        folder,
        progress,
        stop,
    };
    work.finish(recipe, *cut == Cut::Pool, None)
}

/// A shorter whole of a clip: `from` to `to` within it, exact to a frame (25 a second), all its sounds with their names; a
/// clip of its own, signed anew, naming its parent. `facts.parent` is replaced by the SHA-256 of `clip`.
///
/// # Errors
/// [`ClipError`]; [`ClipError::Cut`] when the span is outside of the clip, all of it, or shorter than a second.
#[expect(clippy::too_many_arguments, reason = "each is an input of its own")]
pub fn shorten(
    tools: &Tools,
    clip: &Path,
    from: Duration,
    to: Duration,
    facts: &Facts,
    signer: &Signer,
    folder: &Path,
    progress: &mut dyn FnMut(Progress),
    stop: &AtomicBool,
) -> Result<Clip, ClipError> {
    let tracks = probe::tracks(tools, clip, false, stop)?;
    let listed = tracks
        .iter()
        .find(|track| track.picture)
        .map_or(0, |track| track.listed);
    let (first, last) = (nearest(from), nearest(to));
    if last > listed {
        return Err(ClipError::Cut("outside of the clip"));
    }
    if to < from.saturating_add(Duration::from_secs(1)) || last < first + RATE {
        return Err(ClipError::Cut("shorter than a second"));
    }
    if last - first == listed {
        return Err(ClipError::Cut("not shorter"));
    }
    let (parent, _) = digest(clip)?;
    let facts = Facts {
        parent: Some(parent),
        ..facts.clone()
    };
    let recipe = cut::shorter(clip, &tracks, first, last, &facts)?;
    let mut work = Work {
        tools,
        facts: &facts,
        signer,
        folder,
        progress,
        stop,
    };
    work.finish(recipe, false, Some(clip))
}

/// The picture that begins nearest to a moment.
fn nearest(moment: Duration) -> u64 {
    let micros = u64::try_from(moment.as_micros()).unwrap_or(u64::MAX / RATE - 500_000);
    (micros.saturating_mul(RATE).saturating_add(500_000)) / 1_000_000
}

impl Work<'_> {
    fn say(&mut self, stage: Stage, percent: u8) {
        (self.progress)(Progress { stage, percent });
    }

    /// A listener for a program that is at so many microseconds of `frames` pictures.
    fn heard(&mut self, stage: Stage, frames: u64) -> impl FnMut(u64) {
        let whole = frames.max(1) * 1_000_000 / RATE;
        move |micros| {
            let percent = u8::try_from(micros.min(whole) * 100 / whole.max(1)).unwrap_or(100);
            self.say(stage, percent);
        }
    }

    fn finish(&mut self, recipe: Recipe, composed: bool, parent: Option<&Path>) -> Result<Clip, ClipError> {
        let desk = Desk::new(self.folder).map_err(ClipError::failed("the folder of clips"))?;
        let (film, jpeg, signed) = (
            desk.0.join("film.mp4"),
            desk.0.join("poster.jpg"),
            desk.0.join("signed.mp4"),
        );
        let frames = recipe.frames;
        let length = Duration::from_millis(frames * 1_000 / RATE);
        let limit = MORE + length * TIMES;

        self.say(Stage::Cutting, 0);
        self.cut(recipe, &desk.0, &film, limit)?;

        self.say(Stage::Checking, 0);
        let (tools, stop) = (self.tools, self.stop);
        check::decode(
            tools,
            &film,
            frames,
            limit,
            &mut self.heard(Stage::Checking, frames),
            stop,
        )?;

        self.say(Stage::Poster, 0);
        check::poster(tools, &film, frames, &jpeg, stop)?;

        self.say(Stage::Signing, 0);
        let unsigned = Unsigned {
            film: &film,
            facts: self.facts,
            composed,
            parent,
        };
        self.signer.sign(&unsigned, &signed)?;
        let time_stamp = self.signed_well(&film, &signed)?;
        self.say(Stage::Signing, 100);
        self.name(&signed, &jpeg, length, time_stamp)
    }

    fn cut(&mut self, recipe: Recipe, desk: &Path, film: &Path, limit: Duration) -> Result<(), ClipError> {
        for (name, text) in &recipe.texts {
            write(&desk.join(name), text).map_err(ClipError::failed("the folder of clips"))?;
        }
        // Made here, so that it has its mode from the beginning.
        write(film, "").map_err(ClipError::failed("the folder of clips"))?;
        let mut arguments = recipe.arguments;
        // Relative, so that no letter of the folder's name is one of the program's.
        arguments.push("file:film.mp4".to_owned());
        let mut job = self.tools.ffmpeg(arguments, limit, self.stop);
        job.folder = Some(desk);
        let ran = job.run(&mut self.heard(Stage::Cutting, recipe.frames))?;
        if ran.success {
            Ok(())
        } else {
            Err(ClipError::Failed(probe::first_line(&ran.stderr)))
        }
    }

    /// What was signed holds what was checked, and anyone who has the root finds it valid. Gives back its time stamp.
    fn signed_well(&self, film: &Path, signed: &Path) -> Result<Option<i64>, ClipError> {
        check::same_packets(self.tools, film, signed, self.stop)?;
        let (report, time) = stamped(signed, &[self.signer.root_pem()])
            .map_err(|error| ClipError::Failed(format!("signed, but {error}")))?;
        if !matches!(report.verdict, Verdict::Valid { .. }) {
            return Err(ClipError::Failed(format!("signed, but {:?}", report.verdict)));
        }
        if self.signer.stamps() && time.is_none() {
            return Err(ClipError::TimeStamp("none in the signature".to_owned()));
        }
        Ok(time)
    }

    /// Gives the finished files their names.
    fn name(&self, signed: &Path, jpeg: &Path, length: Duration, time_stamp: Option<i64>) -> Result<Clip, ClipError> {
        let failed = ClipError::failed("the clip");
        let (sha256, bytes) = digest(signed)?;
        let name = hex::encode(sha256);
        let (path, poster) = (
            self.folder.join(format!("{name}.mp4")),
            self.folder.join(format!("{name}.jpg")),
        );
        fs::set_permissions(jpeg, fs::Permissions::from_mode(0o600)).map_err(&failed)?;
        File::open(jpeg).and_then(|jpeg| jpeg.sync_all()).map_err(&failed)?;
        // The poster first: a clip that is there is whole.
        fs::rename(jpeg, &poster).map_err(&failed)?;
        fs::rename(signed, &path).map_err(&failed)?;
        File::open(self.folder)
            .and_then(|folder| folder.sync_all())
            .map_err(&failed)?;
        Ok(Clip {
            path,
            poster: Some(poster),
            sha256,
            bytes,
            length,
            time_stamp,
        })
    }
}

fn write(path: &Path, text: &str) -> io::Result<()> {
    let mut options = OpenOptions::new();
    let mut file = options.write(true).create(true).truncate(true).mode(0o600).open(path)?;
    file.write_all(text.as_bytes())
}

/// SHA-256 and length of a file.
fn digest(path: &Path) -> Result<([u8; 32], u64), ClipError> {
    let failed = ClipError::failed("the clip");
    let mut file = File::open(path).map_err(&failed)?;
    let (mut hash, mut bytes, mut piece) = (Sha256::new(), 0_u64, vec![0; 1 << 20]);
    loop {
        let read = file.read(&mut piece).map_err(&failed)?;
        if read == 0 {
            return Ok((hash.finalize().into(), bytes));
        }
        bytes += read as u64;
        hash.update(piece.get(..read).unwrap_or_default());
    }
}
