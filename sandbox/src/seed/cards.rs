//! The cards that the seller has from the start.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

use crate::{
    catalog::{BRANDS, Charc, Kind, Subject, subject},
    shop::{Card, Demand, Dimensions, Draft, Filled, Shop, Size},
};

/// One seeded card. Its numbers are what the seed varies by a tenth.
struct Model {
    subject: u64,
    brand: usize,
    title: &'static str,
    price: u64,
    discount: u64,
    daily: f64,
    trend_percent: f64,
    returns_percent: u32,
    /// For how many days the stock lasts at today's pace.
    cover_days: f64,
}

macro_rules! model {
    ($subject:literal, $brand:literal, $title:literal, $price:literal - $discount:literal %,
     $daily:literal a day, $trend:literal %, $returns:literal back, $cover:literal days) => {
        Model {
            subject: $subject,
            brand: $brand,
            title: $title,
            price: $price,
            discount: $discount,
            daily: $daily,
            trend_percent: $trend,
            returns_percent: $returns,
            cover_days: $cover,
        }
    };
}

const MODELS: &[Model] = &[
    model!(105, 0, "Кроссовки для бега лёгкие дышащие", 5_990 - 35 %, 7.5 a day, 30.0 %, 22 back, 9.0 days),
    model!(105, 0, "Кроссовки белые повседневные", 4_990 - 30 %, 4.0 a day, -10.0 %, 25 back, 40.0 days),
    model!(98, 0, "Кеды высокие на шнуровке", 3_490 - 25 %, 2.2 a day, 5.0 %, 24 back, 60.0 days),
    model!(192, 2, "Футболка оверсайз из плотного хлопка", 1_990 - 40 %, 9.0 a day, 45.0 %, 18 back, 5.0 days),
    model!(192, 2, "Футболка базовая белая", 1_490 - 35 %, 6.0 a day, 10.0 %, 17 back, 25.0 days),
    model!(11, 2, "Джинсы широкие с высокой посадкой", 4_290 - 30 %, 3.2 a day, 15.0 %, 35 back, 33.0 days),
    model!(69, 2, "Платье миди из вискозы", 3_990 - 25 %, 2.6 a day, -35.0 %, 40 back, 90.0 days),
    model!(69, 2, "Платье летнее с поясом", 2_990 - 45 %, 1.4 a day, -60.0 %, 38 back, 180.0 days),
    model!(593, 3, "Чайник электрический стеклянный 1,7 л", 3_290 - 30 %, 5.0 a day, 8.0 %, 7 back, 21.0 days),
    model!(593, 3, "Чайник с регулировкой температуры", 5_490 - 20 %, 2.0 a day, 25.0 %, 6 back, 14.0 days),
    model!(3756, 5, "Наушники беспроводные с шумоподавлением", 6_990 - 40 %, 4.4 a day, 20.0 %, 14 back, 12.0 days),
    model!(3756, 5, "Наушники проводные с микрофоном", 1_290 - 30 %, 1.8 a day, -40.0 %, 10 back, 120.0 days),
    model!(515, 5, "Чехол прозрачный силиконовый", 590 - 50 %, 8.0 a day, -5.0 %, 9 back, 30.0 days),
    model!(1229, 1, "Кружка керамическая большая 450 мл", 890 - 35 %, 5.5 a day, 12.0 %, 5 back, 18.0 days),
    model!(1229, 1, "Кружка фарфоровая для чая", 1_190 - 30 %, 1.6 a day, 0.0 %, 6 back, 75.0 days),
    model!(786, 1, "Постельное бельё евро, сатин", 5_990 - 45 %, 3.0 a day, 18.0 %, 12 back, 28.0 days),
    model!(786, 1, "Постельное бельё 2-спальное, поплин", 3_490 - 40 %, 2.4 a day, -8.0 %, 13 back, 50.0 days),
    model!(788, 4, "Мягкая игрушка мишка 60 см", 2_490 - 35 %, 3.4 a day, 22.0 %, 6 back, 8.0 days),
    model!(788, 4, "Игрушка-подушка котик", 1_690 - 40 %, 2.8 a day, 3.0 %, 7 back, 45.0 days),
    model!(855, 5, "Рюкзак городской для ноутбука", 4_490 - 38 %, 3.6 a day, -15.0 %, 11 back, 0.0 days),
];

const DESCRIPTION: &str = "Продуманная вещь на каждый день: надёжные материалы, аккуратная сборка и понятный уход. \
    Подходит для себя и в подарок. Перед отправкой каждая партия проходит проверку, упаковка защищает товар в дороге.";

/// Puts the seeded cards into the shop.
pub(crate) fn fill(shop: &mut Shop, now: DateTime<Utc>) {
    for (at, model) in (0_i64..).zip(MODELS) {
        let Some(subject) = subject(model.subject) else { continue };
        let mut draft = draft(model, subject, at, shop.random());
        shop.complete(&mut draft, model.subject);
        let created = now - TimeDelta::days(200 - at * 3) - TimeDelta::minutes(shop.random().i64(0..600));
        let (nm, imt, uuid) = (shop.next_id(), shop.next_id(), shop.next_uuid());
        let demand = demand(model, shop.random());
        shop.cards.push(Card {
            nm,
            imt,
            uuid,
            subject: model.subject,
            draft,
            photos: (1..=3).map(|number| photo(nm, number)).collect(),
            video: None,
            created,
            updated: created + TimeDelta::days(2),
            price: model.price,
            discount: model.discount,
            demand: Some(demand),
        });
    }
}

fn photo(nm: u64, number: u32) -> String {
    let (volume, part) = (nm / 100_000, nm / 1_000);
    format!("https://basket-01.wbbasket.ru/vol{volume}/part{part}/{nm}/images/big/{number}.webp")
}

fn demand(model: &Model, random: &mut fastrand::Rng) -> Demand {
    let daily = model.daily * (0.9 + 0.2 * random.f64());
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a few hundred pieces")]
    let stock = (daily * model.cover_days) as u32;
    Demand { daily, trend_percent: model.trend_percent, returns_percent: model.returns_percent, stock }
}

fn draft(model: &Model, subject: &Subject, at: i64, random: &mut fastrand::Rng) -> Draft {
    let characteristics = subject.charcs.iter().map(|charc| filled(charc, random)).collect();
    let size = |name: &str| Size { tech: name.to_owned(), wb: name.to_owned(), ..Size::default() };
    let sizes = if subject.sized { vec![size("42"), size("44"), size("46")] } else { Vec::new() };
    Draft {
        vendor_code: format!("SB-{}-{:02}", subject.id, at + 1),
        brand: BRANDS[model.brand].1.to_owned(),
        title: model.title.to_owned(),
        description: format!("{}. {DESCRIPTION}", model.title),
        wholesale: None,
        dimensions: Some(dimensions(random)),
        characteristics,
        sizes,
    }
}

fn dimensions(random: &mut fastrand::Rng) -> Dimensions {
    Dimensions {
        length: random.i64(20..40),
        width: random.i64(12..28),
        height: random.i64(5..20),
        weight_brutto: f64::from(random.u32(200..1_800)) / 1_000.0,
    }
}

fn filled(charc: &Charc, random: &mut fastrand::Rng) -> Filled {
    let value: Value = match charc.kind {
        Kind::Strings { samples, .. } => json!([samples[random.usize(0..samples.len())]]),
        Kind::Number { samples } => json!(samples[random.usize(0..samples.len())]),
    };
    Filled { id: charc.id, value }
}
