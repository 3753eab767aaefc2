//! A job's life on the shared cluster: started, looked at, stopped, gone on with.

use flow_flink::{FlinkError, JobId, JobStatus, SubmitOptions};
use flow_services::{KafkaAdmin, KafkaTools, owned_folder, unique};

use crate::support::{cluster, copy, ended, holds, lines, numbers, until};

#[tokio::test]
async fn the_cluster_says_how_it_is() {
    let health = cluster().await.health().await.unwrap();
    assert!(health.version.starts_with("2."), "{health:?}");
    assert_eq!((health.gateway == health.version, health.task_managers), (true, 1), "{health:?}");
    assert!(health.to_string().contains("slots free"), "{health}");
}

#[tokio::test]
async fn a_job_that_ends_is_finished() {
    let cluster = cluster().await;
    let script = numbers("ends", Some(1000));
    let job = cluster.submit(&script, SubmitOptions::new()).await.unwrap();
    assert_eq!(ended(&job).await.unwrap(), JobStatus::Finished);
    let found = cluster.job(job.id()).await.unwrap();
    assert_eq!(found.status().await.unwrap(), JobStatus::Finished);
    let listed = cluster.jobs().await.unwrap();
    assert!(listed.iter().any(|one| one.id == job.id() && one.name == script.job_name), "{listed:?}");
    assert!(job.exceptions().await.unwrap().is_empty());
    // What has ended is left as it is.
    job.cancel().await.unwrap();
    assert_eq!(job.status().await.unwrap(), JobStatus::Finished);
}

#[tokio::test]
async fn a_job_that_runs_is_cancelled() {
    let job = cluster().await.submit(&numbers("cancelled", None), SubmitOptions::new()).await.unwrap();
    until(&job, JobStatus::Running).await;
    job.cancel().await.unwrap();
    assert_eq!(ended(&job).await.unwrap(), JobStatus::Cancelled);
}

#[tokio::test]
async fn metrics_are_those_of_the_stages() {
    let servers = flow_services::kafka().unwrap();
    let (from, to) = (unique("metrics-in"), unique("metrics-out"));
    for topic in [&from, &to] {
        KafkaAdmin::at(&servers).create_topic(topic, 1).unwrap();
    }
    KafkaTools::at(&servers).produce(&from, &lines(0..500), &[]).unwrap();
    let script = copy("metrics", &servers, &from, &to, false);
    let job = cluster().await.submit(&script, SubmitOptions::new()).await.unwrap();
    let metrics = holds("500 records in and out", || async {
        let metrics = job.metrics().await.map_err(|error| error.to_string())?;
        let all = (metrics.records_in, metrics.records_out, metrics.lag) == (500, 500, Some(0));
        if all { Ok(metrics) } else { Err(format!("{metrics:?}")) }
    })
    .await;
    let operators = || metrics.vertices.iter().flat_map(|vertex| &vertex.operators);
    let mut stages: Vec<&str> = operators().filter_map(|operator| operator.stage.as_deref()).collect();
    stages.sort_unstable();
    assert_eq!(stages, ["input", "output"], "{metrics:?}");
    assert_eq!(metrics.watermark, None);
    let pressed = metrics.vertices.iter().filter_map(|vertex| vertex.backpressured);
    assert!(
        pressed.clone().count() > 0 && pressed.into_iter().all(|share| (0.0..=1.0).contains(&share)),
        "{metrics:?}"
    );
    job.cancel().await.unwrap();
}

#[tokio::test]
async fn a_watermark_is_seen() {
    let mut script = numbers("watermark", None);
    script.statements[0].text = "CREATE TEMPORARY TABLE `numbers` (`id` BIGINT, `at` AS CURRENT_TIMESTAMP, \
         WATERMARK FOR `at` AS `at` - INTERVAL '5' SECOND) WITH ('connector' = 'datagen', 'rows-per-second' = '100')"
        .to_owned();
    script.statements[2].text = "INSERT INTO `hole` SELECT COUNT(*) FROM \
         TABLE(TUMBLE(TABLE `numbers`, DESCRIPTOR(`at`), INTERVAL '1' SECOND)) GROUP BY `window_start`, `window_end`"
        .to_owned();
    let job = cluster().await.submit(&script, SubmitOptions::new()).await.unwrap();
    let metrics = holds("a watermark", || async {
        let metrics = job.metrics().await.map_err(|error| error.to_string())?;
        // The vertices are asked one after another, and windows gather.
        let seen = metrics.vertices.iter().all(|vertex| vertex.watermark.is_some());
        let gathered = metrics.records_in > metrics.records_out && metrics.records_out > 0;
        if seen && gathered { Ok(metrics) } else { Err(format!("{metrics:?}")) }
    })
    .await;
    let now = std::time::UNIX_EPOCH.elapsed().unwrap().as_millis() as i64;
    let behind = now - metrics.watermark.unwrap().millis();
    assert!((5_000..80_000).contains(&behind), "{behind} ms behind, with a pause of the metrics: {metrics:?}");
    job.cancel().await.unwrap();
}

#[tokio::test]
async fn a_job_goes_on_from_its_savepoint() {
    let (cluster, servers) = (cluster().await, flow_services::kafka().unwrap());
    let (tools, folder) = (KafkaTools::at(&servers), owned_folder("savepoints").unwrap());
    let (from, to) = (unique("savepoint-in"), unique("savepoint-out"));
    for topic in [&from, &to] {
        KafkaAdmin::at(&servers).create_topic(topic, 2).unwrap();
    }
    let seen = |count: usize| {
        let (tools, to) = (tools.clone(), to.clone());
        holds("committed rows", move || {
            let read = tools.consume(&to, "%s\n").unwrap();
            async move {
                let mut rows: Vec<String> = read.lines().map(str::to_owned).collect();
                rows.sort();
                if rows.len() >= count { Ok(rows) } else { Err(format!("{} rows", rows.len())) }
            }
        })
    };
    tools.produce(&from, &lines(0..100), &[]).unwrap();
    let script = copy("savepoint", &servers, &from, &to, false);
    let job = cluster.submit(&script, SubmitOptions::new()).await.unwrap();
    seen(100).await;
    let target = format!("file://{}", folder.display());
    let first = job.savepoint(&target).await.unwrap();
    assert_eq!(job.status().await.unwrap(), JobStatus::Running, "it goes on");
    let last = job.stop_with_savepoint(&target).await.unwrap();
    assert!(first != last && last.location.contains("/savepoints"), "{first} {last}");
    assert_eq!(ended(&job).await.unwrap(), JobStatus::Finished);

    // What comes while it is away is there when it is back, and nothing twice.
    tools.produce(&from, &lines(100..200), &[]).unwrap();
    let again = cluster.submit(&script, SubmitOptions::new().from_savepoint(last.clone())).await.unwrap();
    let rows = seen(200).await;
    let mut expected: Vec<String> = (0..200).map(|id| format!("{{\"id\":{id},\"n\":1}}")).collect();
    expected.sort();
    assert_eq!(rows, expected);
    again.cancel().await.unwrap();
    ended(&again).await.unwrap();

    let nowhere = SubmitOptions::new().from_savepoint(format!("{target}/nowhere"));
    let error = cluster.submit(&script, nowhere).await.unwrap_err();
    assert!(matches!(error, FlinkError::Refused(_)) && error.to_string().contains("nowhere"), "{error}");
    // State that no stage has is an error, unless it may be lost.
    let other = numbers("other", None);
    let error = cluster.submit(&other, SubmitOptions::new().from_savepoint(last.clone())).await.unwrap_err();
    assert!(matches!(error, FlinkError::Refused(_)), "{error}");
    let lost = SubmitOptions::new().from_savepoint(last.clone()).drop_unclaimed_state();
    let job = cluster.submit(&other, lost).await.unwrap();
    until(&job, JobStatus::Running).await;
    job.cancel().await.unwrap();

    // A savepoint where nothing can be written is an error, and a job that has ended has none.
    let error = again.savepoint(&target).await.unwrap_err();
    assert!(matches!(error, FlinkError::NoSuchJob(_) | FlinkError::Savepoint { .. }), "{error}");
    std::fs::remove_dir_all(folder).unwrap();
}

#[tokio::test]
async fn a_job_that_is_not_there_is_an_error() {
    let cluster = cluster().await;
    let id: JobId = "00000000000000000000000000000007".parse().unwrap();
    let error = cluster.job(id).await.unwrap_err();
    assert_eq!(error.to_string(), "the cluster knows no job 00000000000000000000000000000007");
}
