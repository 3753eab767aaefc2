//! Submissions that are cut off, whose answers are lost, and several at once: one job, or none.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use flow_flink::{FlinkCluster, JobStatus, SubmitOptions};
use tokio::sync::Notify;

use crate::proxy::{Does, Proxy, Request};
use crate::support::{alive, cluster, ended, holds, numbers, until};

/// The shared cluster, whose gateway is behind a proxy.
async fn behind(rule: impl Fn(&Request, usize) -> Does + Send + Sync + 'static) -> (FlinkCluster, Proxy) {
    let address = flow_services::flink().unwrap();
    let proxy = Proxy::to(&address.gateway, rule).await;
    let connect = FlinkCluster::connect(&proxy.address, &address.rest);
    (connect.first_pause(Duration::from_millis(10)).await.unwrap(), proxy)
}

/// Every session that was opened was closed.
fn check_sessions(proxy: &Proxy) {
    let opened = proxy.count(|request| request.is("POST", "/v1/sessions "));
    let closed = proxy.count(|request| request.is("DELETE", "/v1/sessions/"));
    assert_eq!(opened, closed, "{:#?}", proxy.seen());
}

async fn check_none_left(cluster: &FlinkCluster, name: &str) {
    cluster.settled().await;
    holds("no job is left", || async {
        let left = alive(cluster, name).await;
        if left == 0 { Ok(()) } else { Err(format!("{left} jobs")) }
    })
    .await;
}

/// Drops a submission when the gateway has been sent a request that `when` tells, whatever becomes of that request.
async fn drop_at(when: fn(&Request) -> bool, does: Does) {
    let told = Arc::new(Notify::new());
    let tell = Arc::clone(&told);
    let (cluster, proxy) = behind(move |request, _| {
        if !when(request) {
            return Does::Pass;
        }
        tell.notify_one();
        does.clone()
    })
    .await;
    let script = numbers("dropped", None);
    tokio::select! {
        job = cluster.submit(&script, SubmitOptions::new()) => panic!("it is not dropped in time: {job:?}"),
        () = told.notified() => {}
    }
    check_none_left(&cluster, &script.job_name).await;
    check_sessions(&proxy);
}

#[tokio::test]
async fn a_submission_that_is_dropped_leaves_no_job_and_no_session() {
    let opens = |request: &Request| request.is("POST", "/v1/sessions ");
    let makes = |request: &Request| request.body.contains("CREATE");
    let hold = Does::HoldAnswer(Duration::from_millis(300));
    drop_at(opens, hold.clone()).await;
    drop_at(makes, hold.clone()).await;
    drop_at(makes, Does::CutBefore).await;
    drop_at(Request::starts, hold).await;
    drop_at(Request::starts, Does::CutBefore).await;
    drop_at(Request::starts, Does::CutAfter).await;
}

#[tokio::test]
async fn a_submission_that_is_dropped_at_any_time_leaves_no_job() {
    let cluster = cluster().await;
    let script = numbers("dropped-any-time", None);
    for step in 0..16 {
        let submitting = cluster.submit(&script, SubmitOptions::new());
        if let Ok(job) = tokio::time::timeout(Duration::from_millis(step * 20), submitting).await {
            let job = job.unwrap();
            assert!(!job.status().await.unwrap().is_terminal(), "it is ours");
            job.cancel().await.unwrap();
        }
    }
    check_none_left(&cluster, &script.job_name).await;
}

/// What comes of a submission when the first request that `when` tells is treated so: one job, after so many attempts.
async fn check_one_job(when: fn(&Request) -> bool, does: Does, attempts: usize) {
    let first = AtomicBool::new(true);
    let (cluster, proxy) =
        behind(
            move |request, _| {
                if when(request) && first.swap(false, Ordering::SeqCst) { does.clone() } else { Does::Pass }
            },
        )
        .await;
    let script = numbers("once", None);
    let job = cluster.submit(&script, SubmitOptions::new()).await.unwrap();
    until(&job, JobStatus::Running).await;
    assert_eq!(alive(&cluster, &script.job_name).await, 1);
    assert_eq!(proxy.count(|request| request.is("POST", "/v1/sessions ")), attempts, "{:#?}", proxy.seen());
    check_sessions(&proxy);
    job.cancel().await.unwrap();
}

#[tokio::test]
async fn an_answer_that_is_lost_makes_no_second_job() {
    let makes = |request: &Request| request.body.contains("CREATE");
    let asks = |request: &Request| request.is("GET", "/status");
    let html = Does::Say(502, "", "<html>bad gateway</html>".to_owned());
    let busy = Does::Say(503, "Retry-After: 0\r\n", String::new());
    // What reads is sent again, and what was surely not done; for the rest a new session is opened.
    check_one_job(asks, Does::CutBefore, 1).await;
    check_one_job(Request::starts, busy.clone(), 1).await;
    check_one_job(makes, busy, 1).await;
    check_one_job(makes, Does::CutAfter, 2).await;
    check_one_job(makes, html.clone(), 2).await;
    // A gateway that was started again knows no session.
    let forgotten = r#"{"errors": ["org.a.SqlGatewayException: Session 'a' does not exist."]}"#;
    check_one_job(makes, Does::Say(500, "", forgotten.to_owned()), 2).await;
    // The job is there, or comes by the second attempt.
    check_one_job(Request::starts, Does::CutBefore, 2).await;
    check_one_job(Request::starts, html, 2).await;
}

#[tokio::test]
async fn a_job_whose_answer_was_lost_is_found() {
    // The gateway starts the job, and says so when nobody listens any more.
    let address = flow_services::flink().unwrap();
    let rule = |request: &Request, _| match request.starts() {
        true => Does::HoldAnswer(Duration::from_secs(4)),
        false => Does::Pass,
    };
    let proxy = Proxy::to(&address.gateway, rule).await;
    let connect = FlinkCluster::connect(&proxy.address, &address.rest).answer_within(Duration::from_secs(2));
    let (cluster, script) = (connect.await.unwrap(), numbers("found", None));
    let job = cluster.submit(&script, SubmitOptions::new()).await.unwrap();
    until(&job, JobStatus::Running).await;
    assert_eq!(alive(&cluster, &script.job_name).await, 1);
    assert_eq!(proxy.count(Request::starts), 1, "it is not sent again");
    check_sessions(&proxy);
    job.cancel().await.unwrap();
}

#[tokio::test]
async fn a_gateway_that_is_slow_to_end_a_session_keeps_nobody_from_the_job() {
    let (cluster, _proxy) = behind(|request, _| match request.is("DELETE", "/v1/sessions/") {
        true => Does::HoldAnswer(Duration::from_secs(600)),
        false => Does::Pass,
    })
    .await;
    let script = numbers("slow-end", None);
    let submitting = cluster.submit(&script, SubmitOptions::new());
    let job = tokio::time::timeout(Duration::from_secs(25), submitting).await.expect("it is told in time").unwrap();
    until(&job, JobStatus::Running).await;
    job.cancel().await.unwrap();
}

#[tokio::test]
async fn a_session_is_kept_while_a_statement_takes_long() {
    let address = flow_services::flink().unwrap();
    let rule = |request: &Request, _| match request.starts() {
        true => Does::HoldAnswer(Duration::from_secs(1)),
        false => Does::Pass,
    };
    let proxy = Proxy::to(&address.gateway, rule).await;
    let connect = FlinkCluster::connect(&proxy.address, &address.rest).heartbeat_every(Duration::from_millis(100));
    let job = connect.await.unwrap().submit(&numbers("kept", None), SubmitOptions::new()).await.unwrap();
    let beats = || proxy.count(|request| request.is("POST", "/heartbeat"));
    let while_it_took = beats();
    assert!(while_it_took >= 5, "{while_it_took}");
    check_sessions(&proxy);
    until(&job, JobStatus::Running).await;
    assert_eq!(beats(), while_it_took, "a session that is closed needs none");
    job.cancel().await.unwrap();
}

#[tokio::test]
async fn two_submissions_at_once_do_not_disturb_each_other() {
    // The same tables by the same names: each has its own session.
    let cluster = cluster().await;
    let (first, second) = (numbers("one", None), numbers("two", Some(10)));
    let (one, two) =
        tokio::join!(cluster.submit(&first, SubmitOptions::new()), cluster.submit(&second, SubmitOptions::new()));
    let (one, two) = (one.unwrap(), two.unwrap());
    assert_eq!(ended(&two).await.unwrap(), JobStatus::Finished);
    until(&one, JobStatus::Running).await;
    one.cancel().await.unwrap();
    assert_eq!(ended(&one).await.unwrap(), JobStatus::Cancelled);
}

/// What becomes of a request, by chance. Every third one passes, so that what is sent again four times arrives.
fn chance(seed: u64, at: usize) -> Does {
    use std::hash::{DefaultHasher, Hash, Hasher};
    let mut hasher = DefaultHasher::new();
    (seed, at).hash(&mut hasher);
    match hasher.finish() % 12 {
        _ if at % 3 == 2 => Does::Pass,
        0 => Does::CutBefore,
        1 => Does::CutAfter,
        2 => Does::Say(503, "Retry-After: 0\r\n", String::new()),
        3 => Does::Say(502, "", "<html>".to_owned()),
        // Longer than it is waited for: what was asked for is done meanwhile.
        4 | 5 => Does::HoldAnswer(Duration::from_millis(2500)),
        _ => Does::Pass,
    }
}

/// One submission among faults, which is dropped after so long, if it is: one job if it has succeeded, none otherwise.
async fn check_chance(seed: u64, dropped_after: Option<u64>) {
    let address = flow_services::flink().unwrap();
    let gateway = Proxy::to(&address.gateway, move |_, at| chance(seed, at)).await;
    let rest = Proxy::to(&address.rest, move |_, at| chance(!seed, at)).await;
    let connect = FlinkCluster::connect(&gateway.address, &rest.address)
        .first_pause(Duration::from_millis(5))
        .answer_within(Duration::from_secs(2));
    let (cluster, script) = (connect.await.unwrap(), numbers("chance", None));
    let submitting = cluster.submit(&script, SubmitOptions::new());
    let patience = Duration::from_millis(dropped_after.unwrap_or(60_000));
    let job = tokio::time::timeout(patience, submitting).await.ok().and_then(Result::ok);
    cluster.settled().await;
    let plain = crate::support::cluster().await;
    holds(&format!("seed {seed}, dropped after {dropped_after:?}: one job or none"), || async {
        let left = alive(&plain, &script.job_name).await;
        if left == usize::from(job.is_some()) { Ok(()) } else { Err(format!("{left} jobs, and {job:?}")) }
    })
    .await;
    if let Some(job) = job {
        plain.job(job.id()).await.unwrap().cancel().await.unwrap();
    }
}

#[tokio::test]
async fn among_faults_there_is_one_job_or_none() {
    let seeds: u64 = std::env::var("FLOW_FLINK_CHANCES").ok().and_then(|text| text.parse().ok()).unwrap_or(12);
    for first in (0..seeds).step_by(4) {
        let mut some = tokio::task::JoinSet::new();
        for seed in first..seeds.min(first + 4) {
            some.spawn(check_chance(seed, (seed % 3 == 0).then_some(seed * 37 % 700)));
        }
        some.join_all().await;
    }
}
