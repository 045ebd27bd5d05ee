//! What tells in a footage's folder that its final files are whole, and of what they are.

use std::{io, path::Path, time::Duration};

use call::{SideId, terms::PersonId};
use recorder::{Made, PERSONS_MAX};
use serde::{Deserialize, Serialize};

use crate::{api::Hex32, disk};

/// Its file's name.
const NAME: &str = "finished";
const VERSION: u8 = 1;

/// The final files of a footage.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Finished {
    version: u8,
    /// When it was opened at this node, UTC milliseconds.
    pub(crate) opened: i64,
    /// When it was closed, by the same clock; where nothing tells it, when the files end.
    pub(crate) closed: i64,
    /// When the files begin.
    pub(crate) begins: i64,
    /// One for each person of whom anything was taken.
    pub(crate) files: Vec<FinalFile>,
}

/// One of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FinalFile {
    /// Its name in the folder.
    pub(crate) name: String,
    side: Hex32,
    person: u16,
    /// Whether it has pictures.
    pub(crate) pictures: bool,
    /// Whether it has sound.
    pub(crate) sound: bool,
}

impl FinalFile {
    /// Whose side's.
    pub(crate) fn side(&self) -> SideId {
        SideId(self.side.0)
    }

    /// Whose.
    pub(crate) fn person(&self) -> PersonId {
        PersonId(self.person)
    }
}

fn ms(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX / 4)
}

impl Finished {
    /// Of what the recorder has made.
    pub(crate) fn of(made: &Made) -> Self {
        let opened = made.started.0;
        let begins = made.files.iter().map(|file| file.begins).min().unwrap_or_default();
        let longest = made.files.iter().map(|file| file.length).max().unwrap_or_default();
        let begins = opened.saturating_add(ms(begins));
        let closed = made.press.map_or(begins.saturating_add(ms(longest)), |press| {
            opened.saturating_add(ms(press))
        });
        let file = |file: &recorder::Final| {
            Some(FinalFile {
                name: file.path.file_name()?.to_str()?.to_owned(),
                side: Hex32(file.side.0),
                person: file.person.0,
                pictures: file.pictures.is_some(),
                sound: !file.sound.is_zero(),
            })
        };
        Self {
            version: VERSION,
            opened,
            closed,
            begins,
            files: made.files.iter().filter_map(file).collect(),
        }
    }

    /// Reads it; none where the files are not whole.
    pub(crate) fn read(folder: &Path) -> Option<Self> {
        let path = folder.join(NAME);
        let plain = |name: &str| name.ends_with(".mp4") && name.len() <= 32 && !name.contains('/');
        match disk::read::<Self>(&path) {
            Ok(read)
                if read.version == VERSION
                    && read.files.len() <= PERSONS_MAX
                    && read.files.iter().all(|file| plain(&file.name)) =>
            {
                Some(read)
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            _ => {
                tracing::warn!(path = %path.display(), "damaged: the footage is finished again");
                None
            }
        }
    }

    /// Writes it.
    pub(crate) fn write(&self, folder: &Path) -> io::Result<()> {
        disk::write(folder, NAME, self)
    }

    /// Takes it away before the files are made again.
    pub(crate) fn remove(folder: &Path) -> io::Result<()> {
        match std::fs::remove_file(folder.join(NAME)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }
}
