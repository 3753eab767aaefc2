//! The one place that writes Flink SQL. Names and literals are quoted here and nowhere else.

use super::query::{Column, From, Insert, Item, Join, Projection, Query, Select, Statement, Table, Unnest, Window};
use super::{Expr, Op};
use flow::ir::types::DataType;
use flow::ir::window::{JoinKind, WindowShape};
use std::fmt::{self, Display, Formatter, Write};

const INDENT: &str = "  ";
const ATOM: u8 = 9;

/// A name in back-ticks.
struct Name<'a>(&'a str);

/// A string in quotes.
struct Quoted<'a>(&'a str);

/// A type: inside of others everything may be NULL.
struct Type<'a>(&'a DataType);

/// A length of time as a literal, in the longest unit that it is whole in.
struct Interval(i64);

/// An expression within one that binds so tightly.
struct Within<'a>(&'a Expr, u8);

/// Items with commas between.
struct List<'a, T>(&'a [T]);

impl Display for Name<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`", self.0.replace('`', "``"))
    }
}

impl Display for Quoted<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "'{}'", self.0.replace('\'', "''"))
    }
}

impl<T: Display> Display for List<'_, T> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for (i, item) in self.0.iter().enumerate() {
            f.write_str(if i == 0 { "" } else { ", " })?;
            item.fmt(f)?;
        }
        Ok(())
    }
}

impl Display for Type<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.0 {
            DataType::EpochMillis => f.write_str("BIGINT"),
            DataType::Array(item) => write!(f, "ARRAY<{}>", Type(&item.data_type)),
            DataType::Row(schema) => {
                f.write_str("ROW<")?;
                for (i, field) in schema.fields.iter().enumerate() {
                    let comma = if i == 0 { "" } else { ", " };
                    write!(f, "{comma}{} {}", Name(&field.name), Type(&field.data_type))?;
                }
                f.write_str(">")
            }
            simple => simple.fmt(f),
        }
    }
}

impl Display for Interval {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let units = [(86_400_000, "DAY"), (3_600_000, "HOUR"), (60_000, "MINUTE"), (1000, "SECOND")];
        let sign = if self.0 < 0 { "-" } else { "" };
        let length = self.0.unsigned_abs();
        match units.into_iter().find(|(unit, _)| length != 0 && length.is_multiple_of(*unit)) {
            // Two digits are what a unit has unless it is said, and in most places only days may have more.
            Some((unit, name)) if length / unit < 100 => write!(f, "INTERVAL '{sign}{}' {name}", length / unit),
            None if length < 100_000 => write!(f, "INTERVAL '{sign}{}.{:03}' SECOND", length / 1000, length % 1000),
            _ => {
                let of = |unit: u64, most: u64| length / unit % most;
                let (days, hours, minutes) = (length / 86_400_000, of(3_600_000, 24), of(60_000, 60));
                write!(f, "INTERVAL '{sign}{days} {hours:02}:{minutes:02}:{:02}.{:03}' ", of(1000, 60), of(1, 1000))?;
                match days {
                    0..100 => f.write_str("DAY TO SECOND(3)"),
                    100..1000 => f.write_str("DAY(3) TO SECOND(3)"),
                    _ => f.write_str("DAY(10) TO SECOND(3)"),
                }
            }
        }
    }
}

impl Op {
    fn symbol(self) -> (&'static str, u8) {
        match self {
            Self::Or => ("OR", 1),
            Self::And => ("AND", 2),
            Self::Eq => ("=", 4),
            Self::Ne => ("<>", 4),
            Self::Lt => ("<", 4),
            Self::Le => ("<=", 4),
            Self::Gt => (">", 4),
            Self::Ge => (">=", 4),
            Self::Add => ("+", 5),
            Self::Sub => ("-", 5),
            Self::Mul => ("*", 6),
            Self::Div => ("/", 6),
            Self::Rem => ("%", 6),
            Self::Join => ("||", 5),
        }
    }
}

fn strength(expr: &Expr) -> u8 {
    match expr {
        Expr::Infix(op, ..) => op.symbol().1,
        Expr::Not(_) | Expr::IsNull(_) | Expr::IsNotNull(_) => 3,
        Expr::Negative(_) => 7,
        Expr::Integer(value) if *value < 0 => 7,
        Expr::Double(value) if value.is_sign_negative() => 7,
        _ => ATOM,
    }
}

impl Display for Within<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if strength(self.0) < self.1 { write!(f, "({})", self.0) } else { self.0.fmt(f) }
    }
}

impl Display for Expr {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Column(name) => Name(name).fmt(f),
            Self::Of(input, name) => write!(f, "{input}.{}", Name(name)),
            Self::Field(row, name) => write!(f, "({row}).{}", Name(name)),
            Self::Null => f.write_str("NULL"),
            Self::Bool(value) => f.write_str(if *value { "TRUE" } else { "FALSE" }),
            Self::Integer(value) => value.fmt(f),
            Self::Double(value) => write!(f, "{value:e}"),
            Self::Text(text) => Quoted(text).fmt(f),
            Self::Bytes(bytes) => {
                f.write_str("X'")?;
                bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}"))?;
                f.write_str("'")
            }
            Self::Interval(millis) => Interval(*millis).fmt(f),
            Self::Call(name, args) => write!(f, "{name}({})", List(args)),
            Self::Infix(op, a, b) => {
                let (symbol, own) = op.symbol();
                // A comparison within a comparison stands in parentheses on both sides.
                let left = if own == 4 { 5 } else { own };
                write!(f, "{} {symbol} {}", Within(a, left), Within(b, own + 1))
            }
            Self::Not(a) => write!(f, "NOT {}", Within(a, ATOM)),
            Self::Negative(a) => write!(f, "-{}", Within(a, ATOM)),
            Self::IsNull(a) => write!(f, "{} IS NULL", Within(a, ATOM)),
            Self::IsNotNull(a) => write!(f, "{} IS NOT NULL", Within(a, ATOM)),
            Self::Cast(a, to) => write!(f, "CAST({a} AS {})", Type(to)),
            Self::Case(branches, last) => {
                f.write_str("CASE")?;
                branches.iter().try_for_each(|(when, then)| write!(f, " WHEN {when} THEN {then}"))?;
                write!(f, " ELSE {last} END")
            }
            Self::Extract(part, a) => write!(f, "EXTRACT({part} FROM {a})"),
            Self::Position(part, text) => write!(f, "POSITION({} IN {})", Within(part, 5), Within(text, 5)),
            Self::Aggregate { function, distinct, operand, filter } => {
                let distinct = if *distinct { "DISTINCT " } else { "" };
                match operand {
                    Some(operand) => write!(f, "{function}({distinct}{operand})")?,
                    None => write!(f, "{function}(*)")?,
                }
                filter.as_ref().map_or(Ok(()), |filter| write!(f, " FILTER (WHERE {filter})"))
            }
            Self::RowNumber { partition, order, descending } => {
                let direction = if *descending { "DESC" } else { "ASC" };
                write!(f, "ROW_NUMBER() OVER (PARTITION BY {} ORDER BY {order} {direction})", List(partition))
            }
        }
    }
}

impl Display for Item {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match &self.value {
            Expr::Column(name) if *name == self.name => Name(name).fmt(f),
            value => write!(f, "{value} AS {}", Name(&self.name)),
        }
    }
}

/// What writes lines that are indented.
struct Writer {
    out: String,
    depth: usize,
}

impl Writer {
    fn line(&mut self, text: impl Display) {
        if !self.out.is_empty() {
            self.out.push('\n');
            self.out.extend(std::iter::repeat_n(INDENT, self.depth));
        }
        let _ = write!(self.out, "{text}");
    }

    fn within(&mut self, write: impl FnOnce(&mut Self)) {
        self.depth += 1;
        write(self);
        self.depth -= 1;
    }

    /// Lines with commas behind all but the last.
    fn lines<T: Display>(&mut self, items: &[T]) {
        for (i, item) in items.iter().enumerate() {
            self.line(format_args!("{item}{}", if i + 1 < items.len() { "," } else { "" }));
        }
    }

    fn query(&mut self, query: &Query) {
        match query {
            Query::Select(select) => self.select(select),
            Query::Union(all) => {
                for (i, select) in all.iter().enumerate() {
                    if i > 0 {
                        self.line("UNION ALL");
                    }
                    self.select(select);
                }
            }
        }
    }

    fn select(&mut self, select: &Select) {
        match &select.items {
            Projection::All => self.line("SELECT *"),
            Projection::Items(items) => {
                self.line("SELECT");
                self.within(|to| to.lines(items));
            }
        }
        self.line("FROM ");
        self.from(&select.from);
        if let Some(filter) = &select.filter {
            self.line(format_args!("WHERE {filter}"));
        }
        if !select.group_by.is_empty() {
            self.line(format_args!("GROUP BY {}", List(&select.group_by)));
        }
    }

    fn from(&mut self, from: &From) {
        match from {
            From::Table(name) => {
                let _ = write!(self.out, "{}", Name(name));
            }
            From::Window(window) => {
                let _ = write!(self.out, "TABLE({window})");
            }
            From::Query(select) => {
                self.out.push('(');
                self.within(|to| to.select(select));
                self.line(")");
            }
            From::Join(join) => self.join(join),
            From::Unnest(unnest) => self.unnest(unnest),
        }
    }

    fn unnest(&mut self, Unnest { input, list, names }: &Unnest) {
        let names: Vec<Name<'_>> = names.iter().map(|name| Name(name)).collect();
        self.from(input);
        self.out.push_str(" AS l");
        self.line(format_args!("CROSS JOIN UNNEST({list}) AS r ({})", List(&names)));
    }

    fn join(&mut self, join: &Join) {
        let kind = match join.kind {
            JoinKind::Inner => "INNER",
            JoinKind::Left => "LEFT",
            JoinKind::Right => "RIGHT",
            JoinKind::Full => "FULL",
        };
        self.from(&join.left);
        self.out.push_str(" AS l");
        self.line(format_args!("{kind} JOIN "));
        self.from(&join.right);
        let _ = write!(self.out, " AS r ON {}", join.on);
    }

    fn statement(&mut self, statement: &Statement) {
        match statement {
            Statement::Table(table) => self.table(table),
            Statement::View { name, query } => {
                self.line(format_args!("CREATE TEMPORARY VIEW {} AS", Name(name)));
                self.query(query);
            }
            Statement::Insert(inserts) => match &inserts[..] {
                [one] => self.insert(one),
                several => {
                    self.line("EXECUTE STATEMENT SET");
                    self.line("BEGIN");
                    for insert in several {
                        self.insert(insert);
                        self.out.push(';');
                    }
                    self.line("END");
                }
            },
        }
    }

    fn insert(&mut self, Insert { table, query, last_of_key }: &Insert) {
        self.line(format_args!("INSERT INTO {}", Name(table)));
        self.query(query);
        if *last_of_key {
            self.line("ON CONFLICT DO DEDUPLICATE");
        }
    }

    fn table(&mut self, table: &Table) {
        self.line(format_args!("CREATE TEMPORARY TABLE {} (", Name(&table.name)));
        let mut lines: Vec<String> = table.columns.iter().map(ToString::to_string).collect();
        if let Some(watermark) = &table.watermark {
            let (column, delay) = (Name(&watermark.column), Interval(watermark.delay_ms));
            lines.push(format!("WATERMARK FOR {column} AS {column} - {delay}"));
        }
        if !table.primary_key.is_empty() {
            let key: Vec<Name<'_>> = table.primary_key.iter().map(|name| Name(name)).collect();
            lines.push(format!("PRIMARY KEY ({}) NOT ENFORCED", List(&key)));
        }
        self.within(|to| to.lines(&lines));
        self.line(") WITH (");
        let options: Vec<String> =
            table.options.iter().map(|(key, value)| format!("{} = {}", Quoted(key), Quoted(value))).collect();
        self.within(|to| to.lines(&options));
        self.line(")");
    }
}

impl Display for Column {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Physical { name, data_type, nullable } => {
                write!(f, "{} {}{}", Name(name), Type(data_type), if *nullable { "" } else { " NOT NULL" })
            }
            Self::Computed { name, value } => write!(f, "{} AS {value}", Name(name)),
        }
    }
}

impl Display for Window {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let (name, lengths) = match self.shape {
            WindowShape::Tumbling { size } => ("TUMBLE", vec![size]),
            WindowShape::Sliding { size, every } => ("HOP", vec![every, size]),
            WindowShape::Session { gap } => ("SESSION", vec![gap]),
        };
        write!(f, "{name}(TABLE {}", Name(&self.table))?;
        if !self.partition.is_empty() {
            let names: Vec<Name<'_>> = self.partition.iter().map(|name| Name(name)).collect();
            write!(f, " PARTITION BY ({})", List(&names))?;
        }
        write!(f, ", DESCRIPTOR({})", Name(&self.time))?;
        let offset = (self.offset != 0).then_some(self.offset);
        lengths.into_iter().chain(offset).try_for_each(|length| write!(f, ", {}", Interval(length)))?;
        f.write_str(")")
    }
}

/// The text of a statement, without a semicolon.
impl Display for Statement {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let mut writer = Writer { out: String::new(), depth: 0 };
        writer.statement(self);
        f.write_str(&writer.out)
    }
}
