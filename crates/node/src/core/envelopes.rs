//! Footage roots on their way from terminals to recorders: to our own one, or over the line to the far side's node.
//!
//! An envelope opens for one recorder, group, epoch and context alone; no node reads it. Anybody may seal one, so what is
//! in it is believed only as far as frames open with it.

use std::collections::{BTreeMap, VecDeque};

use ::recorder::Place;
use bytes::Bytes;
use call::{CallId, Hash, PublicKey, SideId, terms::Role};

use super::{Core, pace::Bucket};
use crate::{
    api::{ENVELOPE_BYTES, GroupId},
    http::Pace,
    recorder::Sealed,
    signal::{self, Blob, Group, Signal},
};

/// Envelopes of one seat, and of one line in each direction: thirty-two at once and thirty a minute, since each counts
/// as two.
const ENVELOPES: Pace = Pace {
    burst: 64,
    per_second: 1,
};
const ENVELOPE: u32 = 2;
/// Envelopes that are kept although footage is not open here yet: the statement may be a moment behind them.
const EARLY_MAX: usize = 32;

/// An envelope as a terminal hands it over.
pub(super) struct Handed {
    pub(super) group: GroupId,
    pub(super) epoch: u32,
    pub(super) context: Hash,
    pub(super) recorder: PublicKey,
    pub(super) bytes: Bytes,
}

/// What waits, and what may still come.
#[derive(Default)]
pub(super) struct Envelopes {
    early: VecDeque<(CallId, Sealed)>,
    seats: BTreeMap<PublicKey, Bucket>,
    out: BTreeMap<SideId, Bucket>,
    incoming: BTreeMap<SideId, Bucket>,
}

impl Envelopes {
    /// Takes out what came early for a call.
    pub(super) fn early(&mut self, id: CallId) -> Vec<Sealed> {
        let all = std::mem::take(&mut self.early);
        let (of, others): (Vec<_>, Vec<_>) = all.into_iter().partition(|(call, _)| *call == id);
        self.early = others.into();
        of.into_iter().map(|(_, sealed)| sealed).collect()
    }

    fn keep(&mut self, id: CallId, sealed: Sealed) {
        if self.early.len() == EARLY_MAX {
            self.early.pop_front();
        }
        self.early.push_back((id, sealed));
    }
}

impl Core {
    /// A terminal hands over a root for a recorder.
    pub(super) async fn footage_root(&mut self, connection: u64, call: &str, handed: Handed) {
        let Some((id, seat)) = self.served(connection, call) else {
            return;
        };
        let now_ms = self.clock.elapsed_ms();
        let seats = &mut self.footage.envelopes.seats;
        if handed.bytes.len() != ENVELOPE_BYTES || !seats.entry(seat).or_default().take(ENVELOPES, ENVELOPE, now_ms) {
            return tracing::warn!("an envelope for a recorder is malformed, or one too many: ignored");
        }
        if handed.recorder == self.footage.key() {
            return self.take_envelope(id, &handed);
        }
        let Some(far) = self
            .line_of(id)
            .filter(|far| self.is_recorder(id, *far, handed.recorder))
        else {
            return;
        };
        let out = self.footage.envelopes.out.entry(far).or_default();
        if out.take(ENVELOPES, ENVELOPE, now_ms) {
            let envelope = signal::Envelope {
                recorder: handed.recorder,
                group: Group(handed.group),
                epoch: handed.epoch,
                context: handed.context,
                bytes: Blob(handed.bytes),
            };
            self.signal(far, id, &Signal::Envelope(envelope)).await;
        }
    }

    /// The far node hands over a root for our recorder.
    pub(super) fn far_envelope(&mut self, far: SideId, id: CallId, envelope: signal::Envelope) {
        let now_ms = self.clock.elapsed_ms();
        let is_ours = envelope.recorder == self.footage.key();
        let incoming = self.footage.envelopes.incoming.entry(far).or_default();
        if !is_ours || !incoming.take(ENVELOPES, ENVELOPE, now_ms) {
            return;
        }
        let handed = Handed {
            group: envelope.group.0,
            epoch: envelope.epoch,
            context: envelope.context,
            recorder: envelope.recorder,
            bytes: envelope.bytes.0,
        };
        self.take_envelope(id, &handed);
    }

    fn take_envelope(&mut self, id: CallId, handed: &Handed) {
        let sealed = Sealed {
            place: Place {
                group: handed.group.0,
                epoch: handed.epoch.into(),
                context: handed.context.0,
            },
            bytes: handed.bytes.clone(),
        };
        if !self.footage.take_root(id, &sealed) {
            self.footage.envelopes.keep(id, sealed);
        }
    }

    /// Whether a side vouches for this key as its recorder's.
    fn is_recorder(&self, id: CallId, side: SideId, key: PublicKey) -> bool {
        let Some(held) = self.calls.get(&id) else { return false };
        let state = held.state();
        let mut seats = state.seats.iter().filter(|seat| seat.good && seat.side == side);
        let seat = seats.find(|seat| seat.key == key);
        let person = seat.and_then(|seat| state.person(seat.person));
        person.is_some_and(|person| person.role == Role::Recorder)
    }
}
