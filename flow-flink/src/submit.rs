//! A pipeline, submitted.

use crate::{FlinkCluster, FlinkError, FlinkJob, Options, SubmitOptions, ToFlinkSql};
use flow::Pipeline;

/// What starts a pipeline on a cluster.
pub trait Submit {
    /// Starts it there, with deliveries at least once and no secret.
    ///
    /// # Errors
    /// When the pipeline says what Flink cannot do, and as [`FlinkCluster::submit`].
    ///
    /// # Cancel safety
    /// As [`FlinkCluster::submit`]: a submission that is dropped leaves no job.
    ///
    /// ```no_run
    /// use flow::prelude::*;
    /// use flow_flink::{FlinkCluster, Submit};
    /// # async fn example(pipeline: Pipeline) -> Result<(), flow_flink::FlinkError> {
    /// let cluster = FlinkCluster::connect("http://localhost:8083", "http://localhost:8081").await?;
    /// let job = pipeline.submit(&cluster).await?;
    /// println!("{} runs: {:?}", job.id(), job.metrics().await?);
    /// # Ok(())
    /// # }
    /// ```
    fn submit(&self, cluster: &FlinkCluster) -> impl Future<Output = Result<FlinkJob, FlinkError>> + Send {
        self.submit_with(cluster, Options::default(), SubmitOptions::new())
    }

    /// The same, with more said of the translation and of the submission.
    ///
    /// # Errors
    /// As [`Submit::submit`].
    fn submit_with(
        &self,
        cluster: &FlinkCluster,
        options: Options,
        submission: SubmitOptions,
    ) -> impl Future<Output = Result<FlinkJob, FlinkError>> + Send;
}

impl Submit for Pipeline {
    fn submit_with(
        &self,
        cluster: &FlinkCluster,
        options: Options,
        submission: SubmitOptions,
    ) -> impl Future<Output = Result<FlinkJob, FlinkError>> + Send {
        let script = self.to_flink_sql_with(&options);
        async move { cluster.submit(&script?, submission).await }
    }
}
