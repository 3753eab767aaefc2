//! What a server may answer that Flink rarely does.

use std::time::Duration;

use flow::Secret;
use flow_flink::{Connect, FlinkCluster, FlinkError, SubmitOptions};

use crate::proxy::{Does, Proxy};
use crate::support::numbers;

const CONFIG: &str = r#"{"flink-version": "2.3.0"}"#;

fn say(status: u16, headers: &'static str, body: &str) -> Does {
    Does::Say(status, headers, body.to_owned())
}

/// Connects to a server that answers so, one after another, and then well.
async fn connect(script: Vec<Does>, options: impl Fn(Connect) -> Connect) -> (Result<FlinkCluster, FlinkError>, Proxy) {
    let rule = move |_: &_, before| script.get(before).cloned().unwrap_or_else(|| say(200, "", CONFIG));
    // Who is handed on to is not there; whoever waits for that waits in vain.
    let proxy = Proxy::to("http://127.0.0.1:9", rule).await;
    let connect = FlinkCluster::connect("http://127.0.0.1:9", &proxy.address).first_pause(Duration::from_millis(5));
    (options(connect).await, proxy)
}

/// How it ends, after so many requests.
async fn check(script: &[Does], wanted: fn(&Result<FlinkCluster, FlinkError>) -> bool, requests: usize) {
    let within = |connect: Connect| connect.answer_within(Duration::from_millis(500));
    let (ended, proxy) = connect(script.to_vec(), within).await;
    assert!(wanted(&ended), "{script:?}: {ended:?}");
    assert_eq!(proxy.seen().len(), requests, "{script:?}");
}

#[tokio::test]
async fn what_may_help_is_asked_again() {
    let ok: fn(&Result<FlinkCluster, FlinkError>) -> bool = |ended| ended.is_ok();
    check(&[], ok, 1).await;
    check(&[say(429, "Retry-After: 0\r\n", "")], ok, 2).await;
    check(&[say(503, "", "<html>later</html>"), say(500, "", "")], ok, 3).await;
    check(&[say(502, "", ""), say(504, "", ""), Does::CutBefore], ok, 4).await;
    // An answer that never comes, and one that breaks off in the middle.
    check(&[Does::HoldAnswer(Duration::from_secs(60))], ok, 2).await;
    check(&[say(200, "Content-Length: 500\r\n", CONFIG)], ok, 2).await;
}

#[tokio::test]
async fn what_does_not_help_is_not_asked_again() {
    let cut = [Does::CutBefore, Does::CutBefore, Does::CutBefore, Does::CutBefore];
    check(&cut, |ended| matches!(ended, Err(FlinkError::Lost { .. })), 4).await;
    let busy = vec![say(429, "", "later"); 4];
    check(&busy, |ended| matches!(ended, Err(FlinkError::Unreachable { .. })), 4).await;
    // Longer than we wait for anything.
    let long = [say(503, "Retry-After: 100000\r\n", "")];
    check(&long, |ended| matches!(ended, Err(FlinkError::Unreachable { .. })), 1).await;
    check(&[say(200, "", "<html>")], |ended| matches!(ended, Err(FlinkError::NotFlink { .. })), 1).await;
    check(&[say(200, "", "{}")], |ended| matches!(ended, Err(FlinkError::NotFlink { .. })), 1).await;
    let denied: fn(&Result<FlinkCluster, FlinkError>) -> bool = |ended| matches!(ended, Err(FlinkError::Denied { .. }));
    check(&[say(401, "", "who are you?")], denied, 1).await;
    check(&[say(302, "Location: http://127.0.0.1:9/\r\n", "")], denied, 1).await;
    check(&[say(404, "", "")], denied, 1).await;
}

#[tokio::test]
async fn we_say_who_we_are_and_nobody_else_hears_it() {
    type Options = fn(Connect) -> Connect;
    let basic: Options = |connect| connect.basic_auth("ann", Secret::new("horse"));
    let bearer: Options = |connect| connect.bearer_token(Secret::new("horse"));
    for (options, header) in [(basic, "authorization: Basic YW5uOmhvcnNl"), (bearer, "authorization: Bearer horse")] {
        let echo = format!("{{\"errors\": [\"{header} of horse is wrong; go away\"]}}");
        let (refused, proxy) = connect(vec![say(403, "", &echo)], options).await;
        assert!(proxy.seen()[0].head.contains(header), "{:?}", proxy.seen());
        let error = refused.unwrap_err();
        assert!(error.to_string().ends_with("is wrong; go away"), "{error}");
        let (well, _proxy) = connect(Vec::new(), options).await;
        for said in [format!("{error} {error:?}"), format!("{:?} {well:?}", options(FlinkCluster::connect("", "")))] {
            assert!(!said.contains("horse") && !said.contains("hvcnNl"), "{said}");
        }
    }
    let unset = FlinkCluster::connect("http://a:1", "http://a:1").bearer_token(Secret::env("FLOW_NO_SUCH_VARIABLE"));
    assert!(matches!(unset.await, Err(FlinkError::Config(_))));
    let absent = FlinkCluster::connect("http://a:1", "http://a:1").root_certificate("/nowhere.pem");
    assert!(matches!(absent.await, Err(FlinkError::Config(_))));
}

#[tokio::test]
async fn nobody_there_is_told_as_it_is() {
    let quick = |gateway: &str, rest: &str| {
        FlinkCluster::connect(gateway, rest).first_pause(Duration::from_millis(1)).retries(1, Duration::from_secs(5))
    };
    let error = quick("http://127.0.0.1:9", "http://127.0.0.1:9").await.unwrap_err();
    assert!(matches!(error, FlinkError::Unreachable { .. }), "{error}");
    assert!(error.to_string().starts_with("the cluster at http://127.0.0.1:9 cannot be reached: "), "{error}");
    assert!(error.is_retryable() && flow::Error::from(error.clone()).is_retryable(), "{error}");

    // The gateway alone is away: jobs are looked after still.
    let cluster = quick("http://127.0.0.1:9", &flow_services::flink().unwrap().rest).await.unwrap();
    let error = cluster.submit(&numbers("nobody", None), SubmitOptions::new()).await.unwrap_err();
    assert!(error.to_string().starts_with("the SQL Gateway at http://127.0.0.1:9 cannot be reached: "), "{error}");
    cluster.jobs().await.unwrap();
}

#[tokio::test]
async fn a_job_that_does_not_start_in_time_is_taken_back() {
    let address = flow_services::flink().unwrap();
    let rule = |request: &crate::proxy::Request, _| match request.starts() {
        true => Does::HoldAnswer(Duration::from_secs(30)),
        false => Does::Pass,
    };
    let proxy = Proxy::to(&address.gateway, rule).await;
    let connect = FlinkCluster::connect(&proxy.address, &address.rest).submit_within(Duration::from_secs(4));
    let (cluster, script) = (connect.await.unwrap(), numbers("late", None));
    let error = cluster.submit(&script, SubmitOptions::new()).await.unwrap_err();
    assert!(matches!(error, FlinkError::Timeout(_)), "{error}");
    cluster.settled().await;
    let none_left = || async {
        let left = crate::support::alive(&cluster, &script.job_name).await;
        if left == 0 { Ok(()) } else { Err(format!("{left} jobs")) }
    };
    crate::support::holds("no job is left", none_left).await;
}

#[tokio::test]
async fn what_is_said_over_tls_is_said_to_whom_we_know() {
    use tokio_rustls::rustls::ServerConfig;
    use tokio_rustls::rustls::pki_types::pem::PemObject;
    use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

    let file = |name: &str| format!("{}/tests/cluster/tls/{name}", env!("CARGO_MANIFEST_DIR"));
    let chain = vec![CertificateDer::from_pem_file(file("server.pem")).unwrap()];
    let key = PrivateKeyDer::from_pem_file(file("server.key")).unwrap();
    let config = ServerConfig::builder().with_no_client_auth().with_single_cert(chain, key).unwrap();
    let tls = tokio_rustls::TlsAcceptor::from(std::sync::Arc::new(config));
    let real = flow_services::flink().unwrap();
    let gateway = Proxy::over_tls(&real.gateway, tls.clone()).await;
    let rest = Proxy::over_tls(&real.rest, tls).await;

    let known = FlinkCluster::connect(&gateway.address, &rest.address).root_certificate(file("ca.pem")).await.unwrap();
    let job = known.submit(&numbers("tls", Some(10)), SubmitOptions::new()).await.unwrap();
    assert_eq!(crate::support::ended(&job).await.unwrap(), flow_flink::JobStatus::Finished);

    let unknown = FlinkCluster::connect(&gateway.address, &rest.address).await.unwrap_err();
    assert!(unknown.to_string().contains("certificate"), "{unknown}");
    let wrong = FlinkCluster::connect(&gateway.address, &rest.address).root_certificate(file("server.key"));
    assert!(matches!(wrong.await, Err(FlinkError::Config(_))));
}
