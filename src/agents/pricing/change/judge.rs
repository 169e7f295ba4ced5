//! What a wanted change means for a product as it is, and what became of it. Pure.

use rust_decimal::Decimal;

use super::wanted::Wanted;
use crate::tools::wildberries::{Goods, PriceTask, PricedGoods};

/// A price and a discount.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Priced {
    /// In roubles, before the discount.
    pub price: Decimal,
    /// In per cent.
    pub discount: u64,
}

impl Priced {
    /// What buyers pay before the marketplace's own discount.
    pub fn paid(self) -> Decimal {
        let rest = Decimal::ONE_HUNDRED.saturating_sub(self.discount.into());
        self.price.saturating_mul(rest) / Decimal::ONE_HUNDRED
    }
}

/// What is to be said of a wanted change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// The shop has no such product.
    Unknown,
    /// Its sizes have prices of their own.
    BySize,
    /// It is so already.
    Same(Priced),
    /// It can be asked for.
    Change(Change),
}

/// A change that can be asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The article.
    pub nm_id: u64,
    /// The seller's own code.
    pub vendor_code: String,
    /// As it is.
    pub before: Priced,
    /// As it will be.
    pub after: Priced,
    /// It falls to a third or less: the marketplace puts such a price into quarantine instead of showing it.
    pub is_quarantined: bool,
}

/// What became of a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// It is set.
    Done,
    /// The marketplace did not take it, in its own words.
    Refused(String),
    /// Nothing was said yet.
    Pending,
}

/// Finds the product, and says what the change means for it.
pub fn judge(wanted: &Wanted, goods: &[Goods]) -> Verdict {
    let Some(article) = wanted.article.as_deref() else { return Verdict::Unknown };
    let is_meant = |goods: &&Goods| {
        goods.nm_id.to_string() == article || goods.vendor_code.to_lowercase() == article.to_lowercase()
    };
    let Some(goods) = goods.iter().find(is_meant) else { return Verdict::Unknown };
    let prices: Vec<Decimal> = goods.sizes.iter().filter_map(|size| size.price).collect();
    let Some(price) = prices.first().copied() else { return Verdict::Unknown };
    if prices.iter().any(|other| *other != price) {
        return Verdict::BySize;
    }
    let before = Priced { price, discount: goods.discount };
    let after = Priced {
        price: wanted.price.map_or(before.price, Decimal::from),
        discount: wanted.discount.unwrap_or(before.discount),
    };
    if before == after {
        return Verdict::Same(before);
    }
    let is_quarantined = after.paid().saturating_mul(Decimal::from(3)) <= before.paid();
    Verdict::Change(Change {
        nm_id: goods.nm_id,
        vendor_code: goods.vendor_code.clone(),
        before,
        after,
        is_quarantined,
    })
}

/// What became of the change of one article.
pub fn fate(task: Option<&PriceTask>, goods: &[PricedGoods]) -> Fate {
    let Some(task) = task.filter(|task| task.status >= 3) else { return Fate::Pending };
    let words = goods.iter().map(|goods| goods.error_text.trim()).find(|words| !words.is_empty());
    match (task.status, words) {
        (3, None) => Fate::Done,
        (_, Some(words)) => Fate::Refused(words.to_owned()),
        (status, None) => Fate::Refused(format!("status {status}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tools::wildberries::GoodsSize;

    fn goods(prices: &[u64], discount: u64) -> Vec<Goods> {
        let sizes = prices.iter().map(|price| GoodsSize { price: Some((*price).into()), ..GoodsSize::default() });
        vec![Goods { nm_id: 7, vendor_code: "Mug-1".into(), sizes: sizes.collect(), discount, ..Goods::default() }]
    }

    #[track_caller]
    fn check(article: &str, price: Option<u64>, discount: Option<u64>, expected: &str) {
        let wanted = Wanted { article: Some(article.to_owned()), price, discount };
        let shown = match judge(&wanted, &goods(&[1_000, 1_000], 10)) {
            Verdict::Change(change) => format!(
                "{} -> {}{}",
                change.before.paid().normalize(),
                change.after.paid().normalize(),
                if change.is_quarantined { " quarantine" } else { "" }
            ),
            other => format!("{other:?}").split('(').next().unwrap().to_owned(),
        };
        assert_eq!(shown, expected);
    }

    #[test]
    fn a_change_is_told_by_what_buyers_pay() {
        check("7", Some(2_000), None, "900 -> 1800");
        check("mug-1", Some(2_000), Some(50), "900 -> 1000");
        check("7", None, Some(20), "900 -> 800");
        check("7", Some(334), None, "900 -> 300.6");
        check("7", Some(333), None, "900 -> 299.7 quarantine");
        check("7", None, Some(70), "900 -> 300 quarantine");
    }

    #[test]
    fn no_change_and_no_product_are_told_apart() {
        check("7", Some(1_000), None, "Same");
        check("7", Some(1_000), Some(10), "Same");
        check("8", Some(1_000), None, "Unknown");
        let wanted = Wanted { article: Some("7".to_owned()), price: Some(5), discount: None };
        assert_eq!(judge(&wanted, &goods(&[1_000, 1_200], 10)), Verdict::BySize);
        assert_eq!(judge(&wanted, &goods(&[], 10)), Verdict::Unknown);
    }

    #[test]
    fn what_became_of_it_is_read_off_the_upload_and_its_goods() {
        let task = |status| PriceTask { status, ..PriceTask::default() };
        let goods = |words: &str| vec![PricedGoods { error_text: words.to_owned(), ..PricedGoods::default() }];
        assert_eq!(fate(None, &[]), Fate::Pending);
        assert_eq!(fate(Some(&task(0)), &[]), Fate::Pending);
        assert_eq!(fate(Some(&task(3)), &goods("")), Fate::Done);
        assert_eq!(fate(Some(&task(6)), &goods("in quarantine")), Fate::Refused("in quarantine".to_owned()));
        assert_eq!(fate(Some(&task(4)), &[]), Fate::Refused("status 4".to_owned()));
    }
}
