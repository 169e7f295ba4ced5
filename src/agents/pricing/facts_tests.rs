//! Sentences of sellers, and the facts that are read from them.

use proptest::prelude::*;

use super::*;

/// Shows what was read as `cost 500 RUB, commission 15%`, loose numbers last with a `?`.
fn show(text: &str) -> String {
    let reading = read(&Words::read(text));
    let amount = |amount: &Amount| match (amount.kind, amount.currency) {
        (Kind::Percent, _) => format!("{}%", amount.value.normalize()),
        (Kind::Money, None) => amount.value.normalize().to_string(),
        (Kind::Money, Some(currency)) => format!("{} {}", amount.value.normalize(), currency.code()),
    };
    let name = |fact: Fact| serde_json::to_value(fact).unwrap().as_str().unwrap().to_owned();
    let given = reading.given.iter().map(|given| format!("{} {}", name(given.fact), amount(&given.amount)));
    let loose = reading.loose.iter().map(|number| format!("{}?", number.value.normalize()));
    given.chain(loose).collect::<Vec<_>>().join(", ")
}

#[test]
fn facts_are_read_as_sellers_write_them() {
    let mut wrong = Vec::new();
    for (text, expected) in UTTERANCES {
        let shown = show(text);
        if shown != *expected {
            wrong.push(format!("{text}\n  is     {shown}\n  should {expected}"));
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), UTTERANCES.len(), wrong.join("\n"));
}

const UTTERANCES: &[(&str, &str)] = &[
    // English, one fact
    ("cost 500", "cost 500"),
    ("costs me 500 rub", "cost 500 RUB"),
    ("It costs me $12.50 to make one", "cost 12.5 USD"),
    ("I buy it for 500", "cost 500"),
    ("purchase price is 1,500.50 rubles", "cost 1500.5 RUB"),
    ("unit cost: €7,30", "cost 7.3 EUR"),
    ("production cost 1.5k", "cost 1500"),
    ("commission 15%", "commission 15%"),
    ("15% commission", "commission 15%"),
    ("commission is 15 percent", "commission 15%"),
    ("WB takes 15%", "commission 15%"),
    ("the marketplace fee is 17.5 %", "commission 17.5%"),
    ("logistics 60", "logistics 60"),
    ("delivery 60", "logistics 60"),
    ("60 for delivery", "logistics 60"),
    ("delivery cost 60 rub per unit", "logistics 60 RUB"),
    ("shipping costs $3", "logistics 3 USD"),
    ("tax 6%", "tax 6%"),
    ("I pay 6% tax", "tax 6%"),
    ("tax rate of 6", "tax 6%"),
    ("margin 25%", "margin 25%"),
    ("i want a 25% margin", "margin 25%"),
    ("profit margin of 30 percent", "margin 30%"),
    ("I want to earn 300 rub per unit", "profit 300 RUB"),
    ("want 25%", "margin 25%"),
    ("profit 25%", "margin 25%"),
    ("markup 50%", "markup 50%"),
    ("ads 5%", "ads 5%"),
    ("I spend 5% on advertising", "ads 5%"),
    ("packaging 20 rub", "packaging 20 RUB"),
    ("at a price of 1500", "price 1500"),
    ("if I sell at 1,500", "price 1500"),
    ("what is my margin at 1500?", "price 1500"),
    ("no tax", "tax 0%"),
    ("without tax, free delivery", "tax 0%, logistics 0"),
    ("tax: none", "tax 0%"),
    ("no, the commission is 17%", "commission 17%"),
    ("no the commission is 17%", "commission 17%"),
    // English, several facts
    (
        "cost 500 rub, commission 15%, logistics 60, tax 6%, margin 25%",
        "cost 500 RUB, commission 15%, logistics 60, tax 6%, margin 25%",
    ),
    (
        "cost 500 commission 15% logistics 60 tax 6% margin 25%",
        "cost 500, commission 15%, logistics 60, tax 6%, margin 25%",
    ),
    (
        "500 cost 15% commission 60 logistics 6% tax 25% margin",
        "cost 500, commission 15%, logistics 60, tax 6%, margin 25%",
    ),
    ("cost 500, 15% commission and 60 for delivery, tax 6", "cost 500, commission 15%, logistics 60, tax 6%"),
    (
        "I buy mugs for $4.20, pay 15% commission, shipping is $1.10 and I want 30% margin, no tax",
        "cost 4.2 USD, commission 15%, logistics 1.1 USD, margin 30%, tax 0%",
    ),
    (
        "My product costs 500 rubles. The commission is 15 percent. Delivery is 60 rubles. Tax 6%. I want a margin of 25%.",
        "cost 500 RUB, commission 15%, logistics 60 RUB, tax 6%, margin 25%",
    ),
    (
        "Calculate the price: cost=500;commission=15%;logistics=60;tax=6%;margin=25%",
        "cost 500, commission 15%, logistics 60, tax 6%, margin 25%",
    ),
    ("cost:500,commission:15%,logistics:60", "cost 500, commission 15%, logistics 60"),
    ("Cost\n500\nCommission\n15%\nLogistics\n60", "cost 500, commission 15%, logistics 60"),
    ("cost - 500, commission - 15%", "cost 500, commission 15%"),
    ("what price should I set if cost is 500, fee 15% and shipping 60", "cost 500, commission 15%, logistics 60"),
    ("buyout rate 40%, returns 10%", "buyout 40%, returns 10%"),
    // Russian, one fact
    ("себестоимость 500 рублей", "cost 500 RUB"),
    ("себестоимость500", "cost 500"),
    ("себестоимость:500руб", "cost 500 RUB"),
    ("с себестоимостью 500 р.", "cost 500 RUB"),
    ("себес 1,5 тыс", "cost 1500"),
    ("с/с 340", "cost 340"),
    ("закупка 500", "cost 500"),
    ("покупаю за 500", "cost 500"),
    ("закупаю по 1 500 ₽", "cost 1500 RUB"),
    ("закупочная цена 1500р", "cost 1500 RUB"),
    ("мне обходится в 500", "cost 500"),
    ("беру у поставщика за 350 рублей", "cost 350 RUB"),
    ("комиссия 15%", "commission 15%"),
    ("комиссия15%", "commission 15%"),
    ("комиссия — 15 %", "commission 15%"),
    ("комиссия ВБ 15 процентов", "commission 15%"),
    ("вб забирает 15%", "commission 15%"),
    ("с комиссией 19,5%", "commission 19.5%"),
    ("15% комиссии", "commission 15%"),
    ("комисия 15", "commission 15%"),
    ("логистика 60 руб", "logistics 60 RUB"),
    ("логистику считай 60", "logistics 60"),
    ("доставка 60₽", "logistics 60 RUB"),
    ("стоимость доставки 60", "logistics 60"),
    ("за логистику отдаю 60 рублей", "logistics 60 RUB"),
    ("налог 6%", "tax 6%"),
    ("УСН 6%", "tax 6%"),
    ("налог по УСН 6 процентов", "tax 6%"),
    ("плачу налогом 6%", "tax 6%"),
    ("маржа 25%", "margin 25%"),
    ("хочу маржинальность 30%", "margin 30%"),
    ("хочу 30% маржи", "margin 30%"),
    ("хочу зарабатывать 300 рублей с продажи", "profit 300 RUB"),
    ("прибыль 300 руб с единицы", "profit 300 RUB"),
    ("маржа 300 рублей", "profit 300 RUB"),
    ("наценка 50%", "markup 50%"),
    ("реклама 5%", "ads 5%"),
    ("ДРР 12%", "ads 12%"),
    ("упаковка 20", "packaging 20"),
    ("эквайринг 1,5%", "acquiring 1.5%"),
    ("процент выкупа 40%", "buyout 40%"),
    ("продаю за 1500", "price 1500"),
    ("цена 1500", "price 1500"),
    ("цена продажи 1 990 ₽", "price 1990 RUB"),
    ("какая будет маржа при цене 1500?", "price 1500"),
    ("без налога", "tax 0%"),
    ("логистики нет", "logistics 0"),
    ("доставка бесплатная, налог не плачу", "logistics 0, tax 0%"),
    ("налогов нет", "tax 0%"),
    ("нет, комиссия 17%", "commission 17%"),
    // Russian, several facts
    (
        "себестоимость 500 рублей, комиссия 15%, логистика 60 руб, налог 6%, маржа 25%",
        "cost 500 RUB, commission 15%, logistics 60 RUB, tax 6%, margin 25%",
    ),
    (
        "себестоимость 500 комиссия 15 логистика 60 налог 6 маржа 25",
        "cost 500, commission 15%, logistics 60, tax 6%, margin 25%",
    ),
    (
        "Покупаю за 350р, вб берет 17% и 60 рублей логистика, УСН 6%, хочу 20%",
        "cost 350 RUB, commission 17%, logistics 60 RUB, tax 6%, margin 20%",
    ),
    (
        "Посчитай цену: закупка 1 200 ₽, упаковка 30, логистика 85, комиссия 19%, налог 7%, реклама 8%, маржинальность 20%",
        "cost 1200 RUB, packaging 30, logistics 85, commission 19%, tax 7%, ads 8%, margin 20%",
    ),
    ("закупил 100 шт по 500 руб, комиссия 15%", "cost 500 RUB, commission 15%"),
    (
        "Себестоимость - 500\nКомиссия - 15%\nЛогистика - 60\nНалог - 6%",
        "cost 500, commission 15%, logistics 60, tax 6%",
    ),
    ("Себестоимость\n500\nКомиссия\n15%", "cost 500, commission 15%"),
    (
        "Продаю за 1500 рублей, закупка 500, комиссия 15, логистика 60, налог 6, какая маржа?",
        "price 1500 RUB, cost 500, commission 15%, logistics 60, tax 6%",
    ),
    ("у меня 3 магазина, комиссия 15%, артикул WB123456", "commission 15%, 3?"),
    ("НДС 5%", "tax 5%"),
    ("закупка 35 юаней, логистика 60 руб", "cost 35 CNY, logistics 60 RUB"),
    ("Хочу посчитать цену. Себестоимость 500, себестоимость указана без НДС", "cost 500"),
    ("расчёт цены: 500 себестоимость, 15% комиссия", "cost 500, commission 15%"),
    // changes, lots, words, spacing
    ("change the tax to 7%", "tax 7%"),
    ("change commission from 15% to 17%", "commission 17%"),
    ("set margin to 30", "margin 30%"),
    ("tax 7 instead of 6", "tax 7%"),
    ("the cost went up to 550", "cost 550"),
    ("make it 20% margin", "margin 20%"),
    ("I'd like a 30% profit margin", "margin 30%"),
    ("I bought 100 units for 50,000 rub", "cost 500 RUB"),
    ("bought 100 pcs for 500 each", "cost 500"),
    ("no commission or tax", "commission 0%, tax 0%"),
    ("cost five hundred rubles, commission fifteen percent", "cost 500 RUB, commission 15%"),
    (
        "COGS $8, fees 15, shipping 2, no tax, target margin 40",
        "cost 8 USD, commission 15%, logistics 2, tax 0%, margin 40%",
    ),
    (
        "My cost price is 12.50 USD, Amazon referral fee 15%, FBA shipping 3.20, taxes 6%, and I'd like a 30% profit margin",
        "cost 12.5 USD, commission 15%, logistics 3.2, tax 6%, margin 30%",
    ),
    (
        "How much should I charge if it costs me 500 and WB takes 15 percent, 60 for logistics, 6 percent tax, and I want 25 percent margin?",
        "cost 500, commission 15%, logistics 60, tax 6%, margin 25%",
    ),
    (
        "commission 15% logistics 60 tax 6% — what would my profit be at 1500 if cost is 500",
        "commission 15%, logistics 60, tax 6%, price 1500, cost 500",
    ),
    ("комиссия не 15, а 17", "commission 17%"),
    ("комиссию подняли с 15% до 17%", "commission 17%"),
    ("поменяй налог на 7%", "tax 7%"),
    ("налог теперь 7", "tax 7%"),
    ("маржа не менее 25%", "margin 25%"),
    ("минимум 25% маржи", "margin 25%"),
    ("закупил партию 200 шт за 100 000 ₽", "cost 500 RUB"),
    ("100 штук по 350 рублей закупка", "cost 350 RUB"),
    ("без комиссии и налогов", "commission 0%, tax 0%"),
    ("без налога и комиссия 15%", "tax 0%, commission 15%"),
    ("доставка за счёт покупателя", "logistics 0"),
    ("себестоимость пятьсот рублей, комиссия пятнадцать процентов", "cost 500 RUB, commission 15%"),
    ("закупка полторы тысячи", "cost 1500"),
    (
        "Здравствуйте! Подскажите, какую цену поставить, если закуп 350, комса 17, логистика 80, налог 6 и хочу 30 маржи",
        "cost 350, commission 17%, logistics 80, tax 6%, margin 30%",
    ),
    (
        "сколько я заработаю если продам за 1990, закупка 700, комиссия 19%, логистика 90, УСН 6%",
        "price 1990, cost 700, commission 19%, logistics 90, tax 6%",
    ),
    ("себестоимость 500₽+упаковка 20₽+логистика 60₽", "cost 500 RUB, packaging 20 RUB, logistics 60 RUB"),
    (
        "1500 цена, 500 закуп, 15 комиссия, 60 логистика, 6 налог",
        "price 1500, cost 500, commission 15%, logistics 60, tax 6%",
    ),
    (
        "себестоимость товара 500р. комиссия вб 15%. логистика 60р. налог 6%. хочу маржу 25%",
        "cost 500 RUB, commission 15%, logistics 60 RUB, tax 6%, margin 25%",
    ),
    (
        "комиссия 15%,логистика 60₽,налог 6%(УСН доходы),маржа 25%",
        "commission 15%, logistics 60 RUB, tax 6%, margin 25%",
    ),
    ("Себестоимость: 500 руб/шт", "cost 500 RUB"),
    ("цена 1500, скидка 20%", "price 1500, 20?"),
    ("маржа от 25 до 30%", "margin 25%"),
    (
        "какая цена будет, если себестоимость 500, логистика 60, комиссия 15, налог 6, маржа 25?",
        "cost 500, logistics 60, commission 15%, tax 6%, margin 25%",
    ),
    ("500/15/60/6/25", "500?, 15?, 60?, 6?, 25?"),
    ("20 usd cost,3usd shipping", "cost 20 USD, logistics 3 USD"),
    ("себестоимость-500руб,комиссия-15%,логистика-60руб", "cost 500 RUB, commission 15%, logistics 60 RUB"),
    ("Себестоимость = 1 250,50 ₽", "cost 1250.5 RUB"),
    ("хочу зарабатывать не меньше 400 р с каждой продажи", "profit 400 RUB"),
    ("на рекламу уходит 10%, на упаковку 15 рублей", "ads 10%, packaging 15 RUB"),
    ("I make it for $3", "cost 3 USD"),
    ("it costs 500 to produce", "cost 500"),
    ("a unit costs 340 rub, delivery to the warehouse is 45 rub", "cost 340 RUB, logistics 45 RUB"),
    ("what do I earn at 2000?", "price 2000"),
    ("маржа при 1500", "price 1500"),
    ("зарабатывать по 300 рублей", "profit 300 RUB"),
    ("I make 300 rub profit", "profit 300 RUB"),
    ("сколько я заработаю при цене 1200?", "price 1200"),
    ("what would I earn at a price of 1200", "price 1200"),
    ("убери рекламу", "ads 0%"),
    // nothing to read
    ("привет, посчитай цену", ""),
    ("hello", ""),
    ("купил 12.05.2024", ""),
    ("15%", "15?"),
];

proptest! {
    #[test]
    fn any_text_is_read_without_a_panic(text in "\\PC*") {
        read(&Words::read(&text));
    }

    #[test]
    fn texts_of_facts_are_read_without_a_panic(
        pieces in prop::collection::vec(prop::sample::select(vec![
            "cost ", "комиссия ", "15%", " 500 ", ", ", "\n", "нет ", "без ", "at ", "1 500,5₽", "-", "т.р.", " и ", "hello ",
        ]), 0..60)
    ) {
        let reading = read(&Words::read(&pieces.concat()));
        prop_assert!(reading.given.len() <= pieces.len());
    }
}
