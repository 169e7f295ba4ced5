//! What the marketplace takes: commissions by category, logistics and storage by warehouse.

use chrono::{Days, NaiveDate};
use serde_json::{Value, json};

use super::{Answer, Request, day};
use crate::catalog::{SUBJECTS, Subject, WAREHOUSES, Warehouse};

/// For how long a tariff of boxes holds.
const TARIFF_DAYS: u64 = 60;

pub(super) fn commission(request: &Request<'_>) -> Answer {
    let locale = request.locale();
    let shown = |subject: &Subject| {
        json!({
            "kgvpBooking": subject.commission - 1.0,
            "kgvpMarketplace": subject.commission + 3.0,
            "kgvpPickup": subject.commission - 1.0,
            "kgvpSupplier": subject.commission - 3.0,
            "kgvpSupplierExpress": 3.0,
            "paidStorageKgvp": subject.commission,
            "parentID": subject.parent,
            "parentName": subject.parent_name(locale),
            "subjectID": subject.id,
            "subjectName": subject.name.of(locale),
        })
    };
    Answer::ok(json!({ "report": SUBJECTS.iter().map(shown).collect::<Vec<_>>() }))
}

pub(super) fn boxes(request: &Request<'_>) -> Answer {
    let Some(date) = request.query("date").and_then(day) else {
        let detail = "date: required, as YYYY-MM-DD";
        return Answer { status: 400, body: json!({ "title": "bad request", "detail": detail, "status": 400 }) };
    };
    let ahead =
        |days| date.checked_add_days(Days::new(days)).map_or_else(String::new, |day: NaiveDate| day.to_string());
    Answer::ok(json!({ "response": { "data": {
        "dtNextBox": ahead(TARIFF_DAYS / 2),
        "dtTillMax": ahead(TARIFF_DAYS),
        "warehouseList": WAREHOUSES.iter().map(tariff).collect::<Vec<_>>(),
    } } }))
}

/// The base tariffs, in hundredths of a rouble, times the warehouse's coefficients.
fn tariff(warehouse: &Warehouse) -> Value {
    let logistics = |hundredths: u32| comma(hundredths * warehouse.logistics_percent / 100);
    let storage = |hundredths: u32| comma(hundredths * warehouse.storage_percent / 100);
    json!({
        "boxDeliveryBase": logistics(3_000),
        "boxDeliveryCoefExpr": warehouse.logistics_percent.to_string(),
        "boxDeliveryLiter": logistics(700),
        "boxDeliveryMarketplaceBase": comma(4_000),
        "boxDeliveryMarketplaceCoefExpr": "125",
        "boxDeliveryMarketplaceLiter": comma(1_100),
        "boxStorageBase": storage(12),
        "boxStorageCoefExpr": warehouse.storage_percent.to_string(),
        "boxStorageLiter": storage(6),
        "geoName": warehouse.okrug,
        "warehouseName": warehouse.name,
    })
}

/// As the marketplace writes sums: a comma, and no zeros at the end.
fn comma(hundredths: u32) -> String {
    let (whole, part) = (hundredths / 100, hundredths % 100);
    if part == 0 { whole.to_string() } else { format!("{whole},{part:02}").trim_end_matches('0').to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_are_written_as_the_marketplace_does() {
        for (hundredths, expected) in [(4_800, "48"), (1_120, "11,2"), (14, "0,14"), (7, "0,07"), (0, "0")] {
            assert_eq!(comma(hundredths), expected);
        }
    }
}
