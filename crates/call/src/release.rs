//! Clips: who has released which, and who may.
//!
//! The terms that count are those under which footage was open, as the signer of a release saw it: everyone in the
//! picture relied on them, and nothing said later, least of all by one side alone, changes what they allow. A release
//! stands alone where all of them say so, or needs every side; each stands as any half does, once it has seen every
//! closing of it. What a side may release alone it alone may take back; what took every side, any side may.

use std::collections::BTreeMap;

use crate::body::{Body, Kind};
use crate::chains::Entry;
use crate::ids::{Hash, SideId, Timestamp};
use crate::refusal::Refusal;
use crate::state::{Mark, mark};
use crate::terms::{Embargo, Footage, Release};
use crate::view::{Offered, View};

/// Most releases that all sides together may say in one call, taken back ones too; each side has its even share.
pub const RELEASES_MAX: usize = 64;

/// A release of a clip, as one or more sides have said it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ReleaseState {
    /// The clip: the SHA-256 of its file.
    pub clip: Hash,
    /// The released clip whose place it takes.
    pub instead: Option<Hash>,
    /// The halves that stand, ascending by side.
    pub by: Vec<Mark>,
    /// Whether they are enough.
    pub standing: bool,
    /// No half stands: all were taken back.
    pub recalled: bool,
    /// No half stands: another clip has taken its place.
    pub replaced: bool,
}

/// A clip, and the clip whose place it takes.
type Pair = (Hash, Option<Hash>);

fn pair(entry: &Entry) -> Option<Pair> {
    match *entry.statement.body() {
        Body::Release { clip, instead } => Some((clip, instead)),
        _ => None,
    }
}

impl<'a> View<'a> {
    /// Every terms under which footage was open: by halves that had seen the same closings, so that at some moment
    /// someone could see it open. No closing that was said later, or kept back, can undo that.
    fn opened(&self) -> Vec<Offered<'a>> {
        let mut offers = self.offers();
        let closes: Vec<(usize, &Entry)> = self.all(Kind::Close).collect();
        let opens = |terms: Hash| {
            self.valid(Kind::Open)
                .filter(move |(_, entry)| *entry.statement.body() == Body::Open { terms })
        };
        offers.retain(|offer| offer.terms.footage.is_some() && self.together(opens(offer.hash), &closes));
        offers
    }

    fn valid(&self, kind: Kind) -> impl Iterator<Item = (usize, &'a Entry)> + '_ {
        self.all(kind).filter(|(_, entry)| entry.void.is_none())
    }

    /// Whether every side has a half such that all these halves have seen the same closings.
    fn together(&self, halves: impl Iterator<Item = (usize, &'a Entry)>, closings: &[(usize, &Entry)]) -> bool {
        let mut numbers: Vec<Vec<u16>> = vec![Vec::new(); self.clock.len()];
        for (side, closing) in closings {
            numbers[*side].push(closing.statement.number());
        }
        numbers.iter_mut().for_each(|numbers| numbers.sort_unstable());
        let mut sides_by_seen: BTreeMap<Vec<usize>, Vec<bool>> = BTreeMap::new();
        for (side, half) in halves {
            let seen = numbers.iter().zip(&half.past);
            let seen = seen.map(|(numbers, past)| numbers.partition_point(|number| number <= past));
            let sides = sides_by_seen.entry(seen.collect()).or_default();
            sides.resize(self.clock.len(), false);
            sides[side] = true;
        }
        sides_by_seen
            .into_values()
            .any(|sides| sides.into_iter().all(|said| said))
    }

    /// Whether a release said in this view needs nobody else's word.
    fn alone(&self) -> bool {
        let opened = self.opened();
        let either = |footage: &Footage| footage.release == Release::Either;
        opened
            .iter()
            .filter_map(|offer| offer.terms.footage.as_ref())
            .all(either)
    }

    fn said_alone(&self, half: &Entry) -> bool {
        View::at(self.chains, half.past.clone()).alone()
    }

    fn recalls(&self, clip: Hash) -> impl Iterator<Item = (usize, &'a Entry)> + '_ {
        self.all(Kind::Recall)
            .filter(move |(_, entry)| *entry.statement.body() == Body::Recall { clip })
    }

    /// Whether a half of a release stands: it has seen every recall that concerns it, and nothing has taken its place.
    fn release_stands(&self, side: usize, half: &Entry, clip: Hash) -> bool {
        let alone = self.said_alone(half);
        let concerns = |(by, _): &(usize, &Entry)| !alone || *by == side;
        Self::saw_all(half, self.recalls(clip).filter(concerns)) && !self.supplanted(side, clip)
    }

    /// Whether a correction that was complete once has taken the place of the side's release of a clip.
    fn supplanted(&self, side: usize, clip: Hash) -> bool {
        let corrections = || {
            self.valid(Kind::Release)
                .filter_map(|(by, entry)| pair(entry).map(|pair| (by, entry, pair)))
                .filter(|(_, _, (_, instead))| *instead == Some(clip))
        };
        let complete = |(by, entry, pair): (usize, &'a Entry, Pair)| {
            (by == side && self.said_alone(entry)) || {
                let recalls: Vec<(usize, &Entry)> = self.recalls(pair.0).collect();
                let halves = corrections().filter(|(_, _, other)| *other == pair);
                self.together(halves.map(|(by, entry, _)| (by, entry)), &recalls)
            }
        };
        corrections().any(complete)
    }

    /// The side's half of a release of a clip, if one stands.
    fn release_half(&self, side: usize, clip: Hash) -> Option<&'a Entry> {
        let about = |body: &Body| matches!(body, Body::Release { clip: of, .. } if *of == clip);
        let half = self.latest(Kind::Release, side, about)?;
        self.release_stands(side, half, clip).then_some(half)
    }

    /// Every release that is not void.
    pub fn releases(&self) -> Vec<ReleaseState> {
        let mut said: Vec<(usize, &Entry, Pair)> = self
            .valid(Kind::Release)
            .filter_map(|(side, entry)| Some((side, entry, pair(entry)?)))
            .collect();
        said.sort_by_key(|(side, entry, _)| (entry.statement.at(), *side, entry.statement.number()));
        let mut pairs: Vec<Pair> = Vec::new();
        for (_, _, pair) in &said {
            if !pairs.contains(pair) {
                pairs.push(*pair);
            }
        }
        pairs.into_iter().map(|pair| self.release_state(pair, &said)).collect()
    }

    fn release_state(&self, (clip, instead): Pair, said: &[(usize, &Entry, Pair)]) -> ReleaseState {
        let halves: Vec<(usize, &Entry)> = self
            .sides()
            .filter_map(|side| Some((side, self.release_half(side, clip)?)))
            .filter(|(_, half)| pair(half) == Some((clip, instead)))
            .collect();
        let standing = halves.len() == self.clock.len() || halves.iter().any(|(_, half)| self.said_alone(half));
        let replaced = halves.is_empty()
            && said
                .iter()
                .any(|(side, _, pair)| *pair == (clip, instead) && self.supplanted(*side, clip));
        ReleaseState {
            clip,
            instead,
            by: halves.iter().map(|(_, half)| mark(half)).collect(),
            standing,
            recalled: halves.is_empty() && !replaced,
            replaced,
        }
    }

    pub fn judge_release(&self, side: usize, clip: Hash, instead: Option<Hash>, at: Timestamp) -> Result<(), Refusal> {
        let most = RELEASES_MAX / self.clock.len();
        if self.chains.said(Kind::Release, side, self.clock[side]).count() >= most {
            return Err(Refusal::Count {
                field: "releases",
                most,
            });
        }
        let opened = self.opened();
        if opened.is_empty() {
            let footage = |offer: &Offered<'_>| offer.terms.footage.is_some() && self.consented(offer);
            let agreed = self.offers().iter().any(footage);
            return Err(if agreed { Refusal::NeverOpen } else { Refusal::NoFootage });
        }
        for footage in opened.iter().filter_map(|offer| offer.terms.footage.as_ref()) {
            self.judge_releaser(side, footage, (clip, instead))?;
            let waits = match footage.embargo {
                Embargo::None => false,
                Embargo::End => !self.ended(),
                Embargo::Until(until) => at < until,
            };
            if waits {
                return Err(Refusal::Embargoed);
            }
        }
        if self.supplanted(side, clip) {
            return Err(Refusal::ClipReplaced);
        }
        if self.release_half(side, clip).is_some() {
            return Err(Refusal::SaidAlready);
        }
        match instead {
            Some(old) if !self.released(side, old) => Err(Refusal::UnknownClip),
            _ => Ok(()),
        }
    }

    /// A releaser may speak first. Where every side's word is needed, the others consent to what a releaser has said.
    fn judge_releaser(&self, side: usize, footage: &Footage, of: Pair) -> Result<(), Refusal> {
        let releases = |side: SideId| footage.releasers.contains(&side);
        let asked = |by: usize| {
            releases(self.chains.sides()[by]) && self.release_half(by, of.0).is_some_and(|half| pair(half) == Some(of))
        };
        let consents = footage.release == Release::Both && self.sides().any(asked);
        if releases(self.chains.sides()[side]) || consents {
            Ok(())
        } else {
            Err(Refusal::NotAReleaser)
        }
    }

    /// Whether a clip was released, so that another can take its place: by this side, where sides release alone.
    fn released(&self, side: usize, clip: Hash) -> bool {
        let alone = self.alone();
        self.valid(Kind::Release)
            .any(|(by, entry)| (by == side || !alone) && pair(entry).is_some_and(|(of, _)| of == clip))
    }

    /// Recall answers a half that stands and that it would take back.
    pub fn judge_recall(&self, side: usize, clip: Hash) -> Result<(), Refusal> {
        let takes_back = |by: usize| {
            self.release_half(by, clip)
                .is_some_and(|half| by == side || !self.said_alone(half))
        };
        if self.sides().any(takes_back) {
            Ok(())
        } else {
            Err(Refusal::NotReleased)
        }
    }
}
