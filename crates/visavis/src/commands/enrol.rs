//! `visavis enrol`: makes a seat and prints its one-time link.

use std::process::ExitCode;

use anyhow::bail;
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
    let seat = match (&asked.seat, asked.role, &asked.name) {
        (Some(id), _, _) => known(&store, id).await?,
        (None, Some(role), Some(name)) => {
            let role = role_of(role);
            let place = asked.place.clone().unwrap_or(config.place.clone());
            Seat {
                id: free_id(&store, role).await?,
                name: name.clone(),
                role,
                place,
            }
        }
        _ => bail!("say --role and --name for a new seat, or --seat for one that exists"),
    };
    let base = config.url(config.http.listen);
    let wanted = enrol::NewSeat {
        id: seat.id.clone(),
        name: &seat.name,
        role: seat.role,
        place: &seat.place,
    };
    let link = enrol::issue(&store, &base, &wanted, now_ms(), i64::from(asked.valid) * 1_000).await?;
    if asked.json {
        output::json(&json!({ "seat": seat.id.to_string(), "link": link.as_str() }));
    } else {
        output::line(format_args!(
            "Open this link once, in the browser at the seat:\n\n  {link}\n"
        ));
        output::line("It makes the seat's key there. After that, the link admits nobody.");
    }
    Ok(ExitCode::SUCCESS)
}

struct Seat {
    id: SeatId,
    name: String,
    role: api::Role,
    place: String,
}

async fn known(store: &store::Store, id: &str) -> anyhow::Result<Seat> {
    let id: SeatId = id.parse()?;
    let Some(seat) = store.seat(&id).await? else {
        let seats: Vec<String> = store.seats().await?.iter().map(|seat| seat.id.to_string()).collect();
        bail!("there is no seat {id}; there are: {}", seats.join(", "));
    };
    Ok(Seat {
        role: seat.role.parse()?,
        id,
        name: seat.name,
        place: seat.place,
    })
}

/// An id that tells the role and is not taken.
pub async fn free_id(store: &store::Store, role: api::Role) -> anyhow::Result<SeatId> {
    let taken = store.seats().await?;
    let number = (1..).find(|number| !taken.iter().any(|seat| seat.id.as_str() == name(role, *number)));
    Ok(name(role, number.unwrap_or(1)).parse()?)
}

fn name(role: api::Role, number: u32) -> String {
    if number == 1 {
        role.to_string()
    } else {
        format!("{role}-{number}")
    }
}

fn role_of(role: cli::Role) -> api::Role {
    match role {
        cli::Role::Principal => api::Role::Principal,
        cli::Role::Aide => api::Role::Aide,
        cli::Role::Interpreter => api::Role::Interpreter,
        cli::Role::Operator => api::Role::Operator,
        cli::Role::Press => api::Role::Press,
    }
}
