//! Laws of expressions: text and back is the identity, a value is of the type that was promised, and texts that are no
//! expression are refused.

use proptest::prelude::*;

use super::generate::{self, SCALARS, Tape};
use crate::error::ErrorKind;
use crate::ir::eval::eval;
use crate::ir::expr::Expr;
use crate::ir::resolve::{Scope, resolve};
#[cfg(feature = "from-ir")]
use crate::ir::sql_print::print;
use crate::ir::types::{DataType, Field, Schema, Type};
use crate::ir::value::Value;

fn is_of(value: &Value, ty: &Type) -> bool {
    match (value, &ty.data_type) {
        (Value::Null, _) => ty.nullable,
        (Value::Decimal(_), DataType::Decimal { .. }) => true,
        (value, data_type) => crate::ir::literals::literal_type(value).as_ref() == Some(data_type),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(super::cases()))]

    #[test]
    fn an_expression_has_a_value_of_its_type(tape in prop::collection::vec(any::<u8>(), 0..400)) {
        let schema = generate::schema();
        let mut tape = Tape(&tape);
        let of = tape.pick(&SCALARS);
        let expr = generate::expr(&mut tape, &of, None, 5);
        let typed = resolve(&expr, Scope::record(&schema), Some(&of)).map_err(|e| TestCaseError::fail(format!("{e}: {expr:?}")))?;
        let Value::Row(row) = generate::row(&mut tape, &schema) else { unreachable!() };
        match eval(&typed, &row) {
            Ok(value) => prop_assert!(is_of(&value, &typed.ty), "{value:?} is no {}", typed.ty),
            Err(error) => prop_assert_eq!(error.kind(), ErrorKind::Panic, "{}", error),
        }
    }

    #[cfg(feature = "from-ir")]
    #[test]
    fn text_and_back_is_the_identity(tape in prop::collection::vec(any::<u8>(), 0..400), known: bool) {
        let schema = generate::schema();
        let mut tape = Tape(&tape);
        let of = tape.pick(&SCALARS);
        let expr = generate::expr(&mut tape, &of, None, 5);
        let typed = resolve(&expr, Scope::record(&schema), None).map_err(|e| TestCaseError::fail(format!("{e}: {expr:?}")))?;
        let expected = known.then_some(&typed.ty.data_type);
        let text = print(&typed, expected);
        let back = crate::ir::sql_parse::parse(&text, Scope::record(&schema), expected);
        prop_assert_eq!(back.map_err(|e| TestCaseError::fail(format!("{e}: {text}")))?, typed, "{}", text);
    }
}

fn orders() -> Schema {
    Schema::new(vec![
        Field::new("amount", DataType::I64, false),
        Field::new("region", DataType::String, false),
        Field::new("price", DataType::F64, true),
        Field::new("small", DataType::I8, false),
    ])
}

/// What the text is written as once it has been read.
#[cfg(feature = "from-ir")]
fn check(text: &str, expected: Option<DataType>, written: &str) {
    let schema = orders();
    let typed = crate::ir::sql_parse::parse(text, Scope::record(&schema), expected.as_ref());
    let typed = typed.unwrap_or_else(|error| panic!("{text}: {error}"));
    assert_eq!(print(&typed, expected.as_ref()), written, "{text}");
}

#[cfg(feature = "from-ir")]
#[test]
fn text_is_written_in_one_way() {
    check("amount>100", None, "`amount` > 100");
    check("(amount + 1) * 2 - -3", None, "(`amount` + 1) * 2 - -3");
    check(
        "amount > 1 and (region = 'it''s' or not small = 5)",
        None,
        "`amount` > 1 AND (`region` = 'it''s' OR NOT (`small` = 5))",
    );
    check("CAST(amount AS INT)", None, "CAST(`amount` AS INT)");
    check("5", None, "5");
    check("5", Some(DataType::I64), "5");
    check("CAST(5 AS BIGINT)", None, "CAST(5 AS BIGINT)");
    check("COALESCE(price, 0.0)", None, "COALESCE(`price`, 0.0)");
    check(
        "CASE WHEN price IS NOT NULL THEN price > 1.0 ELSE FALSE END",
        None,
        "CASE WHEN `price` IS NOT NULL THEN `price` > 1.0 ELSE FALSE END",
    );
    check(
        "CASE WHEN small=1 THEN 1 WHEN small=2 THEN 2 ELSE amount END",
        None,
        "CASE WHEN `small` = 1 THEN 1 WHEN `small` = 2 THEN 2 ELSE `amount` END",
    );
    check("char_length(trim(region)) > 3", None, "CHAR_LENGTH(TRIM(`region`)) > 3");
    check("FLOOR(1.5)", None, "FLOOR(1.5)");
}

#[cfg(feature = "from-ir")]
#[test]
fn what_is_outside_of_the_subset_is_refused() {
    let deep = |open: &str, close: &str, n: usize| format!("{}1{}", open.repeat(n), close.repeat(n));
    for (text, says) in [
        ("amount IN (1, 2)", "outside of the portable subset"),
        ("amount BETWEEN 1 AND 2", "outside of the portable subset"),
        ("(SELECT 1)", "outside of the portable subset"),
        ("SUM(amount)", "the function SUM is outside"),
        ("TRY_CAST(region AS INT)", "outside of the portable subset"),
        ("amount > 100; DROP TABLE x", "nothing can follow the expression"),
        ("amount > 100 -- x\n garbage", "nothing can follow the expression"),
        ("amount >", "no SQL expression"),
        ("", "no SQL expression"),
        ("region LIKE 'a%'", "outside of the portable subset"),
        ("amuont > 1", "there is no field `amuont`"),
        ("amount > 1.5", "`1.5` is not a value of i64"),
        ("small > 128", "`128` is not a value of i8"),
        ("amount > small", "expected i64, found i8"),
        ("price > 1.0", "an optional value is used as if it were there"),
        ("price = NULL", "an optional value is used as if it were there"),
        ("price % 2.0", "an optional value"),
        ("1.5 % 2.0", "`%` of f64 is not portable"),
        ("region + region", "`arithmetic` of String is not portable"),
        ("amount", "expected bool, found i64"),
        ("region.x = 1", "String has no field `x`"),
        ("CASE WHEN TRUE THEN FALSE END", "CASE needs an ELSE"),
        ("REGEXP(region, region)", "must be a literal"),
        ("REGEXP(region, '(?=a)')", "not portable"),
        ("CAST(5 AS TINYINT) = CAST(500 AS TINYINT)", "`500` is not a value of i8"),
        (&"9".repeat(1_000_000), "longer than"),
        (&format!("amount > {}", "9".repeat(60_000)), "is not a value of i64"),
        (&deep("(", ")", 100_000), "longer than"),
        (&deep("(", ")", 30_000), "levels deep"),
        (&deep("NOT ", "", 15_000), "levels deep"),
        (&deep("-", "", 30_000), "no SQL expression"),
        (&deep("- ", "", 30_000), "levels deep"),
        (&format!("1{}", "+1".repeat(30_000)), "levels deep"),
        (&"CASE WHEN ".repeat(6_000), "levels deep"),
        (&"CAST(".repeat(6_000), "levels deep"),
        (&"ABS(".repeat(6_000), "levels deep"),
        (&"[".repeat(60_000), "levels deep"),
        (&format!("a{}", ".a".repeat(30_000)), "levels deep"),
    ] {
        let schema = orders();
        let error = crate::ir::sql_parse::parse(text, Scope::record(&schema), Some(&DataType::Bool));
        let error = error.expect_err(&text[..text.len().min(80)]).to_string();
        assert!(
            error.contains(says) || (says == "expected bool, found" && text == "NULL"),
            "{}: {error}",
            &text[..text.len().min(80)]
        );
        assert!(error.len() < 600, "{error}");
    }
}

/// Frames of the parser are large: it must move to a larger stack by itself, for a test's thread has 2 MiB.
#[cfg(feature = "from-ir")]
#[test]
fn what_is_nested_to_the_cap_needs_no_more_stack_than_a_thread_has() {
    for (open, close, n) in [
        ("(", ")", 199),
        ("ABS(", ")", 190),
        ("CASE WHEN TRUE THEN 1 ELSE ", " END", 190),
        ("NOT ", "", 790),
        ("NOT NOT NOT (", ")", 195),
    ] {
        let text = format!("{}1{}", open.repeat(n), close.repeat(n));
        let read = crate::ir::sql_parse::parse_untyped(&text);
        assert!(read.is_ok(), "{n} times {open}: {read:?}");
    }
}

#[test]
fn what_the_macro_wrote_may_be_too_deep() {
    let deep = (0..100_000).fold(Expr::None, |inner, _| Expr::Tuple(vec![inner]));
    let error = resolve(&deep, Scope::record(&orders()), None).unwrap_err();
    assert!(error.to_string().contains("nested too deeply"), "{error}");
    // Dropped by hand: the compiler's way would use the stack.
    let mut rest = vec![deep];
    while let Some(Expr::Tuple(inner)) = rest.pop() {
        rest.extend(inner);
    }
}
