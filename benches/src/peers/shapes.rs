//! Until the queries stand: records and rows.
use crate::sink::Checked;
pub(crate) use crate::w1::Bid;
use serde::{Deserialize, Serialize};
pub(crate) const SIZE: i64 = 10_000;
pub(crate) const DELAY: i64 = 4_000;
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Person {
    pub id: i64,
    pub name: i64,
    pub at: i64,
}
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Auction {
    pub seller: i64,
    pub at: i64,
}
#[derive(Clone, Copy, Debug)]
pub struct Row {
    pub id: i64,
    pub name: i64,
    pub start: i64,
}
fn mix(numbers: &[i64]) -> u64 {
    numbers.iter().fold(0, |sum: u64, number| (sum.rotate_left(5) ^ *number as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15))
}
impl Checked for Row {
    fn check(&self) -> u64 {
        mix(&[self.id, self.name, self.start])
    }
}
#[derive(Clone, Copy, Debug)]
pub struct Euro {
    pub auction: i64,
    pub bidder: i64,
    pub price: i64,
    pub at: i64,
    pub extra: i64,
}
impl Checked for Euro {
    fn check(&self) -> u64 {
        mix(&[self.auction, self.bidder, self.price, self.at])
    }
}
pub(crate) fn convert(b: Bid) -> Euro {
    Euro { auction: b.auction, bidder: b.bidder, price: b.price * 908, at: b.at, extra: b.channel }
}
pub(crate) fn row_check(a: i64, n: i64) -> u64 {
    mix(&[a, n])
}
