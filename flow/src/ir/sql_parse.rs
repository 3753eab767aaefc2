//! SQL text into the expression tree: only the portable subset, everything else is refused by name.

use sqlparser::ast::{
    AccessExpr, BinaryOperator, CaseWhen, CastKind, CeilFloorKind, DataType as SqlType, DateTimeField, ExactNumberInfo,
    Expr as Sql, Function as SqlFunction, FunctionArg, FunctionArgExpr, FunctionArguments, Ident, Subscript,
    UnaryOperator, Value as SqlValue,
};
use sqlparser::dialect::Dialect;
use sqlparser::keywords::Keyword;
use sqlparser::parser::Parser;
use sqlparser::tokenizer::{Token, Tokenizer};

use super::expr::{BinaryOp, Expr, Function, UnaryOp};
use super::functions::{NAMES, PARTS};
use super::resolve::{Scope, resolve, wrong};
use super::sql_print::MAX_TEXT;
use super::typed::{MAX_DEPTH, Typed};
use super::types::DataType;
use super::value::Value;
use crate::error::Error;

/// The most tokens in one expression.
const MAX_TOKENS: usize = 20_000;

/// Reads SQL text as an expression over a schema.
///
/// # Errors
///
/// When the text is no expression, is outside of the portable subset or over the caps, or does not fit the schema.
///
/// ```
/// use flow::ir::{resolve::Scope, sql_parse::parse, sql_print::print, types::{DataType, Field, Schema}};
/// let schema = Schema::new(vec![Field::new("amount", DataType::I64, false)]);
/// let typed = parse("amount > 100", Scope::record(&schema), Some(&DataType::Bool))?;
/// assert_eq!(print(&typed, None), "`amount` > 100");
/// assert!(parse("amount IN (1, 2)", Scope::record(&schema), None).is_err());
/// # Ok::<(), flow::Error>(())
/// ```
pub fn parse(text: &str, scope: Scope<'_>, expected: Option<&DataType>) -> Result<Typed, Error> {
    resolve(&parse_untyped(text)?, scope, expected)
}

/// Reads SQL text as an expression that has no types yet.
///
/// # Errors
///
/// As [`parse`], but for the schema.
pub fn parse_untyped(text: &str) -> Result<Expr, Error> {
    if text.len() > MAX_TEXT {
        return Err(wrong(format!("the expression is longer than {MAX_TEXT} bytes")));
    }
    let syntax = |error: &dyn std::fmt::Display| wrong(format!("no SQL expression: {}", clip(&error.to_string())));
    let tokens = Tokenizer::new(&Subset, text).tokenize_with_location().map_err(|error| syntax(&error))?;
    check_shape(tokens.iter().map(|token| &token.token))?;
    let mut parser = Parser::new(&Subset).with_recursion_limit(8 * MAX_DEPTH).with_tokens_with_locations(tokens);
    let sql = parser.parse_expr().map_err(|error| syntax(&error))?;
    match parser.next_token().token {
        Token::EOF => lower(&sql, 0),
        other => Err(wrong(format!("nothing can follow the expression, but `{}` does", clip(&other.to_string())))),
    }
}

fn clip(text: &str) -> String {
    text.chars().take(200).collect()
}

/// Refuses what is nested too deeply before it is parsed, since a parser (and what drops its tree) uses the stack. A chain of
/// operators nests to the left, one level each.
fn check_shape<'a>(tokens: impl Iterator<Item = &'a Token>) -> Result<(), Error> {
    let (mut depth, mut chains, mut count) = (0_usize, vec![0_usize], 0);
    let too_deep = || wrong(format!("the expression is nested over {MAX_DEPTH} levels deep"));
    for token in tokens {
        count += 1;
        match token {
            Token::Whitespace(_) => continue,
            Token::LParen | Token::LBracket | Token::LBrace => {
                depth += 1;
                chains.push(0);
            }
            Token::Word(word) if word.quote_style.is_none() && word.keyword == Keyword::CASE => {
                depth += 1;
                chains.push(0);
            }
            Token::RParen | Token::RBracket | Token::RBrace => close(&mut depth, &mut chains),
            Token::Word(word) if word.quote_style.is_none() && word.keyword == Keyword::END => {
                close(&mut depth, &mut chains);
            }
            Token::Comma | Token::Number(..) | Token::SingleQuotedString(_) => {}
            Token::Word(word) if word.quote_style.is_some() || word.keyword == Keyword::NoKeyword => {}
            Token::Word(word) if matches!(word.keyword, Keyword::WHEN | Keyword::THEN | Keyword::ELSE) => {
                // Each branch is an expression of its own.
                if word.keyword != Keyword::WHEN {
                    continue;
                }
                bump(&mut chains);
            }
            _ => bump(&mut chains),
        }
        // A chain's length counts once, at its own level; what is around it adds up.
        if depth > MAX_DEPTH || chains.iter().sum::<usize>() > 4 * MAX_DEPTH || count > MAX_TOKENS {
            return Err(too_deep());
        }
    }
    Ok(())
}

fn bump(chains: &mut [usize]) {
    if let Some(last) = chains.last_mut() {
        *last += 1;
    }
}

fn close(depth: &mut usize, chains: &mut Vec<usize>) {
    *depth = depth.saturating_sub(1);
    if chains.len() > 1 {
        chains.pop();
    }
}

/// Standard SQL with back-ticks, and none of the extras of any vendor.
#[derive(Debug)]
struct Subset;

impl Dialect for Subset {
    fn is_delimited_identifier_start(&self, ch: char) -> bool {
        ch == '`'
    }
    fn is_identifier_start(&self, ch: char) -> bool {
        ch.is_ascii_alphabetic() || ch == '_'
    }
    fn is_identifier_part(&self, ch: char) -> bool {
        ch.is_ascii_alphanumeric() || ch == '_'
    }
}

fn refuse(what: &str) -> Error {
    wrong(format!("{what} is outside of the portable subset"))
}

fn lower(sql: &Sql, depth: usize) -> Result<Expr, Error> {
    if depth > 4 * MAX_DEPTH {
        return Err(wrong(format!("the expression is nested over {MAX_DEPTH} levels deep")));
    }
    let below = |sql: &Sql| lower(sql, depth + 1);
    let boxed = |sql: &Sql| below(sql).map(Box::new);
    let call = |function, args: &[&Sql]| {
        Ok(Expr::Call(function, args.iter().map(|arg| below(arg)).collect::<Result<_, Error>>()?))
    };
    match sql {
        Sql::Nested(inner) => below(inner),
        Sql::Identifier(name) => Ok(Expr::Field(vec![name.value.clone()])),
        Sql::CompoundIdentifier(path) => Ok(Expr::Field(path.iter().map(|name| name.value.clone()).collect())),
        Sql::CompoundFieldAccess { root, access_chain } => {
            access_chain.iter().try_fold(below(root)?, |base, access| Ok(Expr::Get(Box::new(base), field(access)?)))
        }
        Sql::Value(value) => literal(&value.value),
        Sql::IsNull(a) => call(Function::IsNone, &[a]),
        Sql::IsNotNull(a) => call(Function::IsSome, &[a]),
        Sql::UnaryOp { op: UnaryOperator::Minus, expr } => Ok(match below(expr)? {
            // The sign of a numeral belongs to it, but that of a calculated value does not.
            Expr::Number(text) if !text.starts_with('-') => Expr::Number(format!("-{text}")),
            a => Expr::Unary(UnaryOp::Neg, Box::new(a)),
        }),
        Sql::UnaryOp { op: UnaryOperator::Not, expr } => Ok(Expr::Unary(UnaryOp::Not, boxed(expr)?)),
        Sql::BinaryOp { left, op, right } => Ok(Expr::Binary(operator(op)?, boxed(left)?, boxed(right)?)),
        Sql::Case { operand: None, conditions, else_result, .. } => case(conditions, else_result.as_deref(), depth),
        Sql::Case { .. } => Err(refuse("CASE with an operand")),
        Sql::Cast { kind: CastKind::Cast, expr, data_type, format: None, .. } => {
            Ok(Expr::Cast(boxed(expr)?, cast_type(data_type)?))
        }
        Sql::Extract { field, expr, .. } => call(part(field)?, &[expr]),
        Sql::Floor { expr, field: CeilFloorKind::DateTimeField(DateTimeField::NoDateTime) } => {
            call(Function::Floor, &[expr])
        }
        Sql::Ceil { expr, field: CeilFloorKind::DateTimeField(DateTimeField::NoDateTime) } => {
            call(Function::Ceil, &[expr])
        }
        Sql::Trim { expr, trim_where: None, trim_what: None, trim_characters: None } => call(Function::Trim, &[expr]),
        Sql::Function(function) => self::function(function, depth),
        other => Err(refuse(&format!("`{}`", clip(&other.to_string())))),
    }
}

fn field(access: &AccessExpr) -> Result<String, Error> {
    match access {
        AccessExpr::Dot(Sql::Identifier(Ident { value, .. })) => Ok(value.clone()),
        AccessExpr::Subscript(Subscript::Index { .. } | Subscript::Slice { .. }) => Err(refuse("a subscript")),
        AccessExpr::Dot(_) => Err(refuse("what follows a `.`")),
    }
}

fn literal(value: &SqlValue) -> Result<Expr, Error> {
    Ok(match value {
        SqlValue::Number(text, false) => Expr::Number(text.clone()),
        SqlValue::SingleQuotedString(text) => Expr::Literal(Value::Str(text.clone())),
        SqlValue::Boolean(value) => Expr::Literal(Value::Bool(*value)),
        SqlValue::Null => Expr::None,
        SqlValue::HexStringLiteral(text) => {
            let digits = |pair: &[u8]| Some((pair.first()?, pair.get(1)?)).and_then(|(a, b)| hex(*a, *b));
            let bytes: Option<Vec<u8>> = text.as_bytes().chunks(2).map(digits).collect();
            Expr::Literal(Value::Bytes(bytes.ok_or_else(|| wrong("X'…' takes pairs of hexadecimal digits"))?.into()))
        }
        other => return Err(refuse(&format!("the literal `{}`", clip(&other.to_string())))),
    })
}

fn hex(a: u8, b: u8) -> Option<u8> {
    let digit = |c: u8| char::from(c).to_digit(16);
    Some((digit(a)? * 16 + digit(b)?) as u8)
}

fn operator(op: &BinaryOperator) -> Result<BinaryOp, Error> {
    Ok(match op {
        BinaryOperator::Plus => BinaryOp::Add,
        BinaryOperator::Minus => BinaryOp::Sub,
        BinaryOperator::Multiply => BinaryOp::Mul,
        BinaryOperator::Divide => BinaryOp::Div,
        BinaryOperator::Modulo => BinaryOp::Rem,
        BinaryOperator::Eq => BinaryOp::Eq,
        BinaryOperator::NotEq => BinaryOp::Ne,
        BinaryOperator::Lt => BinaryOp::Lt,
        BinaryOperator::LtEq => BinaryOp::Le,
        BinaryOperator::Gt => BinaryOp::Gt,
        BinaryOperator::GtEq => BinaryOp::Ge,
        BinaryOperator::And => BinaryOp::And,
        BinaryOperator::Or => BinaryOp::Or,
        other => return Err(refuse(&format!("the operator `{other}`"))),
    })
}

fn case(branches: &[CaseWhen], otherwise: Option<&Sql>, depth: usize) -> Result<Expr, Error> {
    let otherwise = otherwise.ok_or_else(|| wrong("CASE needs an ELSE; ELSE NULL for an optional value"))?;
    let last = lower(otherwise, depth + 1)?;
    branches.iter().rev().try_fold(last, |rest, branch| {
        let (condition, value) = (lower(&branch.condition, depth + 1)?, lower(&branch.result, depth + 1)?);
        Ok(Expr::If(Box::new(condition), Box::new(value), Box::new(rest)))
    })
}

fn cast_type(data_type: &SqlType) -> Result<DataType, Error> {
    Ok(match data_type {
        SqlType::Boolean => DataType::Bool,
        SqlType::TinyInt(None) => DataType::I8,
        SqlType::SmallInt(None) => DataType::I16,
        SqlType::Int(None) => DataType::I32,
        SqlType::BigInt(None) => DataType::I64,
        SqlType::Float(ExactNumberInfo::None) => DataType::F32,
        SqlType::Double(ExactNumberInfo::None) => DataType::F64,
        SqlType::String(None) => DataType::String,
        SqlType::Bytes(None) => DataType::Bytes,
        SqlType::Decimal(ExactNumberInfo::PrecisionAndScale(precision, scale))
            if (1..=28).contains(precision) && (0..=*precision as i64).contains(scale) =>
        {
            DataType::Decimal { precision: *precision as u8, scale: *scale as u8 }
        }
        SqlType::Custom(name, arguments) if name.to_string() == "TIMESTAMP_LTZ" && *arguments == ["3"] => {
            DataType::Timestamp
        }
        other => return Err(refuse(&format!("CAST to {}", clip(&other.to_string())))),
    })
}

fn part(field: &DateTimeField) -> Result<Function, Error> {
    let name = field.to_string();
    let known = PARTS.iter().find(|(_, part)| *part == name);
    known.map(|(function, _)| *function).ok_or_else(|| refuse(&format!("EXTRACT({})", clip(&name))))
}

fn function(function: &SqlFunction, depth: usize) -> Result<Expr, Error> {
    let name = function.name.to_string().to_ascii_uppercase();
    let plain = !function.uses_odbc_syntax
        && function.parameters == FunctionArguments::None
        && function.within_group.is_empty()
        && function.filter.is_none()
        && function.null_treatment.is_none()
        && function.over.is_none();
    let FunctionArguments::List(list) = &function.args else { return Err(refuse(&format!("`{}`", clip(&name)))) };
    if !plain || list.duplicate_treatment.is_some() || !list.clauses.is_empty() {
        return Err(refuse(&format!("what is said beside the arguments of {}", clip(&name))));
    }
    let arg = |arg: &FunctionArg| match arg {
        FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) => lower(expr, depth + 1),
        other => Err(refuse(&format!("the argument `{}`", clip(&other.to_string())))),
    };
    let args = list.args.iter().map(arg).collect::<Result<Vec<_>, _>>()?;
    if name == "ROW" {
        return Ok(Expr::Tuple(args));
    }
    let known = NAMES.iter().find(|(_, known)| *known == name);
    let (function, _) = known.ok_or_else(|| refuse(&format!("the function {}", clip(&name))))?;
    Ok(Expr::Call(*function, args))
}
