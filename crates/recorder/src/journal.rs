//! What a take is, beside its media: a file of lines, each on the disk before what it tells of goes on.

use std::path::Path;

use call::{Hash, SideId, Timestamp, unhex};
use serde::{Deserialize, Serialize};

use crate::disk::Disk;
use crate::plan::{Plan, PlanPerson};

/// Its file's name.
pub(crate) const NAME: &str = "take.journal";
const VERSION: u8 = 1;
/// Longest journal that is read in bytes.
const BYTES_MAX: u64 = 1 << 20;

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum Line {
    /// The first line.
    Take {
        version: u8,
        call: String,
        /// Milliseconds since 1970, at the take's time zero.
        started: i64,
        minutes: u16,
        persons: Vec<LinePerson>,
    },
    /// Footage was closed then: microseconds of the take's clock.
    Pressed(i64),
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct LinePerson {
    side: String,
    person: u16,
    picture: bool,
}

/// A journal as read.
pub(crate) struct Journal {
    pub plan: Plan,
    /// The earliest press that it tells of.
    pub pressed: Option<i64>,
}

fn write(disk: &mut dyn Disk, line: &Line) -> std::io::Result<()> {
    let mut text = serde_json::to_string(line).map_err(std::io::Error::other)?;
    text.push('\n');
    disk.append(NAME, text.as_bytes())
}

/// Begins a journal.
pub(crate) fn begin(disk: &mut dyn Disk, plan: &Plan) -> std::io::Result<()> {
    let persons = plan.persons.iter().map(|person| LinePerson {
        side: hex::encode(person.side.0),
        person: person.person.0,
        picture: person.picture,
    });
    let line = Line::Take {
        version: VERSION,
        call: hex::encode(plan.call.0),
        started: plan.started.0,
        minutes: plan.minutes,
        persons: persons.collect(),
    };
    write(disk, &line)
}

/// Keeps the press.
pub(crate) fn pressed(disk: &mut dyn Disk, at: i64) -> std::io::Result<()> {
    write(disk, &Line::Pressed(at))
}

/// Reads the journal in a folder; none where it is missing or its first line is not whole.
pub(crate) fn read(dir: &Path) -> std::io::Result<Option<Journal>> {
    let path = dir.join(NAME);
    if std::fs::metadata(&path)?.len() > BYTES_MAX {
        return Ok(None);
    }
    let bytes = std::fs::read(&path)?;
    // Bytes behind the last end of a line are a line that was cut off.
    let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
    let mut lines = bytes[..whole]
        .split(|byte| *byte == b'\n')
        .map(serde_json::from_slice::<Line>);
    let Some(Ok(Line::Take {
        version: VERSION,
        call,
        started,
        minutes,
        persons,
    })) = lines.next()
    else {
        return Ok(None);
    };
    let side = |text: &str| unhex::<32>(text).ok().map(SideId);
    let persons: Option<Vec<PlanPerson>> = persons
        .iter()
        .map(|person| {
            Some(PlanPerson {
                side: side(&person.side)?,
                person: call::terms::PersonId(person.person),
                picture: person.picture,
            })
        })
        .collect();
    let (Some(persons), Ok(call)) = (persons, unhex::<32>(&call)) else {
        return Ok(None);
    };
    let pressed = lines.filter_map(|line| match line {
        Ok(Line::Pressed(at)) => Some(at),
        _ => None,
    });
    Ok(Some(Journal {
        pressed: pressed.min(),
        plan: Plan {
            call: Hash(call),
            started: Timestamp(started),
            minutes,
            persons,
        },
    }))
}
