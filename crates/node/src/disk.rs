//! Small files of JSON that are there whole or not at all, and nothing of which is believed unread.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read as _, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::Path,
};

use serde::{Serialize, de::DeserializeOwned};

use crate::api;

/// Longest file in bytes.
const BYTES_MAX: u64 = 64 * 1024;
/// What a file is called while it is written.
pub(crate) const PART: &str = "part";

/// Reads a file as strictly as a request: one that is too long, or anything but exactly a `T`, is invalid data.
pub(crate) fn read<T: DeserializeOwned>(path: &Path) -> io::Result<T> {
    let invalid = |what| io::Error::new(io::ErrorKind::InvalidData, what);
    let mut bytes = Vec::new();
    File::open(path)?.take(BYTES_MAX + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > BYTES_MAX {
        return Err(invalid("too long"));
    }
    api::parse(&bytes).map_err(|_| invalid("not what is kept here"))
}

/// Writes a file, which is on the disk under its name when this returns; it may take the place of another.
pub(crate) fn write<T: Serialize>(folder: &Path, name: &str, value: &T) -> io::Result<()> {
    let bytes = serde_json::to_vec(value).map_err(io::Error::other)?;
    let part = folder.join(format!("{name}.{PART}"));
    let written = write_whole(&part, &bytes).and_then(|()| fs::rename(&part, folder.join(name)));
    if written.is_err() {
        let _ = fs::remove_file(&part);
    }
    written?;
    File::open(folder)?.sync_all()
}

fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    let mut file = options.write(true).create(true).truncate(true).mode(0o600).open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}
