//! Fills the input topic by kcat, which shares no code with the pipeline.

use flow_services::{KafkaTools, Result};

use crate::scheme::Scheme;

/// How many programs write at a time.
const WRITERS: u32 = 4;

/// Writes each partition its messages, under their correlation ids.
pub(crate) fn fill(kafka: &KafkaTools, topic: &str, scheme: &Scheme) -> Result<()> {
    let every_fourth = |first: u32| {
        let mut partitions = (first..scheme.partitions).step_by(WRITERS as usize);
        partitions.try_for_each(|partition| fill_one(kafka, topic, scheme, partition))
    };
    std::thread::scope(|scope| {
        let writers: Vec<_> = (0..WRITERS).map(|first| scope.spawn(move || every_fourth(first))).collect();
        writers
            .into_iter()
            .try_for_each(|writer| writer.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
    })
}

fn fill_one(kafka: &KafkaTools, topic: &str, scheme: &Scheme, partition: u32) -> Result<()> {
    let mut lines = String::new();
    for id in scheme.ids(partition) {
        let message = scheme.message(id);
        lines.push_str(&format!("{}\t{}\n", message.correlation, message.value()));
    }
    kafka.produce(topic, &lines, &["-K", "\t", "-p", &partition.to_string()])
}
