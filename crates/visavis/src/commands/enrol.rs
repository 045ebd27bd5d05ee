//! `visavis enrol`: makes a seat and prints its one-time link.

use std::process::ExitCode;

use node::{api, config::Config, enrol};
use serde_json::json;
use store::SeatId;

use super::{now_ms, store};
use crate::{
    cli::{self, Enrol},
    output,
};

pub async fn run(asked: Enrol) -> anyhow::Result<ExitCode> {
    let store = store(&asked.data.dir).await?;
    let config = Config::load(&asked.data.dir)?;
    let role = role(asked.role);
    let id = free_id(&store, role).await?;
    let place = asked.place.as_deref().unwrap_or(&config.place);
    let seat = enrol::NewSeat { id: id.clone(), name: &asked.name, role, place };
    let base = config.url(config.http.listen);
    let link = enrol::issue(&store, &base, &seat, now_ms(), i64::from(asked.valid) * 1_000).await?;
    if asked.json {
        output::json(&json!({ "seat": id.to_string(), "link": link.as_str() }));
    } else {
        output::line(format_args!("Open this link once, in the browser at the seat:\n\n  {link}\n"));
        output::line("It makes the seat's key there. After that, the link admits nobody.");
    }
    Ok(ExitCode::SUCCESS)
}

/// An id that tells the role and is not taken.
pub async fn free_id(store: &store::Store, role: api::Role) -> anyhow::Result<SeatId> {
    let taken = store.seats().await?;
    let number = (1..).find(|number| !taken.iter().any(|seat| seat.id.as_str() == name(role, *number)));
    Ok(name(role, number.unwrap_or(1)).parse()?)
}

fn name(role: api::Role, number: u32) -> String {
    if number == 1 { role.to_string() } else { format!("{role}-{number}") }
}

fn role(role: cli::Role) -> api::Role {
    match role {
        cli::Role::Principal => api::Role::Principal,
        cli::Role::Aide => api::Role::Aide,
        cli::Role::Interpreter => api::Role::Interpreter,
        cli::Role::Operator => api::Role::Operator,
        cli::Role::Press => api::Role::Press,
    }
}
