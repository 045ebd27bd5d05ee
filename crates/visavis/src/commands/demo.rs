//! `visavis demo`: two paired nodes on this machine, ready for two browser windows.

use std::{
    net::{Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    process::ExitCode,
    time::Duration,
};

use anyhow::{Context as _, bail};
use node::{
    Node, api,
    books::Books,
    config::{Clips, Config, Http, Link, Media, Press, Ring, Seats, Tls},
    enrol, pair, setup, shell,
};
use serde_json::json;

use super::{asked_to_stop, now_ms};
use crate::{cli::Demo, output};

/// How long the two nodes may take to find each other.
const PATIENCE: Duration = Duration::from_secs(30);

struct Side {
    name: &'static str,
    /// Its place among the two.
    number: u16,
    zone: &'static str,
    dir: PathBuf,
}

/// The demo's seats on each side: who runs the desk and who speaks.
struct Links {
    desk: String,
    terminal: String,
}

pub async fn run(asked: Demo) -> anyhow::Result<ExitCode> {
    let temporary = match asked.dir {
        Some(_) => None,
        None => Some(tempfile::Builder::new().prefix("visavis-demo-").tempdir()?),
    };
    let root = match (&asked.dir, &temporary) {
        (Some(dir), _) => dir.clone(),
        (None, Some(dir)) => dir.path().to_owned(),
        (None, None) => bail!("no folder for the demo"),
    };
    let sides = [
        Side {
            name: "Washington",
            number: 0,
            zone: "America/New_York",
            dir: root.join("washington"),
        },
        Side {
            name: "Moscow",
            number: 1,
            zone: "Europe/Moscow",
            dir: root.join("moscow"),
        },
    ];
    for side in &sides {
        make(side, asked.port_base)?;
    }
    pair(&sides).await?;
    let trust = root.join("trust.txt");
    let nodes = [Node::start(&sides[0].dir).await?, Node::start(&sides[1].dir).await?];
    let links = [seats(&sides[0], &nodes[0]).await?, seats(&sides[1], &nodes[1]).await?];
    std::fs::write(&trust, Books::open(&sides[0].dir).await?.trust().to_text())?;
    wait_for_line(&nodes).await?;
    if asked.json {
        print_json(&sides, &nodes, &links, &trust)
    } else {
        print(&nodes, &links)
    }
    asked_to_stop().await?;
    let [one, other] = nodes;
    tokio::join!(one.stop(), other.stop());
    if let Some(dir) = temporary {
        dir.close().context("the demo's folder could not be removed")?;
    }
    Ok(ExitCode::SUCCESS)
}

fn make(side: &Side, port: Option<u16>) -> anyhow::Result<()> {
    if side.dir.join(node::config::FILE).exists() {
        return Ok(());
    }
    let at = |offset: u16| {
        let port = port.map_or(0, |port| port.saturating_add(offset));
        SocketAddr::from((Ipv4Addr::LOCALHOST, port))
    };
    let first = side.number * 3;
    let config = Config {
        name: side.name.to_owned(),
        place: side.name.to_owned(),
        zone: side.zone.to_owned(),
        http: Http {
            listen: at(first),
            public: None,
            tls: Tls::Off,
        },
        media: Media {
            listen: at(first + 1),
            addresses: Vec::new(),
        },
        link: Link {
            listen: at(first + 2),
            addresses: Vec::new(),
        },
        ring: Ring::default(),
        seats: Seats::default(),
        clips: Clips::default(),
        press: Some(Press {
            listen: at(6 + side.number),
            public: None,
            tls: Tls::Off,
        }),
    };
    setup::init(&side.dir, config, &[])?;
    Ok(())
}

/// Hands each side the other's bundle and confirms the words, as two operators would.
async fn pair(sides: &[Side; 2]) -> anyhow::Result<()> {
    let mut words = Vec::new();
    for (near, far) in [(0, 1), (1, 0)] {
        let bundle = pair::invite(&sides[far].dir, &[])?.to_text();
        let store = shell::open_store(&sides[near].dir).await?;
        let pairing = pair::read(&sides[near].dir, &store, &bundle, now_ms()).await?;
        words.push(pairing.words);
        pairing.store(&store, true, now_ms()).await?;
        store.close().await;
    }
    if words[0] != words[1] {
        bail!("the two ends do not read the same words");
    }
    Ok(())
}

async fn seats(side: &Side, node: &Node) -> anyhow::Result<Links> {
    let store = shell::open_store(&side.dir).await?;
    let link = async |role: api::Role, name: &str| -> anyhow::Result<String> {
        let id = super::enrol::free_id(&store, role).await?;
        let seat = enrol::NewSeat {
            id,
            name,
            role,
            place: side.name,
        };
        let link = enrol::issue(&store, &node.url, &seat, now_ms(), enrol::LINK_MS).await?;
        Ok(link.as_str().to_owned())
    };
    let desk = link(api::Role::Operator, "Desk").await?;
    let terminal = link(api::Role::Principal, "Principal").await?;
    store.close().await;
    Ok(Links { desk, terminal })
}

async fn wait_for_line(nodes: &[Node; 2]) -> anyhow::Result<()> {
    let both = async {
        nodes[0].line_up().await;
        nodes[1].line_up().await;
    };
    tokio::time::timeout(PATIENCE, both)
        .await
        .context("the two nodes did not find each other")
}

fn print_json(sides: &[Side; 2], nodes: &[Node; 2], links: &[Links; 2], trust: &Path) {
    let side = |at: usize| {
        json!({
            "name": nodes[at].name,
            "side": nodes[at].side.to_string(),
            "desk": links[at].desk,
            "terminal": links[at].terminal,
            "public": format!("{}/", nodes[at].url),
            "press": nodes[at].press_url.as_ref().map(|url| format!("{url}/")),
            "data": sides[at].dir.display().to_string(),
        })
    };
    output::json(&json!({ "sides": [side(0), side(1)], "trust": trust.display().to_string() }));
}

fn print(nodes: &[Node; 2], links: &[Links; 2]) {
    output::line("Two nodes are running and the line between them is up.\n");
    output::line("Open one browser window for each side, and in each window these two links (each works once):\n");
    for (node, links) in nodes.iter().zip(links) {
        output::line(format_args!("  {}", node.name));
        output::line(format_args!("    desk      {}", links.desk));
        output::line(format_args!("    terminal  {}", links.terminal));
        output::line(format_args!("    status    {}/", node.url));
        output::line(format_args!(
            "    public    {}/\n",
            node.press_url.as_deref().unwrap_or("-")
        ));
    }
    output::line("Ask for a call at one desk, agree at the other; gather, check the seats and begin at both.");
    output::line("Ctrl-C stops both nodes and removes what they kept.");
}
