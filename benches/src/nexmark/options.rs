//! The command's options.

use std::path::PathBuf;

use clap::ValueEnum;

use super::{Engine, Name, Plan, Workload};
use crate::events::feed::Events;

/// Queries over Nexmark's events: by whom, how fast; or their events and rows, written out.
#[derive(Clone, Debug, clap::Args)]
pub struct Options {
    /// Queries, with commas between them, or `all`.
    #[arg(long, value_name = "Q", value_delimiter = ',', default_value = "all")]
    pub query: Vec<String>,
    /// How many events each query is handed.
    #[arg(long, value_name = "N", default_value_t = 1_000_000, value_parser = clap::value_parser!(u64).range(1..))]
    pub events: u64,
    /// Who answers.
    #[arg(long, value_name = "E", value_delimiter = ',', default_value = "flow,hand")]
    pub engine: Vec<Engine>,
    /// By how many workers; several numbers are measured one after the other.
    #[arg(long, value_name = "W", value_delimiter = ',', default_value = "1", value_parser = clap::value_parser!(u64).range(1..=64))]
    pub workers: Vec<u64>,
    /// Runs of each; the median counts.
    #[arg(long, value_name = "R", default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..))]
    pub repeat: u64,
    /// Over which events.
    #[arg(long, value_name = "L", default_value = "copy")]
    pub workload: Workload,
    /// Other seeds make other events.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,
    /// Where the figures go, as JSON.
    #[arg(long, value_name = "F")]
    pub json: Option<PathBuf>,
    /// Where the events go, as JSON lines: those that the query reads; without a query, of all kinds.
    #[arg(long, value_name = "F")]
    pub dump_events: Option<PathBuf>,
    /// Where the rows of one query go, as JSON lines.
    #[arg(long, value_name = "F")]
    pub output: Option<PathBuf>,
}

/// Options that do not go together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Usage(pub String);

impl std::fmt::Display for Usage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Usage {}

impl Options {
    /// Whether they go together.
    ///
    /// # Errors
    /// With what does not.
    pub fn check(&self) -> Result<(), Usage> {
        let unknown = self.query.iter().find(|query| *query != "all" && Name::from_str(query, false).is_err());
        if let Some(unknown) = unknown {
            let names: Vec<&str> = Name::ALL.iter().map(|name| name.as_str()).collect();
            return Err(Usage(format!("no such query: {unknown}; there are {}, and all", names.join(", "))));
        }
        for (query, engine) in
            self.queries().into_iter().flat_map(|query| self.engine.iter().map(move |engine| (query, engine)))
        {
            if let Some(workers) = self.workers.iter().find(|workers| !engine.answers(query, self.workload, **workers))
            {
                let (engine, query, workload) = (engine.as_str(), query.as_str(), self.workload.as_str());
                return Err(Usage(format!("{engine} is not written for {query} ({workload}) with {workers} workers")));
            }
        }
        if self.output.is_some() && (self.queries().len(), self.engine.len(), self.workers.len()) != (1, 1, 1) {
            return Err(Usage(
                "--output takes the rows of one --query by one --engine with one number of --workers".into(),
            ));
        }
        if self.dump_events.is_some() && self.queries().len() > 1 && !self.all() {
            return Err(Usage("--dump-events takes the events of one --query, or of all kinds without --query".into()));
        }
        if self.output.is_some() && self.dump_events == self.output {
            return Err(Usage("--dump-events and --output are the same file".into()));
        }
        Ok(())
    }

    fn all(&self) -> bool {
        self.query.iter().any(|query| query == "all")
    }

    /// The queries, each once, in their order.
    #[must_use]
    pub fn queries(&self) -> Vec<Name> {
        let named = |name: &&Name| self.all() || self.query.iter().any(|query| query == name.as_str());
        Name::ALL.iter().filter(named).copied().collect()
    }

    /// The query whose events are meant; none: all kinds.
    #[must_use]
    pub fn reads(&self) -> Option<Name> {
        if self.all() { None } else { self.queries().first().copied() }
    }

    /// Which events a query is handed.
    #[must_use]
    pub fn events_of(&self, query: Name) -> Events {
        query.events(self.seed, self.events)
    }

    /// What is to be measured.
    #[must_use]
    pub fn plans(&self) -> Vec<Plan> {
        let plan = |query, workers: u64| Plan {
            query,
            workload: self.workload,
            events: self.events_of(query),
            engines: self.engine.clone(),
            workers: workers as usize,
            repeat: self.repeat as usize,
        };
        let queries = self.queries();
        queries.iter().flat_map(|query| self.workers.iter().map(move |workers| plan(*query, *workers))).collect()
    }
}
