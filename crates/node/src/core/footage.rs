//! Footage: since when it is open here, what our recorder is given of it, and how it is closed.
//!
//! Whether footage is open follows from the statements. This node closes it besides: at a press on its own side before
//! the Close is stored, by the clock of the terms, when one of its terminals has closed, when the line is lost, and after
//! a start that finds it open. What it has closed stays closed here, whatever the statements say, until other Opens
//! stand. A [`Valve`] is what closes: from then on no packet passes to the recorder.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use ::recorder::PlanPerson;
use call::{Body, CallId, Chains, Hash, Kind, PublicKey, SideId, State, Statement, Timestamp, terms};
use sfu::TrackId;

use super::{Core, calls::node_refusal, envelopes::Envelopes, rooms::Plan};
use crate::{
    api::{self, ClosedWhy, FootageView, PRESS_MS_MAX, RecorderState, RecorderView},
    http::ApiError,
    recorder::{self, Sealed, Source, TakeId, Tap, Valve},
};

/// How often it is looked whether footage is over by the clock.
pub(super) const FOOTAGE_EVERY: Duration = Duration::from_millis(100);
/// A Close of the far side counts from when it says, at most from so long ago: a press and the way of a statement over a
/// bad line.
const FAR_PRESS_MS_MAX: i64 = PRESS_MS_MAX + 2_000;
/// The far side's clock is known by the line to this: what was captured so shortly before its press is not kept either.
const FAR_CLOCK_MS: i64 = 50;

/// Footage that is open by the statements.
struct Window {
    /// SHA-256 of the hashes of its Opens.
    context: Hash,
    terms: terms::Footage,
    /// Since when by the node's clocks, and until when.
    opened_at_ms: i64,
    ends_ms: u64,
    take: TakeId,
    valve: Valve,
    /// What our recorder is given.
    taps: BTreeMap<TrackId, Source>,
}

impl Window {
    fn is_open(&self) -> bool {
        self.valve.is_open()
    }
}

/// All footage.
pub(super) struct Footages {
    recorder: recorder::Handle,
    windows: BTreeMap<CallId, Window>,
    /// How our recorder does, or did last, in each call.
    doing: BTreeMap<CallId, (TakeId, recorder::Status)>,
    takes: u64,
    /// The last footage that was closed here in each call, and since which press.
    closed: BTreeMap<CallId, (TakeId, Instant)>,
    pub(super) envelopes: Envelopes,
}

/// Why footage was closed, for the log.
#[derive(Clone, Copy, Debug)]
pub(super) enum Why {
    Pressed,
    Statement,
    Clock,
    TerminalsClock,
    TerminalsLease,
    Line,
    Stop,
}

impl Footages {
    pub(super) fn new(recorder: recorder::Handle) -> Self {
        Self {
            recorder,
            windows: BTreeMap::new(),
            doing: BTreeMap::new(),
            takes: 0,
            closed: BTreeMap::new(),
            envelopes: Envelopes::default(),
        }
    }

    /// The node stops: what our recorder was given is written.
    pub(super) async fn end(self) {
        self.recorder.end().await;
    }

    /// Tells a test all that the recorder is told.
    #[cfg(test)]
    pub(super) fn tap(&mut self, tapped: tokio::sync::mpsc::UnboundedSender<recorder::Order>) {
        self.recorder.tapped = Some(tapped);
    }

    /// The recorder's key, for which its side vouches.
    pub(super) fn key(&self) -> PublicKey {
        self.recorder.key
    }

    /// Whether the clock has to be looked at.
    pub(super) fn wait(&self) -> bool {
        self.windows.values().any(Window::is_open)
    }

    /// Gives our recorder a root for the footage that is open; false when it is for none that is.
    pub(super) fn take_root(&self, id: CallId, sealed: &Sealed) -> bool {
        let window = self.windows.get(&id);
        let Some(window) = window.filter(|window| window.is_open() && window.context.0 == sealed.place.context) else {
            return false;
        };
        let take = window.take;
        let sealed = sealed.clone();
        self.recorder.order(recorder::Order::Root { take, sealed });
        true
    }

    /// A Close arrives of what was closed here already, as when the line was cut: what was captured between its press and
    /// ours is not kept either. Had it been pressed much earlier, the far side would have been heard after it.
    fn was_closed_before(&mut self, id: CallId, by: &Statement, press: Instant) {
        let Some((take, known)) = self
            .closed
            .get_mut(&id)
            .filter(|_| matches!(by.kind(), Kind::Close | Kind::End))
        else {
            return;
        };
        let press = press.max(earlier(*known, FAR_PRESS_MS_MAX));
        if press < *known {
            *known = press;
            let take = *take;
            self.recorder.order(recorder::Order::Close { take, press });
        }
    }

    /// Whether footage is open here.
    pub(super) fn is_open(&self, id: CallId) -> bool {
        self.windows.get(&id).is_some_and(Window::is_open)
    }
}

/// The context of footage that is open by the statements, and its terms.
fn standing(state: &State, chains: &Chains) -> Option<(Hash, terms::Footage)> {
    let open = state.footage.open.as_ref()?;
    let mut hashes: Vec<Hash> = open.iter().map(|mark| mark.hash).collect();
    hashes.sort_unstable();
    let bytes: Vec<u8> = hashes.iter().flat_map(|hash| hash.0).collect();
    let Body::Open { terms } = chains.find(*hashes.first()?)?.body() else {
        return None;
    };
    let offer = state.offers.iter().find(|offer| offer.hash == *terms)?;
    Some((Hash::of(&bytes), offer.terms.footage.clone()?))
}

impl Core {
    /// Brings footage in line with what the statements say of it.
    pub(super) async fn settle_footage(&mut self, id: CallId) {
        let Some(held) = self.calls.get(&id) else { return };
        let standing = standing(held.state(), held.chains()).filter(|_| !held.ending());
        let was_away = held.was_away();
        let known = self.footage.windows.get(&id).map(|window| window.context);
        if known.is_some() && known == standing.as_ref().map(|(context, _)| *context) {
            return;
        }
        self.shut_footage(id, Instant::now(), Why::Statement);
        for track in self
            .footage
            .windows
            .remove(&id)
            .into_iter()
            .flat_map(|window| window.taps)
        {
            self.media.order(media::Order::Tap(track.0, None)).await;
        }
        let Some((context, terms)) = standing else { return };
        self.open_footage(id, context, terms, was_away);
    }

    /// Opens a window; one that was open when the node was away is shut from the beginning.
    fn open_footage(&mut self, id: CallId, context: Hash, terms: terms::Footage, was_away: bool) {
        let takes_part = terms.recorders.contains(&self.own.id) && !was_away;
        tracing::info!(call = ?id, takes_part, was_away, "footage is open");
        self.footage.takes += 1;
        let take = TakeId(self.footage.takes);
        let (opened_at_ms, now_ms) = (self.clock.utc_ms(), self.clock.elapsed_ms());
        if takes_part {
            let begin = recorder::Order::Begin {
                take,
                plan: self.take_plan(id, &terms, Timestamp(opened_at_ms)),
                context: context.0,
                at: Instant::now(),
            };
            self.footage.recorder.order(begin);
            let status = recorder::Status::in_state(RecorderState::Waiting);
            self.footage.doing.insert(id, (take, status));
        }
        let valve = Valve::open();
        if was_away {
            valve.shut();
        }
        let window = Window {
            context,
            ends_ms: now_ms.saturating_add(u64::from(terms.minutes) * 60_000),
            terms,
            opened_at_ms,
            take,
            valve,
            taps: BTreeMap::new(),
        };
        self.footage.windows.insert(id, window);
        for sealed in self.footage.envelopes.early(id) {
            self.footage.take_root(id, &sealed);
        }
    }

    /// What a take is of: of an interpreter the sound alone.
    fn take_plan(&self, id: CallId, terms: &terms::Footage, started: Timestamp) -> ::recorder::Plan {
        let roster = self.calls.get(&id).map(|held| &held.state().roster);
        let named = roster
            .into_iter()
            .flatten()
            .filter(|person| terms.persons.contains(&person.id));
        ::recorder::Plan {
            call: Hash(id.0),
            started,
            minutes: terms.minutes,
            persons: named
                .map(|person| PlanPerson {
                    side: person.side,
                    person: person.id,
                    picture: person.role != terms::Role::Interpreter,
                })
                .collect(),
        }
    }

    /// Closes footage here: from this moment on nothing passes to our recorder, and it keeps nothing that was captured
    /// after the press. Says nothing to anybody else.
    pub(super) fn shut_footage(&mut self, id: CallId, press: Instant, why: Why) {
        let Some(window) = self.footage.windows.get(&id).filter(|window| window.is_open()) else {
            return;
        };
        window.valve.shut();
        tracing::info!(call = ?id, ?why, "footage is closed");
        if self.is_recording(window) {
            let take = window.take;
            self.footage.recorder.order(recorder::Order::Close { take, press });
            self.footage.closed.insert(id, (take, press));
        }
        self.change(id);
    }

    fn is_recording(&self, window: &Window) -> bool {
        window.terms.recorders.contains(&self.own.id)
    }

    /// Close was pressed on our side. The valve is shut before anything is stored or sent.
    pub(super) async fn close_footage(&mut self, id: CallId, pressed: Option<&str>) -> Result<(), ApiError> {
        let now_ms = self.clock.utc_ms();
        let pressed_ms = pressed.and_then(api::time_ms);
        // Of a moment that cannot be: rather too little is kept than a word from after the press.
        let age_ms = pressed_ms.map_or(0, |pressed| now_ms.saturating_sub(pressed).clamp(0, PRESS_MS_MAX));
        self.shut_footage(id, before(age_ms), Why::Pressed);
        if !self.may_speak(id) {
            // What was open when the node was away is closed here already, and said as soon as the own head is known.
            let held = self.calls.get(&id);
            let known = held.is_some_and(|held| !held.state().footage.asked_by.is_empty());
            return if known {
                Ok(())
            } else {
                Err(node_refusal("own_head_unknown"))
            };
        }
        self.say_close(id, age_ms).await
    }

    /// Says Close, dated to the press.
    async fn say_close(&mut self, id: CallId, age_ms: i64) -> Result<(), ApiError> {
        let own = self.own.id;
        let last = self.calls.get(&id).and_then(|held| held.chains().after(own, 0).last());
        let last = last.map_or(0, |last| last.at().0);
        let now_ms = self.clock.utc_ms();
        let at = (now_ms - age_ms).max(last.min(now_ms));
        self.say_at(id, Body::Close, Timestamp(at)).await
    }

    /// Closes footage for a reason of the node's own, and says so.
    pub(super) async fn end_footage(&mut self, id: CallId, why: Why) {
        if !self.footage.is_open(id) {
            return;
        }
        self.shut_footage(id, Instant::now(), why);
        self.close_or_log(id, 0).await;
    }

    async fn close_or_log(&mut self, id: CallId, age_ms: i64) {
        if self.may_speak(id)
            && let Err(error) = self.say_close(id, age_ms).await
        {
            tracing::error!(
                ?error,
                "footage is closed here, and that could not be said: it is tried again"
            );
        }
    }

    /// Closes footage whose minutes are over.
    pub(super) async fn tick_footage(&mut self) {
        let now_ms = self.clock.elapsed_ms();
        let windows = self.footage.windows.iter();
        let over = windows.filter(|(_, window)| window.is_open() && now_ms >= window.ends_ms);
        let over: Vec<(CallId, u64)> = over.map(|(id, window)| (*id, now_ms - window.ends_ms)).collect();
        for (id, late_ms) in over {
            let late_ms = i64::try_from(late_ms).unwrap_or(0).min(PRESS_MS_MAX);
            self.shut_footage(id, before(late_ms), Why::Clock);
            self.close_or_log(id, late_ms).await;
        }
    }

    /// Says Close again where it could not be said.
    pub(super) async fn close_what_is_shut(&mut self) {
        let windows = self.footage.windows.iter();
        let shut: Vec<CallId> = windows
            .filter(|(_, window)| !window.is_open())
            .map(|(id, _)| *id)
            .collect();
        for id in shut {
            self.close_or_log(id, 0).await;
        }
    }

    /// The node stops.
    pub(super) async fn stop_footage(&mut self) {
        for id in self.footage.windows.keys().copied().collect::<Vec<_>>() {
            self.end_footage(id, Why::Stop).await;
        }
    }

    /// A line is lost: so is the lease of whoever sends over it.
    pub(super) async fn lose_footage(&mut self, far: SideId) {
        let windows = self.footage.windows.keys().copied();
        let over: Vec<CallId> = windows.filter(|id| self.line_of(*id) == Some(far)).collect();
        for id in over {
            self.end_footage(id, Why::Line).await;
        }
    }

    /// The node was away while footage was open, or while our half of it stood: that is over, and said first of all.
    pub(super) async fn close_after_absence(&mut self, id: CallId) {
        self.settle_footage(id).await;
        let Some(held) = self.calls.get(&id) else { return };
        let footage = &held.state().footage;
        if footage.open.is_some() || footage.asked_by.contains(&self.own.id) {
            self.close_or_log(id, 0).await;
        }
    }

    /// One of our terminals has closed by itself.
    pub(super) async fn footage_closed(&mut self, connection: u64, call: &str, why: ClosedWhy) {
        let why = match why {
            ClosedWhy::Clock => Why::TerminalsClock,
            ClosedWhy::Lease => Why::TerminalsLease,
        };
        if let Some((id, _)) = self.served(connection, call) {
            self.end_footage(id, why).await;
        }
    }

    /// The far side's statement closes what is open here: that takes effect before it is stored.
    pub(super) fn far_closes_footage(&mut self, far: SideId, id: CallId, chains: &Chains, by: &Statement) {
        if !by.kind().is_closing() {
            return;
        }
        let skew_ms = self.skew_ms(far).unwrap_or(0);
        let age_ms = self
            .clock
            .utc_ms()
            .saturating_add(skew_ms)
            .saturating_sub(by.at().0)
            .max(0)
            .saturating_add(FAR_CLOCK_MS);
        if !self.footage.is_open(id) {
            return self.footage.was_closed_before(id, by, before(age_ms));
        }
        if State::of(chains).footage.open.is_none() {
            self.shut_footage(id, before(age_ms.min(FAR_PRESS_MS_MAX)), Why::Statement);
        }
    }

    /// Gives our recorder the tracks of those who are named, and no others.
    pub(super) async fn arrange_taps(&mut self, id: CallId, plan: &Plan) {
        let Some(window) = self.footage.windows.get(&id) else {
            return;
        };
        let named = |source: &Source| {
            let person = self.calls.get(&id).and_then(|held| held.state().person(source.person));
            let role = person.map(|person| person.role);
            let fits = match source.kind {
                sfu::Kind::Sound => true,
                // An interpreter is heard, not seen.
                sfu::Kind::Picture => role != Some(terms::Role::Interpreter),
            };
            window.terms.persons.contains(&source.person) && role.is_some() && fits
        };
        let mut taps: BTreeMap<TrackId, Source> = BTreeMap::new();
        if window.is_open() && self.is_recording(window) {
            taps.extend(self.sources(id, plan).into_iter().filter(|(_, source)| named(source)));
        }
        let (take, valve) = (window.take, window.valve.clone());
        let before = window.taps.clone();
        for track in before.keys().filter(|track| !taps.contains_key(track)) {
            self.media.order(media::Order::Tap(*track, None)).await;
        }
        for (track, source) in &taps {
            if before.get(track) != Some(source) {
                let tap = Tap {
                    to: self.footage.recorder.packets.clone(),
                    take,
                    source: *source,
                    valve: valve.clone(),
                };
                self.media.order(media::Order::Tap(*track, Some(Box::new(tap)))).await;
            }
        }
        if let Some(window) = self.footage.windows.get_mut(&id) {
            window.taps = taps;
        }
    }
}

impl Core {
    /// The person on the roster that our recorder stands for: the first of them.
    pub(super) fn own_recorder(&self, state: &State) -> Option<terms::PersonId> {
        let recorders = state
            .roster
            .iter()
            .filter(|person| person.role == terms::Role::Recorder);
        recorders
            .filter(|person| person.side == self.own.id)
            .map(|person| person.id)
            .min()
    }

    /// Our recorder reports.
    pub(super) async fn recorder_news(&mut self, news: recorder::News) {
        match news {
            recorder::News::Status(take, status) => {
                let mut doing = self.footage.doing.iter_mut();
                let Some((id, doing)) = doing.find(|(_, (of, _))| *of == take) else {
                    return;
                };
                if doing.1 != status {
                    doing.1 = status;
                    self.desks.wait_for(*id);
                }
            }
            recorder::News::KeyFrame(take, source) => self.key_frame_for(take, source).await,
            recorder::News::Finished(of, finished) => self.footage_finished(of, finished),
            recorder::News::Shortening(of, closed) => self.footage_shortened(of, closed.0),
        }
    }

    /// Our recorder can't write a picture before it gets a key frame.
    async fn key_frame_for(&mut self, take: TakeId, source: Source) {
        let mut windows = self.footage.windows.iter();
        let Some((id, window)) = windows.find(|(_, window)| window.take == take && window.is_open()) else {
            return;
        };
        if window.taps.contains_key(&source.track) {
            self.ask_key_frame(*id, source.track).await;
        }
    }

    /// How footage stands, where the terms have any; how our recorder does is for desks.
    pub(super) fn footage_view(&self, id: CallId, state: &State, desk: bool) -> Option<FootageView> {
        let window = self.footage.windows.get(&id);
        let agreed = || state.terms().and_then(|offer| offer.terms.footage.as_ref());
        let terms = window.map(|window| &window.terms).or_else(agreed)?;
        let open = window.filter(|window| window.is_open());
        let half = |side: &SideId| state.footage.asked_by.contains(side);
        let left_ms = |window: &Window| window.ends_ms.saturating_sub(self.clock.elapsed_ms());
        let ends_at = open.map(|window| {
            let left_ms = i64::try_from(left_ms(window)).unwrap_or(i64::MAX);
            api::time_text(self.clock.utc_ms().saturating_add(left_ms))
        });
        let takes_part = desk && terms.recorders.contains(&self.own.id);
        let recorder = self.own_recorder(state).filter(|_| takes_part).map(|person| {
            let status = self.footage.doing.get(&id).map(|(_, status)| *status);
            let status = status.unwrap_or(recorder::Status::in_state(RecorderState::Idle));
            RecorderView {
                person: person.0,
                key: self.footage.key().to_string(),
                state: status.state,
                seconds: status.seconds,
                bytes: status.bytes,
            }
        });
        Some(FootageView {
            open: open.is_some(),
            own_half: half(&self.own.id),
            far_half: state.sides.iter().any(|side| *side != self.own.id && half(side)),
            opened_at: open.map(|window| api::time_text(window.opened_at_ms)),
            ends_at,
            recorder,
        })
    }
}

/// The moment that was so many milliseconds ago.
fn before(ms: i64) -> Instant {
    earlier(Instant::now(), ms)
}

fn earlier(than: Instant, ms: i64) -> Instant {
    let ago = Duration::from_millis(u64::try_from(ms).unwrap_or(0));
    than.checked_sub(ago).unwrap_or(than)
}
