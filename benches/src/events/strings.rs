//! Whole events, with their texts.

use flow::prelude::*;

use super::{copied, text};

/// A bid.
#[derive(Clone, Debug, PartialEq, Record)]
#[record(rename_all = "camelCase")]
pub struct Bid {
    /// What is bid for.
    pub auction: i64,
    /// Who bids.
    pub bidder: i64,
    /// How much, in cents.
    pub price: i64,
    /// By which channel.
    pub channel: String,
    /// By which page.
    pub url: String,
    /// When.
    pub date_time: Timestamp,
    /// Anything else.
    pub extra: String,
}

/// An auction.
#[derive(Clone, Debug, PartialEq, Record)]
#[record(rename_all = "camelCase")]
pub struct Auction {
    /// Its number.
    pub id: i64,
    /// What is sold.
    pub item_name: String,
    /// More of it.
    pub description: String,
    /// The first price, in cents.
    pub initial_bid: i64,
    /// The least price, in cents.
    pub reserve: i64,
    /// When it begins.
    pub date_time: Timestamp,
    /// When it ends.
    pub expires: Timestamp,
    /// Who sells.
    pub seller: i64,
    /// Which kind of thing.
    pub category: i64,
    /// Anything else.
    pub extra: String,
}

/// A person.
#[derive(Clone, Debug, PartialEq, Record)]
#[record(rename_all = "camelCase")]
pub struct Person {
    /// The number.
    pub id: i64,
    /// First and last name.
    pub name: String,
    /// Where to write to.
    pub email_address: String,
    /// Sixteen digits.
    pub credit_card: String,
    /// A city.
    pub city: String,
    /// A state.
    pub state: String,
    /// When the person came.
    pub date_time: Timestamp,
    /// Anything else.
    pub extra: String,
}

impl From<copied::Bid> for Bid {
    fn from(bid: copied::Bid) -> Self {
        Self {
            auction: bid.auction,
            bidder: bid.bidder,
            price: bid.price,
            channel: text::channel(bid.channel),
            url: text::url(bid.url, bid.channel),
            date_time: Timestamp::from_millis(bid.at),
            extra: text::extra(bid.extra),
        }
    }
}

impl From<copied::Auction> for Auction {
    fn from(auction: copied::Auction) -> Self {
        Self {
            id: auction.id,
            item_name: text::item(auction.item),
            description: text::extra(auction.item),
            initial_bid: i64::from(auction.initial_bid),
            reserve: i64::from(auction.reserve),
            date_time: Timestamp::from_millis(auction.at),
            expires: Timestamp::from_millis(auction.at + i64::from(auction.lasts)),
            seller: auction.seller,
            category: i64::from(auction.category),
            extra: text::extra(auction.item.rotate_left(5)),
        }
    }
}

impl From<copied::Person> for Person {
    fn from(person: copied::Person) -> Self {
        Self {
            id: person.id,
            name: text::name(person.name),
            email_address: text::email(person.email),
            credit_card: text::card(person.card),
            city: text::city(person.city).to_owned(),
            state: text::state(person.state).to_owned(),
            date_time: Timestamp::from_millis(person.at),
            extra: text::extra(person.extra),
        }
    }
}
