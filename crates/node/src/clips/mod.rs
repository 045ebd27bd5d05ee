//! Clips as the rest of the node sees them: what is to be made, what was made and is kept, what the thread tells.
//!
//! They are made on a thread of their own ([`thread`]), one after the other, of the recorder's final files; each lies in its
//! footage's folder with a small file that tells what it is ([`shelf`]). The core decides what is made and what is shown;
//! it never waits for the thread. Whether a clip is released follows from the statements and stands in none of these files.

pub(crate) mod desk;
mod maker;
mod shelf;
#[cfg(test)]
mod tests;
mod thread;

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use call::{Hash, SideId};
use serde::{Deserialize, Serialize};

use crate::{
    api::{ClipBy, ClipStage, Hex32},
    recorder::{Finished, FootageOf},
};

pub(crate) use maker::Programs;
pub(crate) use shelf::{Kept, KeptCut, Note, forget_wish, note, notes, recall_later, recall_said, wish};
pub(crate) use thread::{Handle, start};

/// The folder of a footage's clips inside the footage's.
const FOLDER: &str = "clips";

/// Most clips of one footage.
pub(crate) const CLIPS_MAX: usize = 64;
/// From so many on, those that are to be made too, nobody may ask for more: what the node makes by itself finds room.
pub(crate) const WISHED_MAX: usize = 48;

/// The code where the programs are not there.
pub(crate) const NO_TOOLS: &str = "clip_no_tools";
/// The code where the disk is full.
pub(crate) const DISK_FULL: &str = "clip_disk_full";
/// The code of what failed otherwise.
const FAILED: &str = "clip_failed";

/// Shortest clip.
pub(crate) const SHORTEST_MS: u64 = 1_000;

/// Sound runs by its own count and may be off the clock by so much before it is placed anew.
const OFF_MS: i64 = 1_000;

impl Kept {
    /// Whether it ends, or may end, after its footage turned out to be closed.
    pub(crate) fn is_cut_off(&self, closed: i64) -> bool {
        let length = i64::try_from(self.ms).unwrap_or(i64::MAX / 4);
        closed < self.closed && self.from.saturating_add(length).saturating_add(OFF_MS) > closed
    }
}

/// The folder of a footage's clips.
pub(crate) fn folder(data: &Path, of: FootageOf) -> PathBuf {
    of.folder(data).join(FOLDER)
}

/// A shorter whole that somebody wants: kept on the disk until it is made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wish {
    /// SHA-256 of the clip.
    pub(crate) clip: Hex32,
    /// Where it begins in it.
    pub(crate) from_ms: u64,
    /// Where it ends in it.
    pub(crate) to_ms: u64,
    /// Who wants it.
    pub(crate) by: KeptBy,
}

/// A seat and its name at that time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct KeptBy {
    pub(crate) seat: String,
    pub(crate) name: String,
}

impl KeptBy {
    pub(crate) fn view(&self) -> ClipBy {
        ClipBy {
            seat: self.seat.clone(),
            name: self.name.clone(),
        }
    }
}

/// What is to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum What {
    /// A cut of the final files.
    Cut(KeptCut),
    /// A shorter whole of a clip.
    Shorter(Wish),
}

/// Something to be made, with all that is to be said of it.
#[derive(Clone, Debug)]
pub(crate) struct Job {
    /// Its number.
    pub(crate) id: u64,
    pub(crate) of: FootageOf,
    pub(crate) what: What,
    /// The final files, named by their names in the footage's folder.
    pub(crate) sources: Vec<clip::Source>,
    /// The sides in the order of the terms.
    pub(crate) sides: Vec<SideId>,
    pub(crate) facts: clip::Facts,
    /// What is kept of it besides what comes of making it.
    pub(crate) draft: Draft,
}

/// What is known of a clip before it is made.
#[derive(Clone, Debug)]
pub(crate) struct Draft {
    pub(crate) cut: KeptCut,
    /// What its file's name begins with.
    pub(crate) stem: String,
    /// When what it shows began, UTC milliseconds.
    pub(crate) from: i64,
    /// The close that its footage was trimmed to.
    pub(crate) closed: i64,
    pub(crate) shortens: Option<Hash>,
    pub(crate) by: Option<KeptBy>,
    pub(crate) signed_by: String,
    pub(crate) sounds: Vec<String>,
    pub(crate) sides: Vec<String>,
}

/// What the thread tells.
#[derive(Clone, Debug)]
pub(crate) enum News {
    /// Whether the programs are there; the code where they are not.
    Programs(Option<&'static str>),
    /// What a start of the node found of a footage.
    Found(FootageOf, Box<Found>),
    /// All that was there at the start has been told.
    Looked,
    /// A job is being worked on.
    Doing(u64, ClipStage, u8),
    /// It is there.
    Made(u64, FootageOf, Box<Kept>),
    /// It could not be made: a code.
    Failed(u64, &'static str),
}

/// A footage as a start of the node finds it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Found {
    /// None: the recorder is about to make its final files.
    pub(crate) finished: Option<Finished>,
    pub(crate) clips: Vec<Kept>,
    pub(crate) wishes: Vec<Wish>,
    /// Clips whose recall is still to be said, and who pressed it.
    pub(crate) recalls: Vec<(Hash, KeptBy)>,
}

impl Job {
    /// Which of the sides it is, in the order of the terms.
    fn side(&self, side: Hex32) -> Option<usize> {
        self.sides.iter().position(|one| one.0 == side.0)
    }
}

impl Wish {
    /// From where to where.
    pub(crate) fn span(&self) -> (Duration, Duration) {
        (Duration::from_millis(self.from_ms), Duration::from_millis(self.to_ms))
    }
}
