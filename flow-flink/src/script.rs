//! What a pipeline is on Flink: settings of the session, and statements in their order.

/// A pipeline as Flink SQL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Script {
    /// The pipeline's name, which the job has too.
    pub job_name: String,
    /// What is set for the session.
    pub settings: Vec<Setting>,
    /// Tables and views, and last the one statement that starts the job.
    pub statements: Vec<Statement>,
}

/// An option of Flink's, as `SET 'key' = 'value'` sets it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    /// The option's name.
    pub key: String,
    /// Its value.
    pub value: String,
}

/// One statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// What it does.
    pub kind: StatementKind,
    /// Its text, without a semicolon. A secret stands in it as a placeholder.
    pub text: String,
    /// The stages that it comes from, the most telling one first.
    pub parts: Vec<Part>,
}

/// What a statement does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum StatementKind {
    /// Makes a temporary table: a source or a sink.
    Table,
    /// Makes a temporary view: a stream.
    View,
    /// Starts the job: an `INSERT`, or a statement set of several.
    Insert,
}

/// A stage of the definition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// The stage's name, or what it does when it has none.
    pub stage: String,
    /// Where it stands in the IR, as a JSON pointer.
    pub pointer: String,
    /// Where it was written in the user's program, if that is known.
    pub origin: Option<String>,
}

/// What stands in a statement for the secret value of an endpoint's option: `${secret:orders:properties.sasl.jaas.config}`.
///
/// It is the whole of a string literal in a statement that makes a table; elsewhere it is text like any other.
///
/// ```
/// assert_eq!(flow_flink::placeholder("orders", "token"), "${secret:orders:token}");
/// ```
#[must_use]
pub fn placeholder(endpoint: &str, option: &str) -> String {
    format!("${{secret:{endpoint}:{option}}}")
}
