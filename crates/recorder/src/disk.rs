//! The one way in which a take reaches a disk while it runs, so that a test can fill it.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

/// Where a take writes.
pub trait Disk: Send {
    /// Appends all of `bytes` to a file of the take's folder, or nothing; on the disk when it returns.
    fn append(&mut self, name: &str, bytes: &[u8]) -> io::Result<()>;
    /// Bytes that may still be written.
    fn free(&self) -> io::Result<u64>;
}

/// A folder of the file system.
pub struct Folder {
    path: PathBuf,
    files: BTreeMap<String, (File, u64)>,
}

impl Folder {
    /// The folder at `path`, made if it is not there. What is made in it is readable by its owner alone.
    pub fn open(path: &Path) -> io::Result<Self> {
        use std::os::unix::fs::DirBuilderExt as _;
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(path)?;
        Ok(Self {
            path: path.to_owned(),
            files: BTreeMap::new(),
        })
    }
}

impl Disk for Folder {
    fn append(&mut self, name: &str, bytes: &[u8]) -> io::Result<()> {
        let (file, length) = match self.files.entry(name.to_owned()) {
            std::collections::btree_map::Entry::Occupied(known) => known.into_mut(),
            std::collections::btree_map::Entry::Vacant(place) => {
                let path = self.path.join(name);
                let file = OpenOptions::new().append(true).create(true).mode(0o600).open(path)?;
                let length = file.metadata()?.len();
                // The name itself has to outlive a loss of power too.
                File::open(&self.path)?.sync_all()?;
                place.insert((file, length))
            }
        };
        match file.write_all(bytes).and_then(|()| file.sync_data()) {
            Ok(()) => {
                *length += bytes.len() as u64;
                Ok(())
            }
            Err(error) => {
                // Half a fragment would hide all that follows it.
                file.set_len(*length)?;
                Err(error)
            }
        }
    }

    fn free(&self) -> io::Result<u64> {
        let found = rustix::fs::statvfs(&self.path)?;
        Ok(found.f_bavail.saturating_mul(found.f_frsize))
    }
}
