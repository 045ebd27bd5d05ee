//! `visavis call`: looks at calls and exports their records, whether or not the node runs.

use std::{io::Write as _, path::Path, process::ExitCode};

use anyhow::{Context as _, bail};
use call::{CallId, Chains, State, Timestamp};
use node::{api, books::Books};
use serde_json::json;

use crate::{cli::Call, output};

pub async fn run(asked: Call) -> anyhow::Result<ExitCode> {
    match asked {
        Call::List { data, json } => list(&Books::open(&data.dir).await?, json),
        Call::Show { data, id, json } => show(&Books::open(&data.dir).await?, &id, json),
        Call::Export { data, id, out } => export(&Books::open(&data.dir).await?, &id, out.as_deref()),
    }
}

fn list(books: &Books, as_json: bool) -> anyhow::Result<ExitCode> {
    let mut rows = Vec::new();
    for (id, chains) in &books.calls {
        let state = State::of(chains);
        let start = state
            .terms()
            .or_else(|| state.offers.last())
            .map(|offer| time(offer.terms.start));
        let (asked_by, phase) = (books.name(state.asked_by), state.phase.word());
        if as_json {
            rows.push(json!({ "id": id.to_string(), "phase": phase, "start": start, "asked_by": asked_by }));
        } else {
            output::line(format_args!(
                "{}  {:<10}  {}  asked by {asked_by}",
                &id.to_string()[..12],
                phase,
                start.unwrap_or_default()
            ));
        }
    }
    if as_json {
        output::json(&json!(rows));
    } else if books.calls.is_empty() {
        output::line("No calls yet. Ask for one at the desk.");
    }
    Ok(ExitCode::SUCCESS)
}

fn one<'a>(books: &'a Books, start: &str) -> anyhow::Result<&'a (CallId, Chains)> {
    match books.find(start).as_slice() {
        [one] => Ok(one),
        [] => bail!("no call's id starts with {start:?}; see `visavis call list`"),
        _ => bail!("more than one call's id starts with {start:?}; write more of it"),
    }
}

fn show(books: &Books, start: &str, as_json: bool) -> anyhow::Result<ExitCode> {
    let (id, chains) = one(books, start)?;
    let state = State::of(chains);
    let mut statements: Vec<_> = chains.statements().collect();
    statements.sort_by_key(|statement| (statement.at(), statement.side(), statement.number()));
    if as_json {
        let timeline: Vec<_> = statements
            .iter()
            .map(|statement| {
                json!({
                    "at": time(statement.at()), "side": books.name(statement.side()), "number": statement.number(),
                    "kind": statement.kind().word(), "hash": statement.hash().to_string(),
                })
            })
            .collect();
        output::json(&json!({
            "id": id.to_string(), "phase": state.phase.word(), "asked_by": books.name(state.asked_by),
            "begun": state.begun.map(|mark| time(mark.at)), "ended": state.ended().map(|mark| time(mark.at)),
            "timeline": timeline,
        }));
        return Ok(ExitCode::SUCCESS);
    }
    output::line(format_args!(
        "Call {id}\n{}, asked for by {}",
        state.phase.word(),
        books.name(state.asked_by)
    ));
    if let Some(offer) = state.terms().or_else(|| state.offers.last()) {
        for party in &offer.terms.parties {
            let there = in_zone(offer.terms.start, party.zone.as_str());
            output::line(format_args!(
                "Planned: {there} {} ({} minutes)",
                party.place, offer.terms.minutes
            ));
        }
        for topic in &offer.terms.topics {
            output::line(format_args!("Topic: {topic}"));
        }
    }
    output::line("");
    for statement in statements {
        output::line(format_args!(
            "{}  {:<9}  {} #{}",
            time(statement.at()),
            statement.kind().word(),
            books.name(statement.side()),
            statement.number()
        ));
    }
    Ok(ExitCode::SUCCESS)
}

fn export(books: &Books, start: &str, out: Option<&Path>) -> anyhow::Result<ExitCode> {
    let (_, chains) = one(books, start)?;
    let bytes = books.record(chains)?;
    match out {
        Some(path) => std::fs::write(path, bytes).with_context(|| path.display().to_string())?,
        None => {
            let mut out = std::io::stdout().lock();
            out.write_all(&bytes).and_then(|()| out.flush())?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// RFC 3339, UTC.
pub fn time(at: Timestamp) -> String {
    api::time_text(at.0)
}

/// As people write it there.
pub fn in_zone(at: Timestamp, zone: &str) -> String {
    let there = jiff::Timestamp::from_millisecond(at.0)
        .ok()
        .and_then(|at| at.in_tz(zone).ok());
    there.map_or_else(|| time(at), |there| there.strftime("%a %-d %b %Y, %H:%M").to_string())
}
