//! Sources and sinks as the endpoints of a document.

use super::{Made, Planner, exactly};
use crate::connector;
use crate::graph::node::NodeId;
use crate::ir::document::{Chain, End, Endpoint, Input, Sink, Source};
use crate::ir::types::Schema;

impl Planner<'_> {
    pub(super) fn source(&mut self, id: NodeId, endpoint: &connector::Endpoint) -> Made {
        let schema = self.new_schema(id);
        let endpoint = self.endpoint(id, endpoint, schema.clone().unwrap_or_default());
        if self.graph.nodes[id].makes_time {
            self.refuse(id, "it sets watermarks itself", "let a watermark stage name the field that holds the time");
        }
        let source = Input::Source(Source { endpoint, watermark: None });
        Made { chain: Chain { source, operations: Vec::new() }, schema, time_field: None, upsert: false }
    }

    pub(super) fn sink(&mut self, id: NodeId, endpoint: &connector::Endpoint, made: Made) {
        let schema = made.schema.unwrap_or_default();
        if schema.is_tuple() && matches!(endpoint, connector::Endpoint::Described { format: Some(_), .. }) {
            self.refuse(id, "it is given tuples, which formats know no field names for", "map them into a record");
        }
        let endpoint = self.endpoint(id, endpoint, schema);
        self.ends.push(End { chain: made.chain, sink: Sink { endpoint, upsert: made.upsert } });
    }

    fn endpoint(&mut self, id: NodeId, endpoint: &connector::Endpoint, schema: Schema) -> Endpoint {
        let node = &self.graph.nodes[id];
        let mut written = Endpoint {
            schema,
            name: Some(self.names[id].to_string()),
            parallelism: exactly(node),
            origin: Some(self.origin(id).to_string()),
            ..Endpoint::default()
        };
        match endpoint {
            connector::Endpoint::Opaque { kind, remedy } => {
                self.refuse(id, &format!("`{kind}` lives in this process only"), remedy);
            }
            connector::Endpoint::Described { kind, format, options } => {
                let bad = options.keys().find(|name| crate::ir::is_secret(name) || crate::ir::is_reserved(name));
                if let Some(name) = bad {
                    let reason = format!("its option `{name}` has no place in an IR document");
                    self.refuse(id, &reason, "secrets are given to what runs the document");
                }
                (written.kind, written.format, written.options) = (kind.clone(), format.clone(), options.clone());
            }
        }
        written
    }
}
