//! The client that all writers of a sink share.

use super::deliveries::Deliveries;
use crate::client::Voice;
use crate::defaults;
use crate::failure;
use crate::options::Options;
use crate::servers::{self, Asked};
use crate::stats::Stats;
use flow::connector::SinkContext;
use flow::{ErrorKind, Result};
use rdkafka::config::FromClientConfigAndContext;
use rdkafka::producer::{Producer as _, ThreadedProducer};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

pub(super) type Producing = ThreadedProducer<Deliveries>;

/// How long a topic may take that the servers make when they are asked for it.
const MAKING: Duration = Duration::from_secs(3);

/// Connects, and looks whether the topic is there.
pub(super) async fn open(options: &Options, topic: Option<&str>, cx: &SinkContext) -> Result<Arc<Producing>> {
    let (config, hidden) = options.config(defaults::WRITING)?;
    let voice = Voice::new(hidden.clone(), Some(Stats::new(cx.gauges.clone())));
    let deliveries = Deliveries::new(voice, cx.tasks);
    let made = move || {
        let made = Producing::from_config_and_context(&config, deliveries);
        made.map(Arc::new).map_err(|error| failure::config(&error, &hidden))
    };
    let producer = cx.blocking.run(made).await??;
    let (asks, topic, start) = (Arc::clone(&producer), topic.map(str::to_owned), Instant::now());
    let ask = move |timeout| {
        let (client, deliveries) = (asks.client(), asks.context());
        let voice = deliveries.voice();
        let Some(topic) = &topic else {
            return match client.fetch_metadata(None, timeout) {
                Ok(_) => Ok(Asked::Answer(())),
                Err(error) => servers::not_yet("listing topics", &error, voice),
            };
        };
        match servers::partitions(client, voice, || {}, topic, timeout) {
            Ok(Asked::Answer(_)) => Ok(Asked::Answer(())),
            Ok(Asked::NotYet(why)) => Ok(Asked::NotYet(why)),
            // Servers that make topics when they are asked for say so at first.
            Err(error) if is_unknown(&error) && start.elapsed() < MAKING => Ok(Asked::NotYet(error.to_string())),
            Err(error) => Err(error),
        }
    };
    let answered = servers::answer(options, &cx.blocking, ask).await;
    match answered {
        Ok(()) => Ok(producer),
        Err(error) => {
            // Its thread is waited for.
            cx.blocking.run(move || drop(producer)).await?;
            Err(error)
        }
    }
}

fn is_unknown(error: &flow::Error) -> bool {
    error.kind() == ErrorKind::Config && error.remedy().is_some_and(|remedy| remedy.starts_with("create the topic"))
}
