//! Whom this node vouches for by itself: seats whose role leaves no doubt who sits there, and the recorder.

use call::{Body, CallId, PublicKey, terms::PersonId, terms::Role};

use super::Core;

impl Core {
    /// Vouches for each of our seats whose role fits exactly one of our people, and for whom nobody else's does; and for
    /// our recorder. A recorder is no seat with a terminal, whatever seats of that role there are.
    pub(super) async fn vouch_for_seats(&mut self, id: CallId) {
        let seats = match self.store.seats().await {
            Ok(seats) => seats,
            Err(error) => return tracing::error!(%error, "the seats could not be read"),
        };
        let Some(held) = self.calls.get(&id) else { return };
        let roster = &held.state().roster;
        let ours = || roster.iter().filter(|person| person.side == self.own.id);
        let mut vouches = Vec::new();
        for person in ours().filter(|person| person.role != Role::Recorder) {
            let alike = |role: &str| role == person.role.word();
            let others = ours().filter(|other| other.role == person.role);
            let mut fitting = seats.iter().filter(|seat| alike(&seat.role) && seat.key.is_some());
            if let (1, Some(seat), None) = (others.count(), fitting.next(), fitting.next())
                && let Some(key) = seat.key
            {
                vouches.push((PublicKey(key.0), person.id));
            }
        }
        for (seat, person) in vouches {
            self.vouch_once(id, seat, person).await;
        }
        self.vouch_for_recorder(id).await;
    }

    /// Vouches for our recorder, if the roster has one.
    pub(super) async fn vouch_for_recorder(&mut self, id: CallId) {
        let Some(held) = self.calls.get(&id) else { return };
        if let Some(person) = self.own_recorder(held.state()) {
            self.vouch_once(id, self.footage.key(), person).await;
        }
    }

    async fn vouch_once(&mut self, id: CallId, seat: PublicKey, person: PersonId) {
        let known = self.calls.get(&id).is_some_and(|held| {
            let mut seats = held.state().seats.iter();
            seats.any(|other| other.key == seat && other.person == person && other.good)
        });
        if known {
            return;
        }
        let person = Some(person);
        if let Err(error) = self.say(id, Body::Vouch { seat, person }).await {
            tracing::warn!(?error, "a seat was not vouched for");
        }
    }
}
