//! Times: as numbers of milliseconds, as TIMESTAMP_LTZ(3), and by the parts of a calendar.

use super::expr::Exprs;
use crate::sql::{Expr, Op};
use flow::ir::expr::Function;
use flow::ir::typed::Typed;
use flow::ir::types::DataType;

/// The milliseconds of 400 years, after which the calendar begins again.
const ERA: i64 = 146_097 * 86_400_000;
/// The years -9999 to 9999, beyond which no time has a year.
const CALENDAR: (i64, i64) = (-377_705_023_201_000, 253_402_207_200_999);

/// The milliseconds of a TIMESTAMP_LTZ(3). Both parts have its sign.
pub(super) fn millis(time: Expr) -> Expr {
    let seconds = Expr::infix(Op::Mul, time.clone().extract("EPOCH"), Expr::Integer(1000));
    Expr::infix(Op::Add, seconds, time.extract("MILLISECOND"))
}

/// Milliseconds of the years 0 to 9999 as a TIMESTAMP_LTZ(3).
pub(super) fn near(millis: Expr) -> Expr {
    Expr::Call("TO_TIMESTAMP_LTZ", vec![millis, Expr::Integer(3)])
}

/// Any number of milliseconds as a TIMESTAMP_LTZ(3); that of `TO_TIMESTAMP_LTZ` is NULL before the year 0 and after 9999.
pub(super) fn moment(millis: Expr) -> Expr {
    // With a constant to begin with the planner takes the sum for one that is never NULL, and what asks it whether it is gets a wrong answer.
    let start = near(Expr::infix(Op::Mul, Expr::Integer(0), millis.clone()));
    Expr::infix(Op::Add, start, Expr::infix(Op::Mul, Expr::Interval(1), millis))
}

impl Exprs<'_> {
    /// The milliseconds of a time.
    pub(super) fn millis(&mut self, time: &Typed) -> Expr {
        let value = self.value(time);
        self.convert(value, &DataType::EpochMillis)
    }

    /// A part of a time. Flink's own is wrong before 1970, so a time of the same day and year of another era is asked.
    pub(super) fn part(&mut self, function: Function, time: &Typed) -> Expr {
        let millis = self.millis(time);
        let (within, part) = match function {
            Function::Year => (true, year(&millis)),
            Function::Month => (true, later(&millis).extract("MONTH")),
            Function::Day => (true, later(&millis).extract("DAY")),
            Function::Hour => (false, later(&millis).extract("HOUR")),
            Function::Minute => (false, later(&millis).extract("MINUTE")),
            _ => (false, later(&millis).extract("SECOND")),
        };
        if within { Expr::case(in_calendar(&millis), part, super::literal::whole(0, &DataType::I64)) } else { part }
    }

    /// `2026-01-31`; `-000044-03-15` before the year 0; `@` and the milliseconds beyond the calendar.
    pub(super) fn date(&mut self, time: &Typed) -> Expr {
        let millis = self.millis(time);
        in_words(&millis, "-MM-dd")
    }
}

/// A time as it is written: `2026-01-31T12:00:00.000Z`.
pub(super) fn written(millis: &Expr) -> Expr {
    in_words(millis, "-MM-dd'T'HH:mm:ss.SSS'Z'")
}

/// A time as JSON writes it: in quotes.
pub(super) fn quoted(millis: &Expr) -> Expr {
    let quote = || Expr::text("\"");
    Expr::infix(Op::Join, Expr::infix(Op::Join, quote(), written(millis)), quote())
}

/// The year, and the rest in a format of Java.
fn in_words(millis: &Expr, rest: &str) -> Expr {
    let year = year(millis);
    let digits =
        |year: Expr, n| Expr::Call("LPAD", vec![year.cast(DataType::String), Expr::Integer(n), Expr::text("0")]);
    let before = Expr::infix(Op::Join, Expr::text("-"), digits(Expr::Negative(Box::new(year.clone())), 6));
    let is_before = Expr::infix(Op::Lt, year.clone(), Expr::Integer(0));
    let rest = Expr::Call("DATE_FORMAT", vec![later(millis), Expr::text(rest)]);
    let words = Expr::infix(Op::Join, Expr::case(is_before, before, digits(year, 4)), rest);
    let beyond = Expr::infix(Op::Join, Expr::text("@"), millis.clone().cast(DataType::String));
    Expr::case(in_calendar(millis), words, beyond)
}

fn in_calendar(millis: &Expr) -> Expr {
    Expr::all([
        Expr::infix(Op::Ge, millis.clone(), Expr::Integer(CALENDAR.0)),
        Expr::infix(Op::Le, millis.clone(), Expr::Integer(CALENDAR.1)),
    ])
}

/// The milliseconds since the era began: not negative.
fn in_era(millis: &Expr) -> Expr {
    let era = || Expr::Integer(ERA);
    let rest = Expr::infix(Op::Rem, millis.clone(), era());
    Expr::infix(Op::Rem, Expr::infix(Op::Add, rest, era()), era())
}

/// The same time of the same day and month in the era that began in 1970.
fn later(millis: &Expr) -> Expr {
    near(in_era(millis))
}

fn year(millis: &Expr) -> Expr {
    let eras = Expr::infix(Op::Div, Expr::infix(Op::Sub, millis.clone(), in_era(millis)), Expr::Integer(ERA));
    Expr::infix(Op::Add, later(millis).extract("YEAR"), Expr::infix(Op::Mul, eras, Expr::Integer(400)))
}
