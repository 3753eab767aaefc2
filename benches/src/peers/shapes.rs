//! Until the queries stand: rows.
use crate::sink::hashed;
pub(crate) const SIZE: i64 = 10_000;
#[derive(Clone, Copy, Debug, Hash)]
pub struct Row {
    pub id: i64,
    pub name: u32,
    pub start: i64,
}
impl crate::sink::Checked for Row {
    fn check(&self) -> u64 {
        hashed(self)
    }
}
#[derive(Clone, Copy, Debug, Hash)]
pub struct Q5Row {
    pub auction: i64,
    pub num: i64,
}
impl crate::sink::Checked for Q5Row {
    fn check(&self) -> u64 {
        hashed(self)
    }
}
