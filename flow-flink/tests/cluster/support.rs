//! What the tests have in common.

use std::time::Duration;

use flow_flink::{FlinkCluster, FlinkError, FlinkJob, JobStatus, Part, Script, Setting, Statement, StatementKind};
use flow_services::{FlinkAddress, unique};

/// How long anything may take.
pub(crate) const PATIENCE: Duration = Duration::from_secs(90);

/// The shared cluster.
pub(crate) async fn cluster() -> FlinkCluster {
    connect(&flow_services::flink().unwrap()).await
}

pub(crate) async fn connect(address: &FlinkAddress) -> FlinkCluster {
    FlinkCluster::connect(&address.gateway, &address.rest).await.unwrap()
}

/// A script: tables, each by its stage and text, and the statement that starts the job.
pub(crate) fn script(name: &str, tables: &[(&str, String)], insert: &str) -> Script {
    let part = |stage: &str| Part {
        stage: stage.to_owned(),
        pointer: format!("/nodes/{stage}"),
        origin: Some("src/main.rs:7:5".to_owned()),
    };
    let table = |(stage, text): &(&str, String)| Statement {
        kind: StatementKind::Table,
        text: text.clone(),
        parts: vec![part(stage)],
    };
    let start = Statement { kind: StatementKind::Insert, text: insert.to_owned(), parts: vec![part("sink")] };
    Script {
        job_name: unique(name),
        settings: vec![Setting { key: "execution.checkpointing.interval".to_owned(), value: "300 ms".to_owned() }],
        statements: tables.iter().map(table).chain([start]).collect(),
    }
}

/// Numbers that never end, or so many of them, into nothing.
pub(crate) fn numbers(name: &str, count: Option<u64>) -> Script {
    let rows = count.map_or_else(|| "'rows-per-second' = '1000'".to_owned(), |n| format!("'number-of-rows' = '{n}'"));
    let tables = [
        ("numbers", format!("CREATE TEMPORARY TABLE `numbers` (`id` BIGINT) WITH ('connector' = 'datagen', {rows})")),
        ("hole", "CREATE TEMPORARY TABLE `hole` (`id` BIGINT) WITH ('connector' = 'blackhole')".to_owned()),
    ];
    script(name, &tables, "INSERT INTO `hole` SELECT `id` FROM `numbers`")
}

/// Lines of JSON, `{"id": …}`, from one topic to another, exactly once. `bounded` ends where the topic ends now.
pub(crate) fn copy(name: &str, servers: &str, from: &str, to: &str, bounded: bool) -> Script {
    let end = if bounded { ", 'scan.bounded.mode' = 'latest-offset'" } else { "" };
    let tables = [
        (
            "input",
            format!(
                "CREATE TEMPORARY TABLE `input` (`id` BIGINT) WITH ('connector' = 'kafka', 'topic' = '{from}', \
                 'properties.bootstrap.servers' = '{servers}', 'properties.group.id' = '{from}', \
                 'scan.startup.mode' = 'earliest-offset', 'format' = 'json'{end})"
            ),
        ),
        (
            "output",
            format!(
                "CREATE TEMPORARY TABLE `output` (`id` BIGINT, `n` BIGINT) WITH ('connector' = 'kafka', 'topic' = '{to}', \
                 'properties.bootstrap.servers' = '{servers}', 'format' = 'json', \
                 'sink.delivery-guarantee' = 'exactly-once', 'sink.transactional-id-prefix' = '{to}', \
                 'properties.transaction.timeout.ms' = '600000')"
            ),
        ),
    ];
    script(name, &tables, "INSERT INTO `output` SELECT `id`, CAST(1 AS BIGINT) FROM `input`")
}

/// Waits until a job is as it is wanted.
pub(crate) async fn until(job: &FlinkJob, wanted: JobStatus) {
    let status = async {
        loop {
            let status = job.status().await.unwrap();
            if status == wanted {
                return;
            }
            assert!(!status.is_terminal(), "{status}, not {wanted}: {:?}", job.exceptions().await);
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    let seen = tokio::time::timeout(PATIENCE, status).await;
    if seen.is_err() {
        panic!("not {wanted} within {PATIENCE:?}, but {:?}: {:?}", job.status().await, job.exceptions().await);
    }
}

/// Waits until a job has ended.
pub(crate) async fn ended(job: &FlinkJob) -> Result<JobStatus, FlinkError> {
    let ended = tokio::time::timeout(PATIENCE, job.wait()).await;
    ended.unwrap_or_else(|_| panic!("it runs still after {PATIENCE:?}"))
}

/// Waits until something holds.
pub(crate) async fn holds<T, F: Future<Output = Result<T, String>>>(what: &str, mut look: impl FnMut() -> F) -> T {
    let mut why = String::new();
    let looking = async {
        loop {
            match look().await {
                Ok(found) => return found,
                Err(error) => why = error,
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    let found = tokio::time::timeout(PATIENCE, looking).await;
    found.unwrap_or_else(|_| panic!("{what}: not within {PATIENCE:?}: {why}"))
}

/// The jobs of this name that have not ended.
pub(crate) async fn alive(cluster: &FlinkCluster, name: &str) -> usize {
    let jobs = cluster.jobs().await.unwrap();
    jobs.iter().filter(|job| job.name == name && !job.status.is_terminal()).count()
}

/// Lines `{"id": n}`.
pub(crate) fn lines(ids: std::ops::Range<u64>) -> String {
    ids.map(|id| format!("{{\"id\": {id}}}\n")).collect()
}
