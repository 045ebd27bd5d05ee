//! Keeps what a node holds of a call's media, so that a test can try to make sense of it. Only in builds with debug
//! assertions, and only when `VISAVIS_CAPTURE` names a folder: a release build has no such code.
//!
//! One file a track and direction. Each packet: 32-bit big-endian length of what follows, then kind (1 sound, 2 picture),
//! marker, 32-bit time stamp, 64-bit sequence, payload.

use std::{
    collections::BTreeMap,
    fs::{File, OpenOptions},
    io::Write as _,
    path::PathBuf,
};

use sfu::{Kind, Packet};

/// Where packets come from and go to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Way {
    /// Out of a browser's SRTP, on its way to the link.
    Out,
    /// Out of the link, on its way to browsers.
    In,
}

/// The files of one media loop.
#[derive(Default)]
pub(crate) struct Capture {
    folder: Option<PathBuf>,
    files: BTreeMap<(Way, u16), File>,
}

impl Capture {
    /// As the environment says.
    pub(crate) fn from_environment() -> Self {
        Self {
            folder: std::env::var_os("VISAVIS_CAPTURE").map(PathBuf::from),
            files: BTreeMap::new(),
        }
    }

    /// Whether anything is kept.
    pub(crate) fn is_on(&self) -> bool {
        self.folder.is_some()
    }

    /// Keeps one packet.
    pub(crate) fn keep(&mut self, way: Way, track: u16, packet: &Packet) {
        let Some(folder) = &self.folder else { return };
        let file = self.files.entry((way, track));
        let file = match file {
            std::collections::btree_map::Entry::Occupied(known) => known.into_mut(),
            std::collections::btree_map::Entry::Vacant(place) => {
                let name = format!("{}-{way:?}-{track}.packets", std::process::id()).to_lowercase();
                match OpenOptions::new().create(true).append(true).open(folder.join(name)) {
                    Ok(file) => place.insert(file),
                    Err(error) => return tracing::error!(%error, "nothing is captured"),
                }
            }
        };
        let kind = match packet.kind {
            Kind::Sound => 1,
            Kind::Picture => 2,
        };
        let length = u32::try_from(packet.payload.len() + 14).unwrap_or(u32::MAX);
        let mut bytes = Vec::with_capacity(packet.payload.len() + 18);
        bytes.extend_from_slice(&length.to_be_bytes());
        bytes.extend_from_slice(&[kind, u8::from(packet.marker)]);
        bytes.extend_from_slice(&packet.timestamp.to_be_bytes());
        bytes.extend_from_slice(&packet.sequence.to_be_bytes());
        bytes.extend_from_slice(&packet.payload);
        if let Err(error) = file.write_all(&bytes) {
            tracing::error!(%error, "a packet was not captured");
        }
    }
}
