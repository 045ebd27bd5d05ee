//! `visavis verify`: checks an exported record, or a clip, and says what was checked, without a node.

use std::{
    fs::File,
    io::Read as _,
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::Context as _;
use call::record::{self, Outcome, RECORD_BYTES_MAX, TRUST_BYTES_MAX, Trust, Verdict};
use node::books::Books;
use serde_json::json;

use super::call::{in_zone, time};
use super::verify_clip;
use crate::{cli::Verify, output};

pub async fn run(asked: Verify) -> anyhow::Result<ExitCode> {
    if verify_clip::is_clip(&asked.file)? {
        return verify_clip::run(&asked);
    }
    let trust = trust(&asked.trust, asked.dir.as_deref()).await?;
    let bytes = read(&asked.file, RECORD_BYTES_MAX)?;
    let verdict = record::verify(&bytes, &trust);
    if asked.json {
        output::json(&as_json(&verdict))
    } else {
        say(&verdict)
    }
    Ok(match verdict.outcome() {
        Outcome::Trusted => ExitCode::SUCCESS,
        Outcome::Untrusted => ExitCode::from(output::UNTRUSTED),
        Outcome::Faulty => ExitCode::FAILURE,
    })
}

pub(super) fn read(path: &Path, bytes_max: usize) -> anyhow::Result<Vec<u8>> {
    let name = || path.display().to_string();
    let mut bytes = Vec::new();
    // One byte more than the bound, so that the reader of the content sees that it is over.
    let limit = u64::try_from(bytes_max).unwrap_or(u64::MAX).saturating_add(1);
    File::open(path)
        .with_context(name)?
        .take(limit)
        .read_to_end(&mut bytes)
        .with_context(name)?;
    Ok(bytes)
}

async fn trust(files: &[PathBuf], dir: Option<&Path>) -> anyhow::Result<Trust> {
    let mut sides = Vec::new();
    for path in files {
        let text = String::from_utf8(read(path, TRUST_BYTES_MAX)?)
            .with_context(|| format!("{}: not a text", path.display()))?;
        let trust = Trust::parse(&text).with_context(|| path.display().to_string())?;
        sides.extend_from_slice(trust.sides());
    }
    if let Some(dir) = dir {
        sides.extend_from_slice(Books::open(dir).await?.trust().sides());
    }
    Ok(Trust::new(sides))
}

fn word(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Trusted => "OK",
        Outcome::Untrusted => "CONSISTENT, BUT NOT KNOWN",
        Outcome::Faulty => "FAULTY",
    }
}

fn say(verdict: &Verdict) {
    output::line(word(verdict.outcome()));
    for finding in &verdict.findings {
        output::line(format_args!("  wrong: {finding}"));
    }
    if verdict.outcome() == Outcome::Faulty {
        output::line(
            "This is not the record that was exported, or not a record. Ask the side that has it to export it again.",
        );
        return;
    }
    if let Some(call) = verdict.call {
        output::line(format_args!("  call {call}"));
    }
    for side in &verdict.sides {
        let known = if side.trusted {
            "known to you"
        } else {
            "NOT known to you: give its key with --trust"
        };
        output::line(format_args!("  {}: {} statements, {known}", side.name, side.statements));
        if side.acknowledged < side.statements {
            let tail = side.statements - side.acknowledged;
            output::line(format_args!("    the last {tail} not yet seen by the other side"));
        }
        if side.void > 0 {
            output::line(format_args!("    {} of them void: a rule was against them", side.void));
        }
    }
    let Some(state) = verdict.state() else { return };
    output::line(format_args!("  {}", state.phase.word()));
    let zones = state
        .terms()
        .or_else(|| state.offers.last())
        .map(|offer| offer.terms.parties.clone());
    for (what, mark) in [("began", state.begun), ("ended", state.ended())] {
        let (Some(mark), Some(zones)) = (mark, &zones) else {
            continue;
        };
        let there: Vec<String> = zones
            .iter()
            .map(|party| format!("{} {}", in_zone(mark.at, party.zone.as_str()), party.place))
            .collect();
        output::line(format_args!("  {what} {} ({})", time(mark.at), there.join(" · ")));
    }
    output::line(format_args!(
        "  checked: the record's signature, {} statements' signatures, their order, what each had seen, the keys",
        verdict.statements()
    ));
}

fn as_json(verdict: &Verdict) -> serde_json::Value {
    let state = verdict.state();
    json!({
        "outcome": match verdict.outcome() {
            Outcome::Trusted => "ok",
            Outcome::Untrusted => "untrusted",
            Outcome::Faulty => "faulty",
        },
        "call": verdict.call.map(|call| call.to_string()),
        "statements": verdict.statements(),
        "findings": verdict.findings.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "sides": verdict.sides.iter().map(|side| json!({
            "side": side.side.to_string(), "name": side.name, "trusted": side.trusted,
            "statements": side.statements, "acknowledged": side.acknowledged, "void": side.void,
        })).collect::<Vec<_>>(),
        "phase": state.as_ref().map(|state| state.phase.word()),
        "begun": state.as_ref().and_then(|state| state.begun).map(|mark| time(mark.at)),
        "ended": state.as_ref().and_then(call::State::ended).map(|mark| time(mark.at)),
        "gaps": state.as_ref().map_or(0, |state| state.gaps.len()),
    })
}
