//! The examples over Redis, with the server that `cargo xtask up redis` starts or `FLOW_REDIS` names.

use flow_services::RedisTools;

use crate::program::{example, text};

/// What an example prints, over keys of its own.
fn run(name: &str, prefix: &str, more: &[&str]) -> String {
    let server = flow_services::redis().unwrap();
    let output = example(name).args(["--redis", &server, "--prefix", prefix]).args(more).output().unwrap();
    assert!(output.status.success(), "{name}: {}", text(&output));
    String::from_utf8(output.stdout).unwrap()
}

fn cli(command: &[&str]) -> String {
    RedisTools::at(&flow_services::redis().unwrap()).cli(command).unwrap().trim_end().to_owned()
}

#[test]
fn redis_counter() {
    let prefix = flow_services::unique("views");
    for (runs, parallelism) in [(1, "1"), (2, "2")] {
        let shown = run("redis_counter", &prefix, &["--views", "10000", "--parallelism", parallelism]);
        assert!(shown.contains("10000 views are counted"), "{shown}");
        for (page, views) in
            [("home", 3_000), ("search", 3_000), ("cart", 3_000), ("help", 1_000), ("sequence", 10_000)]
        {
            assert_eq!(cli(&["GET", &format!("{prefix}:{page}")]), (runs * views).to_string(), "{page}");
        }
    }
    let last: u64 = cli(&["HGET", &format!("{prefix}:last"), "help"]).parse().unwrap();
    assert!((10_001..=20_000).contains(&last), "{last}");
}

#[test]
fn redis_lookup() {
    let prefix = flow_services::unique("tier");
    let shown = run("redis_lookup", &prefix, &["--orders", "1000"]);
    for line in [
        "order 0 of customer 0: bronze",
        "order 1 of customer 7: silver",
        "order 2 of customer 14: gold",
        "1000 rows, 200 of them without a tier",
    ] {
        assert!(shown.lines().any(|found| found == line), "no `{line}`:\n{shown}");
    }
    let shown = run("redis_lookup", &prefix, &["--orders", "1000", "--skip-unknown"]);
    assert!(shown.contains("800 rows, 0 of them without a tier"), "{shown}");
}
