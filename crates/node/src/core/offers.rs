//! A browser's offer of media: whether it is taken, and what becomes of the tracks that it names.

use std::collections::BTreeMap;

use call::{CallId, Phase};
use sfu::{Publish, Subscribe, TrackId};
use tokio::sync::oneshot;

use super::{Core, redundancy::Redundancy, rooms::Session};
use crate::api::{ReceiveSection, SendSection, ToBrowser};

/// Media sections that one browser may offer in each direction.
const SECTIONS_MAX: usize = 64;

/// A browser's offer of media.
pub(super) struct Offer {
    pub(super) id: u32,
    pub(super) call: String,
    pub(super) sdp: String,
    pub(super) send: Vec<SendSection>,
    pub(super) recv: Vec<ReceiveSection>,
}

/// The session id of an SDP offer (RFC 8866, section 5.2): the same for every offer of one connection.
fn origin(sdp: &str) -> &str {
    let line = sdp.lines().find_map(|line| line.strip_prefix("o="));
    line.and_then(|line| line.split(' ').nth(1)).unwrap_or_default()
}

impl Core {
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
        self.rooms.forget_routes(call, tracks.values());
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
}
