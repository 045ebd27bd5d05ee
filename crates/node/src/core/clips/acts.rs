//! What a desk does with clips: makes them shorter, releases them, takes them back, has what failed made once more.

use call::{Body, CallId, Hash};

use super::{Core, jobs::BUSY, release_of, same};
use crate::{
    api::{ClipWorkState, ClipsView, Hex32, Role},
    clips::{self, KeptBy, Note, SHORTEST_MS, WISHED_MAX, What, Wish},
    core::{
        Act,
        calls::{Held, node_refusal, refusal},
        convert,
    },
    http::{ApiError, Film, Seat},
    recorder::FootageOf,
};

/// The code of a clip that ends after its footage turned out to be closed.
pub(super) const CUT_OFF: &str = "clip_cut_off";
/// The code of a clip that is none of the list.
const UNKNOWN: &str = "clip_unknown";
/// The code of a shorter whole that is none.
const SHORT: &str = "clip_short";

/// What a desk does with the clips of a call.
#[derive(Clone, Debug)]
pub(crate) enum ClipAct {
    /// Has a shorter whole of a clip made.
    Shorten {
        /// SHA-256 of the clip.
        clip: String,
        /// Where it begins in it.
        from_ms: u64,
        /// Where it ends in it.
        to_ms: u64,
    },
    /// Says this side's half of a release.
    Release {
        /// SHA-256 of the clip.
        clip: String,
        /// SHA-256 of the clip whose place it takes.
        instead: Option<String>,
    },
    /// Takes a release back.
    Recall {
        /// SHA-256 of the clip.
        clip: String,
    },
    /// Has what failed made once more.
    Again,
}

/// A clip's file on this machine.
pub(crate) struct ClipFile {
    /// Where it is.
    pub(crate) path: std::path::PathBuf,
    /// SHA-256 of the film.
    pub(crate) sha256: String,
    /// Which of its two files.
    pub(crate) film: Film,
}

/// A hash in a path: one spelling, or there is no such thing.
fn named(text: &str) -> Result<Hash, ApiError> {
    text.parse().map_err(|_| ApiError::NotFound)
}

impl Core {
    /// What desks are shown of a call's clips.
    pub(in crate::core) async fn shown_clips(&mut self, id: &str, role: Role) -> Result<ClipsView, ApiError> {
        let id = self.call_id(id)?;
        self.read_notes(id).await;
        self.clips_view(id, role)
    }

    /// Does what a desk asked about a call's clips.
    pub(in crate::core) async fn act_on_clip(
        &mut self,
        id: &str,
        seat: &Seat,
        act: &ClipAct,
    ) -> Result<ClipsView, ApiError> {
        let call = self.call_id(id)?;
        match act {
            ClipAct::Shorten { clip, from_ms, to_ms } => {
                self.shorten(call, seat, named(clip)?, (*from_ms, *to_ms)).await?;
            }
            ClipAct::Release { clip, instead } => {
                let instead = instead
                    .as_deref()
                    .map(|text| convert::hash(text, "instead"))
                    .transpose();
                let instead = instead.map_err(|error| refusal(&error))?;
                let clip = named(clip)?;
                self.say_of_clip(id, call, seat, &Act::Release { clip, instead })
                    .await?;
            }
            ClipAct::Recall { clip } => {
                let clip = named(clip)?;
                if !self.may_speak(call) {
                    self.recall_later(call, seat, clip).await?;
                    return self.shown_clips(id, seat.role).await;
                }
                self.say_of_clip(id, call, seat, &Act::Recall { clip }).await?;
            }
            ClipAct::Again => self.try_again(call),
        }
        self.shown_clips(id, seat.role).await
    }

    /// Whether a recall can be said later of a clip: it is here, and this side's word is a part of its release.
    pub(super) fn may_recall_later(&self, held: &Held, clip: Hash) -> bool {
        let known = held.chains().call().and_then(|id| self.clips.calls.get(&id));
        let here = known.is_some_and(|known| known.clip(clip).is_some() && !known.recalling.contains_key(&clip));
        let release = release_of(held.state(), self.own.id, clip);
        here && release.is_some_and(|release| release.by.iter().any(|mark| mark.side == self.own.id))
    }

    /// Takes a clip off the page at once, although this node does not know yet how far its own chain has gone: that it is
    /// recalled is said when it does.
    async fn recall_later(&mut self, id: CallId, seat: &Seat, clip: Hash) -> Result<(), ApiError> {
        let held = self.calls.get(&id).ok_or(ApiError::NotFound)?;
        if !self.may_recall_later(held, clip) {
            return Err(node_refusal("own_head_unknown"));
        }
        let Some(known) = self.clips.calls.get_mut(&id) else {
            return Err(ApiError::NotFound);
        };
        known.recalling.insert(clip, by(seat));
        let of = known.clip(clip).map(|(clip, _)| clip.footage());
        self.clips_changed(id);
        tracing::info!(seat = %seat.id, call = ?id, ?clip, "a clip is recalled: that is said when the own head is known");
        let (Some(of), by) = (of, by(seat)) else { return Ok(()) };
        let folder = clips::folder(&self.clips.data, of);
        let kept = tokio::task::spawn_blocking(move || clips::recall_later(&folder, clip, &by)).await;
        if !matches!(kept, Ok(Ok(()))) {
            // It is off the page as long as this node runs, and is said before it is put back there.
            tracing::error!(call = ?id, "a recall could not be kept: press it again after a start of the node");
        }
        Ok(())
    }

    /// Says the recalls that waited.
    pub(super) async fn say_recalls(&mut self, id: CallId) {
        if !self.may_speak(id) {
            return;
        }
        let Some(known) = self.clips.calls.get(&id) else { return };
        let recalls: Vec<(Hash, KeptBy)> = known.recalling.iter().map(|(clip, by)| (*clip, by.clone())).collect();
        for (clip, by) in recalls {
            match self.say(id, Body::Recall { clip }).await {
                Ok(()) => {
                    let chains = self.calls.get(&id).map(Held::chains);
                    if let Some(said) = chains.and_then(|chains| chains.head(self.own.id)) {
                        self.note(id, said.hash, by).await;
                    }
                }
                // It has come true otherwise.
                Err(ApiError::Refusal(_)) => {}
                Err(error) => {
                    tracing::error!(?error, "a recall could not be said");
                    continue;
                }
            }
            let Some(known) = self.clips.calls.get_mut(&id) else {
                return;
            };
            known.recalling.remove(&clip);
            if let Some((kept, _)) = known.clip(clip) {
                let folder = clips::folder(&self.clips.data, kept.footage());
                tokio::task::spawn_blocking(move || clips::recall_said(&folder, clip));
            }
            self.clips_changed(id);
        }
    }

    /// Says something about a clip; it is on the page, or off it, before anybody is answered.
    async fn say_of_clip(&mut self, id: &str, call: CallId, seat: &Seat, act: &Act) -> Result<(), ApiError> {
        self.act(id, act).await?;
        self.settle_clips(call);
        let chains = self.calls.get(&call).ok_or(ApiError::NotFound)?.chains();
        let said = chains.head(self.own.id).ok_or(ApiError::Internal)?;
        let (kind, said) = (chains.find(said.hash).map(call::Statement::kind), said.hash);
        tracing::info!(seat = %seat.id, ?call, ?kind, statement = ?said, "a clip");
        self.note(call, said, by(seat)).await;
        Ok(())
    }

    /// A release of a clip that is one of the list and does not end too late.
    pub(in crate::core) fn release(&self, id: CallId, clip: Hash, instead: Option<Hash>) -> Result<Body, ApiError> {
        let release = Body::Release { clip, instead };
        let known = self.clips.calls.get(&id);
        match known.and_then(|known| known.clip(clip)) {
            Some((_, true)) => return Err(node_refusal(CUT_OFF)),
            Some((_, false)) => return Ok(release),
            None => {}
        }
        // The other side's, known by its hash alone.
        let held = self.calls.get(&id).ok_or(ApiError::NotFound)?;
        let mut releases = held.state().releases.iter();
        if releases.any(|release| release.clip == clip && !release.by.is_empty()) {
            Ok(release)
        } else {
            Err(node_refusal(UNKNOWN))
        }
    }

    async fn shorten(&mut self, id: CallId, seat: &Seat, clip: Hash, span: (u64, u64)) -> Result<(), ApiError> {
        let known = self.clips.calls.get(&id);
        let known = known.and_then(|known| Some((known, known.clip(clip)?)));
        let Some((known, (parent, cut_off))) = known else {
            return Err(node_refusal(UNKNOWN));
        };
        if cut_off {
            return Err(node_refusal(CUT_OFF));
        }
        let (from_ms, to_ms) = span;
        let length = to_ms.saturating_sub(from_ms);
        if to_ms > parent.ms || length < SHORTEST_MS || length >= parent.ms {
            return Err(node_refusal(SHORT));
        }
        if let Some(missing) = self.clips.programs {
            return Err(node_refusal(missing));
        }
        let of = parent.footage();
        let wish = Wish {
            clip: Hex32(clip.0),
            from_ms,
            to_ms,
            by: by(seat),
        };
        if known.work.iter().any(|work| same(work, of.number, &wish)) {
            return Ok(());
        }
        if self.clips_of(of) >= WISHED_MAX {
            return Err(node_refusal(BUSY));
        }
        self.keep_wish(of, wish.clone()).await?;
        tracing::info!(seat = %seat.id, call = ?id, ?clip, from_ms, to_ms, "a shorter clip is wanted");
        self.want(of, wish);
        Ok(())
    }

    async fn keep_wish(&self, of: FootageOf, wish: Wish) -> Result<(), ApiError> {
        let folder = clips::folder(&self.clips.data, of);
        let kept = tokio::task::spawn_blocking(move || clips::wish(&folder, &wish)).await;
        kept.map_err(|_| ApiError::Internal)?.map_err(|error| {
            tracing::error!(%error, "a wish for a shorter clip could not be kept");
            node_refusal(clips::DISK_FULL)
        })
    }

    fn try_again(&mut self, id: CallId) {
        let Some(known) = self.clips.calls.get_mut(&id) else {
            return;
        };
        let (failed, kept) = std::mem::take(&mut known.work)
            .into_iter()
            .partition(|work| work.state == ClipWorkState::Failed);
        known.work = kept;
        let failed: Vec<super::Work> = failed;
        for work in failed {
            let number = work.footage;
            let of = FootageOf { call: id, number };
            match work.what {
                What::Shorter(wish) => self.want(of, wish),
                What::Cut(_) => self.order_cuts(of),
            }
        }
        if self.clips.programs.is_some() {
            self.clips.handle.look();
        }
        self.clips.waiting.insert(id);
    }

    /// The file that a name in a path means: `<sha256>.mp4` or `.jpg`.
    pub(in crate::core) fn clip_file(&self, id: &str, name: &str) -> Result<ClipFile, ApiError> {
        let id = self.call_id(id)?;
        let (clip, film) = match name.rsplit_once('.') {
            Some((clip, "mp4")) => (clip, Film::Itself),
            Some((clip, "jpg")) => (clip, Film::Poster),
            _ => return Err(ApiError::NotFound),
        };
        let hash = named(clip)?;
        let known = self.clips.calls.get(&id).and_then(|known| known.clip(hash));
        let (clip, _) = known.ok_or(ApiError::NotFound)?;
        let (path, poster) = clip.paths(&self.clips.data);
        let path = match film {
            Film::Itself => Some(path),
            Film::Poster => poster,
        };
        Ok(ClipFile {
            path: path.ok_or(ApiError::NotFound)?,
            sha256: hash.to_string(),
            film,
        })
    }

    /// Reads which seat said what, once.
    async fn read_notes(&mut self, id: CallId) {
        if self.clips.calls.get(&id).is_none_or(|known| known.said.is_some()) {
            return;
        }
        let data = self.clips.data.clone();
        let notes = tokio::task::spawn_blocking(move || clips::notes(&data, id)).await;
        let notes = notes.unwrap_or_default().into_iter();
        if let Some(known) = self.clips.calls.get_mut(&id) {
            known.said = Some(notes.map(|note| (Hash(note.statement.0), note.by)).collect());
        }
    }

    /// Keeps which seat said a statement. The statement stands without it.
    async fn note(&mut self, id: CallId, statement: Hash, by: KeptBy) {
        self.read_notes(id).await;
        if let Some(said) = self.clips.calls.get_mut(&id).and_then(|known| known.said.as_mut()) {
            said.insert(statement, by.clone());
        }
        let data = self.clips.data.clone();
        let statement = Hex32(statement.0);
        let kept = tokio::task::spawn_blocking(move || clips::note(&data, id, Note { statement, by })).await;
        if !matches!(kept, Ok(Ok(()))) {
            tracing::error!(call = ?id, "which seat spoke of a clip could not be kept");
        }
    }
}

fn by(seat: &Seat) -> KeptBy {
    KeptBy {
        seat: seat.id.to_string(),
        name: seat.name.clone(),
    }
}
