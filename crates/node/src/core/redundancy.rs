//! Whether a browser's sound comes with the frame before in each packet (RED, RFC 2198): while every terminal of the call
//! takes it and the browser's rate leaves room for it.

use super::{Core, rooms::Plan};
use crate::api::ToBrowser;

/// Kilobits a second from which sound comes with the frame before in each packet, and below which it no longer does.
const REDUNDANT_FROM_KBPS: u32 = 300;
const REDUNDANT_LEAST_KBPS: u32 = 200;

/// One browser's part in it.
#[derive(Clone, Copy, Default)]
pub(super) struct Redundancy {
    /// The browser can.
    pub(super) offered: bool,
    /// The browser was last answered that it may.
    pub(super) answered: bool,
    /// It was asked to offer again, because that answer no longer holds.
    pub(super) asked_again: bool,
    /// The rate that it was last told leaves room for it.
    pub(super) fits: bool,
}

impl Redundancy {
    /// Takes the rate that the browser was told; whether that changed anything.
    pub(super) fn take_rate(&mut self, kbps: u32) -> bool {
        let least = if self.fits {
            REDUNDANT_LEAST_KBPS
        } else {
            REDUNDANT_FROM_KBPS
        };
        let fits = kbps >= least;
        std::mem::replace(&mut self.fits, fits) != fits
    }
}

impl Core {
    /// Asks those browsers to offer again whose sound should come otherwise than they were answered.
    pub(super) fn arrange_redundancy(&mut self, plan: &Plan) {
        for ours in &plan.ours {
            let Some(session) = self.rooms.sessions.get_mut(&ours.connection) else {
                continue;
            };
            let redundancy = &mut session.redundancy;
            let wanted = plan.redundant && redundancy.fits;
            if wanted != redundancy.answered && !redundancy.asked_again {
                redundancy.asked_again = true;
                self.seats.tell(ours.connection, ToBrowser::MediaAgain {});
            }
        }
    }
}
