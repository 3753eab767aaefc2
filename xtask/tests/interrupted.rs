//! Ctrl-C and SIGTERM while services are up: they go, and with them all that was started.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use flow_services::{Process, Stack, until};

const PATIENCE: Duration = Duration::from_secs(120);

/// Stands where something long would be run: starts a process, says its number, and waits.
const LONG: &str = "#!/bin/sh\nsleep 1000 & echo $! > \"$SAYS.new\"; mv \"$SAYS.new\" \"$SAYS\"; wait\n";

fn program(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

/// Interrupts a command of these words, whose cargo is this program, when it is at work with a Redis of its own.
fn check(words: &[&str], cargo: &str, signal: &str, code: i32) {
    let folder = tempfile::tempdir().unwrap();
    let (cargo_path, says) = (folder.path().join("cargo"), folder.path().join("says"));
    program(&cargo_path, cargo);
    program(&folder.path().join("release/flow-stress"), LONG);
    let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
    command.args(words).env("CARGO", &cargo_path).env("CARGO_TARGET_DIR", folder.path()).env("SAYS", &says);
    // Kafka is said to be elsewhere, so that it is not started.
    command.env("FLOW_KAFKA", "127.0.0.1:1").env_remove("FLOW_REDIS");
    let mut running = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let begun = until("the work to begin", PATIENCE, || match running.try_wait() {
        Ok(None) => fs::read_to_string(&says).map_err(|error| error.to_string()),
        ended => Ok(format!("{ended:?}")),
    });
    let worker = begun.unwrap().trim().parse().ok().and_then(Process::of).unwrap();
    let stack = Stack::at(&folder.path().join("services"));
    let redis = Process::of(stack.status().unwrap()[0].pid).unwrap();
    assert!(Command::new("kill").args([signal, &running.id().to_string()]).status().unwrap().success());
    assert_eq!(running.wait().unwrap().code(), Some(code), "{words:?}");
    assert!(stack.status().unwrap().is_empty() && !redis.runs(), "{words:?}: the service runs on");
    until("the worker's end", PATIENCE, || if worker.runs() { Err("it runs on".to_owned()) } else { Ok(()) }).unwrap();
}

#[test]
fn what_was_started_is_taken_down() {
    check(&["stress"], "#!/bin/sh\n", "-TERM", 143);
    check(&["test", "tests"], LONG, "-TERM", 143);
    check(&["test", "tests", "package"], LONG, "-INT", 130);
}
