//! Challenges that cost no memory until a key has answered one.
//!
//! A challenge is `time (8 bytes) || random (8) || HMAC-SHA-256 over both and the seat, cut to 16`. Whoever asks for a
//! million gets a million and takes no place from anybody; only answered ones are remembered, and those need a seat's
//! key. Pure: time and random bytes are arguments.

use std::collections::HashMap;

use aws_lc_rs::hmac;

/// How long a challenge can be answered.
pub const CHALLENGE_MS: u64 = 60_000;

/// Answered challenges remembered at once; beyond, sign-ins wait until the oldest has run out.
pub const ANSWERED_MAX: usize = 1_024;

/// Makes and checks challenges.
pub struct Challenges {
    key: hmac::Key,
    answered: HashMap<[u8; 32], u64>,
}

impl std::fmt::Debug for Challenges {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Challenges({} answered)", self.answered.len())
    }
}

impl Challenges {
    /// Challenges of one run of the node: `secret` is drawn at its start.
    #[must_use]
    pub fn new(secret: &[u8; 32]) -> Self {
        Self {
            key: hmac::Key::new(hmac::HMAC_SHA256, secret),
            answered: HashMap::new(),
        }
    }

    /// A challenge for whoever says to be `seat`.
    #[must_use]
    pub fn issue(&self, seat: &str, random: [u8; 8], now_ms: u64) -> [u8; 32] {
        let mut challenge = [0; 32];
        challenge[..8].copy_from_slice(&now_ms.to_be_bytes());
        challenge[8..16].copy_from_slice(&random);
        let tag = self.tag(seat, &challenge[..16]);
        challenge[16..].copy_from_slice(&tag);
        challenge
    }

    /// Whether `challenge` is ours, for this seat, in time and not answered yet.
    #[must_use]
    pub fn is_open(&self, seat: &str, challenge: &[u8; 32], now_ms: u64) -> bool {
        let tag = self.tag(seat, &challenge[..16]);
        let ours: bool = subtle::ConstantTimeEq::ct_eq(&tag[..], &challenge[16..]).into();
        ours && now_ms < end(challenge) && !self.answered.contains_key(challenge)
    }

    /// Closes a challenge that a key has answered; false when it was closed before or when there is no room.
    pub fn close(&mut self, challenge: &[u8; 32], now_ms: u64) -> bool {
        self.answered.retain(|_, end_ms| *end_ms > now_ms);
        self.answered.len() < ANSWERED_MAX && self.answered.insert(*challenge, end(challenge)).is_none()
    }

    fn tag(&self, seat: &str, head: &[u8]) -> [u8; 16] {
        let mut context = hmac::Context::with_key(&self.key);
        context.update(head);
        context.update(seat.as_bytes());
        let whole = context.sign();
        let mut tag = [0; 16];
        tag.copy_from_slice(&whole.as_ref()[..16]);
        tag
    }
}

fn end(challenge: &[u8; 32]) -> u64 {
    let mut made = [0; 8];
    made.copy_from_slice(&challenge[..8]);
    u64::from_be_bytes(made).saturating_add(CHALLENGE_MS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_challenge_is_good_once_for_its_seat_and_for_a_minute() {
        let mut challenges = Challenges::new(&[7; 32]);
        let challenge = challenges.issue("desk", [1; 8], 1_000);
        assert!(challenges.is_open("desk", &challenge, 1_000));
        assert!(challenges.is_open("desk", &challenge, 60_999));
        assert!(!challenges.is_open("desk", &challenge, 61_000));
        assert!(!challenges.is_open("desk2", &challenge, 1_000));
        assert!(
            !Challenges::new(&[8; 32]).is_open("desk", &challenge, 1_000),
            "another run of the node"
        );
        for byte in 0..32 {
            let mut other = challenge;
            other[byte] ^= 1;
            assert!(!challenges.is_open("desk", &other, 1_000), "byte {byte}");
        }
        assert!(challenges.close(&challenge, 1_000));
        assert!(!challenges.close(&challenge, 1_000));
        assert!(!challenges.is_open("desk", &challenge, 1_000));
    }

    #[test]
    fn answered_ones_are_bounded_and_run_out() {
        let mut challenges = Challenges::new(&[7; 32]);
        let closed = (0..2_000_u64).filter(|n| {
            let challenge = challenges.issue("desk", n.to_be_bytes(), 0);
            challenges.close(&challenge, 0)
        });
        assert_eq!(closed.count(), ANSWERED_MAX);
        let later = challenges.issue("desk", [0; 8], CHALLENGE_MS);
        assert!(challenges.close(&later, CHALLENGE_MS));
        assert_eq!(challenges.answered.len(), 1);
    }
}
