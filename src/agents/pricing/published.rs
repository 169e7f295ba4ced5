//! What a run publishes: the price or what is missing for it, and what is known beside it.

use protocol::event::JsonObject;
use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::{
    current::{Current, Looked},
    dialogue::{Body, Reply},
    money,
    quote::Quote,
    rivals,
    state::State,
};

/// The final state of a run.
pub(super) fn state(reply: &Reply, now: &State, looked: Option<&Looked>) -> JsonObject {
    let quote = match &reply.body {
        Body::Priced(quote) | Body::Reminder(quote) => Some(quote.as_ref()),
        _ => None,
    };
    let mut state = match (&reply.body, quote) {
        (_, Some(quote)) => prices(quote),
        (Body::Ask(missing), _) if reply.asks.is_none() => {
            let missing = missing.iter().filter_map(|fact| serde_json::to_value(fact).ok()).collect();
            JsonObject::from_iter([("missing".to_owned(), Value::Array(missing))])
        }
        _ => JsonObject::new(),
    };
    if let Some(Looked::Found(current)) = looked {
        state.insert("current".to_owned(), shown(current, quote));
    }
    if let Some(market) = quote.and_then(|quote| rivals::compare(quote, &now.rivals)) {
        let market = json!({ "count": market.count, "lowest": text(market.lowest), "median": text(market.median) });
        state.insert("competitors".to_owned(), market);
    }
    state
}

/// What other agents are told of a price.
pub(super) fn prices(quote: &Quote) -> JsonObject {
    let currency = quote.currency.map_or("", money::Currency::code);
    JsonObject::from_iter([
        ("price".to_owned(), text(quote.kept.price)),
        ("breakEven".to_owned(), text(quote.break_even)),
        ("margin".to_owned(), text(quote.kept.margin.unwrap_or_default())),
        ("profit".to_owned(), text(quote.kept.profit)),
        ("currency".to_owned(), Value::from(currency)),
    ])
}

/// What the shop asks now; sizes with prices of their own are told by the cheapest.
fn shown(current: &Current, quote: Option<&Quote>) -> Value {
    let mut shown = json!({
        "nmID": current.nm_id,
        "vendorCode": current.vendor_code,
        "price": text(current.price.0),
        "discount": current.discount,
        "discountedPrice": text(current.paid.0),
        "currency": current.currency,
    });
    if let Some(change) = quote.and_then(|quote| current.change(quote)) {
        shown["changePercent"] = format!("{change:.1}").into();
    }
    shown
}

fn text(value: Decimal) -> Value {
    Value::from(format!("{value:.2}"))
}
