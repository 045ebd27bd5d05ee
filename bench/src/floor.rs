//! The floor: the least that any forwarder without batching does. Receive, AES-128-GCM open, N times seal and send.

use std::io::ErrorKind;
use std::net::{SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::{Context, anyhow};
use aws_lc_rs::aead::{AES_128_GCM, Aad, LessSafeKey, Nonce, UnboundKey};

use crate::load::{FRAME, FRAMES_MAX, Plan, Sample, Stamps};
use crate::measure::{Latencies, Watched, pin};

/// Header bytes, authenticated and not encrypted, as an RTP header is.
const HEADER: usize = 12;
const TAG: usize = 16;

fn key(of: u8) -> anyhow::Result<LessSafeKey> {
    Ok(LessSafeKey::new(
        UnboundKey::new(&AES_128_GCM, &[of; 16]).map_err(|_| anyhow!("AES-128-GCM key"))?,
    ))
}

fn nonce(counter: u64) -> Nonce {
    let mut bytes = [0; 12];
    bytes[4..].copy_from_slice(&counter.to_be_bytes());
    Nonce::assume_unique_for_key(bytes)
}

/// Seals `packet[HEADER..len]` in place, counter in the header, and returns the whole length.
fn seal(key: &LessSafeKey, counter: u64, packet: &mut [u8], len: usize) -> anyhow::Result<usize> {
    packet[4..HEADER].copy_from_slice(&counter.to_be_bytes());
    let (header, body) = packet.split_at_mut(HEADER);
    let tag = key.seal_in_place_separate_tag(nonce(counter), Aad::from(&*header), &mut body[..len - HEADER]);
    let tag = tag.map_err(|_| anyhow!("seal"))?;
    body[len - HEADER..len - HEADER + TAG].copy_from_slice(tag.as_ref());
    Ok(len + TAG)
}

/// Opens a packet in place; the plaintext's length.
fn open(key: &LessSafeKey, packet: &mut [u8]) -> anyhow::Result<usize> {
    let (header, body) = packet.split_at_mut(HEADER);
    let counter = u64::from_be_bytes(header[4..].try_into()?);
    let plain = key
        .open_in_place(nonce(counter), Aad::from(&*header), body)
        .map_err(|_| anyhow!("open"))?;
    Ok(plain.len())
}

/// The floor program on a thread of its own.
struct Floor {
    address: SocketAddr,
    watched: Watched,
    sent: Arc<AtomicU64>,
    stop: Arc<AtomicBool>,
    thread: JoinHandle<anyhow::Result<()>>,
}

impl Floor {
    fn start(core: usize, receivers: Vec<SocketAddr>) -> anyhow::Result<Self> {
        let socket = UdpSocket::bind("127.0.0.1:0")?;
        socket.set_read_timeout(Some(Duration::from_millis(50)))?;
        let address = socket.local_addr()?;
        let (sent, stop) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(false)));
        let (sent_there, stop_there) = (sent.clone(), stop.clone());
        let (tell, told) = std::sync::mpsc::channel();
        let thread = std::thread::spawn(move || {
            tell.send(pin(core))?;
            forward(&socket, &receivers, &sent_there, &stop_there)
        });
        let watched = told.recv().context("the floor's thread")?;
        Ok(Self {
            address,
            watched,
            sent,
            stop,
            thread,
        })
    }

    fn stop(self) -> anyhow::Result<()> {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.join().map_err(|_| anyhow!("the floor panicked"))?
    }
}

fn forward(socket: &UdpSocket, receivers: &[SocketAddr], sent: &AtomicU64, stop: &AtomicBool) -> anyhow::Result<()> {
    let key_in = key(1)?;
    let keys_out: Vec<LessSafeKey> = (0..receivers.len())
        .map(|n| key(2 + n as u8))
        .collect::<anyhow::Result<_>>()?;
    let (mut packet, mut out) = ([0u8; 2048], [0u8; 2048]);
    let mut counter = 0;
    while !stop.load(Ordering::Relaxed) {
        let len = match socket.recv(&mut packet) {
            Ok(len) => len,
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => continue,
            Err(error) => return Err(error.into()),
        };
        let plain = open(&key_in, &mut packet[..len])?;
        counter += 1;
        for (to, key) in receivers.iter().zip(&keys_out) {
            out[..HEADER + plain].copy_from_slice(&packet[..HEADER + plain]);
            let len = seal(key, counter, &mut out, HEADER + plain)?;
            if socket.send_to(&out[..len], to).is_ok() {
                sent.fetch_add(1, Ordering::Relaxed);
            }
        }
    }
    Ok(())
}

/// Runs the plan against the floor.
///
/// # Errors
/// When sockets or threads fail, or a packet does not open.
pub fn run(plan: Plan) -> anyhow::Result<Sample> {
    let receivers: Vec<UdpSocket> = (0..plan.receivers)
        .map(|_| UdpSocket::bind("127.0.0.1:0"))
        .collect::<Result<_, _>>()?;
    receivers.iter().try_for_each(|socket| socket.set_nonblocking(true))?;
    let floor = Floor::start(
        plan.core,
        receivers.iter().map(UdpSocket::local_addr).collect::<Result<_, _>>()?,
    )?;
    let _generator = pin(plan.core + 1);
    let sender = UdpSocket::bind("127.0.0.1:0")?;
    let sealing = key(1)?;
    let opening: Vec<LessSafeKey> = (0..receivers.len())
        .map(|n| key(2 + n as u8))
        .collect::<anyhow::Result<_>>()?;
    let stamps = Stamps::new();
    let (mut buffer, mut counter) = ([7u8; 2048], 0);
    let (mut latencies, mut received) = (Latencies::default(), 0u64);
    let start = Instant::now();
    let (measured, end) = (start + plan.warm_up, start + plan.warm_up + plan.time);
    let mut window = None;
    let mut next = start;
    loop {
        let now = Instant::now();
        if now >= end {
            break;
        }
        if window.is_none() && now >= measured {
            window = Some((
                floor.watched.spent(),
                floor.sent.load(Ordering::Relaxed),
                Instant::now(),
            ));
            received = 0;
        }
        for _ in 0..FRAMES_MAX {
            if next > now {
                break;
            }
            next = plan.following(next, now);
            for _ in 0..FRAME {
                counter += 1;
                buffer[HEADER..HEADER + 8].copy_from_slice(&stamps.stamp(Instant::now()));
                let len = seal(&sealing, counter, &mut buffer, HEADER + plan.payload)?;
                sender.send_to(&buffer[..len], floor.address)?;
            }
        }
        for (socket, key) in receivers.iter().zip(&opening) {
            while let Ok(len) = socket.recv(&mut buffer) {
                open(key, &mut buffer[..len])?;
                received += 1;
                if window.is_some() {
                    latencies.add(stamps.age(&buffer[HEADER..HEADER + 8]));
                }
            }
        }
    }
    let (spent, sent, began) = window.context("the window never began")?;
    let sample = Sample {
        spent: floor.watched.spent().since(spent),
        forwarded: floor.sent.load(Ordering::Relaxed) - sent,
        received,
        time: began.elapsed(),
        latencies,
    };
    floor.stop()?;
    Ok(sample)
}
