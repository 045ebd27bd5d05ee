//! What stays on our own side: notes to the principal, the delegation's chat, the topic that is being talked about, what an
//! operator asks of a seat. None of it is signed, stored or told to the far node: nothing here makes a statement or a signal.

use std::collections::{BTreeMap, VecDeque};

use call::{CallId, Hash, Phase, PublicKey, Refusal};

use super::{
    Core,
    calls::{node_refusal, refusal},
    lines::is_over,
    pace::Bucket,
};
use crate::{
    api::{self, ASIDES_MAX, Aside, AsideText, AsideTo, Asked, Role, SeatDo, ToBrowser, TopicView},
    http::{ApiError, Pace},
};

/// Asides of one seat.
const ASIDES: Pace = Pace {
    burst: 10,
    per_second: 1,
};
/// How long a call's asides are kept after its end.
const KEPT_MS: u64 = 10 * 60 * 1_000;

/// One call's words.
#[derive(Default)]
struct Words {
    asides: VecDeque<Aside>,
    last: u32,
    /// The terms, the topic's place in them, since when.
    topic: Option<(Hash, u16, i64)>,
    /// When the call ended, by the node's running clock.
    over_ms: Option<u64>,
}

/// All words of our own side.
#[derive(Default)]
pub(super) struct Asides {
    calls: BTreeMap<CallId, Words>,
    allowances: BTreeMap<PublicKey, Bucket>,
}

impl Asides {
    fn shown(&self, id: CallId, role: Role) -> Vec<Aside> {
        let asides = self.calls.get(&id).into_iter().flat_map(|words| &words.asides);
        asides.filter(|aside| aside.to.shows(role)).cloned().collect()
    }
}

impl Core {
    /// A seat says something on our own side.
    pub(super) fn aside(&mut self, connection: u64, call: &str, to: AsideTo, text: AsideText) {
        if let Err(error) = self.take_aside(connection, call, to, text) {
            self.seats.tell(connection, super::views::refused(error));
        }
    }

    fn take_aside(&mut self, connection: u64, call: &str, to: AsideTo, text: AsideText) -> Result<(), ApiError> {
        let socket = self.seats.get(connection).ok_or(ApiError::NotFound)?;
        let (key, from, role) = (socket.key, socket.seat.name.clone(), socket.seat.role);
        if !to.admits(role) {
            return Err(ApiError::Role);
        }
        let id = self.call_id(call)?;
        self.is_agreed(id)?;
        let now_ms = self.clock.elapsed_ms();
        if !self.asides.allowances.entry(key).or_default().take(ASIDES, 1, now_ms) {
            return Err(node_refusal("aside_too_fast"));
        }
        let at = api::time_text(self.clock.utc_ms());
        let words = self.asides.calls.entry(id).or_default();
        words.last += 1;
        words.asides.push_back(Aside {
            id: words.last,
            from,
            role,
            to,
            text,
            at,
            seen: false,
        });
        while words.asides.len() > ASIDES_MAX {
            words.asides.pop_front();
        }
        self.show_asides(id, to);
        Ok(())
    }

    /// Whether a call has terms in force and is not over.
    fn is_agreed(&self, id: CallId) -> Result<(), ApiError> {
        let held = self.calls.get(&id).ok_or(ApiError::NotFound)?;
        match held.state().phase {
            _ if held.ending() => Err(refusal(&Refusal::Ended)),
            Phase::Agreed | Phase::Gathering | Phase::InSession => Ok(()),
            phase if is_over(phase) => Err(refusal(&Refusal::Ended)),
            _ => Err(refusal(&Refusal::NotAgreed)),
        }
    }

    /// The principal has put a note away.
    pub(super) fn aside_seen(&mut self, connection: u64, call: &str, aside: u32) {
        let role = self.seats.get(connection).map(|socket| socket.seat.role);
        let (Some(Role::Principal), Ok(id)) = (role, self.call_id(call)) else {
            return;
        };
        let asides = self.asides.calls.get_mut(&id).into_iter();
        let mut asides = asides.flat_map(|words| &mut words.asides);
        let note = asides.find(|one| one.id == aside && one.to == AsideTo::Principal && !one.seen);
        if let Some(note) = note {
            note.seen = true;
            self.show_asides(id, AsideTo::Principal);
        }
    }

    /// Tells everybody who sees asides of that kind all that they see.
    fn show_asides(&mut self, id: CallId, to: AsideTo) {
        for role in self.seats.roles().into_iter().filter(|role| to.shows(*role)) {
            let message = ToBrowser::Asides {
                call: id.to_string(),
                asides: self.asides.shown(id, role),
            };
            self.seats.tell_role(role, &message);
        }
    }

    /// Tells a seat that has just connected what was said: of every call in which something may be or was said.
    pub(super) fn open_asides(&mut self, connection: u64, role: Role) {
        if !AsideTo::Delegation.shows(role) {
            return;
        }
        let ids = self.calls.keys().copied();
        let ids: Vec<CallId> = ids
            .filter(|id| self.is_agreed(*id).is_ok() || self.asides.calls.contains_key(id))
            .collect();
        for id in ids {
            let asides = self.asides.shown(id, role);
            let call = id.to_string();
            self.seats.tell(connection, ToBrowser::Asides { call, asides });
        }
    }

    /// Notes when a call ended, for from then on its asides are kept only for a while.
    pub(super) fn settle_asides(&mut self, id: CallId) {
        let over = self.calls.get(&id).is_none_or(|held| is_over(held.state().phase));
        if let Some(words) = self.asides.calls.get_mut(&id).filter(|_| over) {
            words.over_ms.get_or_insert(self.clock.elapsed_ms());
        }
    }

    /// Forgets what was said in calls that have been over for long enough.
    pub(super) fn tick_asides(&mut self) {
        let now_ms = self.clock.elapsed_ms();
        let late = |words: &Words| {
            words
                .over_ms
                .is_some_and(|at_ms| now_ms.saturating_sub(at_ms) >= KEPT_MS)
        };
        let gone = self.asides.calls.iter().filter(|(_, words)| late(words));
        let gone: Vec<CallId> = gone.map(|(id, _)| *id).collect();
        for id in gone {
            self.asides.calls.remove(&id);
            self.show_asides(id, AsideTo::Delegation);
        }
    }

    /// Which topic is being talked about.
    pub(super) fn set_topic(&mut self, id: CallId, topic: Option<u16>) -> Result<(), ApiError> {
        self.is_agreed(id)?;
        let state = self.calls.get(&id).ok_or(ApiError::NotFound)?.state();
        let offer = state.terms().ok_or_else(|| refusal(&Refusal::NotAgreed))?;
        if topic.is_some_and(|topic| usize::from(topic) >= offer.terms.topics.len()) {
            return Err(node_refusal("unknown_topic"));
        }
        let (hash, now_ms) = (offer.hash, self.clock.utc_ms());
        let words = self.asides.calls.entry(id).or_default();
        let same = |(terms, place, _): &(Hash, u16, i64)| *terms == hash && Some(*place) == topic;
        if words.topic.as_ref().is_some_and(same) {
            return Ok(());
        }
        words.topic = topic.map(|topic| (hash, topic, now_ms));
        self.change(id);
        Ok(())
    }

    /// The topic as our own side is shown it.
    pub(super) fn topic_view(&self, id: CallId) -> Option<TopicView> {
        self.is_agreed(id).ok()?;
        let (terms, index, since_ms) = self.asides.calls.get(&id)?.topic?;
        let in_force = self.calls.get(&id)?.state().terms()?.hash;
        (in_force == terms).then(|| TopicView {
            index,
            since: api::time_text(since_ms),
        })
    }

    /// An operator mutes one of our seats, or asks its person to speak.
    pub(super) async fn ask_seat(&mut self, id: CallId, seat: &str, what: SeatDo) -> Result<(), ApiError> {
        let connection = self.own_seat(id, seat).await?;
        let what = match what {
            SeatDo::Mute => Asked::Mute,
            SeatDo::Ask => Asked::Speak,
        };
        let call = id.to_string();
        self.seats.tell(connection, ToBrowser::Asked { call, what });
        Ok(())
    }
}
