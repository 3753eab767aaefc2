//! The program, called as an operator calls it, over the shared cluster.

#[path = "cluster/proxy.rs"]
#[allow(dead_code, reason = "other tests use the rest of it")]
mod proxy;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Duration;

use flow_services::{KafkaAdmin, KafkaTools, unique, until};
use serde_json::Value;

const PATIENCE: Duration = Duration::from_secs(90);

fn program(words: &[&str]) -> Output {
    let address = flow_services::flink().unwrap();
    let mut program = Command::new(env!("CARGO_BIN_EXE_flow-flink"));
    program.env("FLOW_FLINK_GATEWAY", address.gateway).env("FLOW_FLINK_REST", address.rest).env_remove("NO_SECRET");
    program.args(words).output().unwrap()
}

/// How it ends, and what it says on the one side or the other.
fn check(words: &[&str], code: i32, out: &[&str], trouble: &[&str]) {
    let said = program(words);
    let (text, error) = (String::from_utf8_lossy(&said.stdout), String::from_utf8_lossy(&said.stderr));
    assert_eq!(said.status.code(), Some(code), "{words:?}: {text}{error}");
    for word in out {
        assert!(text.contains(word), "{words:?}: {word} is not in {text}");
    }
    for word in trouble {
        assert!(error.contains(word), "{words:?}: {word} is not in {error}");
    }
}

/// What it says as JSON.
fn json(words: &[&str]) -> Value {
    let said = program(&[&["--json"], words].concat());
    assert!(said.status.success(), "{words:?}: {}", String::from_utf8_lossy(&said.stderr));
    serde_json::from_slice(&said.stdout).unwrap()
}

/// Amounts over 100, from one topic to another.
fn ir(folder: &Path, from: &str, to: &str) -> PathBuf {
    let servers = flow_services::kafka().unwrap();
    let end = |kind: &str, topic: &str| {
        serde_json::json!({
            "type": kind, "topic": topic, "bootstrapServers": servers, "format": "json",
            "schema": [{ "name": "amount", "type": "BIGINT" }]
        })
    };
    let mut source = end("kafka", from);
    source["startingOffsets"] = "earliest".into();
    let ir = serde_json::json!({
        "irVersion": "1",
        "metadata": { "jobName": unique("cli"), "parallelism": 1 },
        "source": source,
        "operations": [{ "type": "filter", "expression": "`amount` > 100" }],
        "sink": end("kafka", to)
    });
    let file = folder.join("ir.json");
    std::fs::write(&file, ir.to_string()).unwrap();
    file
}

#[test]
fn wrong_use_ends_with_two_and_failures_with_one() {
    let folder = tempfile::tempdir().unwrap();
    let file = ir(folder.path(), "from", "to");
    let good = file.to_str().unwrap();
    let bad = folder.path().join("bad.json");
    std::fs::write(&bad, "{").unwrap();
    let away = ["--rest", "http://127.0.0.1:9/\u{e9}?x"];
    check(&[], 2, &[], &["Usage"]);
    check(&["submit"], 2, &[], &["<IR>"]);
    check(&["nonsense"], 2, &[], &["unrecognized subcommand"]);
    check(&["status", "my job"], 2, &[], &["32 hexadecimal digits"]);
    check(&["submit", good, "--secret", "nothing"], 2, &[], &["ENDPOINT:OPTION=VARIABLE"]);
    check(&["sql", "/nowhere.json"], 2, &[], &["flow-flink: /nowhere.json: "]);
    check(&["sql", bad.to_str().unwrap()], 2, &[], &["bad.json: "]);
    check(&["submit", good, "--secret", "a:b=NO_SECRET"], 2, &[], &["`NO_SECRET`"]);
    check(&[&away[..], &["status"]].concat(), 2, &[], &["no address of Flink's"]);
    check(&["--user", "ann", "status"], 2, &[], &["--password-env"]);
    let unknown = "00000000000000000000000000000007";
    check(&["status", unknown], 1, &[], &["flow-flink: the cluster knows no job 0000"]);
    check(&["--json", "cancel", unknown], 1, &[], &[r#"{"error":"the cluster knows no job 0000"#]);
}

#[test]
fn a_pipeline_is_shown_without_a_cluster() {
    let folder = tempfile::tempdir().unwrap();
    let file = ir(folder.path(), "from", "to");
    let file = file.to_str().unwrap();
    check(&["sql", file], 0, &["CREATE TEMPORARY TABLE", "`amount` > 100", "INSERT INTO"], &[]);
    check(&["explain", file], 0, &["runs on Flink", "filter"], &[]);
    assert!(json(&["sql", file])["statements"].as_array().unwrap().len() >= 3);
    assert!(json(&["explain", file])["jobName"].as_str().unwrap().starts_with("cli-"));
}

#[test]
fn a_job_is_submitted_stopped_and_gone_on_with() {
    let folder = flow_services::owned_folder("cli").unwrap();
    let servers = flow_services::kafka().unwrap();
    let (from, to, tools) = (unique("cli-in"), unique("cli-out"), KafkaTools::at(&servers));
    for topic in [&from, &to] {
        KafkaAdmin::at(&servers).create_topic(topic, 1).unwrap();
    }
    let file = ir(&folder, &from, &to);
    let (file, savepoints) = (file.to_str().unwrap(), format!("file://{}", folder.display()));
    let rows = |expected: &str| {
        until("rows", PATIENCE, || {
            let seen = tools.consume(&to, "%s\n").map_err(|error| error.to_string())?;
            if seen == expected { Ok(()) } else { Err(seen) }
        })
        .unwrap();
    };
    let status = |job: &str, wanted: &str| {
        until("the status", PATIENCE, || match json(&["status", job])["status"].as_str() {
            Some(status) if status == wanted => Ok(()),
            other => Err(format!("{other:?}")),
        })
        .unwrap();
    };
    let interval = ["--set", "execution.checkpointing.interval=500 ms"];
    tools.produce(&from, "{\"amount\": 1}\n{\"amount\": 101}\n", &[]).unwrap();
    let submitted = json(&[&["submit", file, "--delivery", "exactly-once"][..], &interval].concat());
    let job = submitted["job"].as_str().unwrap();
    rows("{\"amount\":101}\n");
    check(&["status", job], 0, &[job, "running", "records in"], &[]);
    check(&["status"], 0, &["slots free", job], &[]);
    check(&["savepoint", job, "--savepoint-dir", &savepoints], 0, &["file:", "savepoint-"], &[]);
    let again = ["restart", job, file, "--savepoint-dir", &savepoints, "--delivery", "exactly-once"];
    let restarted = json(&[&again[..], &interval].concat());
    let second = restarted["job"].as_str().unwrap();
    status(job, "FINISHED");
    tools.produce(&from, "{\"amount\": 102}\n", &[]).unwrap();
    rows("{\"amount\":101}\n{\"amount\":102}\n");
    let stopped = json(&["stop", second, "--savepoint-dir", &savepoints]);
    let location = stopped["savepoint"].as_str().unwrap();
    tools.produce(&from, "{\"amount\": 103}\n", &[]).unwrap();
    let on = ["submit", file, "--from-savepoint", location, "--delivery", "exactly-once"];
    let third = json(&[&on[..], &interval].concat());
    let third = third["job"].as_str().unwrap();
    rows("{\"amount\":101}\n{\"amount\":102}\n{\"amount\":103}\n");
    check(&["cancel", third], 0, &["is being cancelled"], &[]);
    status(third, "CANCELED");
    std::fs::remove_dir_all(folder).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_submission_that_is_interrupted_leaves_no_job() {
    use proxy::{Does, Proxy, Request};

    let folder = tempfile::tempdir().unwrap();
    let (servers, address) = (flow_services::kafka().unwrap(), flow_services::flink().unwrap());
    let (from, to) = (unique("interrupted-in"), unique("interrupted-out"));
    for topic in [&from, &to] {
        KafkaAdmin::at(&servers).create_topic(topic, 1).unwrap();
    }
    let file = ir(folder.path(), &from, &to);
    let rule = |request: &Request, _| match request.starts() {
        true => Does::HoldAnswer(Duration::from_secs(2)),
        false => Does::Pass,
    };
    let proxy = Proxy::to(&address.gateway, rule).await;
    let mut program = Command::new(env!("CARGO_BIN_EXE_flow-flink"));
    program.args(["--gateway", &proxy.address, "--rest", &address.rest, "submit"]).arg(&file);
    let mut program = program.spawn().unwrap();
    until("the statement", PATIENCE, || match proxy.count(Request::starts) {
        0 => Err("it was not sent".to_owned()),
        _ => Ok(()),
    })
    .unwrap();
    let interrupted = Command::new("kill").args(["-INT", &program.id().to_string()]).status().unwrap();
    assert!(interrupted.success());
    assert_eq!(program.wait().unwrap().code(), Some(130));
    let ir: Value = serde_json::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
    let jobs = json(&["status"])["jobs"].as_array().unwrap().clone();
    let ours: Vec<&Value> = jobs.iter().filter(|job| job["name"] == ir["metadata"]["jobName"]).collect();
    assert!(ours.len() == 1 && ["CANCELED", "CANCELLING"].contains(&ours[0]["status"].as_str().unwrap()), "{ours:?}");
}
