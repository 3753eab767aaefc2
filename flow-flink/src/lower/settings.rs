//! What is set for the session: on what the answer rests, and what the definition says.

use super::program::Lowering;
use crate::script::Setting;
use crate::support::Limit;

/// What the answer rests on, or the definition says otherwise.
const HELD: &[&str] = &[
    "execution.runtime-mode",
    "parallelism.default",
    "pipeline.auto-watermark-interval",
    "pipeline.name",
    "table.exec.sink.not-null-enforcer",
    "table.exec.sink.type-length-enforcer",
    "table.exec.source.idle-timeout",
    "table.exec.state.ttl",
    "table.local-time-zone",
];

impl Lowering<'_> {
    pub(super) fn settings(&mut self) -> Vec<Setting> {
        let metadata = &self.program.metadata;
        let mut settings = vec![
            ("pipeline.name", metadata.job_name.clone()),
            ("execution.runtime-mode", "streaming".to_owned()),
            ("parallelism.default", metadata.parallelism.to_string()),
            ("table.local-time-zone", "UTC".to_owned()),
            // A field that has to be there and is not fails the job.
            ("table.exec.sink.not-null-enforcer", "ERROR".to_owned()),
        ];
        if self.without_push_down {
            // A watermark behind every record, and not by the clock.
            settings.push(("pipeline.auto-watermark-interval", "0".to_owned()));
        }
        if let Some(timeout) = metadata.idle_timeout_ms {
            settings.push(("table.exec.source.idle-timeout", format!("{timeout} ms")));
        }
        let mut settings: Vec<Setting> =
            settings.into_iter().map(|(key, value)| Setting { key: key.to_owned(), value }).collect();
        for (name, value) in &metadata.properties {
            let Some(key) = name.strip_prefix("flink.") else { continue };
            if HELD.contains(&key) {
                self.refuse(Limit::Setting, key);
            }
            settings.push(Setting { key: key.to_owned(), value: value.clone() });
        }
        settings
    }
}
