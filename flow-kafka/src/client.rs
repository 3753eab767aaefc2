//! What a client says of itself: its log lines, its errors, its figures.

use crate::failure;
use crate::hidden::Hidden;
use crate::stats::{Fetched, Stats};
use rdkafka::ClientContext;
use rdkafka::config::RDKafkaLogLevel as Level;
use rdkafka::error::{KafkaError, RDKafkaErrorCode as Code};
use std::sync::{Mutex, PoisonError};

/// Hears what a client says: secrets go nowhere from here.
pub(crate) struct Voice {
    hidden: Hidden,
    stats: Option<Stats>,
    /// The last thing that went wrong.
    last: Mutex<Option<(Code, String)>>,
    /// The last right that was missing.
    refused: Mutex<Option<Code>>,
}

impl Voice {
    pub(crate) fn new(hidden: Hidden, stats: Option<Stats>) -> Self {
        Self { hidden, stats, last: Mutex::new(None), refused: Mutex::new(None) }
    }

    /// A text without secrets.
    pub(crate) fn hide(&self, text: &str) -> String {
        self.hidden.hide(text)
    }

    /// Shows the client's figures, and says how far it has fetched.
    pub(crate) fn figures(&self, statistics: &[u8]) -> Vec<Fetched> {
        self.stats.as_ref().map(|stats| stats.show(statistics)).unwrap_or_default()
    }

    /// The last error that the client had, in its words.
    pub(crate) fn last(&self) -> Option<(Code, String)> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The last right that the servers said was missing.
    pub(crate) fn refused(&self) -> Option<Code> {
        *self.refused.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ClientContext for Voice {
    fn log(&self, level: Level, facility: &str, message: &str) {
        let message = self.hidden.hide(message);
        match level {
            Level::Emerg | Level::Alert | Level::Critical | Level::Error => {
                tracing::error!(target: "flow_kafka", facility, "{message}");
            }
            Level::Warning => tracing::warn!(target: "flow_kafka", facility, "{message}"),
            Level::Notice | Level::Info => tracing::info!(target: "flow_kafka", facility, "{message}"),
            Level::Debug => tracing::debug!(target: "flow_kafka", facility, "{message}"),
        }
    }

    fn stats_raw(&self, statistics: &[u8]) {
        self.figures(statistics);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        let Some(code) = error.rdkafka_error_code().filter(|code| *code != Code::PartitionEOF) else { return };
        if let Some(stats) = &self.stats {
            stats.failed();
        }
        let reason = self.hidden.hide(reason);
        tracing::debug!(target: "flow_kafka", ?code, "{reason}");
        if failure::is_refusal(code) {
            *self.refused.lock().unwrap_or_else(PoisonError::into_inner) = Some(code);
        }
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        // That no broker is there follows what is wrong with each, and says less.
        let follows =
            code == Code::AllBrokersDown || last.as_ref().is_some_and(|(last, _)| failure::is_stranger(*last));
        if !follows || last.is_none() {
            *last = Some((code, reason));
        }
    }
}
