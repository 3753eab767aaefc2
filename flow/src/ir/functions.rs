//! The listed functions: their names in SQL text, and the types they take and give.

use super::expr::{Expr, Function};
use super::pattern;
use super::resolve::{Resolver, has_order, is_number, required, wrong};
use super::typed::{Node, Typed};
use super::types::{DataType, Type};
use super::value::Value;
use crate::error::Error;

/// The functions that are written as `NAME(arguments)`; the others have a syntax of their own (`IS NULL`, `EXTRACT`, CAST).
pub(super) const NAMES: &[(Function, &str)] = &[
    (Function::CharCount, "CHAR_LENGTH"),
    (Function::Lower, "LOWER"),
    (Function::Upper, "UPPER"),
    (Function::Trim, "TRIM"),
    (Function::StartsWith, "STARTSWITH"),
    (Function::EndsWith, "ENDSWITH"),
    (Function::Contains, "CONTAINS"),
    (Function::Replace, "REPLACE"),
    (Function::Substring, "CHARS"),
    (Function::Concat, "CONCAT"),
    (Function::Abs, "ABS"),
    (Function::Floor, "FLOOR"),
    (Function::Ceil, "CEIL"),
    (Function::Sqrt, "SQRT"),
    (Function::Min2, "LEAST"),
    (Function::Max2, "GREATEST"),
    (Function::UnwrapOr, "COALESCE"),
    (Function::Matches, "REGEXP"),
    (Function::Millis, "MILLIS"),
    (Function::PlusMillis, "PLUS_MILLIS"),
    (Function::FromMillis, "FROM_MILLIS"),
    (Function::FormatDate, "FORMAT_DATE"),
];

/// The parts of a time that `EXTRACT(… FROM t)` gives.
pub(super) const PARTS: &[(Function, &str)] = &[
    (Function::Year, "YEAR"),
    (Function::Month, "MONTH"),
    (Function::Day, "DAY"),
    (Function::Hour, "HOUR"),
    (Function::Minute, "MINUTE"),
    (Function::Second, "SECOND"),
];

impl Resolver<'_> {
    pub(super) fn call(
        &mut self,
        function: Function,
        args: &[Expr],
        expected: Option<&DataType>,
    ) -> Result<(Node, Type), Error> {
        use DataType::{Bool, F64, I64, String as Text, Timestamp};
        match function {
            Function::CharCount => self.listed(function, args, &[Text], I64),
            Function::Lower | Function::Upper | Function::Trim => self.listed(function, args, &[Text], Text),
            Function::StartsWith | Function::EndsWith | Function::Contains => {
                self.listed(function, args, &[Text, Text], Bool)
            }
            Function::Replace => self.listed(function, args, &[Text, Text, Text], Text),
            Function::Substring => self.listed(function, args, &[Text, I64, I64], Text),
            Function::Concat if args.is_empty() => Err(count(function, args)),
            Function::Concat => self.listed(function, args, &vec![Text; args.len()], Text),
            Function::Sqrt => self.listed(function, args, &[F64], F64),
            Function::Millis => self.listed(function, args, &[Timestamp], I64),
            Function::PlusMillis => self.listed(function, args, &[Timestamp, I64], Timestamp),
            Function::FromMillis => self.listed(function, args, &[I64], Timestamp),
            Function::FormatDate => self.listed(function, args, &[Timestamp], Text),
            Function::Year | Function::Month | Function::Day | Function::Hour | Function::Minute | Function::Second => {
                self.listed(function, args, &[Timestamp], I64)
            }
            Function::Matches => self.matches(args),
            Function::IsSome | Function::IsNone => self.presence(function, args),
            Function::UnwrapOr | Function::OrElse => self.coalesce(args, expected),
            Function::ToString => self.text_of(args),
            Function::Abs => self.numeric(function, args, expected, is_number),
            Function::Floor | Function::Ceil => self.numeric(function, args, expected, DataType::is_float),
            Function::Min2 | Function::Max2 => {
                self.numeric(function, args, expected, |t| has_order(t) && !t.is_float() && !is_decimal(t))
            }
        }
    }

    fn listed(
        &mut self,
        function: Function,
        args: &[Expr],
        types: &[DataType],
        result: DataType,
    ) -> Result<(Node, Type), Error> {
        if args.len() != types.len() {
            return Err(count(function, args));
        }
        let mut typed = Vec::with_capacity(args.len());
        for (arg, expected) in args.iter().zip(types) {
            let arg = self.expr(arg, Some(expected))?;
            required(&arg)?;
            if arg.ty.data_type != *expected {
                return Err(type_of(function, expected.rust_name(), &arg));
            }
            typed.push(arg);
        }
        Ok((Node::Call(function, typed), Type::required(result)))
    }

    /// Functions whose arguments and result are of one type.
    fn numeric(
        &mut self,
        function: Function,
        args: &[Expr],
        expected: Option<&DataType>,
        permitted: impl Fn(&DataType) -> bool,
    ) -> Result<(Node, Type), Error> {
        let wanted = if matches!(function, Function::Min2 | Function::Max2) { 2 } else { 1 };
        if args.len() != wanted {
            return Err(count(function, args));
        }
        let all: Vec<&Expr> = args.iter().collect();
        let common = self.common_of(&all, expected);
        let typed = args.iter().map(|arg| self.expr(arg, common.as_ref())).collect::<Result<Vec<_>, _>>()?;
        let data_type = typed[0].ty.data_type.clone();
        for arg in &typed {
            required(arg)?;
            if arg.ty.data_type != data_type || !permitted(&data_type) {
                return Err(type_of(function, "one type that it takes", arg));
            }
        }
        Ok((Node::Call(function, typed), Type::required(data_type)))
    }

    fn matches(&mut self, args: &[Expr]) -> Result<(Node, Type), Error> {
        if let [_, Expr::Literal(Value::Str(text))] = args {
            pattern::check(text).map_err(|reason| wrong(format!("the pattern '{text}' is not portable: {reason}")))?;
        } else {
            return Err(wrong("the pattern of a regular expression must be a literal"));
        }
        self.listed(Function::Matches, args, &[DataType::String, DataType::String], DataType::Bool)
    }

    fn presence(&mut self, function: Function, args: &[Expr]) -> Result<(Node, Type), Error> {
        let [arg] = args else { return Err(count(function, args)) };
        let common = self.common_of(&[arg], None);
        let arg = self.expr(arg, common.as_ref())?;
        Ok((Node::Call(function, vec![arg]), Type::required(DataType::Bool)))
    }

    fn coalesce(&mut self, args: &[Expr], expected: Option<&DataType>) -> Result<(Node, Type), Error> {
        let [option, otherwise] = args else { return Err(count(Function::UnwrapOr, args)) };
        let common = self.common_of(&[option, otherwise], expected);
        let (option, otherwise) = (self.expr(option, common.as_ref())?, self.expr(otherwise, common.as_ref())?);
        if option.ty.data_type != otherwise.ty.data_type {
            return Err(type_of(Function::UnwrapOr, option.ty.data_type.rust_name(), &otherwise));
        }
        let ty = Type { nullable: option.ty.nullable && otherwise.ty.nullable, data_type: option.ty.data_type.clone() };
        Ok((Node::Call(Function::UnwrapOr, vec![option, otherwise]), ty))
    }

    fn text_of(&mut self, args: &[Expr]) -> Result<(Node, Type), Error> {
        let [arg] = args else { return Err(count(Function::ToString, args)) };
        let arg = self.expr(arg, None)?;
        required(&arg)?;
        match &arg.ty.data_type {
            DataType::String => Ok((arg.node, arg.ty)),
            t if t.is_integer() || *t == DataType::Bool => {
                Ok((Node::Call(Function::ToString, vec![arg]), Type::required(DataType::String)))
            }
            _ => Err(type_of(Function::ToString, "an integer, bool or String", &arg)),
        }
    }
}

fn is_decimal(data_type: &DataType) -> bool {
    matches!(data_type, DataType::Decimal { .. })
}

/// The function's name in SQL text, for messages.
pub(super) fn name(function: Function) -> &'static str {
    let listed = NAMES.iter().chain(PARTS).find(|(f, _)| *f == function);
    match (listed, function) {
        (Some((_, name)), _) => name,
        (_, Function::IsSome) => "IS NOT NULL",
        (_, Function::IsNone) => "IS NULL",
        (_, Function::OrElse) => "COALESCE",
        _ => "CAST",
    }
}

fn count(function: Function, args: &[Expr]) -> Error {
    wrong(format!("{} does not take {} arguments", name(function), args.len()))
}

fn type_of(function: Function, takes: impl std::fmt::Display, found: &Typed) -> Error {
    wrong(format!("{} takes {takes}, not {}", name(function), found.ty.data_type.rust_name()))
}
