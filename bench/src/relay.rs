//! The impairing relay: a UDP port whose datagrams reach a target, and whose answers come back, through two bad [`Path`]s.
//!
//! Each sender gets a port of its own towards the target, as behind a NAT. The control port takes one line per datagram
//! (`up loss=0.2`, `down delay=65 jitter=5`, `both cut=1`, `counts`) and answers with a line of JSON.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use serde_json::json;
use tokio::net::UdpSocket;
use tokio::sync::mpsc;
use tokio::time::sleep_until;

use crate::impairment::{Counts, Path, Settings};

/// Most senders; the longest silent one makes room.
const SENDERS_MAX: usize = 256;
/// Most datagrams under way; beyond it they are dropped, as if the queue were full.
const FLYING_MAX: usize = 65_536;
/// Largest datagram.
const DATAGRAM_MAX: usize = 65_536;
/// Datagrams from the target that wait to be taken.
const BACK_MAX: usize = 4_096;

/// How a relay is set up.
#[derive(Clone, Copy, Debug)]
pub struct Setup {
    /// Where it listens; port 0 for a free one.
    pub listen: SocketAddr,
    /// Where datagrams go.
    pub target: SocketAddr,
    /// Seed of both directions.
    pub seed: u64,
    /// Towards the target.
    pub up: Settings,
    /// From the target.
    pub down: Settings,
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Flying {
    at: Instant,
    order: u64,
    /// Sender's address, and whether the datagram goes up.
    sender: SocketAddr,
    up: bool,
    bytes: Vec<u8>,
}

struct Sender {
    socket: Arc<UdpSocket>,
    reader: tokio::task::JoinHandle<()>,
    heard: Instant,
}

impl Drop for Sender {
    fn drop(&mut self) {
        self.reader.abort();
    }
}

/// A relay with its ports open.
pub struct Relay {
    front: UdpSocket,
    control: UdpSocket,
    target: SocketAddr,
    up: Path,
    down: Path,
    senders: HashMap<SocketAddr, Sender>,
    flying: BinaryHeap<Reverse<Flying>>,
    order: u64,
    back: mpsc::Sender<(SocketAddr, Vec<u8>)>,
    answers: mpsc::Receiver<(SocketAddr, Vec<u8>)>,
}

impl Relay {
    /// Opens the ports.
    ///
    /// # Errors
    /// When a port cannot be opened.
    pub async fn open(setup: Setup) -> io::Result<Self> {
        let front = UdpSocket::bind(setup.listen).await?;
        let control = UdpSocket::bind(SocketAddr::new(setup.listen.ip(), 0)).await?;
        let (back, answers) = mpsc::channel(BACK_MAX);
        Ok(Self {
            front,
            control,
            target: setup.target,
            up: Path::new(setup.up, setup.seed),
            down: Path::new(setup.down, setup.seed ^ 0x9e37_79b9_7f4a_7c15),
            senders: HashMap::new(),
            flying: BinaryHeap::new(),
            order: 0,
            back,
            answers,
        })
    }

    /// Where senders send to.
    ///
    /// # Errors
    /// As the system says.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.front.local_addr()
    }

    /// Where control lines go.
    ///
    /// # Errors
    /// As the system says.
    pub fn control_address(&self) -> io::Result<SocketAddr> {
        self.control.local_addr()
    }

    /// Counts so far: up, down.
    #[must_use]
    pub fn counts(&self) -> (Counts, Counts) {
        (self.up.counts(), self.down.counts())
    }

    /// Relays for ever.
    ///
    /// # Errors
    /// When the front port fails for good.
    pub async fn run(mut self) -> io::Result<()> {
        let mut datagram = vec![0; DATAGRAM_MAX];
        let mut line = vec![0; 1024];
        loop {
            self.deliver().await;
            let next = self.flying.peek().map(|f| f.0.at);
            tokio::select! {
                received = self.front.recv_from(&mut datagram) => {
                    // An ICMP refusal of an earlier send shows up here and means nothing for the next.
                    if let Ok((len, from)) = received {
                        self.enter(from, true, datagram[..len].to_vec()).await;
                    }
                }
                Some((sender, bytes)) = self.answers.recv() => self.enter(sender, false, bytes).await,
                received = self.control.recv_from(&mut line) => {
                    if let Ok((len, from)) = received {
                        let answer = self.control(&String::from_utf8_lossy(&line[..len]));
                        let _ = self.control.send_to(answer.as_bytes(), from).await;
                    }
                }
                () = wait(next) => {}
            }
        }
    }

    /// Does what a control line says; the answer is a line of JSON.
    pub fn control(&mut self, line: &str) -> String {
        let line = line.trim();
        let (direction, settings) = line.split_once(' ').unwrap_or((line, ""));
        let done = match direction {
            "counts" => Ok(()),
            "up" => self.up.settings().change(settings),
            "down" => self.down.settings().change(settings),
            // Checked before either is changed.
            "both" => self
                .up
                .settings()
                .change(settings)
                .and_then(|()| self.down.settings().change(settings)),
            _ => return json!({ "ok": false, "error": "say up, down, both or counts" }).to_string(),
        };
        match done {
            Ok(()) => json!({ "ok": true, "up": self.up.counts(), "down": self.down.counts() }).to_string(),
            Err(error) => json!({ "ok": false, "error": error.to_string() }).to_string(),
        }
    }

    async fn enter(&mut self, sender: SocketAddr, up: bool, bytes: Vec<u8>) {
        let now = Instant::now();
        if up && self.sender(sender, now).await.is_err() {
            return;
        }
        let path = if up { &mut self.up } else { &mut self.down };
        if let Some(at) = path.pass(bytes.len(), now).filter(|_| self.flying.len() < FLYING_MAX) {
            self.order += 1;
            self.flying.push(Reverse(Flying {
                at,
                order: self.order,
                sender,
                up,
                bytes,
            }));
        }
    }

    /// Makes sure that the sender has a port towards the target.
    async fn sender(&mut self, sender: SocketAddr, now: Instant) -> io::Result<()> {
        if let Some(known) = self.senders.get_mut(&sender) {
            known.heard = now;
            return Ok(());
        }
        if self.senders.len() >= SENDERS_MAX
            && let Some(oldest) = self.senders.iter().min_by_key(|(_, s)| s.heard).map(|(at, _)| *at)
        {
            self.senders.remove(&oldest);
        }
        let any = if self.target.is_ipv4() {
            SocketAddr::from(([0; 4], 0))
        } else {
            SocketAddr::from(([0; 16], 0))
        };
        let socket = Arc::new(UdpSocket::bind(any).await?);
        socket.connect(self.target).await?;
        let (reading, back) = (socket.clone(), self.back.clone());
        let reader = tokio::spawn(async move {
            let mut buffer = vec![0; DATAGRAM_MAX];
            loop {
                if let Ok(len) = reading.recv(&mut buffer).await
                    && back.send((sender, buffer[..len].to_vec())).await.is_err()
                {
                    return;
                }
            }
        });
        self.senders.insert(
            sender,
            Sender {
                socket,
                reader,
                heard: now,
            },
        );
        Ok(())
    }

    async fn deliver(&mut self) {
        let now = Instant::now();
        while self.flying.peek().is_some_and(|f| f.0.at <= now) {
            let Some(Reverse(flying)) = self.flying.pop() else {
                return;
            };
            let _ = if flying.up {
                match self.senders.get(&flying.sender) {
                    Some(sender) => sender.socket.send(&flying.bytes).await,
                    None => Ok(0),
                }
            } else {
                self.front.send_to(&flying.bytes, flying.sender).await
            };
        }
    }
}

async fn wait(until: Option<Instant>) {
    match until {
        Some(at) => sleep_until(at.into()).await,
        None => std::future::pending().await,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::time::Duration;

    #[tokio::test]
    async fn relays_both_ways_and_obeys_the_control_port() {
        let target = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let setup = Setup {
            listen: "127.0.0.1:0".parse().unwrap(),
            target: target.local_addr().unwrap(),
            seed: 5,
            up: "delay=20".parse().unwrap(),
            down: Settings::default(),
        };
        let relay = Relay::open(setup).await.unwrap();
        let (front, control) = (relay.address().unwrap(), relay.control_address().unwrap());
        let running = tokio::spawn(relay.run());
        let client = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let mut buffer = [0; 100];

        let sent = Instant::now();
        client.send_to(b"ask", front).await.unwrap();
        let (len, from) = target.recv_from(&mut buffer).await.unwrap();
        assert_eq!(&buffer[..len], b"ask");
        assert!(sent.elapsed() >= Duration::from_millis(20));
        target.send_to(b"answer", from).await.unwrap();
        let (len, from) = client.recv_from(&mut buffer).await.unwrap();
        assert_eq!((&buffer[..len], from), (&b"answer"[..], front));

        let say = async |line: &str| {
            client.send_to(line.as_bytes(), control).await.unwrap();
            let mut buffer = [0; 1024];
            let (len, _) = client.recv_from(&mut buffer).await.unwrap();
            serde_json::from_slice::<serde_json::Value>(&buffer[..len]).unwrap()
        };
        assert_eq!(say("both cut=1").await["ok"], true);
        assert_eq!(say("both loss=2").await["ok"], false);
        client.send_to(b"lost", front).await.unwrap();
        // The answer comes after the datagram before it was taken, or the count would be missing.
        let counts = loop {
            let counts = say("counts").await;
            if counts["up"]["cut"] == 1 {
                break counts;
            }
        };
        assert_eq!(counts["up"]["passed"], 1);
        assert_eq!(counts["down"]["passed"], 1);
        running.abort();
    }
}
