//! Configuration of a connection, and the first handshake made in advance.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use str0m::bwe::Bitrate;
use str0m::change::SdpOffer;
use str0m::config::{CryptoProvider, DtlsCert, DtlsVersion};
use str0m::format::{Codec, FormatParams};
use str0m::media::{Direction, Frequency, MediaKind};
use str0m::net::{Protocol, Receive};
use str0m::rtp::{Extension, ExtensionMap};
use str0m::{Candidate, Input, Output, Rtc, RtcConfig};

/// Where the estimate of the way to a browser starts: a 720p picture and sound. Browsers sit on their side's own network.
const RATE_START: Bitrate = Bitrate::kbps(2_500);
/// DTLS 1.2, for the sake of AES-GCM. Browsers list AES-CM with SHA-1 first; in 1.2 the answering side takes its own favourite,
/// AES-256-GCM, while in 1.3 dimpl (0.9) takes the browser's. Sealing a packet costs several times more with AES-CM, which
/// every receiver pays for; 1.3 would save one round trip on the side's own network at the start. Neither version has a
/// post-quantum exchange there: frames are sealed end to end under one anyway.
const DTLS: DtlsVersion = DtlsVersion::Dtls12;
/// How often str0m reports loss and round trip.
const STATS_EVERY: Duration = Duration::from_secs(1);
/// Most steps of the warm-up handshake; it takes about thirty.
const WARM_STEPS_MAX: usize = 500;

/// What all connections share.
#[derive(Clone)]
pub(crate) struct Shared {
    pub provider: Arc<CryptoProvider>,
    /// `None` only when the provider makes none: then each connection fails for itself.
    pub cert: Option<DtlsCert>,
}

impl Shared {
    pub(crate) fn new() -> Self {
        let provider = Arc::new(str0m::crypto::from_feature_flags());
        let cert = provider.dtls_provider.generate_certificate();
        Self { provider, cert }
    }

    /// The configuration of one participant's connection.
    ///
    /// One codec of each kind: whole-frame encryption survives Opus and VP9 alone. Header extensions: mid, and the transport
    /// sequence number for the estimate; the audio level would tell who speaks, a rotation is done by the sender.
    pub(crate) fn config(&self) -> RtcConfig {
        let mut extensions = ExtensionMap::empty();
        extensions.set(3, Extension::TransportSequenceNumber);
        extensions.set(4, Extension::RtpMid);
        let mut config = RtcConfig::new()
            .set_crypto_provider(self.provider.clone())
            .set_ice_lite(true)
            .set_rtp_mode(true)
            .set_dtls_version(DTLS)
            .clear_codecs()
            .enable_opus(true, true)
            .set_extension_map(extensions)
            .enable_bwe(Some(RATE_START))
            .set_stats_interval(Some(STATS_EVERY));
        let profile = FormatParams {
            profile_id: Some(0),
            ..FormatParams::default()
        };
        config.codec_config().add_config(
            98.into(),
            Some(99.into()),
            Codec::Vp9,
            Frequency::NINETY_KHZ,
            None,
            profile,
        );
        match &self.cert {
            Some(cert) => config.set_dtls_cert(cert.clone()),
            None => config,
        }
    }

    /// Makes one connection to itself in memory, so that the first browser does not pay for tables, lazy set-up and entropy
    /// (95-215 ms; later offers take 2-12 ms). Failure is no harm: the first browser pays.
    pub(crate) fn warm_up(&self, now: Instant) {
        let _ = self.shake_hands(now);
    }

    fn shake_hands(&self, now: Instant) -> Option<()> {
        let (near, far) = (
            SocketAddr::from(([127, 0, 0, 1], 1)),
            SocketAddr::from(([127, 0, 0, 1], 2)),
        );
        let mut browser = self.config().set_ice_lite(false).build(now);
        let mut node = self.config().build(now);
        browser.add_local_candidate(Candidate::host(far, Protocol::Udp).ok()?);
        node.add_local_candidate(Candidate::host(near, Protocol::Udp).ok()?);
        let mut changes = browser.sdp_api();
        changes.add_media(MediaKind::Video, Direction::SendRecv, None, None, None);
        let (offer, pending) = changes.apply()?;
        let offer = SdpOffer::from_sdp_string(&offer.to_sdp_string()).ok()?;
        let answer = node.sdp_api().accept_offer(offer).ok()?;
        browser.sdp_api().accept_answer(pending, answer).ok()?;
        let mut at = now;
        for _ in 0..WARM_STEPS_MAX {
            if browser.is_connected() && node.is_connected() {
                return Some(());
            }
            let wait = pass(&mut browser, &mut node, at)?.min(pass(&mut node, &mut browser, at)?);
            at = wait.clamp(at + Duration::from_millis(1), at + Duration::from_millis(50));
            browser.handle_input(Input::Timeout(at)).ok()?;
            node.handle_input(Input::Timeout(at)).ok()?;
        }
        None
    }
}

/// Carries everything that `from` has to say to `to`; returns when `from` wants to be asked again.
fn pass(from: &mut Rtc, to: &mut Rtc, now: Instant) -> Option<Instant> {
    loop {
        match from.poll_output().ok()? {
            Output::Timeout(at) => return Some(at),
            Output::Event(_) => {}
            Output::Transmit(t) => {
                let receive = Receive::new(Protocol::Udp, t.source, t.destination, &t.contents).ok()?;
                to.handle_input(Input::Receive(now, receive)).ok()?;
                while !matches!(to.poll_output().ok()?, Output::Timeout(_)) {}
            }
        }
    }
}
