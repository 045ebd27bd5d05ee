//! What desks are shown of a call's clips: what lies here, what is being made, and what follows from the statements.

use std::collections::BTreeSet;

use call::{Body, CallId, Hash, Refusal, ReleaseState, State, Timestamp};

use super::{Core, OfCall, Work, release_of};
use crate::{
    api::{self, ClipActView, ClipDone, ClipMay, ClipState, ClipView, ClipWorkView, ClipsView, Role},
    clips::{Kept, SHORTEST_MS, What},
    core::calls::Held,
    http::ApiError,
};

/// How a clip stands.
fn stands(release: Option<&ReleaseState>, own: call::SideId) -> ClipState {
    match release {
        None => ClipState::Kept,
        Some(release) if release.standing => ClipState::Released,
        Some(release) if release.by.iter().any(|mark| mark.side == own) => ClipState::Ours,
        Some(release) if !release.by.is_empty() => ClipState::Theirs,
        Some(release) if release.replaced => ClipState::Replaced,
        Some(_) => ClipState::Recalled,
    }
}

fn work_view(work: &Work) -> ClipWorkView {
    let (cut, side) = work.cut.view();
    let shortens = match &work.what {
        What::Shorter(wish) => Some(Hash(wish.clip.0).to_string()),
        What::Cut(_) => None,
    };
    ClipWorkView {
        footage: work.footage,
        cut,
        side,
        shortens,
        state: work.state,
        stage: work.stage,
        percent: work.percent,
        why: work.why.map(str::to_owned),
    }
}

/// What is the same for all clips of a view.
struct About<'a> {
    held: &'a Held,
    known: Option<&'a OfCall>,
    may_speak: bool,
    role: Role,
    now: Timestamp,
    /// Clips whose place another may take.
    correctable: Vec<Hash>,
}

impl Core {
    /// The clips of a call. There are none to speak of where footage was never open.
    pub(super) fn clips_view(&self, id: CallId, role: Role) -> Result<ClipsView, ApiError> {
        let held = self.calls.get(&id).ok_or(ApiError::NotFound)?;
        let known = self.clips.calls.get(&id);
        let state = held.state();
        let now = Timestamp(self.clock.utc_ms());
        let here: Vec<(&Kept, bool)> = known.into_iter().flat_map(OfCall::clips).collect();
        let nothing = here.is_empty() && known.is_none_or(|known| known.work.is_empty()) && state.releases.is_empty();
        if nothing && never_open(held, self.own.id, now) {
            return Err(ApiError::NotFound);
        }
        let mut about = About {
            held,
            known,
            may_speak: self.may_speak(id),
            role,
            now,
            correctable: Vec::new(),
        };
        about.correctable = self.correctable(&about, &here);
        let mut clips: Vec<ClipView> = here
            .iter()
            .map(|(clip, cut_off)| self.clip_view(&about, clip, *cut_off))
            .collect();
        let here: BTreeSet<Hash> = here.iter().map(|(clip, _)| clip.hash()).collect();
        let mut away: BTreeSet<Hash> = BTreeSet::new();
        for release in state.releases.iter().filter(|release| !release.by.is_empty()) {
            if !here.contains(&release.clip) && away.insert(release.clip) {
                clips.push(self.far_clip_view(&about, release.clip));
            }
        }
        Ok(ClipsView {
            programs: self.clips.programs.map(str::to_owned),
            work: known.into_iter().flat_map(|known| &known.work).map(work_view).collect(),
            clips,
        })
    }

    /// The clips whose place another may take; which one that is changes nothing.
    fn correctable(&self, about: &About<'_>, here: &[(&Kept, bool)]) -> Vec<Hash> {
        let state = about.held.state();
        let may = |clip, instead| {
            let release = Body::Release { clip, instead };
            call::may(about.held.chains(), self.own.id, &release, about.now).is_ok()
        };
        let new = here.iter().filter(|(_, cut_off)| !cut_off).map(|(clip, _)| clip.hash());
        let new: Vec<Hash> = new.filter(|clip| may(*clip, None)).collect();
        let olds: BTreeSet<Hash> = state.releases.iter().map(|release| release.clip).collect();
        let takes = |old: &Hash| {
            new.iter()
                .find(|new| *new != old)
                .is_some_and(|new| may(*new, Some(*old)))
        };
        let olds = olds.into_iter().filter(|old| !self.is_replaced(state, *old));
        olds.filter(takes).collect()
    }

    fn is_replaced(&self, state: &State, clip: Hash) -> bool {
        release_of(state, self.own.id, clip).is_some_and(|release| release.replaced)
    }

    fn may(
        &self,
        about: &About<'_>,
        clip: Hash,
        here: Option<(&Kept, bool)>,
        release: Option<&ReleaseState>,
    ) -> ClipMay {
        let cut_off = here.is_some_and(|(_, cut_off)| cut_off);
        let shorten = here.is_some_and(|(clip, cut_off)| !cut_off && clip.ms > SHORTEST_MS);
        let refused = |code: &str| ClipMay {
            release: Some(code.to_owned()),
            recall: false,
            shorten,
            correct: Vec::new(),
        };
        if about.role != Role::Operator {
            return refused("role");
        }
        if !about.may_speak {
            return ClipMay {
                recall: self.may_recall_later(about.held, clip),
                ..refused("own_head_unknown")
            };
        }
        let can = |body: &Body| call::may(about.held.chains(), self.own.id, body, about.now);
        // Consent is to exactly what the other side has said.
        let instead = release
            .filter(|release| !release.by.is_empty())
            .and_then(|release| release.instead);
        let refusal = can(&Body::Release { clip, instead }).err();
        let correct = if refusal.is_none() && instead.is_none() && here.is_some() && !cut_off {
            let others = about.correctable.iter().filter(|old| **old != clip);
            others.map(Hash::to_string).collect()
        } else {
            Vec::new()
        };
        ClipMay {
            release: if cut_off {
                Some(super::acts::CUT_OFF.to_owned())
            } else {
                refusal.map(|refusal| refusal.code().to_owned())
            },
            recall: can(&Body::Recall { clip }).is_ok(),
            shorten,
            correct,
        }
    }

    fn clip_view(&self, about: &About<'_>, clip: &Kept, cut_off: bool) -> ClipView {
        let hash = clip.hash();
        let release = release_of(about.held.state(), self.own.id, hash);
        let (cut, side) = clip.cut.view();
        let made = ClipActView {
            act: if clip.shortens().is_some() {
                ClipDone::Shortened
            } else {
                ClipDone::Made
            },
            side: self.own.id.to_string(),
            name: clip.by.as_ref().map(|by| by.name.clone()),
            at: api::time_text(clip.made),
        };
        let mut acts = vec![made];
        acts.extend(self.acts(about, hash));
        ClipView {
            sha256: hash.to_string(),
            footage: Some(clip.footage().number),
            cut: Some(cut),
            side,
            file: Some(clip.file.clone()),
            bytes: Some(clip.bytes),
            ms: Some(clip.ms),
            from: Some(api::time_text(clip.from)),
            made: Some(api::time_text(clip.made)),
            shortens: clip.shortens().map(|clip| clip.to_string()),
            by: clip.by.as_ref().map(crate::clips::KeptBy::view),
            here: true,
            poster: clip.poster,
            signed_by: Some(clip.signed_by.clone()),
            time_stamp: clip.time_stamp.map(api::time_text),
            sounds: clip.sounds.clone(),
            state: if cut_off {
                ClipState::CutOff
            } else if about.known.is_some_and(|known| known.recalling.contains_key(&hash)) {
                ClipState::Recalled
            } else {
                stands(release, self.own.id)
            },
            instead: release.and_then(|release| release.instead).map(|old| old.to_string()),
            may: self.may(about, hash, Some((clip, cut_off)), release),
            url: self.clips.press.clip_url(hash),
            acts,
        }
    }

    /// A clip of which only the hash is known.
    fn far_clip_view(&self, about: &About<'_>, hash: Hash) -> ClipView {
        let release = release_of(about.held.state(), self.own.id, hash);
        ClipView {
            sha256: hash.to_string(),
            footage: None,
            cut: None,
            side: None,
            file: None,
            bytes: None,
            ms: None,
            from: None,
            made: None,
            shortens: None,
            by: None,
            here: false,
            poster: false,
            signed_by: None,
            time_stamp: None,
            sounds: Vec::new(),
            state: stands(release, self.own.id),
            instead: release.and_then(|release| release.instead).map(|old| old.to_string()),
            may: self.may(about, hash, None, release),
            url: None,
            acts: self.acts(about, hash),
        }
    }

    /// What both sides said of a clip, oldest first. Which seat said it is known of our own statements alone.
    fn acts(&self, about: &About<'_>, clip: Hash) -> Vec<ClipActView> {
        let chains = about.held.chains();
        let of_clip = |body: &Body| match body {
            Body::Release { clip: of, .. } if *of == clip => Some(ClipDone::Released),
            Body::Recall { clip: of } if *of == clip => Some(ClipDone::Recalled),
            _ => None,
        };
        let valid = chains.statements().filter(|statement| chains.void(statement).is_none());
        let mut said: Vec<_> = valid
            .filter_map(|statement| Some((of_clip(statement.body())?, statement)))
            .collect();
        said.sort_by_key(|(_, statement)| (statement.at(), statement.side(), statement.number()));
        let names = about.known.and_then(|known| known.said.as_ref());
        let view = |(act, statement): (ClipDone, &call::Statement)| ClipActView {
            act,
            side: statement.side().to_string(),
            name: names.and_then(|names| Some(names.get(&statement.hash())?.name.clone())),
            at: api::time_text(statement.at().0),
        };
        said.into_iter().map(view).collect()
    }
}

/// Whether footage was never open in a call.
fn never_open(held: &Held, own: call::SideId, now: Timestamp) -> bool {
    let any = Body::Release {
        clip: Hash([0; 32]),
        instead: None,
    };
    matches!(
        call::may(held.chains(), own, &any, now),
        Err(Refusal::NoFootage | Refusal::NeverOpen)
    )
}
