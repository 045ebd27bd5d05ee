//! The reference model of clips: every choice of halves is tried, every past is a set.

use std::collections::BTreeMap;

use super::model::{Model, Set};
use crate::release::RELEASES_MAX;
use crate::terms::{Embargo, Footage, Release};
use crate::{Body, Hash, Kind, SideId, Statement, Timestamp};

type Pair = (Hash, Option<Hash>);
/// Halves that stand, whether they are enough, whether another clip has taken its place.
type Told = (Vec<Hash>, bool, bool);

fn pair(statement: &Statement) -> Pair {
    match *statement.body() {
        Body::Release { clip, instead } => (clip, instead),
        _ => unreachable!(),
    }
}

impl Model {
    /// Some choice of a half by every side, all of which have seen the same of these closings.
    fn together(&self, halves: &[&Statement], closings: &[&Statement]) -> bool {
        let seen = |half: &Statement| -> Set {
            let past = self.past(half.hash());
            closings
                .iter()
                .map(|closing| closing.hash())
                .filter(|hash| past.contains(hash))
                .collect()
        };
        let fits = |half: &Statement| {
            self.sides.iter().all(|side| {
                halves
                    .iter()
                    .any(|other| other.side() == *side && seen(other) == seen(half))
            })
        };
        halves.iter().any(|half| fits(half))
    }

    fn opened(&self, set: &Set) -> Vec<&Footage> {
        let closes = self.in_set(set, |statement| *statement.body() == Body::Close);
        let mut opened = Vec::new();
        for (offer, terms) in self.offers(set) {
            let body = Body::Open { terms: offer.hash() };
            let halves = self.in_set(set, |statement| *statement.body() == body);
            if self.together(&halves, &closes) {
                opened.extend(&terms.footage);
            }
        }
        opened
    }

    fn alone(&self, set: &Set) -> bool {
        self.opened(set)
            .iter()
            .all(|footage| footage.release == Release::Either)
    }

    fn said_alone(&self, half: &Statement) -> bool {
        self.alone(&self.past(half.hash()))
    }

    fn released(&self, set: &Set) -> Vec<&Statement> {
        self.in_set(set, |statement| statement.kind() == Kind::Release)
    }

    fn recalls(&self, set: &Set, clip: Hash) -> Vec<&Statement> {
        self.in_set(set, |statement| *statement.body() == Body::Recall { clip })
    }

    fn half_stands(&self, set: &Set, half: &Statement) -> bool {
        let (clip, _) = pair(half);
        let mut recalls = self.recalls(set, clip);
        if self.said_alone(half) {
            recalls.retain(|recall| recall.side() == half.side());
        }
        let past = self.past(half.hash());
        recalls.iter().all(|recall| past.contains(&recall.hash())) && !self.supplanted(set, half.side(), clip)
    }

    fn supplanted(&self, set: &Set, side: SideId, clip: Hash) -> bool {
        let corrections: Vec<&Statement> = self.released(set);
        let corrections = corrections.iter().filter(|other| pair(other).1 == Some(clip));
        corrections.clone().any(|correction| {
            let same: Vec<&Statement> = corrections
                .clone()
                .filter(|other| pair(other) == pair(correction))
                .copied()
                .collect();
            let alone = correction.side() == side && self.said_alone(correction);
            alone || self.together(&same, &self.recalls(set, pair(correction).0))
        })
    }

    pub fn releases(&self, set: &Set) -> BTreeMap<Pair, Told> {
        let mut told = BTreeMap::new();
        for one in self.released(set) {
            let (clip, _) = pair(one);
            let said = || self.released(set).into_iter().filter(|other| pair(other) == pair(one));
            let mut halves: Vec<&Statement> = said().filter(|half| self.half_stands(set, half)).collect();
            halves.sort_by_key(|half| half.side());
            let everyone = self
                .sides
                .iter()
                .all(|side| halves.iter().any(|half| half.side() == *side));
            let standing = everyone || halves.iter().any(|half| self.said_alone(half));
            let replaced = halves.is_empty() && said().any(|half| self.supplanted(set, half.side(), clip));
            let by = halves.iter().map(|half| half.hash()).collect();
            told.insert(pair(one), (by, standing, replaced));
        }
        told
    }

    pub(super) fn may_release(&self, set: &Set, me: SideId, said: Pair, at: Timestamp) -> bool {
        let (clip, instead) = said;
        let opened = self.opened(set);
        let released = self.released(set);
        let mine = set.iter().filter(|hash| self.is(hash, me, Kind::Release)).count();
        let allows = |footage: &&Footage| {
            let asked = released.iter().any(|half| {
                pair(half) == said && footage.releasers.contains(&half.side()) && self.half_stands(set, half)
            });
            let speaks = footage.releasers.contains(&me) || (footage.release == Release::Both && asked);
            speaks
                && match footage.embargo {
                    Embargo::None => true,
                    Embargo::End => !self.ends(set).is_empty(),
                    Embargo::Until(until) => at >= until,
                }
        };
        let known = |old: Hash| {
            released
                .iter()
                .any(|half| pair(half).0 == old && (half.side() == me || !self.alone(set)))
        };
        let standing = |half: &&Statement| half.side() == me && pair(half).0 == clip && self.half_stands(set, half);
        mine < RELEASES_MAX / self.sides.len()
            && !opened.is_empty()
            && opened.iter().all(allows)
            && !self.supplanted(set, me, clip)
            && !released.iter().any(standing)
            && instead.is_none_or(known)
    }

    pub(super) fn may_recall(&self, set: &Set, me: SideId, clip: Hash) -> bool {
        self.released(set).iter().any(|half| {
            pair(half).0 == clip && self.half_stands(set, half) && (half.side() == me || !self.said_alone(half))
        })
    }
}
