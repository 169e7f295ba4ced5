//! The marketplace's own commission and delivery, where a message asks for them: found in its tariffs. Pure.

use rust_decimal::Decimal;

use super::{
    facts::Fact,
    money::{self, Currency},
};
use crate::{
    agents::{
        concierge::plain,
        language::Language::{self, English, Russian},
    },
    tools::wildberries::{BoxTariff, Commission},
};

/// How much of a message is read.
const READ_BYTES_MAX: usize = 1024;
/// Words of fewer letters tell no category from another.
const LETTERS_MIN: usize = 3;
/// So many letters at the end of a word are its case or number.
const ENDING_LETTERS: usize = 2;
/// The largest box, in litres.
const LITRES_MAX: Decimal = Decimal::from_parts(10_000, 0, 0, false, 0);

/// What a message asks the tariffs for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Asked {
    /// The commission; the words that may name a category are in the message.
    pub commission: bool,
    /// Delivery of a box of so many litres.
    pub litres: Option<Decimal>,
}

/// What the tariffs say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// The commission of a category.
    Commission {
        /// The category.
        subject: String,
        /// Sold from the marketplace's warehouse, in per cent.
        percent: Decimal,
        /// Sold from the seller's own, in per cent.
        own_percent: Option<Decimal>,
    },
    /// Delivery of a box.
    Delivery {
        /// The warehouse.
        warehouse: String,
        /// Of so many litres.
        litres: Decimal,
        /// In roubles.
        price: Decimal,
    },
}

impl Found {
    /// The fact, and what it is.
    pub fn fact(&self) -> (Fact, money::Amount) {
        match self {
            Self::Commission { percent, .. } => (Fact::Commission, money::Amount::percent(*percent)),
            Self::Delivery { price, .. } => (Fact::Logistics, money::Amount::money(*price, Some(Currency::Rub))),
        }
    }
}

/// What a message asks for. Whoever gives a number for a fact knows it, so the tariffs are not asked.
pub fn asked(message: &str, given: &[Fact]) -> Asked {
    let words = words(message);
    let has = |beginnings: &[&str]| words.iter().any(|word| beginnings.iter().any(|start| word.starts_with(start)));
    let delivery = has(&["logistic", "deliver", "логистик", "доставк"]);
    Asked {
        commission: has(&["commission", "комисси"]) && !given.contains(&Fact::Commission),
        litres: litres(&words).filter(|_| delivery && !given.contains(&Fact::Logistics)),
    }
}

fn words(message: &str) -> Vec<String> {
    let message = &message[..message.floor_char_boundary(READ_BYTES_MAX)];
    let between = |c: char| !c.is_alphanumeric() && !matches!(c, '.' | ',');
    let words = message.split(between).map(|word| word.trim_matches(['.', ',']).to_lowercase().replace('ё', "е"));
    words.filter(|word| !word.is_empty()).collect()
}

/// `2 л`, `2,5 litres`, `3l`.
fn litres(words: &[String]) -> Option<Decimal> {
    let is_unit = |word: &str| word == "л" || word == "l" || word.starts_with("литр") || word.starts_with("lit");
    let number = |word: &str| word.replace(',', ".").parse::<Decimal>().ok();
    let found = words.iter().enumerate().find_map(|(at, word)| {
        let glued = word.strip_suffix(['л', 'l']).and_then(number);
        glued.or_else(|| number(word).filter(|_| words.get(at + 1).is_some_and(|next| is_unit(next))))
    });
    found.filter(|litres| *litres > Decimal::ZERO && *litres <= LITRES_MAX)
}

/// The commission of the category that a message names: the one most of whose words are there.
pub fn commission(message: &str, rows: &[Commission]) -> Option<Found> {
    let said = words(message);
    let scored = rows.iter().filter_map(|row| {
        let percent = row.paid_storage_kgvp?;
        let names: Vec<String> = words(&row.subject_name);
        let hits = names.iter().filter(|name| said.iter().any(|word| is_same(name, word))).count();
        // The first word of a category's name is its noun: `чехлы для телефонов` are not meant by `телефонов`.
        let is_noun = names.first().is_some_and(|noun| said.iter().any(|word| is_same(noun, word)));
        (is_noun).then_some((hits, std::cmp::Reverse(names.len()), row, percent))
    });
    let (.., row, percent) =
        scored.max_by_key(|(hits, length, row, _)| (*hits, *length, std::cmp::Reverse(row.subject_id)))?;
    Some(Found::Commission { subject: row.subject_name.clone(), percent, own_percent: row.kgvp_marketplace })
}

/// Whether two words are one in different cases: all but the end is the same.
fn is_same(one: &str, other: &str) -> bool {
    let length = one.chars().count().min(other.chars().count());
    let longer = one.chars().count().max(other.chars().count());
    let same = one.chars().zip(other.chars()).take_while(|(a, b)| a == b).count();
    let stem = length.saturating_sub(ENDING_LETTERS).max(LETTERS_MIN);
    same >= stem && longer - same <= ENDING_LETTERS + 1
}

/// Delivery of a box from the warehouse that a message names, or else from the cheapest.
pub fn delivery(message: &str, litres: Decimal, rows: &[BoxTariff]) -> Option<Found> {
    let said = words(message);
    let priced = rows.iter().filter_map(|row| {
        let further = (litres.ceil() - Decimal::ONE).max(Decimal::ZERO);
        let more = row.box_delivery_liter?.checked_mul(further)?;
        Some((row, row.box_delivery_base?.checked_add(more)?))
    });
    let is_named =
        |row: &BoxTariff| words(&row.warehouse_name).iter().any(|name| said.iter().any(|word| is_same(name, word)));
    let (row, price) = priced.min_by_key(|(row, price)| (!is_named(row), *price))?;
    Some(Found::Delivery { warehouse: row.warehouse_name.clone(), litres, price })
}

/// In words; a line.
pub fn say(found: &Found, language: Language) -> String {
    let share = |percent: Decimal| money::percent(percent.normalize(), language);
    match (found, language) {
        (Found::Commission { subject, percent, own_percent }, English) => {
            let own = own_percent.map_or_else(String::new, |own| format!(" ({} from your own)", share(own)));
            format!("The marketplace takes {} for {} sold from its warehouse{own}.", share(*percent), plain(subject))
        }
        (Found::Commission { subject, percent, own_percent }, Russian) => {
            let own = own_percent.map_or_else(String::new, |own| format!(" (со своего — {})", share(own)));
            format!("Комиссия маркетплейса, {}: {} при продаже с его склада{own}.", plain(subject), share(*percent))
        }
        (Found::Delivery { warehouse, litres, price }, English) => format!(
            "Delivery of {} l from the warehouse {} costs {}.",
            litres.normalize(),
            plain(warehouse),
            money::money(*price, Some(Currency::Rub), language)
        ),
        (Found::Delivery { warehouse, litres, price }, Russian) => format!(
            "Доставка {} л со склада {}: {}.",
            litres.normalize(),
            plain(warehouse),
            money::money(*price, Some(Currency::Rub), language)
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows() -> Vec<Commission> {
        let names =
            [(1, "Кружки", 15), (2, "Чехлы для телефонов", 20), (3, "Телефоны", 7), (4, "Mugs", 15), (5, "Чехлы", 9)];
        let row = |(subject_id, name, percent): (u64, &str, i64)| Commission {
            subject_id,
            subject_name: name.to_owned(),
            paid_storage_kgvp: Some(percent.into()),
            ..Commission::default()
        };
        names.into_iter().map(row).collect()
    }

    #[track_caller]
    fn check(message: &str, expected: Option<i64>) {
        let found = commission(message, &rows()).map(|found| found.fact().1.value);
        assert_eq!(found, expected.map(Decimal::from), "{message}");
    }

    #[test]
    fn the_category_is_found_by_its_name_in_any_case() {
        check("какая комиссия на кружки?", Some(15));
        check("комиссия для кружек", Some(15));
        check("commission for a mug", Some(15));
        check("комиссия на чехлы для телефонов", Some(20));
        check("комиссия на чехлы", Some(9));
        check("комиссия на телефоны", Some(7));
        check("какая комиссия?", None);
        check("commission for lamps", None);
    }

    #[test]
    fn a_box_costs_its_first_litre_and_every_further_one() {
        let row = |name: &str, base: i64, litre: i64| BoxTariff {
            warehouse_name: name.to_owned(),
            box_delivery_base: Some(Decimal::new(base, 2)),
            box_delivery_liter: Some(Decimal::new(litre, 2)),
            ..BoxTariff::default()
        };
        let rows = [row("Коледино", 4_800, 1_120), row("Казань", 3_000, 700)];
        let price = |message, litres: &str| {
            let found = delivery(message, litres.parse().unwrap(), &rows).unwrap();
            let (fact, amount) = found.fact();
            assert_eq!(fact, Fact::Logistics);
            amount.value.normalize().to_string()
        };
        assert_eq!(price("доставка с Коледино", "1"), "48");
        assert_eq!(price("доставка из коледино", "2.5"), "70.4");
        assert_eq!(price("logistics", "0.3"), "30");
        assert_eq!(price("logistics", "3"), "44");
        assert_eq!(delivery("logistics", Decimal::ONE, &[]), None);
    }

    #[test]
    fn only_what_the_message_leaves_open_is_asked_for() {
        let litres = |message: &str| asked(message, &[]).litres.map(|litres| litres.to_string());
        assert_eq!(litres("логистика за 2,5 л"), Some("2.5".to_owned()));
        assert_eq!(litres("delivery of 3 litres"), Some("3".to_owned()));
        assert_eq!(litres("delivery of 3l"), Some("3".to_owned()));
        assert_eq!(litres("a kettle of 3 litres"), None);
        assert_eq!(litres("delivery of 0 l"), None);
        assert_eq!(litres("delivery of 99999999999 l"), None);
        assert!(asked("what commission for mugs?", &[]).commission);
        assert!(!asked("commission 15%", &[Fact::Commission]).commission);
        assert_eq!(asked("margin 25%", &[]), Asked::default());
    }

    #[test]
    fn what_was_found_is_said_in_both_languages() {
        let found = Found::Commission { subject: "Mugs".to_owned(), percent: 15.into(), own_percent: Some(18.into()) };
        assert_eq!(
            say(&found, English),
            "The marketplace takes 15% for Mugs sold from its warehouse (18% from your own)."
        );
        let found =
            Found::Delivery { warehouse: "Казань".to_owned(), litres: 2.into(), price: Decimal::new(370, 1) };
        assert_eq!(say(&found, Russian), "Доставка 2 л со склада Казань: 37\u{a0}₽.");
    }
}
