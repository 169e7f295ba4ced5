//! What stands in the way of an answer, in words.

use rust_decimal::Decimal;

use super::{
    dialogue::Problem,
    facts::{Fact, Given},
    money::{self, Amount},
    names,
    quote::Impossible,
    state::Refusal,
    sums::NoPrice,
    text::Writer,
};
use crate::agents::language::{
    Language::{English, Russian},
    capital,
};

impl Writer {
    /// Says what could not be taken from a message.
    pub(super) fn problem(&self, problem: &Problem) -> String {
        match problem {
            Problem::Refused(given, refusal) => self.refusal(self.name(given.fact), given, refusal),
            Problem::Rival(given, refusal) => {
                self.refusal(self.pick("a competitor’s price", "цена конкурента"), given, refusal)
            }
            Problem::Unplaced(amount, bare) => self.unplaced(amount, *bare),
            Problem::Twice(fact, one, other) => {
                let (name, one, other) = (capital(self.name(*fact)), self.amount(one), self.amount(other));
                match self.language {
                    English => format!("{name} has two values: {one} and {other}. Which one is right?"),
                    Russian => format!("{name} — два значения: {one} и {other}. Какое верное?"),
                }
            }
        }
    }

    fn unplaced(&self, amount: &Amount, bare: bool) -> String {
        let shown = if bare { money::money(amount.value, None, self.language) } else { self.amount(amount) };
        match self.language {
            English => format!("I could not tell what {shown} is. Please name it, for example “commission {shown}”."),
            Russian => {
                format!("Непонятно, к чему относится {shown}. Напишите с названием, например «комиссия {shown}».")
            }
        }
    }

    fn refusal(&self, name: &str, given: &Given, refusal: &Refusal) -> String {
        let name = &capital(name);
        let value = self.amount(&given.amount);
        match self.language {
            English => english_refusal(name, &value, given, refusal),
            Russian => russian_refusal(name, &value, given, refusal),
        }
    }

    /// Says why no price can do it.
    pub(super) fn impossible(&self, impossible: &Impossible) -> String {
        let NoPrice::NothingLeft(total) = impossible.why else {
            return self
                .pick(
                    "The price would be above 1,000,000,000,000,000. Please check the amounts.",
                    "Цена получается больше 1 000 000 000 000 000. Проверьте суммы.",
                )
                .to_owned();
        };
        let shown =
            |(fact, value): &(Fact, Decimal)| format!("{} {}", self.name(*fact), money::percent(*value, self.language));
        let list = impossible.shares.iter().map(shown).collect::<Vec<_>>().join(" + ");
        let total = money::percent(total * Decimal::ONE_HUNDRED, self.language);
        let sum = match self.language {
            English => {
                format!("There is no such price: {list} = **{total}** of the price, so nothing is left for the goods.")
            }
            Russian => format!("Такой цены нет: {list} = **{total}** от цены, на сам товар ничего не остаётся."),
        };
        format!("{sum}\n\n{}", self.way_out(impossible))
    }

    fn way_out(&self, impossible: &Impossible) -> String {
        let fees = impossible.shares.iter().filter(|(fact, _)| *fact != Fact::Margin).map(|(_, value)| *value);
        let left = Decimal::ONE_HUNDRED - fees.sum::<Decimal>();
        let asks_margin = impossible.shares.iter().any(|(fact, _)| *fact == Fact::Margin);
        let limit = money::percent(left, self.language);
        match (self.language, asks_margin && left > Decimal::ZERO) {
            (English, true) => format!("With these fees the margin must be below {limit}. What margin shall I take?"),
            (English, false) => "Together they must stay below 100%. Which one is different?".to_owned(),
            (Russian, true) => format!("При таких расходах маржа должна быть меньше {limit}. Какую взять?"),
            (Russian, false) => "Вместе должно быть меньше 100%. Что из этого поправить?".to_owned(),
        }
    }
}

fn english_refusal(name: &str, value: &str, given: &Given, refusal: &Refusal) -> String {
    match refusal {
        Refusal::Negative => {
            format!("{name} can’t be negative: {value}. If that was a dash, send the number without it.")
        }
        Refusal::TooLarge => format!("{name} {value} looks too large. Please check the number."),
        Refusal::WholePrice if given.fact == Fact::Margin => format!(
            "{name} {value} would take the whole price: a margin is a share of the price, below 100%. If you mean a markup \
             on the cost, write “markup {value}”."
        ),
        Refusal::WholePrice => format!(
            "{name} {value} would take the whole price: a share of the price must be below 100%. If you mean money, name \
             the currency."
        ),
        Refusal::NotAShare => format!("{name} {value} does not work: it is a share of the orders, such as 40%."),
        Refusal::NoPrice => "The price must be above zero.".to_owned(),
        Refusal::Range(high) => {
            let high = Amount { value: *high, ..given.amount }.show(English, None);
            format!("{name} is a range: {value} to {high}. Please choose one number.")
        }
        Refusal::OtherCurrency(known) => {
            let known = names::currency(*known, English);
            format!(
                "{name} is {value}, and the rest is in {known}. Please send it in {known}: I do not know the exchange rate."
            )
        }
    }
}

fn russian_refusal(name: &str, value: &str, given: &Given, refusal: &Refusal) -> String {
    match refusal {
        Refusal::Negative => {
            format!("{name} {value} — число меньше нуля не подходит. Если это было тире, пришлите число без него.")
        }
        Refusal::TooLarge => format!("{name} {value} — слишком большое число. Проверьте, пожалуйста."),
        Refusal::WholePrice if given.fact == Fact::Margin => format!(
            "{name} {value} — это вся цена целиком: маржа считается от цены и всегда меньше 100%. Если вы про наценку на \
             себестоимость, напишите «наценка {value}»."
        ),
        Refusal::WholePrice => format!(
            "{name} {value} — это вся цена целиком: доля цены должна быть меньше 100%. Если это сумма, укажите валюту."
        ),
        Refusal::NotAShare => format!("{name} {value} не подходит: нужна доля заказов, например 40%."),
        Refusal::NoPrice => "Цена должна быть больше нуля.".to_owned(),
        Refusal::Range(high) => {
            let high = Amount { value: *high, ..given.amount }.show(Russian, None);
            format!("{name} — диапазон от {value} до {high}. Выберите одно число.")
        }
        Refusal::OtherCurrency(known) => {
            let known = names::currency(*known, Russian);
            format!("{name} — {value}, а остальное в {known}. Пришлите эту сумму в {known}: курса я не знаю.")
        }
    }
}
