//! Durations: literals with a unit (`250ms`, `5s`, `1min`, `2h`, `1d`), or any Rust expression of that type.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote_spanned};
use syn::spanned::Spanned;
use syn::visit_mut::{self, VisitMut};
use syn::{Expr, ExprLit, ExprUnary, Lit, UnOp};

use crate::errors::Mistake;

const UNITS: &[(&str, i64)] = &[("ms", 1), ("s", 1_000), ("min", 60_000), ("h", 60 * 60_000), ("d", 24 * 60 * 60_000)];

/// What people write for the units that we know by another name.
const OTHER_UNITS: &[(&str, &str)] = &[
    ("m", "min"),
    ("mins", "min"),
    ("minute", "min"),
    ("minutes", "min"),
    ("sec", "s"),
    ("secs", "s"),
    ("second", "s"),
    ("seconds", "s"),
    ("hour", "h"),
    ("hours", "h"),
    ("hr", "h"),
    ("day", "d"),
    ("days", "d"),
    ("millis", "ms"),
];

/// A duration as the user wrote it.
#[derive(Clone, Debug)]
pub struct Duration {
    /// Where it was written.
    pub span: Span,
    /// Its milliseconds, when it is a literal.
    pub millis: Option<i64>,
    expr: Expr,
}

impl Duration {
    /// Reads a duration that must be more than zero.
    pub fn positive(expr: &Expr, what: &str) -> Result<Self, Mistake> {
        let duration = Self::signed(expr)?;
        match duration.millis {
            Some(0) => Err(Mistake::new(duration.span, format!("{what} is zero"), "write more than zero, say `5s`")),
            Some(millis) if millis < 0 => {
                let positive = expr.to_token_stream().to_string().replace(['-', ' '], "");
                Err(Mistake::new(duration.span, format!("{what} is negative"), format!("write `{positive}`")))
            }
            _ => Ok(duration),
        }
    }

    /// Reads a duration that may be zero.
    pub fn not_negative(expr: &Expr, what: &str) -> Result<Self, Mistake> {
        let duration = Self::signed(expr)?;
        if duration.millis == Some(0) { Ok(duration) } else { Self::positive(expr, what) }
    }

    /// Reads a duration, or a literal with a sign.
    pub fn signed(expr: &Expr) -> Result<Self, Mistake> {
        let span = expr.span();
        match literal(expr)? {
            Some(millis) => Ok(Self { span, millis: Some(millis), expr: expr.clone() }),
            None => {
                let mut expr = expr.clone();
                let mut inner = Inner { failed: None };
                inner.visit_expr_mut(&mut expr);
                inner.failed.map_or(Ok(Self { span, millis: None, expr }), Err)
            }
        }
    }

    /// A `Duration` in Rust. Only a literal can be negative, and those were refused or have a sign of their own.
    pub fn to_rust(&self) -> TokenStream {
        match self.millis {
            Some(millis) => rust(millis.unsigned_abs(), self.span),
            None => self.expr.to_token_stream(),
        }
    }
}

/// Durations inside a larger expression (`2 * 5s` is no literal, `base + 5s` holds one).
struct Inner {
    failed: Option<Mistake>,
}

impl VisitMut for Inner {
    fn visit_expr_mut(&mut self, expr: &mut Expr) {
        let suffixed = matches!(expr, Expr::Lit(ExprLit { lit: Lit::Int(lit), .. })
            if UNITS.iter().any(|(unit, _)| *unit == lit.suffix()));
        if !suffixed {
            return visit_mut::visit_expr_mut(self, expr);
        }
        match literal(expr) {
            Ok(Some(millis)) => *expr = Expr::Verbatim(rust(millis.unsigned_abs(), expr.span())),
            Ok(None) => {}
            Err(mistake) => self.failed = Some(mistake),
        }
    }
}

/// The milliseconds of a literal; `None` when the expression is something else.
fn literal(expr: &Expr) -> Result<Option<i64>, Mistake> {
    match expr {
        Expr::Unary(ExprUnary { op: UnOp::Neg(_), expr, .. }) => Ok(literal(expr)?.map(|millis| -millis)),
        Expr::Paren(paren) => literal(&paren.expr),
        Expr::Group(group) => literal(&group.expr),
        Expr::Lit(ExprLit { lit, .. }) => millis(lit).map(Some),
        _ => Ok(None),
    }
}

fn millis(lit: &Lit) -> Result<i64, Mistake> {
    let wrong = |what: String, remedy: &str| Err(Mistake::new(lit.span(), what, remedy));
    let Lit::Int(int) = lit else {
        let text = lit.to_token_stream();
        return wrong(format!("`{text}` is not a duration"), "write a whole number with a unit: `250ms`, `5s`, `1min`");
    };
    let Some((_, factor)) = UNITS.iter().find(|(unit, _)| *unit == int.suffix()) else {
        let digits = int.base10_digits();
        return match (int.suffix(), OTHER_UNITS.iter().find(|(unit, _)| *unit == int.suffix())) {
            ("", _) => {
                wrong(format!("`{int}` has no unit"), &format!("write `{digits}ms`, `{digits}s`, `{digits}min` …"))
            }
            (_, Some((_, unit))) => wrong(format!("`{int}` is not a duration"), &format!("write `{digits}{unit}`")),
            (suffix, None) => {
                wrong(format!("`{suffix}` is not a unit of time"), "units are `ms`, `s`, `min`, `h` and `d`")
            }
        };
    };
    let number = int.base10_parse::<i64>().ok().and_then(|number| number.checked_mul(*factor));
    // Past this, adding a duration to a time could leave the range of times.
    match number.filter(|millis| *millis <= i64::MAX / 1024) {
        Some(millis) => Ok(millis),
        None => wrong(format!("`{int}` is too long"), "write a duration of less than 200000 years"),
    }
}

fn rust(millis: u64, span: Span) -> TokenStream {
    if millis.is_multiple_of(1000) {
        let secs = proc_macro2::Literal::u64_unsuffixed(millis / 1000);
        quote_spanned!(span=> ::core::time::Duration::from_secs(#secs))
    } else {
        let millis = proc_macro2::Literal::u64_unsuffixed(millis);
        quote_spanned!(span=> ::core::time::Duration::from_millis(#millis))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expect: &str) {
        let expr: Expr = syn::parse_str(text).unwrap();
        let got = match Duration::positive(&expr, "it") {
            Ok(duration) => duration.to_rust().to_string().replace(' ', ""),
            Err(mistake) => mistake.message(),
        };
        assert_eq!(got, expect, "{text}");
    }

    #[test]
    fn literals_with_units() {
        check("250ms", "::core::time::Duration::from_millis(250)");
        check("5s", "::core::time::Duration::from_secs(5)");
        check("1min", "::core::time::Duration::from_secs(60)");
        check("2h", "::core::time::Duration::from_secs(7200)");
        check("1d", "::core::time::Duration::from_secs(86400)");
        check("1_000ms", "::core::time::Duration::from_secs(1)");
        check("delay", "delay");
        check("base + 5s", "base+::core::time::Duration::from_secs(5)");
        check("Duration::from_secs(5)", "Duration::from_secs(5)");
    }

    #[test]
    fn mistakes_say_what_to_write() {
        check("0s", "it is zero\nhelp: write more than zero, say `5s`");
        check("-5s", "it is negative\nhelp: write `5s`");
        check("5", "`5` has no unit\nhelp: write `5ms`, `5s`, `5min` …");
        check("1m", "`1m` is not a duration\nhelp: write `1min`");
        check("5us", "`us` is not a unit of time\nhelp: units are `ms`, `s`, `min`, `h` and `d`");
        check("5e3", "`5e3` is not a duration\nhelp: write a whole number with a unit: `250ms`, `5s`, `1min`");
        check("1.5s", "`1.5s` is not a duration\nhelp: write a whole number with a unit: `250ms`, `5s`, `1min`");
        check(
            "99999999999999999d",
            "`99999999999999999d` is too long\nhelp: write a duration of less than 200000 years",
        );
        check(
            "base + 99999999999999999d",
            "`99999999999999999d` is too long\nhelp: write a duration of less than 200000 years",
        );
    }
}
