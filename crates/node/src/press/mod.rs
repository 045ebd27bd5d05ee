//! What the side says in public: the book of acts, the desk's routes that write in it, and the page on a port of its own.
//!
//! The book is the store's list of acts; what may be done is decided by [`press`]. The public port reads the edition made
//! of it and nothing else: no call, no seat, no line can be reached from there.

mod book;
mod convert;
mod desk;
mod public;
#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};

use store::{Store, StoreError};

use crate::{config::Config, http::Clock};
use book::Book;

pub(crate) use ::press::{ClipView, Sha256Hex};
pub(crate) use desk::routes;
pub(crate) use public::{limits, router};

/// A released clip: what is said of it, and where its file lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Released {
    /// What the page says.
    pub view: press::ClipView,
    /// The file.
    pub path: PathBuf,
    /// Its poster, a JPEG.
    pub poster: Option<PathBuf>,
}

/// The side's public word. Cheap to clone.
#[derive(Clone)]
pub struct Press(Arc<Inner>);

struct Inner {
    side: press::Party,
    side_id: [u8; 32],
    /// The public page's URL; none when the node serves none.
    url: Option<String>,
    clock: Clock,
    /// Taken for every change, so that changes happen one after the other.
    book: tokio::sync::Mutex<Book>,
    clips: RwLock<Arc<Vec<Released>>>,
    edition: RwLock<Arc<press::Edition>>,
}

impl std::fmt::Debug for Press {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Press")
    }
}

impl Press {
    /// Reads the store's acts.
    ///
    /// # Errors
    /// The store's.
    pub(crate) async fn open(
        config: &Config,
        side_id: [u8; 32],
        store: Store,
        clock: Clock,
        url: Option<String>,
    ) -> Result<Self, StoreError> {
        let side = press::Party {
            name: config.name.clone(),
            place: config.place.clone(),
            zone: config.zone.clone(),
        };
        let book = Book::open(store).await?;
        let edition = press::Edition {
            side: side.clone(),
            side_id,
            base: url.clone().unwrap_or_default(),
            notices: book.notices(),
            readouts: book.readouts(),
            clips: Vec::new(),
        };
        Ok(Self(Arc::new(Inner {
            side,
            side_id,
            url,
            clock,
            book: tokio::sync::Mutex::new(book),
            clips: RwLock::default(),
            edition: RwLock::new(Arc::new(edition)),
        })))
    }

    /// Says which clips are released; those that were and are not any more are gone from the page at once. Order
    /// stays as it is given.
    pub fn set_clips(&self, clips: Vec<Released>) {
        let views = clips.iter().map(|clip| clip.view.clone()).collect();
        *self.0.clips.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(clips);
        let mut edition = self.0.edition.write().unwrap_or_else(PoisonError::into_inner);
        let mut next = press::Edition::clone(&edition);
        next.clips = views;
        *edition = Arc::new(next);
    }

    /// The address of a clip while it is on the page.
    pub(crate) fn clip_url(&self, clip: call::Hash) -> Option<String> {
        let sha256 = press::Sha256Hex::of(clip.0);
        let clips = self.clips();
        clips.iter().find(|clip| clip.view.sha256 == sha256)?;
        self.address(&format!("clip/{}", sha256.as_str()))
    }

    /// The clips that are released.
    pub(crate) fn clips(&self) -> Arc<Vec<Released>> {
        self.0.clips.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// All that is public now.
    pub(crate) fn edition(&self) -> Arc<press::Edition> {
        self.0.edition.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Makes what the book says public.
    fn print(&self, book: &Book) {
        let mut edition = self.0.edition.write().unwrap_or_else(PoisonError::into_inner);
        *edition = Arc::new(press::Edition {
            side: self.0.side.clone(),
            side_id: self.0.side_id,
            base: self.0.url.clone().unwrap_or_default(),
            notices: book.notices(),
            readouts: book.readouts(),
            clips: edition.clips.clone(),
        });
    }

    pub(crate) fn now_ms(&self) -> i64 {
        self.0.clock.utc_ms()
    }
}
