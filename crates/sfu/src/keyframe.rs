//! Key-frame requests of one track: however many ask, one goes to the publisher, and never more often than [`KEY_FRAME_GAP`].

use std::time::Instant;

use crate::{KEY_FRAME_GAP, KEY_FRAME_RETRY};

/// The requests of one track.
#[derive(Debug, Default)]
pub(crate) struct KeyFrames {
    wanted: bool,
    sent: Option<Instant>,
    /// A request is out and no key frame has come since.
    outstanding: bool,
}

impl KeyFrames {
    /// Somebody needs a key frame. Asks at once, or joins the request that is out.
    pub(crate) fn want(&mut self, now: Instant) {
        if !self.outstanding || self.is_overdue(now) {
            self.wanted = true;
        }
    }

    /// A key frame began to pass.
    pub(crate) fn seen(&mut self) {
        self.outstanding = false;
        self.wanted = false;
    }

    /// When [`Self::take`] should be asked again, if a request waits for the gap to pass.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.sent.filter(|_| self.wanted).map(|sent| sent + KEY_FRAME_GAP)
    }

    /// Whether to send the one request at this moment.
    pub(crate) fn take(&mut self, now: Instant) -> bool {
        let due = self.wanted && self.sent.is_none_or(|sent| now >= sent + KEY_FRAME_GAP);
        if due {
            self.wanted = false;
            self.outstanding = true;
            self.sent = Some(now);
        }
        due
    }

    fn is_overdue(&self, now: Instant) -> bool {
        self.sent.is_none_or(|sent| now >= sent + KEY_FRAME_RETRY)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::disallowed_methods)]
    use super::*;
    use std::time::Duration;

    #[test]
    fn many_askers_one_request() {
        let start = Instant::now();
        let mut frames = KeyFrames::default();
        for _ in 0..10 {
            frames.want(start);
        }
        assert!(frames.take(start));
        frames.want(start + Duration::from_millis(1));
        assert!(
            !frames.take(start + Duration::from_secs(2)),
            "joined the request that was out"
        );
    }

    #[test]
    fn one_more_after_the_key_frame_waits_for_the_gap() {
        let start = Instant::now();
        let mut frames = KeyFrames::default();
        frames.want(start);
        assert!(frames.take(start));
        frames.seen();
        let joined = start + Duration::from_millis(20);
        frames.want(joined);
        assert!(!frames.take(joined));
        assert_eq!(frames.deadline(), Some(start + KEY_FRAME_GAP));
        assert!(frames.take(start + KEY_FRAME_GAP));
    }

    #[test]
    fn a_lost_request_is_repeated() {
        let start = Instant::now();
        let mut frames = KeyFrames::default();
        frames.want(start);
        assert!(frames.take(start));
        frames.want(start + KEY_FRAME_RETRY);
        assert!(frames.take(start + KEY_FRAME_RETRY));
    }
}
