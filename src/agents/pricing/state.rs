//! What is known of a price so far, and how a new fact gets in.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::{
    facts::{Fact, Given},
    money::{Amount, Currency, Kind},
};

/// The largest amount of money that is taken, 10^12.
const MONEY_MAX: Decimal = Decimal::from_parts(3_567_587_328, 232, 0, false, 0);
/// The largest percentage of the cost that is taken.
const ON_COST_MAX: Decimal = Decimal::from_parts(100_000, 0, 0, false, 0);

/// What is known so far.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct State {
    /// The facts. Never a wrong one: see [`State::take`].
    pub facts: BTreeMap<Fact, Amount>,
    /// What was asked for last, in this order.
    #[serde(default)]
    pub asked: Vec<Fact>,
    /// The product that it is about, as the user named it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product: Option<String>,
    /// What competitors ask for, as the user told it last.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rivals: Vec<Amount>,
}

/// Why a fact was not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// It is below zero.
    Negative,
    /// It is absurdly large.
    TooLarge,
    /// A share of the price of 100 % or more.
    WholePrice,
    /// A share of the orders that is not above 0 % and up to 100 %.
    NotAShare,
    /// A price of zero.
    NoPrice,
    /// Two numbers where one is needed; the upper end.
    Range(Decimal),
    /// Another currency than that of the rest.
    OtherCurrency(Currency),
}

impl State {
    /// The currency that the amounts are in, if one was named.
    pub fn currency(&self) -> Option<Currency> {
        self.facts.values().find_map(|amount| amount.currency)
    }

    /// What is missing for a price, in the order in which it is asked for.
    pub fn missing(&self) -> Vec<Fact> {
        let has_goal = Fact::GOALS.iter().chain(&[Fact::Price]).any(|fact| self.facts.contains_key(fact));
        let needed = [Fact::Cost, Fact::Commission, Fact::Logistics, Fact::Tax];
        let missing = needed.into_iter().filter(|fact| !self.facts.contains_key(fact));
        missing.chain((!has_goal).then_some(Fact::Margin)).collect()
    }

    /// Takes a fact in, in the place of what it contradicts.
    ///
    /// # Errors
    /// A [`Refusal`]; the state is as it was.
    pub fn take(&mut self, given: &Given) -> Result<(), Refusal> {
        check(given)?;
        if let (Some(known), Some(named)) = (self.currency_beside(given.fact), given.amount.currency)
            && known != named
        {
            return Err(Refusal::OtherCurrency(known));
        }
        if Fact::GOALS.contains(&given.fact) {
            self.facts.retain(|fact, _| !Fact::GOALS.contains(fact));
        }
        match given.fact {
            Fact::Returns => {
                let kept = Decimal::ONE_HUNDRED - given.amount.value;
                self.facts.insert(Fact::Buyout, Amount::percent(kept));
            }
            fact => {
                self.facts.insert(fact, given.amount);
            }
        }
        Ok(())
    }

    /// Takes the prices of competitors in, in the place of those before; answers those that can be none.
    pub fn take_rivals(&mut self, all: &[Given]) -> Vec<(Given, Refusal)> {
        let (mut kept, mut refused) = (Vec::new(), Vec::new());
        let mut currency = self.currency();
        for given in all {
            match rival(given, currency) {
                Ok(amount) => {
                    currency = currency.or(amount.currency);
                    kept.push(amount);
                }
                Err(why) => refused.push((given.clone(), why)),
            }
        }
        if !kept.is_empty() {
            self.rivals = kept;
        }
        refused
    }

    /// Forgets the money facts when a message gives all of them anew in another currency.
    pub fn change_currency(&mut self, all: &[Given]) {
        let mut named = all.iter().filter_map(|given| given.amount.currency);
        let Some(new) = named.next().filter(|new| named.all(|other| other == *new)) else { return };
        let is_money = |amount: &Amount| amount.kind == Kind::Money && !amount.value.is_zero();
        let again = |fact: &Fact| all.iter().any(|given| given.fact == *fact);
        let stays = self.facts.iter().any(|(fact, amount)| is_money(amount) && !again(fact));
        if !stays && self.currency().is_some_and(|known| known != new) {
            self.facts.retain(|_, amount| amount.kind == Kind::Percent || amount.value.is_zero());
            self.facts.values_mut().for_each(|amount| amount.currency = None);
            self.rivals.retain(|rival| rival.currency == Some(new));
        }
    }

    fn currency_beside(&self, fact: Fact) -> Option<Currency> {
        self.facts.iter().filter(|(known, _)| **known != fact).find_map(|(_, amount)| amount.currency)
    }
}

/// A price of a competitor, in the currency of the rest.
fn rival(given: &Given, currency: Option<Currency>) -> Result<Amount, Refusal> {
    check(given)?;
    match (currency, given.amount.currency) {
        (Some(known), Some(named)) if known != named => Err(Refusal::OtherCurrency(known)),
        _ => Ok(given.amount),
    }
}

/// Whether a fact can be true by itself.
fn check(given: &Given) -> Result<(), Refusal> {
    let Given { fact, amount, up_to } = given;
    let value = amount.value;
    if let Some(high) = up_to {
        return Err(Refusal::Range(*high));
    }
    if value < Decimal::ZERO {
        return Err(Refusal::Negative);
    }
    match (fact, amount.kind) {
        (_, Kind::Money) if value > MONEY_MAX => Err(Refusal::TooLarge),
        (Fact::Price, _) if value.is_zero() => Err(Refusal::NoPrice),
        (_, Kind::Money) => Ok(()),
        (Fact::Buyout, _) => share_of_orders(value),
        (Fact::Returns, _) => share_of_orders(Decimal::ONE_HUNDRED - value),
        (Fact::Markup | Fact::Roi, _) if value > ON_COST_MAX => Err(Refusal::TooLarge),
        (Fact::Markup | Fact::Roi, _) => Ok(()),
        _ if value >= Decimal::ONE_HUNDRED => Err(Refusal::WholePrice),
        _ => Ok(()),
    }
}

fn share_of_orders(kept: Decimal) -> Result<(), Refusal> {
    if (Decimal::ONE..=Decimal::ONE_HUNDRED).contains(&kept) { Ok(()) } else { Err(Refusal::NotAShare) }
}
