//! Who must not get in, and what must not get through: strangers, old versions, weak key exchange, garbage, floods.
// These tests run in real time.
#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::disallowed_methods)]

mod common;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use call::Hash;
use common::{CALL, PATIENCE, Store, Who, down, endpoint, endpoint_of, line, line_of, loopback, next, up};
use link::wire::{Fault, Frame, Hello, Prelude, close};
use link::{DownReason, Event, Line};
use quinn::rustls;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{SupportedKxGroup, aws_lc_rs as provider};
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer, ServerName, UnixTime};
use rustls::{DigitallySignedStruct, SignatureScheme};
use tokio::net::UdpSocket;
use tokio::time::timeout;

const A: Who = Who(1);
const B: Who = Who(2);

/// Accepts any key: these clients attack, they do not check.
#[derive(Debug)]
struct AnyKey;

impl ServerCertVerifier for AnyKey {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }
    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }
    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }
    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        vec![SignatureScheme::ED25519]
    }
    fn requires_raw_public_keys(&self) -> bool {
        true
    }
}

/// A QUIC client written apart from the crate, with this side's link key and these groups.
fn client(who: Who, groups: Vec<&'static dyn SupportedKxGroup>) -> quinn::ClientConfig {
    let mut crypto = provider::default_provider();
    crypto.kx_groups = groups;
    let mut pkcs8 = vec![
        0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20,
    ];
    pkcs8.extend([who.0 ^ 0x80; 32]);
    let key = provider::sign::any_eddsa_type(&PrivatePkcs8KeyDer::from(pkcs8.as_slice())).unwrap();
    let mut spki = vec![0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];
    spki.extend(who.link_key().public().as_bytes());
    let certified = rustls::sign::CertifiedKey::new(vec![spki.into()], key);
    let mut tls = rustls::ClientConfig::builder_with_provider(Arc::new(crypto))
        .with_protocol_versions(&[&rustls::version::TLS13])
        .unwrap()
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(AnyKey))
        .with_client_cert_resolver(Arc::new(rustls::client::AlwaysResolvesClientRawPublicKeys::new(
            Arc::new(certified),
        )));
    tls.alpn_protocols = vec![b"visavis-link".to_vec()];
    let quic = quinn::crypto::rustls::QuicClientConfig::try_from(tls).unwrap();
    quinn::ClientConfig::new(Arc::new(quic))
}

fn hybrid() -> Vec<&'static dyn SupportedKxGroup> {
    vec![provider::kx_group::X25519MLKEM768]
}

/// Connects as `who` and opens the stream. The far end may close at any time after.
async fn raw(who: Who, to: SocketAddr) -> (quinn::Endpoint, quinn::Connection, quinn::SendStream, quinn::RecvStream) {
    let endpoint = quinn::Endpoint::client(loopback()).unwrap();
    let connection = endpoint
        .connect_with(client(who, hybrid()), to, "line.invalid")
        .unwrap()
        .await
        .unwrap();
    let (send, recv) = connection.open_bi().await.unwrap();
    (endpoint, connection, send, recv)
}

fn hello(who: Who, confirmed: bool) -> Frame {
    Frame::Hello(Hello {
        side: who.side(),
        boot: [9; 16],
        software: "raw".into(),
        web: Hash([0; 32]),
        utc_ms: 0,
        confirmed,
        route: 0,
    })
}

async fn close_code(connection: &quinn::Connection) -> u32 {
    match timeout(PATIENCE, connection.closed()).await.unwrap() {
        quinn::ConnectionError::ApplicationClosed(closed) => u32::try_from(closed.error_code.into_inner()).unwrap(),
        other => panic!("closed by {other}"),
    }
}

/// A line to A at B's endpoint that only waits, and its port.
fn waiting() -> (link::Endpoint, Line, SocketAddr) {
    let b = endpoint(B, 1, loopback());
    let line = line(&b, A, None);
    let at = b.local_addr().unwrap();
    (b, line, at)
}

/// The line still works for the honest far side.
async fn still_works(b: &link::Endpoint, mut line_b: Line) {
    let a = endpoint(A, 3, loopback());
    let mut line_a = line(&a, B, Some(b.local_addr().unwrap()));
    let (mut at_a, mut at_b) = (Store::default(), Store::default());
    tokio::join!(
        at_a.serve(&mut line_a, |s| s.levels == 1),
        at_b.serve(&mut line_b, |s| s.levels == 1)
    );
}

#[tokio::test]
async fn a_wrong_pin_is_refused_at_either_end() {
    let b = endpoint(B, 1, loopback());
    let at_b = b.local_addr().unwrap();
    // A pins another key than B has.
    let a = endpoint(A, 1, loopback());
    let mut config = link::LineConfig {
        far: B.side(),
        far_key: Who(77).link_key().public(),
        addresses: vec![at_b.to_string()],
        confirmed: true,
    };
    let mut wrong = a.add_line(config.clone()).unwrap();
    assert_eq!(down(&mut wrong).await, DownReason::Key);
    // B has no line to A at all; A is told so.
    let stranger = endpoint(Who(3), 1, loopback());
    let mut line_s = line(&stranger, B, Some(at_b));
    assert_eq!(down(&mut line_s).await, DownReason::Key);
    // The pin is right at both ends, but the line's side is another: B expects A's side behind that key.
    let mut line_b = b
        .add_line(link::LineConfig {
            far: Who(5).side(),
            far_key: A.link_key().public(),
            addresses: vec![],
            confirmed: true,
        })
        .unwrap();
    a.remove_line(B.side());
    assert_eq!(wrong.events.recv().await, None);
    config.far_key = B.link_key().public();
    let mut line_a = a.add_line(config).unwrap();
    let refused = tokio::join!(down(&mut line_a), down(&mut line_b));
    assert_eq!(refused.1, DownReason::Refused(Fault::WrongSide));
    assert!(
        matches!(
            refused.0,
            DownReason::RefusedByFar(close::WRONG_SIDE) | DownReason::Replaced
        ),
        "{refused:?}"
    );
}

#[tokio::test]
async fn an_old_version_is_refused_with_both_ranges_at_both_ends() {
    let old = Prelude { min: 1, max: 1 };
    let new = Prelude { min: 2, max: 3 };
    let (a, b) = (endpoint_of(A, 1, loopback(), old), endpoint_of(B, 1, loopback(), new));
    let mut line_a = line(&a, B, Some(b.local_addr().unwrap()));
    let mut line_b = line(&b, A, None);
    let (at_a, at_b) = tokio::join!(down(&mut line_a), down(&mut line_b));
    assert_eq!(
        at_a,
        DownReason::Version {
            ours: (1, 1),
            theirs: Some((2, 3))
        }
    );
    assert_eq!(
        at_b,
        DownReason::Version {
            ours: (2, 3),
            theirs: Some((1, 1))
        }
    );
    assert_eq!(at_a.code(), "link_version");
}

#[tokio::test]
async fn a_key_exchange_without_ml_kem_is_refused() {
    let (b, line_b, at_b) = waiting();
    let endpoint = quinn::Endpoint::client(loopback()).unwrap();
    for groups in [
        vec![provider::kx_group::X25519],
        vec![provider::kx_group::SECP256R1, provider::kx_group::X25519],
    ] {
        let refused = endpoint
            .connect_with(client(A, groups), at_b, "line.invalid")
            .unwrap()
            .await;
        let Err(quinn::ConnectionError::ConnectionClosed(closed)) = refused else {
            panic!("{refused:?}")
        };
        // TLS alert 40, handshake_failure.
        assert_eq!(u64::from(closed.error_code), 0x128);
    }
    still_works(&b, line_b).await;
}

#[tokio::test]
async fn garbage_and_oversize_close_the_connection_with_a_word() {
    let (b, line_b, at_b) = waiting();
    let prelude = Prelude::OURS.encode().to_vec();
    let mut after_hello = prelude.clone();
    after_hello.extend(hello(A, true).encode().unwrap());
    let with = |before: &[u8], after: &[u8]| [before, after].concat();
    let cases = [
        (b"GET / HTTP/1.1\r\n".to_vec(), close::GARBAGE),
        (with(&prelude, &[0, 0]), close::GARBAGE),
        (with(&prelude, &[0xff, 0xff]), close::OVERSIZE),
        (with(&prelude, &[0, 3, 0x82, 0x06, 0x05]), close::OUT_OF_TURN),
        (
            with(&prelude, &hello(Who(9), true).encode().unwrap()),
            close::WRONG_SIDE,
        ),
        (with(&after_hello, &[0, 2, 0xff, 0xff]), close::GARBAGE),
        (with(&after_hello, &[0x50, 0x01]), close::OVERSIZE),
        (
            with(&after_hello, &hello(A, true).encode().unwrap()),
            close::OUT_OF_TURN,
        ),
    ];
    for (bytes, code) in cases {
        let (_endpoint, connection, mut send, _recv) = raw(A, at_b).await;
        send.write_all(&bytes).await.unwrap();
        assert_eq!(
            close_code(&connection).await,
            code,
            "{:02x?}",
            &bytes[..bytes.len().min(12)]
        );
    }
    still_works(&b, line_b).await;
}

/// The pinned far side itself breaks the rule that nothing passes before both operators have confirmed.
#[tokio::test]
async fn statements_before_the_confirmation_are_refused() {
    let b = endpoint(B, 1, loopback());
    let mut line_b = line_of(&b, A, None, false);
    let (_endpoint, connection, mut send, _recv) = raw(A, b.local_addr().unwrap()).await;
    let statement = Frame::Statement {
        call: CALL,
        side: A.side(),
        number: 1,
        bytes: b"early".to_vec().into(),
    };
    let mut bytes = Prelude::OURS.encode().to_vec();
    bytes.extend(hello(A, true).encode().unwrap());
    send.write_all(&bytes).await.unwrap();
    up(&mut line_b).await;
    // Media is dropped without a word.
    connection.send_datagram(vec![0x11; 60].into()).unwrap();
    send.write_all(&statement.encode().unwrap()).await.unwrap();
    assert_eq!(
        next(&mut line_b).await,
        Event::Down {
            reason: DownReason::Refused(Fault::OutOfTurn)
        }
    );
    assert_eq!(close_code(&connection).await, close::OUT_OF_TURN);
    assert!(line_b.media.try_recv().is_err());
}

#[tokio::test]
async fn garbage_datagrams_are_dropped_and_the_line_goes_on() {
    let b = endpoint(B, 1, loopback());
    let mut line_b = line(&b, A, None);
    let (_endpoint, connection, mut send, _recv) = raw(A, b.local_addr().unwrap()).await;
    let mut bytes = Prelude::OURS.encode().to_vec();
    bytes.extend(hello(A, true).encode().unwrap());
    send.write_all(&bytes).await.unwrap();
    up(&mut line_b).await;
    assert_eq!(next(&mut line_b).await, Event::HeadsWanted);
    for index in 0..2000u32 {
        let length = (index % 300) as usize;
        let mut bytes = vec![(index % 251) as u8; length];
        if let Some(first) = bytes.first_mut() {
            *first = 0x10 + (index % 4) as u8;
        }
        connection.send_datagram(bytes.into()).unwrap();
    }
    // A Ping behind them is answered: its Pong follows the Hello and B's own Ping.
    send.write_all(
        &Frame::Heads {
            calls: Vec::new(),
            last: true,
        }
        .encode()
        .unwrap(),
    )
    .await
    .unwrap();
    assert!(matches!(next(&mut line_b).await, Event::FarHeads { .. }));
    assert!(connection.close_reason().is_none());
}

/// Initials that nobody follows up, as from forged addresses: beyond a few, each gets a Retry and costs no state, and
/// never more than three times its bytes come back. The honest far side still gets in.
#[tokio::test]
async fn a_flood_of_initials_gets_retries() {
    let (b, line_b, at_b) = waiting();
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let (mut sent, mut received, mut retries) = (0, 0, 0);
    for _ in 0..40 {
        for bytes in initial(at_b) {
            sent += socket.send_to(&bytes, at_b).await.unwrap();
        }
    }
    let mut buffer = [0; 2000];
    let until = Instant::now() + PATIENCE;
    while retries < 20 && Instant::now() < until {
        let (length, _) = timeout(PATIENCE, socket.recv_from(&mut buffer)).await.unwrap().unwrap();
        received += length;
        // RFC 9000, section 17.2.5: a long header of type 3.
        retries += usize::from(buffer[0] & 0xf0 == 0xf0);
    }
    assert!(retries >= 20, "{retries}");
    assert!(received <= sent * 3, "{received} for {sent}");
    let started = Instant::now();
    still_works(&b, line_b).await;
    assert!(started.elapsed() < Duration::from_secs(20));
}

/// The first datagrams of a client that says no more.
fn initial(to: SocketAddr) -> Vec<Vec<u8>> {
    let mut config = quinn_proto::EndpointConfig::default();
    config.rng_seed(None);
    let mut endpoint = quinn_proto::Endpoint::new(Arc::new(config), None, true, None);
    let now = Instant::now();
    let (_, mut connection) = endpoint.connect(now, client(A, hybrid()), to, "line.invalid").unwrap();
    let mut datagrams = Vec::new();
    let mut buffer = Vec::new();
    while let Some(transmit) = connection.poll_transmit(now, 1, &mut buffer) {
        datagrams.push(buffer[..transmit.size].to_vec());
        buffer.clear();
    }
    datagrams
}
