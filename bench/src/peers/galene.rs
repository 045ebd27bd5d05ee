//! Galene, by its WebSocket protocol: whoever sends offers.

use std::path::Path;

use anyhow::{Context, bail};
use serde_json::{Value, json};
use str0m::media::Direction;

use super::place::{ADDRESS, Program};
use super::socket::Socket;
use super::{Forwarder, Found, Joined, Member, gather, go, until};
use crate::load::{Client, Plan, Source};

pub(super) const FORWARDER: Forwarder = Forwarder {
    name: "Galene",
    differs: "one operating-system thread runs its goroutines",
    find,
    start,
    join,
};

const MODULE: &str = "github.com/jech/galene";
const VERSION: &str = "galene-1.1";
const PORT: u16 = 8443;
const GROUP: &str = "bench";
/// The stream that the publisher offers.
const STREAM: &str = "picture";

fn find() -> anyhow::Result<Found> {
    go::find("galene", MODULE, "", VERSION)
}

fn start(found: &Found, core: usize) -> anyhow::Result<Program> {
    Program::start(&found.program, core, |folder| {
        let name = |name: &str| folder.join(name).to_string_lossy().into_owned();
        for made in ["data", "groups", "static", "recordings"] {
            std::fs::create_dir(folder.join(made))?;
        }
        write_group(&folder.join("groups"))?;
        let flags = ["-insecure", "-http", &format!(":{PORT}"), "-turn", ""].map(str::to_owned);
        let folders = [
            "-data",
            &name("data"),
            "-groups",
            &name("groups"),
            "-static",
            &name("static"),
        ]
        .map(str::to_owned);
        Ok(flags
            .into_iter()
            .chain(folders)
            .chain(["-recordings".to_owned(), name("recordings")])
            .collect())
    })
}

fn write_group(folder: &Path) -> anyhow::Result<()> {
    let anyone = json!({ "password": { "type": "wildcard" }, "permissions": "present" });
    let group = json!({ "codecs": ["vp9"], "wildcard-user": anyone });
    Ok(std::fs::write(folder.join(format!("{GROUP}.json")), group.to_string())?)
}

/// What a message asks of the load.
#[derive(Debug, PartialEq)]
enum Said {
    Joined,
    Offer { id: String, sdp: String },
    Answer(String),
    Candidate(String),
    Ping,
    Other,
}

fn read(message: &Value) -> anyhow::Result<Said> {
    let text = |key: &str| message[key].as_str().map(str::to_owned);
    let fails = message["kind"] == "fail" || message["kind"] == "error" || message["type"] == "abort";
    if fails {
        bail!("{message}");
    }
    Ok(match message["type"].as_str().unwrap_or_default() {
        "joined" => Said::Joined,
        "offer" => Said::Offer {
            id: text("id").context("an id")?,
            sdp: text("sdp").context("an offer")?,
        },
        "answer" => Said::Answer(text("sdp").context("an answer")?),
        "ice" => Said::Candidate(
            message["candidate"]["candidate"]
                .as_str()
                .unwrap_or_default()
                .to_owned(),
        ),
        "ping" => Said::Ping,
        _ => Said::Other,
    })
}

fn enter(name: &str) -> anyhow::Result<Member> {
    let mut socket = Socket::open(PORT, "/ws", None)?;
    socket.say(&json!({ "type": "handshake", "version": ["2"], "id": name }))?;
    socket.say(&json!({ "type": "join", "kind": "join", "group": GROUP, "username": name, "password": "any" }))?;
    let client = Client::new(ADDRESS)?;
    let mut member = Member { socket, client };
    until("joining", || {
        Ok(matches!(hear(&mut member)?, Said::Joined).then_some(()))
    })?;
    Ok(member)
}

/// Takes a message, if there is one, and does what can be done without knowing more.
fn hear(member: &mut Member) -> anyhow::Result<Said> {
    let Some(message) = member.socket.hear()? else {
        return Ok(Said::Other);
    };
    let said = read(&message)?;
    match &said {
        Said::Ping => member.socket.say(&json!({ "type": "pong" }))?,
        Said::Candidate(candidate) if !candidate.is_empty() => member.client.candidate(candidate)?,
        Said::Offer { id, sdp } => {
            let sdp = member.client.answer(sdp)?;
            member.socket.say(&json!({ "type": "answer", "id": id, "sdp": sdp }))?;
        }
        _ => {}
    }
    Ok(said)
}

fn publish(plan: Plan, member: Member) -> anyhow::Result<(Socket, Source)> {
    let mut member = member;
    let offered = member.client.offer(Direction::SendOnly, None)?;
    let mid = offered.mid;
    member
        .socket
        .say(&json!({ "type": "offer", "id": STREAM, "label": "camera", "sdp": offered.sdp }))?;
    let mut early = Vec::new();
    let answer = until("an answer", || {
        Ok(match member.socket.hear()?.as_ref().map(read).transpose()? {
            Some(Said::Answer(sdp)) => Some(sdp),
            Some(Said::Candidate(candidate)) => {
                early.push(candidate);
                None
            }
            _ => None,
        })
    })?;
    member.client.accept(offered, &answer)?;
    for candidate in early.iter().filter(|c| !c.is_empty()) {
        member.client.candidate(candidate)?;
    }
    until("the publisher's connection", || {
        hear(&mut member)?;
        member.client.turn(|_| {})?;
        Ok(member.client.connected().then_some(()))
    })?;
    Ok((member.socket, Source::new(plan, member.client, mid)))
}

fn join(plan: Plan) -> anyhow::Result<Joined> {
    let publisher = enter("publisher")?;
    let mut members = Vec::new();
    for number in 0..plan.receivers {
        let mut member = enter(&format!("receiver{number}"))?;
        member
            .socket
            .say(&json!({ "type": "request", "request": { "": ["video"] } }))?;
        members.push(member);
    }
    let (socket, source) = publish(plan, publisher)?;
    gather(source, socket, members, |member| hear(member).map(|_| ()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn messages_are_told_apart() {
        let offer = json!({ "type": "offer", "id": "a", "sdp": "v=0" });
        let (id, sdp) = ("a".to_owned(), "v=0".to_owned());
        assert_eq!(read(&offer).unwrap(), Said::Offer { id, sdp });
        let ice = json!({ "type": "ice", "id": "a", "candidate": { "candidate": "candidate:1" } });
        assert_eq!(read(&ice).unwrap(), Said::Candidate("candidate:1".to_owned()));
        assert_eq!(read(&json!({ "type": "user", "kind": "add" })).unwrap(), Said::Other);
        assert!(read(&json!({ "type": "joined", "kind": "fail", "value": "no" })).is_err());
        assert!(read(&json!({ "type": "offer" })).is_err());
    }
}
