//! Decimals of a declared width.

use rust_decimal::Decimal;

/// The value with exactly `scale` digits after the point, if it has at most `precision` in all and loses none.
pub(crate) fn fit(value: Decimal, precision: u8, scale: u8) -> Option<Decimal> {
    let mut value = value.normalize();
    if value.scale() > u32::from(scale) {
        return None;
    }
    value.rescale(u32::from(scale));
    let limit = 10_u128.checked_pow(u32::from(precision))?;
    (value.scale() == u32::from(scale) && value.mantissa().unsigned_abs() < limit).then_some(value)
}

/// The decimal that a numeral stands for, if it loses no digit.
pub(crate) fn parse_decimal(text: &str) -> Option<Decimal> {
    if text.len() > 64 {
        return None;
    }
    let parse = if text.contains(['e', 'E']) { Decimal::from_scientific } else { Decimal::from_str_exact };
    parse(text).ok()
}
