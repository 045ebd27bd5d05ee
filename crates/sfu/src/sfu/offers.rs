//! How an offer becomes a connection: checks across participants, the connection itself, and what its sections carry.

use std::time::Instant;

use str0m::change::SdpOffer;
use str0m::net::Protocol;
use str0m::{Candidate, Rtc};

use super::Sfu;
use crate::offer::{Section, Vetted};
use crate::participant::{Broken, Counts, Participant, Phase, Published, fenced};
use crate::track::{Source, Track};
use crate::{Mid, OfferError, PARTICIPANTS_MAX, ParticipantId, Publish, Reason, Subscribe, TRACKS_MAX, TrackId};

impl Sfu {
    pub(super) fn check_sections(
        &self,
        participant: ParticipantId,
        vetted: &Vetted,
        send: &[Publish],
        recv: &[Subscribe],
    ) -> Result<(), OfferError> {
        if !self.participants.contains_key(&participant) && self.participants.len() >= PARTICIPANTS_MAX {
            return Err(OfferError::Full);
        }
        let section = |mid: Mid| {
            vetted
                .sections
                .iter()
                .find(|s| s.mid == mid && !s.stopped)
                .ok_or(OfferError::NoSuchSection)
        };
        let mut fresh_tracks = 0;
        for (at, publish) in send.iter().enumerate() {
            let section = section(publish.mid)?;
            if !section.sends {
                return Err(OfferError::NoSuchSection);
            }
            if section.kind != publish.kind {
                return Err(OfferError::OtherKind);
            }
            if !section.codec {
                return Err(OfferError::NoCodec);
            }
            let twice = send[..at]
                .iter()
                .any(|other| other.track == publish.track || other.mid == publish.mid);
            let taken = match self.tracks.get(&publish.track) {
                None => {
                    fresh_tracks += 1;
                    false
                }
                Some(Track {
                    source: Source::Remote, ..
                }) => true,
                Some(Track {
                    source: Source::Local(owner),
                    kind,
                    ..
                }) => *kind != publish.kind || owner.is_some_and(|(owner, _)| owner != participant),
            };
            if twice || taken {
                return Err(OfferError::TrackTaken);
            }
        }
        if self.tracks.len() + fresh_tracks > TRACKS_MAX {
            return Err(OfferError::Full);
        }
        for (at, subscribe) in recv.iter().enumerate() {
            let section = section(subscribe.mid)?;
            if !section.receives || recv[..at].iter().any(|other| other.mid == subscribe.mid) {
                return Err(OfferError::NoSuchSection);
            }
            if self
                .tracks
                .get(&subscribe.track)
                .is_some_and(|track| track.kind != section.kind)
            {
                return Err(OfferError::OtherKind);
            }
            if !section.codec {
                return Err(OfferError::NoCodec);
            }
        }
        Ok(())
    }

    pub(super) fn first_offer(
        &mut self,
        participant: ParticipantId,
        vetted: &Vetted,
        offer: SdpOffer,
        now: Instant,
    ) -> Result<String, OfferError> {
        let (rtc, sdp, ufrag) = fenced(|| {
            let mut rtc: Rtc = self.shared.config().build(now);
            for address in &self.candidates {
                if let Ok(candidate) = Candidate::host(*address, Protocol::Udp) {
                    rtc.add_local_candidate(candidate);
                }
            }
            let answer = rtc.sdp_api().accept_offer(offer)?;
            let ufrag = rtc.direct_api().local_ice_credentials().ufrag;
            Ok((rtc, answer.to_sdp_string(), ufrag))
        })
        .map_err(|Broken| OfferError::Malformed("SDP"))?;
        self.forget(participant);
        self.demux.announce(ufrag, participant);
        self.participants.insert(
            participant,
            Participant::new(participant, rtc, vetted.identity.clone(), now),
        );
        Ok(sdp)
    }

    pub(super) fn reoffer(
        &mut self,
        participant: ParticipantId,
        offer: SdpOffer,
        now: Instant,
    ) -> Result<String, OfferError> {
        let p = self.participants.get_mut(&participant).ok_or(OfferError::Failed)?;
        let answered = fenced(|| {
            let answer = p.rtc.sdp_api().accept_offer(offer)?;
            let ufrag = p.rtc.direct_api().local_ice_credentials().ufrag;
            Ok((answer.to_sdp_string(), ufrag))
        });
        match answered {
            Ok((sdp, ufrag)) => {
                self.demux.announce(ufrag, participant);
                self.drive(participant, now);
                Ok(sdp)
            }
            Err(Broken) => {
                self.drop_participant(participant, Reason::Failed);
                Err(OfferError::Failed)
            }
        }
    }

    pub(super) fn settle_sections(
        &mut self,
        participant: ParticipantId,
        send: &[Publish],
        recv: &[Subscribe],
        sections: &[Section],
        now: Instant,
    ) {
        self.settle_published(participant, send);
        let kind_of = |mid| sections.iter().find(|s| s.mid == mid).map(|s| s.kind);
        let Some(p) = self.participants.get_mut(&participant) else {
            return;
        };
        for sub in &mut p.subscribed {
            if !recv.iter().any(|wanted| wanted.mid == sub.mid) {
                sub.stream = None;
            }
        }
        for wanted in recv {
            if let Some(kind) = kind_of(wanted.mid) {
                let under_way = self.tracks.get(&wanted.track).and_then(|t| t.newest);
                p.subscribe(wanted.mid, wanted.track, kind, under_way);
            }
        }
        let known: Vec<TrackId> = self.tracks.keys().copied().collect();
        for track in known {
            self.connect_receivers(track, now);
        }
    }

    pub(super) fn settle_published(&mut self, participant: ParticipantId, send: &[Publish]) {
        for (id, track) in &mut self.tracks {
            if matches!(track.source, Source::Local(Some((owner, _))) if owner == participant)
                && !send.iter().any(|s| s.track == *id)
            {
                track.source = Source::Local(None);
            }
        }
        let Some(p) = self.participants.get_mut(&participant) else {
            return;
        };
        p.published
            .retain(|known| send.iter().any(|s| s.track == known.track && s.mid == known.mid));
        p.forget_ssrcs();
        for publish in send {
            let track = self
                .tracks
                .entry(publish.track)
                .or_insert_with(|| Track::new(publish.kind, Source::Local(None)));
            track.source = Source::Local(Some((participant, publish.mid)));
            if !p.published.iter().any(|known| known.track == publish.track) {
                p.published.push(Published {
                    mid: publish.mid,
                    track: publish.track,
                    kind: publish.kind,
                    ssrc: None,
                    counts: Counts::new(),
                });
            }
        }
    }

    /// Works out afresh who gets a track; newcomers to a picture need a key frame.
    pub(super) fn connect_receivers(&mut self, id: TrackId, now: Instant) {
        let Some(track) = self.tracks.get_mut(&id) else { return };
        let before = std::mem::take(&mut track.receivers);
        for participant in &track.route.participants {
            let Some(p) = self
                .participants
                .get_mut(participant)
                .filter(|p| !matches!(p.phase, Phase::Answered(_)))
            else {
                continue;
            };
            for (at, sub) in p.subscribed.iter_mut().enumerate() {
                if sub.track != id
                    || sub.kind != track.kind
                    || sub.stream.is_none()
                    || track.receivers.contains(&(*participant, at))
                {
                    continue;
                }
                if !before.contains(&(*participant, at)) {
                    sub.forward.restart(track.newest);
                    p.weigh_at.get_or_insert(now);
                }
                if sub.forward.waits() {
                    track.key_frames.want(now);
                }
                track.receivers.push((*participant, at));
            }
        }
        self.ask_publisher(id, now);
    }
}
