//! The main job, reckoned without `flow`, by the rules that its documentation gives: a file is one partition; an order's
//! watermark is that of the orders before it; an order is late when its window has ended by then.

use std::collections::BTreeMap;

use serde_json::Value;

const MINUTE: i64 = 60_000;

/// What must come out.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Reckoning {
    /// Total and number of orders, by window start (in milliseconds) and region.
    pub(crate) revenue: BTreeMap<(i64, String), (i64, i64)>,
    /// The numbers of the lines that are no orders.
    pub(crate) malformed: Vec<u64>,
    /// How many orders came too late for their window.
    pub(crate) late: u64,
}

/// An order, as far as the job looks at it.
struct Order {
    region: String,
    amount: i64,
    placed_at: i64,
}

/// What the job makes of these lines.
pub(crate) fn reckon(lines: &[u8], min_amount: i64, delay: i64) -> Reckoning {
    let mut reckoning = Reckoning::default();
    let mut newest: Option<i64> = None;
    for (number, line) in (1..).zip(lines.split(|byte| *byte == b'\n')) {
        if line.trim_ascii().is_empty() {
            continue;
        }
        let Some(order) = order(line) else {
            reckoning.malformed.push(number);
            continue;
        };
        let watermark = newest.map(|newest| newest - delay - 1);
        newest = newest.max(Some(order.placed_at));
        if order.amount <= min_amount {
            continue;
        }
        let start = order.placed_at.div_euclid(MINUTE) * MINUTE;
        if watermark.is_some_and(|watermark| start + MINUTE - 1 <= watermark) {
            reckoning.late += 1;
            continue;
        }
        let (total, orders) = reckoning.revenue.entry((start, order.region)).or_default();
        *total = total.wrapping_add(order.amount);
        *orders += 1;
    }
    reckoning
}

fn order(line: &[u8]) -> Option<Order> {
    let order: Value = serde_json::from_slice(line).ok()?;
    order["id"].as_i64()?;
    Some(Order {
        region: order["region"].as_str()?.to_owned(),
        amount: order["amount"].as_i64()?,
        placed_at: millis(order["placed_at"].as_str()?)?,
    })
}

/// `2026-01-01T00:00:00.123Z` in milliseconds, the fraction with three digits or none.
pub(crate) fn millis(text: &str) -> Option<i64> {
    let (date, time) = text.strip_suffix('Z')?.split_once('T')?;
    let [year, month, day] = numbers(date, '-')?;
    let (time, fraction) = time.split_once('.').unwrap_or((time, "000"));
    let [hour, minute, second] = numbers(time, ':')?;
    let fraction: i64 = (fraction.len() == 3).then(|| fraction.parse().ok())??;
    // Days since 1970 by the calendar of 400 years that begins in March.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let (era, year) = (year.div_euclid(400), year.rem_euclid(400));
    let days = era * 146_097 + year * 365 + year / 4 - year / 100 + (153 * month + 2) / 5 + day - 1 - 719_468;
    Some((((days * 24 + hour) * 60 + minute) * 60 + second) * 1000 + fraction)
}

fn numbers(text: &str, separator: char) -> Option<[i64; 3]> {
    let numbers: Option<Vec<i64>> = text.split(separator).map(|part| part.parse().ok()).collect();
    numbers?.try_into().ok()
}

/// The same in text.
pub(crate) fn timestamp(millis: i64) -> String {
    // The calendar again, backwards.
    let (days, rest) = (millis.div_euclid(86_400_000) + 719_468, millis.rem_euclid(86_400_000));
    let (era, day) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let (year, month) = if month < 10 { (year, month + 3) } else { (year + 1, month - 9) };
    let (hour, minute, second) = (rest / 3_600_000, rest / 60_000 % 60, rest / 1000 % 60);
    format!("{:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{:03}Z", era * 400 + year, rest % 1000)
}
