//! `visavis doctor`: looks at a node from outside, part by part, and says what to do about what is wrong.

use std::{
    net::{TcpListener, UdpSocket},
    path::Path,
    process::ExitCode,
};

use node::{
    config::{Config, Tls},
    keys::{self, Key},
    shell,
    tls::{self, Authority},
};
use serde_json::json;

use super::no_node;
use crate::{cli::Doctor, output};

/// One thing looked at.
struct Finding {
    what: String,
    fine: bool,
    said: String,
}

fn finding(what: impl Into<String>, outcome: Result<String, String>) -> Finding {
    let fine = outcome.is_ok();
    Finding {
        what: what.into(),
        fine,
        said: outcome.unwrap_or_else(|advice| advice),
    }
}

pub async fn run(asked: Doctor) -> anyhow::Result<ExitCode> {
    let findings = look(&asked.data.dir).await;
    let fine = findings.iter().all(|finding| finding.fine);
    if asked.json {
        let rows: Vec<_> = findings
            .iter()
            .map(|finding| json!({ "what": finding.what, "fine": finding.fine, "said": finding.said }))
            .collect();
        output::json(&json!({ "fine": fine, "findings": rows }));
    } else {
        for finding in &findings {
            let mark = if finding.fine { "ok  " } else { "BAD " };
            output::line(format_args!("{mark} {}: {}", finding.what, finding.said));
        }
    }
    Ok(if fine { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn look(dir: &Path) -> Vec<Finding> {
    let config = match Config::load(dir) {
        Ok(config) => config,
        Err(error) => {
            let advice = if dir.join(node::config::FILE).exists() {
                error.to_string()
            } else {
                no_node(dir)
            };
            return vec![finding("configuration", Err(advice))];
        }
    };
    let mut findings = vec![finding(
        "configuration",
        Ok(dir.join(node::config::FILE).display().to_string()),
    )];
    for (what, name) in [("side key", keys::SIDE), ("link key", keys::LINK)] {
        let key = Key::load(dir, name);
        findings.push(finding(
            what,
            key.map(|_| "readable by its owner alone".to_owned())
                .map_err(|e| e.to_string()),
        ));
    }
    if matches!(config.http.tls, Tls::Own) {
        let print = Authority::load(dir)
            .map_err(|error| error.to_string())
            .and_then(|authority| {
                tls::fingerprint(authority.certificate_pem()).ok_or_else(|| "no certificate in it".to_owned())
            });
        findings.push(finding("authority, SHA-256", print));
    }
    let running = shell::is_running(dir);
    findings.push(finding(
        "node",
        if running {
            Ok("running".to_owned())
        } else {
            Err(format!(
                "not running; start it with `visavis serve --data {}`",
                dir.display()
            ))
        },
    ));
    if !running {
        findings.extend(ports(&config));
    }
    match shell::open_store(dir).await {
        Ok(store) => {
            findings.push(finding(
                "store",
                store
                    .check()
                    .await
                    .map(|()| "can be written".to_owned())
                    .map_err(|e| e.to_string()),
            ));
            findings.extend(lines(&store).await);
        }
        Err(error) => findings.push(finding("store", Err(error.to_string()))),
    }
    findings
}

fn ports(config: &Config) -> Vec<Finding> {
    let taken = |error: std::io::Error| {
        format!("{error}; another program may hold the port, or the address is not this machine's")
    };
    let udp = |address| UdpSocket::bind(address).map(|_| "free".to_owned()).map_err(taken);
    vec![
        finding(
            format!("HTTP port {}", config.http.listen),
            TcpListener::bind(config.http.listen)
                .map(|_| "free".to_owned())
                .map_err(taken),
        ),
        finding(
            format!("media port {} UDP", config.media.listen),
            udp(config.media.listen),
        ),
        finding(format!("link port {} UDP", config.link.listen), udp(config.link.listen)),
    ]
}

async fn lines(store: &store::Store) -> Vec<Finding> {
    let lines = match store.lines().await {
        Ok(lines) => lines,
        Err(error) => return vec![finding("lines", Err(error.to_string()))],
    };
    if lines.is_empty() {
        return vec![finding(
            "lines",
            Err("none; pair with another side by `visavis line invite` and `visavis line accept`".to_owned()),
        )];
    }
    let mut findings = Vec::new();
    for line in lines {
        let what = format!("line to {}", line.name);
        for address in &line.addresses {
            let resolved = tokio::net::lookup_host(address.as_str()).await.map(Iterator::count);
            let outcome = match resolved {
                Ok(1..) => Ok(format!("{address} can be resolved")),
                _ => Err(format!(
                    "{address} can't be resolved: check the name and this machine's DNS"
                )),
            };
            findings.push(finding(what.clone(), outcome));
        }
        let outcome = match (line.confirmed_ms, line.far_confirmed_ms) {
            (None, _) => Err("not confirmed here: compare the words with `visavis line accept`".to_owned()),
            (Some(_), None) => Err("the other side has not confirmed, or was never reached since: ask its operator; the UDP port of its link must be open".to_owned()),
            (Some(_), Some(_)) => Ok("confirmed by both sides".to_owned()),
        };
        findings.push(finding(what, outcome));
    }
    findings
}
