//! `visavis verify clip.mp4`: checks a clip, without a node and without a network.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;
use std::process::ExitCode;

use anyhow::Context as _;
use clip::{ROOT_CERTIFICATE, Report, Said, Verdict, Where};
use serde_json::json;

use super::call::time;
use super::verify::read;
use crate::{cli::Verify, output};

/// Longest file of root certificates.
const ROOT_BYTES_MAX: usize = 1 << 20;

/// Whether a file is a film, by its first bytes.
pub fn is_clip(path: &Path) -> anyhow::Result<bool> {
    let mut head = Vec::new();
    let name = || path.display().to_string();
    File::open(path)
        .with_context(name)?
        .take(8)
        .read_to_end(&mut head)
        .with_context(name)?;
    Ok(clip::looks_like_a_film(&head))
}

pub fn run(asked: &Verify) -> anyhow::Result<ExitCode> {
    let roots = roots(asked)?;
    let report = clip::examine(&asked.file, &roots).with_context(|| asked.file.display().to_string())?;
    if asked.json {
        output::json(&as_json(&report));
    } else {
        say(&report);
    }
    Ok(match report.verdict {
        Verdict::Valid { .. } => ExitCode::SUCCESS,
        Verdict::Untrusted { .. } => ExitCode::from(output::UNTRUSTED),
        Verdict::Altered { .. } | Verdict::Unsigned => ExitCode::FAILURE,
    })
}

/// The roots that were named, and this node's own.
fn roots(asked: &Verify) -> anyhow::Result<Vec<String>> {
    let own = asked
        .dir
        .as_ref()
        .map(|dir| dir.join(ROOT_CERTIFICATE))
        .filter(|path| path.exists());
    let mut roots = Vec::new();
    for path in asked.trust.iter().chain(&own) {
        let text = String::from_utf8(read(path, ROOT_BYTES_MAX)?).unwrap_or_default();
        if !text.contains("-----BEGIN CERTIFICATE-----") {
            anyhow::bail!(
                "{}: not a certificate in PEM, as a clip is checked with",
                path.display()
            );
        }
        roots.push(text);
    }
    Ok(roots)
}

fn altered(place: Where) -> &'static str {
    match place {
        Where::Film => "sound, pictures, or the index over them",
        Where::Manifest => "what its manifest says",
        Where::Signature => "its signature, or what is signed about it",
        Where::Certificate => "its certificate is not one that signs clips, or is out of date",
        Where::Form => "it was cut off, or something around the film was changed",
    }
}

fn say(report: &Report) {
    match &report.verdict {
        Verdict::Valid { by, at } => {
            output::line(format_args!("valid, by {by}"));
            if let Some(root) = report.root {
                output::line(format_args!("  root {}", hex::encode(root)));
            }
            match at {
                Some(at) => output::line(format_args!("  signed {} (time stamp)", time(call::Timestamp(*at)))),
                None => {
                    output::line("  when it was signed is not proven: no time stamp of an authority that you named")
                }
            }
        }
        Verdict::Untrusted { by } => {
            output::line("untrusted");
            output::line(format_args!(
                "  unchanged since it was signed, by one who is called {by}: give that side's {ROOT_CERTIFICATE} with --trust"
            ));
        }
        Verdict::Altered { where_ } => {
            output::line(format_args!("altered: {}", altered(*where_)));
            output::line("  This is not the clip that was released. Ask the side that released it.");
        }
        Verdict::Unsigned => output::line("unsigned: nothing in it says where it is from"),
    }
    if let Some(said) = &report.said {
        say_call(said);
    }
}

fn say_call(said: &Said) {
    if said.call.is_empty() {
        return;
    }
    output::line(format_args!("  {}", said.title));
    output::line(format_args!("  call {} of {}", said.call, said.sides.join(" and ")));
    output::line(format_args!("  footage opened {}, closed {}", said.opened, said.closed));
    for (side, head) in said.sides.iter().zip(&said.heads) {
        output::line(format_args!("  the record's head, {side}: {head}"));
    }
    if let Some(parent) = &said.shortens {
        output::line(format_args!("  a part of the clip with SHA-256 {parent}"));
    }
}

fn as_json(report: &Report) -> serde_json::Value {
    let (outcome, by, at, place) = match &report.verdict {
        Verdict::Valid { by, at } => ("ok", Some(by), *at, None),
        Verdict::Untrusted { by } => ("untrusted", Some(by), None, None),
        Verdict::Altered { where_ } => ("altered", None, None, Some(where_.word())),
        Verdict::Unsigned => ("unsigned", None, None, None),
    };
    let said = report.said.as_ref().filter(|said| !said.call.is_empty());
    json!({
        "outcome": outcome,
        "by": by,
        "at": at.map(|at| time(call::Timestamp(at))),
        "altered": place,
        "root": report.root.map(hex::encode),
        "title": said.map(|said| &said.title),
        "call": said.map(|said| &said.call),
        "sides": said.map(|said| &said.sides),
        "heads": said.map(|said| &said.heads),
        "opened": said.map(|said| &said.opened),
        "closed": said.map(|said| &said.closed),
        "shortens": said.and_then(|said| said.shortens.as_ref()),
    })
}
