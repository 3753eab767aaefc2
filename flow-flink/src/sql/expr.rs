//! Expressions of Flink SQL.

use flow::ir::types::DataType;

/// An expression.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Expr {
    /// A column of the only input.
    Column(String),
    /// A column of an input that has a name.
    Of(&'static str, String),
    /// A field of a row.
    Field(Box<Expr>, String),
    Null,
    Bool(bool),
    /// A bare integer: an INT if it fits one, otherwise a BIGINT.
    Integer(i64),
    /// A finite DOUBLE.
    Double(f64),
    /// A bare string, whose type is CHAR(n).
    Text(String),
    Bytes(Vec<u8>),
    /// A length of time, in milliseconds.
    Interval(i64),
    Call(&'static str, Vec<Expr>),
    Infix(Op, Box<Expr>, Box<Expr>),
    Not(Box<Expr>),
    Negative(Box<Expr>),
    IsNull(Box<Expr>),
    IsNotNull(Box<Expr>),
    /// To a type of the IR, as it stands in SQL.
    Cast(Box<Expr>, DataType),
    Case(Vec<(Expr, Expr)>, Box<Expr>),
    /// `EXTRACT(part FROM e)`.
    Extract(&'static str, Box<Expr>),
    /// `POSITION(part IN text)`.
    Position(Box<Expr>, Box<Expr>),
    Aggregate {
        function: &'static str,
        distinct: bool,
        operand: Option<Box<Expr>>,
        filter: Option<Box<Expr>>,
    },
    /// `ROW_NUMBER() OVER (PARTITION BY … ORDER BY … )`.
    RowNumber {
        partition: Vec<Expr>,
        order: Box<Expr>,
        descending: bool,
    },
}

/// An infix operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Op {
    Or,
    And,
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
    Add,
    Sub,
    Mul,
    Div,
    Rem,
    /// `||`.
    Join,
}

impl Expr {
    pub(crate) fn column(name: &str) -> Self {
        Self::Column(name.to_owned())
    }

    pub(crate) fn text(text: &str) -> Self {
        Self::Text(text.to_owned())
    }

    pub(crate) fn infix(op: Op, a: Expr, b: Expr) -> Self {
        Self::Infix(op, Box::new(a), Box::new(b))
    }

    pub(crate) fn cast(self, to: DataType) -> Self {
        Self::Cast(Box::new(self), to)
    }

    pub(crate) fn absent(self) -> Self {
        Self::IsNull(Box::new(self))
    }

    pub(crate) fn present(self) -> Self {
        Self::IsNotNull(Box::new(self))
    }

    pub(crate) fn extract(self, part: &'static str) -> Self {
        Self::Extract(part, Box::new(self))
    }

    /// `CASE WHEN c THEN a ELSE b END`.
    pub(crate) fn case(condition: Expr, then: Expr, otherwise: Expr) -> Self {
        match otherwise {
            Self::Case(mut branches, last) => {
                branches.insert(0, (condition, then));
                Self::Case(branches, last)
            }
            otherwise => Self::Case(vec![(condition, then)], Box::new(otherwise)),
        }
    }

    /// All of these conditions; none of them: TRUE.
    pub(crate) fn all(conditions: impl IntoIterator<Item = Expr>) -> Self {
        conditions.into_iter().reduce(|a, b| Self::infix(Op::And, a, b)).unwrap_or(Self::Bool(true))
    }
}
