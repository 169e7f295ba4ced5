//! The replies in words, in both languages, as Markdown.

use rust_decimal::Decimal;

use super::{
    dialogue::{Body, Remark, Reply},
    facts::Fact,
    money::{self, Amount, Currency},
    names,
    quote::{Goal, Kept, Quote},
    state::State,
};
use crate::agents::language::{
    Language::{self, English, Russian},
    capital,
};

/// Writes a reply.
pub fn write(reply: &Reply, state: &State, language: Language) -> String {
    let writer = Writer { language, currency: state.currency() };
    let mut parts = Vec::new();
    if reply.has(Remark::Cleared) {
        parts.push(writer.pick("Starting over.", "Начинаем заново.").to_owned());
    }
    if reply.has(Remark::Cut) {
        let cut = ("The message is long, so I read only its beginning.", "Сообщение длинное, прочитано только начало.");
        parts.push(writer.pick(cut.0, cut.1).to_owned());
    }
    parts.extend(reply.problems.iter().map(|problem| writer.problem(problem)));
    let body = match &reply.body {
        Body::Ask(missing) => writer.ask(missing, state, reply),
        Body::Priced(quote) => writer.quote(quote, reply.has(Remark::AboutPrice)),
        Body::Reminder(quote) => writer.reminder(quote),
        Body::Impossible(impossible) => writer.impossible(impossible),
        Body::Wait => writer.wait().to_owned(),
        Body::Welcome => writer.welcome(state).to_owned(),
    };
    parts.push(body);
    if let Body::Priced(quote) = &reply.body {
        parts.extend(writer.market(quote, &state.rivals));
    }
    if reply.has(Remark::TaxOnProfit) {
        let at = if matches!(reply.body, Body::Ask(_)) { parts.len() - 1 } else { parts.len() };
        parts.insert(at, writer.tax_on_profit().to_owned());
    }
    parts.join("\n\n")
}

/// The language of a reply and the currency of its amounts.
pub(super) struct Writer {
    pub(super) language: Language,
    pub(super) currency: Option<Currency>,
}

impl Writer {
    pub(super) fn pick<'a>(&self, english: &'a str, russian: &'a str) -> &'a str {
        match self.language {
            English => english,
            Russian => russian,
        }
    }

    fn money(&self, value: Decimal) -> String {
        money::money(value, self.currency, self.language)
    }

    pub(super) fn amount(&self, amount: &Amount) -> String {
        amount.show(self.language, self.currency)
    }

    pub(super) fn name(&self, fact: Fact) -> &'static str {
        names::name(fact, self.language)
    }
}

/// Questions.
impl Writer {
    fn ask(&self, asked: &[Fact], state: &State, reply: &Reply) -> String {
        let missing = state.missing();
        let known = self.known(state);
        let Some(first) = asked.first() else { return known };
        let list = missing.iter().map(|fact| self.name(*fact)).collect::<Vec<_>>().join(", ");
        if state.facts.is_empty() && state.rivals.is_empty() && reply.problems.is_empty() {
            return self.introduction(&list);
        }
        let still = match (self.language, known.is_empty()) {
            (English, false) => format!("{known}\n\n**Still missing:** {list}."),
            (English, true) => format!("**I need:** {list}."),
            (Russian, false) => format!("{known}\n\n**Не хватает:** {list}."),
            (Russian, true) => format!("**Нужны:** {list}."),
        };
        let question = names::question(*first, self.language);
        let hint = if missing.len() > 2 { self.hint(&missing) } else { self.zero_hint(*first).to_owned() };
        let guess = if reply.has(Remark::Unsure) { self.guess() } else { "" };
        format!("{still}\n\n{question}{guess}{hint}")
    }

    fn introduction(&self, list: &str) -> String {
        let example = names::example(&[], self.language);
        match self.language {
            English => format!(
                "I work out the price that keeps your margin, and the break-even price. For that I need: {list}.\n\n\
                 Send what you have, in any order, for example: “{example}”."
            ),
            Russian => format!(
                "Посчитаю цену под нужную маржу и точку безубыточности. Для этого нужны: {list}.\n\n\
                 Напишите, что знаете, в любом порядке, например: «{example}»."
            ),
        }
    }

    fn known(&self, state: &State) -> String {
        let facts = state.facts.iter().map(|(fact, amount)| format!("{} {}", self.name(*fact), self.amount(amount)));
        let facts: Vec<String> = facts.chain(self.rivals(&state.rivals)).collect();
        if facts.is_empty() {
            return String::new();
        }
        format!("{} {}.", self.pick("**So far:**", "**Записано:**"), facts.join(", "))
    }

    fn hint(&self, missing: &[Fact]) -> String {
        let example = names::example(missing, self.language);
        match self.language {
            English => format!(" You can also send everything at once: “{example}”."),
            Russian => format!(" Можно прислать и всё сразу: «{example}»."),
        }
    }

    fn guess(&self) -> &'static str {
        self.pick(
            " A rough number will do: you can correct it later.",
            " Подойдёт и примерная цифра, потом можно поправить.",
        )
    }

    fn zero_hint(&self, fact: Fact) -> &'static str {
        match (fact, self.language) {
            (Fact::Commission | Fact::Logistics | Fact::Tax, English) => " If there is none, just say “no”.",
            (Fact::Commission | Fact::Logistics | Fact::Tax, Russian) => " Если не платите, напишите «нет».",
            _ => "",
        }
    }

    fn wait(&self) -> &'static str {
        self.pick(
            "Nothing else has changed. Send the right value and I will count again.",
            "Остальное без изменений. Пришлите верное значение — пересчитаю.",
        )
    }

    fn welcome(&self, state: &State) -> &'static str {
        if state.missing().is_empty() {
            self.pick(
                "You are welcome! Send a new value any time (“commission 17%”), or “other product” to start over.",
                "Пожалуйста! Можно прислать новое значение («комиссия 17%») или написать «другой товар».",
            )
        } else {
            self.pick("You are welcome!", "Пожалуйста!")
        }
    }
}

/// Answers.
impl Writer {
    fn quote(&self, quote: &Quote, about_price: bool) -> String {
        let mut parts = vec![self.headline(quote), self.table(quote), self.break_even(quote)];
        if let Some(kept) = quote.named {
            parts.insert(if about_price { 0 } else { 3 }, self.named(&kept));
        }
        parts.extend(self.notes(quote, about_price));
        parts.join("\n\n")
    }

    /// The last answer again, in short.
    fn reminder(&self, quote: &Quote) -> String {
        let hint = self.pick(
            "To change something, send it: “commission 17%”, “price 1500”. “Other product” starts over.",
            "Чтобы что-то поменять, напишите, например, «комиссия 17%» или «цена 1500». «Другой товар» — начать заново.",
        );
        format!("{} {}\n\n{hint}", self.headline(quote), self.break_even(quote))
    }

    fn headline(&self, quote: &Quote) -> String {
        let price = self.money(quote.kept.price);
        match quote.goal {
            Goal::Named => self.named(&quote.kept),
            Goal::Wanted(fact, value) => {
                let value = if fact == Fact::Profit { self.money(value) } else { money::percent(value, self.language) };
                let goal = names::goal(fact, &value, self.language);
                match self.language {
                    English => format!("**Price: {price}** {goal}."),
                    Russian => format!("**Цена: {price}** {goal}."),
                }
            }
        }
    }

    fn named(&self, kept: &Kept) -> String {
        let price = self.money(kept.price);
        let profit = self.money(kept.profit.abs());
        let margin = self.share(kept.margin.map(|margin| margin.abs()));
        match (self.language, kept.profit < Decimal::ZERO) {
            (English, false) => format!("At **{price}** you keep **{profit}** per unit: a margin of **{margin}**."),
            (English, true) => format!("At **{price}** you lose **{profit}** on each unit ({margin} of the price)."),
            (Russian, false) => format!("При цене **{price}** остаётся **{profit}** с единицы, маржа **{margin}**."),
            (Russian, true) => format!("При цене **{price}** убыток **{profit}** с единицы ({margin} от цены)."),
        }
    }

    fn table(&self, quote: &Quote) -> String {
        let mut lines = vec![
            self.pick("| | Per unit | Share of price |", "| | На единицу | Доля цены |").to_owned(),
            "|:---|---:|---:|".to_owned(),
        ];
        for row in &quote.rows {
            let name = capital(self.name(row.fact));
            lines.push(format!("| {name} | {} | {} |", self.cents(row.money), self.share(row.percent)));
        }
        let (profit, margin) = (self.cents(quote.kept.profit), self.share(quote.kept.margin));
        let loss = quote.kept.profit < Decimal::ZERO;
        let name = if loss { self.pick("Loss", "Убыток") } else { self.pick("Profit", "Прибыль") };
        lines.push(format!("| **{name}** | **{profit}** | **{margin}** |"));
        let whole = self.share(quote.kept.margin.map(|_| Decimal::ONE_HUNDRED));
        lines.push(format!("| **{}** | **{}** | {whole} |", self.pick("Price", "Цена"), self.cents(quote.kept.price)));
        lines.join("\n")
    }

    /// With both decimals, so that a column reads well.
    fn cents(&self, value: Decimal) -> String {
        money::cents(value, self.currency, self.language)
    }

    fn share(&self, value: Option<Decimal>) -> String {
        value.map_or_else(|| "—".to_owned(), |value| money::share(value, self.language))
    }

    fn break_even(&self, quote: &Quote) -> String {
        let price = self.money(quote.break_even);
        match (self.language, quote.break_even.is_zero()) {
            (English, true) => format!("**Break-even: {price}.**"),
            (English, false) => format!("**Break-even: {price}.** Below that, every sale loses money."),
            (Russian, true) => format!("**Точка безубыточности: {price}.**"),
            (Russian, false) => format!("**Точка безубыточности: {price}.** Ниже неё каждая продажа в минус."),
        }
    }

    fn notes(&self, quote: &Quote, about_price: bool) -> Vec<String> {
        let mut notes = Vec::new();
        if matches!(quote.goal, Goal::Wanted(Fact::Markup, _)) && quote.kept.profit < Decimal::ZERO {
            notes.push(self.pick(
                "A markup is counted on the cost alone, and here it does not cover the fees.",
                "Наценка считается только от себестоимости, и здесь она не покрывает остальные расходы.",
            ));
        }
        let mut notes: Vec<String> = notes.into_iter().map(str::to_owned).collect();
        notes.extend(quote.buyout.map(|(trip, kept)| self.buyout(trip, kept)));
        notes.extend(quote.label.filter(|_| !about_price).map(|kept| self.label(&kept)));
        if quote.goal != Goal::Named {
            let footnote = self.pick(
                "Commission, tax and margin are shares of the price. Prices are rounded up to 0.01.",
                "Комиссия, налог и маржа считаются от цены. Цены округлены вверх до 0,01.",
            );
            notes.push(format!("_{footnote}_"));
        }
        notes
    }

    fn tax_on_profit(&self) -> &'static str {
        self.pick(
            "I take the tax from the whole price. A tax on profit is smaller, so the real margin will be higher.",
            "Налог считаю от всей цены. При схеме «доходы минус расходы» он меньше, и реальная маржа будет выше.",
        )
    }

    fn label(&self, kept: &Kept) -> String {
        let (price, profit, margin) = (self.money(kept.price), self.money(kept.profit), self.share(kept.margin));
        match self.language {
            English => format!("A neater price is {price}: profit {profit}, margin {margin}."),
            Russian => format!("Красивая цена — {price}: прибыль {profit}, маржа {margin}."),
        }
    }

    fn buyout(&self, trip: Decimal, kept: Decimal) -> String {
        let (trip, kept) = (self.money(trip), money::percent(kept, self.language));
        match self.language {
            English => format!(
                "Only {kept} of orders are kept, so each sale pays for the other trips too: logistics {trip} ÷ {kept}."
            ),
            Russian => format!(
                "При выкупе {kept} продажа оплачивает и доставку невыкупленных заказов: логистика {trip} ÷ {kept}."
            ),
        }
    }
}
