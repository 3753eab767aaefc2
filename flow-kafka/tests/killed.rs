//! A process that is killed while it commits.

use crate::support::{Topic, texts};
use flow::prelude::*;
use flow_services::unique;
use std::io::{self, Write};
use std::process::{Command, Stdio};
use std::time::Duration;
use tracing_subscriber::fmt::MakeWriter;

/// Says to the process that is to be killed what it reads and writes.
const CHILD: &str = "FLOW_TEST_KILLED";

/// Ends the process as a kill would when it says that offsets are committed: nothing of what comes next happens.
#[derive(Clone, Copy)]
struct Killer;

impl Write for Killer {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        if String::from_utf8_lossy(line).contains("are committed") {
            std::process::abort();
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Killer {
    type Writer = Self;
    fn make_writer(&self) -> Self {
        *self
    }
}

/// One window of all numbers of one topic, or of two, in two tasks each.
fn sums(from: &[Topic], to: &Topic, group: &str) -> flow::Result<flow::Report> {
    let pipeline = Pipeline::new("sums");
    pipeline.parallelism(2);
    let numbers = |topic: &Topic| {
        let source = pipeline.source(topic.source().group(group).until_end().string());
        source.map(|text| text.parse::<i64>().unwrap()).watermark(|n| Timestamp::from_millis(*n), Duration::ZERO)
    };
    let mut streams: Vec<_> = from.iter().map(numbers).collect();
    let window = streams.remove(0).union(streams).key_by(|_| ()).window(tumbling(Duration::from_secs(1)));
    window.aggregate(|of| of.sum(|n| *n), |_, _, sum| sum).sink(to.sink().string());
    pipeline.run_blocking()
}

#[test]
fn who_is_killed_at_the_last_commit_has_committed_all_or_nothing() {
    if let Ok(names) = std::env::var(CHILD) {
        let names: Vec<&str> = names.split(' ').collect();
        let [servers, group, to, from @ ..] = &names[..] else { panic!("{names:?}") };
        let topic = |name: &str, partitions| Topic { servers: (*servers).into(), name: name.into(), partitions };
        let from: Vec<_> = from.iter().map(|name| topic(name, 3)).collect();
        tracing_subscriber::fmt().with_max_level(tracing::Level::DEBUG).with_writer(Killer).init();
        let report = sums(&from, &topic(to, 1), group);
        panic!("it was not killed: {report:?}");
    }
    for sources in [1, 2] {
        let (to, group) = (Topic::new("sums", 1), unique("group"));
        let from: Vec<_> = (0..sources).map(|_| Topic::new("killed", 3)).collect();
        from.iter().for_each(|topic| topic.produce(texts(0..9)));
        let mut names = vec![to.servers.as_str(), &group, &to.name];
        names.extend(from.iter().map(|topic| topic.name.as_str()));
        let name = std::thread::current().name().unwrap().to_owned();
        let mut child = Command::new(std::env::current_exe().unwrap());
        let child = child.args([&name, "--exact", "--nocapture"]).env(CHILD, names.join(" "));
        let ended = child.stdin(Stdio::null()).output().unwrap();
        assert_eq!(ended.status.code(), None, "{}", String::from_utf8_lossy(&ended.stderr));
        for topic in &from {
            assert_eq!(topic.committed(&group), [3, 3, 3], "{sources} sources");
        }
        // The next run finds nothing, or everything: never a part of the window.
        sums(&from, &to, &group).unwrap();
        assert_eq!(to.texts(), [(36 * sources).to_string()], "{sources} sources");
    }
}
