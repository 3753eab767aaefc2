//! The expression of a closure gives what the closure gives.

use super::definitions::{Address, Order};
use flow::expr;
use flow::expr::PortableExpr;
use flow::ir::eval::eval;
use flow::ir::resolve::{Scope, resolve};
use flow::ir::sql_parse::parse;
use flow::ir::sql_print::print;
use flow::ir::types::DataType;
use flow::ir::value::Value;
use flow::prelude::*;
use flow::record::Field;
use proptest::prelude::*;
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook};
use std::sync::Once;

fn edge() -> impl Strategy<Value = i64> {
    prop_oneof![any::<i64>(), -3_i64..4, Just(i64::MAX), Just(i64::MIN), Just(i64::from(i32::MAX) + 1)]
}

fn order() -> impl Strategy<Value = Order> {
    let rate = prop::option::of(prop_oneof![any::<f64>(), Just(f64::NAN), Just(-0.0), Just(f64::INFINITY), -2.0..2.0]);
    let city = prop_oneof![".*", Just(" it's ".to_owned()), Just("😀Oslo".to_owned()), Just("ΑΣ".to_owned())];
    let address = prop::option::of((city, prop::option::of(any::<i32>())));
    (edge(), ".{0,6}", edge(), any::<i8>(), rate, edge(), address).prop_map(
        |(id, region, amount, small, rate, at, address)| Order {
            id,
            region,
            amount,
            small,
            rate,
            placed_at: Timestamp::from_millis(at),
            address: address.map(|(city, floor)| Address { city, floor }),
        },
    )
}

thread_local! {
    /// Whether this thread is in a closure, which may divide by zero.
    static CALLING: Cell<bool> = const { Cell::new(false) };
}

/// Lets a closure that divides by zero say nothing, as it does so thousands of times; all other panics are shown.
fn quiet() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let shown = take_hook();
        set_hook(Box::new(move |panic| {
            if !CALLING.get() {
                shown(panic);
            }
        }));
    });
}

/// The closure and its expression, and its expression written as text and read again, give one value or fail alike.
fn same<T: Field>((call, expr): (impl Fn(&Order) -> T, PortableExpr), order: &Order) {
    let schema = Order::schema();
    let expr = expr.as_exact().unwrap_or_else(|why| panic!("{why}"));
    let expected: DataType = T::ty().data_type;
    let typed =
        resolve(expr, Scope::record(&schema), Some(&expected)).unwrap_or_else(|error| panic!("{error}: {expr:?}"));
    let text = print(&typed, Some(&expected));
    let back = parse(&text, Scope::record(&schema), Some(&expected)).unwrap_or_else(|error| panic!("{error}: {text}"));
    assert_eq!(back, typed, "{text}");
    let Value::Row(row) = order.to_row() else { unreachable!() };
    CALLING.set(true);
    let meant = catch_unwind(AssertUnwindSafe(|| call(order).to_value()));
    CALLING.set(false);
    match (meant, eval(&typed, &row)) {
        (Ok(meant), Ok(value)) => assert!(meant == value || nan(&meant) && nan(&value), "{text}: {meant:?}, {value:?}"),
        (Err(_), Err(error)) => assert_eq!(error.message(), "division by zero", "{text}"),
        (meant, value) => panic!("{text}: {:?}, {value:?}", meant.ok()),
    }
}

/// The bits of a NaN that was calculated are nobody's promise.
fn nan(value: &Value) -> bool {
    match value {
        Value::F64(v) => v.is_nan(),
        Value::F32(v) => v.is_nan(),
        _ => false,
    }
}

macro_rules! laws {
    ($($name:ident { $($t:ty = $portable:expr;)* })*) => {$(
        #[test]
        fn $name() {
            quiet();
            proptest!(crate::cases(), |(order in order())| {
                $(same::<$t>($portable, &order);)*
            });
        }
    )*};
}

laws! {
    numbers {
        i64 = expr!(|o: &Order| o.amount + o.id * 3 - 7);
        i64 = expr!(|o: &Order| o.amount / o.id);
        i64 = expr!(|o: &Order| o.amount % o.id);
        i64 = expr!(|o: &Order| -o.amount);
        i8 = expr!(|o: &Order| o.small * o.small + 100);
        i8 = expr!(|o: &Order| -o.small / 3 % 5);
        i32 = expr!(|o: &Order| o.amount as i32);
        i8 = expr!(|o: &Order| o.amount as i8);
        i64 = expr!(|o: &Order| o.small as i64 * -2);
        f64 = expr!(|o: &Order| o.amount as f64 / 3.0);
        f32 = expr!(|o: &Order| o.amount as f32 * 1.5);
        i32 = expr!(|o: &Order| o.rate.unwrap_or(1e300) as i32);
        f64 = expr!(|o: &Order| o.rate.unwrap_or(0.5) / 0.0);
        i64 = expr!(|o: &Order| (o.amount > 3) as i64);
        bool = expr!(|o: &Order| o.rate.unwrap_or(0.0) >= -0.0);
    }
    options {
        bool = expr!(|o: &Order| o.rate.is_some_and(|r| r > 0.5 && r < 1.5));
        bool = expr!(|o: &Order| o.rate.is_none() || o.small == 3);
        f64 = expr!(|o: &Order| o.rate.map(|r| r * 2.0).unwrap_or(-1.5));
        bool = expr!(|o: &Order| if o.rate.is_some() { o.rate.unwrap_or(1.0) > 1.0 } else { !(o.small > 0) });
    }
    choices {
        i64 = expr!(|o: &Order| if o.amount > 10 { 1 } else if o.amount > 5 { o.id } else { -1 });
        i8 = expr!(|o: &Order| match o.small { 0 => 1, 1 => 5, _ => o.small });
        String = expr!(|o: &Order| if o.region == "eu" { "EU".to_string() } else { o.region.to_lowercase() });
    }
    strings {
        bool = expr!(|o: &Order| o.region.starts_with("a") || o.region.contains("b") || o.region.ends_with("c"));
        bool = expr!(|o: &Order| o.region.chars().count() > 3);
        String = expr!(|o: &Order| o.region.to_uppercase());
        bool = expr!(|o: &Order| o.region.as_str() < "m");
    }
    times {
        i64 = expr!(|o: &Order| o.placed_at.millis() / 1000);
        i64 = expr!(|o: &Order| o.placed_at.hour() * 60 + o.placed_at.minute());
        i64 = expr!(|o: &Order| o.placed_at.year());
        Timestamp = expr!(|o: &Order| o.placed_at.plus_millis(-5));
    }
}
