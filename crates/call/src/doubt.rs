//! What speaks against Begin although nothing forbids it: a seat that nobody proved to be heard.
//!
//! No statement is void for it: two sides may begin all the same, and the record shows on what proof.

use std::collections::BTreeSet;

use crate::terms::{Medium, Role};
use crate::{Hash, Preflight, PublicKey, Seat, SeatCheck, SideId, State};

/// What speaks against Begin.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Doubt {
    /// A side has not signed a check of its seats under the terms in force.
    Missing,
    /// One of its good seats failed, or is not in what it signed.
    Failed,
}

impl SeatCheck {
    /// Whether the seat is proven: heard there, seen there where there are pictures, and it hears.
    #[must_use]
    pub fn passed(&self, medium: Medium) -> bool {
        self.heard && self.hears && (self.seen || medium == Medium::Sound)
    }
}

impl State {
    /// The keys of a side's good seats, ascending, each once. A recorder is none: nobody sits there to be heard.
    #[must_use]
    pub fn good_seats(&self, side: SideId) -> BTreeSet<PublicKey> {
        let recorder = |seat: &Seat| {
            self.person(seat.person)
                .is_some_and(|person| person.role == Role::Recorder)
        };
        let good = self.seats.iter().filter(|seat| seat.good && seat.side == side);
        good.filter(|seat| !recorder(seat)).map(|seat| seat.key).collect()
    }

    /// The worst that speaks against Begin under the terms in force, and whose seats it is about. That a check is missing
    /// says more than that another one failed.
    #[must_use]
    pub fn doubt(&self) -> Option<(Doubt, SideId)> {
        let terms = self.terms()?;
        let of = |side: SideId| match self.preflight(side, terms.hash) {
            None => Some((Doubt::Missing, side)),
            Some(preflight) => {
                let failed = preflight.seats.iter().any(|seat| !seat.passed(terms.terms.medium));
                (failed || !self.covers(preflight)).then_some((Doubt::Failed, side))
            }
        };
        self.sides
            .iter()
            .filter_map(|side| of(*side))
            .min_by_key(|(doubt, _)| *doubt)
    }

    /// Whether what a side signed leaves unsaid that a seat of its own was not proven: if Begin is said in spite of it, the
    /// side says so first.
    #[must_use]
    pub fn leaves_unsaid(&self, side: SideId) -> bool {
        let Some(terms) = self.terms() else { return false };
        let unsaid = |seat: &SeatCheck| !seat.passed(terms.terms.medium) && seat.remark.is_none();
        self.preflight(side, terms.hash)
            .is_none_or(|preflight| preflight.seats.iter().any(unsaid) || !self.covers(preflight))
    }

    fn preflight(&self, side: SideId, terms: Hash) -> Option<&Preflight> {
        let mut all = self.preflights.iter();
        all.find(|preflight| preflight.side == side && preflight.terms == terms)
    }

    fn covers(&self, preflight: &Preflight) -> bool {
        let covered = |key: &PublicKey| preflight.seats.iter().any(|seat| seat.seat == *key);
        self.good_seats(preflight.side).iter().all(covered)
    }
}
