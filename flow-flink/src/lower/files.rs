//! Files, by Flink's `filesystem`.

use super::csv;
use super::endpoints::{Options, option, text, with_format};
use super::program::Lowering;
use crate::support::Limit;
use flow::ir::document::Endpoint;

impl Lowering<'_> {
    pub(super) fn file_source(&mut self, endpoint: &Endpoint, timed: bool, format: &Options) -> Options {
        // Its watermarks are made by an operator of their own, which sends them with a clock, unless it is told otherwise.
        self.without_push_down |= timed;
        self.tasks(endpoint.parallelism);
        let path = text(endpoint, "path");
        if path.contains(['*', '?', '[']) {
            self.refuse(Limit::FilePattern, &path);
        }
        let mut options = self.files(endpoint);
        if csv::is(endpoint) {
            self.csv(endpoint, &mut options);
            return options;
        }
        with_format(&mut options, "format", format);
        options.push(option("json.fail-on-missing-field", "false"));
        options.push(option("json.ignore-parse-errors", "false"));
        options
    }

    pub(super) fn file_sink(&mut self, endpoint: &Endpoint, format: &Options) -> Options {
        self.tasks(endpoint.parallelism);
        let mut options = self.files(endpoint);
        if csv::is(endpoint) {
            self.csv(endpoint, &mut options);
            return options;
        }
        with_format(&mut options, "format", format);
        options.push(option("json.encode.decimal-as-plain-number", "true"));
        options
    }

    fn files(&mut self, endpoint: &Endpoint) -> Options {
        self.only(endpoint, if csv::is(endpoint) { &["path", "header", "delimiter"] } else { &["path"] });
        let path = text(endpoint, "path");
        if !path.starts_with('/') {
            self.refuse(Limit::FilePath, &path);
        }
        vec![option("connector", "filesystem"), option("path", format!("file://{path}"))]
    }
}
