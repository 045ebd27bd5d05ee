//! One terminal of the line: a WebRTC connection with a section for sound and one for the picture.

use std::net::{SocketAddr, UdpSocket};
use std::time::Instant;

use anyhow::{Context, anyhow};
use sfu::{Publish, Subscribe, TrackId};
use str0m::change::{SdpAnswer, SdpPendingOffer};
use str0m::format::{Codec, FormatParams};
use str0m::media::{Direction, Frequency, KeyframeRequestKind, MediaKind, Mid, Pt};
use str0m::net::{Protocol, Receive};
use str0m::rtp::{Extension, RtpWrite};
use str0m::{Candidate, Event, Input, Output, Rtc, RtcConfig};

use super::publisher::{Kind, Made, Mark, read_mark, stamp};

/// Payload types as Chromium has them: sound, picture, the picture's repairs.
const SOUND: u8 = 111;
const PICTURE: u8 = 98;
const REPAIR: u8 = 99;

/// A terminal that sends, or one that receives.
pub struct Terminal {
    rtc: Rtc,
    /// Its port.
    pub socket: UdpSocket,
    local: SocketAddr,
    deadline: Instant,
    connected: bool,
    key_due: bool,
    sections: Option<(Mid, Mid)>,
    sequence: (u64, u64),
    direction: Direction,
}

/// A packet of media that arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seen {
    /// Of a picture, by its header alone. The library behind this terminal refuses a packet more than a hundred behind the
    /// newest, which a browser takes: headers tell of all.
    Header {
        /// RTP time.
        time: u32,
        /// Sequence number.
        sequence: u16,
    },
    /// Opened, with its mark.
    Opened(Kind, Mark),
}

/// Reads the header of a picture's packet (RFC 3550, section 5.1); `None` for anything else, padding included.
fn header(datagram: &[u8]) -> Option<Seen> {
    let (first, second) = (*datagram.first()?, *datagram.get(1)?);
    if first >> 6 != 2 || first & 0x20 != 0 || second & 0x7f != PICTURE {
        return None;
    }
    Some(Seen::Header {
        sequence: u16::from_be_bytes(datagram.get(2..4)?.try_into().ok()?),
        time: u32::from_be_bytes(datagram.get(4..8)?.try_into().ok()?),
    })
}

/// An offer that waits for its answer.
pub struct Offered {
    /// The SDP.
    pub sdp: String,
    pending: SdpPendingOffer,
    sections: (Mid, Mid),
}

impl Offered {
    /// What it sends, as these tracks.
    #[must_use]
    pub fn publish(&self, sound: TrackId, picture: TrackId) -> Vec<Publish> {
        let of = |mid, track, kind| Publish {
            mid,
            track,
            kind,
            redundant: false,
        };
        vec![
            of(self.sections.0, sound, sfu::Kind::Sound),
            of(self.sections.1, picture, sfu::Kind::Picture),
        ]
    }

    /// That it wants these tracks.
    #[must_use]
    pub fn subscribe(&self, sound: TrackId, picture: TrackId) -> Vec<Subscribe> {
        let of = |mid, track| Subscribe { mid, track };
        vec![of(self.sections.0, sound), of(self.sections.1, picture)]
    }
}

impl Terminal {
    /// One with a port of its own, to send or to receive.
    ///
    /// One that receives negotiates no transport-wide feedback: the library tells of no packet there that it refuses, and
    /// the node would take repairs that come late over the link for loss on the way to this terminal. That way is clean.
    ///
    /// # Errors
    /// When the port cannot be had.
    pub fn new(direction: Direction) -> anyhow::Result<Self> {
        let socket = UdpSocket::bind("127.0.0.1:0")?;
        socket.set_nonblocking(true)?;
        let local = socket.local_addr()?;
        let mut config = RtcConfig::new().set_rtp_mode(true).clear_codecs();
        if direction == Direction::RecvOnly {
            config = config.clear_extension_map().set_extension(4, Extension::RtpMid);
        }
        let codecs = config.codec_config();
        let opus = FormatParams {
            min_p_time: Some(10),
            use_inband_fec: Some(true),
            ..FormatParams::default()
        };
        codecs.add_config(
            SOUND.into(),
            None,
            Codec::Opus,
            Frequency::FORTY_EIGHT_KHZ,
            Some(2),
            opus,
        );
        let profile = FormatParams {
            profile_id: Some(0),
            ..FormatParams::default()
        };
        codecs.add_config(
            PICTURE.into(),
            Some(REPAIR.into()),
            Codec::Vp9,
            Frequency::NINETY_KHZ,
            None,
            profile,
        );
        let mut rtc = config.build(Instant::now());
        rtc.add_local_candidate(Candidate::host(local, Protocol::Udp)?);
        Ok(Self {
            rtc,
            socket,
            local,
            deadline: Instant::now(),
            connected: false,
            key_due: false,
            sections: None,
            sequence: (1, 1),
            direction,
        })
    }

    /// Offers what it is for.
    ///
    /// # Errors
    /// As str0m says.
    pub fn offer(&mut self) -> anyhow::Result<Offered> {
        let direction = self.direction;
        let mut changes = self.rtc.sdp_api();
        let mut section = |kind| changes.add_media(kind, direction, None, None, None);
        let sections = (section(MediaKind::Audio), section(MediaKind::Video));
        let (offer, pending) = changes.apply().context("an offer")?;
        Ok(Offered {
            sdp: offer.to_sdp_string(),
            pending,
            sections,
        })
    }

    /// Takes the answer. `through`: the way to the node's media port is this one.
    ///
    /// # Errors
    /// When it is no answer.
    pub fn accept(
        &mut self,
        offered: Offered,
        answer: &str,
        through: Option<(SocketAddr, SocketAddr)>,
    ) -> anyhow::Result<()> {
        let written = |at: SocketAddr| format!("{} {}", at.ip(), at.port());
        let answer = match through {
            Some((node, way)) => answer.replace(&written(node), &written(way)),
            None => answer.to_owned(),
        };
        let answer = SdpAnswer::from_sdp_string(&answer)?;
        self.rtc.sdp_api().accept_answer(offered.pending, answer)?;
        self.sections = Some(offered.sections);
        self.deadline = Instant::now();
        Ok(())
    }

    /// Connected, keys and all.
    #[must_use]
    pub fn connected(&self) -> bool {
        self.connected
    }

    /// Whether it was asked for a key frame since it was last looked.
    pub fn take_key(&mut self) -> bool {
        std::mem::take(&mut self.key_due)
    }

    /// When it wants a turn although nothing arrives.
    #[must_use]
    pub fn deadline(&self) -> Instant {
        self.deadline
    }

    /// Asks for a key frame.
    ///
    /// # Errors
    /// As str0m says.
    pub fn ask_key(&mut self) -> anyhow::Result<()> {
        let Some((_, picture)) = self.sections else {
            return Ok(());
        };
        if let Some(stream) = self.rtc.direct_api().stream_rx_by_mid(picture, None) {
            stream.request_keyframe(KeyframeRequestKind::Pli);
        }
        self.rtc.handle_input(Input::Timeout(Instant::now()))?;
        self.drain(&mut |_| {})
    }

    /// Takes all that has arrived and says all there is to say; each packet of media goes to `seen`.
    ///
    /// # Errors
    /// As str0m says.
    pub fn turn(&mut self, mut seen: impl FnMut(Seen)) -> anyhow::Result<()> {
        let mut buffer = [0u8; 2048];
        while let Ok((length, from)) = self.socket.recv_from(&mut buffer) {
            if let Some(header) = header(&buffer[..length]) {
                seen(header);
            }
            let receive = Receive::new(Protocol::Udp, from, self.local, &buffer[..length])?;
            self.rtc.handle_input(Input::Receive(Instant::now(), receive))?;
            self.drain(&mut seen)?;
        }
        if self.deadline <= Instant::now() {
            self.rtc.handle_input(Input::Timeout(Instant::now()))?;
            self.drain(&mut seen)?;
        }
        Ok(())
    }

    fn drain(&mut self, seen: &mut impl FnMut(Seen)) -> anyhow::Result<()> {
        loop {
            match self.rtc.poll_output()? {
                Output::Timeout(at) => {
                    self.deadline = at;
                    return Ok(());
                }
                Output::Transmit(transmit) => {
                    let _ = self.socket.send_to(&transmit.contents, transmit.destination);
                }
                Output::Event(Event::Connected) => self.connected = true,
                Output::Event(Event::KeyframeRequest(_)) => self.key_due = true,
                Output::Event(Event::RtpPacket(packet)) => {
                    let kind = if *packet.header.payload_type == SOUND {
                        Kind::Sound
                    } else {
                        Kind::Picture
                    };
                    // Probes for bandwidth carry nothing.
                    if let Some(mark) = read_mark(kind, &packet.payload) {
                        seen(Seen::Opened(kind, mark));
                    }
                }
                Output::Event(_) => {}
            }
        }
    }

    /// Sends a frame or sound at once, stamped with the time since `epoch`.
    ///
    /// # Errors
    /// As str0m says.
    pub fn send(&mut self, made: Made, epoch: Instant) -> anyhow::Result<()> {
        let (sound, picture) = self.sections.context("nothing was negotiated")?;
        let (mid, pt, sequence) = match made.kind {
            Kind::Sound => (sound, SOUND, &mut self.sequence.0),
            Kind::Picture => (picture, PICTURE, &mut self.sequence.1),
        };
        let last = made.parts.len().saturating_sub(1);
        for (part, mut payload) in made.parts.into_iter().enumerate() {
            let now = Instant::now();
            stamp(
                made.kind,
                &mut payload,
                now.saturating_duration_since(epoch).as_nanos() as u64,
            );
            let mut api = self.rtc.direct_api();
            let stream = api
                .stream_tx_by_mid(mid, None)
                .ok_or_else(|| anyhow!("no outgoing stream"))?;
            stream.set_unpaced(true);
            let is_picture = made.kind == Kind::Picture;
            let write = RtpWrite::new(Pt::from(pt), (*sequence).into(), made.time, now, &payload[..]);
            stream.write_rtp(write.marker(is_picture && part == last).nackable(is_picture));
            *sequence += 1;
        }
        self.rtc.handle_input(Input::Timeout(Instant::now()))?;
        self.drain(&mut |_| {})
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_headers_of_pictures_are_read() {
        let packet = [0x80, 0x80 | PICTURE, 1, 2, 0, 0, 3, 4, 9, 9, 9, 9];
        let seen = Seen::Header {
            time: 0x304,
            sequence: 0x102,
        };
        assert_eq!(header(&packet), Some(seen));
        assert_eq!(header(&packet[..7]), None);
        for (at, byte) in [(0, 0xa0), (0, 0x16), (1, SOUND), (1, REPAIR)] {
            let mut other = packet;
            other[at] = byte;
            assert_eq!(header(&other), None);
        }
    }
}
