//! What happens to jobs when parts of the world go away.

use std::collections::BTreeSet;
use std::time::Duration;

use flow_flink::{FlinkCluster, FlinkError, FlinkJob, JobStatus, SubmitOptions};
use flow_services::{KafkaAdmin, KafkaTools, OwnFlink, OwnKafka, unique};

use crate::support::{alive, cluster, copy, ended, holds, lines, numbers, until};

/// Two topics at a broker.
fn topics(servers: &str, name: &str) -> (String, String) {
    let (from, to) = (unique(&format!("{name}-in")), unique(&format!("{name}-out")));
    for topic in [&from, &to] {
        KafkaAdmin::at(servers).create_topic(topic, 2).unwrap();
    }
    (from, to)
}

/// Waits until so many rows are committed, and checks that they are those of the first numbers, each once.
async fn check_rows(servers: &str, topic: &str, count: u64, job: &FlinkJob) {
    let tools = KafkaTools::at(servers);
    let read = || {
        let rows = tools.consume(topic, "%s\n").map_err(|error| error.to_string());
        async move {
            let rows: Vec<String> = rows?.lines().map(str::to_owned).collect();
            if rows.len() as u64 >= count {
                Ok(rows)
            } else {
                Err(format!("{} rows; {:?}", rows.len(), job.status().await))
            }
        }
    };
    let rows = holds("committed rows", read).await;
    assert_eq!(rows.len() as u64, count, "none comes twice");
    let expected: BTreeSet<String> = (0..count).map(|id| format!("{{\"id\":{id},\"n\":1}}")).collect();
    assert_eq!(rows.into_iter().collect::<BTreeSet<_>>(), expected);
}

fn quick(connect: flow_flink::Connect) -> flow_flink::Connect {
    connect.first_pause(Duration::from_millis(10)).retries(2, Duration::from_secs(10))
}

#[tokio::test]
async fn a_cluster_loses_its_parts_one_by_one() {
    let own = OwnFlink::start().unwrap();
    let at = own.address().clone();
    let cluster = quick(FlinkCluster::connect(&at.gateway, &at.rest)).await.unwrap();
    let servers = flow_services::kafka().unwrap();
    let (from, to) = topics(&servers, "killed");
    let tools = KafkaTools::at(&servers);
    tools.produce(&from, &lines(0..1000), &[]).unwrap();
    let job = cluster.submit(&copy("killed", &servers, &from, &to, false), SubmitOptions::new()).await.unwrap();
    check_rows(&servers, &to, 1000, &job).await;

    // Its tasks are gone with what they had not committed; what comes meanwhile waits.
    own.kill("taskmanager").unwrap();
    tools.produce(&from, &lines(1000..3000), &[]).unwrap();
    own.start_again().unwrap();
    tools.produce(&from, &lines(3000..4000), &[]).unwrap();
    check_rows(&servers, &to, 4000, &job).await;
    assert!(!job.exceptions().await.unwrap().is_empty(), "it has failed once");
    until(&job, JobStatus::Running).await;

    // Without a gateway nothing can be submitted, and jobs are looked after still.
    own.kill("gateway").unwrap();
    let error = cluster.submit(&numbers("no-gateway", None), SubmitOptions::new()).await.unwrap_err();
    assert!(matches!(error, FlinkError::Unreachable { .. }), "{error}");
    assert_eq!(job.status().await.unwrap(), JobStatus::Running);
    job.cancel().await.unwrap();
    assert_eq!(ended(&job).await.unwrap(), JobStatus::Cancelled);
    own.start_again().unwrap();
    let next = cluster.submit(&numbers("gateway-again", Some(10)), SubmitOptions::new()).await.unwrap();
    assert_eq!(ended(&next).await.unwrap(), JobStatus::Finished);

    // Without a cluster nothing is known.
    own.kill("jobmanager").unwrap();
    let error = job.wait().await.unwrap_err();
    assert!(matches!(error, FlinkError::Unreachable { .. }), "{error}");
    let error = cluster.health().await.unwrap_err();
    assert!(error.to_string().starts_with(&format!("the cluster at {} cannot be reached", at.rest)), "{error}");
    assert!(quick(FlinkCluster::connect(&at.gateway, &at.rest)).await.is_err());
    own.start_again().unwrap();
    let error = job.status().await.unwrap_err();
    assert!(matches!(error, FlinkError::NoSuchJob(_)), "it was kept nowhere: {error}");
    let next = cluster.submit(&numbers("cluster-again", Some(10)), SubmitOptions::new()).await.unwrap();
    assert_eq!(ended(&next).await.unwrap(), JobStatus::Finished);
}

#[tokio::test]
async fn a_job_outlives_its_broker() {
    let broker = OwnKafka::start().unwrap();
    let servers = broker.address();
    let (from, to) = topics(servers, "restarted");
    let tools = KafkaTools::at(servers);
    tools.produce(&from, &lines(0..1000), &[]).unwrap();
    let job =
        cluster().await.submit(&copy("restarted", servers, &from, &to, false), SubmitOptions::new()).await.unwrap();
    check_rows(servers, &to, 1000, &job).await;
    broker.kill().unwrap();
    broker.start_again().unwrap();
    tools.produce(&from, &lines(1000..2000), &[]).unwrap();
    check_rows(servers, &to, 2000, &job).await;
    job.cancel().await.unwrap();
    assert_eq!(ended(&job).await.unwrap(), JobStatus::Cancelled);
}

#[tokio::test]
async fn a_job_that_fails_by_bad_data_says_so() {
    let servers = flow_services::kafka().unwrap();
    let (from, to) = topics(&servers, "bad");
    KafkaTools::at(&servers).produce(&from, "{\"id\": 1}\n{\"id\": oops}\n", &[]).unwrap();
    let cluster = cluster().await;
    let script = copy("bad", &servers, &from, &to, true);
    let once = SubmitOptions::new().setting("restart-strategy.type", "none");
    let job = cluster.submit(&script, once).await.unwrap();
    let error = ended(&job).await.unwrap_err();
    assert!(matches!(error, FlinkError::JobFailed { .. }), "{error}");
    let said = error.to_string();
    assert!(said.starts_with(&format!("job {} has failed: ", job.id())) && said.contains("oops"), "{said}");
    assert!(said.lines().count() == 1 && !said.contains("org.apache"), "{said}");
    let exceptions = job.exceptions().await.unwrap();
    assert!(exceptions[0].to_string().contains("oops"), "{exceptions:?}");
    assert!(exceptions[0].task.as_ref().is_some_and(|task| task.contains("input")), "{exceptions:?}");
    assert_eq!((job.status().await.unwrap(), alive(&cluster, &script.job_name).await), (JobStatus::Failed, 0));
}
