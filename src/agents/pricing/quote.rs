//! From facts to an answer: the price, what it is made of, and what remains.

use rust_decimal::Decimal;

use super::{
    facts::Fact,
    money::{Currency, Kind, half_up},
    state::State,
    sums::{self, Charges, NoPrice, Wanted},
};

/// The facts that cost the seller something, in the order of the table.
const COSTS: [Fact; 8] = [
    Fact::Cost,
    Fact::Logistics,
    Fact::Packaging,
    Fact::Other,
    Fact::Commission,
    Fact::Acquiring,
    Fact::Ads,
    Fact::Tax,
];

/// A price and what the seller keeps of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kept {
    /// The price.
    pub price: Decimal,
    /// What remains of it for each unit; negative for a loss.
    pub profit: Decimal,
    /// The same in per cent of the price; none at a price of zero.
    pub margin: Option<Decimal>,
}

/// One line of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Row {
    /// What it is.
    pub fact: Fact,
    /// In money, for each unit.
    pub money: Decimal,
    /// In per cent of the price; none at a price of zero.
    pub percent: Option<Decimal>,
}

/// What the price in the table comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Goal {
    /// A wanted margin, profit, markup or return on the cost.
    Wanted(Fact, Decimal),
    /// The seller named it.
    Named,
}

/// The answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quote {
    /// The currency, where one was named.
    pub currency: Option<Currency>,
    /// Where the price comes from.
    pub goal: Goal,
    /// The price and what remains.
    pub kept: Kept,
    /// What the price is made of, without the profit.
    pub rows: Vec<Row>,
    /// The price at which nothing remains.
    pub break_even: Decimal,
    /// The price that the seller asks about, beside the wanted one.
    pub named: Option<Kept>,
    /// A price near it that looks better on a label.
    pub label: Option<Kept>,
    /// What one trip costs, where the logistics were raised for orders that come back, and the share that is kept.
    pub buyout: Option<(Decimal, Decimal)>,
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Impossible {
    /// Why.
    pub why: NoPrice,
    /// What is taken from the price, in per cent each; the goal last.
    pub shares: Vec<(Fact, Decimal)>,
}

/// Makes the answer. Missing facts count as zero: ask for them first.
///
/// # Errors
/// [`Impossible`] where no price can do it.
pub fn quote(state: &State) -> Result<Quote, Impossible> {
    let book = Book::of(state);
    let break_even = book.price(Wanted::default()).map_err(|why| book.impossible(why, None))?;
    let named = state.facts.get(&Fact::Price).map(|price| book.kept(price.value));
    let Some((fact, value)) = book.goal() else {
        let kept = named.unwrap_or_else(|| book.kept(break_even));
        return Ok(book.answer(Goal::Named, kept, break_even, None));
    };
    let price = book.goal_price(fact, value).map_err(|why| book.impossible(why, Some((fact, value))))?;
    Ok(book.answer(Goal::Wanted(fact, value), book.kept(price), break_even, named))
}

/// The facts, ready for the sums.
struct Book<'a> {
    state: &'a State,
    costs: Vec<(Fact, Kind, Decimal)>,
    charges: Charges,
}

impl<'a> Book<'a> {
    fn of(state: &'a State) -> Self {
        let costs: Vec<_> = COSTS
            .iter()
            .filter_map(|fact| state.facts.get(fact).map(|amount| (*fact, amount.kind, amount.value)))
            .map(|(fact, kind, value)| {
                (fact, kind, if kind == Kind::Money { per_sale(state, fact, value) } else { value })
            })
            .collect();
        let total =
            |wanted: Kind| costs.iter().filter(|(_, kind, _)| *kind == wanted).map(|(_, _, value)| *value).sum();
        let charges = Charges { money: total(Kind::Money), share: hundredth(total(Kind::Percent)) };
        Self { state, costs, charges }
    }

    fn goal(&self) -> Option<(Fact, Decimal)> {
        Fact::GOALS.iter().find_map(|fact| self.state.facts.get(fact).map(|amount| (*fact, amount.value)))
    }

    fn price(&self, wanted: Wanted) -> Result<Decimal, NoPrice> {
        sums::lowest_price(self.charges, wanted)
    }

    fn goal_price(&self, fact: Fact, value: Decimal) -> Result<Decimal, NoPrice> {
        let cost = self.state.facts.get(&Fact::Cost).map_or(Decimal::ZERO, |amount| amount.value);
        match fact {
            Fact::Profit => self.price(Wanted { money: value, share: Decimal::ZERO }),
            Fact::Roi => self.price(Wanted { money: cost * hundredth(value), share: Decimal::ZERO }),
            Fact::Markup => {
                let price = sums::up_to_step(cost * (Decimal::ONE + hundredth(value)));
                if price > sums::PRICE_MAX { Err(NoPrice::TooLarge) } else { Ok(price) }
            }
            _ => self.price(Wanted { money: Decimal::ZERO, share: hundredth(value) }),
        }
    }

    fn kept(&self, price: Decimal) -> Kept {
        let profit = sums::profit_at(self.charges, price);
        Kept { price, profit: half_up(profit, 2), margin: sums::margin_percent(profit, price).map(|m| half_up(m, 2)) }
    }

    fn answer(&self, goal: Goal, kept: Kept, break_even: Decimal, named: Option<Kept>) -> Quote {
        let currency = self.state.currency();
        let label = (goal != Goal::Named).then(|| label(kept.price, currency)).flatten();
        Quote {
            currency,
            goal,
            kept,
            rows: self.rows(kept),
            break_even,
            named,
            label: label.map(|price| self.kept(price)),
            buyout: self.buyout(),
        }
    }

    /// The lines add up to the price: what rounding leaves over goes to the largest share.
    fn rows(&self, kept: Kept) -> Vec<Row> {
        let mut rows: Vec<Row> = self.costs.iter().map(|cost| row(*cost, kept.price)).collect();
        let over = kept.price - kept.profit - rows.iter().map(|row| row.money).sum::<Decimal>();
        let shares = rows.iter_mut().zip(&self.costs).filter(|(_, (_, kind, _))| *kind == Kind::Percent);
        if let Some((largest, _)) = shares.max_by_key(|(row, _)| row.money) {
            largest.money += over;
        }
        rows
    }

    fn buyout(&self) -> Option<(Decimal, Decimal)> {
        let trip = self.state.facts.get(&Fact::Logistics).filter(|amount| amount.kind == Kind::Money)?.value;
        let kept = self.state.facts.get(&Fact::Buyout)?.value;
        Some((trip, kept))
    }

    fn impossible(&self, why: NoPrice, goal: Option<(Fact, Decimal)>) -> Impossible {
        let taken = self.costs.iter().filter(|(_, kind, value)| *kind == Kind::Percent && !value.is_zero());
        let goal = goal.filter(|(fact, _)| *fact == Fact::Margin);
        Impossible { why, shares: taken.map(|(fact, _, value)| (*fact, *value)).chain(goal).collect() }
    }
}

fn row((fact, kind, value): (Fact, Kind, Decimal), price: Decimal) -> Row {
    match kind {
        Kind::Percent => Row { fact, money: half_up(price * hundredth(value), 2), percent: Some(value) },
        Kind::Money => Row { fact, money: value, percent: sums::margin_percent(value, price) },
    }
}

/// Each sale pays the trips of the orders that came back, too.
fn per_sale(state: &State, fact: Fact, money: Decimal) -> Decimal {
    match state.facts.get(&Fact::Buyout).filter(|_| fact == Fact::Logistics) {
        Some(kept) => sums::up_to_step(money / hundredth(kept.value)),
        None => money,
    }
}

/// The next price up that ends in .99, 9 or (from 10,000) 90; none where the price ends so already.
fn label(price: Decimal, currency: Option<Currency>) -> Option<Decimal> {
    let cents = matches!(currency, Some(Currency::Usd | Currency::Eur | Currency::Gbp));
    let (step, ending) = match price {
        price if price < Decimal::TEN && !cents => return None,
        price if cents && price < Decimal::ONE_HUNDRED => (Decimal::ONE, Decimal::new(99, 2)),
        price if price < Decimal::from(10_000) => (Decimal::TEN, Decimal::from(9)),
        _ => (Decimal::ONE_HUNDRED, Decimal::from(90)),
    };
    let next = ((price - ending) / step).ceil() * step + ending;
    (next != price).then_some(next)
}

fn hundredth(percent: Decimal) -> Decimal {
    percent / Decimal::ONE_HUNDRED
}
