//! What endpoints of all kinds have in common: formats, and the types that they hold.

use super::csv;
use super::program::Lowering;
use crate::support::Limit;
use flow::ir::document::Endpoint;
use serde_json::Value as Json;

/// A table's options.
pub(super) type Options = Vec<(String, String)>;

pub(super) fn option(key: impl Into<String>, value: impl Into<String>) -> (String, String) {
    (key.into(), value.into())
}

impl Lowering<'_> {
    /// The options of an endpoint's format, under the names of the format itself.
    pub(super) fn format(&mut self, endpoint: &Endpoint) -> Options {
        if endpoint.format.as_deref() != Some("json") && !csv::is(endpoint) {
            let name = endpoint.format.clone().unwrap_or_default();
            self.refuse(Limit::Format, &name);
        }
        vec![option("timestamp-format.standard", "ISO-8601")]
    }

    /// Refuses options that are not among those that are translated.
    pub(super) fn only(&mut self, endpoint: &Endpoint, known: &[&str]) {
        for name in endpoint.options.keys().filter(|name| !known.contains(&name.as_str())) {
            self.refuse(Limit::EndpointOption, name);
        }
    }
}

/// An option that is text.
pub(super) fn text(endpoint: &Endpoint, name: &str) -> String {
    endpoint.options.get(name).and_then(Json::as_str).unwrap_or_default().to_owned()
}

/// The format's options behind its name.
pub(super) fn with_format(options: &mut Options, key: &str, format: &Options) {
    options.push(option(key, "json"));
    let prefix = key.strip_suffix("format").unwrap_or_default();
    options.extend(format.iter().map(|(name, value)| option(format!("{prefix}json.{name}"), value)));
}
