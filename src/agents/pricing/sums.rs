//! The arithmetic of a price, exact to the last digit.
//!
//! `price = (money + wanted money) / (1 − shares − wanted share)`, rounded up to the next cent. So at the answered price
//! the profit is never less than what was asked, and one cent below it would be.

use rust_decimal::{Decimal, RoundingStrategy};

/// The step that prices are rounded up to: a cent, a kopeck.
pub const STEP: Decimal = Decimal::from_parts(1, 0, 0, false, 2);
/// The largest price that is answered, 10^15: above it the exact check would run out of digits.
pub const PRICE_MAX: Decimal = Decimal::from_parts(2_764_472_320, 232_830, 0, false, 0);

/// What a sale costs the seller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Charges {
    /// Money for each unit, whatever the price.
    pub money: Decimal,
    /// The part of the price that goes to others: `0.21` for 21 %.
    pub share: Decimal,
}

/// What the seller wants to keep.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Wanted {
    /// Money for each unit.
    pub money: Decimal,
    /// A part of the price.
    pub share: Decimal,
}

/// Why there is no such price.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoPrice {
    /// The shares leave nothing of the price.
    #[error("the shares make {0} of the price; they must be below 1")]
    NothingLeft(Decimal),
    /// The price would be absurdly large.
    #[error("the price would be above {PRICE_MAX}")]
    TooLarge,
}

/// The lowest price, in whole cents, at which the seller keeps what is wanted.
///
/// # Errors
/// [`NoPrice`] where the shares reach the whole price, or the price would be above [`PRICE_MAX`].
pub fn lowest_price(charges: Charges, wanted: Wanted) -> Result<Decimal, NoPrice> {
    let shares = charges.share + wanted.share;
    let left = Decimal::ONE - shares;
    if left <= Decimal::ZERO {
        return Err(NoPrice::NothingLeft(shares));
    }
    let money = charges.money + wanted.money;
    let quotient = money.checked_div(left).filter(|price| *price <= PRICE_MAX).ok_or(NoPrice::TooLarge)?;
    let near = up_to_step(quotient);
    // The quotient itself is rounded after 28 digits: the exact product decides between two neighbours.
    let enough = |price: Decimal| price * left >= money;
    let price = if enough(near) { near } else { near + STEP };
    Ok(if price >= STEP && enough(price - STEP) { price - STEP } else { price })
}

/// What the seller keeps at a price; negative for a loss.
pub fn profit_at(charges: Charges, price: Decimal) -> Decimal {
    price * (Decimal::ONE - charges.share) - charges.money
}

/// What part of the price that is, in per cent; none at a price of zero.
pub fn margin_percent(profit: Decimal, price: Decimal) -> Option<Decimal> {
    (profit * Decimal::ONE_HUNDRED).checked_div(price)
}

/// Rounds up to the next cent.
pub fn up_to_step(value: Decimal) -> Decimal {
    value.round_dp_with_strategy(2, RoundingStrategy::ToPositiveInfinity)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn decimal(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    #[track_caller]
    fn check(money: &str, share: &str, wanted: &str, price: &str) {
        let charges = Charges { money: decimal(money), share: decimal(share) };
        let wanted = Wanted { money: Decimal::ZERO, share: decimal(wanted) };
        assert_eq!(lowest_price(charges, wanted).unwrap(), decimal(price));
    }

    #[test]
    fn the_price_is_rounded_up_to_the_next_cent() {
        check("560", "0.21", "0.25", "1037.04");
        check("560", "0.21", "0", "708.87");
        check("100", "0", "0", "100");
        check("100", "0", "0.5", "200");
        check("0", "0.5", "0", "0");
        check("10", "0.7", "0", "33.34");
    }

    #[test]
    fn shares_of_the_whole_price_or_more_leave_no_price() {
        let charges = Charges { money: decimal("1"), share: decimal("0.75") };
        let wanted = |share: &str| Wanted { money: Decimal::ZERO, share: decimal(share) };
        assert_eq!(lowest_price(charges, wanted("0.25")), Err(NoPrice::NothingLeft(Decimal::ONE)));
        assert_eq!(lowest_price(charges, wanted("0.5")), Err(NoPrice::NothingLeft(decimal("1.25"))));
        let huge = Charges { money: PRICE_MAX, share: decimal("0.5") };
        assert_eq!(lowest_price(huge, Wanted::default()), Err(NoPrice::TooLarge));
    }

    prop_compose! {
        fn sums()(cents in 0_i64..=100_000_000_000_000, extra in 0_i64..=10_000_000, parts in 0_i64..=600_000, wanted in 0_i64..=399_000)
            -> (Charges, Wanted) {
            let charges = Charges { money: Decimal::new(cents, 2), share: Decimal::new(parts, 6) };
            (charges, Wanted { money: Decimal::new(extra, 2), share: Decimal::new(wanted, 6) })
        }
    }

    proptest! {
        #[test]
        fn the_price_is_never_below_break_even((charges, wanted) in sums()) {
            let even = lowest_price(charges, Wanted::default()).unwrap();
            prop_assert!(lowest_price(charges, wanted).unwrap() >= even);
            prop_assert!(profit_at(charges, even) >= Decimal::ZERO);
        }

        #[test]
        fn the_profit_is_what_was_asked_and_one_cent_less_is_not_enough((charges, wanted) in sums()) {
            let price = lowest_price(charges, wanted).unwrap();
            let kept = |price: Decimal| profit_at(charges, price) >= wanted.money + wanted.share * price;
            prop_assert!(kept(price));
            prop_assert!(price.is_zero() || !kept(price - STEP));
        }
    }
}
