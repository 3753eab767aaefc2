//! The listed functions.

use super::expr::{Exprs, Lowered, is_or_else, may_fail};
use super::literal::is_literal;
use crate::sql::{Expr, Op};
use crate::support::Limit;
use flow::ir::expr::Function;
use flow::ir::typed::{Node, Typed};
use flow::ir::types::DataType;
use flow::ir::value::Value;

/// The most characters of a string.
const MOST: i64 = i32::MAX as i64;

impl Exprs<'_> {
    pub(super) fn call(&mut self, function: Function, args: &[Typed], data_type: &DataType) -> Lowered {
        let of = |sql: Expr, data_type: DataType| Lowered { sql, data_type };
        match function {
            f if is_or_else(f) => return self.or_else(&args[0], &args[1]),
            Function::Min2 | Function::Max2 => return self.extreme(function, &args[0], &args[1]),
            Function::PlusMillis => {
                let by = self.bare(&args[1]).unwrap_or_else(|| self.value(&args[1]).sql);
                return of(Expr::infix(Op::Add, self.millis(&args[0]), by), DataType::EpochMillis);
            }
            Function::FromMillis => return of(self.value(&args[0]).sql, DataType::EpochMillis),
            _ => {}
        }
        let sql = match function {
            Function::IsSome => self.presence(&args[0]),
            Function::IsNone => match self.presence(&args[0]) {
                Expr::IsNotNull(value) => Expr::IsNull(value),
                other => Expr::Not(Box::new(other)),
            },
            Function::Millis => self.millis(&args[0]),
            Function::Year | Function::Month | Function::Day => self.part(function, &args[0]),
            Function::Hour | Function::Minute | Function::Second => self.part(function, &args[0]),
            Function::FormatDate => self.date(&args[0]),
            Function::Sqrt => {
                self.refuse(Limit::Sqrt, "");
                Expr::Null
            }
            Function::Abs => Expr::Call("ABS", vec![self.value(&args[0]).sql]),
            Function::Floor => Expr::Call("FLOOR", vec![self.value(&args[0]).sql]),
            Function::Ceil => Expr::Call("CEIL", vec![self.value(&args[0]).sql]),
            _ => self.text(function, args),
        };
        of(sql, data_type.clone())
    }

    fn text(&mut self, function: Function, args: &[Typed]) -> Expr {
        let texts: Vec<Expr> = match function {
            Function::Substring | Function::ToString => Vec::new(),
            _ => args.iter().map(|arg| self.bare(arg).unwrap_or_else(|| self.value(arg).sql)).collect(),
        };
        match function {
            Function::CharCount => Expr::Call("CHAR_LENGTH", texts).cast(DataType::I64),
            Function::Lower => Expr::Call("LOWER", texts),
            Function::Upper => Expr::Call("UPPER", texts),
            Function::Trim => Expr::Call("TRIM", texts),
            Function::StartsWith => Expr::Call("STARTSWITH", texts),
            Function::EndsWith => Expr::Call("ENDSWITH", texts),
            Function::Contains => {
                let [text, part] = two(texts);
                Expr::infix(Op::Gt, Expr::Position(Box::new(part), Box::new(text)), Expr::Integer(0))
            }
            Function::Concat => match &texts[..] {
                [_] => self.value(&args[0]).sql,
                _ => Expr::Call("CONCAT", texts),
            },
            Function::Replace => replaced(texts, &args[1]),
            Function::Substring => self.substring(args),
            Function::Matches => {
                let [text, pattern] = two(texts);
                let Expr::Text(pattern) = pattern else { return Expr::Null };
                Expr::Call("REGEXP", vec![text, Expr::Text(pattern_of(&pattern))])
            }
            Function::ToString => self.digits(&args[0]),
            // All others are dealt with where this is called.
            _ => Expr::Null,
        }
    }

    fn digits(&mut self, arg: &Typed) -> Expr {
        let value = self.value(arg).sql;
        match arg.ty.data_type {
            DataType::Bool => {
                let word = |text| Expr::text(text).cast(DataType::String);
                Expr::case(value, word("true"), word("false"))
            }
            _ => value.cast(DataType::String),
        }
    }

    /// `text.chars().skip(n).take(m)`; a negative number is a huge one.
    fn substring(&mut self, args: &[Typed]) -> Expr {
        let text = self.value(&args[0]).sql;
        let empty = || Expr::text("").cast(DataType::String);
        let fixed = |arg: &Typed| match arg.node {
            Node::Literal(Value::I64(v)) => Some(if (0..MOST).contains(&v) { v } else { MOST }),
            _ => None,
        };
        let out_of = |value: Expr, most: i64| {
            let (low, high) =
                (Expr::infix(Op::Lt, value.clone(), Expr::Integer(0)), Expr::infix(Op::Ge, value, Expr::Integer(most)));
            Expr::infix(Op::Or, low, high)
        };
        let take = match fixed(&args[2]) {
            Some(take) => Expr::Integer(take),
            None => {
                let take = self.value(&args[2]).sql;
                Expr::case(out_of(take.clone(), MOST), Expr::Integer(MOST), take.cast(DataType::I32))
            }
        };
        match fixed(&args[1]) {
            Some(MOST) => empty(),
            Some(skip) => Expr::Call("SUBSTRING", vec![text, Expr::Integer(skip + 1), take]),
            None => {
                let skip = self.value(&args[1]).sql;
                let start = Expr::infix(Op::Add, skip.clone(), Expr::Integer(1)).cast(DataType::I32);
                let part = Expr::Call("SUBSTRING", vec![text, start, take]);
                Expr::case(out_of(skip, MOST), empty(), part)
            }
        }
    }

    fn or_else(&mut self, option: &Typed, otherwise: &Typed) -> Lowered {
        let (a, b, data_type) = self.alike(option, otherwise);
        let sql = if may_fail(otherwise) {
            Expr::case(a.clone().present(), a, b)
        } else {
            Expr::Call("COALESCE", vec![a, b])
        };
        Lowered { sql, data_type }
    }

    fn extreme(&mut self, function: Function, a: &Typed, b: &Typed) -> Lowered {
        let name = if function == Function::Min2 { "LEAST" } else { "GREATEST" };
        let (a, b, data_type) = self.alike(a, b);
        Lowered { sql: Expr::Call(name, vec![a, b]), data_type }
    }
}

fn two(texts: Vec<Expr>) -> [Expr; 2] {
    texts.try_into().unwrap_or([Expr::Null, Expr::Null])
}

/// Flink's REPLACE of an empty text would cut characters beyond the BMP in halves.
fn replaced(mut texts: Vec<Expr>, searched: &Typed) -> Expr {
    let everywhere = |texts: &[Expr]| {
        let between = Expr::text("(?<=(?s:^.{0,1000000000}))");
        Expr::Call("REGEXP_REPLACE", vec![texts[0].clone(), between, texts[2].clone()])
    };
    match &searched.node {
        Node::Literal(Value::Str(text)) if text.is_empty() => everywhere(&texts),
        _ if is_literal(searched) => Expr::Call("REPLACE", texts),
        _ => {
            let empty = Expr::infix(Op::Eq, texts[1].clone(), Expr::text(""));
            let at_all = everywhere(&texts);
            Expr::case(empty, at_all, Expr::Call("REPLACE", std::mem::take(&mut texts)))
        }
    }
}

/// A pattern of the subset as Java reads it: `^` and `$` are the text's ends, and never empty, for Flink finds nothing by a blank one.
fn pattern_of(pattern: &str) -> String {
    let (mut out, mut chars, mut class) = (String::from("(?:"), pattern.chars(), false);
    while let Some(c) = chars.next() {
        match c {
            '\\' => {
                out.push(c);
                out.extend(chars.next());
                continue;
            }
            '[' if !class => class = true,
            ']' => class = false,
            _ => {}
        }
        match c {
            '^' if !class => out.push_str("\\A"),
            '$' if !class => out.push_str("\\z"),
            c => out.push(c),
        }
    }
    out.push(')');
    out
}
