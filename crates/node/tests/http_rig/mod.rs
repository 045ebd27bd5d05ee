//! A listening gate with a few routes of its own, and a client that speaks bytes.
#![allow(dead_code, reason = "each test file uses its part")]

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use ed25519_dalek::{Signer as _, SigningKey};
use node::api::{ChallengeRequest, EmptyRequest, FromBrowser, OwnSideView, Role, ToBrowser};
use node::enrol::{self, NewSeat};
use node::http::{
    Clock, DESK, Door, Gate, GateConfig, Limits, OPERATOR, Pace, Route, Routes, Seat, Socket, Stop, Stopper, Strict,
    TERMINAL,
};
use serde_json::{Value, json};
use sha2::Digest as _;
use store::Store;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;

/// 30 December 2021, 20:35 UTC.
pub const START_MS: i64 = 1_640_896_500_000;

/// Longest time that anything in these tests may take before it counts as hanging.
pub const PATIENCE: Duration = Duration::from_secs(20);

pub fn short_limits() -> Limits {
    Limits {
        head: Duration::from_millis(600),
        handshake: Duration::from_millis(600),
        request: Duration::from_millis(1_500),
        prove: Duration::from_millis(600),
        ping: Duration::from_millis(300),
        drain: Duration::from_secs(3),
        pace: Pace {
            burst: 10_000,
            per_second: 10_000,
        },
        ..Limits::default()
    }
}

pub struct Rig {
    pub address: SocketAddr,
    pub gate: Gate,
    pub clock: Clock,
    pub store: Store,
    pub stopper: Stopper,
    pub serving: JoinHandle<()>,
    pub listed: Vec<node::http::Listed>,
    pub folder: tempfile::TempDir,
}

#[derive(Default)]
pub struct Options {
    pub limits: Option<Limits>,
    pub authority: bool,
    pub hosts: Vec<String>,
}

impl Rig {
    pub async fn new() -> Self {
        Self::with(Options::default()).await
    }

    pub async fn with(options: Options) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("visavis.db")).await.unwrap();
        let clock = Clock::by_hand(START_MS);
        let limits = options.limits.unwrap_or_else(short_limits);
        let authority = options.authority.then(|| {
            let hosts = ["node.example".to_owned(), "10.1.2.3".to_owned()];
            node::tls::Authority::create(folder.path(), "Side", &hosts, START_MS).unwrap()
        });
        let ca_pem = authority
            .as_ref()
            .map(|authority| authority.certificate_pem().to_owned());
        let tls = authority.map(|authority| authority.server_config(clock.clone()).unwrap());
        let side = OwnSideView {
            id: "ab".repeat(32),
            name: "Side <b>A</b>".to_owned(),
            place: "Moscow".to_owned(),
            zone: "Europe/Moscow".to_owned(),
            key: "cd".repeat(32),
        };
        let gate = Gate::new(GateConfig {
            side,
            store: store.clone(),
            clock: clock.clone(),
            secure: tls.is_some(),
            hosts: options.hosts,
            ca_pem,
            seats: node::config::Seats::default(),
            limits,
        })
        .unwrap();
        let app = Routes::<()>::new(gate.clone())
            .add(
                Route::post("/api/test/desk", OPERATOR, "Says who acts").takes::<ChallengeRequest>(),
                says,
            )
            .add(Route::get("/api/test/press", DESK, "For desks"), nothing)
            .add(
                Route::get("/api/test/terminal/{id}", TERMINAL, "For terminals"),
                nothing,
            )
            .add(
                Route::post("/api/test/slow", OPERATOR, "Takes its time").takes::<EmptyRequest>(),
                slow,
            )
            .finish((), Arc::new(echo));
        let door = Door::open("127.0.0.1:0".parse().unwrap(), tls, limits).await.unwrap();
        let address = door.address().unwrap();
        let (stopper, stop) = Stop::pair();
        let serving = tokio::spawn(door.serve(app.router, stop));
        Self {
            address,
            gate,
            clock,
            store,
            stopper,
            serving,
            listed: app.listed,
            folder,
        }
    }

    pub async fn link(&self, seat: &str, role: Role) -> String {
        let new = NewSeat {
            id: seat.parse().unwrap(),
            name: "Name",
            role,
            place: "Room",
        };
        let link = enrol::issue(&self.store, "http://x", &new, self.clock.utc_ms(), enrol::LINK_MS)
            .await
            .unwrap();
        link.as_str().strip_prefix("http://x/enrol#").unwrap().to_owned()
    }

    /// A seat, enrolled and signed in.
    pub async fn seat(&self, seat: &str, role: Role) -> Client {
        let token = self.link(seat, role).await;
        let mut client = Client::new(self.address, seat);
        assert_eq!(client.enrol(&token).await.status, 200);
        assert_eq!(client.sign_in(&self.gate.config().side.id).await.status, 200);
        client
    }
}

/// The session's seat, whatever the body says.
async fn says(seat: Seat, Strict(asked): Strict<ChallengeRequest>) -> Json<Value> {
    Json(json!({ "acts": seat.id.to_string(), "said": asked.seat }))
}

async fn nothing() -> Json<EmptyRequest> {
    Json(EmptyRequest {})
}

async fn slow(Strict(EmptyRequest {}): Strict<EmptyRequest>) -> Json<EmptyRequest> {
    tokio::time::sleep(Duration::from_millis(500)).await;
    Json(EmptyRequest {})
}

/// Says back whose microphone it heard of; ends with `end`.
async fn echo(seat: Seat, mut socket: Socket) {
    while let Some(message) = socket.from.recv().await {
        match message {
            FromBrowser::End { .. } => return,
            _ => drop(socket.to.try_send(ToBrowser::Ring {
                call: seat.id.to_string(),
            })),
        }
    }
}

#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub head: String,
    pub body: String,
}

impl Answer {
    pub fn parse(bytes: &[u8]) -> Self {
        let text = String::from_utf8_lossy(bytes);
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
        let status = head
            .split(' ')
            .nth(1)
            .and_then(|status| status.parse().ok())
            .unwrap_or(0);
        Self {
            status,
            head: head.to_owned(),
            body: body.to_owned(),
        }
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("no JSON: {self:?}"))
    }

    pub fn error(&self) -> String {
        self.json()["error"].as_str().unwrap_or_default().to_owned()
    }
}

/// Sends bytes and reads until the other end closes. None when that takes too long.
pub async fn exchange_over<S: AsyncRead + AsyncWrite + Unpin>(mut stream: S, bytes: &[u8]) -> Option<Vec<u8>> {
    let mut heard = Vec::new();
    let all = async {
        // The other end may have said no and closed before it took everything.
        let _ = stream.write_all(bytes).await;
        let mut part = [0; 16 * 1024];
        loop {
            match stream.read(&mut part).await {
                Ok(0) | Err(_) => break,
                Ok(n) => heard.extend_from_slice(&part[..n]),
            }
        }
    };
    tokio::time::timeout(PATIENCE, all).await.ok()?;
    Some(heard)
}

pub async fn exchange(address: SocketAddr, bytes: &[u8]) -> Answer {
    let stream = TcpStream::connect(address).await.unwrap();
    Answer::parse(&exchange_over(stream, bytes).await.expect("closed in time"))
}

pub fn request(method: &str, path: &str, host: &str, headers: &[(&str, &str)], body: &[u8]) -> Vec<u8> {
    let mut text = format!("{method} {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n");
    if !body.is_empty() || method == "POST" {
        text.push_str(&format!("content-length: {}\r\n", body.len()));
    }
    for (name, value) in headers {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    text.push_str("\r\n");
    let mut bytes = text.into_bytes();
    bytes.extend_from_slice(body);
    bytes
}

pub const JSON: (&str, &str) = ("content-type", "application/json");

pub async fn get(address: SocketAddr, path: &str) -> Answer {
    exchange(address, &request("GET", path, &address.to_string(), &[], b"")).await
}

pub async fn post(address: SocketAddr, path: &str, body: &Value) -> Answer {
    exchange(
        address,
        &request("POST", path, &address.to_string(), &[JSON], body.to_string().as_bytes()),
    )
    .await
}

/// A browser at a seat.
#[derive(Clone)]
pub struct Client {
    pub address: SocketAddr,
    pub seat: String,
    pub key: SigningKey,
    pub cookie: String,
    pub session: String,
    pub counter: u64,
}

impl Client {
    pub fn new(address: SocketAddr, seat: &str) -> Self {
        let mut seed = [0; 32];
        getrandom::fill(&mut seed).unwrap();
        let key = SigningKey::from_bytes(&seed);
        Self {
            address,
            seat: seat.to_owned(),
            key,
            cookie: String::new(),
            session: String::new(),
            counter: 0,
        }
    }

    pub fn sign(&self, text: &str) -> String {
        hex::encode(self.key.sign(text.as_bytes()).to_bytes())
    }

    pub fn enrol_body(&self, token: &str) -> Value {
        let key = hex::encode(self.key.verifying_key().to_bytes());
        json!({ "token": token, "key": key, "signature": self.sign(&format!("visavis enrol\n{token}")) })
    }

    pub async fn enrol(&self, token: &str) -> Answer {
        post(self.address, "/api/enrol", &self.enrol_body(token)).await
    }

    pub async fn challenge(&self) -> String {
        let answer = post(self.address, "/api/signin/challenge", &json!({ "seat": self.seat })).await;
        answer.json()["challenge"].as_str().unwrap().to_owned()
    }

    pub fn signin_body(&self, side: &str, challenge: &str) -> Value {
        let signature = self.sign(&format!("visavis signin\n{side}\n{challenge}"));
        json!({ "seat": self.seat, "challenge": challenge, "signature": signature })
    }

    pub async fn sign_in(&mut self, side: &str) -> Answer {
        let body = self.signin_body(side, &self.challenge().await);
        let answer = post(self.address, "/api/signin", &body).await;
        if answer.status == 200 {
            let cookie = answer.header("set-cookie").unwrap();
            self.cookie = cookie.split(';').next().unwrap().to_owned();
            self.session = answer.json()["session"].as_str().unwrap().to_owned();
            self.counter = 0;
        }
        answer
    }

    pub fn proof(&self, counter: u64, method: &str, path: &str, body: &[u8]) -> String {
        let digest = hex::encode(sha2::Sha256::digest(body));
        let message = format!(
            "visavis request\n{}\n{counter}\n{method}\n{path}\n{digest}",
            self.session
        );
        format!("{counter}.{}", self.sign(&message))
    }

    /// A request with this proof, right or wrong.
    pub async fn with_proof(&self, proof: &str, method: &str, path: &str, body: &[u8]) -> Answer {
        self.proven(proof, method, path, body, &[]).await
    }

    async fn proven(&self, proof: &str, method: &str, path: &str, body: &[u8], along: &[(&str, &str)]) -> Answer {
        let mut headers = vec![
            JSON,
            ("cookie", self.cookie.as_str()),
            ("visavis-seat", self.seat.as_str()),
            ("visavis-proof", proof),
        ];
        headers.extend(along);
        exchange(
            self.address,
            &request(method, path, &self.address.to_string(), &headers, body),
        )
        .await
    }

    pub async fn ask(&mut self, method: &str, path: &str, body: &str) -> Answer {
        self.ask_with(method, path, body, &[]).await
    }

    /// A proven request with more headers.
    pub async fn ask_with(&mut self, method: &str, path: &str, body: &str, along: &[(&str, &str)]) -> Answer {
        self.counter += 1;
        let proof = self.proof(self.counter, method, path, body.as_bytes());
        self.proven(&proof, method, path, body.as_bytes(), along).await
    }
}
