//! What is cut, of what, and how far it is.

use std::path::PathBuf;

/// Most sources of one clip.
pub const SOURCES_MAX: usize = 32;

/// A person's final file of the recorder. All files of one take begin at the same moment.
#[derive(Clone, Debug)]
pub struct Source {
    /// Where it is.
    pub path: PathBuf,
    /// 0 for the first side of the terms, 1 for the second.
    pub side: usize,
    /// The person's name, as it is shown in a player's list of sounds.
    pub name: String,
    /// Whether this person interprets: such a sound is never mixed with the floor.
    pub interpreter: bool,
    /// Whether the file has pictures.
    pub pictures: bool,
    /// The language that an interpreter speaks here: BCP 47, of which the first part counts, or ISO 639.
    pub language: Option<String>,
}

/// What is to be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// Both sides' first persons with pictures beside each other; the floor mixed as the first sound, then each interpreter.
    Pool,
    /// One side: its first person with pictures, and each of its persons as a sound of its own.
    Side(usize),
}

/// What is being done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// The film is cut and encoded.
    Cutting,
    /// It is decoded from first to last.
    Checking,
    /// The poster is made.
    Poster,
    /// The manifest is made, time-stamped where an authority is configured, signed and checked.
    Signing,
}

/// How far it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// What is being done.
    pub stage: Stage,
    /// Of this stage, 0 to 100.
    pub percent: u8,
}
