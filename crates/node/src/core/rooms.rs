//! Who hears whom: the far side's tracks, our terminals' media, and the routes that follow from a call's state.
//!
//! What there should be is worked out afresh from the call and the connected seats after every change; only the
//! difference from what was last arranged goes to the media loop, the browsers and the far node.

use std::collections::{BTreeMap, BTreeSet};

use call::{
    CallId, Phase, PublicKey, SideId,
    terms::{PersonId, Role},
};
use sfu::{ParticipantId, TrackId};

use super::{Core, redundancy::Redundancy};
use media::News;

use crate::{
    api::{LineView, Source, ToBrowser, TrackKind, TrackView},
    recorder,
    signal::{self, Presence, Signal},
};

/// Track numbers from here on are the far sides'.
const REMOTE_FROM: u16 = 0x8000;

/// A browser's media connection.
pub(super) struct Session {
    pub(super) participant: ParticipantId,
    pub(super) call: CallId,
    /// Which of the browser's connections this is: the session id of its offers.
    pub(super) origin: String,
    pub(super) tracks: BTreeMap<Source, TrackId>,
    pub(super) redundancy: Redundancy,
}

/// A far track as it is known here.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Remote {
    track: TrackId,
    kind: signal::Kind,
    key: PublicKey,
}

/// A local track's way out: the line, and who sends it.
type Leaving = Option<(SideId, ParticipantId)>;

/// What was last arranged for one call.
#[derive(Default)]
struct Room {
    far: BTreeMap<SideId, Presence>,
    remote: BTreeMap<(SideId, u16), Remote>,
    routes: BTreeMap<TrackId, (Vec<ParticipantId>, Leaving)>,
    presence_told: Option<Presence>,
    tracks_told: BTreeMap<u64, Vec<TrackView>>,
}

/// All rooms and media connections.
#[derive(Default)]
pub(super) struct Rooms {
    rooms: BTreeMap<CallId, Room>,
    /// By the number of the seat's socket.
    pub(super) sessions: BTreeMap<u64, Session>,
    participants: BTreeMap<PublicKey, ParticipantId>,
    next_local: u16,
    next_remote: u16,
    /// The lines as every browser was last told.
    pub(super) lines_told: Vec<LineView>,
}

impl Source {
    pub(super) fn kind(self) -> sfu::Kind {
        match self {
            Self::Microphone => sfu::Kind::Sound,
            Self::Camera => sfu::Kind::Picture,
        }
    }
}

impl Rooms {
    /// Rooms whose track numbers start at a place that differs from one start of the node to the next, so that the far
    /// side never takes a new track for an old one.
    pub(super) fn starting_at(seed: u16) -> Self {
        Self {
            next_local: seed % REMOTE_FROM,
            ..Self::default()
        }
    }

    /// A number for a source of sound or picture. A browser's fresh connection counts its packets afresh, so it gets
    /// fresh numbers: the far side would take its packets for old ones.
    pub(super) fn local_track(&mut self) -> TrackId {
        loop {
            self.next_local = (self.next_local + 1) % REMOTE_FROM;
            let track = TrackId(self.next_local);
            if !self
                .sessions
                .values()
                .any(|session| session.tracks.values().any(|taken| *taken == track))
            {
                return track;
            }
        }
    }

    pub(super) fn participant(&mut self, key: PublicKey) -> ParticipantId {
        let next = ParticipantId(self.participants.len() as u64 + 1);
        *self.participants.entry(key).or_insert(next)
    }

    fn remote_track(&mut self) -> TrackId {
        let taken: BTreeSet<TrackId> = self
            .rooms
            .values()
            .flat_map(|room| room.remote.values().map(|remote| remote.track))
            .collect();
        loop {
            self.next_remote = (self.next_remote + 1) % REMOTE_FROM;
            let track = TrackId(REMOTE_FROM + self.next_remote);
            if !taken.contains(&track) {
                return track;
            }
        }
    }

    /// What the far node says of its seats and tracks.
    pub(super) fn far_presence(&mut self, id: CallId, far: SideId, presence: Presence) {
        self.rooms.entry(id).or_default().far.insert(far, presence);
    }

    /// Whether the far node last said that its half of a check stands.
    pub(super) fn far_checks(&self, id: CallId, side: SideId) -> bool {
        let far = self.rooms.get(&id).and_then(|room| room.far.get(&side));
        far.is_some_and(|presence| presence.checking)
    }

    /// The link to a side is down: its half of a check stands only by what it says on the next one.
    pub(super) fn far_is_lost(&mut self, side: SideId) {
        let far = self.rooms.values_mut().filter_map(|room| room.far.get_mut(&side));
        far.for_each(|presence| presence.checking = false);
    }

    /// Routes of these tracks are to be given again, because the tracks may only now exist.
    pub(super) fn forget_routes<'a>(&mut self, id: CallId, tracks: impl Iterator<Item = &'a TrackId>) {
        if let Some(room) = self.rooms.get_mut(&id) {
            tracks.for_each(|track| drop(room.routes.remove(track)));
        }
    }

    /// A fresh link knows nothing: tell it all again.
    pub(super) fn forget_told(&mut self, id: CallId) {
        if let Some(room) = self.rooms.get_mut(&id) {
            room.presence_told = None;
        }
    }

    /// The far seat of that key, if its terminal is connected.
    pub(super) fn far_seat(&self, id: CallId, side: SideId, key: PublicKey) -> Option<&signal::Seat> {
        self.rooms
            .get(&id)?
            .far
            .get(&side)?
            .seats
            .iter()
            .find(|seat| seat.key == key)
    }
}

/// One of our terminals in a call.
pub(super) struct Ours {
    /// The number of its socket.
    pub(super) connection: u64,
    key: PublicKey,
    person: PersonId,
    /// Whether an interpreter sits there.
    interprets: bool,
}

/// What a call should look like in media.
pub(super) struct Plan {
    /// Far tracks that may be heard here.
    remote: BTreeMap<(SideId, u16), (signal::Kind, PublicKey, u16)>,
    /// Our sessions in the call whose seats are good.
    pub(super) ours: Vec<Ours>,
    /// Whether sound and picture pass.
    live: bool,
    /// The line.
    line: Option<SideId>,
    /// What the far side is told.
    presence: Presence,
    /// Whether every terminal of the call, at both ends, takes redundant sound.
    pub(super) redundant: bool,
}

impl Plan {
    /// Whether one of our terminals receives what another one of ours sends: an interpreter the sound of those who are
    /// none, everybody else the sound of our interpreters. All else reaches them only from the far side.
    fn hears(&self, listener: &Ours, speaker: &Ours, source: Source) -> bool {
        self.live && source == Source::Microphone && listener.interprets != speaker.interprets
    }
}

fn sfu_kind(kind: signal::Kind) -> sfu::Kind {
    match kind {
        signal::Kind::Sound => sfu::Kind::Sound,
        signal::Kind::Picture => sfu::Kind::Picture,
    }
}

impl Core {
    /// Brings media, browsers and the far node in line with a call's state.
    pub(super) async fn arrange(&mut self, id: CallId) {
        self.settle_check(id);
        self.settle_footage(id).await;
        let plan = self.plan(id);
        self.arrange_remote(id, &plan).await;
        self.arrange_routes(id, &plan).await;
        self.arrange_taps(id, &plan).await;
        self.arrange_redundancy(&plan);
        self.tell_tracks(id, &plan);
        self.tell_presence(id, plan).await;
    }

    pub(super) fn plan(&self, id: CallId) -> Plan {
        let mut plan = Plan {
            remote: BTreeMap::new(),
            ours: Vec::new(),
            live: false,
            line: None,
            presence: Presence {
                redundancy: true,
                ..Presence::default()
            },
            redundant: false,
        };
        let Some(held) = self.calls.get(&id) else { return plan };
        let state = held.state();
        let open = matches!(state.phase, Phase::Agreed | Phase::Gathering | Phase::InSession) && !held.ending();
        if !open {
            return plan;
        }
        plan.line = self.line_of(id);
        plan.live = state.phase == Phase::InSession || self.is_checking(id);
        plan.presence.checking = self.checking_view(id).own;
        let good = |side: SideId, key: PublicKey| {
            state
                .seats
                .iter()
                .find(|seat| seat.good && seat.side == side && seat.key == key)
        };
        for (connection, socket) in self.seats.iter() {
            let Some(seat) = good(self.own.id, socket.key) else {
                continue;
            };
            plan.presence.seats.push(signal::Seat {
                key: socket.key,
                mic: socket.mic,
            });
            let Some(session) = self
                .rooms
                .sessions
                .get(&connection)
                .filter(|session| session.call == id)
            else {
                continue;
            };
            plan.ours.push(Ours {
                connection,
                key: socket.key,
                person: seat.person,
                interprets: state
                    .person(seat.person)
                    .is_some_and(|person| person.role == Role::Interpreter),
            });
            plan.presence.redundancy &= session.redundancy.offered;
            for (source, track) in &session.tracks {
                let kind = match source {
                    Source::Microphone => signal::Kind::Sound,
                    Source::Camera => signal::Kind::Picture,
                };
                plan.presence.tracks.push(signal::Track {
                    track: track.0,
                    key: socket.key,
                    kind,
                });
            }
        }
        let recorder = self.footage.key();
        if good(self.own.id, recorder).is_some() {
            plan.presence.seats.push(signal::Seat {
                key: recorder,
                mic: None,
            });
        }
        let far = self.rooms.rooms.get(&id).map(|room| &room.far);
        plan.redundant = plan.presence.redundancy && far.is_some_and(|far| far.values().all(|far| far.redundancy));
        if plan.live
            && let Some(room) = self.rooms.rooms.get(&id)
        {
            for (side, presence) in &room.far {
                for track in &presence.tracks {
                    if let Some(seat) = good(*side, track.key) {
                        plan.remote
                            .insert((*side, track.track), (track.kind, track.key, seat.person.0));
                    }
                }
            }
        }
        plan
    }

    /// Every track of the call that passes through this node, and whose it is.
    pub(super) fn sources(&self, id: CallId, plan: &Plan) -> Vec<(TrackId, recorder::Source)> {
        let mut sources = Vec::new();
        for ours in &plan.ours {
            let session = self.rooms.sessions.get(&ours.connection);
            for (source, track) in session.iter().flat_map(|session| &session.tracks) {
                let source = recorder::Source {
                    side: self.own.id,
                    person: ours.person,
                    seat: ours.key,
                    kind: source.kind(),
                    track: *track,
                };
                sources.push((*track, source));
            }
        }
        let room = self.rooms.rooms.get(&id);
        for (at, remote) in room.iter().flat_map(|room| &room.remote) {
            let Some((kind, key, person)) = plan.remote.get(at) else {
                continue;
            };
            let source = recorder::Source {
                side: at.0,
                person: PersonId(*person),
                seat: *key,
                kind: sfu_kind(*kind),
                track: remote.track,
            };
            sources.push((remote.track, source));
        }
        sources
    }

    /// Asks whoever sends a track of a call for a key frame of it.
    pub(super) async fn ask_key_frame(&mut self, id: CallId, track: TrackId) {
        let room = self.rooms.rooms.get(&id);
        let mut remote = room.iter().flat_map(|room| &room.remote);
        match remote.find(|(_, remote)| remote.track == track) {
            Some(((line, far_track), _)) => {
                let (line, far_track) = (*line, *far_track);
                self.signal(line, id, &Signal::KeyFrame(far_track)).await;
            }
            None => self.media.order(media::Order::KeyFrame(track)).await,
        }
    }

    async fn arrange_remote(&mut self, id: CallId, plan: &Plan) {
        let known = self.rooms.rooms.entry(id).or_default().remote.clone();
        for (at, remote) in &known {
            let wanted = plan
                .remote
                .get(at)
                .is_some_and(|(kind, key, _)| *kind == remote.kind && *key == remote.key);
            if !wanted {
                self.media.order(media::Order::RemoveTrack(remote.track)).await;
                self.rooms.rooms.entry(id).or_default().remote.remove(at);
            }
        }
        for (at, (kind, key, _)) in &plan.remote {
            if self.rooms.rooms.entry(id).or_default().remote.contains_key(at) {
                continue;
            }
            let track = self.rooms.remote_track();
            self.media
                .order(media::Order::AddRemote {
                    line: at.0,
                    far_track: at.1,
                    track,
                    kind: sfu_kind(*kind),
                })
                .await;
            self.rooms.rooms.entry(id).or_default().remote.insert(
                *at,
                Remote {
                    track,
                    kind: *kind,
                    key: *key,
                },
            );
        }
    }

    async fn arrange_routes(&mut self, id: CallId, plan: &Plan) {
        let mut routes: BTreeMap<TrackId, (Vec<ParticipantId>, Leaving)> = BTreeMap::new();
        let session = |ours: &Ours| self.rooms.sessions.get(&ours.connection);
        let listening = |ours: &Ours| session(ours).map(|session| session.participant);
        for ours in &plan.ours {
            let Some(session) = session(ours) else { continue };
            for (source, track) in &session.tracks {
                let leaving = plan.line.filter(|_| plan.live).map(|line| (line, session.participant));
                let beside = plan.ours.iter().filter(|other| plan.hears(other, ours, *source));
                routes.insert(*track, (beside.filter_map(listening).collect(), leaving));
            }
        }
        let listeners: Vec<ParticipantId> = plan.ours.iter().filter_map(listening).collect();
        let room = self.rooms.rooms.entry(id).or_default();
        for remote in room.remote.values() {
            routes.insert(remote.track, (listeners.clone(), None));
        }
        let before = std::mem::replace(&mut room.routes, routes.clone());
        for (track, _) in before.iter().filter(|(track, _)| !routes.contains_key(track)) {
            let order = media::Order::Route {
                track: *track,
                participants: Vec::new(),
                line: None,
            };
            self.media.order(order).await;
        }
        for (track, route) in routes {
            if before.get(&track) != Some(&route) {
                let (participants, line) = route;
                self.media
                    .order(media::Order::Route {
                        track,
                        participants,
                        line,
                    })
                    .await;
            }
        }
    }

    fn tell_tracks(&mut self, id: CallId, plan: &Plan) {
        let Some(room) = self.rooms.rooms.get_mut(&id) else {
            return;
        };
        let far: Vec<TrackView> = room
            .remote
            .iter()
            .filter_map(|(at, remote)| {
                let (kind, key, person) = plan.remote.get(at)?;
                Some(TrackView {
                    id: remote.track.0.into(),
                    side: at.0.to_string(),
                    person: *person,
                    key: key.to_string(),
                    kind: match kind {
                        signal::Kind::Sound => TrackKind::Sound,
                        signal::Kind::Picture => TrackKind::Picture,
                    },
                })
            })
            .collect();
        let own = self.own.id.to_string();
        let mut told = BTreeMap::new();
        for ours in &plan.ours {
            let mut tracks = far.clone();
            for other in &plan.ours {
                let sent = self
                    .rooms
                    .sessions
                    .get(&other.connection)
                    .map(|session| &session.tracks);
                for (source, track) in sent.into_iter().flatten() {
                    if plan.hears(ours, other, *source) {
                        tracks.push(TrackView {
                            id: track.0.into(),
                            side: own.clone(),
                            person: other.person.0,
                            key: other.key.to_string(),
                            kind: TrackKind::Sound,
                        });
                    }
                }
            }
            if room.tracks_told.get(&ours.connection) != Some(&tracks) {
                let (call, tracks) = (id.to_string(), tracks.clone());
                self.seats.tell(ours.connection, ToBrowser::Tracks { call, tracks });
            }
            told.insert(ours.connection, tracks);
        }
        room.tracks_told = told;
    }

    async fn tell_presence(&mut self, id: CallId, plan: Plan) {
        let Some(line) = self.line_of(id) else { return };
        let up = self.lines.get(&line).is_some_and(|line| line.up);
        let Some(room) = self.rooms.rooms.get_mut(&id) else {
            return;
        };
        if !up || room.presence_told.as_ref() == Some(&plan.presence) {
            return;
        }
        room.presence_told = Some(plan.presence.clone());
        self.signal(line, id, &Signal::Presence(plan.presence)).await;
    }

    /// Ends a browser's media; returns the call that it was in.
    pub(super) async fn stop_media(&mut self, connection: u64) -> Option<CallId> {
        let session = self.rooms.sessions.remove(&connection)?;
        self.media.order(media::Order::Remove(session.participant)).await;
        for track in session.tracks.values() {
            self.media.order(media::Order::RemoveTrack(*track)).await;
        }
        Some(session.call)
    }

    /// The media loop reports.
    pub(super) async fn media_news(&mut self, news: News) {
        let session = |participant: ParticipantId, rooms: &Rooms| {
            rooms
                .sessions
                .iter()
                .find(|(_, session)| session.participant == participant)
                .map(|(at, _)| *at)
        };
        match news {
            News::Disconnected(participant, reason) => {
                if let Some(connection) = session(participant, &self.rooms) {
                    tracing::info!(?reason, "a browser's media connection is gone");
                    if let Some(call) = self.stop_media(connection).await {
                        self.change(call);
                    }
                    self.seats.tell(connection, ToBrowser::MediaRestart {});
                }
            }
            News::KeyFrameRequest { line, far_track } => {
                let room = self
                    .rooms
                    .rooms
                    .iter()
                    .find(|(_, room)| room.remote.contains_key(&(line, far_track)));
                if let Some(id) = room.map(|(id, _)| *id) {
                    self.signal(line, id, &Signal::KeyFrame(far_track)).await;
                }
            }
            News::Rate(participant, kbps) => {
                let Some(connection) = session(participant, &self.rooms) else {
                    return;
                };
                self.seats.tell(connection, ToBrowser::Rate { kbps });
                if let Some(session) = self.rooms.sessions.get_mut(&connection) {
                    let call = session.call;
                    if session.redundancy.take_rate(kbps) {
                        self.change(call);
                    }
                }
            }
        }
    }
}
