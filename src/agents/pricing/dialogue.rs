//! What to say to a message, and what is known after it. Pure: no clock, no I/O, no agent.

use rust_decimal::Decimal;

use super::{
    facts::{self, Fact, Given, Reading},
    lexicon,
    money::{Amount, Kind, Unit},
    number::Number,
    product::{self, Named},
    quote::{self, Impossible, Quote},
    rivals,
    state::{Refusal, State},
    words::Words,
};

/// What a first message that names no fact may give all at once, in the order of the question.
const ALL: [Fact; 5] = [Fact::Cost, Fact::Commission, Fact::Logistics, Fact::Tax, Fact::Margin];

/// How much of a message is read: facts about one product take a few hundred bytes, and reading must never take long.
pub const READ_BYTES_MAX: usize = 8 * 1024;

/// The answer to a message, without words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// What there is to say beside the answer.
    pub remarks: Vec<Remark>,
    /// What could not be taken from the message.
    pub problems: Vec<Problem>,
    /// The rest.
    pub body: Body,
    /// The message asks what this product costs, and nothing else.
    pub asks: Option<String>,
}

impl Reply {
    /// Whether a remark is among them.
    pub fn has(&self, remark: Remark) -> bool {
        self.remarks.contains(&remark)
    }
}

/// What there is to say beside the answer, or how to say it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Remark {
    /// What was known before was put aside.
    Cleared,
    /// The message was longer than [`READ_BYTES_MAX`], and its end was not read.
    Cut,
    /// The message gave a price to look at: that comes first in the answer.
    AboutPrice,
    /// The message speaks of a tax on profit, while the sums take it from the price.
    TaxOnProfit,
    /// The user does not know a number.
    Unsure,
}

/// The main part of a reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Body {
    /// Ask for what is missing, in this order; the state tells what is known.
    Ask(Vec<Fact>),
    /// The answer.
    Priced(Box<Quote>),
    /// The same answer as before, in short: the message says nothing about prices.
    Reminder(Box<Quote>),
    /// There is no such price.
    Impossible(Impossible),
    /// All is known, and the problems stand in the way of a new answer.
    Wait,
    /// The user thanked.
    Welcome,
}

/// Something in a message that could not be taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Problem {
    /// A fact that can't be true.
    Refused(Given, Refusal),
    /// A number that may be several things.
    Unplaced(Amount, bool),
    /// One fact with two values.
    Twice(Fact, Amount, Amount),
    /// What can be no price of a competitor.
    Rival(Given, Refusal),
}

impl Problem {
    fn unplaced(number: &Number) -> Self {
        let amount = match number.unit {
            Unit::Percent => Amount::percent(number.value),
            Unit::Money(currency) => Amount::money(number.value, currency),
            Unit::Bare | Unit::Pieces | Unit::Things => Amount::money(number.value, None),
        };
        Self::Unplaced(amount, number.unit == Unit::Bare)
    }
}

/// Reads a message against what is known; answers what is known now, and what to say.
pub fn answer(before: &State, message: &str) -> (State, Reply) {
    let read = &message[..message.floor_char_boundary(READ_BYTES_MAX)];
    let Read { text, product, rivals } = Read::of(read);
    let words = Words::read(&text);
    let cleared = words.has(lexicon::CLEAR) || words.is(lexicon::CLEAR_ALONE);
    let mut state = if cleared { State::default() } else { before.clone() };
    let mut reading = facts::read(&words);
    let says_more = !words.numbers.is_empty() || !reading.given.is_empty() || !rivals.is_empty();
    let asks = product.as_ref().filter(|product| product.asks && !says_more).map(|product| product.said.clone());
    if product.as_ref().is_some_and(|product| state.product.as_ref().is_some_and(|before| *before != product.said)) {
        // What others ask is asked for that product.
        state.rivals.clear();
    }
    state.product = product.map(|product| product.said).or(state.product);
    let mut problems = Vec::new();
    place_loose(&state, &words, &mut reading, &mut problems);
    let given = without_doubles(&words, reading.given, &mut problems);
    let mut remarks = remarks(&words, &given);
    remarks.extend(cleared.then_some(Remark::Cleared));
    remarks.extend((read.len() < message.len()).then_some(Remark::Cut));
    problems.extend(take(&mut state, given));
    let refused = state.take_rivals(&rivals);
    problems.extend(refused.into_iter().map(|(given, why)| Problem::Rival(given, why)));
    let silent = asks.is_some() || words.numbers.is_empty() && !reading.on_topic && rivals.is_empty();
    let thanked = silent && words.has(lexicon::THANKS);
    let body = match body(&mut state, thanked, &problems) {
        Body::Priced(quote) if silent => Body::Reminder(quote),
        other => other,
    };
    if asks.is_some() {
        // The reply shows no question, so the next number answers none.
        state.asked.clone_from(&before.asked);
    }
    (state, Reply { remarks, problems, body, asks })
}

/// A message in its parts: a product and the prices of competitors are no facts of the sums.
#[derive(Debug, Clone, PartialEq)]
pub struct Read {
    /// The rest.
    pub text: String,
    /// The product that it names.
    pub product: Option<Named>,
    /// What competitors ask for, not checked yet.
    pub rivals: Vec<Given>,
}

impl Read {
    /// Takes a message apart.
    pub fn of(message: &str) -> Self {
        let told = rivals::read(message);
        let text = told.as_ref().map_or(message, |told| told.rest.as_str());
        let product = product::named(text);
        let rest = product.as_ref().map_or_else(|| text.to_owned(), |named| product::without(text, named));
        let prices = told.iter().flat_map(|told| &told.prices);
        let rivals = prices.flat_map(ends).collect();
        Self { text: rest, product, rivals }
    }
}

/// `900-1000` are two prices of competitors.
fn ends(price: &Number) -> Vec<Given> {
    let low = Given { up_to: None, ..facts::given(Fact::Price, price) };
    let high = price.up_to.map(|value| Given { amount: Amount { value, ..low.amount }, ..low.clone() });
    std::iter::once(low).chain(high).collect()
}

fn remarks(words: &Words, given: &[Given]) -> Vec<Remark> {
    let tells = |fact: Fact| given.iter().any(|one| one.fact == fact);
    let all = [
        (Remark::AboutPrice, tells(Fact::Price)),
        (Remark::TaxOnProfit, tells(Fact::Tax) && words.has(lexicon::TAX_ON_PROFIT)),
        (Remark::Unsure, words.has(lexicon::UNSURE)),
    ];
    all.into_iter().filter(|(_, holds)| *holds).map(|(remark, _)| remark).collect()
}

/// Takes facts in; answers those that were refused.
fn take(state: &mut State, given: Vec<Given>) -> Vec<Problem> {
    state.change_currency(&given);
    let refused = given.into_iter().filter_map(|fact| state.take(&fact).err().map(|why| Problem::Refused(fact, why)));
    refused.collect()
}

fn body(state: &mut State, thanked: bool, problems: &[Problem]) -> Body {
    let missing = state.missing();
    state.asked = asked(&missing, problems);
    if thanked {
        return Body::Welcome;
    }
    if !missing.is_empty() {
        return Body::Ask(state.asked.clone());
    }
    if !problems.is_empty() {
        return Body::Wait;
    }
    match quote::quote(state) {
        Ok(quote) => Body::Priced(Box::new(quote)),
        Err(impossible) => {
            // The answer asks for another margin, so a bare number is one.
            state.asked.extend(impossible.shares.iter().map(|(fact, _)| *fact).filter(|fact| *fact == Fact::Margin));
            Body::Impossible(impossible)
        }
    }
}

/// What is asked next: a fact that was refused comes first, because the user just spoke of it.
fn asked(missing: &[Fact], problems: &[Problem]) -> Vec<Fact> {
    let refused = problems.iter().filter_map(|problem| match problem {
        Problem::Refused(given, _) => Some(given.fact),
        Problem::Twice(fact, ..) => Some(*fact),
        Problem::Unplaced(..) | Problem::Rival(..) => None,
    });
    let mut asked: Vec<Fact> = refused.collect();
    asked.dedup();
    asked.extend(missing.iter().filter(|fact| !asked.contains(fact)).copied().collect::<Vec<_>>());
    asked
}

/// Gives numbers without a name to the facts that were asked for.
fn place_loose(state: &State, words: &Words, reading: &mut Reading, problems: &mut Vec<Problem>) {
    let loose = std::mem::take(&mut reading.loose);
    let open = open_questions(state, reading, loose.len());
    if loose.is_empty() {
        reading.given.extend(plain_no(words, &open));
        return;
    }
    if let Some(facts) = match_up(&open, &loose) {
        reading.given.extend(facts.into_iter().zip(&loose).map(|(fact, number)| facts::given(fact, number)));
    } else if let ([number], true) = (loose.as_slice(), is_price(state, reading, &loose)) {
        reading.given.push(facts::given(Fact::Price, number));
    } else {
        problems.extend(loose.iter().map(Problem::unplaced));
    }
}

fn open_questions(state: &State, reading: &Reading, loose: usize) -> Vec<Fact> {
    let nothing_known = state.facts.is_empty() && state.asked.is_empty() && reading.given.is_empty();
    let asked = if nothing_known && loose == ALL.len() { ALL.to_vec() } else { state.asked.clone() };
    asked.into_iter().filter(|fact| reading.given.iter().all(|given| given.fact != *fact)).collect()
}

/// One number goes to the first question that its unit fits; several go to the questions in their order, or nowhere.
fn match_up(open: &[Fact], loose: &[Number]) -> Option<Vec<Fact>> {
    if let [number] = loose {
        return open.iter().find(|fact| fact.fits(number.unit) && natural(**fact, number)).map(|fact| vec![*fact]);
    }
    let fits = open.len() >= loose.len() && open.iter().zip(loose).all(|(fact, number)| natural(*fact, number));
    fits.then(|| open[..loose.len()].to_vec())
}

/// Whether a number without a name is likely to be this fact: money where money is usual, per cent where per cent is.
fn natural(fact: Fact, number: &Number) -> bool {
    match number.unit {
        Unit::Bare => true,
        Unit::Percent => fact.kind() == Kind::Percent,
        Unit::Money(_) => fact.kind() == Kind::Money || fact == Fact::Margin,
        Unit::Pieces | Unit::Things => false,
    }
}

/// `What about 1600?`, when all is known: a price to look at.
fn is_price(state: &State, reading: &Reading, loose: &[Number]) -> bool {
    let large = loose.iter().all(|number| number.value >= Decimal::ONE_HUNDRED && number.unit == Unit::Bare);
    let money = loose.iter().all(|number| matches!(number.unit, Unit::Money(_)));
    state.missing().is_empty() && reading.given.is_empty() && (large || money)
}

/// A whole message that says no answers the first question, where zero is a sensible answer to it.
fn plain_no(words: &Words, open: &[Fact]) -> Option<Given> {
    let fact = *open.first().filter(|fact| !matches!(fact, Fact::Cost | Fact::Margin | Fact::Price))?;
    let zero = Amount { value: Decimal::ZERO, kind: fact.kind(), currency: None };
    words.is(lexicon::NO).then_some(Given { fact, amount: zero, up_to: None })
}

/// One fact with two values is a question, unless the message corrects itself: then the later one counts.
fn without_doubles(words: &Words, given: Vec<Given>, problems: &mut Vec<Problem>) -> Vec<Given> {
    let corrects = words.has(lexicon::CORRECTION);
    let mut kept: Vec<Given> = Vec::new();
    for next in given {
        match kept.iter().position(|known| known.fact == next.fact && known.amount != next.amount) {
            Some(at) if corrects => kept[at] = next,
            Some(at) => {
                let first = kept.remove(at);
                problems.push(Problem::Twice(next.fact, first.amount, next.amount));
            }
            None => kept.push(next),
        }
    }
    kept
}

#[cfg(test)]
#[path = "dialogue_tests.rs"]
mod tests;
