//! Sinks: a table, and what is inserted into it.

use super::aggregate::KEY;
use super::csv;
use super::program::Lowering;
use super::stream::{Stream, fresh};
use crate::sql::{Column, Expr, From, Insert, Item, Query, Select, Table};
use crate::support::Limit;
use flow::ir::document::Sink;
use flow::ir::types::{DataType, Field};

impl Lowering<'_> {
    pub(super) fn sink(&mut self, sink: &Sink, input: &Stream) {
        let endpoint = &sink.endpoint;
        self.names_can_be_written(&endpoint.schema);
        let format = self.format(endpoint);
        let options = match (endpoint.kind.as_str(), sink.upsert) {
            ("kafka", upsert) => self.kafka_sink(endpoint, &format, upsert),
            ("file", false) => self.file_sink(endpoint, &format),
            ("file", true) => {
                self.refuse(Limit::UpsertFile, "");
                Vec::new()
            }
            (other, _) => {
                self.refuse(Limit::Endpoint, other);
                Vec::new()
            }
        };
        let is_csv = csv::is(endpoint);
        let physical = |field: &Field| Column::Physical {
            name: field.name.clone(),
            data_type: if is_csv { DataType::String } else { field.data_type.clone() },
            nullable: field.nullable,
        };
        let mut columns: Vec<Column> = endpoint.schema.fields.iter().map(physical).collect();
        let fields = input.columns.iter().zip(&endpoint.schema.fields);
        let mut items: Vec<Item> = self.exprs(&input.columns, None, |exprs| {
            let item = |(column, field): (&super::stream::Column, &Field)| {
                let value = exprs.column_as(column, &field.data_type);
                let value = if is_csv { csv::text(value, field) } else { value };
                Item::new(value, &field.name)
            };
            fields.map(item).collect()
        });
        let mut primary_key = Vec::new();
        if input.upsert {
            let key = fresh(KEY, &endpoint.schema);
            columns.insert(0, Column::Physical { name: key.clone(), data_type: DataType::String, nullable: false });
            items.insert(0, Item::new(Expr::column(KEY), &key));
            primary_key.push(key);
        }
        let name = self.unique(&self.part.stage.clone());
        self.table(Table { name: name.clone(), columns, watermark: None, primary_key, options });
        let query = Query::Select(Select::items(items, From::Table(input.view.clone())));
        // A key that is constant, or of no records at all, is none to the planner, which then wants to be told what is to happen.
        self.insert(Insert { table: name, query, last_of_key: input.upsert });
    }
}
