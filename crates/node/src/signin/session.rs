//! Sessions and the proofs that each of their requests carries. Pure: time is an argument.
//!
//! A session is bound to the seat's key: its cookie finds it, and every request is signed. Whoever copies the cookie
//! can do nothing with it.

use std::collections::HashMap;

use store::SeatId;

/// A session without a request for so long is over.
pub const IDLE_MS: u64 = 12 * 3_600_000;

/// A session as old as this is over; the terminal signs in again by itself.
pub const AGE_MS: u64 = 24 * 3_600_000;

/// Sessions of one seat at once (tabs that come and go); a further one ends the oldest.
pub const PER_SEAT_MAX: usize = 8;

/// Sessions at once.
pub const SESSIONS_MAX: usize = 2_048;

/// How far behind the highest counter a request may arrive.
pub const WINDOW: u64 = 64;

/// Largest counter: what a browser can count exactly.
pub const COUNTER_MAX: u64 = (1 << 53) - 1;

/// Which counters were used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Window {
    highest: u64,
    /// Bit n: `highest - n` was used.
    used: u64,
}

impl Window {
    /// Whether `counter` may still be used. Counters start at 1.
    #[must_use]
    pub fn is_free(&self, counter: u64) -> bool {
        if counter == 0 || counter > COUNTER_MAX {
            return false;
        }
        match self.highest.checked_sub(counter) {
            None => true,
            Some(behind) => behind < WINDOW && self.used & (1 << behind) == 0,
        }
    }

    /// Uses `counter`; false when it is not free.
    pub fn spend(&mut self, counter: u64) -> bool {
        if !self.is_free(counter) {
            return false;
        }
        match self.highest.checked_sub(counter) {
            Some(behind) => self.used |= 1 << behind,
            None => {
                let ahead = counter - self.highest;
                self.used = if ahead < WINDOW { self.used << ahead | 1 } else { 1 };
                self.highest = counter;
            }
        }
        true
    }
}

/// What a session's cookie leads to.
#[derive(Clone, PartialEq, Eq)]
pub struct Session {
    /// Public name, part of what every proof signs.
    pub name: [u8; 16],
    /// The seat that signed in.
    pub seat: SeatId,
    /// The key that signed in.
    pub key: [u8; 32],
    made_ms: u64,
    seen_ms: u64,
    window: Window,
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Session({})", self.seat)
    }
}

/// All sessions, by the SHA-256 of their cookie.
#[derive(Debug, Default)]
pub struct Sessions {
    by_cookie: HashMap<[u8; 32], Session>,
}

impl Sessions {
    /// Opens a session; ends the oldest of the seat beyond [`PER_SEAT_MAX`]. False when there is no room at all.
    pub fn open(&mut self, cookie: [u8; 32], name: [u8; 16], seat: SeatId, key: [u8; 32], now_ms: u64) -> bool {
        self.by_cookie.retain(|_, session| session.is_live(now_ms));
        let mut of_seat: Vec<_> = self
            .by_cookie
            .iter()
            .filter(|(_, s)| s.seat == seat)
            .map(|(cookie, s)| (s.made_ms, *cookie))
            .collect();
        of_seat.sort_unstable();
        for (_, oldest) in of_seat.iter().take((of_seat.len() + 1).saturating_sub(PER_SEAT_MAX)) {
            self.by_cookie.remove(oldest);
        }
        if self.by_cookie.len() >= SESSIONS_MAX {
            return false;
        }
        let session = Session {
            name,
            seat,
            key,
            made_ms: now_ms,
            seen_ms: now_ms,
            window: Window::default(),
        };
        self.by_cookie.insert(cookie, session);
        true
    }

    /// The session of a cookie.
    #[must_use]
    pub fn find(&self, cookie: &[u8; 32], now_ms: u64) -> Option<&Session> {
        self.by_cookie.get(cookie).filter(|session| session.is_live(now_ms))
    }

    /// Whether a request with this counter could be accepted: asked before the signature is looked at.
    #[must_use]
    pub fn is_free(&self, cookie: &[u8; 32], counter: u64, now_ms: u64) -> bool {
        self.find(cookie, now_ms)
            .is_some_and(|session| session.window.is_free(counter))
    }

    /// Uses a counter whose signature held. Of two requests with one counter, one gets false.
    pub fn spend(&mut self, cookie: &[u8; 32], counter: u64, now_ms: u64) -> bool {
        let Some(session) = self.by_cookie.get_mut(cookie).filter(|session| session.is_live(now_ms)) else {
            return false;
        };
        session.seen_ms = now_ms;
        session.window.spend(counter)
    }

    /// Ends a session.
    pub fn close(&mut self, cookie: &[u8; 32]) {
        self.by_cookie.remove(cookie);
    }
}

impl Session {
    fn is_live(&self, now_ms: u64) -> bool {
        now_ms.saturating_sub(self.seen_ms) < IDLE_MS && now_ms.saturating_sub(self.made_ms) < AGE_MS
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_counter_is_used_once_and_not_too_late() {
        let mut window = Window::default();
        assert!(!window.spend(0));
        assert!(window.spend(1) && !window.spend(1));
        assert!(window.spend(70), "gaps are fine");
        assert!(!window.spend(1) && !window.spend(6), "64 and more behind");
        assert!(window.spend(7) && !window.spend(7));
        assert!(window.spend(69) && window.spend(71) && !window.spend(69) && !window.spend(70));
        assert!(window.spend(1_000) && window.spend(937) && !window.spend(936));
        assert!(!window.spend(COUNTER_MAX + 1) && window.spend(COUNTER_MAX) && !window.spend(COUNTER_MAX));
    }

    #[test]
    fn the_window_agrees_with_a_set() {
        let mut window = Window::default();
        let mut used = std::collections::BTreeSet::new();
        let mut seed = 1_u64;
        for _ in 0..20_000 {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let highest: u64 = used.last().copied().unwrap_or(0);
            let counter = (highest + 40).saturating_sub(seed >> 57).max(1);
            let free = counter > highest || (highest - counter < WINDOW && !used.contains(&counter));
            assert_eq!(window.spend(counter), free, "{counter} at {highest}");
            used.insert(counter);
        }
    }

    #[test]
    fn sessions_run_out_and_are_bounded_by_seat() {
        let mut sessions = Sessions::default();
        let desk: SeatId = "desk".parse().unwrap();
        for n in 0..20_u8 {
            assert!(sessions.open([n; 32], [n; 16], desk.clone(), [0; 32], u64::from(n)));
        }
        assert_eq!(sessions.by_cookie.len(), PER_SEAT_MAX);
        assert!(sessions.find(&[11; 32], 20).is_none() && sessions.find(&[12; 32], 20).is_some());
        assert!(sessions.spend(&[12; 32], 1, IDLE_MS));
        assert!(sessions.find(&[13; 32], IDLE_MS + 13).is_none(), "idle");
        assert!(sessions.find(&[12; 32], IDLE_MS + 13).is_some(), "kept by its request");
        assert!(sessions.spend(&[12; 32], 2, AGE_MS - 1));
        assert!(!sessions.spend(&[12; 32], 3, AGE_MS + 12), "too old");
    }
}
