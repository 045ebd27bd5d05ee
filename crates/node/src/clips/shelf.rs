//! Clips on the disk: `<sha256>.mp4` and `.jpg` as they were made, and `<sha256>.json` that tells what they are.
//!
//! What is damaged is left where it is, left out, and logged.

use std::{
    fs::{self, File},
    io::{self, Read as _},
    path::{Path, PathBuf},
};

use call::{CallId, Hash, SideId};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::{CLIPS_MAX, Draft, KeptBy, Wish};
use crate::{
    api::{ClipCut, Hex32},
    disk,
    recorder::FootageOf,
};

const VERSION: u8 = 1;
/// Longest text that a clip's file may hold.
const TEXT_BYTES_MAX: usize = 512;
/// Most names in one.
const NAMES_MAX: usize = 64;
/// Longest clip: a day.
const MS_MAX: u64 = 86_400_000;
/// Files of one kind that are looked at in one folder.
const LOOKED_MAX: usize = 4 * CLIPS_MAX;
/// What a shorter whole that is wanted is called on the disk.
const WISH: &str = "wish";
/// And a recall that is still to be said.
const RECALL: &str = "recall";
/// The file of notes of a call, and how many it has room for: releases and their recalls are bounded by the rules.
const NOTES: &str = "clips.json";
const NOTES_MAX: usize = 128;

/// What a clip is cut of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum KeptCut {
    Pool,
    Side(Hex32),
}

impl KeptCut {
    pub(crate) fn of_side(side: SideId) -> Self {
        Self::Side(Hex32(side.0))
    }

    pub(crate) fn view(self) -> (ClipCut, Option<String>) {
        match self {
            Self::Pool => (ClipCut::Pool, None),
            Self::Side(side) => (ClipCut::Side, Some(SideId(side.0).to_string())),
        }
    }
}

/// All that is known of a clip besides what the statements say.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Kept {
    version: u8,
    call: Hex32,
    footage: u32,
    sha256: Hex32,
    pub(crate) cut: KeptCut,
    /// The name under which it is saved.
    pub(crate) file: String,
    pub(crate) bytes: u64,
    /// How long it plays.
    pub(crate) ms: u64,
    /// When what it shows began, UTC milliseconds.
    pub(crate) from: i64,
    /// The close that its footage was trimmed to when it was made.
    pub(crate) closed: i64,
    pub(crate) made: i64,
    shortens: Option<Hex32>,
    pub(crate) by: Option<KeptBy>,
    pub(crate) poster: bool,
    pub(crate) signed_by: String,
    pub(crate) time_stamp: Option<i64>,
    pub(crate) sounds: Vec<String>,
    /// The names of the sides that are seen or heard in it.
    pub(crate) sides: Vec<String>,
}

impl Kept {
    /// Of what was made.
    pub(crate) fn of(of: FootageOf, draft: &Draft, made: &clip::Clip, now_ms: i64) -> Self {
        let digits = hex::encode(made.sha256.get(..4).unwrap_or_default());
        Self {
            version: VERSION,
            call: Hex32(of.call.0),
            footage: of.number,
            sha256: Hex32(made.sha256),
            cut: draft.cut,
            file: format!("{}-{digits}.mp4", draft.stem),
            bytes: made.bytes,
            ms: u64::try_from(made.length.as_millis()).unwrap_or(MS_MAX),
            from: draft.from,
            closed: draft.closed,
            made: now_ms,
            shortens: draft.shortens.map(|clip| Hex32(clip.0)),
            by: draft.by.clone(),
            poster: made.poster.is_some(),
            signed_by: draft.signed_by.clone(),
            time_stamp: made.time_stamp,
            sounds: draft.sounds.clone(),
            sides: draft.sides.clone(),
        }
    }

    /// SHA-256 of its file: its name everywhere.
    pub(crate) fn hash(&self) -> Hash {
        Hash(self.sha256.0)
    }

    /// Its footage.
    pub(crate) fn footage(&self) -> FootageOf {
        FootageOf {
            call: CallId(self.call.0),
            number: self.footage,
        }
    }

    /// The clip that it is a shorter whole of.
    pub(crate) fn shortens(&self) -> Option<Hash> {
        self.shortens.map(|clip| Hash(clip.0))
    }

    fn film(&self) -> String {
        format!("{}.mp4", self.hash())
    }

    /// Where its film is, and its poster.
    pub(crate) fn paths(&self, data: &Path) -> (PathBuf, Option<PathBuf>) {
        let folder = super::folder(data, self.footage());
        let poster = self.poster.then(|| folder.join(format!("{}.jpg", self.hash())));
        (folder.join(self.film()), poster)
    }

    /// Writes down what it is: only then is it there.
    pub(crate) fn write(&self, folder: &Path) -> io::Result<()> {
        disk::write(folder, &format!("{}.json", self.hash()), self)
    }

    /// Whether it can be, in this place.
    fn fits(&self, of: FootageOf, name: &str) -> bool {
        let text = |text: &String| text.len() <= TEXT_BYTES_MAX && !text.chars().any(char::is_control);
        let names = |names: &[String]| names.len() <= NAMES_MAX && names.iter().all(text);
        let by = self.by.as_ref();
        self.version == VERSION
            && self.footage() == of
            && name == self.hash().to_string()
            && (1..=MS_MAX).contains(&self.ms)
            && text(&self.file)
            && !self.file.contains(['/', '\\', '"'])
            && text(&self.signed_by)
            && by.is_none_or(|by| text(&by.seat) && text(&by.name))
            && names(&self.sounds)
            && names(&self.sides)
    }
}

/// Names in a folder that end so, without the ending; in order.
fn named(folder: &Path, ending: &str) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut names: Vec<String> = entries
        .filter_map(|entry| entry.file_name().into_string().ok())
        .filter_map(|name| name.strip_suffix(ending)?.strip_suffix('.').map(str::to_owned))
        .take(LOOKED_MAX)
        .collect();
    names.sort_unstable();
    names
}

/// Throws away what was half made when a start of the node ended.
pub(super) fn sweep(folder: &Path) {
    for name in named(folder, disk::PART) {
        let path = folder.join(format!("{name}.{}", disk::PART));
        let gone = if path.is_dir() {
            fs::remove_dir_all(&path)
        } else {
            fs::remove_file(&path)
        };
        if let Err(error) = gone {
            tracing::warn!(%error, path = %path.display(), "half a file stays behind");
        }
    }
}

/// Finds the clips of a footage, oldest first: those whose file is what it is called. `stop` ends the looking.
pub(super) fn look(folder: &Path, of: FootageOf, stop: &dyn Fn() -> bool) -> Vec<Kept> {
    let mut clips = Vec::new();
    for name in named(folder, "json") {
        if clips.len() >= CLIPS_MAX || stop() {
            break;
        }
        match read(folder, of, &name, stop) {
            Ok(clip) => clips.push(clip),
            Err(_) if stop() => break,
            Err(error) => {
                tracing::error!(%error, call = ?of.call, footage = of.number, clip = ?name.get(..8), "a clip is damaged and left out")
            }
        }
    }
    clips.sort_by_key(|clip| (clip.made, clip.hash()));
    clips
}

fn read(folder: &Path, of: FootageOf, name: &str, stop: &dyn Fn() -> bool) -> io::Result<Kept> {
    let wrong = |what| io::Error::new(io::ErrorKind::InvalidData, what);
    let mut kept: Kept = disk::read(&folder.join(format!("{name}.json")))?;
    if !kept.fits(of, name) {
        return Err(wrong("what is said of it cannot be"));
    }
    let film = folder.join(kept.film());
    if fs::metadata(&film)?.len() != kept.bytes || hash(&film, stop)? != kept.sha256.0 {
        return Err(wrong("its file is another one"));
    }
    kept.poster &= folder.join(format!("{}.jpg", kept.hash())).is_file();
    Ok(kept)
}

/// The SHA-256 of a file.
fn hash(path: &Path, stop: &dyn Fn() -> bool) -> io::Result<[u8; 32]> {
    let mut file = File::open(path)?;
    let mut hasher = Sha256::new();
    let mut bytes = vec![0; 256 * 1024];
    loop {
        if stop() {
            return Err(io::ErrorKind::Interrupted.into());
        }
        match file.read(&mut bytes)? {
            0 => return Ok(hasher.finalize().into()),
            read => hasher.update(bytes.get(..read).unwrap_or_default()),
        }
    }
}

impl Wish {
    fn name(&self) -> String {
        format!("{}-{}-{}.{WISH}", Hash(self.clip.0), self.from_ms, self.to_ms)
    }
}

/// Keeps a wish until it is fulfilled.
pub(crate) fn wish(folder: &Path, wish: &Wish) -> io::Result<()> {
    disk::write(folder, &wish.name(), wish)
}

/// It is fulfilled, or nothing any more.
pub(crate) fn forget_wish(folder: &Path, wish: &Wish) {
    if let Err(error) = fs::remove_file(folder.join(wish.name())) {
        tracing::warn!(%error, "a shorter whole that is there already may be made again");
    }
}

/// The wishes of a footage.
pub(super) fn wishes(folder: &Path) -> Vec<Wish> {
    let names = named(folder, WISH).into_iter().take(CLIPS_MAX);
    let read = |name: String| {
        let path = folder.join(format!("{name}.{WISH}"));
        match disk::read::<Wish>(&path) {
            Ok(wish) if wish.name() == format!("{name}.{WISH}") && wish.from_ms < wish.to_ms => Some(wish),
            _ => {
                tracing::error!(path = %path.display(), "a wish for a shorter clip is damaged and left out");
                None
            }
        }
    };
    names.filter_map(read).collect()
}

/// A recall that was pressed before this node knew how far its own chain had gone: it is said as soon as it does.
fn recall_name(clip: Hash) -> String {
    format!("{clip}.{RECALL}")
}

/// Keeps a recall that is still to be said.
pub(crate) fn recall_later(folder: &Path, clip: Hash, by: &KeptBy) -> io::Result<()> {
    disk::write(folder, &recall_name(clip), by)
}

/// It is said.
pub(crate) fn recall_said(folder: &Path, clip: Hash) {
    if let Err(error) = fs::remove_file(folder.join(recall_name(clip))) {
        tracing::warn!(%error, "a recall that was said may be said again");
    }
}

/// The recalls that are still to be said. One that cannot be read is one all the same.
pub(super) fn recalls(folder: &Path) -> Vec<(Hash, KeptBy)> {
    let named = named(folder, RECALL).into_iter().take(CLIPS_MAX);
    let nobody = KeptBy {
        seat: String::new(),
        name: String::new(),
    };
    let read = |name: String| {
        let clip: Hash = name.parse().ok()?;
        let by = disk::read(&folder.join(recall_name(clip)));
        Some((clip, by.unwrap_or_else(|_| nobody.clone())))
    };
    named.filter_map(read).collect()
}

/// Which seat of this side said a statement about clips.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Note {
    pub(crate) statement: Hex32,
    pub(crate) by: KeptBy,
}

fn call_folder(data: &Path, call: CallId) -> PathBuf {
    data.join(crate::recorder::FOLDER).join(call.to_string())
}

/// The notes of a call.
pub(crate) fn notes(data: &Path, call: CallId) -> Vec<Note> {
    match disk::read(&call_folder(data, call).join(NOTES)) {
        Ok(notes) => notes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
        Err(error) => {
            tracing::error!(%error, ?call, "who released which clip is damaged and left out");
            Vec::new()
        }
    }
}

/// Adds a note.
pub(crate) fn note(data: &Path, call: CallId, note: Note) -> io::Result<()> {
    let folder = call_folder(data, call);
    fs::create_dir_all(&folder)?;
    let mut all = notes(data, call);
    if all.len() < NOTES_MAX {
        all.push(note);
    }
    disk::write(&folder, NOTES, &all)
}
