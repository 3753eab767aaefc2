//! Events as the suite's Kafka source reads them: JSON lines.

use flow::Timestamp;
use serde_json::{Value, json};

use super::strings::{Auction, Bid, Person};

/// A time as the suite writes it: `2026-01-01 00:00:00.000`.
#[must_use]
pub fn time(at: Timestamp) -> String {
    let (hour, minute, second) = (at.hour(), at.minute(), at.second());
    format!("{} {hour:02}:{minute:02}:{second:02}.{:03}", at.format_date(), at.millis().rem_euclid(1_000))
}

/// A person's line.
#[must_use]
pub fn person(person: &Person) -> Value {
    let fields = json!({
        "id": person.id, "name": person.name, "emailAddress": person.email_address, "creditCard": person.credit_card,
        "city": person.city, "state": person.state, "dateTime": time(person.date_time), "extra": person.extra,
    });
    json!({ "event_type": 0, "person": fields, "auction": null, "bid": null })
}

/// An auction's line.
#[must_use]
pub fn auction(auction: &Auction) -> Value {
    let fields = json!({
        "id": auction.id, "itemName": auction.item_name, "description": auction.description,
        "initialBid": auction.initial_bid, "reserve": auction.reserve, "dateTime": time(auction.date_time),
        "expires": time(auction.expires), "seller": auction.seller, "category": auction.category,
        "extra": auction.extra,
    });
    json!({ "event_type": 1, "person": null, "auction": fields, "bid": null })
}

/// A bid's line.
#[must_use]
pub fn bid(bid: &Bid) -> Value {
    let fields = json!({
        "auction": bid.auction, "bidder": bid.bidder, "price": bid.price, "channel": bid.channel, "url": bid.url,
        "dateTime": time(bid.date_time), "extra": bid.extra,
    });
    json!({ "event_type": 2, "person": null, "auction": null, "bid": fields })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::events::{START, copied};

    #[test]
    fn a_bid_has_the_suites_columns() {
        let code = copied::Bid { auction: 1, bidder: 2, price: 3, at: START + 7, channel: 1, extra: 0, url: 0 };
        let line = bid(&code.into());
        assert_eq!(line["event_type"], 2);
        assert_eq!(line["bid"]["channel"], "Google");
        assert_eq!(line["bid"]["dateTime"], "2026-01-01 00:00:00.007");
        assert!(line["person"].is_null() && line["auction"].is_null());
    }
}
