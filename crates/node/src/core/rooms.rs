//! Who hears whom: the far side's tracks, our terminals' media, and the routes that follow from a call's state.
//!
//! What there should be is worked out afresh from the call and the connected seats after every change; only the
//! difference from what was last arranged goes to the media loop, the browsers and the far node.

use std::collections::{BTreeMap, BTreeSet};

use call::{CallId, Phase, PublicKey, SideId};
use sfu::{ParticipantId, Publish, Subscribe, TrackId};
use tokio::sync::oneshot;

use super::Core;
use crate::{
    api::{LineView, ReceiveSection, SendSection, Source, ToBrowser, TrackKind, TrackView},
    media::{self, News},
    signal::{self, Presence, Signal},
};

/// Media sections that one browser may offer in each direction.
const SECTIONS_MAX: usize = 64;
/// Track numbers from here on are the far sides'.
const REMOTE_FROM: u16 = 0x8000;
/// Kilobits a second from which sound comes with the frame before in each packet, and below which it no longer does.
const REDUNDANT_FROM_KBPS: u32 = 300;
const REDUNDANT_LEAST_KBPS: u32 = 200;

/// A browser's offer of media.
pub(super) struct Offer {
    pub(super) id: u32,
    pub(super) call: String,
    pub(super) sdp: String,
    pub(super) send: Vec<SendSection>,
    pub(super) recv: Vec<ReceiveSection>,
}

/// A browser's media connection.
struct Session {
    participant: ParticipantId,
    call: CallId,
    /// Which of the browser's connections this is: the session id of its offers.
    origin: String,
    tracks: BTreeMap<Source, TrackId>,
    redundancy: Redundancy,
}

/// Whether a browser's sound comes with the frame before in each packet (RED, RFC 2198).
#[derive(Clone, Copy, Default)]
struct Redundancy {
    /// The browser can.
    offered: bool,
    /// The browser was last answered that it may.
    answered: bool,
    /// It was asked to offer again, because that answer no longer holds.
    asked_again: bool,
    /// The rate that it was last told leaves room for it.
    fits: bool,
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
    sessions: BTreeMap<u64, Session>,
    participants: BTreeMap<PublicKey, ParticipantId>,
    next_local: u16,
    next_remote: u16,
    /// The lines as every browser was last told.
    pub(super) lines_told: Vec<LineView>,
}

impl Source {
    fn kind(self) -> sfu::Kind {
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
    fn local_track(&mut self) -> TrackId {
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

    fn participant(&mut self, key: PublicKey) -> ParticipantId {
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

/// What a call should look like in media.
struct Plan {
    /// Far tracks that may be heard here.
    remote: BTreeMap<(SideId, u16), (signal::Kind, PublicKey, u16)>,
    /// Our sessions in the call whose seats are good.
    ours: Vec<u64>,
    /// Whether sound and picture pass.
    live: bool,
    /// The line.
    line: Option<SideId>,
    /// What the far side is told.
    presence: Presence,
    /// Whether every terminal of the call, at both ends, takes redundant sound.
    redundant: bool,
}

/// The session id of an SDP offer (RFC 8866, section 5.2): the same for every offer of one connection.
fn origin(sdp: &str) -> &str {
    let line = sdp.lines().find_map(|line| line.strip_prefix("o="));
    line.and_then(|line| line.split(' ').nth(1)).unwrap_or_default()
}

impl Core {
    /// Brings media, browsers and the far node in line with a call's state.
    pub(super) async fn arrange(&mut self, id: CallId) {
        let plan = self.plan(id);
        self.arrange_remote(id, &plan).await;
        self.arrange_routes(id, &plan).await;
        self.arrange_redundancy(&plan);
        self.tell_tracks(id, &plan);
        self.tell_presence(id, plan).await;
    }

    fn plan(&self, id: CallId) -> Plan {
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
        plan.live = state.phase == Phase::InSession;
        let good = |side: SideId, key: PublicKey| {
            state
                .seats
                .iter()
                .find(|seat| seat.good && seat.side == side && seat.key == key)
        };
        for (connection, socket) in self.seats.iter() {
            if good(self.own.id, socket.key).is_none() {
                continue;
            }
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
            plan.ours.push(connection);
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
            let sfu_kind = match kind {
                signal::Kind::Sound => sfu::Kind::Sound,
                signal::Kind::Picture => sfu::Kind::Picture,
            };
            self.media
                .order(media::Order::AddRemote {
                    line: at.0,
                    far_track: at.1,
                    track,
                    kind: sfu_kind,
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
        let listeners: Vec<ParticipantId> = plan
            .ours
            .iter()
            .filter_map(|at| self.rooms.sessions.get(at))
            .map(|session| session.participant)
            .collect();
        for session in plan.ours.iter().filter_map(|at| self.rooms.sessions.get(at)) {
            for track in session.tracks.values() {
                let leaving = plan.line.filter(|_| plan.live).map(|line| (line, session.participant));
                routes.insert(*track, (Vec::new(), leaving));
            }
        }
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

    /// Asks those browsers to offer again whose sound should come otherwise than they were answered.
    fn arrange_redundancy(&mut self, plan: &Plan) {
        for connection in &plan.ours {
            let Some(session) = self.rooms.sessions.get_mut(connection) else {
                continue;
            };
            let redundancy = &mut session.redundancy;
            let wanted = plan.redundant && redundancy.fits;
            if wanted != redundancy.answered && !redundancy.asked_again {
                redundancy.asked_again = true;
                self.seats.tell(*connection, ToBrowser::MediaAgain {});
            }
        }
    }

    fn tell_tracks(&mut self, id: CallId, plan: &Plan) {
        let Some(room) = self.rooms.rooms.get_mut(&id) else {
            return;
        };
        let views: Vec<TrackView> = room
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
        let mut told = BTreeMap::new();
        for connection in &plan.ours {
            if room.tracks_told.get(connection) != Some(&views) {
                let tracks = views.clone();
                self.seats.tell(
                    *connection,
                    ToBrowser::Tracks {
                        call: id.to_string(),
                        tracks,
                    },
                );
            }
            told.insert(*connection, views.clone());
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

    async fn signal(&mut self, far: SideId, id: CallId, signal: &Signal) {
        let signal = link::Signal {
            call: id.into(),
            payload: signal.encode().into(),
        };
        self.command(far, link::Command::Signal(signal)).await;
    }

    /// A browser offers media. It is taken from a seat that was vouched for, once the call gathers.
    pub(super) async fn media_offer(&mut self, connection: u64, offer: Offer) {
        let number = offer.id;
        let message = match self.answer_offer(connection, offer).await {
            Ok((call, sdp)) => {
                self.change(call);
                ToBrowser::MediaAnswer { id: number, sdp }
            }
            Err(code) => ToBrowser::MediaError {
                id: number,
                code: code.to_owned(),
            },
        };
        self.seats.tell(connection, message);
    }

    async fn answer_offer(&mut self, connection: u64, offer: Offer) -> Result<(CallId, String), &'static str> {
        let key = self.seats.get(connection).ok_or("not_found")?.key;
        let call = self.call_id(&offer.call).map_err(|_| "not_found")?;
        let held = self.calls.get(&call).ok_or("not_found")?;
        let state = held.state();
        if !matches!(state.phase, Phase::Gathering | Phase::InSession) || held.ending() {
            return Err("not_gathered");
        }
        let own = self.own.id;
        if !state
            .seats
            .iter()
            .any(|seat| seat.good && seat.side == own && seat.key == key)
        {
            return Err("not_vouched");
        }
        if offer.send.len() > SECTIONS_MAX || offer.recv.len() > SECTIONS_MAX {
            return Err("offer_too_many_sections");
        }
        let participant = self.rooms.participant(key);
        let origin = origin(&offer.sdp).to_owned();
        let before = self.rooms.sessions.get(&connection);
        let before = before.map(|session| (session.origin == origin && session.call == call, session.tracks.clone()));
        let (goes_on, numbers) = before.unwrap_or_default();
        let fits = self
            .rooms
            .sessions
            .get(&connection)
            .is_some_and(|session| session.redundancy.fits);
        let redundant = fits && self.plan(call).redundant;
        let mut tracks = BTreeMap::new();
        let mut publish = Vec::new();
        for section in &offer.send {
            let known = numbers.get(&section.source).copied().filter(|_| goes_on);
            let track = known.unwrap_or_else(|| self.rooms.local_track());
            if tracks.insert(section.source, track).is_some() {
                return Err("offer_track_taken");
            }
            let kind = section.source.kind();
            publish.push(Publish {
                mid: section.mid.as_str().into(),
                track,
                kind,
                redundant,
            });
        }
        let wanted = |section: &ReceiveSection| {
            let track = TrackId(u16::try_from(section.track).map_err(|_| "not_found")?);
            Ok::<_, &'static str>(Subscribe {
                mid: section.mid.as_str().into(),
                track,
            })
        };
        let subscribe = offer.recv.iter().map(wanted).collect::<Result<Vec<_>, _>>()?;
        let (reply, answer) = oneshot::channel();
        let order = media::Order::Offer {
            participant,
            sdp: offer.sdp,
            publish,
            subscribe,
            reply,
        };
        self.media.order(order).await;
        let answer = answer.await.map_err(|_| "internal")?.map_err(|error| error.code())?;
        for given_up in numbers
            .values()
            .filter(|track| !tracks.values().any(|kept| kept == *track))
        {
            self.media.order(media::Order::RemoveTrack(*given_up)).await;
        }
        // Routes are set again below: they name tracks that may only now exist.
        if let Some(room) = self.rooms.rooms.get_mut(&call) {
            for track in tracks.values() {
                room.routes.remove(track);
            }
        }
        self.rooms.sessions.insert(
            connection,
            Session {
                participant,
                call,
                origin,
                tracks,
                redundancy: Redundancy {
                    offered: answer.redundancy,
                    answered: redundant,
                    asked_again: false,
                    fits,
                },
            },
        );
        Ok((call, answer.sdp))
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
                    let least = if session.redundancy.fits {
                        REDUNDANT_LEAST_KBPS
                    } else {
                        REDUNDANT_FROM_KBPS
                    };
                    let fits = kbps >= least;
                    if std::mem::replace(&mut session.redundancy.fits, fits) != fits {
                        let call = session.call;
                        self.change(call);
                    }
                }
            }
        }
    }
}
