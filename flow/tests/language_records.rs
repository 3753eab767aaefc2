//! `#[derive(Record)]`: schema, rows, strict JSON, renamed and skipped fields.

use flow::ir::types::DataType;
use flow::{Record, Timestamp};
use rust_decimal::Decimal;

#[derive(Clone, Debug, Default, PartialEq, Record)]
struct Address {
    city: String,
    zip: Option<i32>,
}

#[derive(Clone, Debug, PartialEq, Record)]
#[record(rename_all = "camelCase")]
struct Order {
    order_id: i64,
    #[record(epoch_millis)]
    placed_at: Timestamp,
    #[record(precision = 18, scale = 2)]
    price: Decimal,
    #[record(rename = "to")]
    address: Address,
    tags: Vec<String>,
    r#type: Option<String>,
    #[record(skip)]
    seen: Vec<std::time::Duration>,
}

fn order() -> Order {
    Order {
        order_id: 7,
        placed_at: Timestamp::from_millis(5),
        price: Decimal::new(1250, 2),
        address: Address { city: "Bonn".into(), zip: None },
        tags: vec!["new".into()],
        r#type: Some("web".into()),
        seen: Vec::new(),
    }
}

#[test]
fn the_schema_has_the_names_of_the_formats() {
    let schema = Order::schema();
    let fields: Vec<_> = schema.fields.iter().map(|field| (field.name.as_str(), field.rust_name())).collect();
    let expect = [
        ("orderId", "order_id"),
        ("placedAt", "placed_at"),
        ("price", "price"),
        ("to", "address"),
        ("tags", "tags"),
        ("type", "type"),
    ];
    assert_eq!(fields, expect);
    assert_eq!(schema.fields[1].data_type, DataType::EpochMillis);
    assert_eq!(schema.fields[2].data_type, DataType::Decimal { precision: 18, scale: 2 });
    assert!(schema.fields[5].nullable);
    assert_eq!(schema.find("order_id"), Some(0));
}

#[test]
fn rows_and_json_come_back() {
    let json =
        r#"{"orderId":7,"placedAt":5,"price":12.50,"to":{"city":"Bonn","zip":null},"tags":["new"],"type":"web"}"#;
    assert_eq!(serde_json::to_string(&order()).expect("a record is written"), json);
    assert_eq!(serde_json::from_str::<Order>(json).expect("its own JSON is read"), order());
    assert_eq!(Order::from_row(order().to_row()), Ok(order()));
}

#[test]
fn json_is_read_strictly() {
    for (json, why) in [
        (r#"{"zip": 1}"#, "missing field `city`"),
        (r#"{"city": 1}"#, "invalid type"),
        (r#"{"city": "Bonn", "city": "Ulm"}"#, "duplicate field"),
    ] {
        let error = serde_json::from_str::<Address>(json).expect_err(json).to_string();
        assert!(error.contains(why), "{json}: {error}");
    }
    let bonn = Address { city: "Bonn".into(), zip: None };
    assert_eq!(serde_json::from_str::<Address>(r#"{"city": "Bonn"}"#).expect("an Option may be missing"), bonn);
}

/// With the user's own serde, which has the last word on the formats.
#[derive(Debug, PartialEq, Record, serde::Serialize, serde::Deserialize)]
#[record(serde)]
struct Own {
    id: i64,
}

#[test]
fn own_serde_is_kept() {
    assert_eq!(serde_json::from_str::<Own>(r#"{"id": 1}"#).expect("serde's own"), Own { id: 1 });
    assert_eq!(Own::from_row(Own { id: 1 }.to_row()), Ok(Own { id: 1 }));
}

macro_rules! records {
    ($($name:ident { $($field:ident: $ty:ty),* })*) => { $(#[derive(Debug, PartialEq, Record)] struct $name { $($field: $ty),* })* };
}

records! { Made { out: i64, fields: Option<f64>, row: bool } }

#[test]
fn records_can_be_made_by_a_macro() {
    let made = Made { out: 1, fields: None, row: true };
    assert_eq!(Made::from_row(made.to_row()), Ok(made));
}
