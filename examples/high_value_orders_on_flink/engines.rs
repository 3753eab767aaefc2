//! One definition, run by either engine.

use flow::prelude::*;
use flow_flink::{Delivery, FlinkJob, JobMetrics, Submit, SubmitOptions};

use crate::Failure;
use crate::job::revenue;
use crate::options::{Engine, Options, Run};
use crate::show::{self, Look, Progress};
use crate::signals::Signals;

/// How often somebody looks, at most, until Flink says what has become of a job's parts.
const LOOKS: usize = 25;

/// Runs the job to its end, which a signal brings about earlier.
pub(crate) async fn run(options: &Options, run: &Run, signals: &mut Signals) -> Result<(), Failure> {
    let pipeline = revenue(options, run);
    match run.engine {
        Engine::Local => here(pipeline, signals).await,
        Engine::Flink => there(pipeline, options, signals).await,
    }
}

/// In this process.
async fn here(pipeline: Pipeline, signals: &mut Signals) -> Result<(), Failure> {
    let job = pipeline.start().await?;
    show::line("this process runs it; rows are delivered at least once")?;
    let progress = Progress::new();
    while !job.is_finished() {
        progress.show(&Look::here("running", &job.metrics()));
        tokio::select! {
            () = tokio::time::sleep(show::EVERY) => {}
            () = signals.next() => job.stop(),
        }
    }
    drop(progress);
    let report = job.wait().await.map_err(Failure::ended)?;
    let [read, rows, late] = [report.read(), report.written(), report.late()];
    show::line(format_args!("{report}\nthis process: {read} read, {rows} rows, {late} late"))?;
    Ok(())
}

/// On the cluster.
async fn there(pipeline: Pipeline, options: &Options, signals: &mut Signals) -> Result<(), Failure> {
    let cluster = options.cluster().await.map_err(flow::Error::from)?;
    let delivery = options.delivery();
    let translation = flow_flink::Options { delivery };
    let submitted = tokio::select! {
        job = pipeline.submit_with(&cluster, translation, SubmitOptions::new()) => Some(job.map_err(flow::Error::from)?),
        () = signals.next() => None,
    };
    let Some(job) = submitted else {
        // What has been begun by then is taken back.
        cluster.settled().await;
        show::line("ended before anything was read")?;
        return Ok(());
    };
    let promise = match delivery {
        Delivery::ExactlyOnce => "exactly once",
        Delivery::AtLeastOnce => "at least once",
    };
    show::line(format_args!("Flink runs it as job {}; rows are delivered {promise}", job.id()))?;
    follow(&job, options, signals).await.map_err(Failure::ended)?;
    Ok(())
}

/// Until the job's end.
async fn follow(job: &FlinkJob, options: &Options, signals: &mut Signals) -> Result<(), flow::Error> {
    let progress = Progress::new();
    let mut said = None;
    loop {
        let status = job.status().await?;
        if said != Some(status) {
            let page = format!("{}/#/job/{}/overview", options.rest().trim_end_matches('/'), job.id());
            progress.line(format_args!("job {} is {status}: {page}", job.id()))?;
            said = Some(status);
        }
        if status.is_terminal() {
            drop(progress);
            // One that has failed says why.
            job.wait().await?;
            let look = Look::there(status, &last(job).await?).text();
            return show::line(format_args!("the last that Flink has gathered, perhaps before the end:\n{look}"));
        }
        progress.show(&Look::there(status, &job.metrics().await?));
        tokio::select! {
            () = tokio::time::sleep(show::EVERY) => {}
            () = signals.next() => job.cancel().await?,
        }
    }
}

/// What a job has done that has ended. Flink shows for some seconds still how it was before.
async fn last(job: &FlinkJob) -> flow::Result<JobMetrics> {
    for _ in 0..LOOKS {
        let metrics = job.metrics().await?;
        if metrics.vertices.iter().all(|vertex| vertex.status.is_terminal()) {
            return Ok(metrics);
        }
        tokio::time::sleep(show::EVERY).await;
    }
    Ok(job.metrics().await?)
}
