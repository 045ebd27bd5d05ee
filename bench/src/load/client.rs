//! One WebRTC connection of the load: offers or answers, writes the picture, hands on what it opened.

use std::fmt;
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::time::Instant;

use anyhow::{Context, anyhow};
use str0m::change::{SdpAnswer, SdpOffer, SdpPendingOffer};
use str0m::format::{Codec, FormatParams};
use str0m::media::{Direction, Frequency, MediaKind, Mid, Pt};
use str0m::net::{Protocol, Receive};
use str0m::rtp::RtpWrite;
use str0m::{Candidate, Event, Input, Output, Rtc, RtcConfig};

use super::{FRAME, Stamps, profile};

/// Length of the VP9 payload descriptor in front of the opaque part.
const DESCRIPTOR: usize = 5;
/// Where the time of sending stands in a payload: behind the descriptor and the first byte of the VP9 frame's header,
/// from which some forwarders tell a key frame.
const STAMP: std::ops::Range<usize> = DESCRIPTOR + 1..DESCRIPTOR + 9;
/// Payload type of the picture, and of its repairs.
const PICTURE: (u8, u8) = (98, 99);

/// One connection of the load.
pub struct Client {
    rtc: Rtc,
    socket: UdpSocket,
    local: SocketAddr,
    deadline: Instant,
    connected: bool,
    key_due: bool,
    feedback: Feedback,
}

/// What the other side's description says about the picture.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Feedback {
    /// Transport-wide congestion control feedback.
    pub twcc: bool,
    /// Packets are asked for again.
    pub nack: bool,
    /// They come again in a stream of their own.
    pub rtx: bool,
}

impl Feedback {
    /// Reads a session description.
    #[must_use]
    pub fn read(sdp: &str) -> Self {
        let video = sdp.split("\nm=").find(|s| s.starts_with("video")).unwrap_or_default();
        let any = |end: &str| video.lines().any(|line| line.trim_end().ends_with(end));
        Self {
            twcc: video.contains("transport-wide-cc-extensions-01"),
            nack: any(" nack"),
            rtx: any(" rtx/90000"),
        }
    }
}

impl fmt::Display for Feedback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = |on| if on { "" } else { "no " };
        let Self { twcc, nack, rtx } = *self;
        write!(f, "{}TWCC, {}NACK, {}RTX", sign(twcc), sign(nack), sign(rtx))
    }
}

/// An offer that waits for its answer.
pub struct Offered {
    /// The SDP.
    pub sdp: String,
    /// The picture's section in it.
    pub mid: Mid,
    pending: SdpPendingOffer,
}

impl Client {
    /// A connection with a port of its own at an address.
    ///
    /// # Errors
    /// When the port cannot be had.
    pub fn new(address: IpAddr) -> anyhow::Result<Self> {
        let socket = UdpSocket::bind((address, 0))?;
        socket.set_nonblocking(true)?;
        let local = socket.local_addr()?;
        let mut config = RtcConfig::new()
            .set_crypto_provider(profile::noting())
            .set_rtp_mode(true)
            .clear_codecs();
        let profile = FormatParams {
            profile_id: Some(0),
            ..FormatParams::default()
        };
        config.codec_config().add_config(
            PICTURE.0.into(),
            Some(PICTURE.1.into()),
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
            key_due: true,
            feedback: Feedback::default(),
        })
    }

    /// Offers one picture; `track` is its id in the SDP where the signalling names it.
    ///
    /// # Errors
    /// As str0m says.
    pub fn offer(&mut self, direction: Direction, track: Option<&str>) -> anyhow::Result<Offered> {
        let mut changes = self.rtc.sdp_api();
        let mid = changes.add_media(MediaKind::Video, direction, None, track.map(str::to_owned), None);
        let (offer, pending) = changes.apply().context("an offer")?;
        Ok(Offered {
            sdp: offer.to_sdp_string(),
            mid,
            pending,
        })
    }

    /// Takes the answer to its offer.
    ///
    /// # Errors
    /// When it is none.
    pub fn accept(&mut self, offered: Offered, answer: &str) -> anyhow::Result<()> {
        self.feedback = Feedback::read(answer);
        let answer = SdpAnswer::from_sdp_string(answer)?;
        Ok(self.rtc.sdp_api().accept_answer(offered.pending, answer)?)
    }

    /// Answers an offer.
    ///
    /// # Errors
    /// When it is none.
    pub fn answer(&mut self, offer: &str) -> anyhow::Result<String> {
        self.feedback = Feedback::read(offer);
        let offer = SdpOffer::from_sdp_string(offer)?;
        Ok(self.rtc.sdp_api().accept_offer(offer)?.to_sdp_string())
    }

    /// Takes a candidate of the other side that came on its own.
    ///
    /// # Errors
    /// When it is none.
    pub fn candidate(&mut self, candidate: &str) -> anyhow::Result<()> {
        self.rtc.add_remote_candidate(Candidate::from_sdp_string(candidate)?);
        Ok(())
    }

    /// Connected, keys and all.
    #[must_use]
    pub fn connected(&self) -> bool {
        self.connected
    }

    /// What the other side said that it does.
    #[must_use]
    pub fn feedback(&self) -> Feedback {
        self.feedback
    }

    /// Takes all that has arrived and says all there is to say; the time of sending of each picture packet goes to `seen`.
    ///
    /// # Errors
    /// As str0m says.
    pub fn turn(&mut self, mut seen: impl FnMut(&[u8])) -> anyhow::Result<()> {
        let mut buffer = [0u8; 2048];
        while let Ok((len, from)) = self.socket.recv_from(&mut buffer) {
            let receive = Receive::new(Protocol::Udp, from, self.local, &buffer[..len])?;
            self.rtc.handle_input(Input::Receive(Instant::now(), receive))?;
            self.drain(&mut seen)?;
        }
        if self.deadline <= Instant::now() {
            self.rtc.handle_input(Input::Timeout(Instant::now()))?;
            self.drain(&mut seen)?;
        }
        Ok(())
    }

    fn drain(&mut self, seen: &mut impl FnMut(&[u8])) -> anyhow::Result<()> {
        loop {
            match self.rtc.poll_output()? {
                Output::Timeout(at) => {
                    self.deadline = at;
                    return Ok(());
                }
                Output::Transmit(t) => {
                    let _ = self.socket.send_to(&t.contents, t.destination);
                }
                Output::Event(Event::Connected) => self.connected = true,
                Output::Event(Event::KeyframeRequest(_)) => self.key_due = true,
                // Probes for bandwidth carry nothing.
                Output::Event(Event::RtpPacket(packet)) => {
                    if let Some(stamp) = packet.payload.get(STAMP) {
                        seen(stamp);
                    }
                }
                Output::Event(_) => {}
            }
        }
    }

    /// Writes one packet of the picture and sends it.
    ///
    /// # Errors
    /// As str0m says.
    pub fn publish(&mut self, mid: Mid, number: u64, payload: &mut [u8], stamps: Stamps) -> anyhow::Result<()> {
        let of = u64::from(FRAME);
        let (frame, part) = (number / of, number % of);
        let key = part == 0 && std::mem::take(&mut self.key_due);
        let begins = if part == 0 { 0x08 } else { 0 } | if part + 1 == of { 0x04 } else { 0 };
        // Layer 0 alone: every packet goes to every receiver.
        payload[..DESCRIPTOR].copy_from_slice(&[
            0xa0 | begins | if key { 0 } else { 0x40 },
            0x80,
            frame as u8,
            0x10,
            0,
        ]);
        payload[DESCRIPTOR] = if key { 0x80 } else { 0x84 };
        payload[STAMP].copy_from_slice(&stamps.stamp(Instant::now()));
        let mut api = self.rtc.direct_api();
        let stream = api
            .stream_tx_by_mid(mid, None)
            .ok_or_else(|| anyhow!("no outgoing stream"))?;
        stream.set_unpaced(true);
        let write = RtpWrite::new(
            Pt::from(PICTURE.0),
            (number + 1).into(),
            (frame * 3000) as u32,
            Instant::now(),
            &*payload,
        );
        stream.write_rtp(write.marker(part + 1 == of).nackable(true));
        self.rtc.handle_input(Input::Timeout(Instant::now()))?;
        self.drain(&mut |_| {})
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn feedback_is_read_from_the_picture_alone() {
        let sound = "v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=rtcp-fb:111 nack\r\n";
        let picture = "m=video 9 UDP/TLS/RTP/SAVPF 98 99\r\na=rtpmap:99 rtx/90000\r\na=rtcp-fb:98 nack pli\r\n";
        let read = Feedback::read(&format!("{sound}{picture}"));
        assert_eq!(read.to_string(), "no TWCC, no NACK, RTX");
    }
}
