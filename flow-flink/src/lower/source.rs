//! Sources: a table, and a view of it whose columns are the record's fields.

use super::csv;
use super::program::Lowering;
use super::stream::{Stream, TIME, Time, columns, fresh};
use super::time;
use crate::sql::{Column, Expr, From, Item, Op, Query, Select, Table, Watermark};
use crate::support::Limit;
use flow::ir::document::Source;
use flow::ir::types::{DataType, Field};

fn physical(field: &Field) -> Column {
    // So that a value that is missing is never taken for another one.
    Column::Physical { name: field.name.clone(), data_type: field.data_type.clone(), nullable: true }
}

impl Lowering<'_> {
    pub(super) fn source(&mut self, source: &Source) -> Stream {
        let endpoint = &source.endpoint;
        let schema = &endpoint.schema;
        self.names_can_be_written(schema);
        let format = self.format(endpoint);
        let options = match endpoint.kind.as_str() {
            "kafka" => self.kafka_source(endpoint, source.watermark.is_some(), &format),
            "file" => self.file_source(endpoint, source.watermark.is_some(), &format),
            other => {
                self.refuse(Limit::Endpoint, other);
                Vec::new()
            }
        };
        let is_csv = csv::is(endpoint);
        let mut table_columns =
            if is_csv { csv::columns(schema) } else { schema.fields.iter().map(physical).collect() };
        let mut watermark = None;
        let clock = fresh(TIME, schema);
        if let Some(mark) = &source.watermark {
            let index = schema.index_of(&mark.field).unwrap_or_default();
            // A computed column cannot be reckoned from another one.
            let field = if is_csv { csv::value(schema, index) } else { Expr::column(&mark.field) };
            let (start, value) = match schema.fields[index].data_type {
                DataType::EpochMillis => (Expr::Integer(0), time::near(field.clone())),
                _ => (time::near(Expr::Integer(0)), field.clone()),
            };
            // A record without event time fails the job.
            let value = match self.from_1970 {
                true => Expr::case(Expr::infix(Op::Ge, field, start), value, Expr::Null.cast(DataType::Timestamp)),
                false => value,
            };
            table_columns.push(Column::Computed { name: clock.clone(), value });
            // Flink's watermark says that records of its own time may still come; ours, that none does.
            let delay_ms = i64::try_from(mark.delay_ms).unwrap_or(i64::MAX).saturating_add(1);
            self.can_reckon_with(delay_ms);
            watermark = Some(Watermark { column: clock.clone(), delay_ms });
        }
        let name = self.unique(&self.part.stage.clone());
        let table = Table { name: name.clone(), columns: table_columns, watermark, primary_key: Vec::new(), options };
        self.table(table);
        let time = if source.watermark.is_some() { Time::Known } else { Time::None };
        let stream =
            Stream { view: name, columns: columns(schema), more: Vec::new(), time, upsert: false, behind: false };
        self.renamed(stream, source, &clock)
    }

    /// The fields under names that mean nothing else, where some do.
    fn renamed(&mut self, stream: Stream, source: &Source, clock: &str) -> Stream {
        let schema = &source.endpoint.schema;
        let names: Vec<String> = stream.columns.iter().flat_map(|column| column.names()).map(str::to_owned).collect();
        if names.iter().zip(&schema.fields).all(|(name, field)| *name == field.name) {
            return stream;
        }
        let item = |(name, field): (&String, &flow::ir::types::Field)| Item::new(Expr::column(&field.name), name);
        let mut items: Vec<Item> = names.iter().zip(&schema.fields).map(item).collect();
        items.extend((stream.time == Time::Known).then(|| Item::new(Expr::column(clock), TIME)));
        let view = self.view(Query::Select(Select::items(items, From::Table(stream.view.clone()))));
        stream.with_view(view)
    }

    /// Refuses a length of time that SQL cannot add to another.
    pub(super) fn can_reckon_with(&mut self, millis: i64) {
        if millis.unsigned_abs() >= 1000 * 86_400_000 {
            self.refuse(Limit::LongTime, "");
        }
    }

    /// Refuses names that SQL has no way to write.
    pub(super) fn names_can_be_written(&mut self, schema: &flow::ir::types::Schema) {
        let mut rest = vec![schema];
        while let Some(next) = rest.pop() {
            for field in &next.fields {
                if field.name.contains(['\n', '\r']) {
                    self.refuse(Limit::NewlineInName, &field.name);
                }
                let mut inner = &field.data_type;
                while let DataType::Array(item) = inner {
                    inner = &item.data_type;
                }
                if let DataType::Row(schema) = inner {
                    rest.push(schema);
                }
            }
        }
    }
}
