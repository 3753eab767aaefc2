//! Which stage an operator of Flink's comes from.

use std::sync::Arc;

use crate::{Part, Script, StatementKind};

/// The tables of a script, by the name that Flink's metrics have, with the stages that they come from.
#[derive(Clone, Debug, Default)]
pub(crate) struct Stages(Arc<[(String, Part)]>);

impl Stages {
    pub(crate) fn of(script: &Script) -> Self {
        let tables = script.statements.iter().filter(|statement| statement.kind == StatementKind::Table);
        let known = tables.filter_map(|table| Some((plain(&first_name(&table.text)?), table.parts.first()?.clone())));
        Self(known.collect())
    }

    /// The stage of an operator, as metrics name it: `Source__orders[1]`, `revenue[3]__Writer`. Where Flink has made several operators of a stage, or one
    /// of several, there is none.
    pub(crate) fn part(&self, operator: &str) -> Option<&Part> {
        let table = operator.strip_prefix("Source__").or_else(|| operator.strip_suffix("__Writer"))?;
        // Kafka's names its table with all that the name is in, and no number.
        let table = match table.strip_prefix("KafkaSource-default_catalog_default_database_") {
            Some(table) => table,
            None => table.rsplit_once('[').map_or(table, |(table, _)| table),
        };
        self.0.iter().find(|(name, _)| name == table).map(|(_, part)| part)
    }
}

/// The first name in back-ticks: a table's, where one is made.
pub(crate) fn first_name(text: &str) -> Option<String> {
    let rest = &text[text.find('`')? + 1..];
    let mut name = String::new();
    let mut chars = rest.chars().peekable();
    while let Some(c) = chars.next() {
        if c == '`' && chars.next_if_eq(&'`').is_none() {
            return Some(name);
        }
        name.push(c);
    }
    None
}

/// As Flink's metrics write a name.
fn plain(name: &str) -> String {
    name.replace([' ', '.', ':', ','], "_")
}

#[cfg(test)]
mod tests {
    use super::Stages;
    use crate::{Part, Script, Statement, StatementKind};

    #[test]
    fn operators_find_their_stages() {
        let statement = |kind, text: &str, stage: &str| {
            let part = Part { stage: stage.to_owned(), pointer: "/nodes/0".to_owned(), origin: None };
            Statement { kind, text: text.to_owned(), parts: vec![part] }
        };
        let statements = vec![
            statement(StatementKind::Table, "CREATE TEMPORARY TABLE `my.or-d``ers[1]: ä/x` (`id` BIGINT)", "orders"),
            statement(StatementKind::View, "CREATE TEMPORARY VIEW `large` AS SELECT 1", "large"),
            statement(StatementKind::Table, "CREATE TEMPORARY TABLE `rev` (`id` BIGINT)", "revenue"),
        ];
        let script = Script { job_name: "a".to_owned(), settings: Vec::new(), statements };
        let stages = Stages::of(&script);
        let check = |operator: &str, stage: Option<&str>| {
            assert_eq!(stages.part(operator).map(|part| part.stage.as_str()), stage, "{operator}");
        };
        check("Source__my_or-d`ers[1]__ä/x[23]", Some("orders"));
        check("Source__KafkaSource-default_catalog_default_database_my_or-d`ers[1]__ä/x", Some("orders"));
        check("rev[3]__Writer", Some("revenue"));
        check("Source__large[2]", None);
        check("Calc[24]", None);
        check("rev[3]", None);
    }
}
