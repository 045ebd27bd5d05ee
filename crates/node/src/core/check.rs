//! The check before Begin: both sides' halves of it, what our terminals found, the Preflight that we sign, and whether
//! Begin is proven or only wanted.
//!
//! Media passes while both halves stand ([`Core::is_checking`]); that is an opening, so either side's closing ends it at
//! once. What a terminal found is its own word: the Preflight is this side's, and the record keeps it.

use std::collections::{BTreeMap, BTreeSet};

use call::{
    Body, CallId, Doubt, Hash, Phase, PublicKey, Refusal, SeatCheck, SideId, State, Timestamp,
    terms::{Medium, Terms},
};

use super::{
    Core,
    calls::{node_refusal, refusal},
};
use crate::{
    api::{self, CheckResult, CheckView, CheckingView, PreflightView, SeatCheckView, ToBrowser},
    http::ApiError,
};

/// The remark of a seat that nobody checked.
const NOT_CHECKED: &str = "not_checked";

/// One call's check, while it gathers.
#[derive(Default)]
struct Check {
    /// Our half stands.
    on: bool,
    /// The terms that the findings belong to.
    terms: Option<Hash>,
    /// Seats that were asked and have not answered.
    asked: BTreeSet<PublicKey>,
    /// What they found, and when.
    found: BTreeMap<PublicKey, (CheckResult, i64)>,
}

/// All checks.
#[derive(Default)]
pub(super) struct Checks {
    calls: BTreeMap<CallId, Check>,
}

impl Checks {
    /// Whether our half stands.
    pub(super) fn is_on(&self, id: CallId) -> bool {
        self.calls.get(&id).is_some_and(|check| check.on)
    }

    fn found(&self, id: CallId, key: PublicKey) -> Option<&(CheckResult, i64)> {
        self.calls.get(&id)?.found.get(&key)
    }
}

/// The terms in force, if there is one agreement.
fn in_force(state: &State) -> Result<(Hash, &Terms), ApiError> {
    if state.crossed {
        return Err(refusal(&Refusal::Crossed));
    }
    let offer = state.terms().ok_or_else(|| refusal(&Refusal::NotAgreed))?;
    Ok((offer.hash, &offer.terms))
}

/// Why a finding is no success, in one word; none for a seat that did well.
fn remark(found: &CheckResult, medium: Medium) -> Option<&'static str> {
    let by_itself = || match found {
        CheckResult { heard: false, .. } => Some("not_heard"),
        CheckResult { seen: false, .. } if medium == Medium::Picture => Some("not_seen"),
        CheckResult { hears: false, .. } => Some("no_loudspeaker"),
        _ => None,
    };
    found.fault.map(api::CheckFault::word).or_else(by_itself)
}

impl Core {
    /// Whether the far side's half of a check stands, by what its node last said on a link that is up.
    fn far_is_checking(&self, id: CallId) -> bool {
        let far = self.line_of(id);
        far.is_some_and(|far| self.is_up(far) && self.rooms.far_checks(id, far))
    }

    fn is_gathering(&self, id: CallId) -> bool {
        let held = self.calls.get(&id);
        held.is_some_and(|held| held.state().phase == Phase::Gathering && !held.ending())
    }

    /// Whether both halves of a check stand, so that media passes although the session has not begun.
    pub(super) fn is_checking(&self, id: CallId) -> bool {
        self.is_gathering(id) && self.checks.is_on(id) && self.far_is_checking(id)
    }

    /// Whose halves stand.
    pub(super) fn checking_view(&self, id: CallId) -> CheckingView {
        let gathering = self.is_gathering(id);
        CheckingView {
            own: gathering && self.checks.is_on(id),
            far: gathering && self.far_is_checking(id),
        }
    }

    /// Forgets what no longer holds: everything when the call does not gather, the findings when its terms changed.
    pub(super) fn settle_check(&mut self, id: CallId) {
        if !self.is_gathering(id) {
            self.checks.calls.remove(&id);
            return;
        }
        let (Some(check), Some(held)) = (self.checks.calls.get_mut(&id), self.calls.get(&id)) else {
            return;
        };
        let state = held.state();
        check.on &= state.gathered.contains(&self.own.id);
        let terms = state.terms().map(|offer| offer.hash);
        if check.terms != terms {
            check.terms = terms;
            check.asked.clear();
            check.found.clear();
        }
    }

    /// Our half of a check is said or taken back.
    pub(super) fn switch_check(&mut self, id: CallId, on: bool) -> Result<(), ApiError> {
        let state = self.calls.get(&id).ok_or(ApiError::NotFound)?.state();
        if on {
            let (terms, _) = in_force(state)?;
            match state.phase {
                Phase::InSession => return Err(refusal(&Refusal::InSession)),
                Phase::Gathering if state.gathered.contains(&self.own.id) => {}
                _ => return Err(refusal(&Refusal::NotGathered)),
            }
            let check = self.checks.calls.entry(id).or_default();
            check.on = true;
            check.terms = Some(terms);
        } else if let Some(check) = self.checks.calls.get_mut(&id) {
            check.on = false;
        }
        self.change(id);
        Ok(())
    }

    /// The connection of one of our seats that takes part in a call.
    pub(super) async fn own_seat(&self, id: CallId, seat: &str) -> Result<u64, ApiError> {
        let seat: store::SeatId = seat.parse().map_err(|_| ApiError::NotFound)?;
        let key = self.store.seat(&seat).await?.and_then(|seat| seat.key);
        let key = PublicKey(key.ok_or(ApiError::NotFound)?.0);
        let state = self.calls.get(&id).ok_or(ApiError::NotFound)?.state();
        if !state.good_seats(self.own.id).contains(&key) {
            return Err(refusal(&Refusal::NotVouched));
        }
        let mut sockets = self.seats.iter();
        let found = sockets.find(|(_, socket)| socket.key == key);
        found
            .map(|(connection, _)| connection)
            .ok_or_else(|| node_refusal("seat_away"))
    }

    /// Asks the terminal of one of our seats to check itself.
    pub(super) async fn check_seat(&mut self, id: CallId, seat: &str) -> Result<(), ApiError> {
        let connection = self.own_seat(id, seat).await?;
        if !self.is_checking(id) {
            return Err(node_refusal("check_closed"));
        }
        if let (Some(socket), Some(check)) = (self.seats.get(connection), self.checks.calls.get_mut(&id)) {
            check.asked.insert(socket.key);
        }
        self.seats.tell(connection, ToBrowser::Check { call: id.to_string() });
        Ok(())
    }

    /// A terminal tells what it found; taken once, from a seat that was asked.
    pub(super) fn checked(&mut self, connection: u64, call: &str, result: CheckResult) {
        let now_ms = self.clock.utc_ms();
        let (Ok(id), Some(socket)) = (self.call_id(call), self.seats.get(connection)) else {
            return;
        };
        let key = socket.key;
        let Some(check) = self.checks.calls.get_mut(&id) else {
            return;
        };
        if check.asked.remove(&key) {
            check.found.insert(key, (result, now_ms));
            self.change(id);
        }
    }

    /// What the last check of one of our seats found.
    pub(super) fn check_view(&self, id: CallId, key: PublicKey) -> Option<CheckView> {
        let (found, at_ms) = self.checks.found(id, key)?;
        Some(CheckView {
            heard: found.heard,
            seen: found.seen,
            hears: found.hears,
            round_trip_ms: found.round_trip_ms,
            loss_permille: found.loss_permille,
            fault: found.fault,
            at: api::time_text(*at_ms),
        })
    }

    /// The Preflight over all our good seats, as far as they were checked.
    fn preflight(&self, id: CallId) -> Result<Body, ApiError> {
        let state = self.calls.get(&id).ok_or(ApiError::NotFound)?.state();
        let (hash, terms) = in_force(state)?;
        let seat_check = |seat: PublicKey| match self.checks.found(id, seat) {
            Some((found, _)) => SeatCheck {
                seat,
                heard: found.heard,
                seen: found.seen,
                hears: found.hears,
                round_trip_ms: found.round_trip_ms,
                loss_permille: found.loss_permille,
                remark: remark(found, terms.medium).map(str::to_owned),
            },
            None => SeatCheck {
                seat,
                heard: false,
                seen: false,
                hears: false,
                round_trip_ms: 0,
                loss_permille: 0,
                remark: Some(NOT_CHECKED.to_owned()),
            },
        };
        let seats = state.good_seats(self.own.id).into_iter().map(seat_check).collect();
        Ok(Body::Preflight { terms: hash, seats })
    }

    /// The Preflight that an operator signs: something must have been checked.
    pub(super) fn proven_preflight(&self, id: CallId) -> Result<Body, ApiError> {
        let state = self.calls.get(&id).ok_or(ApiError::NotFound)?.state();
        let good = state.good_seats(self.own.id);
        if good.iter().any(|key| self.checks.found(id, *key).is_some()) {
            self.preflight(id)
        } else {
            Err(node_refusal("nothing_checked"))
        }
    }

    /// Refuses Begin when a seat was not proven to be heard; with `anyway` the record is made to show it instead.
    pub(super) async fn before_begin(&mut self, id: CallId, begin: &Body, anyway: bool) -> Result<(), ApiError> {
        let held = self.calls.get(&id).ok_or(ApiError::NotFound)?;
        let now = Timestamp(self.clock.utc_ms());
        call::may(held.chains(), self.own.id, begin, now).map_err(|no| refusal(&no))?;
        let state = held.state();
        in_force(state)?;
        let Some((doubt, side)) = state.doubt() else {
            return Ok(());
        };
        if !anyway {
            let name = self.names().remove(&side).unwrap_or_default();
            let args = api::Args::from([("side".to_owned(), name.into())]);
            return Err(ApiError::Refusal(api::RefusalBody {
                refusal: match doubt {
                    Doubt::Missing => "preflight_missing",
                    Doubt::Failed => "preflight_failed",
                }
                .to_owned(),
                args,
            }));
        }
        // Without a seat there is nothing that a Preflight could be about.
        if state.leaves_unsaid(self.own.id) && !state.good_seats(self.own.id).is_empty() {
            let body = self.preflight(id)?;
            self.say(id, body).await?;
        }
        Ok(())
    }
}

/// Each side's newest Preflight under the terms in force.
pub(super) fn preflight_views(state: &State) -> Vec<PreflightView> {
    let person = |side: SideId, key: PublicKey| {
        let seat = state.seats.iter().find(|seat| seat.side == side && seat.key == key);
        seat.map(|seat| seat.person.0)
    };
    let ours = state
        .preflights
        .iter()
        .filter(|one| state.in_force.contains(&one.terms));
    ours.map(|preflight| PreflightView {
        side: preflight.side.to_string(),
        at: api::time_text(preflight.at.0),
        seats: preflight
            .seats
            .iter()
            .map(|seat| SeatCheckView {
                key: seat.seat.to_string(),
                person: person(preflight.side, seat.seat),
                heard: seat.heard,
                seen: seat.seen,
                hears: seat.hears,
                round_trip_ms: seat.round_trip_ms,
                loss_permille: seat.loss_permille,
                remark: seat.remark.clone(),
            })
            .collect(),
    })
    .collect()
}
