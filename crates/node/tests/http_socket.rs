//! The socket and TLS: foreign origins, proofs, frames, renewal of trust, and the way out.
#![allow(clippy::unwrap_used, missing_docs)]

mod http_rig;

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::{SinkExt as _, StreamExt as _};
use http_rig::{Client, Options, PATIENCE, Rig, START_MS, exchange_over, get, request};
use node::api::Role;
use node::http::{Clock, Door, DoorError, Limits};
use node::tls::Authority;
use rustls::crypto::aws_lc_rs::kx_group;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::{Error, Message};

type Socket = WebSocketStream<TcpStream>;

async fn open(client: &Client, origin: Option<&str>) -> Result<Socket, u16> {
    let mut asked = format!("ws://{}/api/ws?seat={}", client.address, client.seat)
        .into_client_request()
        .unwrap();
    asked.headers_mut().insert("cookie", client.cookie.parse().unwrap());
    if let Some(origin) = origin {
        asked.headers_mut().insert("origin", origin.parse().unwrap());
    }
    let stream = TcpStream::connect(client.address).await.unwrap();
    match tokio_tungstenite::client_async(asked, stream).await {
        Ok((socket, _)) => Ok(socket),
        Err(Error::Http(response)) => Err(response.status().as_u16()),
        Err(error) => panic!("{error}"),
    }
}

async fn own(client: &Client) -> Socket {
    open(client, Some(&format!("http://{}", client.address))).await.unwrap()
}

/// The next word of the node; pings are answered on the way.
async fn hear(socket: &mut Socket) -> Option<Message> {
    loop {
        match tokio::time::timeout(PATIENCE, socket.next())
            .await
            .expect("the node says something in time")
        {
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
            Some(Ok(message)) => return Some(message),
            Some(Err(_)) | None => return None,
        }
    }
}

async fn hear_json(socket: &mut Socket) -> Value {
    let Some(Message::Text(text)) = hear(socket).await else {
        panic!("no text")
    };
    serde_json::from_str(&text).unwrap()
}

async fn say(socket: &mut Socket, value: &Value) {
    socket.send(Message::Text(value.to_string().into())).await.unwrap();
}

async fn ready(client: &Client) -> Socket {
    let mut socket = own(client).await;
    let challenge = hear_json(&mut socket).await;
    assert_eq!(challenge["t"], json!("challenge"));
    let signature = client.sign(&format!("visavis socket\n{}", challenge["nonce"].as_str().unwrap()));
    say(&mut socket, &json!({ "t": "prove", "signature": signature })).await;
    let ready = hear_json(&mut socket).await;
    assert_eq!(
        (ready["t"].clone(), ready["me"]["seat"]["id"].clone()),
        (json!("ready"), json!(client.seat))
    );
    socket
}

/// How the node closed.
async fn closing(socket: &mut Socket) -> (CloseCode, String) {
    loop {
        match hear(socket).await {
            Some(Message::Close(Some(frame))) => return (frame.code, frame.reason.to_string()),
            Some(_) => {}
            None => return (CloseCode::Abnormal, "cut".to_owned()),
        }
    }
}

#[tokio::test]
async fn pages_of_other_sites_open_no_socket() {
    let rig = Rig::new().await;
    let desk = rig.seat("desk", Role::Operator).await;
    let port = rig.address.port();
    for origin in [
        None,
        Some("null".to_owned()),
        Some("http://evil.example".to_owned()),
        Some(format!("https://{}", rig.address)),
        Some(format!("http://localhost:{port}")),
        Some(format!("http://{}.evil.example", rig.address)),
        Some(format!("http://127.0.0.1:{}", port.wrapping_add(1))),
    ] {
        assert_eq!(open(&desk, origin.as_deref()).await.unwrap_err(), 403, "{origin:?}");
    }
    let stranger = Client {
        cookie: String::new(),
        ..desk.clone()
    };
    let origin = format!("http://{}", rig.address);
    assert_eq!(open(&stranger, Some(&origin)).await.unwrap_err(), 401);
    let other = Client {
        seat: "aide".to_owned(),
        ..desk.clone()
    };
    assert_eq!(open(&other, Some(&origin)).await.unwrap_err(), 401);
    drop(ready(&desk).await);
}

#[tokio::test]
async fn a_socket_must_prove_its_key_in_time() {
    let rig = Rig::new().await;
    let desk = rig.seat("desk", Role::Operator).await;
    let refused = (CloseCode::Policy, "unproven".to_owned());

    let mut thief = own(&desk).await;
    let nonce = hear_json(&mut thief).await["nonce"].as_str().unwrap().to_owned();
    let signature = Client::new(rig.address, "x").sign(&format!("visavis socket\n{nonce}"));
    say(&mut thief, &json!({ "t": "prove", "signature": signature })).await;
    assert_eq!(closing(&mut thief).await, refused);

    // A signature given to one socket opens no other.
    let mut replay = own(&desk).await;
    assert_ne!(hear_json(&mut replay).await["nonce"].as_str().unwrap(), nonce);
    say(
        &mut replay,
        &json!({ "t": "prove", "signature": desk.sign(&format!("visavis socket\n{nonce}")) }),
    )
    .await;
    assert_eq!(closing(&mut replay).await, refused);

    let mut eager = own(&desk).await;
    say(&mut eager, &json!({ "t": "mic", "on": true })).await;
    assert_eq!(closing(&mut eager).await, refused);

    let mut silent = own(&desk).await;
    let start = Instant::now();
    assert_eq!(closing(&mut silent).await, refused);
    assert!(start.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn frames_are_read_strictly_and_bounded() {
    let rig = Rig::new().await;
    let desk = rig.seat("desk", Role::Operator).await;
    let malformed = (CloseCode::Policy, "malformed".to_owned());
    for text in [
        r#"{"t":"mic","on":true,"on":false}"#.to_owned(),
        r#"{"t":"mic","on":true,"seat":"principal"}"#.to_owned(),
        r#"{"t":"prove","signature":""}"#.to_owned(),
        r#"{"t":"ring","call":"x"}"#.to_owned(),
        "not JSON".to_owned(),
        String::new(),
    ] {
        let mut socket = ready(&desk).await;
        socket.send(Message::Text(text.clone().into())).await.unwrap();
        assert_eq!(closing(&mut socket).await, malformed, "{text}");
    }
    let mut socket = ready(&desk).await;
    socket.send(Message::Binary(vec![1, 2, 3].into())).await.unwrap();
    assert_eq!(closing(&mut socket).await, malformed);

    let mut socket = ready(&desk).await;
    let huge = "a".repeat(node::api::FRAME_BYTES_MAX);
    let huge = format!(r#"{{"t":"end","call":"{huge}"}}"#);
    let _ = socket.send(Message::Text(huge.into())).await;
    assert_ne!(closing(&mut socket).await.1, "going", "the handler never saw it");

    let mut socket = ready(&desk).await;
    let sdp = "a".repeat(200 * 1024);
    say(
        &mut socket,
        &json!({ "t": "media.offer", "id": 1, "call": "c", "sdp": sdp, "send": [], "recv": [] }),
    )
    .await;
    assert_eq!(hear_json(&mut socket).await, json!({ "t": "ring", "call": "desk" }));
    let half = "/".repeat(120 * 1024 / 3 * 4);
    let commit = json!({ "t": "seal.commit", "call": "c".repeat(64), "group": "0a".repeat(16), "epoch": 1,
        "commit": half, "welcome": half });
    say(&mut socket, &commit).await;
    assert_eq!(hear_json(&mut socket).await, json!({ "t": "ring", "call": "desk" }));
}

#[tokio::test]
async fn a_flood_ends_the_socket_and_the_handler_sees_the_end() {
    let rig = Rig::new().await;
    let desk = rig.seat("desk", Role::Operator).await;
    let mut socket = ready(&desk).await;
    let flood = async {
        while socket
            .feed(Message::Text(r#"{"t":"mic","on":true}"#.into()))
            .await
            .is_ok()
            && socket.flush().await.is_ok()
        {}
    };
    assert!(tokio::time::timeout(PATIENCE, flood).await.is_ok(), "taken for ever");
    // The other way round: the handler ends, and so does the socket.
    let mut socket = ready(&desk).await;
    say(&mut socket, &json!({ "t": "end", "call": "x" })).await;
    assert_eq!(closing(&mut socket).await, (CloseCode::Away, "going".to_owned()));
}

#[tokio::test]
async fn a_seat_that_was_enrolled_anew_loses_its_socket() {
    let rig = Rig::new().await;
    let desk = rig.seat("desk", Role::Operator).await;
    let mut socket = ready(&desk).await;
    let token = rig.link("desk", Role::Operator).await;
    assert_eq!(Client::new(rig.address, "desk").enrol(&token).await.status, 200);
    assert_eq!(closing(&mut socket).await, (CloseCode::Policy, "unproven".to_owned()));
}

#[tokio::test]
async fn one_that_answers_no_ping_is_given_up() {
    let rig = Rig::new().await;
    let desk = rig.seat("desk", Role::Operator).await;
    let socket = ready(&desk).await;
    // The stream below is not read: pings stay unanswered, as when a machine went to sleep.
    tokio::time::sleep(Duration::from_millis(2_500)).await;
    let mut socket = socket;
    // Answering the pings late meets a closed connection, which may hide the word.
    let (_, word) = closing(&mut socket).await;
    assert!(matches!(word.as_str(), "silent" | "cut"), "{word}");
}

#[tokio::test]
async fn stopping_lets_requests_finish() {
    let rig = Rig::new().await;
    let mut desk = rig.seat("desk", Role::Operator).await;
    let slow = tokio::spawn(async move { desk.ask("POST", "/api/test/slow", "{}").await.status });
    tokio::time::sleep(Duration::from_millis(200)).await;
    rig.stopper.stop();
    tokio::time::timeout(PATIENCE, rig.serving).await.unwrap().unwrap();
    assert_eq!(slow.await.unwrap(), 200);
    assert!(TcpStream::connect(rig.address).await.is_err(), "the port is closed");
}

#[tokio::test]
async fn without_tls_the_door_opens_on_loopback_alone() {
    for address in ["0.0.0.0:0", "[::]:0", "192.0.2.1:0"] {
        let refused = Door::open(address.parse().unwrap(), None, Limits::default()).await;
        assert!(matches!(refused, Err(DoorError::Plain(_))), "{address}");
    }
}

#[derive(Debug)]
struct At(i64);

impl rustls::time_provider::TimeProvider for At {
    fn current_time(&self) -> Option<UnixTime> {
        Some(UnixTime::since_unix_epoch(Duration::from_millis(self.0.unsigned_abs())))
    }
}

/// A client that trusts the authority in `pem` (none: some other one) and reads this clock.
fn trusting(pem: Option<&str>, now_ms: i64) -> tokio_rustls::TlsConnector {
    let mut roots = rustls::RootCertStore::empty();
    match pem {
        Some(pem) => roots
            .add(CertificateDer::from_pem_slice(pem.as_bytes()).unwrap())
            .unwrap(),
        None => roots
            .add(
                rcgen::generate_simple_self_signed(vec!["x".to_owned()])
                    .unwrap()
                    .cert
                    .der()
                    .clone(),
            )
            .unwrap(),
    }
    // As browsers do it: the hybrid is offered with a share of its own.
    let mut provider = rustls::crypto::aws_lc_rs::default_provider();
    provider.kx_groups = vec![kx_group::X25519MLKEM768, kx_group::X25519];
    let builder = rustls::ClientConfig::builder_with_details(Arc::new(provider), Arc::new(At(now_ms)));
    let builder = builder.with_safe_default_protocol_versions().unwrap();
    Arc::new(builder.with_root_certificates(roots).with_no_client_auth()).into()
}

#[tokio::test]
async fn the_sides_own_authority_is_enough_and_nothing_less() {
    let rig = Rig::with(Options {
        authority: true,
        ..Options::default()
    })
    .await;
    let pem = std::fs::read_to_string(rig.folder.path().join(node::tls::CA_CERTIFICATE)).unwrap();
    for name in ["node.example", "10.1.2.3", "localhost", "127.0.0.1"] {
        let stream = TcpStream::connect(rig.address).await.unwrap();
        let stream = trusting(Some(&pem), START_MS)
            .connect(ServerName::try_from(name).unwrap(), stream)
            .await
            .unwrap();
        let (_, tls) = stream.get_ref();
        assert_eq!(
            tls.negotiated_key_exchange_group().unwrap().name(),
            rustls::NamedGroup::X25519MLKEM768,
            "{name}"
        );
        assert_eq!(tls.alpn_protocol(), None);
        let asked = request("GET", "/trust", &format!("{name}:1"), &[], b"");
        let answer = http_rig::Answer::parse(&exchange_over(stream, &asked).await.unwrap());
        assert_eq!(answer.status, 200);
        assert!(answer.header("strict-transport-security").is_some());
        assert!(answer.body.contains(&node::tls::fingerprint(&pem).unwrap()) && answer.body.contains("/trust/ca.pem"));
    }
    for (trust, name) in [
        (None, "node.example"),
        (Some(pem.as_str()), "other.example"),
        (Some(pem.as_str()), "10.1.2.4"),
    ] {
        let stream = TcpStream::connect(rig.address).await.unwrap();
        assert!(
            trusting(trust, START_MS)
                .connect(ServerName::try_from(name).unwrap(), stream)
                .await
                .is_err(),
            "{name}"
        );
    }
    // Plain HTTP on the TLS port gets nothing; a hand-shake that never comes is given up.
    assert_eq!(get(rig.address, "/").await.status, 0);
    let start = Instant::now();
    assert!(
        exchange_over(TcpStream::connect(rig.address).await.unwrap(), b"")
            .await
            .is_some()
    );
    assert!(start.elapsed() < Duration::from_secs(6));
}

/// A certificate for `name` under the authority in `folder`, as whoever steals its key could make it.
fn stolen(folder: &std::path::Path, name: &str) -> Arc<rustls::ServerConfig> {
    let text = |file| std::fs::read_to_string(folder.join(file)).unwrap();
    let key = rcgen::KeyPair::from_pem(&text(node::tls::CA_KEY)).unwrap();
    let mut authority = rcgen::CertificateParams::new(Vec::<String>::new()).unwrap();
    authority.distinguished_name = rcgen::DistinguishedName::new();
    authority
        .distinguished_name
        .push(rcgen::DnType::CommonName, "Visavis authority of Side");
    let leaf_key = rcgen::KeyPair::generate().unwrap();
    let leaf = rcgen::CertificateParams::new(vec![name.to_owned()]).unwrap();
    let leaf = leaf
        .signed_by(&leaf_key, &rcgen::Issuer::from_params(&authority, &key))
        .unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap();
    let key = PrivateKeyDer::Pkcs8(leaf_key.serialize_der().into());
    Arc::new(
        config
            .with_no_client_auth()
            .with_single_cert(vec![leaf.der().clone()], key)
            .unwrap(),
    )
}

#[tokio::test]
async fn the_authority_can_vouch_for_no_other_site() {
    let folder = tempfile::tempdir().unwrap();
    let authority = Authority::create(folder.path(), "Side", &["node.example".to_owned()], START_MS).unwrap();
    let pem = authority.certificate_pem().to_owned();
    for (name, held) in [("node.example", true), ("bank.example", false), ("192.0.2.7", false)] {
        let config = stolen(folder.path(), name);
        let (near, far) = tokio::io::duplex(1 << 16);
        let server = tokio::spawn(tokio_rustls::TlsAcceptor::from(config).accept(far));
        let connected = trusting(Some(&pem), START_MS)
            .connect(ServerName::try_from(name).unwrap(), near)
            .await;
        assert_eq!(connected.is_ok(), held, "{name}: {:?}", connected.err());
        server.abort();
    }
}

#[tokio::test]
async fn the_authority_lasts_and_its_certificates_are_renewed() {
    let folder = tempfile::tempdir().unwrap();
    let hosts = ["node.example".to_owned()];
    let made = Authority::create(folder.path(), "Side", &hosts, START_MS).unwrap();
    let again = Authority::create(folder.path(), "Side", &hosts, START_MS);
    assert!(
        matches!(again, Err(node::tls::TlsError::Exists(_))),
        "a second would make browsers turn away"
    );
    let loaded = Authority::load(folder.path()).unwrap();
    assert_eq!(loaded.certificate_pem(), made.certificate_pem());
    for wrong in [
        vec![],
        vec![String::new()],
        vec!["a b".to_owned()],
        vec!["*.example".to_owned()],
        vec!["a".to_owned(); 99],
    ] {
        let elsewhere = tempfile::tempdir().unwrap();
        assert!(
            Authority::create(elsewhere.path(), "Side", &wrong, START_MS).is_err(),
            "{wrong:?}"
        );
    }
    let clock = Clock::by_hand(START_MS);
    let config = loaded.server_config(clock.clone()).unwrap();
    let mut seen = Vec::new();
    for days in [0_u32, 29, 2, 0, 31] {
        for _ in 0..days {
            clock.advance(24 * 3_600_000);
        }
        let (near, far) = tokio::io::duplex(1 << 16);
        let server = tokio::spawn(tokio_rustls::TlsAcceptor::from(config.clone()).accept(far));
        let client = trusting(Some(made.certificate_pem()), clock.utc_ms());
        let stream = client
            .connect(ServerName::try_from("node.example").unwrap(), near)
            .await
            .unwrap();
        seen.push(stream.get_ref().1.peer_certificates().unwrap()[0].clone());
        server.abort();
    }
    let renewed: Vec<bool> = seen.windows(2).map(|two| two[0] != two[1]).collect();
    assert_eq!(renewed, [false, true, false, true], "after thirty days, and not before");
}
