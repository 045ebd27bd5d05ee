//! Clips: which there are of each call, which are to be made, what follows from the statements about them.
//!
//! What is made follows from the recorder's final files: one cut for each side that is in them, and the pool cut. How a
//! clip stands follows from both sides' statements and is never copied: the public page and the desks are told anew
//! whenever a statement changes it. A clip that ends after its footage turned out to be closed leaves the page at once.

mod acts;
mod jobs;
mod page;
mod view;

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
};

use call::{CallId, Hash, Phase, ReleaseState, SideId, State};

pub(crate) use acts::{ClipAct, ClipFile};

use super::{Core, desks::DESKS, pace::Bucket};
use crate::{
    api::{ClipStage, ClipWorkState, ToBrowser},
    clips::{self, Found, Kept, KeptBy, KeptCut, News, What, Wish},
    http::Pace,
    press::Press,
    recorder::{Finished, FootageOf},
};

/// How often desks are told that the clips of one call have changed.
const TOLD: Pace = Pace {
    burst: 1,
    per_second: 2,
};

/// All clips.
pub(super) struct Clips {
    handle: clips::Handle,
    press: Press,
    data: PathBuf,
    /// The code where the programs are not there.
    programs: Option<&'static str>,
    /// Whether all that was there at the start is known.
    looked: bool,
    calls: BTreeMap<CallId, OfCall>,
    jobs: u64,
    waiting: BTreeSet<CallId>,
    paces: BTreeMap<CallId, Bucket>,
}

/// The clips of one call.
#[derive(Default)]
struct OfCall {
    footages: BTreeMap<u32, Footage>,
    /// In the order in which they were made.
    clips: Vec<Kept>,
    work: Vec<Work>,
    /// Which seat said which of our statements, once it was read.
    said: Option<BTreeMap<Hash, KeptBy>>,
    /// Clips that are recalled here and whose recall is still to be said, and who pressed it.
    recalling: BTreeMap<Hash, KeptBy>,
    /// What desks were told by.
    shown: Option<Shown>,
}

/// One footage.
#[derive(Default)]
struct Footage {
    /// Whether its clips of earlier starts are known.
    found: bool,
    finished: Option<Finished>,
    /// The earliest close that is known, UTC milliseconds.
    closed: Option<i64>,
}

/// A clip that is not there yet.
struct Work {
    /// The number of its job.
    id: u64,
    footage: u32,
    what: What,
    cut: KeptCut,
    state: ClipWorkState,
    stage: Option<ClipStage>,
    percent: u8,
    why: Option<&'static str>,
}

/// What of a call's state says how its clips stand.
#[derive(PartialEq, Eq)]
struct Shown {
    releases: Vec<ReleaseState>,
    phase: Phase,
}

impl Footage {
    fn close(&mut self, at: i64) {
        self.closed = Some(self.closed.map_or(at, |known| known.min(at)));
    }

    /// Its final files, unless they are about to be made shorter.
    fn ready(&self) -> Option<&Finished> {
        let finished = self.finished.as_ref()?;
        self.closed
            .is_none_or(|closed| finished.closed <= closed)
            .then_some(finished)
    }

    fn is_cut_off(&self, clip: &Kept) -> bool {
        self.closed.is_some_and(|closed| clip.is_cut_off(closed))
    }
}

impl OfCall {
    /// The clips that may be shown, and whether they are cut off: those of footage whose close is known.
    fn clips(&self) -> impl Iterator<Item = (&Kept, bool)> {
        self.clips.iter().filter_map(|clip| {
            let footage = self.footages.get(&clip.footage().number)?;
            footage.finished.as_ref()?;
            Some((clip, footage.is_cut_off(clip)))
        })
    }

    fn clip(&self, hash: Hash) -> Option<(&Kept, bool)> {
        self.clips().find(|(clip, _)| clip.hash() == hash)
    }

    fn add(&mut self, clip: Kept) {
        self.clips.retain(|known| known.hash() != clip.hash());
        self.clips.push(clip);
        self.clips.sort_by_key(|clip| (clip.made, clip.hash()));
    }
}

impl Clips {
    pub(super) fn new(handle: clips::Handle, press: Press, data: PathBuf) -> Self {
        Self {
            handle,
            press,
            data,
            programs: None,
            looked: false,
            calls: BTreeMap::new(),
            jobs: 0,
            waiting: BTreeSet::new(),
            paces: BTreeMap::new(),
        }
    }

    /// The node stops: nothing more is made.
    pub(super) fn stop(&self) {
        self.handle.stop();
    }

    /// Waits for what is being stopped.
    pub(super) async fn end(self) {
        self.handle.end().await;
    }

    /// Whether desks are to be told something.
    pub(super) fn wait(&self) -> bool {
        !self.waiting.is_empty()
    }

    fn footage(&mut self, of: FootageOf) -> &mut Footage {
        let call = self.calls.entry(of.call).or_default();
        call.footages.entry(of.number).or_default()
    }

    fn work(&mut self, id: u64) -> Option<(CallId, &mut Work)> {
        let mut all = self
            .calls
            .iter_mut()
            .flat_map(|(call, held)| held.work.iter_mut().map(|work| (*call, work)));
        all.find(|(_, work)| work.id == id)
    }
}

impl Core {
    /// The thread that makes clips reports.
    pub(super) async fn clip_news(&mut self, news: News) {
        match news {
            News::Programs(missing) => {
                if std::mem::replace(&mut self.clips.programs, missing) != missing {
                    let calls: Vec<CallId> = self.clips.calls.keys().copied().collect();
                    self.clips.waiting.extend(calls);
                }
            }
            News::Found(of, found) => {
                self.clips_found(of, *found);
                self.say_recalls(of.call).await;
            }
            News::Looked => {
                self.clips.looked = true;
                for of in self.footages_known() {
                    self.order_cuts(of);
                }
            }
            News::Doing(id, stage, percent) => {
                if let Some((call, work)) = self.clips.work(id) {
                    (work.state, work.stage, work.percent) = (ClipWorkState::Working, Some(stage), percent);
                    self.clips.waiting.insert(call);
                }
            }
            News::Made(id, of, clip) => {
                let held = self.clips.calls.entry(of.call).or_default();
                held.work.retain(|work| work.id != id);
                held.add(*clip);
                self.clips_changed(of.call);
            }
            News::Failed(id, why) => {
                if why == clips::NO_TOOLS {
                    self.clips.programs = Some(why);
                }
                if let Some((call, work)) = self.clips.work(id) {
                    (work.state, work.stage, work.why) = (ClipWorkState::Failed, None, Some(why));
                    work.percent = 0;
                    self.clips.waiting.insert(call);
                }
            }
        }
    }

    fn footages_known(&self) -> Vec<FootageOf> {
        let of_call = |(call, held): (&CallId, &OfCall)| {
            let call = *call;
            let numbers: Vec<u32> = held.footages.keys().copied().collect();
            numbers.into_iter().map(move |number| FootageOf { call, number })
        };
        self.clips.calls.iter().flat_map(of_call).collect()
    }

    fn clips_found(&mut self, of: FootageOf, found: Found) {
        if !self.calls.contains_key(&of.call) {
            return tracing::warn!(call = ?of.call, "footage of a call that is not known is left alone");
        }
        let footage = self.clips.footage(of);
        footage.found = true;
        // What the recorder has told since is newer.
        if let Some(finished) = found.finished.filter(|_| footage.finished.is_none()) {
            footage.close(finished.closed);
            footage.finished = Some(finished);
        }
        let held = self.clips.calls.entry(of.call).or_default();
        for clip in found.clips {
            held.add(clip);
        }
        held.recalling.extend(found.recalls);
        for wish in found.wishes {
            self.want(of, wish);
        }
        self.order_cuts(of);
        self.clips_changed(of.call);
    }

    /// The recorder's final files of a footage are whole.
    pub(super) fn footage_finished(&mut self, of: FootageOf, finished: Finished) {
        let footage = self.clips.footage(of);
        footage.close(finished.closed);
        footage.finished = Some(finished);
        self.order_anew(of);
        self.clips_changed(of.call);
    }

    /// Footage turns out to have been closed earlier: what shows more leaves the page before anything else happens.
    pub(super) fn footage_shortened(&mut self, of: FootageOf, closed: i64) {
        self.clips.footage(of).close(closed);
        self.clips_changed(of.call);
        self.order_anew(of);
    }

    /// The clips of a call have changed, or how they stand: the page first, then the desks.
    fn clips_changed(&mut self, id: CallId) {
        self.publish_clips();
        self.clips.waiting.insert(id);
    }

    /// Brings the page and the desks in line with what the statements say of clips.
    pub(super) fn settle_clips(&mut self, id: CallId) {
        let Some(held) = self.calls.get(&id) else { return };
        let state = held.state();
        let known = self.clips.calls.contains_key(&id);
        if state.releases.is_empty() && !known {
            return;
        }
        let now = Shown {
            releases: state.releases.clone(),
            phase: state.phase,
        };
        let shown = &mut self.clips.calls.entry(id).or_default().shown;
        if shown.as_ref() != Some(&now) {
            *shown = Some(now);
            self.clips_changed(id);
        }
    }

    /// This node knows how far its own chains with a side have gone: desks may say something of clips from here on.
    pub(super) async fn clips_may_be_spoken_of(&mut self, far: SideId) {
        let with_clips = self.clips.calls.keys().copied();
        let calls: Vec<CallId> = with_clips.filter(|id| self.line_of(*id) == Some(far)).collect();
        for id in calls {
            self.clips.waiting.insert(id);
            self.say_recalls(id).await;
        }
    }

    /// Tells desks which calls' clips have changed, as far as the pace allows.
    pub(super) fn show_clips(&mut self) {
        let now_ms = self.clock.elapsed_ms();
        for id in std::mem::take(&mut self.clips.waiting) {
            if !self.clips.paces.entry(id).or_default().take(TOLD, 1, now_ms) {
                self.clips.waiting.insert(id);
                continue;
            }
            for role in DESKS {
                let call = id.to_string();
                self.seats.tell_role(role, &ToBrowser::Clips { call });
            }
        }
    }
}

/// How a clip's release stands, where a side said anything of it: of several, what is nearest to being shown.
fn release_of(state: &State, own: SideId, clip: Hash) -> Option<&ReleaseState> {
    let rank = |release: &&ReleaseState| {
        let ours = release.by.iter().any(|mark| mark.side == own);
        (release.standing, ours, !release.by.is_empty())
    };
    state
        .releases
        .iter()
        .filter(|release| release.clip == clip)
        .max_by_key(rank)
}

/// The same wish again is the one that waits.
fn same(work: &Work, number: u32, wish: &Wish) -> bool {
    let alike = |other: &Wish| (other.clip, other.from_ms, other.to_ms) == (wish.clip, wish.from_ms, wish.to_ms);
    work.footage == number && matches!(&work.what, What::Shorter(other) if alike(other))
}
