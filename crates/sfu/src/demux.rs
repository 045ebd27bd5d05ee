//! Whose datagram is it: by source address once that address has proved itself, by STUN credentials before.

use std::collections::HashMap;
use std::net::SocketAddr;

use crate::{Dropped, ParticipantId, SOURCES_MAX};

/// Length of a STUN header (RFC 8489, section 5).
const STUN_HEADER: usize = 20;
const STUN_COOKIE: [u8; 4] = [0x21, 0x12, 0xa4, 0x42];
const STUN_USERNAME: u16 = 0x0006;
/// Longest ufrag (RFC 8839, section 5.4).
const UFRAG_MAX: usize = 256;

/// What the first bytes say (RFC 7983).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Class {
    Stun,
    Media,
}

/// Sorts a datagram; `None` for what cannot be ours.
pub(crate) fn classify(bytes: &[u8]) -> Option<Class> {
    match *bytes.first()? {
        0..=1 if bytes.len() >= STUN_HEADER && bytes[4..8] == STUN_COOKIE => Some(Class::Stun),
        // DTLS records have 13 bytes of header, or a unified header of at least two (RFC 9147); SRTP 12, SRTCP 8.
        20..=63 if bytes.len() >= 2 => Some(Class::Media),
        128..=191 if bytes.len() >= 8 => Some(Class::Media),
        _ => None,
    }
}

/// The local half of a STUN request's USERNAME, read without trusting it.
pub(crate) fn local_ufrag(stun: &[u8]) -> Option<&str> {
    let mut rest = stun.get(STUN_HEADER..)?;
    loop {
        let head = rest.get(..4)?;
        let (kind, len) = (
            u16::from_be_bytes([head[0], head[1]]),
            usize::from(u16::from_be_bytes([head[2], head[3]])),
        );
        let value = rest.get(4..4 + len)?;
        if kind == STUN_USERNAME {
            let name = std::str::from_utf8(value.get(..len.min(2 * UFRAG_MAX + 1))?).ok()?;
            return name.split_once(':').map(|(local, _)| local);
        }
        rest = rest.get(4 + len.next_multiple_of(4)..)?;
    }
}

/// Addresses and credentials of all participants.
#[derive(Default)]
pub(crate) struct Demux {
    sources: HashMap<SocketAddr, ParticipantId>,
    ufrags: HashMap<String, ParticipantId>,
    proved: HashMap<ParticipantId, usize>,
}

impl Demux {
    pub(crate) fn by_source(&self, source: SocketAddr) -> Option<ParticipantId> {
        self.sources.get(&source).copied()
    }

    pub(crate) fn by_ufrag(&self, stun: &[u8]) -> Option<ParticipantId> {
        self.ufrags.get(local_ufrag(stun)?).copied()
    }

    /// Names the credentials that an answer announced. Earlier ones of the participant stay until it is forgotten or
    /// [`Self::renew`]ed, since requests under them may still be under way.
    pub(crate) fn announce(&mut self, ufrag: String, participant: ParticipantId) {
        self.ufrags.insert(ufrag, participant);
    }

    /// An authenticated STUN request came from `source`.
    pub(crate) fn prove(&mut self, source: SocketAddr, participant: ParticipantId) -> Result<(), Dropped> {
        if self.sources.get(&source) == Some(&participant) {
            return Ok(());
        }
        let proved = self.proved.entry(participant).or_default();
        if *proved >= SOURCES_MAX {
            return Err(Dropped::TooManySources);
        }
        *proved += 1;
        self.sources.insert(source, participant);
        Ok(())
    }

    /// The participant is gone, or starts over with a new connection.
    pub(crate) fn forget(&mut self, participant: ParticipantId) {
        self.sources.retain(|_, owner| *owner != participant);
        self.ufrags.retain(|_, owner| *owner != participant);
        self.proved.remove(&participant);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn stun(attributes: &[(u16, &[u8])]) -> Vec<u8> {
        let mut bytes = vec![0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42];
        bytes.resize(STUN_HEADER, 7);
        for (kind, value) in attributes {
            bytes.extend(kind.to_be_bytes());
            bytes.extend((value.len() as u16).to_be_bytes());
            bytes.extend(*value);
            bytes.resize(bytes.len().next_multiple_of(4), 0);
        }
        bytes
    }

    #[test]
    fn finds_the_username_behind_other_attributes() {
        let bytes = stun(&[(0x8022, b"odd"), (STUN_USERNAME, b"near:far")]);
        assert_eq!(local_ufrag(&bytes), Some("near"));
    }

    #[test]
    fn truncated_stun_names_nobody() {
        let bytes = stun(&[(0x8022, b"odd"), (STUN_USERNAME, b"near:far")]);
        for len in 0..bytes.len() {
            assert_eq!(local_ufrag(&bytes[..len]), None, "{len}");
        }
    }

    #[test]
    fn classes() {
        assert_eq!(classify(&stun(&[])), Some(Class::Stun));
        assert_eq!(classify(&[]), None);
        assert_eq!(classify(&[0; 40]), None, "no cookie");
        assert_eq!(classify(&[0x80; 7]), None, "shorter than any RTP or RTCP");
        assert_eq!(classify(&[0x80; 12]), Some(Class::Media));
        assert_eq!(classify(&[22; 13]), Some(Class::Media));
        assert_eq!(classify(&[70; 13]), None);
    }

    #[test]
    fn addresses_are_bounded() {
        let mut demux = Demux::default();
        let me = ParticipantId(1);
        for port in 0..SOURCES_MAX {
            let source = SocketAddr::from(([10, 0, 0, 1], 1000 + port as u16));
            demux.prove(source, me).unwrap();
            demux.prove(source, me).unwrap();
        }
        assert_eq!(
            demux.prove(SocketAddr::from(([10, 0, 0, 1], 1)), me),
            Err(Dropped::TooManySources)
        );
        demux.forget(me);
        assert_eq!(demux.by_source(SocketAddr::from(([10, 0, 0, 1], 1000))), None);
    }
}
