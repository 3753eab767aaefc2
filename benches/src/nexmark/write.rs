//! Events and rows as JSON lines, for other engines to check.

use std::error::Error;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use serde_json::Value;

use super::table::{self, Visit};
use super::{Name, Options, Plan};
use crate::events::copied::{Auction, Bid, Person};
use crate::events::feed::{Batches, Events, Input};
use crate::events::generator::event;
use crate::events::{Event, json};
use crate::queries::{Query, Row};
use crate::sink::Taken;

type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

/// Writes the events that a query is handed, in the order of their making; without a query those of all kinds.
///
/// # Errors
/// When the file cannot be written.
pub fn events(options: &Options, path: &Path) -> Result<()> {
    let lines: Box<dyn Iterator<Item = Value>> = match options.reads() {
        None => Box::new((0..options.events).map(|number| match event(options.seed, number) {
            Event::Person(person) => json::person(&person.into()),
            Event::Auction(auction) => json::auction(&auction.into()),
            Event::Bid(bid) => json::bid(&bid.into()),
        })),
        Some(query) => handed(query, &options.events_of(query)),
    };
    write(path, lines)
}

/// The lines of what a query is handed.
pub fn handed(query: Name, events: &Events) -> Box<dyn Iterator<Item = Value>> {
    if query.reads_bids() {
        let bids = Batches::<Bid>::live(events, 1).into_iter().flatten().flatten();
        return Box::new(bids.map(|bid| json::bid(&bid.into())));
    }
    let (mut persons, mut auctions) = (Vec::new(), Vec::new());
    for part in <(Batches<Person>, Batches<Auction>)>::live(events, 1) {
        persons.extend(part.0.flatten().map(|person| json::person(&person.into())));
        auctions.extend(part.1.flatten().map(|auction| json::auction(&auction.into())));
    }
    // A person, then three auctions.
    let mut auctions = auctions.into_iter();
    let lines: Vec<Value> = persons
        .into_iter()
        .flat_map(|person| std::iter::once(person).chain(auctions.by_ref().take(3)).collect::<Vec<_>>())
        .collect();
    Box::new(lines.into_iter())
}

struct Rows<'a>(&'a Plan);

impl Visit for Rows<'_> {
    type Out = Result<Vec<Value>>;

    fn visit<Q: Query>(self) -> Self::Out {
        let plan = self.0;
        let input = Q::In::live(&plan.events, plan.workers);
        let taken = plan.engines[0].run::<Q>(input, &Taken::keeping())?;
        Ok(taken.kept.unwrap_or_default().iter().map(Row::print).collect())
    }
}

/// The rows of a plan's first engine.
///
/// # Errors
/// When it fails.
pub fn printed(plan: &Plan) -> Result<Vec<Value>> {
    table::with(plan.query, plan.workload, Rows(plan))
}

/// Writes them.
///
/// # Errors
/// When the engine fails, or the file cannot be written.
pub fn rows(plan: &Plan, path: &Path) -> Result<()> {
    write(path, printed(plan)?.into_iter())
}

fn write(path: &Path, lines: impl Iterator<Item = Value>) -> Result<()> {
    let named = |error: std::io::Error| format!("{}: {error}", path.display());
    let mut file = BufWriter::new(File::create(path).map_err(named)?);
    for line in lines {
        serde_json::to_writer(&mut file, &line)?;
        file.write_all(b"\n").map_err(named)?;
    }
    file.flush().map_err(named)?;
    Ok(())
}
