//! mediasoup, by its Node module: a script drives the worker, and takes requests as lines of JSON.
//!
//! The module comes from npm, the worker from the module's own installation; where that cannot be had, a worker built by
//! other means may be put into the cache folder as `mediasoup-worker`.

use std::io::{BufRead, BufReader, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, anyhow, bail};
use serde_json::{Value, json};
use str0m::media::Direction;

use super::place::{ADDRESS, Program, say};
use super::socket::{START_MAX, dial};
use super::{Forwarder, Found, Joined, cache};
use crate::load::{Client, Plan, Source};

pub(super) const FORWARDER: Forwarder = Forwarder {
    name: "mediasoup",
    differs: "one worker; the Node process that steers it is idle meanwhile and not counted",
    find,
    start,
    join,
};

const VERSION: &str = "3.19.3";
const SCRIPT: &str = include_str!("mediasoup.mjs");
const PORT: u16 = 4443;
/// How long installing the module, worker and all, may take: it is done once.
const INSTALL_MAX: Duration = Duration::from_secs(15 * 60);

fn find() -> anyhow::Result<Found> {
    let folder = cache()?.join("mediasoup");
    let module = folder.join("node_modules/mediasoup");
    if !module.is_dir() {
        install(&folder)?;
    }
    worker(&folder)?;
    let package: Value = serde_json::from_slice(&std::fs::read(module.join("package.json"))?)?;
    let version = package["version"].as_str().context("a version")?.to_owned();
    let program = folder;
    Ok(Found { version, program })
}

fn install(folder: &Path) -> anyhow::Result<()> {
    eprintln!("installing mediasoup {VERSION}, once");
    std::fs::create_dir_all(folder)?;
    std::fs::write(folder.join("package.json"), "{}")?;
    let mut npm = Command::new("npm");
    npm.args([
        "install",
        "--no-audit",
        "--no-fund",
        "--no-update-notifier",
        "--save-exact",
    ]);
    if worker(folder).is_ok() {
        npm.arg("--ignore-scripts");
    }
    npm.arg(format!("mediasoup@{VERSION}")).current_dir(folder);
    let installed = say(&mut npm, INSTALL_MAX);
    installed.map_err(|_| {
        anyhow!("npm could not install it with its worker, which it fetches or builds from fetched sources")
    })?;
    Ok(())
}

/// The worker's program: one that was put there, or the module's own.
fn worker(folder: &Path) -> anyhow::Result<PathBuf> {
    let put = folder.with_file_name("mediasoup-worker");
    let own = folder.join("node_modules/mediasoup/worker/out/Release/mediasoup-worker");
    let found = [put, own].into_iter().find(|file| file.is_file());
    found.context("its worker is not there: it is fetched, or built from fetched sources, when the module is installed")
}

fn start(found: &Found, core: usize) -> anyhow::Result<Program> {
    let worker = worker(&found.program)?;
    Program::start(Path::new("node"), core, |folder| {
        let script = folder.join("mediasoup.mjs");
        std::fs::write(&script, SCRIPT)?;
        let (address, port) = (PathBuf::from(ADDRESS.to_string()), PathBuf::from(PORT.to_string()));
        let arguments = [&script, &found.program, &address, &port, &worker];
        Ok(arguments.map(|path| path.to_string_lossy().into_owned()).to_vec())
    })
}

/// The connection to the script.
struct Script(BufReader<TcpStream>);

impl Script {
    fn ask(&mut self, request: &Value) -> anyhow::Result<Value> {
        writeln!(self.0.get_mut(), "{request}")?;
        let mut line = String::new();
        self.0.read_line(&mut line)?;
        answer(&line)
    }
}

fn answer(line: &str) -> anyhow::Result<Value> {
    let said: Value = serde_json::from_str(line).context("an answer")?;
    match said["error"].as_str() {
        Some(error) => bail!("{error}"),
        None => Ok(said),
    }
}

fn text<'a>(said: &'a Value, key: &str) -> anyhow::Result<&'a str> {
    said[key].as_str().with_context(|| format!("no {key}"))
}

fn join(plan: Plan) -> anyhow::Result<Joined> {
    let stream = dial(SocketAddr::new(ADDRESS, PORT))?;
    stream.set_read_timeout(Some(START_MAX))?;
    let kept = stream.try_clone()?;
    let mut script = Script(BufReader::new(stream));
    let mut publisher = Client::new(ADDRESS)?;
    let offered = publisher.offer(Direction::SendOnly, None)?;
    let mid = offered.mid;
    let said = script.ask(&json!({ "ask": "publish", "sdp": offered.sdp }))?;
    publisher.accept(offered, text(&said, "sdp")?)?;
    let worker = said["process"].as_u64().context("no process")?;
    let receivers = (0..plan.receivers)
        .map(|_| subscribe(&mut script))
        .collect::<anyhow::Result<_>>()?;
    Ok(Joined {
        source: Source::new(plan, publisher, mid),
        receivers,
        process: Some(u32::try_from(worker)?),
        _streams: vec![kept],
    })
}

fn subscribe(script: &mut Script) -> anyhow::Result<Client> {
    let said = script.ask(&json!({ "ask": "subscribe" }))?;
    let mut receiver = Client::new(ADDRESS)?;
    let sdp = receiver.answer(text(&said, "sdp")?)?;
    script.ask(&json!({ "ask": "answer", "id": text(&said, "id")?, "sdp": sdp }))?;
    Ok(receiver)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn an_error_is_told() {
        assert_eq!(text(&answer(r#"{"sdp":"v=0"}"#).unwrap(), "sdp").unwrap(), "v=0");
        assert!(answer(r#"{"error":"no"}"#).is_err());
        assert!(answer("").is_err());
    }
}
