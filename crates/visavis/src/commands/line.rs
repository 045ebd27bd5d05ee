//! `visavis line`: pairing by bundles and words.

use std::{
    io::{BufRead as _, Read as _, Write as _},
    path::Path,
    process::ExitCode,
};

use anyhow::{Context as _, bail};
use node::pair;
use serde_json::json;

use super::{now_ms, store};
use crate::{cli::Line, output};

/// The longest file that is read as a bundle, in bytes.
const BUNDLE_MAX: u64 = 64 * 1024;

pub async fn run(line: Line) -> anyhow::Result<ExitCode> {
    match line {
        Line::Invite { data, addresses, out } => invite(&data.dir, &addresses, out.as_deref()),
        Line::Accept { data, file, yes } => accept(&data.dir, &file, yes).await,
        Line::List { data, json } => list(&data.dir, json).await,
    }
}

fn invite(dir: &Path, addresses: &[String], out: Option<&Path>) -> anyhow::Result<ExitCode> {
    let text = pair::invite(dir, addresses)?.to_text();
    match out {
        Some(path) => {
            std::fs::write(path, text).with_context(|| path.display().to_string())?;
            output::line(format_args!(
                "Carry {} to the other side, and take theirs with `visavis line accept`.",
                path.display()
            ));
        }
        None => output::line(text.trim_end()),
    }
    Ok(ExitCode::SUCCESS)
}

async fn accept(dir: &Path, file: &Path, yes: bool) -> anyhow::Result<ExitCode> {
    let mut text = String::new();
    let opened = std::fs::File::open(file).with_context(|| file.display().to_string())?;
    opened
        .take(BUNDLE_MAX)
        .read_to_string(&mut text)
        .with_context(|| file.display().to_string())?;
    let store = store(dir).await?;
    let pairing = pair::read(dir, &store, &text, now_ms()).await?;
    let words: Vec<&str> = pairing.words.iter().map(|word| word.word).collect();
    output::line(format_args!(
        "The other side calls itself {}.\nIts side is {}.\n",
        pairing.name, pairing.far
    ));
    output::line(format_args!("  {}\n", words.join(" ")));
    output::line("Read these words to the other operator over a line that you trust; both must see the same eight.");
    let name = pairing.name.clone();
    let same = yes || asked("Do both ends read the same words? (yes/no) ")?;
    if !same {
        bail!("nothing was stored: the bundles are not the ones that both sides made, or one was changed on its way");
    }
    pairing.store(&store, true, now_ms()).await?;
    output::line(format_args!(
        "Confirmed. The line to {name} opens once the other side has confirmed too."
    ));
    Ok(ExitCode::SUCCESS)
}

fn asked(question: &str) -> anyhow::Result<bool> {
    let mut out = std::io::stdout().lock();
    write!(out, "{question}").and_then(|()| out.flush())?;
    let mut answer = String::new();
    std::io::stdin().lock().take(16).read_line(&mut answer)?;
    Ok(matches!(answer.trim().to_ascii_lowercase().as_str(), "yes" | "y"))
}

async fn list(dir: &Path, as_json: bool) -> anyhow::Result<ExitCode> {
    let lines = store(dir).await?.lines().await?;
    if as_json {
        let lines: Vec<_> = lines
            .iter()
            .map(|line| {
                json!({
                    "far": call::SideId(line.far.0).to_string(),
                    "name": line.name,
                    "addresses": line.addresses,
                    "confirmed": line.confirmed_ms.is_some(),
                    "far_confirmed": line.far_confirmed_ms.is_some(),
                })
            })
            .collect();
        output::json(&json!(lines));
    } else if lines.is_empty() {
        output::line(
            "No lines. Make a bundle with `visavis line invite`, and take the other side's with `visavis line accept`.",
        );
    } else {
        for line in lines {
            let status = match (line.confirmed_ms, line.far_confirmed_ms) {
                (Some(_), Some(_)) => "confirmed by both",
                (Some(_), None) => "waits for the other side's confirmation",
                (None, _) => "not confirmed here",
            };
            output::line(format_args!("{}  {}  {}", line.name, status, line.addresses.join(", ")));
        }
    }
    Ok(ExitCode::SUCCESS)
}
