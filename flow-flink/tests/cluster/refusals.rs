//! What Flink refuses, told beside the stage.

use flow_flink::{FlinkError, Script, SubmitOptions};

use crate::support::{alive, cluster, script};

fn generated(options: &str) -> (&'static str, String) {
    ("orders", format!("CREATE TEMPORARY TABLE `orders` (`id` BIGINT) WITH ('connector' = 'datagen'{options})"))
}

fn hole() -> (&'static str, String) {
    ("hole", "CREATE TEMPORARY TABLE `hole` (`id` BIGINT) WITH ('connector' = 'blackhole')".to_owned())
}

/// What the error is, the stage that it names, and what else it says.
async fn check(script: Script, stage: &str, words: &[&str]) {
    let cluster = cluster().await;
    let error = cluster.submit(&script, SubmitOptions::new()).await.expect_err("it is refused");
    let FlinkError::Refused(refusal) = &error else { panic!("{error}") };
    assert_eq!(refusal.parts[0].stage, stage, "{error}");
    let said = error.to_string();
    assert!(said.starts_with(&format!("Flink refuses stage `{stage}` (src/main.rs:7:5): ")), "{said}");
    for word in words {
        assert!(said.contains(word), "{word} is not in {said}");
    }
    assert!(said.lines().count() == 1 && said.len() < 1000 && !said.contains("org.apache"), "{said}");
    assert!(refusal.cause.details().contains("org.apache.flink"), "the whole is kept");
    assert_eq!(alive(&cluster, &script.job_name).await, 0, "nothing runs");
}

#[tokio::test]
async fn a_refusal_is_told_beside_its_stage() {
    let insert = "INSERT INTO `hole` SELECT `id` FROM `orders`";
    let wrong = ("orders", "CREATE TEMPORARY TABLE `orders` (`id` BIGINT WITH ('connector' = 'datagen')".to_owned());
    check(script("syntax", &[wrong, hole()], insert), "orders", &["WITH", "line 1"]).await;
    check(script("unknown", &[hole()], insert), "sink", &["Object 'orders' not found"]).await;
    let nowhere = "INSERT INTO `nowhere` SELECT `id` FROM `orders`";
    check(script("nowhere", &[generated("")], nowhere), "sink", &["Cannot find table", "nowhere"]).await;
    let odd = generated(", 'nonsense' = '1'");
    check(script("option", &[odd, hole()], insert), "orders", &["Unsupported options: nonsense"]).await;
    let types = "INSERT INTO `hole` SELECT 'x' FROM `orders`";
    check(script("types", &[generated(""), hole()], types), "hole", &["Incompatible types", "'id'"]).await;
    let twice = [generated(""), hole(), hole()];
    check(script("twice", &twice, insert), "hole", &["already exists"]).await;
}

#[tokio::test]
async fn a_setting_that_flink_refuses_is_named() {
    let often = SubmitOptions::new().setting("execution.checkpointing.interval", "often");
    let error = cluster().await.submit(&crate::support::numbers("setting", None), often).await.unwrap_err();
    assert!(matches!(error, FlinkError::Config(_)), "{error}");
    assert!(error.to_string().contains("`execution.checkpointing.interval` = `often`"), "{error}");
}

#[tokio::test]
async fn a_script_has_one_statement_that_starts_its_job() {
    let cluster = cluster().await;
    let mut wrong = script("none", &[hole()], "");
    wrong.statements.pop();
    for statements in [wrong.statements.clone(), Vec::new()] {
        let script = Script { statements, ..wrong.clone() };
        let error = cluster.submit(&script, SubmitOptions::new()).await.unwrap_err();
        assert!(matches!(error, FlinkError::Config(_)), "{error}");
    }
}
