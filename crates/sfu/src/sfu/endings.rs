//! What is due, in which order connections speak, and how they end.

use std::time::Instant;

use str0m::Input;

use super::media::{STEPS_MAX, transmit};
use super::{OUTPUTS_MAX, Sfu};
use crate::participant::{Broken, Participant, Phase, fenced};
use crate::track::Source;
use crate::{Output, ParticipantId, Reason, TrackId};

impl Sfu {
    pub(super) fn push(&mut self, output: Output) {
        if self.outputs.len() < OUTPUTS_MAX {
            self.outputs.push_back(output);
        }
    }

    pub(super) fn mark(&mut self, participant: ParticipantId) {
        if let Some(p) = self.participants.get_mut(&participant)
            && !std::mem::replace(&mut p.dirty, true)
        {
            self.dirty.push_back(participant);
        }
    }

    /// Takes up what was written to a connection and lets it speak.
    pub(super) fn settle(&mut self, participant: ParticipantId, now: Instant) {
        let Some(p) = self.participants.get_mut(&participant) else {
            return;
        };
        p.dirty = false;
        match fenced(|| p.rtc.handle_input(Input::Timeout(now))) {
            Ok(()) => self.drive(participant, now),
            Err(Broken) => self.drop_participant(participant, Reason::Failed),
        }
    }

    /// Does what is due; `false` when nothing was.
    pub(super) fn run_due(&mut self, now: Instant) -> bool {
        let due: Vec<ParticipantId> = self
            .participants
            .values()
            .filter(|p| p.next() <= now)
            .map(|p| p.id)
            .collect();
        for participant in &due {
            self.run_participant(*participant, now);
        }
        let asked: Vec<TrackId> = self
            .tracks
            .iter()
            .filter(|(_, t)| t.key_frames.deadline().is_some_and(|at| at <= now))
            .map(|(id, _)| *id)
            .collect();
        for track in &asked {
            self.ask_publisher(*track, now);
        }
        !due.is_empty() || !asked.is_empty()
    }

    pub(super) fn run_participant(&mut self, participant: ParticipantId, now: Instant) {
        let Some(p) = self.participants.get_mut(&participant) else {
            return;
        };
        let ended = match p.phase {
            Phase::Answered(until) => (now >= until).then_some(Reason::NeverConnected),
            Phase::Lost(until) => (now >= until).then_some(Reason::Silent),
            Phase::Connected => None,
        };
        if let Some(reason) = ended {
            self.drop_participant(participant, reason);
            return;
        }
        if p.weigh_at.is_some_and(|at| at <= now) {
            let tracks = &mut self.tracks;
            p.weigh(now, |track, layer| {
                let meter = tracks.get_mut(&track).map(|t| &mut t.meter);
                meter.filter(|m| m.is_settled()).map_or(0, |m| m.bps(layer, now))
            });
        }
        self.settle(participant, now);
    }

    pub(super) fn deadline(&self) -> Option<Instant> {
        let participants = self.participants.values().map(Participant::next);
        let tracks = self.tracks.values().filter_map(|t| t.key_frames.deadline());
        participants.chain(tracks).min()
    }

    pub(super) fn drain_goodbye(&mut self, participant: ParticipantId) {
        for _ in 0..STEPS_MAX {
            let Some(p) = self.participants.get_mut(&participant) else {
                return;
            };
            match fenced(|| p.rtc.poll_output()) {
                Ok(str0m::Output::Transmit(t)) => self.push(Output::Transmit(transmit(participant, t))),
                Ok(str0m::Output::Event(_)) => {}
                Ok(str0m::Output::Timeout(_)) | Err(Broken) => return,
            }
        }
    }

    pub(super) fn drop_participant(&mut self, participant: ParticipantId, reason: Reason) {
        if !self.participants.contains_key(&participant) {
            return;
        }
        if reason == Reason::Failed {
            self.counters.failed += 1;
            tracing::warn!(
                participant = participant.0,
                "a participant's connection failed and was dropped"
            );
        }
        if reason == Reason::Closed {
            self.drain_goodbye(participant);
        }
        self.forget(participant);
        self.push(Output::Disconnected { participant, reason });
    }

    pub(super) fn forget(&mut self, participant: ParticipantId) {
        self.demux.forget(participant);
        self.participants.remove(&participant);
        self.dirty.retain(|p| *p != participant);
        for track in self.tracks.values_mut() {
            track.receivers.retain(|(receiver, _)| *receiver != participant);
            if matches!(track.source, Source::Local(Some((owner, _))) if owner == participant) {
                track.source = Source::Local(None);
            }
        }
    }
}
