//! The whole run in a small form, over the shared services; the numbers come by the environment, as the large form's may.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

fn stress(folder: &Path, more: &[&str]) -> (Output, Value) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_flow-stress"));
    command.envs([("FLOW_STRESS_MESSAGES", "20000"), ("FLOW_STRESS_PARTITIONS", "10")]);
    let output = command.args(["--seed", "5", "--report-dir"]).arg(folder).args(more).output().unwrap();
    let report = std::fs::read_to_string(folder.join("report.json"));
    let report = report.unwrap_or_else(|error| panic!("{error}: {output:?}"));
    (output, serde_json::from_str(&report).unwrap())
}

#[test]
fn every_message_is_numbered_once_and_keeps_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let (output, report) = stress(folder.path(), &[]);
    let page = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{page}");
    assert_eq!((&report["messages"], &report["consumers"]), (&20_000.into(), &10.into()));
    assert!(report["checks"].as_array().unwrap().iter().all(|check| check["holds"] == true), "{page}");
    assert_eq!(report["firstAndLast"].as_array().unwrap().len(), 200);
    for figure in ["seconds", "cpuSeconds", "peakBytes"] {
        assert!(report["pipeline"][figure].as_f64().unwrap() > 0.0, "{figure}: {page}");
    }
    assert_eq!(std::fs::read_to_string(folder.path().join("report.md")).unwrap().trim(), page_of(&page));
}

/// The report within what was printed.
fn page_of(printed: &str) -> &str {
    let begin = printed.find("# Stress").unwrap();
    printed[begin..].rsplit_once("\n\n").unwrap().0.trim()
}

#[test]
fn a_pipeline_that_does_not_end_is_ended_and_what_it_has_reached_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let (program, says) = (folder.path().join("never"), folder.path().join("says"));
    std::fs::write(&program, format!("#!/bin/sh\necho $$ > '{}'\nexec sleep 1000\n", says.display())).unwrap();
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    let (output, report) = stress(folder.path(), &["--time-limit", "1", "--pipeline", &program.display().to_string()]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let ends = report["checks"].as_array().unwrap().iter().find(|check| check["name"] == "pipeline: ends").unwrap();
    assert_eq!((&ends["holds"], &ends["measured"]), (&false.into(), &"not within 1s; it was killed".into()));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("not within 1s") && said.contains("0 of 20000 messages"), "{said}");
    let pid = std::fs::read_to_string(says).unwrap();
    assert!(!Path::new("/proc").join(pid.trim()).exists(), "it runs on");
}

#[test]
fn a_pipeline_that_writes_nothing_fails() {
    let folder = tempfile::tempdir().unwrap();
    let (output, report) = stress(folder.path(), &["--pipeline", "/bin/true"]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert_eq!(report["holds"], false);
    let checks = report["checks"].as_array().unwrap();
    let holds = |name: &str| checks.iter().find(|check| check["name"] == name).map(|check| &check["holds"]);
    assert_eq!(holds("input: lost"), Some(&Value::Bool(true)));
    for name in ["output: lost", "output: messages", "output: empty partitions", "redis-cli: the counter"] {
        assert_eq!(holds(name), Some(&Value::Bool(false)), "{name}");
    }
}
