//! What the facts are called, how they are asked for, and examples, in both languages.

use super::{facts::Fact, money::Currency};
use crate::agents::language::Language::{self, English, Russian};

/// The name of a fact inside a sentence.
pub fn name(fact: Fact, language: Language) -> &'static str {
    let (english, russian) = match fact {
        Fact::Cost => ("unit cost", "себестоимость"),
        Fact::Logistics => ("logistics", "логистика"),
        Fact::Packaging => ("packaging", "упаковка"),
        Fact::Other => ("other costs", "прочие расходы"),
        Fact::Commission => ("commission", "комиссия"),
        Fact::Acquiring => ("payment processing", "эквайринг"),
        Fact::Tax => ("tax", "налог"),
        Fact::Ads => ("advertising", "реклама"),
        Fact::Buyout => ("buyout rate", "процент выкупа"),
        Fact::Returns => ("returns", "возвраты"),
        Fact::Margin => ("target margin", "желаемая маржа"),
        Fact::Profit => ("target profit", "желаемая прибыль"),
        Fact::Markup => ("markup on cost", "наценка на себестоимость"),
        Fact::Roi => ("return on cost", "рентабельность вложений"),
        Fact::Price => ("price", "цена"),
    };
    match language {
        English => english,
        Russian => russian,
    }
}

/// The question for a fact.
pub fn question(fact: Fact, language: Language) -> &'static str {
    let (english, russian) = match fact {
        Fact::Cost => ("What does one unit cost you?", "Какая себестоимость единицы?"),
        Fact::Commission => ("What commission does the marketplace take, in %?", "Какая комиссия маркетплейса, в %?"),
        Fact::Logistics => ("What does logistics cost per unit?", "Сколько стоит логистика на единицу?"),
        Fact::Tax => ("What tax do you pay, in % of the price?", "Какой налог, в % от цены?"),
        Fact::Margin => ("What margin do you want, in % of the price?", "Какую маржу хотите, в % от цены?"),
        Fact::Profit => ("What profit do you want per unit?", "Какую прибыль хотите с единицы?"),
        Fact::Markup => ("What markup do you put on the cost, in %?", "Какая наценка на себестоимость, в %?"),
        Fact::Roi => ("What return on the cost do you want, in %?", "Какая нужна рентабельность вложений, в %?"),
        Fact::Packaging => ("What does packaging cost per unit?", "Сколько стоит упаковка единицы?"),
        Fact::Other => ("What are the other costs per unit?", "Сколько прочих расходов на единицу?"),
        Fact::Acquiring => ("What does payment processing take, in %?", "Какой эквайринг, в %?"),
        Fact::Ads => ("What share of the price goes to advertising, in %?", "Сколько уходит на рекламу, в % от цены?"),
        Fact::Buyout | Fact::Returns => ("What share of orders is kept, in %?", "Какой процент выкупа?"),
        Fact::Price => ("What price should I look at?", "Какую цену проверить?"),
    };
    match language {
        English => english,
        Russian => russian,
    }
}

/// A line that gives `missing`, or everything where that is empty.
pub fn example(missing: &[Fact], language: Language) -> String {
    let all = [
        (Fact::Cost, "cost 500", "себестоимость 500 ₽"),
        (Fact::Commission, "commission 15%", "комиссия 15%"),
        (Fact::Logistics, "logistics 60", "логистика 60 ₽"),
        (Fact::Tax, "tax 6%", "налог 6%"),
        (Fact::Margin, "margin 25%", "маржа 25%"),
    ];
    let wanted = all.into_iter().filter(|(fact, ..)| missing.is_empty() || missing.contains(fact));
    let words = wanted.map(|(_, english, russian)| match language {
        English => english,
        Russian => russian,
    });
    words.collect::<Vec<_>>().join(", ")
}

/// What a price is for, after the price.
pub fn goal(fact: Fact, value: &str, language: Language) -> String {
    match (fact, language) {
        (Fact::Profit, English) => format!("keeps you {value} per unit"),
        (Fact::Profit, Russian) => format!("— чтобы с единицы оставалось {value}"),
        (Fact::Markup, English) => format!("is the cost plus {value} markup"),
        (Fact::Markup, Russian) => format!("— себестоимость плюс наценка {value}"),
        (Fact::Roi, English) => format!("returns {value} of the cost"),
        (Fact::Roi, Russian) => format!("— прибыль составит {value} от себестоимости"),
        (_, English) => format!("for a margin of {value}"),
        (_, Russian) => format!("при марже {value}"),
    }
}

/// The currency after "in" and "в".
pub fn currency(currency: Currency, language: Language) -> &'static str {
    let (english, russian) = match currency {
        Currency::Rub => ("roubles", "рублях"),
        Currency::Usd => ("dollars", "долларах"),
        Currency::Eur => ("euros", "евро"),
        Currency::Gbp => ("pounds", "фунтах"),
        Currency::Cny => ("yuan", "юанях"),
        Currency::Kzt => ("tenge", "тенге"),
        Currency::Byn => ("Belarusian roubles", "белорусских рублях"),
    };
    match language {
        English => english,
        Russian => russian,
    }
}
