//! Janus, its video room, by its WebSocket API. From its Debian package, with the settings that come with it.

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, bail};
use serde_json::{Value, json};
use str0m::media::Direction;

use super::place::{ADDRESS, Program, say};
use super::socket::Socket;
use super::{Forwarder, Found, Joined, until};
use crate::load::{Client, Plan, Source};

pub(super) const FORWARDER: Forwarder = Forwarder {
    name: "Janus",
    differs: "one thread for each connection, all on one core",
    find,
    start,
    join,
};

const SETTINGS: &str = "/etc/janus";
const PORT: u16 = 8188;
const ROOM: u64 = 1;

fn find() -> anyhow::Result<Found> {
    let said = say(Command::new("janus").arg("--help"), Duration::from_secs(5))?;
    let version = said
        .rsplit('(')
        .next()
        .unwrap_or(&said)
        .trim_end_matches(')')
        .to_owned();
    Ok(Found {
        version,
        program: PathBuf::from("janus"),
    })
}

fn start(found: &Found, core: usize) -> anyhow::Result<Program> {
    Program::start(&found.program, core, |_| {
        let address = ADDRESS.to_string();
        Ok(["-F", SETTINGS, "-i", &address, "-d", "3", "-o"]
            .map(str::to_owned)
            .to_vec())
    })
}

/// A session of the API over one socket.
struct Session {
    socket: Socket,
    id: Option<u64>,
    asked: u64,
}

impl Session {
    /// Asks, and waits for the answer: a `success`, or the event that a plugin sends after its `ack`.
    fn ask(&mut self, request: Value) -> anyhow::Result<Value> {
        self.asked += 1;
        let transaction = self.asked.to_string();
        let mut request = request;
        request["transaction"] = json!(transaction);
        if let Some(id) = self.id {
            request["session_id"] = json!(id);
        }
        self.socket.say(&request)?;
        until("an answer", || match self.socket.hear()? {
            Some(said) if said["transaction"] == *transaction => answer(said),
            _ => Ok(None),
        })
    }

    fn attach(&mut self) -> anyhow::Result<u64> {
        let said = self.ask(json!({ "janus": "attach", "plugin": "janus.plugin.videoroom" }))?;
        said["data"]["id"].as_u64().context("a handle")
    }

    fn tell(&mut self, handle: u64, body: Value, sdp: Option<(&str, &str)>) -> anyhow::Result<Value> {
        let mut request = json!({ "janus": "message", "handle_id": handle, "body": body });
        if let Some((kind, sdp)) = sdp {
            request["jsep"] = json!({ "type": kind, "sdp": sdp });
        }
        self.ask(request)
    }
}

/// What an answer says: nothing yet for an `ack`, an error for one.
fn answer(said: Value) -> anyhow::Result<Option<Value>> {
    if said["janus"] == "ack" {
        return Ok(None);
    }
    if said["janus"] == "error" {
        bail!("{}", said["error"]["reason"]);
    }
    let data = &said["plugindata"]["data"];
    if !data["error"].is_null() {
        bail!("{}", data["error"]);
    }
    Ok(Some(said))
}

fn sdp(said: &Value) -> anyhow::Result<&str> {
    said["jsep"]["sdp"].as_str().context("a session description")
}

fn join(plan: Plan) -> anyhow::Result<Joined> {
    let mut session = Session {
        socket: Socket::open(PORT, "/", Some("janus-protocol"))?,
        id: None,
        asked: 0,
    };
    let said = session.ask(json!({ "janus": "create" }))?;
    session.id = said["data"]["id"].as_u64();
    let handle = session.attach()?;
    let room = json!({ "request": "create", "room": ROOM, "publishers": 1, "videocodec": "vp9", "transport_wide_cc_ext": true });
    session.tell(handle, room, None)?;
    let said = session.tell(
        handle,
        json!({ "request": "join", "room": ROOM, "ptype": "publisher" }),
        None,
    )?;
    let feed = said["plugindata"]["data"]["id"].as_u64().context("a feed")?;
    let mut publisher = Client::new(ADDRESS)?;
    let offered = publisher.offer(Direction::SendOnly, None)?;
    let mid = offered.mid;
    let said = session.tell(handle, json!({ "request": "publish" }), Some(("offer", &offered.sdp)))?;
    publisher.accept(offered, sdp(&said)?)?;
    let mut source = Source::new(plan, publisher, mid);
    let mut up = false;
    until("the publisher's connection", || {
        source.client.turn(|_| {})?;
        up |= session.socket.hear()?.is_some_and(|said| said["janus"] == "webrtcup");
        Ok((up && source.client.connected()).then_some(()))
    })?;
    let receivers = (0..plan.receivers)
        .map(|_| subscribe(&mut session, feed))
        .collect::<anyhow::Result<_>>()?;
    Ok(Joined {
        source,
        receivers,
        process: None,
        _streams: vec![session.socket.stream()?],
    })
}

fn subscribe(session: &mut Session, feed: u64) -> anyhow::Result<Client> {
    let handle = session.attach()?;
    let request = json!({ "request": "join", "room": ROOM, "ptype": "subscriber", "streams": [{ "feed": feed }] });
    let said = session.tell(handle, request, None)?;
    let mut receiver = Client::new(ADDRESS)?;
    let answer = receiver.answer(sdp(&said)?)?;
    session.tell(handle, json!({ "request": "start" }), Some(("answer", &answer)))?;
    Ok(receiver)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn an_ack_is_no_answer_and_errors_are_told() {
        assert!(answer(json!({ "janus": "ack" })).unwrap().is_none());
        let event = json!({ "janus": "event", "plugindata": { "data": { "id": 7 } }, "jsep": { "sdp": "v=0" } });
        assert_eq!(sdp(&answer(event).unwrap().unwrap()).unwrap(), "v=0");
        assert!(answer(json!({ "janus": "error", "error": { "reason": "no" } })).is_err());
        assert!(answer(json!({ "janus": "event", "plugindata": { "data": { "error": "no room" } } })).is_err());
    }
}
