//! JSON into an IR document, strictly, and the laws of its structure.

use std::collections::BTreeMap;

use serde_json::Value as Json;
use sha2::{Digest, Sha256};

use super::document::{
    Chain, End, Endpoint, Input, Ir, MAX_TASKS, Metadata, RESERVED, Ref, Sink, Source, VERSION, Watermark,
};
use super::json::{self, At};
use super::read_operation::stage;
use super::types::Schema;
use crate::error::Error;

impl Ir {
    /// Reads a document.
    ///
    /// # Errors
    ///
    /// When the text is no IR of this version: what is wrong, where (as a JSON pointer), and what to do. Texts over the caps
    /// on size, depth and count are refused before they are looked at.
    ///
    /// ```
    /// let error = flow::ir::Ir::from_json(r#"{"irVersion": "2"}"#).unwrap_err();
    /// assert_eq!(error.message(), "at /irVersion: this is IR version `2`, and 1 is what can be read");
    /// ```
    pub fn from_json(text: &str) -> Result<Self, Error> {
        let value = json::parse(text)?;
        let ir = document(&At::root(&value))?;
        ir.check_structure()?;
        let (given, hash) = (&ir.metadata.job_id, ir.hash());
        if given.is_empty() {
            return Ok(ir.with_job_id());
        }
        if *given != hash {
            return Err(json::at("/metadata/jobId", "the job id is not the hash of the document")
                .help("leave `jobId` out of a document that is written or changed by hand"));
        }
        Ok(ir)
    }

    /// The document as JSON, indented.
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).unwrap_or_default()
    }

    /// The hash of everything but the job id.
    pub(crate) fn hash(&self) -> String {
        let metadata = Metadata { job_id: String::new(), ..self.metadata.clone() };
        let text = serde_json::to_string(&Self { metadata, ..self.clone() }).unwrap_or_default();
        Sha256::digest(text.as_bytes()).iter().take(16).map(|byte| format!("{byte:02x}")).collect()
    }

    /// The same document with the job id that its content has.
    #[must_use]
    pub fn with_job_id(mut self) -> Self {
        self.metadata.job_id = self.hash();
        self
    }
}

fn document(at: &At<'_>) -> Result<Ir, Error> {
    let root = at.object()?;
    let Some(version) = at.get("irVersion")? else {
        let foreign = root.contains_key("source") || root.contains_key("operations");
        let help = if foreign { "FlinkDotnet's JSON has no version and is another format" } else { "write \"1\"" };
        return Err(at.wrong("the field `irVersion` is missing").help(help));
    };
    if version.str()? != VERSION {
        let found: String = version.str()?.chars().take(20).collect();
        return Err(version.wrong(format_args!("this is IR version `{found}`, and {VERSION} is what can be read")));
    }
    at.only(&["irVersion", "metadata", "streams", "source", "operations", "sink", "sinks"])?;
    let mut streams = BTreeMap::new();
    if let Some(named) = at.get("streams")? {
        for (name, stream) in named.entries()? {
            streams.insert(name.to_owned(), chain(&stream)?);
        }
    }
    let ends = match at.get("sinks")? {
        None => vec![End { chain: chain_of(at)?, sink: sink(&at.need("sink")?)? }],
        Some(_) if ["source", "operations", "sink"].iter().any(|name| root.contains_key(*name)) => {
            return Err(at
                .wrong("`sinks` stands beside `source`, `operations` or `sink`")
                .help("a document has either one chain and its sink, or `sinks`"));
        }
        Some(sinks) => sinks.items()?.iter().map(end).collect::<Result<_, _>>()?,
    };
    Ok(Ir { metadata: metadata(&at.need("metadata")?)?, streams, ends })
}

fn metadata(at: &At<'_>) -> Result<Metadata, Error> {
    at.only(&["jobId", "jobName", "version", "description", "parallelism", "idleTimeoutMs", "properties"])?;
    let mut properties = BTreeMap::new();
    for (name, value) in at.get("properties")?.map(|at| at.entries()).transpose()?.unwrap_or_default() {
        no_secret(name, &value)?;
        properties.insert(name.to_owned(), value.str()?.to_owned());
    }
    Ok(Metadata {
        job_id: at.string_if("jobId")?.unwrap_or_default(),
        job_name: at.string("jobName")?,
        version: at.string_if("version")?,
        description: at.string_if("description")?,
        parallelism: parallelism(at)?.unwrap_or(1),
        idle_timeout_ms: at.number_if("idleTimeoutMs", 1)?,
        properties,
    })
}

pub(super) fn parallelism(at: &At<'_>) -> Result<Option<usize>, Error> {
    let number = at.number_if("parallelism", 1)?;
    let tasks = number.map(|n| usize::try_from(n).unwrap_or(usize::MAX));
    match tasks {
        Some(tasks) if tasks > MAX_TASKS => {
            Err(at.wrong(format_args!("a parallelism above {MAX_TASKS}")).help(format!("use {MAX_TASKS} or less")))
        }
        tasks => Ok(tasks),
    }
}

/// A nested chain: an object of `source` and `operations`.
pub(super) fn chain(at: &At<'_>) -> Result<Chain, Error> {
    at.only(&["source", "operations"])?;
    chain_of(at)
}

fn chain_of(at: &At<'_>) -> Result<Chain, Error> {
    let source = input(&at.need("source")?)?;
    let operations = at.get("operations")?.map(|at| at.items()).transpose()?.unwrap_or_default();
    Ok(Chain { source, operations: operations.iter().map(stage).collect::<Result<_, _>>()? })
}

fn end(at: &At<'_>) -> Result<End, Error> {
    at.only(&["source", "operations", "sink"])?;
    Ok(End { chain: chain_of(at)?, sink: sink(&at.need("sink")?)? })
}

fn input(at: &At<'_>) -> Result<Input, Error> {
    if at.string("type")? == "ref" {
        at.only(&["type", "stream", "output"])?;
        return Ok(Input::Ref(Ref { stream: at.string("stream")?, output: at.string_if("output")? }));
    }
    refuse(at, &["upsert"])?;
    let watermark = at.get("watermark")?.map(|at| {
        at.only(&["field", "delayMs", "name"])?;
        let delay_ms = at.number_if("delayMs", 0)?.unwrap_or(0);
        Ok::<_, Error>(Watermark { field: at.string("field")?, delay_ms, name: at.string_if("name")? })
    });
    Ok(Input::Source(Source { endpoint: endpoint(at)?, watermark: watermark.transpose()? }))
}

fn sink(at: &At<'_>) -> Result<Sink, Error> {
    refuse(at, &["watermark"])?;
    Ok(Sink { endpoint: endpoint(at)?, upsert: at.flag("upsert")? })
}

fn refuse(at: &At<'_>, names: &[&str]) -> Result<(), Error> {
    match names.iter().find(|name| at.object().is_ok_and(|fields| fields.contains_key(**name))) {
        None => Ok(()),
        Some(name) => Err(at.wrong(format_args!("unknown field `{name}`"))),
    }
}

fn endpoint(at: &At<'_>) -> Result<Endpoint, Error> {
    let mut options = BTreeMap::new();
    for (name, value) in at.entries()? {
        if !RESERVED.contains(&name) {
            no_secret(name, &value)?;
            options.insert(name.to_owned(), value.value.clone());
        }
    }
    Ok(Endpoint {
        kind: at.string("type")?,
        options,
        format: at.string_if("format")?,
        schema: schema(&at.need("schema")?)?,
        name: at.string_if("name")?,
        parallelism: parallelism(at)?,
        origin: None,
    })
}

/// Options whose names are those of secrets are refused, on whatever level they stand.
fn no_secret(name: &str, at: &At<'_>) -> Result<(), Error> {
    if is_secret(name) {
        return Err(at.wrong("a secret has no place in an IR document").help("give it to what runs the document"));
    }
    match at.value {
        Json::Object(_) => at.entries()?.iter().try_for_each(|(name, value)| no_secret(name, value)),
        Json::Array(_) => at.items()?.iter().try_for_each(|item| no_secret("", item)),
        _ => Ok(()),
    }
}

/// Whether what has this name is likely to be a secret.
pub(crate) fn is_secret(name: &str) -> bool {
    let plain: String = name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    ["password", "passwd", "secret", "token", "credential", "apikey", "privatekey", "jaasconfig"]
        .iter()
        .any(|part| plain.contains(part))
}

/// Whether the name is not an option's.
pub(crate) fn is_reserved(name: &str) -> bool {
    RESERVED.contains(&name)
}

pub(super) fn schema(at: &At<'_>) -> Result<Schema, Error> {
    let schema: Schema = at.read()?;
    check_names(at, schema.fields.iter().map(|f| f.name.as_str()))?;
    Ok(schema)
}

/// Names of fields: at least one, none empty, none twice.
pub(super) fn check_names<'n>(at: &At<'_>, names: impl Iterator<Item = &'n str>) -> Result<(), Error> {
    let mut seen = std::collections::HashSet::new();
    for name in names {
        if name.is_empty() || !seen.insert(name) {
            let what = if name.is_empty() {
                "a field without a name".into()
            } else {
                format!("the field `{name}` stands twice")
            };
            return Err(at.wrong(what));
        }
    }
    if seen.is_empty() { Err(at.wrong("a record without fields")) } else { Ok(()) }
}

impl std::str::FromStr for Ir {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        Self::from_json(text)
    }
}
