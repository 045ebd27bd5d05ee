//! What is to be made: the cuts of each footage, and the shorter wholes that somebody wants.

use std::path::PathBuf;

use call::{Hash, SideId, terms};

use super::{Core, Work, same};
use crate::{
    api::{ClipWorkState, Hex32},
    clips::{self, CLIPS_MAX, Draft, Job, KeptCut, What, Wish},
    recorder::{Finished, FootageOf},
};

/// The code where too much waits.
pub(super) const BUSY: &str = "clip_busy";

/// One cut for each side that is in the final files, and the pool cut.
fn cuts(finished: &Finished) -> Vec<KeptCut> {
    let mut cuts: Vec<KeptCut> = finished
        .files
        .iter()
        .map(|file| KeptCut::of_side(file.side()))
        .collect();
    cuts.sort_unstable();
    cuts.dedup();
    if !cuts.is_empty() {
        cuts.push(KeptCut::Pool);
    }
    cuts
}

/// A name as a part of a file's name: none where nothing of it can stand there.
fn slug(name: &str) -> Option<String> {
    let kept = name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { ' ' });
    let kept: String = kept.collect::<String>().to_ascii_lowercase();
    let words: Vec<&str> = kept.split_whitespace().take(4).collect();
    Some(words.join("-"))
        .filter(|slug| !slug.is_empty())
        .map(|slug| slug.chars().take(40).collect())
}

impl Core {
    /// Orders the cuts that are missing of a footage, once it is known which are there.
    pub(super) fn order_cuts(&mut self, of: FootageOf) {
        let Some(held) = self.clips.calls.get(&of.call) else {
            return;
        };
        let Some(footage) = held.footages.get(&of.number) else {
            return;
        };
        if !(self.clips.looked || footage.found) {
            return;
        }
        let Some(finished) = footage.ready() else { return };
        let is_there = |cut: &KeptCut| {
            held.clips.iter().any(|clip| {
                let whole = clip.shortens().is_none() && !footage.is_cut_off(clip);
                clip.footage() == of && clip.cut == *cut && whole
            }) || held
                .work
                .iter()
                .any(|work| work.footage == of.number && work.what == What::Cut(*cut))
        };
        let missing: Vec<KeptCut> = cuts(finished).into_iter().filter(|cut| !is_there(cut)).collect();
        for cut in missing {
            if self.clips_of(of) >= CLIPS_MAX {
                return tracing::error!(call = ?of.call, footage = of.number, "too many clips of one footage: no more are made");
            }
            self.add_work(of, What::Cut(cut), cut);
        }
    }

    /// Orders all that is to be made of a footage once more: its final files are others, or will be.
    pub(super) fn order_anew(&mut self, of: FootageOf) {
        self.clips.handle.drop_of(of);
        let Some(held) = self.clips.calls.get_mut(&of.call) else {
            return;
        };
        let (dropped, kept) = std::mem::take(&mut held.work)
            .into_iter()
            .partition(|work| work.footage == of.number);
        held.work = kept;
        let dropped: Vec<Work> = dropped;
        for work in dropped {
            if let What::Shorter(wish) = work.what {
                self.want(of, wish);
            }
        }
        self.order_cuts(of);
    }

    /// Clips of a footage, those to be made too.
    pub(super) fn clips_of(&self, of: FootageOf) -> usize {
        self.clips.calls.get(&of.call).map_or(0, |held| {
            let made = held.clips.iter().filter(|clip| clip.footage() == of).count();
            made + held.work.iter().filter(|work| work.footage == of.number).count()
        })
    }

    /// Orders a shorter whole of a clip that may still be shown.
    pub(super) fn want(&mut self, of: FootageOf, wish: Wish) {
        let Some(held) = self.clips.calls.get(&of.call) else {
            return;
        };
        if held.work.iter().any(|work| same(work, of.number, &wish)) {
            return;
        }
        let clip = held.clips.iter().find(|clip| clip.hash().0 == wish.clip.0);
        let cut_off = |clip| {
            held.footages
                .get(&of.number)
                .is_some_and(|footage| footage.is_cut_off(clip))
        };
        match clip.filter(|clip| clip.footage() == of && !cut_off(clip)) {
            Some(clip) => {
                let cut = clip.cut;
                self.add_work(of, What::Shorter(wish), cut);
            }
            _ => {
                tracing::warn!(call = ?of.call, footage = of.number, "a shorter clip is not made: the one that it is of is not there");
                let folder = clips::folder(&self.clips.data, of);
                tokio::task::spawn_blocking(move || clips::forget_wish(&folder, &wish));
            }
        }
    }

    fn add_work(&mut self, of: FootageOf, what: What, cut: KeptCut) {
        self.clips.jobs += 1;
        let work = Work {
            id: self.clips.jobs,
            footage: of.number,
            what,
            cut,
            state: ClipWorkState::Waiting,
            stage: None,
            percent: 0,
            why: None,
        };
        let work = self.handed_in(of, work);
        self.clips.calls.entry(of.call).or_default().work.push(work);
        self.clips.waiting.insert(of.call);
    }

    /// Hands in the job of a work. What finds no room has failed, and can be tried again.
    pub(super) fn handed_in(&self, of: FootageOf, work: Work) -> Work {
        let busy = match self.job(of, &work) {
            Some(job) => self.clips.handle.make(job).is_err(),
            // Its footage's final files are being made: it is ordered when they are there.
            None => false,
        };
        let (state, why) = if busy {
            (ClipWorkState::Failed, Some(BUSY))
        } else {
            (ClipWorkState::Waiting, None)
        };
        Work {
            state,
            why,
            stage: None,
            percent: 0,
            ..work
        }
    }

    fn job(&self, of: FootageOf, work: &Work) -> Option<Job> {
        let held = self.calls.get(&of.call)?;
        let known = self.clips.calls.get(&of.call)?;
        let finished = known.footages.get(&of.number)?.ready()?;
        let state = held.state();
        let names = self.names();
        let name = |side: &SideId| names.get(side).cloned().unwrap_or_default();
        let [one, other] = state.sides[..] else { return None };
        let parent = match &work.what {
            What::Shorter(wish) => Some(known.clip(Hash(wish.clip.0))?.0),
            What::Cut(_) => None,
        };
        let day = self.day(finished.begins);
        let (whose, side) = match work.cut {
            KeptCut::Pool => ("pool".to_owned(), None),
            KeptCut::Side(Hex32(side)) => {
                let name = name(&SideId(side));
                (slug(&name).unwrap_or_else(|| "side".to_owned()), Some(SideId(side)))
            }
        };
        let title = format!("{}, {}: {day}", name(&one), name(&other));
        let title = side.map_or(title.clone(), |side| format!("{title} ({})", name(&side)));
        let in_it = |source: &SideId| side.is_none_or(|side| side == *source);
        let sources = sources(state, finished);
        let mut sides: Vec<SideId> = finished.files.iter().map(|file| file.side()).filter(in_it).collect();
        sides.sort_unstable();
        sides.dedup();
        let sounds = finished.files.iter().zip(&sources);
        let sounds = sounds.filter(|(file, _)| file.sound && in_it(&file.side()));
        let head = |side| held.chains().head(side).map_or([0; 32], |head| head.hash.0);
        let wish = match &work.what {
            What::Shorter(wish) => Some(wish),
            What::Cut(_) => None,
        };
        let begins = parent.map_or(finished.begins, |parent| parent.from);
        let after = wish.map_or(0, |wish| i64::try_from(wish.from_ms).unwrap_or(0));
        Some(Job {
            id: work.id,
            of,
            what: work.what.clone(),
            sides: vec![one, other],
            facts: clip::Facts {
                title,
                call: of.call.0,
                head: [head(one), head(other)],
                sides: [name(&one), name(&other)],
                opened: finished.opened,
                closed: finished.closed,
                parent: parent.map(|parent| parent.hash().0),
            },
            draft: Draft {
                cut: work.cut,
                stem: format!("{day}-{whose}"),
                from: begins.saturating_add(after),
                closed: parent.map_or(finished.closed, |parent| parent.closed),
                shortens: parent.map(|parent| parent.hash()),
                by: wish.map(|wish| wish.by.clone()),
                signed_by: self.own.name.clone(),
                sounds: parent.map_or_else(
                    || sounds.map(|(_, source)| source.name.clone()).collect(),
                    |parent| parent.sounds.clone(),
                ),
                sides: parent.map_or_else(|| sides.iter().map(name).collect(), |parent| parent.sides.clone()),
            },
            sources,
        })
    }

    /// The day of a moment at this side's capital.
    fn day(&self, ms: i64) -> String {
        let zone = jiff::tz::TimeZone::get(&self.own.zone).unwrap_or(jiff::tz::TimeZone::UTC);
        let at = jiff::Timestamp::from_millisecond(ms).unwrap_or_default();
        at.to_zoned(zone).date().to_string()
    }
}

/// The final files as what they are of, one for each.
fn sources(state: &call::State, finished: &Finished) -> Vec<clip::Source> {
    let source = |file: &crate::recorder::FinalFile| {
        let person = state.person(file.person());
        let role = person.map(|person| person.role);
        clip::Source {
            path: PathBuf::from(&file.name),
            side: state.sides.iter().position(|side| *side == file.side()).unwrap_or(0),
            name: person.map_or_else(|| file.person().0.to_string(), |person| person.title.clone()),
            interpreter: role == Some(terms::Role::Interpreter),
            pictures: file.pictures,
            language: person.and_then(|person| Some(person.interprets.as_ref()?.to.clone())),
        }
    };
    finished.files.iter().map(source).collect()
}

#[cfg(test)]
mod tests {
    use super::slug;

    #[test]
    fn a_name_becomes_a_part_of_a_file_name_or_none() {
        for (name, part) in [
            ("Washington", Some("washington")),
            ("Foreign Office / London", Some("foreign-office-london")),
            ("../../etc/passwd", Some("etc-passwd")),
            ("Москва", None),
            ("", None),
        ] {
            assert_eq!(slug(name).as_deref(), part, "{name}");
        }
    }
}
