//! A pipeline inside a web service: a handler pushes orders into it, another shows the revenue so far. When the pipeline is
//! busy, the handler waits for room: clients feel the backpressure.
//!
//! ```sh
//! cargo run --release -p flow-examples --features axum --example embed_in_axum -- 127.0.0.1:3000
//! curl -d '{"region":"north","amount":2500}' -H 'content-type: application/json' localhost:3000/orders
//! curl localhost:3000/revenue
//! ```
//! Ctrl-C lets what is in flight come out, and prints the report.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use flow::prelude::*;
use flow::sinks::Table;
use flow::sources::ChannelHandle;

/// What clients send.
#[derive(Clone, Debug, Record)]
struct Order {
    region: String,
    amount: i64,
}

/// What the handlers share.
#[derive(Clone)]
struct Shop {
    orders: ChannelHandle<Order>,
    revenue: Table<String, i64>,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:3000".to_owned());
    let (orders, orders_in) = sources::channel::<Order>(1_000);
    let (revenue, revenue_out) = sinks::table::<String, i64>();

    let pipeline = pipeline! {
        name = "revenue";
        source(orders_in)
            -> key_by(|o| o.region)
            -> aggregate(|o| sum(o.amount))
            -> sink(revenue_out);
    };
    let job = pipeline.start().await?;

    let app = Router::new()
        .route("/orders", post(take_order))
        .route("/revenue", get(show_revenue))
        .with_state(Shop { orders, revenue });
    let listener = tokio::net::TcpListener::bind(address).await?;
    println!("listening on http://{}", listener.local_addr()?);
    axum::serve(listener, app).with_graceful_shutdown(stopped()).await?;

    job.drain();
    println!("\n{}", job.wait().await?);
    Ok(())
}

async fn take_order(State(shop): State<Shop>, Json(order): Json<Order>) -> StatusCode {
    match shop.orders.send(order).await {
        Ok(()) => StatusCode::ACCEPTED,
        Err(_) => StatusCode::SERVICE_UNAVAILABLE,
    }
}

async fn show_revenue(State(shop): State<Shop>) -> Json<BTreeMap<String, i64>> {
    Json(shop.revenue.rows().into_iter().collect())
}

async fn stopped() {
    if let Err(error) = tokio::signal::ctrl_c().await {
        eprintln!("cannot wait for Ctrl-C: {error}");
    }
}
