//! Several streams as one.

use super::aggregate::name;
use super::program::Lowering;
use super::stream::{Column, Stream, Time};
use crate::sql::{From, Item, Query, Select};
use crate::support::Limit;

impl Lowering<'_> {
    pub(super) fn union(&mut self, first: &Stream, others: &[Stream]) -> Stream {
        let all: Vec<&Stream> = std::iter::once(first).chain(others).collect();
        let time = if all.iter().all(|stream| stream.time == Time::Known) {
            Time::Known
        } else if all.iter().any(|stream| stream.time == Time::None) {
            Time::None
        } else {
            Time::Lost
        };
        // The types that times have in the first one, which the program knows nothing of.
        let columns: Vec<Column> = first.columns.iter().map(|column| Column::new(column.field.clone())).collect();
        let behind = all.iter().any(|stream| stream.behind);
        let selects = all.into_iter().map(|stream| self.part_of_union(stream, &columns, time)).collect();
        let view = self.view(Query::Union(selects));
        Stream { view, columns, more: Vec::new(), time, upsert: false, behind }
    }

    fn part_of_union(&mut self, stream: &Stream, columns: &[Column], time: Time) -> Select {
        let mut items: Vec<Item> = self.exprs(&stream.columns, None, |exprs| {
            let fields = stream.columns.iter().zip(columns);
            fields.map(|(own, to)| Item::new(exprs.column_as(own, &to.field.data_type), name(to))).collect()
        });
        items.extend(stream.time_item().filter(|_| time == Time::Known));
        Select::items(items, From::Table(stream.view.clone()))
    }

    /// Refuses what needs event time on Flink.
    pub(super) fn needs_time(&mut self, stream: &Stream) {
        if stream.time == Time::Lost {
            self.refuse(Limit::TimeLost, "");
        }
    }
}
