//! Secrets are used, and never told: by no error, no `Debug`, no log. Alone, for it hears everything that its process logs.

use std::io::Write;
use std::sync::{Arc, Mutex};

use flow::Secret;
use flow_flink::{FlinkCluster, FlinkError, Script, Setting, Statement, StatementKind, SubmitOptions, placeholder};
use flow_services::unique;

/// One that SQL, JSON and Java each write in their own way.
const SECRET: &str = "it's \"correct\" horse\\battery";

/// What is logged while something runs.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Three numbers into `print`, which is told what to call itself by a secret.
fn script(more: &str) -> Script {
    let statement = |kind, text: &str| Statement { kind, text: text.to_owned(), parts: Vec::new() };
    let hole = format!(
        "CREATE TEMPORARY TABLE `hole` (`id` BIGINT) WITH ('connector' = 'print', 'print-identifier' = '{}'{more})",
        placeholder("hole", "print-identifier")
    );
    let orders = "CREATE TEMPORARY TABLE `orders` (`id` BIGINT) WITH ('connector' = 'datagen', 'number-of-rows' = '3')";
    Script {
        job_name: unique("secret"),
        settings: vec![Setting { key: "execution.checkpointing.interval".to_owned(), value: "1 s".to_owned() }],
        statements: vec![
            statement(StatementKind::Table, orders),
            statement(StatementKind::Table, &hole),
            statement(StatementKind::Insert, "INSERT INTO `hole` SELECT `id` FROM `orders`"),
        ],
    }
}

#[tokio::test]
async fn a_secret_is_used_and_never_told() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber =
        tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_writer(move || writer.clone()).finish();
    tracing::subscriber::set_global_default(subscriber).expect("no other test listens");

    let address = flow_services::flink().unwrap();
    let connect = FlinkCluster::connect(&address.gateway, &address.rest).basic_auth("ann", Secret::new(SECRET));
    let mut said = vec![format!("{connect:?}")];
    let cluster = connect.await.unwrap();
    let options = || SubmitOptions::new().secret("hole", "print-identifier", Secret::new(SECRET));
    let job = cluster.submit(&script(""), options()).await.unwrap();
    said.push(format!("{:?} {cluster:?} {job:?}", options()));
    job.wait().await.unwrap();

    // Flink repeats the options of a table that it refuses, and the words of a statement that it cannot read.
    let error = cluster.submit(&script(", 'nonsense' = '1'"), options()).await.unwrap_err();
    let FlinkError::Refused(refusal) = &error else { panic!("{error}") };
    assert!(refusal.cause.details().contains("'print-identifier'='***'"), "{}", refusal.cause.details());
    said.push(format!("{error} {error:?} {} {}", refusal.cause.details(), flow::Error::from(error.clone())));
    let mut unreadable = script("");
    unreadable.statements[1].text = format!("CREATE '{}'", placeholder("hole", "print-identifier"));
    let error = cluster.submit(&unreadable, options()).await.unwrap_err();
    assert!(error.cause().unwrap().details().contains("***"), "{}", error.cause().unwrap().details());
    said.push(format!("{error} {error:?} {}", error.cause().unwrap().details()));

    let missing = cluster.submit(&script(""), SubmitOptions::new()).await.unwrap_err();
    assert!(missing.to_string().contains("`print-identifier` of `hole` has no value"), "{missing}");

    let logged = String::from_utf8_lossy(&log.0.lock().unwrap()).into_owned();
    assert!(logged.contains("/v1/sessions") || logged.contains("connect"), "something is logged: {logged}");
    said.push(logged);
    for said in said {
        let at = said.find("correct").or_else(|| said.find("battery"));
        assert_eq!(at.map(|at| &said[at.saturating_sub(200)..]), None);
    }
}
