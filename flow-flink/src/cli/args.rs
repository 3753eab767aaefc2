//! What the program is told.

use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};
use flow_flink::{Delivery, JobId};

/// Pipelines on Apache Flink, from their IR.
#[derive(Debug, Parser)]
#[command(name = "flow-flink", version)]
pub(crate) struct Args {
    /// The SQL Gateway, as `http://host:port`
    #[arg(long, global = true, env = "FLOW_FLINK_GATEWAY", default_value = "http://localhost:8083")]
    pub(crate) gateway: String,
    /// The cluster's REST API, as `http://host:port`
    #[arg(long, global = true, env = "FLOW_FLINK_REST", default_value = "http://localhost:8081")]
    pub(crate) rest: String,
    /// Says that it is this user; the password is in the variable of --password-env
    #[arg(long, global = true, requires = "password_env", conflicts_with = "token_env")]
    pub(crate) user: Option<String>,
    /// The environment variable that holds the user's password
    #[arg(long, global = true, value_name = "VARIABLE", requires = "user")]
    pub(crate) password_env: Option<String>,
    /// The environment variable that holds a bearer token
    #[arg(long, global = true, value_name = "VARIABLE")]
    pub(crate) token_env: Option<String>,
    /// Certificates for `https`, as a PEM file, beside the system's
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) ca: Option<PathBuf>,
    /// Says everything as JSON
    #[arg(long, global = true)]
    pub(crate) json: bool,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Starts a pipeline, and says the job's id
    Submit {
        #[command(flatten)]
        pipeline: PipelineArgs,
        #[command(flatten)]
        submission: SubmissionArgs,
        /// Goes on from this savepoint
        #[arg(long, value_name = "LOCATION")]
        from_savepoint: Option<String>,
    },
    /// Prints the Flink SQL of a pipeline; no cluster is needed
    Sql {
        #[command(flatten)]
        pipeline: PipelineArgs,
    },
    /// Says which stages Flink can run, and why it cannot run the others; no cluster is needed
    Explain {
        #[command(flatten)]
        pipeline: PipelineArgs,
    },
    /// Says how the cluster is and which jobs it knows, or how one job is
    Status {
        /// The job's id
        job: Option<JobId>,
    },
    /// Ends a job without a savepoint
    Cancel {
        /// The job's id
        job: JobId,
    },
    /// Ends a job with a savepoint, and says where that is
    Stop {
        /// The job's id
        job: JobId,
        /// The folder of the savepoint, which all of Flink's processes see
        #[arg(long, value_name = "FOLDER")]
        savepoint_dir: String,
    },
    /// Makes a savepoint of a job, which goes on, and says where it is
    Savepoint {
        /// The job's id
        job: JobId,
        /// The folder of the savepoint, which all of Flink's processes see
        #[arg(long, value_name = "FOLDER")]
        savepoint_dir: String,
    },
    /// Ends a job with a savepoint, and goes on from it with a pipeline
    Restart {
        /// The job's id
        job: JobId,
        #[command(flatten)]
        pipeline: PipelineArgs,
        #[command(flatten)]
        submission: SubmissionArgs,
        /// The folder of the savepoint, which all of Flink's processes see
        #[arg(long, value_name = "FOLDER")]
        savepoint_dir: String,
    },
}

#[derive(Debug, clap::Args)]
pub(crate) struct PipelineArgs {
    /// The pipeline's IR, as JSON
    pub(crate) ir: PathBuf,
    /// How rows are delivered to Kafka
    #[arg(long, value_enum, default_value_t = DeliveryArg::AtLeastOnce)]
    pub(crate) delivery: DeliveryArg,
}

#[derive(Debug, clap::Args)]
pub(crate) struct SubmissionArgs {
    /// The environment variable that holds the secret of an endpoint's option
    #[arg(long, value_name = "ENDPOINT:OPTION=VARIABLE", value_parser = secret)]
    pub(crate) secret: Vec<SecretArg>,
    /// An option of Flink's for this job
    #[arg(long, value_name = "KEY=VALUE", value_parser = setting)]
    pub(crate) set: Vec<(String, String)>,
    /// Waits until the job has ended
    #[arg(long)]
    pub(crate) wait: bool,
    /// Lets state of the savepoint be lost that no stage has any more
    #[arg(long)]
    pub(crate) drop_unclaimed_state: bool,
}

/// Where a secret is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SecretArg {
    pub(crate) endpoint: String,
    pub(crate) option: String,
    pub(crate) variable: String,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum DeliveryArg {
    ExactlyOnce,
    AtLeastOnce,
}

impl From<DeliveryArg> for Delivery {
    fn from(said: DeliveryArg) -> Self {
        match said {
            DeliveryArg::ExactlyOnce => Self::ExactlyOnce,
            DeliveryArg::AtLeastOnce => Self::AtLeastOnce,
        }
    }
}

fn setting(text: &str) -> Result<(String, String), String> {
    let (key, value) = text.split_once('=').ok_or("write KEY=VALUE")?;
    Ok((key.to_owned(), value.to_owned()))
}

fn secret(text: &str) -> Result<SecretArg, String> {
    // An endpoint may have a colon in its name; an option of Flink's has none.
    let parts = text.rsplit_once('=').and_then(|(name, variable)| Some((name.rsplit_once(':')?, variable)));
    let ((endpoint, option), variable) = parts.ok_or("write ENDPOINT:OPTION=VARIABLE")?;
    Ok(SecretArg { endpoint: endpoint.to_owned(), option: option.to_owned(), variable: variable.to_owned() })
}
