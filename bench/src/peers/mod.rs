//! Other forwarders, measured on the same work by their own signalling. One that cannot be had or started is reported
//! as missing with the reason, never left out in silence, and never fails the run.
//!
//! Each runs as a process of its own, on one core, in a network namespace of its own (`place`), afresh in each round.

mod galene;
mod go;
mod janus;
mod livekit;
mod mediasoup;
mod place;
mod protobuf;
mod socket;

use std::env;
use std::net::TcpStream;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context, anyhow, ensure};
use serde::Serialize;

use crate::load::{Client, Plan, Sample, Source, connect, profile, pump};
use place::{Place, Program};
use socket::Socket;

/// How long one step of joining may take.
const STEP_MAX: Duration = Duration::from_secs(10);

/// A forwarder as it was found on this machine.
#[derive(Debug)]
pub struct Found {
    /// Its version as it tells it.
    pub version: String,
    program: PathBuf,
}

/// A publisher and receivers that have joined.
struct Joined {
    source: Source,
    receivers: Vec<Client>,
    /// The process that forwards, where it is another one than was started.
    process: Option<u32>,
    /// Whoever hangs up leaves.
    _streams: Vec<TcpStream>,
}

/// Who has joined by a socket of its own.
struct Member {
    socket: Socket,
    client: Client,
}

/// How one is found, started and joined.
struct Forwarder {
    name: &'static str,
    /// What cannot be made equal.
    differs: &'static str,
    find: fn() -> anyhow::Result<Found>,
    start: fn(&Found, usize) -> anyhow::Result<Program>,
    join: fn(Plan) -> anyhow::Result<Joined>,
}

const ALL: [Forwarder; 4] = [
    janus::FORWARDER,
    mediasoup::FORWARDER,
    livekit::FORWARDER,
    galene::FORWARDER,
];

/// A forwarder to compare with.
#[derive(Serialize)]
pub struct Peer {
    /// Its name.
    pub name: &'static str,
    /// Its version, when it is there.
    pub version: Option<String>,
    /// Why it is not.
    pub missing: Option<String>,
    /// What was negotiated, and what could not be made equal.
    pub notes: Option<String>,
    #[serde(skip)]
    found: Option<(&'static Forwarder, Found)>,
}

/// All that are worth comparing with, present or missing.
#[must_use]
pub fn all() -> Vec<Peer> {
    static FORWARDERS: [Forwarder; 4] = ALL;
    FORWARDERS.iter().map(Peer::look).collect()
}

impl Peer {
    fn look(forwarder: &'static Forwarder) -> Self {
        let name = forwarder.name;
        eprintln!("looking for {name}");
        match (forwarder.find)() {
            Ok(found) => Self {
                name,
                version: Some(found.version.clone()),
                missing: None,
                notes: None,
                found: Some((forwarder, found)),
            },
            Err(error) => Self::missing(name, &format!("{error:#}")),
        }
    }

    /// One that is not there.
    #[must_use]
    pub fn missing(name: &'static str, why: &str) -> Self {
        Self {
            name,
            version: None,
            missing: Some(why.to_owned()),
            notes: None,
            found: None,
        }
    }

    /// Runs the plan against it; `None` when it is missing.
    ///
    /// # Errors
    /// When it does not start or connect, or anything on the way fails.
    pub fn run(&mut self, plan: Plan) -> Option<anyhow::Result<Sample>> {
        let (forwarder, found) = self.found.as_ref()?;
        // The namespace is entered for good, by a thread that ends with the round.
        let result = std::thread::scope(|scope| scope.spawn(|| run(forwarder, found, plan)).join())
            .unwrap_or_else(|_| Err(anyhow!("its driver panicked")));
        Some(result.map(|(sample, notes)| {
            self.notes = Some(notes);
            sample
        }))
    }
}

fn run(forwarder: &Forwarder, found: &Found, plan: Plan) -> anyhow::Result<(Sample, String)> {
    let _place = Place::enter()?;
    let mut program = (forwarder.start)(found, plan.core)?;
    let sample = measure(forwarder, &mut program, plan);
    sample.map_err(|error| anyhow!("{error:#}; {}", program.last_words()))
}

fn measure(forwarder: &Forwarder, program: &mut Program, plan: Plan) -> anyhow::Result<(Sample, String)> {
    let mut joined = (forwarder.join)(plan)?;
    if let Some(process) = joined.process {
        program.watch(process);
    }
    connect(&mut joined.source, &mut joined.receivers)?;
    let sample = pump(plan, program, &mut joined.source, &mut joined.receivers)?;
    ensure!(sample.received > 0, "nothing arrived");
    let out = joined.receivers.first().map(Client::feedback).unwrap_or_default();
    let notes = format!(
        "SRTP {}; in: {}; out: {out}; {}",
        profile::last(),
        joined.source.client.feedback(),
        forwarder.differs
    );
    Ok((sample, notes))
}

/// Where forwarders are kept that were built or installed to be measured: `visavis-bench` in the cache folder.
fn cache() -> anyhow::Result<PathBuf> {
    let folder = |name| {
        env::var_os(name)
            .map(PathBuf::from)
            .filter(|folder| folder.is_absolute())
    };
    let cache = folder("XDG_CACHE_HOME").or_else(|| Some(folder("HOME")?.join(".cache")));
    Ok(cache.context("no home folder to keep it in")?.join("visavis-bench"))
}

/// Repeats a step of joining until it gives something.
fn until<T>(what: &str, mut step: impl FnMut() -> anyhow::Result<Option<T>>) -> anyhow::Result<T> {
    let start = Instant::now();
    loop {
        if let Some(done) = step()? {
            return Ok(done);
        }
        ensure!(start.elapsed() < STEP_MAX, "{what}: not within {STEP_MAX:?}");
    }
}

/// Gives publisher and members their turns until the picture is seen by each; `hear` takes a member's next message.
fn gather(
    mut source: Source,
    publisher: Socket,
    mut members: Vec<Member>,
    hear: impl Fn(&mut Member) -> anyhow::Result<()>,
) -> anyhow::Result<Joined> {
    let mut seen = vec![false; members.len()];
    let gathered = until("the picture at each receiver", || {
        for (member, seen) in members.iter_mut().zip(&mut seen) {
            source.turn(Instant::now())?;
            if !*seen {
                hear(member)?;
            }
            member.client.turn(|_| *seen = true)?;
        }
        Ok(seen.iter().all(|seen| *seen).then_some(()))
    });
    let count = seen.iter().filter(|seen| **seen).count();
    gathered.with_context(|| format!("{count} of {} receivers", seen.len()))?;
    let sockets = members.iter().map(|member| &member.socket).chain([&publisher]);
    let streams = sockets.map(Socket::stream).collect::<anyhow::Result<_>>()?;
    Ok(Joined {
        source,
        receivers: members.into_iter().map(|member| member.client).collect(),
        process: None,
        _streams: streams,
    })
}
