//! What the program does.

use std::path::Path;
use std::sync::OnceLock;

use flow::Secret;
use flow::ir::Ir;
use flow_flink::{FlinkCluster, FlinkError, FlinkJob, JobMetrics, Options, Savepoint, Script, SubmitOptions};
use serde_json::json;

use crate::args::{Args, Command, PipelineArgs, SubmissionArgs};
use crate::output::{Output, Trouble};

/// The cluster, for what is to be taken back.
static CLUSTER: OnceLock<FlinkCluster> = OnceLock::new();

/// Waits until what was cut off is taken back.
pub(crate) async fn settle() {
    if let Some(cluster) = CLUSTER.get() {
        cluster.settled().await;
    }
}

pub(crate) async fn run(args: Args, output: Output) -> Result<(), Trouble> {
    match &args.command {
        Command::Sql { pipeline } => sql(pipeline, output),
        Command::Explain { pipeline } => explain(pipeline, output),
        Command::Submit { pipeline, submission, from_savepoint } => {
            let script = script(pipeline)?;
            let from = from_savepoint.clone().map(Savepoint::from);
            submit(&connect(&args).await?, &script, submission, from, output).await
        }
        Command::Status { job: None } => cluster_status(&connect(&args).await?, output).await,
        Command::Status { job: Some(job) } => job_status(&connect(&args).await?.job(*job).await?, output).await,
        Command::Cancel { job } => {
            connect(&args).await?.job(*job).await?.cancel().await?;
            output.say(format!("{job} is being cancelled"), json!({ "job": job }));
            Ok(())
        }
        Command::Stop { job, savepoint_dir } => {
            let made = connect(&args).await?.job(*job).await?.stop_with_savepoint(savepoint_dir).await?;
            output.say(&made, json!({ "job": job, "savepoint": made.location }));
            Ok(())
        }
        Command::Savepoint { job, savepoint_dir } => {
            let made = connect(&args).await?.job(*job).await?.savepoint(savepoint_dir).await?;
            output.say(&made, json!({ "job": job, "savepoint": made.location }));
            Ok(())
        }
        Command::Restart { job, pipeline, submission, savepoint_dir } => {
            // What cannot be submitted is found before anything is stopped.
            let (script, cluster) = (script(pipeline)?, connect(&args).await?);
            let made = cluster.job(*job).await?.stop_with_savepoint(savepoint_dir).await?;
            let again = submit(&cluster, &script, submission, Some(made.clone()), output).await;
            again.map_err(|trouble| match trouble {
                Trouble::Use(said) => Trouble::Use(format!("{said}; the job was stopped, its savepoint is {made}")),
                Trouble::Failed(said) => {
                    Trouble::Failed(format!("{said}; the job was stopped, its savepoint is {made}"))
                }
            })
        }
    }
}

async fn connect(args: &Args) -> Result<FlinkCluster, FlinkError> {
    let mut connect = FlinkCluster::connect(&args.gateway, &args.rest);
    if let (Some(user), Some(variable)) = (&args.user, &args.password_env) {
        connect = connect.basic_auth(user, Secret::env(variable.as_str()));
    }
    if let Some(variable) = &args.token_env {
        connect = connect.bearer_token(Secret::env(variable.as_str()));
    }
    if let Some(file) = &args.ca {
        connect = connect.root_certificate(file);
    }
    let cluster = connect.await?;
    Ok(CLUSTER.get_or_init(|| cluster).clone())
}

fn read(file: &Path) -> Result<Ir, Trouble> {
    let wrong = |why: &dyn std::fmt::Display| Trouble::Use(format!("{}: {why}", file.display()));
    let text = std::fs::read_to_string(file).map_err(|error| wrong(&error))?;
    Ir::from_json(&text).map_err(|error| wrong(&error))
}

fn script(pipeline: &PipelineArgs) -> Result<Script, Trouble> {
    let options = Options { delivery: pipeline.delivery.into() };
    let translated = flow_flink::to_flink_sql(&read(&pipeline.ir)?, &options);
    translated.map_err(|obstacles| Trouble::Failed(obstacles.to_string()))
}

fn sql(pipeline: &PipelineArgs, output: Output) -> Result<(), Trouble> {
    let script = script(pipeline)?;
    let statements: Vec<&str> = script.statements.iter().map(|statement| statement.text.as_str()).collect();
    let settings: serde_json::Map<_, _> =
        script.settings.iter().map(|setting| (setting.key.clone(), setting.value.as_str().into())).collect();
    output.say(&script, json!({ "jobName": script.job_name, "settings": settings, "statements": statements }));
    Ok(())
}

fn explain(pipeline: &PipelineArgs, output: Output) -> Result<(), Trouble> {
    let script = script(pipeline)?;
    let parts: Vec<_> = script.statements.iter().flat_map(|statement| &statement.parts).collect();
    let lines: String = parts.iter().map(|part| format!("\n  {part}")).collect();
    let stages: Vec<_> = parts
        .iter()
        .map(|part| json!({ "stage": part.stage, "pointer": part.pointer, "origin": part.origin }))
        .collect();
    let text = format!("`{}` runs on Flink, as {} statements of{lines}", script.job_name, script.statements.len());
    output.say(text, json!({ "jobName": script.job_name, "statements": script.statements.len(), "stages": stages }));
    Ok(())
}

async fn submit(
    cluster: &FlinkCluster,
    script: &Script,
    args: &SubmissionArgs,
    from: Option<Savepoint>,
    output: Output,
) -> Result<(), Trouble> {
    let mut options = SubmitOptions::new();
    for secret in &args.secret {
        options = options.secret(&secret.endpoint, &secret.option, Secret::env(secret.variable.as_str()));
    }
    for (key, value) in &args.set {
        options = options.setting(key, value);
    }
    if let Some(savepoint) = from {
        options = options.from_savepoint(savepoint);
    }
    if args.drop_unclaimed_state {
        options = options.drop_unclaimed_state();
    }
    let job = cluster.submit(script, options).await?;
    if !args.wait {
        output.say(job.id(), json!({ "job": job.id() }));
        return Ok(());
    }
    let status = job.wait().await?;
    output.say(format!("{} has ended: {status}", job.id()), json!({ "job": job.id(), "status": status }));
    Ok(())
}

async fn cluster_status(cluster: &FlinkCluster, output: Output) -> Result<(), Trouble> {
    let (health, jobs) = (cluster.health().await?, cluster.jobs().await?);
    let lines: String = jobs.iter().map(|job| format!("\n{}  {:12}  {}", job.id, job.status, job.name)).collect();
    output.say(format!("{health}{lines}"), json!({ "cluster": health, "jobs": jobs }));
    Ok(())
}

async fn job_status(job: &FlinkJob, output: Output) -> Result<(), Trouble> {
    let (status, metrics, exceptions) = (job.status().await?, job.metrics().await?, job.exceptions().await?);
    let mut text = format!("{} is {status}: {}", job.id(), line(&metrics));
    for vertex in &metrics.vertices {
        text.push_str(&format!(
            "\n  {} × {}: {}, {} records in, {} out",
            vertex.name, vertex.parallelism, vertex.status, vertex.records_in, vertex.records_out
        ));
        if let Some(share) = vertex.backpressured {
            text.push_str(&format!(", {:.0} % backpressured", share * 100.0));
        }
    }
    exceptions.iter().for_each(|exception| text.push_str(&format!("\n  {exception}")));
    let failures: Vec<_> = exceptions
        .iter()
        .map(|one| json!({ "at": one.at.millis(), "task": one.task, "cause": one.cause.to_string() }))
        .collect();
    let value = json!({ "job": job.id(), "status": status, "metrics": metrics, "exceptions": failures });
    output.say(text, value);
    Ok(())
}

fn line(metrics: &JobMetrics) -> String {
    let mut line = format!("{} records in, {} out", metrics.records_in, metrics.records_out);
    if let Some(lag) = metrics.lag {
        line.push_str(&format!(", {lag} waiting"));
    }
    if let Some(watermark) = metrics.watermark {
        line.push_str(&format!(", watermark {watermark}"));
    }
    line
}
