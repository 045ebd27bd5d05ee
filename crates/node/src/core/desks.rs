//! What a terminal says of itself many times a minute, shown to our desks alone: at once, then at a pace.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use call::{CallId, PublicKey};

use super::{Core, pace::Bucket};
use crate::{
    api::{Role, SeatState, ToBrowser},
    http::Pace,
};

/// How often it is looked whether desks may be shown what waits.
pub(super) const DESKS_EVERY: Duration = Duration::from_millis(250);
/// How often desks are shown one call for this.
const SHOWINGS: Pace = Pace {
    burst: 2,
    per_second: 4,
};
/// Who sits at a desk.
pub(super) const DESKS: [Role; 2] = [Role::Operator, Role::Press];

/// Whether a seat of that role is shown how the other seats of its side do.
pub(super) fn is_desk(role: Role) -> bool {
    DESKS.contains(&role)
}

/// Calls whose seats said something that desks were not shown yet.
#[derive(Default)]
pub(super) struct Desks {
    waiting: BTreeSet<CallId>,
    paces: BTreeMap<CallId, Bucket>,
}

impl Desks {
    /// Whether anything waits.
    pub(super) fn wait(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// Desks are to be shown a call again.
    pub(super) fn wait_for(&mut self, id: CallId) {
        self.waiting.insert(id);
    }

    /// Everybody is shown the call.
    pub(super) fn shown(&mut self, id: CallId) {
        self.waiting.remove(&id);
    }
}

impl Core {
    /// A terminal says how it does.
    pub(super) fn seat_state(&mut self, connection: u64, state: SeatState) {
        let Some(socket) = self.seats.get_mut(connection) else {
            return;
        };
        if socket.state.replace(state) == Some(state) {
            return;
        }
        let key: PublicKey = socket.key;
        let calls = self.open_calls().filter(|id| {
            let held = self.calls.get(id);
            held.is_some_and(|held| held.state().seats.iter().any(|seat| seat.good && seat.key == key))
        });
        let calls: Vec<CallId> = calls.collect();
        self.desks.waiting.extend(calls);
    }

    /// Forgets the pace of calls that are over.
    pub(super) fn tick_desks(&mut self) {
        let open: BTreeSet<CallId> = self.open_calls().collect();
        self.desks.paces.retain(|id, _| open.contains(id));
    }

    /// Shows desks what waits, as far as the pace allows.
    pub(super) fn show_desks(&mut self) {
        let now_ms = self.clock.elapsed_ms();
        let waiting = std::mem::take(&mut self.desks.waiting);
        for id in waiting {
            if !self.desks.paces.entry(id).or_default().take(SHOWINGS, 1, now_ms) {
                self.desks.waiting.insert(id);
                continue;
            }
            for role in DESKS {
                if let Some(view) = self.call_view(id, role) {
                    let call = Box::new(view);
                    self.seats.tell_role(role, &ToBrowser::Call { call });
                }
            }
        }
    }
}
