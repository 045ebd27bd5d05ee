//! The media loop under test: the `sfu` behind one UDP port on a thread of its own, driven as the node drives it.

use std::net::SocketAddr;
use std::thread::JoinHandle;
use std::time::Instant;

use anyhow::{Context, anyhow};
use sfu::{Config, Counters, Output, ParticipantId, Publish, Route, Sfu, Subscribe, TrackId};
use tokio::net::UdpSocket;
use tokio::sync::{mpsc, oneshot};

use crate::measure::{Watched, pin};

/// Datagrams taken before what they caused is sent.
const BATCH: usize = 64;

/// What the loop is asked for.
pub enum Command {
    /// Answer an offer.
    Offer {
        /// Whose.
        participant: ParticipantId,
        /// The SDP.
        sdp: String,
        /// What it sends.
        send: Vec<Publish>,
        /// What it receives.
        recv: Vec<Subscribe>,
        /// The answer.
        answer: oneshot::Sender<Result<String, sfu::OfferError>>,
    },
    /// Say who may receive a track.
    Route(TrackId, Route),
    /// Say the counters.
    Counters(oneshot::Sender<Counters>),
}

/// A running media loop; ends when dropped.
pub struct Server {
    /// Its media port.
    pub address: SocketAddr,
    /// Its thread.
    pub watched: Watched,
    commands: mpsc::Sender<Command>,
    _thread: JoinHandle<()>,
}

impl Server {
    /// Starts it on a core.
    ///
    /// # Errors
    /// When the port or the thread cannot be had.
    pub fn start(core: usize) -> anyhow::Result<Self> {
        let socket = std::net::UdpSocket::bind("127.0.0.1:0")?;
        socket.set_nonblocking(true)?;
        let address = socket.local_addr()?;
        let (commands, orders) = mpsc::channel(64);
        let (tell, told) = std::sync::mpsc::channel();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let thread = std::thread::Builder::new().name("media".into()).spawn(move || {
            let watched = pin(core);
            let sfu = Sfu::new(
                Config {
                    candidates: vec![address],
                },
                Instant::now(),
            );
            let _ = tell.send(watched);
            if let Err(error) =
                runtime.block_on(async { run(UdpSocket::from_std(socket)?, address, sfu, orders).await })
            {
                eprintln!("media loop: {error}");
            }
        })?;
        let watched = told.recv().context("the media thread")?;
        Ok(Self {
            address,
            watched,
            commands,
            _thread: thread,
        })
    }

    /// Gives a command.
    ///
    /// # Errors
    /// When the loop has ended.
    pub fn command(&self, command: Command) -> anyhow::Result<()> {
        self.commands
            .blocking_send(command)
            .map_err(|_| anyhow!("the media loop has ended"))
    }

    /// Its counters.
    ///
    /// # Errors
    /// When the loop has ended.
    pub fn counters(&self) -> anyhow::Result<Counters> {
        let (tell, told) = oneshot::channel();
        self.command(Command::Counters(tell))?;
        Ok(told.blocking_recv()?)
    }
}

async fn run(
    socket: UdpSocket,
    local: SocketAddr,
    mut sfu: Sfu,
    mut commands: mpsc::Receiver<Command>,
) -> std::io::Result<()> {
    let mut buffer = [0u8; 2048];
    loop {
        let deadline = loop {
            match sfu.poll(Instant::now()) {
                Output::Transmit(t) => {
                    let _ = socket.try_send_to(&t.bytes, t.to);
                }
                Output::Timeout(at) => break at,
                Output::Packet { .. }
                | Output::KeyFrameRequest { .. }
                | Output::Connected { .. }
                | Output::Disconnected { .. } => {}
            }
        };
        tokio::select! {
            biased;
            ready = socket.readable() => {
                ready?;
                for _ in 0..BATCH {
                    match socket.try_recv_from(&mut buffer) {
                        Ok((len, from)) => {
                            let _ = sfu.handle_datagram(from, local, &buffer[..len], Instant::now());
                        }
                        Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => break,
                        Err(_) => {}
                    }
                }
            }
            command = commands.recv() => match command {
                Some(command) => obey(&mut sfu, command),
                None => return Ok(()),
            },
            () = wait(deadline) => {}
        }
    }
}

fn obey(sfu: &mut Sfu, command: Command) {
    let now = Instant::now();
    match command {
        Command::Offer {
            participant,
            sdp,
            send,
            recv,
            answer,
        } => {
            let _ = answer.send(sfu.accept_offer(participant, &sdp, &send, &recv, now).map(|a| a.sdp));
        }
        Command::Route(track, route) => sfu.route(track, route, now),
        Command::Counters(tell) => {
            let _ = tell.send(sfu.counters());
        }
    }
}

async fn wait(until: Option<Instant>) {
    match until {
        Some(at) => tokio::time::sleep_until(at.into()).await,
        None => std::future::pending().await,
    }
}
